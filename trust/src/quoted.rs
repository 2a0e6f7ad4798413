//! Values in messages.

use std::fmt::{self, Display, Write};

use crate::visible::write_visible;

/// Longer values are cut; bytes. The longest subject that Kubernetes can have is shorter. (The messages of the policy cut
/// values earlier, because API servers limit them.)
const MAX_SHOWN: usize = 340;

/// More values of a list are counted; the message has to stay readable.
const MAX_LISTED: usize = 5;

/// A value in double quotes, as [`write_visible`] shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        write_visible(self.0, MAX_SHOWN, f)?;
        f.write_char('"')
    }
}

/// Values in double quotes, separated by commas; after the first few, how many more there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuotedList<'a>(pub(crate) &'a [String]);

impl Display for QuotedList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, value) in self.0.iter().take(MAX_LISTED).enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            write!(f, "{separator}{}", Quoted(value))?;
        }
        match self.0.len().saturating_sub(MAX_LISTED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Quoted, QuotedList};

    #[test]
    fn invisible_characters_are_escaped_and_long_values_are_truncated() {
        assert_eq!(Quoted("it's\n\u{200b}\"x\"").to_string(), r#""it's\n\u{200b}\"x\"""#);
        assert_eq!(Quoted(&"a".repeat(340)).to_string().len(), 342);
        assert!(Quoted(&"a".repeat(341)).to_string().ends_with("a…\""));
    }

    #[test]
    fn a_long_list_is_counted() {
        let values: Vec<String> = (1..=7).map(|number| number.to_string()).collect();
        assert_eq!(QuotedList(&values).to_string(), r#""1", "2", "3", "4", "5" and 2 more"#);
        assert_eq!(QuotedList(&[]).to_string(), "");
    }
}
