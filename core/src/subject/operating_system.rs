//! Whether a pod can only run on Windows.

use aws_pod_identity_json::{Error, Reader, Text, object};

use super::List;

const WINDOWS: &str = "windows";

/// Reads an object, or `null`, of which one member matters.
macro_rules! member {
    ($reader:ident, $name:literal => $read:expr) => {
        if !$reader.null()? {
            object!($reader, { $name => $read });
        }
    };
}

/// Whether `key` is a node label that holds the operating system, in its current or its beta spelling.
fn is_os_label(key: Text<'_>) -> bool {
    key.is("kubernetes.io/os") || key.is("beta.kubernetes.io/os")
}

/// Reads `spec.os`: does it name Windows?
pub(super) fn os_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    if reader.null()? {
        return Ok(false);
    }
    let mut windows = false;
    object!(reader, { "name" => windows = reader.text_or_empty()?.is(WINDOWS) });
    Ok(windows)
}

/// Reads `spec.nodeSelector`: does it select Windows nodes?
pub(super) fn selector_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut windows = false;
    if !reader.null()? {
        reader.members(|reader, key| {
            let value = reader.text_or_empty()?;
            windows |= is_os_label(key) && value.is(WINDOWS);
            Ok(())
        })?;
    }
    Ok(windows)
}

/// Reads `spec.affinity`: does the required node affinity leave only Windows nodes?
pub(super) fn affinity_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut windows = None;
    member!(reader, "nodeAffinity" => member!(
        reader, "requiredDuringSchedulingIgnoredDuringExecution" => member!(
            reader, "nodeSelectorTerms" => List::read(reader, |reader| {
                // The terms are alternatives: each of them has to ask for Windows.
                let term = term_is_windows(reader)?;
                windows = Some(windows.unwrap_or(true) && term);
                Ok(())
            })?
        )
    ));
    Ok(windows == Some(true))
}

/// The expressions of a term all have to hold: one that asks for Windows is enough.
fn term_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut windows = false;
    member!(reader, "matchExpressions" => List::read(reader, |reader| {
        windows |= expression_is_windows(reader)?;
        Ok(())
    })?);
    Ok(windows)
}

fn expression_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut label = false;
    let mut one_of = false;
    let mut windows = None;
    object!(reader, {
        "key" => label = is_os_label(reader.text_or_empty()?),
        "operator" => one_of = reader.text_or_empty()?.is("In"),
        "values" => List::read(reader, |reader| {
            windows = Some(reader.text()?.is(WINDOWS) && windows.unwrap_or(true));
            Ok(())
        })?,
    });
    Ok(label && one_of && windows == Some(true))
}
