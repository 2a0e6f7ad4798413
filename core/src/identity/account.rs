//! Looking up the service account that a pod runs as.

use super::lookup::{LookupError, Query};
use crate::display::ObjectName;
use crate::object::service_account::ServiceAccount;
use crate::settings::Settings;
use aws_pod_identity_json::Reader;

/// The query for the service account that a pod runs as.
pub(crate) fn account_query<'q>(settings: &Settings<'_>, account: &'q ObjectName<'_>) -> Query<'q> {
    Query {
        kind: "ServiceAccount",
        namespace: &account.namespace,
        name: &account.name,
        cached: settings.cached_lookup,
        fields: &["metadata.annotations"],
    }
}

/// Reads the host's answer, which must be the service account that the query names.
pub(crate) fn read_account<'a>(
    query: Query<'_>,
    answer: &'a [u8],
) -> Result<ServiceAccount<'a>, LookupError> {
    let mut reader = Reader::new(answer);
    let account = ServiceAccount::read(&mut reader).and_then(|account| {
        reader.end()?;
        Ok(account)
    });
    let account = account.map_err(|_| LookupError::Unusable("it is not a service account"))?;
    query.check_answer(&account.metadata)?;
    Ok(account)
}
