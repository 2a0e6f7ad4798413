//! Verifies that `docs/sdk-credentials.md` is the template with the facts of the record.
//!
//! `UPDATE_SDK_PAGE=1` writes the document.

use std::fs;

use anyhow::{Context, Result};
use sdk_matrix::{Record, folder, page};

#[test]
fn the_document_is_the_template_with_the_facts_of_the_record() -> Result<()> {
    let record = Record::load()?;
    let template = fs::read_to_string(folder().join("page.md"))?;
    let rendered = page::render(&template, &record)?;
    let path = folder().join("../docs/sdk-credentials.md");
    if std::env::var_os("UPDATE_SDK_PAGE").is_some() {
        fs::write(&path, &rendered)?;
    }
    let committed = fs::read_to_string(&path).context("docs/sdk-credentials.md")?;
    assert!(
        committed == rendered,
        "docs/sdk-credentials.md is not what sdk-matrix/page.md and the record say: UPDATE_SDK_PAGE=1 writes it"
    );
    Ok(())
}

#[test]
fn a_sentence_that_the_record_does_not_have_is_an_error() -> Result<()> {
    let record = Record::load()?;
    for (directive, complaint) in [
        ("who web-identity/complete node", "no SDK does"),
        ("all web-identity/complete node", "not so for"),
        ("not who web-identity/complete role", "no SDK does"),
        ("sent web-identity/complete minio.example.com:9000", "no SDK does"),
        ("who web-identity/no-such-row role", "there is no container"),
        ("who web-identity/complete rolle", "there is no word"),
        ("table no-such-topic", "there is no topic"),
        ("hosts no-such-topic", "there is no topic"),
        ("whom web-identity/complete role", "there is no such directive"),
    ] {
        let error = page::render(&format!("{{{{{directive}}}}}"), &record);
        let error = error.err().with_context(|| format!("{directive}: accepted"))?;
        assert!(format!("{error:#}").contains(complaint), "{directive}: {error:#}");
    }
    Ok(())
}
