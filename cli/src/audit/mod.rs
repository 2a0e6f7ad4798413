//! Checks the objects of a live cluster.
//!
//! The cluster is read list by list, and each list page by page. The audit keeps the service accounts with their annotations,
//! which the policy looks up, the namespaces, the names of workloads with findings, the owners of ReplicaSets and Jobs, and the
//! findings about the pods of one namespace. It evaluates and reports everything else, and drops it.

mod listed;
mod owners;
mod pods;
mod policies;
mod unread;

use std::collections::{BTreeSet, HashMap};

use anyhow::{Result, bail};
use aws_pod_identity_cluster::{Connection, ReadError, Resource};
use aws_pod_identity_core::NamedConfigMap;
use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::custom::PodTemplates;
use aws_pod_identity_kubernetes::kind::{Kind, POD, SERVICE_ACCOUNT, kinds};
use aws_pod_identity_kubernetes::manifests::Origin;
use aws_pod_identity_kubernetes::object::text_at;
use serde_json::Value;

use crate::entry;
use crate::evaluation::{self, Policy};
use crate::object_checker::{ObjectChecker, ObjectToCheck};
use crate::progress::Progress;
use crate::report::{FailOn, SkipReason, Source};
use crate::reporter::Reporter;
use listed::complete;
use owners::{Owner, Workloads};
use pods::PodGroups;
use policies::Namespaces;

pub use policies::{for_audit, installed};
pub use unread::Unread;

const NAMESPACES: Resource = Resource { group: "", versions: &["v1"], name: "namespaces" };

/// One audit.
pub struct Audit<'c> {
    connection: &'c Connection,
    checker: ObjectChecker,
    namespaces: Namespaces,
    /// The objects that the policy looks up: service accounts, and the ConfigMaps that the settings name.
    lookups: Cluster,
    /// The service accounts that were looked up one by one, as namespace and name, and whether the answer is known.
    accounts: HashMap<(String, String), bool>,
    /// Whether RBAC does not allow to read single service accounts.
    accounts_forbidden: bool,
    workloads: Workloads,
    pods: PodGroups,
    reporter: Reporter,
    progress: Progress,
    /// Whether the audit ends, because nothing more can be read or evaluated.
    stopped: bool,
}

impl<'c> Audit<'c> {
    /// An audit that has read nothing yet.
    pub fn new(
        connection: &'c Connection,
        checker: ObjectChecker,
        reporter: Reporter,
        progress: Progress,
    ) -> Self {
        Self {
            connection,
            checker,
            namespaces: Namespaces::default(),
            lookups: Cluster::new(),
            accounts: HashMap::new(),
            accounts_forbidden: false,
            workloads: Workloads::default(),
            pods: PodGroups::default(),
            reporter,
            progress,
            stopped: false,
        }
    }

    /// Reads and evaluates the namespaces, all if none is named, and returns the exit code.
    pub fn run(mut self, only: &[String], fail_on: FailOn) -> Result<u8> {
        self.read_namespaces(only)?;
        let scopes: Vec<Option<&str>> = if only.is_empty() {
            vec![None]
        } else {
            only.iter().map(|name| Some(name.as_str())).collect()
        };
        self.read_config_maps()?;
        for scope in &scopes {
            self.read_accounts(*scope)?;
        }
        let workloads = kinds().filter(|kind| kind.template().is_some());
        for kind in workloads.chain([POD]) {
            for scope in &scopes {
                self.read_kind(kind, *scope)?;
            }
        }
        self.report_pods()?;
        self.progress.end();
        for problem in self.checker.policies().problems() {
            self.progress.notice(&problem);
        }
        Ok(self.reporter.finish(fail_on)?)
    }

