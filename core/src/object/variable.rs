//! The environment variables of a container, with the values that programs see.
//!
//! The kubelet replaces references `$(NAME)` by the values of variables that are defined before ("EnvVar", Kubernetes API
//! reference), and leaves others as they are written.

use std::borrow::Cow;

use aws_pod_identity_json::{Collection, Error, Kind, RawString, Reader, object};

use crate::names::variable::{is_checked, is_of_service};

/// The longest value with replaced references, bytes: the length of the longest role ARN.
const MAX_TEXT: usize = 2048;
/// The largest sum of the lengths of such values in a container, bytes. References to references make values grow
/// exponentially.
const MAX_TEXTS: usize = 4 * MAX_TEXT;

/// An environment variable.
#[derive(Debug)]
pub(crate) struct Variable<'a> {
    /// In upper case on Windows, where case does not matter.
    pub(crate) name: Cow<'a, str>,
    value: Value<'a>,
    /// Whether the source of the value is optional. If it is missing, this definition does not set the variable.
    pub(crate) optional: bool,
}

#[derive(Debug)]
enum Value<'a> {
    /// What programs see.
    Text(Cow<'a, str>),
    /// What programs see, with a reference that is not replaced.
    Unresolved(String, Reference),
    /// The manifest does not show the value: it is from a Secret or a field, or refers to such a variable.
    Unknown,
}

/// Why a reference is not replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// The container does not define the variable.
    Undefined,
    /// The container defines it after the reference.
    DefinedLater,
}

/// A value without the whitespace around it, as the AWS SDK for Java reads it (`String.trim`).
pub(crate) fn trimmed(value: &str) -> &str {
    value.trim_matches(|character| character <= ' ')
}

/// A definition as the manifest has it.
struct Definition<'a> {
    name: RawString<'a>,
    /// None if it has another source (`valueFrom`).
    value: Option<RawString<'a>>,
    optional: bool,
}

impl<'a> Variable<'a> {
    /// Reads a list of variables, and keeps those that checks read. Returns whether one of them may have references,
    /// which [`Variable::resolve_all`] replaces.
    pub(crate) fn read_all(
        reader: &mut Reader<'a>,
        variables: &mut Vec<Self>,
    ) -> Result<(Collection, bool), Error> {
        let mut refers = false;
        let list = Collection::array(reader, |reader| {
            let Definition { name, value, optional } = Definition::read(reader)?;
            if is_checked(name) {
                let value = value.map_or(Value::Unknown, |value| Value::Text(value.decode()));
                refers |= matches!(&value, Value::Text(text) if text.contains('$'));
                variables.push(Self { name: name.decode(), value, optional });
            }
            Ok(())
        })?;
        Ok((list, refers))
    }

