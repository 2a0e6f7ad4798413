//! How messages show objects and values.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

/// The longest value that a message shows whole, bytes: a role ARN of ordinary length fits.
const MAX_VALUE: usize = 120;

/// A value in quotes, with everything that is invisible, or would break the line, escaped; long ones are cut.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        write_visible(self.0, f)?;
        f.write_char('"')
    }
}

/// A value without quotes, otherwise as in [`Quoted`].
pub(crate) struct Visible<'a>(pub(crate) &'a str);

impl Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_visible(self.0, f)
    }
}

fn write_visible(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if has_token(text) {
        return f.write_str("(not shown: it looks like a token)");
    }
    for character in shortened(text, MAX_VALUE).chars() {
        match character {
            '"' | '\\' => write!(f, "\\{character}")?,
            ' '..='~' | '…' => f.write_char(character)?,
            _ => write!(f, "{}", character.escape_default())?,
        }
    }
    Ok(())
}

/// Whether a JSON web token starts in the part of the text that is shown: two parts in base64url with a dot between them, of
/// which the first starts as `{"` does (RFC 7519).
fn has_token(text: &str) -> bool {
    const SHORTEST_PART: usize = 16;
    /// The longest first part that is recognized, bytes: a certificate in it fits. A text of any length must not take long.
    const LONGEST_PART: usize = 4096;
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let shown = text.get(..text.floor_char_boundary(MAX_VALUE)).unwrap_or_default();
    shown.match_indices("eyJ").any(|(at, _)| {
        let text = text.as_bytes().get(at..).unwrap_or_default();
        let length = text.iter().take(LONGEST_PART).take_while(|byte| is_base64(byte)).count();
        let Some([b'.', claims @ ..]) = text.get(length..) else { return false };
        let claims = claims.get(..SHORTEST_PART).unwrap_or_default();
        length >= SHORTEST_PART && claims.len() == SHORTEST_PART && claims.iter().all(is_base64)
    })
}

/// The longest value of an audit annotation, bytes: the names of some twenty containers fit.
const MAX_NOTE: usize = 1024;

/// A text for the audit log, whose readers print it to terminals: without control characters and what changes the
/// direction of text, and of bounded length.
pub(crate) fn note(text: String) -> String {
    if text.len() <= MAX_NOTE && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text;
    }
    let mut note = String::new();
    for character in text.chars() {
        if character.is_control() || is_format(character) {
            note.extend(character.escape_default());
        } else {
            note.push(character);
        }
        if note.len() > MAX_NOTE {
            break;
        }
    }
    shortened(&note, MAX_NOTE).into_owned()
}

/// Whether the character is invisible, and changes the direction of what follows or joins it ("Unicode Bidirectional
/// Algorithm", Unicode Standard Annex #9).
fn is_format(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// `text` in at most `limit` bytes, with `…` for what was cut off at its end.
pub(crate) fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(limit - '…'.len_utf8());
    Cow::Owned(text.split_at_checked(end).map_or("", |(start, _)| start).to_owned() + "…")
}

/// An object as messages name it: `Pod payments/api`.
#[derive(Clone, Debug)]
pub(crate) struct ObjectName<'a> {
    pub(crate) kind: &'a str,
    pub(crate) namespace: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
}

impl Display for ObjectName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, Visible(&self.namespace), Visible(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::{Quoted, Visible, note};

    #[test]
    fn values_are_shown_without_what_could_mislead() {
        for (value, quoted, plain) in [
            ("api", r#""api""#, "api"),
            (r#"x" ok [id] ""#, r#""x\" ok [id] \"""#, r#"x\" ok [id] \""#),
            (r"C:\x", r#""C:\\x""#, r"C:\\x"),
            ("a\n\u{202e}b", r#""a\n\u{202e}b""#, r"a\n\u{202e}b"),
        ] {
            assert_eq!(Quoted(value).to_string(), quoted);
            assert_eq!(Visible(value).to_string(), plain);
        }
    }

    #[test]
    fn notes_have_no_control_characters_and_a_bound() {
        assert_eq!(note("a,b".to_owned()), "a,b");
        assert_eq!(note("ä\u{1b}[31m\u{202e}\n".to_owned()), r"ä\u{1b}[31m\u{202e}\n");
        for letter in ["x", "ä", "\n"] {
            let note = note(letter.repeat(5000));
            assert!((1000..=1024).contains(&note.len()) && note.ends_with('…'), "{note}");
        }
    }

    #[test]
    fn tokens_are_not_shown() {
        const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL3gifQ.c2lnbmF0dXJl";
        for (value, hidden) in [
            (TOKEN.to_owned(), true),
            (format!("Bearer {TOKEN}"), true),
            (format!(" {TOKEN}\n"), true),
            ("/var/run/secrets/eyJtoken".to_owned(), false),
            ("/var/run/secrets/eyJhbGciOiJSUzI1NiJ9.x".to_owned(), false),
            ("keyJones.example.com".to_owned(), false),
            // It starts behind what is shown.
            ("x".repeat(150) + TOKEN, false),
            (format!("{}{TOKEN}", "x".repeat(110)), true),
            (format!("eyJ{}.{TOKEN}", "x".repeat(4000)), true),
            ("eyJ".repeat(100_000), false),
        ] {
            let shown = Quoted(&value).to_string();
            assert_eq!(!shown.contains("eyJ") && shown.contains("not shown"), hidden, "{value}");
        }
    }
}
