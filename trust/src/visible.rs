//! How messages show values that users or AWS wrote.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// Writes a value so that it cannot mislead. Characters that are invisible or not ASCII, or that would end a quotation or the
/// line, are escaped. A token is not shown, and a value that is longer than `limit` bytes is truncated.
pub fn write_visible(text: &str, limit: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if has_token(text, limit) {
        return f.write_str("(not shown: it looks like a token)");
    }
    for character in shortened(text, limit).chars() {
        match character {
            '"' | '\\' => write!(f, "\\{character}")?,
            ' '..='~' | '…' => f.write_char(character)?,
            _ => write!(f, "{}", character.escape_default())?,
        }
    }
    Ok(())
}

/// Whether a JSON web token starts in the first `limit` bytes: two parts in base64url with a dot between them, of which the first
/// starts as `{"` does (RFC 7519).
fn has_token(text: &str, limit: usize) -> bool {
    const SHORTEST_PART: usize = 16;
    /// The longest first part that is recognized, bytes: a certificate in it fits. A text of any length must not take long.
    const LONGEST_PART: usize = 4096;
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let shown = text.get(..text.floor_char_boundary(limit)).unwrap_or_default();
    shown.match_indices("eyJ").any(|(at, _)| {
        let text = text.as_bytes().get(at..).unwrap_or_default();
        let length = text.iter().take(LONGEST_PART).take_while(|byte| is_base64(byte)).count();
        let Some([b'.', claims @ ..]) = text.get(length..) else { return false };
        let claims = claims.get(..SHORTEST_PART).unwrap_or_default();
        length >= SHORTEST_PART && claims.len() == SHORTEST_PART && claims.iter().all(is_base64)
    })
}

/// `text` in at most `limit` bytes, with `…` in place of the rest.
pub fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(limit - '…'.len_utf8());
    Cow::Owned(text.split_at_checked(end).map_or("", |(start, _)| start).to_owned() + "…")
}

#[cfg(test)]
mod tests {
    use std::fmt::{self, Display};

    use super::{shortened, write_visible};

    struct Shown<'a>(&'a str);

    impl Display for Shown<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_visible(self.0, 120, f)
        }
    }

    #[test]
    fn values_are_shown_without_characters_that_could_mislead() {
        for (value, expected) in [
            ("api", "api"),
            ("it's", "it's"),
            (r#"x" ok [id] ""#, r#"x\" ok [id] \""#),
            (r"C:\x", r"C:\\x"),
            ("a\n\u{202e}b", r"a\n\u{202e}b"),
            // A letter of the Cyrillic alphabet that looks like one of the Latin.
            ("\u{430}pi", r"\u{430}pi"),
        ] {
            assert_eq!(Shown(value).to_string(), expected);
        }
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abc…");
        assert_eq!(shortened("abäääää", 6), "ab…");
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
            // It starts after the part that is shown.
            ("x".repeat(150) + TOKEN, false),
            (format!("{}{TOKEN}", "x".repeat(110)), true),
            (format!("eyJ{}.{TOKEN}", "x".repeat(4000)), true),
            ("eyJ".repeat(100_000), false),
        ] {
            let shown = Shown(&value).to_string();
            assert_eq!(!shown.contains("eyJ") && shown.contains("not shown"), hidden, "{value}");
        }
    }
}
