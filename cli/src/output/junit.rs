//! JUnit XML, as continuous integration systems read it: a test suite for each file, a test case for each object.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use aws_pod_identity_core::escaped;

use super::Renderer;
use crate::report::{
    Entry, FailOn, ObjectVerdict, Severity, Source, Summary, Unreadable, UnreadableSource,
    cluster_heading,
};

/// Collects the test cases of each file, because a test suite starts with their number.
pub(super) struct Junit {
    out: Box<dyn Write>,
    fail_on: FailOn,
    suites: HashMap<String, Suite>,
}

#[derive(Default)]
struct Suite {
    /// The order of the files.
    number: usize,
    cases: String,
    tests: usize,
    failures: usize,
    errors: usize,
}

impl Junit {
    pub(super) fn new(out: Box<dyn Write>, fail_on: FailOn) -> Self {
        Self { out, fail_on, suites: HashMap::new() }
    }

    fn suite(&mut self, name: &str) -> &mut Suite {
        let number = self.suites.len();
        self.suites.entry(name.to_owned()).or_insert_with(|| Suite { number, ..Suite::default() })
    }
}

/// Text in XML 1.0, where most control characters are not allowed even as references.
fn in_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in escaped(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}

/// The findings, a line each; the lines are escaped, not the line ends.
fn lines(entry: &Entry, severity: Severity) -> String {
    let findings = entry.findings.iter().filter(|finding| finding.severity == severity);
    let line = |finding: &crate::report::Finding| {
        let location = finding.position();
        let location = location.map(|at| format!("{}:{}:{}: ", at.file, at.line, at.column));
        in_xml(&format!("{}{} [{}]", location.unwrap_or_default(), finding.line(), finding.id))
    };
    findings.map(line).collect::<Vec<_>>().join("\n")
}

impl Renderer for Junit {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        let source = match &entry.source {
            Source::File { file, .. } => file.clone(),
            Source::Cluster { cluster } => cluster_heading(cluster),
        };
        let fails = match self.fail_on {
            FailOn::Reject | FailOn::Never => entry.verdict == ObjectVerdict::Rejected,
            FailOn::Warn => entry.verdict >= ObjectVerdict::Warned,
        };
        let (rejections, warnings) = (lines(entry, Severity::Reject), lines(entry, Severity::Warn));
        let class = in_xml(&source);
        let name = in_xml(&entry.title());
        let suite = self.suite(&source);
        suite.tests += 1;
        // Writing to a string does not fail.
        let head = format!("    <testcase name=\"{name}\" classname=\"{class}\"");
        if entry.findings.is_empty() {
            let _ = writeln!(suite.cases, "{head}/>");
            return Ok(());
        }
        let _ = writeln!(suite.cases, "{head}>");
        if fails {
            suite.failures += 1;
            let all = [rejections, warnings];
            let all = all.iter().filter(|lines| !lines.is_empty()).cloned().collect::<Vec<_>>();
            let ids: Vec<&str> = entry.findings.iter().map(|finding| finding.id.as_str()).collect();
            let _ = writeln!(
                suite.cases,
                "      <failure message=\"{}\" type=\"{}\">{}</failure>",
                in_xml(&ids.join(", ")),
                entry.verdict.name(),
                all.join("\n")
            );
        } else {
            let _ = writeln!(suite.cases, "      <system-out>{warnings}</system-out>");
        }
        suite.cases += "    </testcase>\n";
        Ok(())
    }

    fn error(&mut self, error: &Unreadable) -> io::Result<()> {
        let message = in_xml(&error.message);
        let name = match (&error.position, &error.source) {
            (Some(at), _) => format!("line {}, column {}", at.line, at.column),
            (None, UnreadableSource::File { document: Some(document), .. }) => {
                format!("document {document}")
            }
            (None, UnreadableSource::File { document: None, .. }) => "file".to_owned(),
            (None, UnreadableSource::Cluster { .. }) => message.clone(),
        };
        let source = error.source.heading();
        let suite = self.suite(&source);
        suite.tests += 1;
        suite.errors += 1;
        let class = in_xml(&source);
        let _ = write!(
            suite.cases,
            "    <testcase name=\"{name}\" classname=\"{class}\">\n      \
             <error message=\"{message}\" type=\"unreadable\"/>\n    </testcase>\n"
        );
        Ok(())
    }

    fn end(&mut self, _: &Summary) -> io::Result<()> {
        let sum = |number: fn(&Suite) -> usize| self.suites.values().map(number).sum::<usize>();
        let (tests, failures) = (sum(|suite| suite.tests), sum(|suite| suite.failures));
        let errors = sum(|suite| suite.errors);
        writeln!(self.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(
            self.out,
            "<testsuites name=\"aws-pod-identity\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">"
        )?;
        let mut suites: Vec<_> = self.suites.iter().collect();
        suites.sort_by_key(|(_, suite)| suite.number);
        for (name, suite) in suites {
            writeln!(
                self.out,
                "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\">",
                in_xml(name),
                suite.tests,
                suite.failures,
                suite.errors
            )?;
            write!(self.out, "{}", suite.cases)?;
            writeln!(self.out, "  </testsuite>")?;
        }
        writeln!(self.out, "</testsuites>")?;
        self.out.flush()
    }
}
