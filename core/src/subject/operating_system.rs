//! Whether a pod can only run on Windows.

use aws_pod_identity_json::{Error, Reader, Text, object};

use super::List;

const WINDOWS: &str = "windows";

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
        reader.members(&mut |reader, key| {
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
    member(reader, "nodeAffinity", &mut |reader| {
        member(reader, "requiredDuringSchedulingIgnoredDuringExecution", &mut |reader| {
            member(reader, "nodeSelectorTerms", &mut |reader| {
                // The terms are alternatives: each of them has to ask for Windows.
                List::read(reader, &mut |reader| {
                    let term = term_is_windows(reader)?;
                    windows = Some(windows.unwrap_or(true) && term);
                    Ok(())
                })
                .map(|_| ())
            })
        })
    })?;
    Ok(windows == Some(true))
}

/// The expressions of a term all have to hold: one that asks for Windows is enough.
fn term_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut windows = false;
    member(reader, "matchExpressions", &mut |reader| {
        List::read(reader, &mut |reader| {
            windows |= expression_is_windows(reader)?;
            Ok(())
        })
        .map(|_| ())
    })?;
    Ok(windows)
}

fn expression_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut label = false;
    let mut one_of = false;
    let mut windows = None;
    object!(reader, {
        "key" => label = is_os_label(reader.text_or_empty()?),
        "operator" => one_of = reader.text_or_empty()?.is("In"),
        "values" => List::read(reader, &mut |reader| {
            windows = Some(reader.text()?.is(WINDOWS) && windows.unwrap_or(true));
            Ok(())
        })?,
    });
    Ok(label && one_of && windows == Some(true))
}

/// Reads an object of which one member matters.
fn member<'a>(
    reader: &mut Reader<'a>,
    wanted: &str,
    read: &mut dyn FnMut(&mut Reader<'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    if reader.null()? {
        return Ok(());
    }
    reader.object(&[wanted], &mut |reader, _| read(reader))?;
    Ok(())
}
