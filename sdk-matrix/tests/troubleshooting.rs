//! Verifies that the messages of SDKs in `docs/troubleshooting.md` are in the record.

use std::fs;

use anyhow::{Context, Result};
use sdk_matrix::{Record, SDKS, Sdk, folder};

/// The messages in backticks, each with the text after it, which can name SDKs in parentheses.
fn messages(cell: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = cell.split('`').skip(1).collect();
    let pairs = parts.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
    pairs.collect()
}

/// Whether the SDK printed the message in some container. `…` stands for any text.
fn printed(record: &Record, sdk: &Sdk, message: &str) -> bool {
    let mut rows =
        record.environments.iter().filter_map(|container| record.row(sdk.id, &container.id));
    rows.any(|row| {
        let mut rest = row.error.as_deref().unwrap_or_default();
        !rest.is_empty()
            && message.split('…').all(|part| {
                let found = rest.split_once(part.trim());
                rest = found.map_or("", |(_, rest)| rest);
                found.is_some()
            })
    })
}

#[test]
fn each_sdk_that_is_named_after_a_message_printed_it() -> Result<()> {
    let record = Record::load()?;
    let page = fs::read_to_string(folder().join("../docs/troubleshooting.md"))?;
    let (_, page) = page.split_once("**From AWS SDKs and the CLI**").context("the heading")?;
    let mut count = 0;
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cell = row.split(" | ").next().unwrap_or_default();
        for (message, suffix) in messages(cell) {
            let named: Vec<&Sdk> = SDKS.iter().filter(|sdk| suffix.contains(sdk.name)).collect();
            assert_eq!(suffix.contains('('), !named.is_empty(), "an unknown SDK: {suffix}");
            for sdk in named {
                assert!(printed(&record, sdk, message), "{}: {message}", sdk.name);
                count += 1;
            }
        }
    }
    assert!(count > 20, "only {count} messages");
    Ok(())
}
