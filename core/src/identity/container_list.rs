//! The list of containers in an annotation: comma-separated values, as the webhook's `encoding/csv` reads
//! them, with the whitespace around a name removed.

use std::borrow::Cow;
use std::fmt::{self, Display};

use crate::names::annotation;

/// Which containers get an identity.
#[derive(Clone, Debug)]
pub(crate) enum ContainerChoice {
    /// All but these.
    Skip(ContainerList),
    /// These only.
    Include(ContainerList),
}

impl ContainerChoice {
    /// Whether a container of that name is chosen.
    pub(crate) fn chooses(&self, name: &str) -> bool {
        match self {
            Self::Skip(list) => !list.contains(name),
            Self::Include(list) => list.contains(name),
        }
    }

    /// The list, and the name of the annotation that has it.
    pub(crate) fn list(&self) -> (&'static str, &ContainerList) {
        match self {
            Self::Skip(list) => (annotation::SKIP_CONTAINERS, list),
            Self::Include(list) => (annotation::INCLUDE_CONTAINERS, list),
        }
    }
}

/// The largest number of names in a list: far more than a pod has containers, and few enough to compare quickly.
const MAX_NAMES: usize = 1000;

/// Names of containers, sorted and without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContainerList(Vec<String>);

/// Why a value is not a list of containers. The message follows the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContainerListError {
    SeveralLines,
    TooManyNames,
    NoName,
    QuoteInName,
    OpenQuote,
    TextAfterQuote,
}

impl Display for ContainerListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SeveralLines => "it has more than one line, and only the first would be read",
            Self::TooManyNames => return write!(f, "it lists more than {MAX_NAMES} containers"),
            Self::NoName => "it does not list a container",
            Self::QuoteInName => "it has a quote inside a name",
            Self::OpenQuote => "it has an opening quote without a closing quote",
            Self::TextAfterQuote => "it has text after a closing quote",
        })
    }
}

impl ContainerList {
    /// Reads a list.
    pub(crate) fn parse(value: &str) -> Result<Self, ContainerListError> {
        let value = value.trim_ascii();
        if value.contains(['\n', '\r']) {
            return Err(ContainerListError::SeveralLines);
        }
        let mut list = Self::default();
        let mut rest = Some(value);
        while let Some(text) = rest {
            let text = text.trim_ascii_start();
            let (name, after) = match text.strip_prefix('"') {
                Some(quoted) => read_quoted(quoted)?,
                None => read_plain(text)?,
            };
            if let Err(index) = list.index_of(&name)
                && !name.is_empty()
            {
                if list.0.len() == MAX_NAMES {
                    return Err(ContainerListError::TooManyNames);
                }
                list.0.insert(index, name);
            }
            rest = after;
        }
        if list.0.is_empty() { Err(ContainerListError::NoName) } else { Ok(list) }
    }

    /// Whether the list contains that container.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.index_of(name).is_ok()
    }

    /// The index of the name, or the one to insert it at.
    fn index_of(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|listed| listed.as_str().cmp(name))
    }

    /// The names that are not among `containers`.
    pub(crate) fn unknown<'n>(
        &self,
        containers: impl Iterator<Item = Cow<'n, str>>,
    ) -> impl Iterator<Item = &str> {
        let mut known = vec![false; self.0.len()];
        for container in containers {
            if let Some(known) = self.index_of(&container).ok().and_then(|at| known.get_mut(at)) {
                *known = true;
            }
        }
        self.0.iter().zip(known).filter(|(_, known)| !known).map(|(name, _)| &**name)
    }
}

/// A name up to the next comma, and the text after the comma, if there is one.
fn read_plain(text: &str) -> Result<(String, Option<&str>), ContainerListError> {
    let (name, after) = match text.split_once(',') {
        Some((name, after)) => (name, Some(after)),
        None => (text, None),
    };
    if name.contains('"') {
        return Err(ContainerListError::QuoteInName);
    }
    Ok((name.trim_ascii_end().to_owned(), after))
}

/// A name up to its closing quote, and the text after the next comma. `""` is a quote in the name.
fn read_quoted(text: &str) -> Result<(String, Option<&str>), ContainerListError> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"').ok_or(ContainerListError::OpenQuote)?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                name.push('"');
                rest = next;
            }
            None => {
                let after = after.trim_ascii_start();
                return match after.strip_prefix(',') {
                    Some(next) => Ok((name, Some(next))),
                    None if after.is_empty() => Ok((name, None)),
                    None => Err(ContainerListError::TextAfterQuote),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ContainerList, ContainerListError};

    #[test]
    fn lists_are_read_as_comma_separated_values() {
        for (value, expected) in [
            ("app", Ok(&["app"][..])),
            ("app,sidecar", Ok(&["app", "sidecar"])),
            (" sidecar , app,app ", Ok(&["app", "sidecar"])),
            ("app,", Ok(&["app"])),
            ("app,,sidecar\n", Ok(&["app", "sidecar"])),
            ("\"app\",\"a,b\",\"say \"\"hi\"\"\"", Ok(&["a,b", "app", "say \"hi\""])),
            ("", Err(ContainerListError::NoName)),
            (" , ", Err(ContainerListError::NoName)),
            ("\"app", Err(ContainerListError::OpenQuote)),
            ("\"app\"x,b", Err(ContainerListError::TextAfterQuote)),
            ("a\"b", Err(ContainerListError::QuoteInName)),
            ("app\nsidecar", Err(ContainerListError::SeveralLines)),
        ] {
            let read = ContainerList::parse(value).map(|list| list.0);
            let expected =
                expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
            assert_eq!(read, expected, "{value:?}");
        }
    }

    #[test]
    fn a_list_has_at_most_a_thousand_names() {
        let names = |count| (0..count).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
        assert!(ContainerList::parse(&names(1000)).is_ok());
        assert_eq!(ContainerList::parse(&names(1001)), Err(ContainerListError::TooManyNames));
    }
}
