//! All that was read, and the answer for a role in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::arn::{ListedRoleArn, ProviderArn};
use crate::causes::{Cause, provider_arn};
use crate::evaluate::Unknown;
use crate::inputs::{self, Association, Input, InputError, Provider, Role, Trust};
use crate::outcome::{Outcome, pod_identity, web_identity};
use crate::request::{IssuerMatch, PodIdentity, WebIdentity, compare_issuers};

/// Roles, OIDC providers and associations, from any number of files.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    roles: Vec<Role>,
    /// By account and name in lower case: names are unique in an account, independently of the path and the case ("IAM
    /// identifiers").
    by_name: HashMap<(String, String), usize>,
    /// Roles that Terraform has not created yet, by name and path.
    planned: HashMap<(String, String), Vec<usize>>,
    /// Accounts of which all roles were read.
    accounts: BTreeSet<String>,
    providers: Vec<Provider>,
    /// Accounts of which all OIDC providers were read.
    provider_accounts: BTreeSet<String>,
    associations: Vec<Association>,
}

impl Listing {
    /// Reads a file and adds its content; `file` is its name for messages. A role replaces the one with the same ARN from an
    /// earlier file: give a plan after the listing that it changes.
    ///
    /// A listing covers an account if it is complete: the last page is not truncated, and its roles have no common path, which
    /// would be a sign of `--path-prefix`.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> Result<(), InputError> {
        let input = inputs::read(file, bytes)?;
        self.add_accounts(&input);
        for role in input.roles {
            self.add_role(role);
        }
        if input.all_providers {
            let arns = input.providers.iter().filter_map(|provider| provider.arn.as_deref());
            let accounts = arns.filter_map(ProviderArn::parse).map(|arn| arn.account.to_owned());
            self.provider_accounts.extend(accounts);
        }
        self.providers.extend(input.providers);
        self.associations.extend(input.associations);
        Ok(())
    }

    fn add_accounts(&mut self, input: &Input) {
        let mut common: BTreeMap<&str, &str> = BTreeMap::new();
        for arn in input.roles.iter().filter_map(|role| role.arn.as_ref()) {
            let prefix = common.entry(arn.account()).or_insert(arn.path());
            *prefix = common_prefix(prefix, arn.path());
        }
        for (account, prefix) in common {
            if input.whole && prefix == "/" {
                self.accounts.insert(account.to_owned());
            }
        }
    }

    fn add_role(&mut self, role: Role) {
        let index = self.roles.len();
        match &role.arn {
            Some(arn) => {
                let key = (arn.account().to_owned(), arn.name().to_ascii_lowercase());
                if let Some(known) = self.by_name.get(&key).and_then(|at| self.roles.get_mut(*at)) {
                    *known = role;
                    return;
                }
                self.by_name.insert(key, index);
            }
            None => {
                let key = (role.name.clone(), role.path.clone());
                self.planned.entry(key).or_default().push(index);
            }
        }
        self.roles.push(role);
    }

    /// The roles, in the order in which they were read.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The OIDC providers.
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// The associations of EKS Pod Identity.
    pub fn associations(&self) -> &[Association] {
        &self.associations
    }

    /// The accounts of which all roles are in the listing.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().map(|account| &**account)
    }

    /// Whether all roles of the account are in the listing.
    pub fn covers(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }

    /// A message for each role whose trust policy cannot be read: the file, the role, and what is wrong.
    pub fn problems(&self) -> impl Iterator<Item = String> {
        self.roles.iter().filter_map(|role| match &role.trust {
            Trust::Unreadable(error) => {
                let arn = role.arn.as_ref().map(ToString::to_string);
                let name = arn.unwrap_or_else(|| role.name.clone());
                Some(format!("{}: role {name}: {error}", role.source))
            }
            _ => None,
        })
    }

    /// The role with that ARN: one that exists, or one that Terraform plans and that will have it.
    pub fn find(&self, arn: &ListedRoleArn) -> Option<&Role> {
        self.by_account_and_name(arn).filter(|role| role.arn.as_ref() == Some(arn)).or_else(|| {
            let key = (arn.name().to_owned(), arn.path().to_owned());
            match self.planned.get(&key).map(Vec::as_slice) {
                Some([only]) => self.roles.get(*only),
                _ => None,
            }
        })
    }

    fn by_account_and_name(&self, arn: &ListedRoleArn) -> Option<&Role> {
        let key = (arn.account().to_owned(), arn.name().to_ascii_lowercase());
        self.by_name.get(&key).and_then(|at| self.roles.get(*at))
    }

    /// Whether AWS gives the role's credentials to a pod with a token of its service account.
    pub fn check(&self, role_arn: &str, request: &WebIdentity) -> Outcome {
        let (arn, role) = match self.role(role_arn) {
            Ok(found) => found,
            Err(outcome) => return outcome,
        };
        let outcome = match &role.trust {
            Trust::Policy(policy) => web_identity(policy, role.arn.as_ref(), request),
            other => return unknown(other),
        };
        match (outcome, self.provider_problem(&arn, request)) {
            (Outcome::Yes, Some(cause)) => Outcome::No(vec![cause]),
            (outcome, _) => outcome,
        }
    }

    /// Whether EKS Pod Identity can give the role's credentials to a pod.
    pub fn check_pod_identity(&self, role_arn: &str, request: &PodIdentity) -> Outcome {
        match self.role(role_arn) {
            Err(outcome) => outcome,
            Ok((_, role)) => match &role.trust {
                Trust::Policy(policy) => pod_identity(policy, request),
                other => unknown(other),
            },
        }
    }

    /// The trust of the role, if it is in the listing.
    pub(crate) fn trust_of(&self, role_arn: &str) -> Option<&Trust> {
        self.role(role_arn).ok().map(|(_, role)| &role.trust)
    }

    /// The ARN of the role as the listing has it; none for one that Terraform has not created yet.
    pub(crate) fn arn_of(&self, role_arn: &str) -> Option<&ListedRoleArn> {
        self.role(role_arn).ok().and_then(|(_, role)| role.arn.as_ref())
    }

    /// The role, or the outcome if it is not in the listing.
    fn role(&self, role_arn: &str) -> Result<(ListedRoleArn, &Role), Outcome> {
        let not_listed = Outcome::Unknown(Unknown::NotListed);
        // Findings of the policy report an ARN that is malformed.
        let Some(arn) = ListedRoleArn::parse(role_arn) else { return Err(not_listed) };
        if let Some(role) = self.find(&arn) {
            return Ok((arn, role));
        }
        let namesake = self.by_account_and_name(&arn).and_then(|role| role.arn.as_ref());
        let similar = namesake.map(ToString::to_string);
        match similar {
            Some(similar) if similar.eq_ignore_ascii_case(role_arn) => {
                Err(Outcome::Unknown(Unknown::Case(similar)))
            }
            similar if self.covers(arn.account()) => {
                Err(Outcome::No(vec![Cause::RoleMissing { role: role_arn.to_owned(), similar }]))
            }
            _ => Err(not_listed),
        }
    }

    /// What is wrong with the OIDC provider that the role trusts.
    fn provider_problem(&self, role: &ListedRoleArn, request: &WebIdentity) -> Option<Cause> {
        let expected = provider_arn(Some(role), request);
        let same =
            |issuer: &str| compare_issuers(issuer, request.issuer()) != IssuerMatch::Different;
        // Without an ARN, the account is that of the listing, if there is only one.
        let only_account = self.accounts().count() == 1 && self.covers(role.account());
        let provider = self.providers.iter().rev().find(|provider| match &provider.arn {
            Some(arn) => *arn == expected && provider.audiences.is_some(),
            None => only_account && provider.issuer == request.issuer(),
        });
        if let Some(accepted) = provider.and_then(|provider| provider.audiences.as_ref()) {
            let accepts = accepted.iter().any(|audience| audience == request.audience());
            return (!accepts).then(|| Cause::ProviderAudience {
                audience: request.audience().to_owned(),
                accepted: accepted.clone(),
            });
        }
        let in_account = |provider: &&Provider| {
            let arn = provider.arn.as_deref().and_then(ProviderArn::parse);
            arn.is_none_or(|arn| arn.account == role.account())
        };
        let missing = self.provider_accounts.contains(role.account())
            && !self.providers.iter().filter(in_account).any(|provider| same(&provider.issuer));
        missing.then_some(Cause::ProviderMissing { expected })
    }
}

fn unknown(trust: &Trust) -> Outcome {
    Outcome::Unknown(match trust {
        Trust::Unreadable(error) => Unknown::Unreadable(error.clone()),
        _ => Unknown::AfterApply,
    })
}

/// The common start of both paths, up to a slash.
fn common_prefix<'a>(a: &'a str, b: &str) -> &'a str {
    let length = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let common = a.get(..length).unwrap_or("/");
    common.rfind('/').and_then(|last| common.get(..=last)).unwrap_or("/")
}
