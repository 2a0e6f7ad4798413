//! How far statements are from one that allows the request.

use super::{Cause, KeyMistake, ProviderMistake};

/// How far a statement with this cause is from one that allows the request.
pub(super) fn distance(cause: &Cause) -> u32 {
    match cause {
        Cause::Key { mistake: KeyMistake::AnotherIssuer, .. } => 3,
        Cause::Wildcard { .. }
        | Cause::Subject { .. }
        | Cause::Claims { .. }
        | Cause::Key { .. } => 1,
        Cause::Action { .. }
        | Cause::Combined { .. }
        | Cause::Audience { .. }
        | Cause::AnotherSubject { typo: Some(_), .. } => 2,
        Cause::AnotherSubject { other_namespace, other_name, .. } => {
            if *other_namespace || *other_name { 4 } else { 5 }
        }
        Cause::Provider { mistake, .. } => match mistake {
            ProviderMistake::AnotherCluster | ProviderMistake::AnotherHost => 12,
            ProviderMistake::AnotherIssuer => 14,
            _ => 1,
        },
        Cause::Service { .. } | Cause::Aws { .. } => 16,
        Cause::NoStatement => 20,
        _ => 3,
    }
}