    /// Reads the list again, with references replaced.
    pub(crate) fn resolve_all(
        mut reader: Reader<'a>,
        has_env_from: bool,
    ) -> Result<Vec<Self>, Error> {
        let mut definitions = Vec::new();
        Collection::array(&mut reader, |reader| {
            definitions.push(Definition::read(reader)?);
            Ok(())
        })?;
        let mut by_name: Vec<(Cow<'a, str>, usize)> =
            definitions.iter().enumerate().map(|(at, one)| (one.name.decode(), at)).collect();
        by_name.sort_unstable();
        let mut resolved: Vec<Self> = Vec::with_capacity(definitions.len());
        let mut remaining = MAX_TEXTS;
        for Definition { name, value, optional } in &definitions {
            let mut value = value.map_or(Value::Unknown, |value| Value::Text(value.decode()));
            if let Value::Text(text) = &value
                && text.contains('$')
            {
                let here = resolved.len();
                value = expand(text, remaining.min(MAX_TEXT), &|name| {
                    let next =
                        by_name.partition_point(|(other, at)| (&**other, *at) < (name, here));
                    let is_named = |index: usize| {
                        by_name.get(index).filter(|(other, _)| other == name).map(|(_, at)| *at)
                    };
                    if let Some(before) = next.checked_sub(1).and_then(is_named) {
                        return resolved.get(before).map_or(ReferencedValue::Unknown, Self::found);
                    }
                    if has_env_from || is_of_service(name) {
                        return ReferencedValue::Unknown;
                    }
                    ReferencedValue::Nothing(if is_named(next).is_some() {
                        Reference::DefinedLater
                    } else {
                        Reference::Undefined
                    })
                });
                remaining -= value.text().map_or(0, str::len).min(remaining);
            }
            resolved.push(Self { name: name.decode(), value, optional: *optional });
        }
        let checked = definitions.iter().map(|one| is_checked(one.name));
        Ok(resolved.into_iter().zip(checked).filter(|(_, is)| *is).map(|(one, _)| one).collect())
    }

    /// Whether the manifest sets the variable to an empty value, which programs treat as absent.
    pub(crate) fn is_empty(&self) -> bool {
        self.text().is_some_and(str::is_empty)
    }

    /// The value as programs see it, if the manifest shows it. None if it has a reference that is not replaced.
    pub(crate) fn literal(&self) -> Option<&str> {
        if self.unresolved().is_some() { None } else { self.text() }
    }

    /// The value as programs see it, if the manifest shows it.
    pub(crate) fn text(&self) -> Option<&str> {
        self.value.text()
    }

    /// Why a reference in the value is not replaced.
    pub(crate) fn unresolved(&self) -> Option<Reference> {
        match self.value {
            Value::Unresolved(_, why) => Some(why),
            _ => None,
        }
    }

    fn found(&self) -> ReferencedValue<'_> {
        match &self.value {
            Value::Text(text) => ReferencedValue::Text(text, None),
            Value::Unresolved(text, why) => ReferencedValue::Text(text, Some(*why)),
            Value::Unknown => ReferencedValue::Unknown,
        }
    }
}

impl Value<'_> {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Unresolved(text, _) => Some(text),
            Self::Unknown => None,
        }
    }
}

impl<'a> Definition<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut name = RawString::default();
        let mut value = RawString::default();
        let mut reference = None;
        object!(reader, {
            "name" => name = reader.text_or_empty()?,
            "value" => value = reader.text_or_empty()?,
            "valueFrom" => reference = read_reference(reader)?,
        });
        let value = if reference.is_some() { None } else { Some(value) };
        Ok(Self { name, value, optional: reference == Some(true) })
    }
}

/// Reads a `valueFrom`. Returns whether its source is optional; none for `null`.
fn read_reference(reader: &mut Reader<'_>) -> Result<Option<bool>, Error> {
    if reader.null()? {
        return Ok(None);
    }
    let mut optional = false;
    reader.members(|reader, _| {
        if reader.kind()? != Kind::Object {
            return reader.skip();
        }
        object!(reader, { "optional" => optional |= reader.flag()? });
        Ok(())
    })?;
    Ok(Some(optional))
}

/// The text that replaces a reference.
enum ReferencedValue<'f> {
    /// This text, which may have a reference that is not replaced itself.
    Text(&'f str, Option<Reference>),
    /// No variable of that name is defined before the reference.
    Nothing(Reference),
    Unknown,
}

