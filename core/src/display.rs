//! How messages show objects and values.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

/// The longest value that a message shows whole, bytes: a role ARN of ordinary length fits.
const MAX_VALUE: usize = 120;

/// A value in quotes, with everything that is invisible, or would break the line, escaped; long ones are cut.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Visible(self.0))
    }
}

/// A value without quotes, otherwise as in [`Quoted`].
pub(crate) struct Visible<'a>(pub(crate) &'a str);

impl Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in shortened(self.0, MAX_VALUE).chars() {
            if matches!(character, ' '..='~' | '…') {
                f.write_char(character)?;
            } else {
                write!(f, "{}", character.escape_default())?;
            }
        }
        Ok(())
    }
}

/// `text` in at most `room` bytes, with `…` for what was cut off at its end.
pub(crate) fn shortened(text: &str, room: usize) -> Cow<'_, str> {
    if text.len() <= room {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(room - '…'.len_utf8());
    Cow::Owned(text.split_at_checked(end).map_or("", |(start, _)| start).to_owned() + "…")
}

/// An object as messages name it: `Pod payments/api`.
#[derive(Clone, Debug)]
pub(crate) struct ObjectName<'a> {
    pub(crate) kind: &'static str,
    pub(crate) namespace: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
}

impl Display for ObjectName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, Visible(&self.namespace), Visible(&self.name))
    }
}
