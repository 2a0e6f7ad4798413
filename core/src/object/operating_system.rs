//! Whether a pod can only run on Windows.

use aws_pod_identity_json::{Collection, Error, RawString, Reader, object, object_or_null};

const WINDOWS: &str = "windows";

/// Whether `key` is the label of nodes with the operating system, with its current or its former prefix.
fn is_os_label(key: RawString<'_>) -> bool {
    key.is("kubernetes.io/os") || key.is("beta.kubernetes.io/os")
}

/// Reads `spec.os`: whether it names Windows.
pub(super) fn os_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut windows = false;
    object_or_null!(reader, { "name" => windows = reader.text_or_empty()?.is(WINDOWS) });
    Ok(windows)
}

/// Reads `spec.nodeSelector`: whether it selects Windows nodes.
pub(super) fn selector_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut windows = false;
    Collection::members(reader, |reader, key| {
        let value = reader.text_or_empty()?;
        windows |= is_os_label(key) && value.is(WINDOWS);
        Ok(())
    })?;
    Ok(windows)
}

/// Reads `spec.affinity`: whether the required node affinity leaves only Windows nodes.
pub(super) fn affinity_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut windows = None;
    object_or_null!(reader, { "nodeAffinity" => object_or_null!(reader, {
        "requiredDuringSchedulingIgnoredDuringExecution" => object_or_null!(reader, {
            "nodeSelectorTerms" => Collection::array(reader, |reader| {
                // The terms are alternatives: each of them must require Windows.
                let term = term_is_windows(reader)?;
                windows = Some(windows.unwrap_or(true) && term);
                Ok(())
            })?,
        })
    })});
    Ok(windows == Some(true))
}

/// All expressions of a term must hold: one that requires Windows is enough.
fn term_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut windows = false;
    object_or_null!(reader, { "matchExpressions" => Collection::array(reader, |reader| {
        windows |= expression_is_windows(reader)?;
        Ok(())
    })? });
    Ok(windows)
}

fn expression_is_windows(reader: &mut Reader<'_>) -> Result<bool, Error> {
    let mut label = false;
    let mut one_of = false;
    let mut windows = None;
    object!(reader, {
        "key" => label = is_os_label(reader.text_or_empty()?),
        "operator" => one_of = reader.text_or_empty()?.is("In"),
        "values" => Collection::array(reader, |reader| {
            windows = Some(reader.text()?.is(WINDOWS) && windows.unwrap_or(true));
            Ok(())
        })?,
    });
    Ok(label && one_of && windows == Some(true))
}