    fn read_namespaces(&mut self, only: &[String]) -> Result<()> {
        for name in only {
            match self.get(&format!("/api/v1/namespaces/{name}")) {
                Ok(object) => {
                    self.namespaces.insert(
                        self.checker.policies(),
                        name,
                        object.pointer("/metadata/labels"),
                    );
                }
                Err(ReadError::NotFound(_)) => bail!("the namespace {name} does not exist"),
                Err(error) => {
                    self.failed(&Unread::object("namespaces", None, name, &error), &error)?;
                }
            }
        }
        if !only.is_empty() {
            return Ok(());
        }
        self.progress.start(NAMESPACES.name, None);
        let connection = self.connection;
        let mut written = Ok(());
        let read = connection.list(&NAMESPACES, None, |page| {
            for item in page.items {
                match serde_json::from_str::<Value>(item.get()) {
                    Ok(object) => self.namespaces.insert(
                        self.checker.policies(),
                        text_at(&object, "/metadata/name"),
                        object.pointer("/metadata/labels"),
                    ),
                    Err(error) if written.is_ok() => {
                        written = self.unread(&Unread::item(NAMESPACES.name, item.get(), &error));
                    }
                    Err(_) => {}
                }
            }
        });
        written?;
        match read {
            Ok(_) => Ok(()),
            Err(error) => self.failed(&Unread::list(&NAMESPACES, None, &error), &error),
        }
    }

