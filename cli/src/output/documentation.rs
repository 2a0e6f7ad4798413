//! The documentation of findings: `docs/findings.md` itself.

/// The document.
const TEXT: &str = include_str!("../../../docs/findings.md");

/// The documentation of a finding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Documentation {
    /// The meaning in the table of all findings.
    pub(crate) summary: &'static str,
    /// The section, without its heading.
    pub(crate) section: &'static str,
}

/// The documentation of the finding with that ID.
pub(crate) fn of(id: &str) -> Option<Documentation> {
    let heading = format!("\n## `{id}`\n");
    let (_, rest) = TEXT.split_once(heading.as_str())?;
    let section = rest.get(..length_until_heading(rest)).unwrap_or(rest).trim();
    let row = TEXT.lines().find(|line| {
        line.strip_prefix("| [`")
            .is_some_and(|line| line.strip_prefix(id).is_some_and(|rest| rest.starts_with('`')))
    });
    let summary = row.and_then(|row| row.trim_end_matches([' ', '|']).rsplit('|').next());
    Some(Documentation { summary: summary.map_or("", str::trim), section })
}

/// The number of bytes before the next heading of any level. In code, a number sign starts a comment.
fn length_until_heading(text: &str) -> usize {
    let (mut length, mut is_code) = (0, false);
    for line in text.split_inclusive('\n') {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        if !is_code && line.trim_start_matches('#').starts_with(' ') && line.starts_with('#') {
            break;
        }
        length += line.len();
    }
    length
}

/// Replaces relative links by their texts, because their targets exist only in the documentation.
pub(crate) fn without_relative_links(markdown: &str) -> String {
    let (mut text, mut rest) = (String::with_capacity(markdown.len()), markdown);
    while let Some((before, link)) = rest.split_once('[') {
        text.push_str(before);
        let parts = link.split_once("](").and_then(|(label, link)| {
            let (target, after) = link.split_once(')')?;
            let is_link = !label.contains(['[', '\n']) && !target.contains([':', ' ', '\n']);
            is_link.then_some((label, after))
        });
        if let Some((label, after)) = parts {
            text.push_str(label);
            rest = after;
        } else {
            text.push('[');
            rest = link;
        }
    }
    text.push_str(rest);
    text
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
        let ids = FindingKind::ALL.iter().map(|kind| kind.id());
        for id in ids.chain(crate::report::IDS_OF_PROGRAM) {
            let found = super::of(id).unwrap_or_else(|| panic!("{id}"));
            assert!(!found.summary.is_empty() && !found.section.is_empty(), "{id}");
            let shown = super::without_relative_links(found.section);
            assert!(!shown.contains("]("), "{id}: {shown}");
            // A section ends with its examples or with its list.
            let mut parts = found.section.split("```");
            let is_text = |text: &str| !text.lines().any(|line| line.starts_with('#'));
            assert!(parts.clone().count() % 2 == 1, "{id}: code ends in it");
            assert!(parts.by_ref().step_by(2).all(is_text), "{id}: {}", found.section);
        }
        assert!(super::of("no-such-finding").is_none());
    }

    #[test]
    fn relative_links_are_replaced_by_their_texts() {
        for (markdown, text) in [
            ("see [`a`](b.md#c), [d](#e).", "see `a`, d."),
            ("[a](https://example.com/) b", "[a](https://example.com/) b"),
            ("env[0] [a] ([b](c.md))", "env[0] [a] (b)"),
            ("containers: [{name: a}]\n[b](c", "containers: [{name: a}]\n[b](c"),
            ("[a\n[b](c.md)", "[a\nb"),
        ] {
            assert_eq!(super::without_relative_links(markdown), text);
        }
    }
}