/// Expands a value as the kubelet does: `$$` becomes `$`, and `$(NAME)` becomes the value of that variable. The result
/// is unknown if one of these values is, or if it has more than `limit` bytes.
fn expand<'f>(
    value: &str,
    limit: usize,
    find: &dyn Fn(&str) -> ReferencedValue<'f>,
) -> Value<'static> {
    let mut expanded = String::with_capacity(value.len());
    let mut unresolved = None;
    let mut rest = value;
    // False after the last parenthesis. Otherwise each `$(` after it would be searched to the end of the value.
    let mut may_end = true;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let reference = after.strip_prefix('(').filter(|_| may_end).and_then(|after| {
            let reference = after.split_once(')');
            may_end = reference.is_some();
            reference
        });
        if let Some((name, after)) = reference {
            match find(name) {
                ReferencedValue::Text(text, why) => {
                    expanded.push_str(text);
                    unresolved = unresolved.or(why);
                }
                ReferencedValue::Nothing(why) => {
                    expanded.extend(["$(", name, ")"]);
                    unresolved = unresolved.or(Some(why));
                }
                ReferencedValue::Unknown => return Value::Unknown,
            }
            rest = after;
        } else {
            expanded.push('$');
            rest = after.strip_prefix('$').unwrap_or(after);
        }
        if expanded.len() > limit {
            return Value::Unknown;
        }
    }
    expanded.push_str(rest);
    if expanded.len() > limit {
        return Value::Unknown;
    }
    match unresolved {
        None => Value::Text(Cow::Owned(expanded)),
        Some(why) => Value::Unresolved(expanded, why),
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, Reference, Variable};

    /// The value of the last variable of a list.
    fn last_value(json: &str, has_env_from: bool) -> (Option<String>, Option<Reference>) {
        let read = Reader::new(json.as_bytes());
        let variables = Variable::resolve_all(read, has_env_from).unwrap();
        let last = variables.last().unwrap();
        (last.text().map(str::to_owned), last.unresolved())
    }

    #[test]
    fn values_are_expanded_as_by_the_kubelet() {
        const LATER: Option<Reference> = Some(Reference::DefinedLater);
        const UNDEFINED: Option<Reference> = Some(Reference::Undefined);
        for (value, expected, unresolved) in [
            ("a$$b", Some("a$b"), None),
            ("$$$$", Some("$$"), None),
            ("a$b", Some("a$b"), None),
            ("a$", Some("a$"), None),
            ("$$(ONE)", Some("$(ONE)"), None),
            ("$$$(ONE)", Some("$1"), None),
            ("$(ONE", Some("$(ONE"), None),
            ("$(ONE)$(ONE$(ONE", Some("1$(ONE$(ONE"), None),
            ("", Some(""), None),
            ("$(ONE)-$(ONE)", Some("1-1"), None),
            ("$(TWO)", Some("[1]"), None),
            ("$(DOLLARS)", Some("$(ONE)"), None),
            ("$(EMPTY)", Some(""), None),
            ("$(SECRET)", None, None),
            ("$(OF_SECRET)", None, None),
            // The kubelet uses the last definition before the reference.
            ("$(TWICE)", Some("second"), None),
            ("$(PERHAPS)", None, None),
            ("$(NOWHERE)", Some("$(NOWHERE)"), UNDEFINED),
            ("$(OF_NOWHERE)", Some("$(NOWHERE)"), UNDEFINED),
            ("$(AFTER)", Some("$(AFTER)"), LATER),
            ("$(AWS_LAST)", Some("$(AWS_LAST)"), LATER),
            ("$()", Some("$()"), UNDEFINED),
            ("$(KUBERNETES_SERVICE_HOST)", None, None),
            ("$(API_PORT_443_TCP_ADDR)", None, None),
        ] {
            let list = format!(
                r#"[{{"name":"ONE","value":"1"}},{{"name":"TWO","value":"[$(ONE)]"}},
                {{"name":"DOLLARS","value":"$$(ONE)"}},{{"name":"EMPTY"}},
                {{"name":"SECRET","valueFrom":{{"secretKeyRef":{{"name":"x"}}}}}},
                {{"name":"OF_SECRET","value":"$(SECRET)"}},
                {{"name":"OF_NOWHERE","value":"$(NOWHERE)"}},
                {{"name":"TWICE","value":"first"}},{{"name":"TWICE","value":"second"}},
                {{"name":"PERHAPS","value":"1"}},
                {{"name":"PERHAPS","valueFrom":{{"configMapKeyRef":{{"optional":true}}}}}},
                {{"name":"AWS_LAST","value":"{value}"}},{{"name":"AFTER","value":"1"}},
                {{"name":"TWICE","value":"3"}}]"#
            );
            assert_eq!(
                last_value(&list, false),
                (expected.map(str::to_owned), unresolved),
                "{value}"
            );
            if unresolved.is_some() {
                assert_eq!(last_value(&list, true), (None, None), "{value} with envFrom");
            }
        }
    }

    #[test]
    fn values_that_grow_by_references_are_bounded() {
        let doubled = |count: usize| {
            let mut list = String::from(r#"[{"name":"AWS_0","value":"x$$"}"#);
            for at in 1..count {
                let before = at - 1;
                list.extend([format!(
                    r#",{{"name":"AWS_{at}","value":"$(AWS_{before})$(AWS_{before})"}}"#
                )]);
            }
            last_value(&(list + "]"), false).0.map(|text| text.len())
        };
        assert_eq!(doubled(11), Some(2048));
        assert_eq!(doubled(12), None);
        assert_eq!(doubled(100), None);
    }
}