    /// Reads the ConfigMaps that the settings name. Without that of the roles, the identity of pods is not known.
    fn read_config_maps(&mut self) -> Result<()> {
        let named: BTreeSet<_> =
            self.checker.policies().all().flat_map(Policy::config_maps).collect();
        for NamedConfigMap { namespace, name, decides_role } in named {
            if self.stopped {
                return Ok(());
            }
            match self.get(&format!("/api/v1/namespaces/{namespace}/configmaps/{name}")) {
                Ok(object) => self.lookups.insert(object),
                // The policy reports it.
                Err(ReadError::NotFound(_)) => {}
                Err(error) => {
                    let unread = Unread::object("configmaps", Some(&namespace), &name, &error);
                    self.failed(&unread, &error)?;
                    if decides_role {
                        self.stop("the ConfigMap of roles is not known");
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads and evaluates the service accounts. Without them, the identity of pods is not known.
    fn read_accounts(&mut self, scope: Option<&str>) -> Result<()> {
        if self.stopped {
            return Ok(());
        }
        if !self.read_kind(SERVICE_ACCOUNT, scope)? && !self.stopped {
            self.stop("service accounts are not known");
        }
        Ok(())
    }

    fn stop(&mut self, why: &str) {
        self.stopped = true;
        self.progress.notice(&format!("workloads and pods are not evaluated, because {why}"));
    }

    /// Reads and evaluates all objects of a kind. Gives `false` if they could not be read.
    fn read_kind(&mut self, kind: Kind<'static>, scope: Option<&str>) -> Result<bool> {
        if self.stopped {
            return Ok(false);
        }
        let resource =
            Resource { group: kind.group, versions: kind.versions(), name: kind.resource };
        self.progress.start(kind.resource, None);
        let connection = self.connection;
        let mut written = Ok(());
        let read = connection.list(&resource, scope, |page| {
            if let Some(remaining) = page.remaining {
                self.progress.expect(page.items.len() as u64 + remaining);
            }
            for item in &page.items {
                if written.is_ok() {
                    written = self.evaluate(kind, page.version, item.get());
                }
                self.progress.advance();
            }
        });
        written?;
        match read {
            Ok(_) => Ok(true),
            Err(error) => {
                self.failed(&Unread::list(&resource, scope, &error), &error)?;
                Ok(false)
            }
        }
    }

    /// Evaluates one object of a list.
    fn evaluate(&mut self, kind: Kind<'static>, version: &str, json: &str) -> Result<()> {
        let object = match serde_json::from_str::<Value>(json) {
            Ok(object) => object,
            Err(error) => return self.unread(&Unread::item(kind.resource, json, &error)),
        };
        let mut object = complete(object, kind, version);
        let namespace = text_at(&object, "/metadata/namespace").to_owned();
        let name = text_at(&object, "/metadata/name").to_owned();
        if kind == SERVICE_ACCOUNT {
            // Accounts of namespaces that are skipped are included, because it costs little.
            self.accounts.insert((namespace.clone(), name.clone()), true);
            self.lookups.insert(object.clone());
        }
        if kind.is_finished(&object) {
            self.reporter.skip(SkipReason::Finished);
            return Ok(());
        }
        let controller = owners::controller(&object);
        if let (true, Some((owner, true))) = (kind != POD, &controller) {
            // Its owner is evaluated.
            self.workloads.owned(&namespace, kind, &name, owner.clone());
            return Ok(());
        }
        if let Some(object) = object.as_object_mut() {
            object.remove("status");
        }
        let selected = self.namespaces.policies(self.checker.policies(), &namespace).to_vec();
        let origin = Origin { file: self.connection.name().to_owned(), document: 1 };
        let requests = evaluation::requests_of(&PodTemplates::known(), &origin, &object);
        for request in &requests {
            if let Some(pod) = request.request.object.as_ref()
                && !self.knows_account(&namespace, text_at(pod, "/spec/serviceAccountName"))?
            {
                self.reporter.skip(SkipReason::AccountNotRead);
                return Ok(());
            }
        }
        let evaluated = self.checker.evaluate(ObjectToCheck {
            source: Source::Cluster { cluster: self.connection.name().to_owned() },
            object: &object,
            requests,
            selected,
            // If no policy gets this kind of object, the one for pods is used: its settings apply to the pods.
            kinds: &[kind, POD],
            cluster: &self.lookups,
            locator: &entry::PathsOnly,
        });
        let Some(mut entry) = evaluated? else {
            self.reporter.skip(SkipReason::NoPolicy);
            return Ok(());
        };
        let done = if kind == POD {
            let owner = controller.map(|(owner, _)| self.workloads.top(&namespace, owner));
            if let (Some(owner), false) = (&owner, entry.findings.is_empty()) {
                let workloads = &self.workloads;
                entry.findings.retain(|finding| !workloads.has(&namespace, owner, finding));
                if entry.findings.is_empty() {
                    self.reporter.skip(SkipReason::FindingsOfWorkload);
                    return Ok(());
                }
            }
            let prefix = text_at(&object, "/metadata/generateName");
            self.pods.add(&namespace, owner, entry, prefix)
        } else {
            let workload = Owner { kind: kind.name.to_owned(), name };
            self.workloads.evaluated(&namespace, workload, &entry.findings);
            vec![entry]
        };
        self.report(&done)
    }

    /// Looks up an account that is not in the list, because it may be newer than the list. Without permission for that, only the
    /// list is used. Returns whether it is known that the account exists or that it does not.
    fn knows_account(&mut self, namespace: &str, name: &str) -> Result<bool> {
        const RESOURCE: &str = SERVICE_ACCOUNT.resource;
        if name.is_empty() {
            return Ok(true);
        }
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(known) = self.accounts.get(&key) {
            return Ok(*known);
        }
        if self.stopped {
            return Ok(false);
        }
        let known = match self.get(&format!("/api/v1/namespaces/{namespace}/{RESOURCE}/{name}")) {
            Ok(object) => {
                self.lookups.insert(complete(object, SERVICE_ACCOUNT, "v1"));
                true
            }
            Err(ReadError::NotFound(_)) => true,
            Err(error @ ReadError::Forbidden(_)) => {
                if !std::mem::replace(&mut self.accounts_forbidden, true) {
                    let unread = Unread::object(RESOURCE, Some(namespace), name, &error);
                    self.progress.notice(&format!(
                        "service accounts that are created during the audit are reported as missing: {unread}"
                    ));
                }
                true
            }
            Err(error) => {
                let unread = Unread::object(RESOURCE, Some(namespace), name, &error);
                self.failed(&unread, &error)?;
                false
            }
        };
        self.accounts.insert(key, known);
        Ok(known)
    }

    /// Reads one object.
    fn get(&self, path: &str) -> Result<Value, ReadError> {
        let object: Value = serde_json::from_slice(&self.connection.get(path)?)
            .map_err(|error| ReadError::Unusable(error.to_string()))?;
        if path.rsplit('/').next() != Some(text_at(&object, "/metadata/name")) {
            return Err(ReadError::Unusable("it is not the object that was asked for".to_owned()));
        }
        Ok(object)
    }

    fn report(&mut self, entries: &[crate::report::Entry]) -> Result<()> {
        for entry in entries {
            let reporter = &mut self.reporter;
            self.progress.while_hidden(|| reporter.entry(entry))?;
        }
        Ok(())
    }

    fn report_pods(&mut self) -> Result<()> {
        let done = self.pods.take();
        self.report(&done)
    }

    fn failed(&mut self, unread: &Unread, error: &ReadError) -> Result<()> {
        if error.concerns_all_requests() {
            self.stopped = true;
        }
        self.unread(unread)
    }

    /// Reports what could not be read.
    pub fn unread(&mut self, unread: &Unread) -> Result<()> {
        let error = unread.to_error(self.connection.name());
        let reporter = &mut self.reporter;
        Ok(self.progress.while_hidden(|| reporter.error(&error))?)
    }
}
