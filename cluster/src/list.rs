//! Lists, page by page ("Retrieving large results sets in chunks", Kubernetes API Concepts).

use std::fmt::Write;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::connection::Connection;
use crate::error::ReadError;
use crate::get::ServerAnswer;
use crate::resource::Resource;

/// Objects on a page. `kubectl` asks for as many.
const PAGE: usize = 500;
/// How often in succession a list may expire.
const MAX_EXPIRED: u32 = 3;

/// One page of a list.
#[derive(Debug)]
pub struct Page<'p> {
    /// The version of the API that the objects are in.
    pub version: &'static str,
    /// The objects as JSON, without `apiVersion` and `kind`, which lists leave out.
    pub items: Vec<&'p RawValue>,
    /// How many objects come after this page, if the API server says so.
    pub remaining: Option<u64>,
}

#[derive(Deserialize)]
struct ListBody<'p> {
    #[serde(default)]
    metadata: ListMetadata,
    // API servers write `null` for an empty list of some resources.
    #[serde(borrow, default)]
    items: Option<Vec<&'p RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMetadata {
    #[serde(default, rename = "continue")]
    next: Option<String>,
    remaining_item_count: Option<u64>,
}

impl Connection {
    /// Reads all objects of a resource in one namespace, or in all, and calls `each` with one page at a time. Gives
    /// `false` if the API server serves none of the resource's versions.
    pub fn list(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        mut each: impl FnMut(Page<'_>),
    ) -> Result<bool, ReadError> {
        for version in resource.versions {
            let path = resource.list_path(version, namespace);
            match self.list_version(&path, version, &mut each) {
                Err(ReadError::NotFound(_)) => {}
                other => return other.map(|()| true),
            }
        }
        Ok(false)
    }

    fn list_version(
        &self,
        path: &str,
        version: &'static str,
        each: &mut impl FnMut(Page<'_>),
    ) -> Result<(), ReadError> {
        let mut next: Option<String> = None;
        let mut expired = 0;
        loop {
            let query = next.as_deref().map(|token| format!("&continue={}", encoded(token)));
            let page = format!("{path}?limit={PAGE}{}", query.unwrap_or_default());
            match self.ask(&page)? {
                ServerAnswer::Body(body) => {
                    let list: ListBody<'_> = serde_json::from_slice(&body).map_err(|error| {
                        ReadError::Unusable(format!("{path} is not a list of objects: {error}"))
                    })?;
                    expired = 0;
                    each(Page {
                        version,
                        items: list.items.unwrap_or_default(),
                        remaining: list.metadata.remaining_item_count,
                    });
                    next = list.metadata.next.filter(|token| !token.is_empty());
                    if next.is_none() {
                        return Ok(());
                    }
                }
                // The API server gives a token that continues after the last object of the list, with the objects as
                // they are now. So no object is read twice.
                ServerAnswer::Expired { message, next: token } => {
                    expired += 1;
                    if token.is_none() || expired == MAX_EXPIRED {
                        return Err(ReadError::Expired { attempts: expired, message });
                    }
                    (self.notice)(
                        "the list expired while it was read; it continues with the current objects",
                    );
                    next = token;
                }
            }
        }
    }
}

/// A token as the value of a query parameter.
fn encoded(token: &str) -> String {
    let mut text = String::with_capacity(token.len());
    for byte in token.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_token_cannot_add_parameters() {
        assert_eq!(super::encoded("a-_b=&c"), "a-_b%3D%26c");
    }
}
