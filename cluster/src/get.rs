//! One request, repeated if it can succeed later.

use std::time::Duration;

use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use kube::client::{AuthError, Body};
use serde::Deserialize;

use crate::connection::Connection;
use crate::error::{Attempts, ReadError, with_causes};

/// How often a request is sent at most.
const ATTEMPTS: u32 = 5;
/// The time before the second attempt. It doubles with each attempt.
const FIRST_DELAY: Duration = Duration::from_millis(500);
/// The longest time before the next attempt, also if the API server asks for more.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// The start of an answer that is not a Status, in messages, characters.
const SHOWN_OF_ANSWER: usize = 200;

/// The `Status` of the API server (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/>).
#[derive(Debug, Default, Deserialize)]
struct Status {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    metadata: StatusMetadata,
}

#[derive(Debug, Default, Deserialize)]
struct StatusMetadata {
    #[serde(default, rename = "continue")]
    next: String,
}

/// An answer of the API server.
#[derive(Debug)]
pub(crate) enum ServerAnswer {
    /// The object or document.
    Body(Vec<u8>),
    /// The token of a list expired. With the token `next`, the list continues with the current objects.
    Expired { message: String, next: Option<String> },
}

/// Why one attempt failed.
#[derive(Debug)]
enum Failure {
    /// Another attempt would get the same answer.
    Final(ReadError),
    /// Another attempt can succeed, after the time that the API server asks for.
    Transient { why: Transient, after: Option<Duration> },
}

/// A failure that the next attempt may not have.
#[derive(Debug)]
enum Transient {
    Status { code: u16, message: String },
    Connection(String),
    Silent,
}

impl Connection {
    /// Reads the object or document at a path.
    pub fn get(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        match self.ask(path)? {
            ServerAnswer::Body(body) => Ok(body),
            ServerAnswer::Expired { message, .. } => {
                Err(ReadError::Expired { attempts: 1, message })
            }
        }
    }

    /// Sends a request, and repeats it if it can succeed later.
    pub(crate) fn ask(&self, path: &str) -> Result<ServerAnswer, ReadError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (why, after) = match self.runtime.block_on(self.attempt(path)) {
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Transient { why, after }) => (why, after),
            };
            let error = self.error(why, Attempts(attempts));
            if attempts == ATTEMPTS {
                return Err(error);
            }
            let delay = after.unwrap_or(FIRST_DELAY * 2_u32.pow(attempts - 1)).min(LONGEST_DELAY);
            (self.notice)(&format!("{error}; the next attempt is in {} s", delay.as_secs_f32()));
            self.runtime.block_on(async { tokio::time::sleep(delay).await });
        }
    }

    fn error(&self, why: Transient, attempts: Attempts) -> ReadError {
        match why {
            Transient::Status { code, message } => ReadError::Status { code, message, attempts },
            Transient::Connection(message) => ReadError::Connection { message, attempts },
            Transient::Silent => ReadError::Silent { waited: self.request_timeout, attempts },
        }
    }

    async fn attempt(&self, path: &str) -> Result<ServerAnswer, Failure> {
        let request = Request::get(path)
            .header(header::ACCEPT, "application/json")
            .body(Body::empty())
            .map_err(|error| Failure::Final(ReadError::Unusable(error.to_string())))?;
        let response = self.in_time(self.client.send(request)).await?.map_err(of_client)?;
        let status = response.status();
        let after = retry_after(&response);
        let body = self.body(response).await?;
        if status.is_success() {
            Ok(ServerAnswer::Body(body))
        } else {
            refused(status, &body, after)
        }
    }

    async fn body(&self, response: Response<Body>) -> Result<Vec<u8>, Failure> {
        let mut body = response.into_body();
        let mut bytes = Vec::new();
        while let Some(frame) = self.in_time(body.frame()).await? {
            let frame = frame.map_err(|error| connection_failed(&error))?;
            if let Some(data) = frame.data_ref() {
                bytes.extend_from_slice(data);
            }
        }
        Ok(bytes)
    }

    /// Waits for the next bytes.
    async fn in_time<T>(&self, bytes: impl Future<Output = T>) -> Result<T, Failure> {
        let waited = tokio::time::timeout(self.request_timeout, bytes).await;
        waited.map_err(|_| Failure::Transient { why: Transient::Silent, after: None })
    }
}

fn of_client(error: kube::Error) -> Failure {
    match error {
        kube::Error::Auth(error) => Failure::Final(ReadError::Credentials(of_credentials(&error))),
        error => connection_failed(&error),
    }
}

/// The message about credentials, without the standard output of a credential plugin, which can have a token.
fn of_credentials(error: &AuthError) -> String {
    match error {
        AuthError::AuthExecRun { out, .. } => {
            let errors = String::from_utf8_lossy(&out.stderr);
            let last = errors.lines().rev().find(|line| !line.trim().is_empty());
            format!(
                "the credential plugin ended with {}: {}",
                out.status,
                last.unwrap_or("it wrote nothing to standard error").trim()
            )
        }
        AuthError::AuthExecParse(_) => {
            "the output of the credential plugin is not an ExecCredential".to_owned()
        }
        error => with_causes(error),
    }
}

fn connection_failed(error: &dyn std::error::Error) -> Failure {
    Failure::Transient { why: Transient::Connection(with_causes(error)), after: None }
}

/// The header `Retry-After`, in seconds. API servers do not send the other form, a date.
fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let seconds =
        response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn refused(
    code: StatusCode,
    body: &[u8],
    after: Option<Duration>,
) -> Result<ServerAnswer, Failure> {
    let status: Status = serde_json::from_slice(body).unwrap_or_default();
    let message = if status.kind == "Status" && !status.message.is_empty() {
        status.message
    } else {
        // The answer of a proxy or load balancer, not of the API server.
        let text = String::from_utf8_lossy(body);
        text.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(SHOWN_OF_ANSWER)
            .collect()
    };
    Err(match code {
        StatusCode::UNAUTHORIZED => Failure::Final(ReadError::Unauthorized(message)),
        StatusCode::FORBIDDEN => Failure::Final(ReadError::Forbidden(message)),
        StatusCode::NOT_FOUND => Failure::Final(ReadError::NotFound(message)),
        StatusCode::GONE => {
            let next = Some(status.metadata.next).filter(|next| !next.is_empty());
            return Ok(ServerAnswer::Expired { message, next });
        }
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::INTERNAL_SERVER_ERROR
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            let why = Transient::Status { code: code.as_u16(), message };
            Failure::Transient { why, after }
        }
        code => Failure::Final(ReadError::Status {
            code: code.as_u16(),
            message,
            attempts: Attempts(1),
        }),
    })
}
