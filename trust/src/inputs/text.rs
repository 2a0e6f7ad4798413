//! Files as text. PowerShell writes the output of a command in UTF-16, or with a byte order mark.

use std::borrow::Cow;

use super::error::InputErrorKind;

/// The text of a file.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, InputErrorKind> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        let text = String::from_utf16(&units).ok().filter(|_| rest.is_empty());
        text.map(Cow::Owned).ok_or(InputErrorKind::NotText)
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        bytes => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| InputErrorKind::NotText)?)
        }
    };
    if text.trim().is_empty() { Err(InputErrorKind::Empty) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::{InputErrorKind as E, decode};

    #[test]
    fn utf_8_and_utf_16_are_decoded_and_other_bytes_are_refused() {
        for (bytes, expected) in [
            (&b"{}"[..], Ok("{}")),
            (b"\xef\xbb\xbf{}", Ok("{}")),
            (b"\xff\xfe{\0}\0", Ok("{}")),
            (b"\xfe\xff\0{\0}", Ok("{}")),
            (b"\xff\xfe{\0}", Err(E::NotText)),
            (b"PK\x03\x04\xff", Err(E::NotText)),
            (b" \n", Err(E::Empty)),
            (b"", Err(E::Empty)),
        ] {
            assert_eq!(decode(bytes).as_deref(), expected.as_ref().map(|text| *text), "{bytes:?}");
        }
    }
}
