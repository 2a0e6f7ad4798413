//! `check`: what the policy does with manifests.

use std::collections::{BTreeMap, HashMap};
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use aws_pod_identity_core::ReportedFinding;
use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::kind;
use aws_pod_identity_kubernetes::located::{self, Step};
use aws_pod_identity_kubernetes::manifests::{Document, Origin, split};
use serde_json::{Value, json};

use crate::arguments::{OutputArguments, Policies, PolicyArguments};
use crate::entry::{self, Places};
use crate::evaluation::requests_of;
use crate::input::{self, Content, File};
use crate::locate;
use crate::report::{
    DocumentError, Entry, Finding, Header, Place, Position, Reporter, Severity, Source, Verdict,
};
use crate::trust::{RoleArguments, TrustChecks};

/// Text that is evaluated as one piece of work, bytes, unless a document is longer.
const PIECE: usize = 1 << 16;

/// The id of the finding about an object that is in a file twice.
const DUPLICATE: &str = "duplicate-object";

/// Check manifests: what the policy would inject, warn about or reject.
///
/// Reads every object, and for workloads the pod that they would create. Service accounts and ConfigMaps among the
/// manifests are what the policy finds in the cluster. Other kinds, kustomizations, Helm values and chart templates are
/// skipped and counted. A document that cannot be read is reported, and the others are still checked.
///
/// Exits with 0 if nothing is at or above --fail-on, with 1 if something is, and with 2 if arguments, files or documents
/// cannot be used.
#[derive(clap::Args)]
#[command(after_long_help = "Examples:
  helm template my-release my-chart -n payments | aws-pod-identity check -n payments -
  kubectl kustomize overlays/production | aws-pod-identity check -
  aws-pod-identity check manifests/ --settings settings.yaml --fail-on warn
  aws-pod-identity check manifests/ --from-policy policy.yaml
  kubectl get serviceaccounts,configmaps -A -o yaml > cluster.yaml
  aws-pod-identity check manifests/ --cluster-state cluster.yaml
  aws-pod-identity check manifests/ -o html > report.html")]
pub(super) struct Arguments {
    /// Manifests in YAML or JSON: files, directories, globs, or `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// Namespace of objects that do not name one
    #[arg(short, long, default_value = "default")]
    namespace: String,
    /// Further service accounts, ConfigMaps and namespaces, as `kubectl get serviceaccounts,configmaps -A -o yaml` prints
    /// them
    #[arg(long, value_name = "PATH")]
    cluster_state: Vec<String>,
    #[command(flatten)]
    policy: PolicyArguments,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    roles: RoleArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8> {
    let mut policies = arguments.policy.policies()?;
    let trust = TrustChecks::new(&arguments.roles, policies.first())?;
    if trust.is_some() {
        policies = policies.without_role_trust();
    }
    let mut skipped: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut count = |reason| *skipped.entry(reason).or_default() += 1;
    let files = input::files(&arguments.paths, &mut count)?;
    let state = input::files(&arguments.cluster_state, &mut |_| {})?;
    let mut reporter = arguments.output.reporter(&Header::new("check", policies.source.clone()))?;

    let mut progress = Progress::new(arguments.output.quiet);
    let mut surroundings = Surroundings::new(&arguments.namespace);
    for file in &state {
        if let Some(error) = surroundings.read(file, true) {
            reporter.error(&error)?;
        }
    }
    for file in &files {
        progress.show("reading", &file.name, 0);
        // A file that cannot be read is reported when its objects are checked.
        let _ = surroundings.read(file, false);
    }
    for (reason, number) in skipped {
        reporter.skip(reason, number);
    }
    let check = Check {
        policies: &policies,
        surroundings: &surroundings,
        namespace: &arguments.namespace,
        with_diff: arguments.output.diff,
        trust: trust.as_ref(),
    };
    check.all(&files, &mut reporter, &mut progress)?;
    progress.clear();
    Ok(reporter.finish(arguments.output.fail_on)?)
}

/// What the policy finds in the cluster, and where in the input it is.
struct Surroundings {
    namespace: String,
    cluster: Cluster,
    accounts: HashMap<(String, String), Account>,
    namespaces: HashMap<String, Value>,
    /// The text of standard input, which can be read only once.
    stdin: Option<Arc<str>>,
}

/// A service account of the manifests.
struct Account {
    file: File,
    number: usize,
    line: usize,
    text: String,
    path: Vec<Step>,
    object: Value,
}

impl Surroundings {
    fn new(namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            cluster: Cluster::new().with_default_service_accounts(),
            accounts: HashMap::new(),
            namespaces: HashMap::new(),
            stdin: None,
        }
    }

