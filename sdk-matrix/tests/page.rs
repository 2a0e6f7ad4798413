//! Verifies that `docs/sdk-credentials.md` agrees with the record.
//!
//! `UPDATE_SDK_PAGE=1` writes the tables of the document.

use std::fs;

use anyhow::{Context, Result, ensure};
use sdk_matrix::{Record, Used, folder, page};

fn document() -> Result<String> {
    fs::read_to_string(folder().join("../docs/sdk-credentials.md"))
        .context("docs/sdk-credentials.md")
}

#[test]
fn the_tables_of_the_document_are_those_of_the_record() -> Result<()> {
    let document = document()?;
    let expected = page::with_tables(&document, &Record::load()?)?;
    if std::env::var_os("UPDATE_SDK_PAGE").is_some() {
        fs::write(folder().join("../docs/sdk-credentials.md"), &expected)?;
        return Ok(());
    }
    ensure!(
        document == expected,
        "the tables of docs/sdk-credentials.md are outdated: UPDATE_SDK_PAGE=1 writes them"
    );
    Ok(())
}

#[test]
fn the_sentences_of_the_document_agree_with_the_record() -> Result<()> {
    let (document, record) = (document()?, Record::load()?);
    let count = page::verify_links(&document, &record)?;
    ensure!(count > 50, "only {count} links");
    let sdks = format!("This page shows what {} SDKs did.", record.sdks.len());
    ensure!(document.contains(&sdks), "the document does not contain {sdks:?}");
    Ok(())
}

#[test]
fn the_document_explains_each_word_of_the_tables() -> Result<()> {
    let (document, record) = (document()?, Record::load()?);
    for environment in &record.environments {
        for (_, row) in record.rows(&environment.id) {
            let word = row.used.to_string();
            let explained = document.contains(&format!("\n| {word} |")) || word == "node";
            ensure!(explained, "no explanation of {word}");
        }
    }
    Ok(())
}

#[test]
fn sentences_that_the_record_contradicts_are_errors() -> Result<()> {
    let record = Record::load()?;
    for (sentence, error) in [
        ("[Rust](#web-identity-complete \"node\")", "no SDK has the result \"node\""),
        ("[Rust](#web-identity-complete \"rolle\")", "no SDK has the result \"rolle\""),
        ("[Rust](#web-identity-complete \"role\")", "the record has this result for: Python"),
        ("[Every SDK](#keys-id-alone \"fails\")", "the record has this result for: Python"),
        ("[Rust and others](#keys-id-alone \"role\")", "the link has names and other words"),
        ("[Rust](#web-identity-unknown \"role\")", "there is no such row"),
    ] {
        let found = page::verify_links(sentence, &record).err();
        let found = found.with_context(|| format!("{sentence}: accepted"))?;
        ensure!(format!("{found:#}").contains(error), "{sentence}: {found:#}");
    }
    for (table, error) in [
        ("<!-- tabel keys -->", "unknown comment: tabel keys"),
        ("<!-- table keys -->", "no <!-- end --> after table keys"),
        ("<!-- versions -->\n<!-- end -->", "no table has the row"),
    ] {
        let found = page::with_tables(table, &record).err();
        let found = found.with_context(|| format!("{table}: accepted"))?;
        ensure!(format!("{found:#}").contains(error), "{table}: {found:#}");
    }
    Ok(())
}

#[test]
fn the_sources_of_the_replacements_are_words_of_the_record() -> Result<()> {
    let python = fs::read_to_string(folder().join("standin.py"))?;
    let (_, sources) = python.split_once("SOURCES = {").context("SOURCES")?;
    let (sources, _) = sources.split_once('}').context("the end of SOURCES")?;
    let lines = sources.lines().filter_map(|line| line.trim().split_once("\": "));
    let words: Vec<&str> = lines.map(|(_, word)| word.trim_end_matches(',')).collect();
    ensure!(words.len() > 10, "only {words:?}");
    for word in words {
        serde_json::from_str::<Used>(word)
            .with_context(|| format!("{word} is not a variant of Used"))?;
    }
    Ok(())
}
