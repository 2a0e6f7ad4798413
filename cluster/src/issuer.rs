//! The issuer of service account tokens ("Service account issuer discovery", Kubernetes documentation).

use serde::Deserialize;

use crate::connection::Connection;
use crate::error::ReadError;

/// The path of the discovery document.
const PATH: &str = "/.well-known/openid-configuration";

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
}

impl Connection {
    /// The issuer of the tokens of this cluster, a URL. Reading it needs the ClusterRole
    /// `system:service-account-issuer-discovery`.
    pub fn issuer(&self) -> Result<String, ReadError> {
        let discovery: Discovery = serde_json::from_slice(&self.get(PATH)?).map_err(|error| {
            ReadError::Unusable(format!(
                "{PATH} is not an OpenID Connect discovery document: {error}"
            ))
        })?;
        Ok(discovery.issuer)
    }
}