    /// Remembers the service accounts, ConfigMaps and namespaces of a file. With `strict`, gives the first error.
    fn read(&mut self, file: &File, strict: bool) -> Option<DocumentError> {
        let text = match self.text(file) {
            Ok(text) => text,
            Err(error) => return Some(*error),
        };
        for document in split(&text) {
            let relevant = ["ServiceAccount", "ConfigMap", "Namespace"];
            if !relevant.iter().any(|kind| document.text.contains(kind)) {
                continue;
            }
            for content in input::contents(file, &document) {
                match content {
                    Content::Object { path, object } => self.add(file, &document, path, object),
                    Content::Error(error) if strict => return Some(error),
                    Content::Error(_) | Content::Skipped(_) => {}
                }
            }
        }
        None
    }

    fn add(&mut self, file: &File, document: &Document<'_>, path: Vec<Step>, mut object: Value) {
        if text_at(&object, "/apiVersion") != "v1" {
            return;
        }
        let name = text_at(&object, "/metadata/name").to_owned();
        match text_at(&object, "/kind") {
            "Namespace" => {
                let labels = object.pointer_mut("/metadata/labels").map(Value::take);
                self.namespaces.insert(name, labels.unwrap_or_default());
            }
            "ConfigMap" => {
                in_namespace(&mut object, &self.namespace);
                self.cluster.insert(object);
            }
            "ServiceAccount" => {
                let namespace = in_namespace(&mut object, &self.namespace);
                self.cluster.insert(object.clone());
                let account = Account {
                    file: file.clone(),
                    number: document.number,
                    line: document.line,
                    text: document.text.to_owned(),
                    path,
                    object,
                };
                self.accounts.insert((namespace, name), account);
            }
            _ => {}
        }
    }

    /// The labels of a namespace: those of the input, and the one that each namespace has.
    fn labels_of(&self, namespace: &str) -> Value {
        let mut labels = self.namespaces.get(namespace).cloned().unwrap_or_default();
        if !labels.is_object() {
            labels = json!({});
        }
        if let Value::Object(labels) = &mut labels {
            labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.into());
        }
        labels
    }

    fn text(&mut self, file: &File) -> Result<Arc<str>, Box<DocumentError>> {
        if !file.is_stdin() {
            return file.read().map(Arc::from);
        }
        if let Some(text) = &self.stdin {
            return Ok(Arc::clone(text));
        }
        let text: Arc<str> = Arc::from(file.read()?);
        self.stdin = Some(Arc::clone(&text));
        Ok(text)
    }
}

/// A text of an object; empty if it has none there.
fn text_at<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Puts an object without a namespace into this one, and gives the namespace of the object.
fn in_namespace(object: &mut Value, namespace: &str) -> String {
    let named = object.pointer("/metadata/namespace").and_then(Value::as_str);
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return named.to_owned();
    }
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    namespace.to_owned()
}

/// What is checked, and against what.
struct Check<'c> {
    policies: &'c Policies,
    surroundings: &'c Surroundings,
    namespace: &'c str,
    with_diff: bool,
    trust: Option<&'c TrustChecks>,
}

/// Documents of one file.
struct Piece {
    number: usize,
    file: File,
    text: Result<Arc<str>, Box<DocumentError>>,
    /// Number, line and range of the documents.
    documents: Vec<(usize, usize, std::ops::Range<usize>)>,
}

/// What was found about a document.
enum Found {
    Entry(Box<Entry>),
    Skipped(String),
    Error(DocumentError),
}

