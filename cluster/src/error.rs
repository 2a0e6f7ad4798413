//! Why the cluster cannot be read.

use std::time::Duration;

/// Why there is no connection to a cluster.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The kubeconfig, or the context in it, cannot be used.
    #[error("cannot use the kubeconfig: {0}")]
    Kubeconfig(String),
    /// There is neither a kubeconfig nor a service account of a pod.
    #[error(
        "no cluster is configured: {0}; set KUBECONFIG or --kubeconfig, or run the program in a pod with a service account"
    )]
    NoConfiguration(String),
    /// TLS or authentication of the kubeconfig cannot be set up.
    #[error("cannot set up the connection to {server}: {why}")]
    Client {
        /// The address of the API server.
        server: String,
        /// What is wrong.
        why: String,
    },
    /// The asynchronous runtime cannot be started.
    #[error("cannot start the network client: {0}")]
    Runtime(#[from] std::io::Error),
}

/// Why a request to the API server failed. Requests that could succeed later have been retried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The credentials of the kubeconfig cannot be obtained.
    #[error("cannot get the credentials of the kubeconfig: {0}")]
    Credentials(String),
    /// The API server does not accept the credentials (401).
    #[error("the API server does not accept the credentials of the kubeconfig (401): {0}")]
    Unauthorized(String),
    /// RBAC does not allow the request (403).
    #[error("{0}")]
    Forbidden(String),
    /// There is no such object, or no such resource (404).
    #[error("not found: {0}")]
    NotFound(String),
    /// The list changed too much while it was read (410).
    #[error("the list expired while it was read, {attempts} times in succession (410): {message}")]
    Expired {
        /// The number of answers with 410.
        attempts: u32,
        /// What the API server says.
        message: String,
    },
    /// Another answer that is not a success.
    #[error("the API server answered {code} {attempts}: {message}")]
    Status {
        /// The HTTP status code.
        code: u16,
        /// What the API server says.
        message: String,
        /// How often the request was sent.
        attempts: Attempts,
    },
    /// The API server cannot be reached, or the connection broke.
    #[error("no connection to the API server {attempts}: {message}")]
    Connection {
        /// The error of the network.
        message: String,
        /// How often the request was sent.
        attempts: Attempts,
    },
    /// The API server sent nothing for too long.
    #[error("the API server sent nothing for {} s {attempts}", .waited.as_secs())]
    Silent {
        /// How long the program waited for the next bytes.
        waited: Duration,
        /// How often the request was sent.
        attempts: Attempts,
    },
    /// The answer does not have the form that the API defines.
    #[error("the answer of the API server cannot be read: {0}")]
    Unusable(String),
}

impl ReadError {
    /// Whether other requests would fail in the same way.
    pub fn concerns_all_requests(&self) -> bool {
        matches!(
            self,
            Self::Credentials(_)
                | Self::Unauthorized(_)
                | Self::Connection { .. }
                | Self::Silent { .. }
        )
    }
}

/// How often a request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts(pub u32);

impl std::fmt::Display for Attempts {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            1 => write!(out, "(1 attempt)"),
            more => write!(out, "({more} attempts)"),
        }
    }
}

/// The message of an error with those of its causes, each once.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}
