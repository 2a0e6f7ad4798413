//! The ways in which a policy arrives as text.
//!
//! Source: IAM API Reference, "Role": the API gives the document URL-encoded (RFC 3986). The AWS CLI decodes it.

use super::error::PolicyError;

/// The JSON of a policy that is JSON or URL-encoded JSON.
pub(super) fn plain(text: &str) -> Result<String, PolicyError> {
    let text = text.trim();
    if !text.starts_with('%') {
        return Ok(text.to_owned());
    }
    let decoded = percent_decode(text).ok_or(PolicyError::UrlEncoding)?;
    if decoded.trim_start().starts_with('%') {
        return Err(PolicyError::EncodedTwice);
    }
    Ok(decoded)
}

/// None if an escape is incomplete or the bytes are not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            decoded.push(u8::try_from(high << 4 | low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::{PolicyError, plain};

    #[test]
    fn url_encoding_is_decoded_once() {
        for (text, expected) in [
            ("{\"a\":\"100%\"}", Ok("{\"a\":\"100%\"}")),
            ("%7B%22a%22%3A%22+%C3%A9%22%7d", Ok("{\"a\":\"+é\"}")),
            ("%257B%2522a%2522%257D", Err(PolicyError::EncodedTwice)),
            ("%7B%2", Err(PolicyError::UrlEncoding)),
            ("%7B%zz", Err(PolicyError::UrlEncoding)),
            ("%ff", Err(PolicyError::UrlEncoding)),
        ] {
            assert_eq!(plain(text), expected.map(str::to_owned), "{text}");
        }
    }
}
