//! The list of containers in an annotation: comma-separated values, as the webhook's `encoding/csv` reads
//! them, with the blanks around a name removed.

use std::borrow::Cow;

use crate::names::annotation;

/// Which containers get an identity.
#[derive(Clone, Debug)]
pub(crate) enum ContainerChoice<'a> {
    /// All but these.
    Skip(ContainerList<'a>),
    /// These only.
    Include(ContainerList<'a>),
}

impl<'a> ContainerChoice<'a> {
    /// Whether a container of that name is chosen.
    pub(crate) fn takes(&self, name: &str) -> bool {
        match self {
            Self::Skip(list) => !list.contains(name),
            Self::Include(list) => list.contains(name),
        }
    }

    /// The list, and the name of the annotation that has it.
    pub(crate) fn list(&self) -> (&'static str, &ContainerList<'a>) {
        match self {
            Self::Skip(list) => (annotation::SKIP_CONTAINERS, list),
            Self::Include(list) => (annotation::INCLUDE_CONTAINERS, list),
        }
    }
}

/// Names of containers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContainerList<'a>(Vec<Cow<'a, str>>);

impl<'a> ContainerList<'a> {
    /// Reads a list; the error says what is wrong with it.
    pub(crate) fn parse(value: &Cow<'a, str>) -> Result<Self, &'static str> {
        let names = match value {
            Cow::Borrowed(value) => split(value)?,
            Cow::Owned(value) => {
                split(value)?.into_iter().map(|name| Cow::Owned(name.into_owned())).collect()
            }
        };
        Ok(Self(names))
    }

    /// The names, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }

    /// Whether the list names that container.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|listed| listed == name)
    }
}

fn split(value: &str) -> Result<Vec<Cow<'_, str>>, &'static str> {
    let value = value.trim();
    if value.contains(['\n', '\r']) {
        return Err("it has several lines, of which only the first would count");
    }
    let mut names = Vec::new();
    let mut rest = Some(value);
    while let Some(text) = rest {
        let text = text.trim_start();
        let (name, after) = match text.strip_prefix('"') {
            Some(quoted) => read_quoted(quoted)?,
            None => read_plain(text)?,
        };
        if !name.is_empty() {
            names.push(name);
        }
        rest = after;
    }
    if names.is_empty() { Err("it names no container") } else { Ok(names) }
}

/// A name up to the next comma, and what follows that, if there is one.
fn read_plain(text: &str) -> Result<(Cow<'_, str>, Option<&str>), &'static str> {
    let (name, after) = match text.split_once(',') {
        Some((name, after)) => (name, Some(after)),
        None => (text, None),
    };
    if name.contains('"') {
        return Err("it has a quote inside a name");
    }
    Ok((Cow::Borrowed(name.trim_end()), after))
}

/// A name up to its closing quote, with `""` for a quote in it.
fn read_quoted(text: &str) -> Result<(Cow<'_, str>, Option<&str>), &'static str> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"').ok_or("it has a quote that is never closed")?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                name.push('"');
                rest = next;
            }
            None => {
                let after = after.trim_start();
                return match after.strip_prefix(',') {
                    Some(next) => Ok((Cow::Owned(name), Some(next))),
                    None if after.is_empty() => Ok((Cow::Owned(name), None)),
                    None => Err("it has text after a closing quote"),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::ContainerList;

    #[test]
    fn lists_are_read_as_comma_separated_values() {
        for (value, expected) in [
            ("app", Ok(&["app"][..])),
            ("app,sidecar", Ok(&["app", "sidecar"])),
            (" app , sidecar ", Ok(&["app", "sidecar"])),
            ("app,", Ok(&["app"])),
            ("app,,sidecar\n", Ok(&["app", "sidecar"])),
            ("\"app\",\"a,b\",\"say \"\"hi\"\"\"", Ok(&["app", "a,b", "say \"hi\""])),
            ("", Err("it names no container")),
            (" , ", Err("it names no container")),
            ("\"app", Err("it has a quote that is never closed")),
            ("\"app\"x,b", Err("it has text after a closing quote")),
            ("a\"b", Err("it has a quote inside a name")),
            ("app\nsidecar", Err("it has several lines, of which only the first would count")),
        ] {
            let read = |value: &Cow<'static, str>| ContainerList::parse(value).map(|list| list.0);
            let expected =
                expected.map(|names| names.iter().map(|name| Cow::Borrowed(*name)).collect());
            assert_eq!(read(&Cow::Borrowed(value)), expected, "{value:?}");
            assert_eq!(read(&Cow::Owned(value.to_owned())), expected, "{value:?}");
        }
    }
}