impl Check<'_> {
    /// Checks all files on all processors, and reports in the order of the files.
    fn all(&self, files: &[File], reporter: &mut Reporter, progress: &mut Progress) -> Result<()> {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let (give, take) = sync_channel::<Piece>(4 * workers);
        let (answer, answers) = sync_channel::<(usize, Vec<Found>)>(4 * workers);
        let take = Mutex::new(take);
        std::thread::scope(|scope| {
            scope.spawn(move || self.read(files, &give));
            for _ in 0..workers {
                let (take, answer) = (&take, answer.clone());
                scope.spawn(move || self.work(take, &answer));
            }
            drop(answer);
            report(&answers, reporter, progress)
        })
    }

    /// Reads the files, and cuts them into pieces.
    fn read(&self, files: &[File], give: &SyncSender<Piece>) {
        let mut number = 0;
        for file in files {
            let stdin = self.surroundings.stdin.as_ref().filter(|_| file.is_stdin());
            let text = match stdin {
                Some(text) => Ok(Arc::clone(text)),
                None => file.read().map(Arc::from),
            };
            let mut pieces = vec![Vec::new()];
            if let Ok(text) = &text {
                let mut size = 0;
                for document in split(text) {
                    let start = document.text.as_ptr() as usize - text.as_ptr() as usize;
                    let range = start..start + document.text.len();
                    size += range.len();
                    if let Some(piece) = pieces.last_mut() {
                        piece.push((document.number, document.line, range));
                    }
                    if size > PIECE {
                        pieces.push(Vec::new());
                        size = 0;
                    }
                }
            }
            for documents in pieces {
                let piece = Piece { number, file: file.clone(), text: text.clone(), documents };
                number += 1;
                // The other side is gone if the report cannot be written.
                if give.send(piece).is_err() {
                    return;
                }
            }
        }
    }

    /// Checks pieces until there are none.
    fn work(&self, take: &Mutex<Receiver<Piece>>, answer: &SyncSender<(usize, Vec<Found>)>) {
        loop {
            let next = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(piece) = next else { return };
            let found = match &piece.text {
                Err(error) => vec![Found::Error((**error).clone())],
                Ok(text) => piece
                    .documents
                    .iter()
                    .flat_map(|(number, line, range)| {
                        let text = text.get(range.clone()).unwrap_or_default();
                        self.document(&piece.file, &Document { number: *number, line: *line, text })
                    })
                    .collect(),
            };
            if answer.send((piece.number, found)).is_err() {
                return;
            }
        }
    }

    fn document(&self, file: &File, document: &Document<'_>) -> Vec<Found> {
        let contents = input::contents(file, document).into_iter();
        let found = contents.map(|content| match content {
            Content::Skipped(reason) => Found::Skipped(reason.to_owned()),
            Content::Error(error) => Found::Error(error),
            Content::Object { path, object } => self.object(file, document, &path, object),
        });
        found.collect()
    }

    fn object(
        &self,
        file: &File,
        document: &Document<'_>,
        path: &[Step],
        mut object: Value,
    ) -> Found {
        let Some((kind, _)) = kind::of(&object) else {
            let kind = text_at(&object, "/kind");
            return Found::Skipped(format!("objects of kind {kind}"));
        };
        let namespace = in_namespace(&mut object, self.namespace);
        let labels = self.surroundings.labels_of(&namespace);
        let origin = Origin { file: file.name.clone(), document: document.number };
        let mut answers = Vec::new();
        for request in requests_of(&origin, &object) {
            let sent = request.request.object.as_ref().unwrap_or(&object);
            let kind = if request.created_by.is_some() { kind::POD } else { kind };
            let Some(policy) = self.policies.of(kind, &namespace, &labels, sent) else { continue };
            match policy.evaluate(request, &self.surroundings.cluster) {
                Ok(answer) => answers.push(answer),
                Err(error) => {
                    return Found::Error(DocumentError {
                        file: file.name.clone(),
                        document: Some(document.number),
                        position: None,
                        message: format!("the answer of the policy cannot be read: {error}"),
                    });
                }
            }
        }
        if answers.is_empty() {
            return Found::Skipped("objects that the policy does not select".to_owned());
        }
        let places = InFiles { check: self, file, document, path };
        let source = Source::File {
            file: file.name.clone(),
            document: document.number,
            line: document.line,
        };
        let mut entry = entry::of(source, &object, &answers, self.with_diff, &places);
        if let Some(trust) = self.trust {
            trust.check(&mut entry, &answers);
        }
        Found::Entry(Box::new(entry))
    }
}

/// Finds places in the manifests.
struct InFiles<'c> {
    check: &'c Check<'c>,
    file: &'c File,
    document: &'c Document<'c>,
    path: &'c [Step],
}

