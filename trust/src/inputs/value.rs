//! Values of documents in JSON.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::InputErrorKind;

/// Reads a value. The error gives the place only, because the text of `serde_json` can quote the value.
pub(super) fn parse<'a, T: Deserialize<'a>>(
    raw: &'a RawValue,
    at: &str,
    expected: &'static str,
) -> Result<T, InputErrorKind> {
    serde_json::from_str(raw.get()).map_err(|_| InputErrorKind::shape(at, expected))
}
