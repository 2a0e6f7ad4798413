//! The documentation of findings: `docs/findings.md` itself.

/// The document.
const TEXT: &str = include_str!("../../../docs/findings.md");

/// What the document says about a finding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Documentation {
    /// The meaning in the table of all findings.
    pub(crate) summary: &'static str,
    /// The section, without its heading.
    pub(crate) section: &'static str,
}

/// The documentation of the finding with that id.
pub(crate) fn of(id: &str) -> Option<Documentation> {
    let heading = format!("\n## `{id}`\n");
    let (_, rest) = TEXT.split_once(heading.as_str())?;
    let section = rest.split_once("\n## ").map_or(rest, |(section, _)| section).trim();
    let row = TEXT.lines().find(|line| {
        line.strip_prefix("| [`")
            .is_some_and(|line| line.strip_prefix(id).is_some_and(|rest| rest.starts_with('`')))
    });
    let summary = row.and_then(|row| row.trim_end_matches([' ', '|']).rsplit('|').next());
    Some(Documentation { summary: summary.map_or("", str::trim), section })
}

/// The address of the section.
pub(crate) fn address(id: &str) -> String {
    format!("{}/blob/main/docs/findings.md#{id}", env!("CARGO_PKG_REPOSITORY"))
}

#[cfg(test)]
mod tests {
    use aws_pod_identity_core::FindingKind;

    #[test]
    fn every_finding_has_a_section_and_a_summary() {
        for kind in FindingKind::ALL {
            let found = super::of(kind.id()).unwrap_or_else(|| panic!("{}", kind.id()));
            assert!(!found.summary.is_empty() && !found.section.is_empty(), "{}", kind.id());
            assert!(!found.section.contains("\n## "), "{}", kind.id());
        }
        assert!(super::of("no-such-finding").is_none());
    }
}