impl Places for InFiles<'_> {
    fn place(&self, object: &Value, finding: &ReportedFinding) -> Option<Place> {
        // A finding about a pod can be about its service account, which is elsewhere.
        let about = finding.problem.strip_prefix("ServiceAccount ");
        let is_account = text_at(object, "/kind") == "ServiceAccount";
        if let (Some(about), false) = (about, is_account) {
            let (name, _) = about.split_once(": ")?;
            let (namespace, name) = name.split_once('/')?;
            let key = (namespace.to_owned(), name.to_owned());
            let account = self.check.surroundings.accounts.get(&key)?;
            let path = locate::place(&account.object, finding.kind, &finding.problem);
            let document =
                Document { number: account.number, line: account.line, text: &account.text };
            let position = position(&account.file, &document, &account.path, &path);
            return Some(Place { path: locate::text(&path), position });
        }
        let path = locate::place(object, finding.kind, &finding.problem);
        let position = position(self.file, self.document, self.path, &path);
        Some(Place { path: locate::text(&path), position })
    }
}

fn position(
    file: &File,
    document: &Document<'_>,
    object: &[Step],
    path: &[Step],
) -> Option<Position> {
    let steps: Vec<Step> = object.iter().chain(path).cloned().collect();
    let span = located::read(document.text)?.find(&steps);
    Some(input::position(file, document, span.line, span.column, span.length))
}

/// Reports what the workers find, in the order of the pieces.
fn report(
    answers: &Receiver<(usize, Vec<Found>)>,
    reporter: &mut Reporter,
    progress: &mut Progress,
) -> Result<()> {
    let mut waiting: BTreeMap<usize, Vec<Found>> = BTreeMap::new();
    let mut seen: HashMap<String, String> = HashMap::new();
    let (mut next, mut objects) = (0, 0);
    for (number, found) in answers {
        waiting.insert(number, found);
        while let Some(found) = waiting.remove(&next) {
            next += 1;
            for found in found {
                match found {
                    Found::Skipped(reason) => reporter.skip(&reason, 1),
                    Found::Error(error) => reporter.error(&error)?,
                    Found::Entry(mut entry) => {
                        objects += 1;
                        note_duplicate(&mut entry, &mut seen);
                        reporter.entry(&entry)?;
                        progress.show("checked", "", objects);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Warns if the object was in the same file before.
fn note_duplicate(entry: &mut Entry, seen: &mut HashMap<String, String>) {
    // A generated name is another one each time.
    let Source::File { file, document, line } = &entry.source else { return };
    if entry.name.ends_with('*') {
        return;
    }
    let place = format!("document {document} (line {line})");
    // In other files, it can be for another cluster.
    let Some(first) = seen.insert(format!("{file}\n{}", entry.title()), place) else { return };
    let message = format!("{}: the object is also in {first}", entry.title());
    entry.findings.push(Finding {
        id: DUPLICATE.to_owned(),
        severity: Severity::Warn,
        message,
        remedy: "remove one of them, because the one that is applied last replaces the other"
            .to_owned(),
        place: None,
    });
    entry.verdict = entry.verdict.max(Verdict::Warned);
}

/// Shows progress on standard error while it is a terminal and the work is long.
struct Progress {
    since: Option<Instant>,
    shown: Option<Instant>,
}

impl Progress {
    /// Shorter work shows nothing.
    const PATIENCE: Duration = Duration::from_millis(500);
    /// Between two updates.
    const PAUSE: Duration = Duration::from_millis(100);

    fn new(quiet: bool) -> Self {
        // Standard output on the same terminal shows progress by itself.
        let wanted = !quiet && std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
        Self { since: wanted.then(Instant::now), shown: None }
    }

    fn show(&mut self, what: &str, name: &str, objects: usize) {
        let Some(since) = self.since else { return };
        let is_early = since.elapsed() < Self::PATIENCE;
        if is_early || self.shown.is_some_and(|shown| shown.elapsed() < Self::PAUSE) {
            return;
        }
        let objects = if objects > 0 { format!("{objects} objects") } else { String::new() };
        let text = crate::output::printable(&format!("{what} {objects}{name}"));
        let _ = write!(std::io::stderr(), "\r\u{1b}[K{text}");
        self.shown = Some(Instant::now());
    }

    /// Removes the line.
    fn clear(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
