//! How messages show objects and values.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

pub(crate) use aws_pod_identity_trust::visible::shortened;
use aws_pod_identity_trust::visible::write_visible;

/// The longest value that a message shows completely, bytes: most role ARNs fit.
const MAX_VALUE: usize = 120;

/// A value in quotes, as [`write_visible`] shows it.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        write_visible(self.0, MAX_VALUE, f)?;
        f.write_char('"')
    }
}

/// A value without quotes, otherwise as in [`Quoted`].
pub(crate) struct Visible<'a>(pub(crate) &'a str);

impl Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_visible(self.0, MAX_VALUE, f)
    }
}

/// The longest value of an audit annotation, bytes: the names of about twenty containers fit.
const MAX_NOTE: usize = 1024;

/// A text for the audit log, which is printed to terminals: as [`escaped`] writes it, with a limited length.
pub(crate) fn note(text: String) -> String {
    if text.len() <= MAX_NOTE && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text;
    }
    // Escapes make it longer.
    let start = shortened(&text, MAX_NOTE);
    shortened(&escaped(&start), MAX_NOTE).into_owned()
}

/// Whether the character is invisible and can change how the text around it is shown: the characters of the category
/// "Format" of Unicode, without those that have a shape, and the separators of lines and paragraphs.
fn is_format(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0001}'..='\u{e007f}'
    )
}

/// A line for a terminal, in which control characters other than tabs, and invisible characters, are escaped.
pub(crate) fn escaped(line: &str) -> Cow<'_, str> {
    let is_shown =
        |character: char| character == '\t' || !(character.is_control() || is_format(character));
    if line.chars().all(is_shown) {
        return Cow::Borrowed(line);
    }
    let mut escaped = String::with_capacity(line.len());
    for character in line.chars() {
        if is_shown(character) {
            escaped.push(character);
        } else {
            escaped.extend(character.escape_default());
        }
    }
    Cow::Owned(escaped)
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
    use super::{Quoted, Visible, escaped, note};

    #[test]
    fn misleading_characters_in_values_are_escaped() {
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
    fn misleading_characters_in_lines_are_escaped() {
        for (line, expected) in [
            ("\tname: \"käse\" # …", "\tname: \"käse\" # …"),
            ("a\u{200b}b\u{61c}c\u{ad}\u{e0041}", r"a\u{200b}b\u{61c}c\u{ad}\u{e0041}"),
            ("\u{1b}[31m\r\n\u{9b}\u{7f}", r"\u{1b}[31m\r\n\u{9b}\u{7f}"),
        ] {
            assert_eq!(escaped(line), expected);
        }
    }

    #[test]
    fn control_characters_in_notes_are_escaped_and_long_notes_are_truncated() {
        assert_eq!(note("a,b".to_owned()), "a,b");
        assert_eq!(note("ä\u{1b}[31m\u{202e}\n".to_owned()), r"ä\u{1b}[31m\u{202e}\n");
        for letter in ["x", "ä", "\n"] {
            let note = note(letter.repeat(5000));
            assert!((1000..=1024).contains(&note.len()) && note.ends_with('…'), "{note}");
        }
    }
}
