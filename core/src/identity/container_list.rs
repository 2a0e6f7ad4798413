//! The list of containers in an annotation: comma-separated values, as the webhook's `encoding/csv` reads
//! them, with the blanks around a name removed.

use std::borrow::Cow;

use crate::names::annotation;
use aws_pod_identity_json::search::{has, split_once};

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
    pub(crate) fn takes(&self, name: &str) -> bool {
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

/// How many names a list may have: far more than a pod has containers, and few enough that asking for
/// each of them costs little.
const MAX_NAMES: usize = 1000;

/// Names of containers, in the order of the alphabet and each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContainerList(Vec<String>);

impl ContainerList {
    /// Reads a list; the error says what is wrong with it.
    pub(crate) fn parse(value: &str) -> Result<Self, &'static str> {
        let value = value.trim_ascii();
        if has(value, b'\n') || has(value, b'\r') {
            return Err("it has several lines, of which only the first would count");
        }
        let mut list = Self::default();
        let mut rest = Some(value);
        while let Some(text) = rest {
            let text = text.trim_ascii_start();
            let (name, after) = match text.strip_prefix('"') {
                Some(quoted) => read_quoted(quoted)?,
                None => read_plain(text)?,
            };
            if let Err(place) = list.place(&name)
                && !name.is_empty()
            {
                if list.0.len() == MAX_NAMES {
                    return Err("it names more than 1000 containers");
                }
                list.0.insert(place, name);
            }
            rest = after;
        }
        if list.0.is_empty() { Err("it names no container") } else { Ok(list) }
    }

    /// Whether the list names that container.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Where the name is, or else would be.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|listed| listed.as_str().cmp(name))
    }

    /// The names that none of `containers` has.
    pub(crate) fn unknown<'n>(
        &self,
        containers: impl Iterator<Item = Cow<'n, str>>,
    ) -> impl Iterator<Item = &str> {
        let mut known = vec![false; self.0.len()];
        for container in containers {
            if let Some(known) = self.place(&container).ok().and_then(|at| known.get_mut(at)) {
                *known = true;
            }
        }
        self.0.iter().zip(known).filter(|(_, known)| !known).map(|(name, _)| &**name)
    }
}

/// A name up to the next comma, and what follows that, if there is one.
fn read_plain(text: &str) -> Result<(String, Option<&str>), &'static str> {
    let (name, after) = match split_once(text, b',') {
        Some((name, after)) => (name, Some(after)),
        None => (text, None),
    };
    if has(name, b'"') {
        return Err("it has a quote inside a name");
    }
    Ok((name.trim_ascii_end().to_owned(), after))
}

/// A name up to its closing quote, with `""` for a quote in it.
fn read_quoted(text: &str) -> Result<(String, Option<&str>), &'static str> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (part, after) = split_once(rest, b'"').ok_or("it has a quote that is never closed")?;
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
                    None => Err("it has text after a closing quote"),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ContainerList;

    #[test]
    fn lists_are_read_as_comma_separated_values() {
        for (value, expected) in [
            ("app", Ok(&["app"][..])),
            ("app,sidecar", Ok(&["app", "sidecar"])),
            (" sidecar , app,app ", Ok(&["app", "sidecar"])),
            ("app,", Ok(&["app"])),
            ("app,,sidecar\n", Ok(&["app", "sidecar"])),
            ("\"app\",\"a,b\",\"say \"\"hi\"\"\"", Ok(&["a,b", "app", "say \"hi\""])),
            ("", Err("it names no container")),
            (" , ", Err("it names no container")),
            ("\"app", Err("it has a quote that is never closed")),
            ("\"app\"x,b", Err("it has text after a closing quote")),
            ("a\"b", Err("it has a quote inside a name")),
            ("app\nsidecar", Err("it has several lines, of which only the first would count")),
        ] {
            let read = ContainerList::parse(value).map(|list| list.0);
            let expected =
                expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
            assert_eq!(read, expected, "{value:?}");
        }
    }

    #[test]
    fn a_thousand_names_are_enough() {
        let names = |count| (0..count).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
        assert!(ContainerList::parse(&names(1000)).is_ok());
        assert_eq!(ContainerList::parse(&names(1001)), Err("it names more than 1000 containers"));
    }
}
