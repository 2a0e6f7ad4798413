//! What the policy decides about manifests, as text.

mod diff;
mod palette;

use std::fmt::{self, Write};

pub use palette::Palette;

use crate::evaluation::{Evaluated, Outcome};

/// Writes one answer: the object, the decision, warnings, and the changes as a diff of YAML.
pub fn evaluated(out: &mut impl Write, palette: Palette, evaluated: &Evaluated) -> fmt::Result {
    let request = &evaluated.request;
    let from = match &request.created_by {
        Some(workload) => format!("created by {workload}"),
        None => request.origin.to_string(),
    };
    writeln!(out, "{}  {}", palette.bold(&request.title), palette.faint(&format!("({from})")))?;
    match &evaluated.outcome {
        Outcome::Accepted => writeln!(out, "  {}", palette.green("accepted"))?,
        Outcome::Changed { before, after } => {
            writeln!(out, "  {}", palette.green("accepted, with an AWS identity injected:"))?;
            diff::write(out, palette, before, after)?;
        }
        Outcome::Rejected { message } => {
            writeln!(out, "  {}", palette.red("REJECTED:"))?;
            for line in message.lines().filter(|line| !line.trim().is_empty()) {
                writeln!(out, "    {line}")?;
            }
        }
    }
    for warning in &evaluated.warnings {
        writeln!(out, "  {} {warning}", palette.yellow("warning:"))?;
    }
    writeln!(out)
}

/// Counts answers for the last line of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    accepted: usize,
    injected: usize,
    rejected: usize,
    warnings: usize,
    ignored: usize,
}

impl Summary {
    /// Starts with the number of objects that the policy does not look at.
    pub fn with_ignored(ignored: usize) -> Self {
        Self { ignored, ..Self::default() }
    }

    /// Counts one answer.
    pub fn count(&mut self, evaluated: &Evaluated) {
        self.warnings += evaluated.warnings.len();
        match evaluated.outcome {
            Outcome::Accepted => self.accepted += 1,
            Outcome::Changed { .. } => self.injected += 1,
            Outcome::Rejected { .. } => self.rejected += 1,
        }
    }

    /// Whether anything was rejected.
    pub fn has_rejections(&self) -> bool {
        self.rejected > 0
    }

    /// Writes the last line of the report.
    pub fn write(&self, out: &mut impl Write, palette: Palette) -> fmt::Result {
        let rejected = format!("{} rejected", self.rejected);
        let rejected = if self.has_rejections() { palette.red(&rejected) } else { rejected };
        let text = format!(
            "{} checked: {} accepted unchanged, {} with an AWS identity injected, {rejected}; {}.",
            counted(self.accepted + self.injected + self.rejected, "object"),
            self.accepted,
            self.injected,
            counted(self.warnings, "warning"),
        );
        writeln!(out, "{text}")?;
        if self.ignored > 0 {
            let ignored = counted(self.ignored, "more object");
            writeln!(out, "{ignored} not of a kind this policy looks at.")?;
        }
        Ok(())
    }
}

fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Request;
    use aws_pod_identity_kubernetes::kind::POD;
    use aws_pod_identity_kubernetes::manifests::Origin;
    use aws_pod_identity_kubernetes::request::{administrator, create};
    use serde_json::json;

    fn of(outcome: Outcome, warnings: &[&str]) -> Evaluated {
        let origin = Origin { file: "app.yaml".to_owned(), document: 2 };
        let request = Request {
            title: "Pod payments/api".to_owned(),
            created_by: None,
            origin,
            request: create(POD, "v1", json!({}), administrator(), 1),
        };
        Evaluated {
            request,
            outcome,
            warnings: warnings.iter().map(|warning| (*warning).to_owned()).collect(),
        }
    }

    fn text(of: &Evaluated) -> String {
        let mut text = String::new();
        evaluated(&mut text, Palette::plain(), of).unwrap();
        text
    }

    #[test]
    fn an_acceptance_is_one_word_and_its_warnings() {
        assert_eq!(
            text(&of(Outcome::Accepted, &["odd [x]"])),
            "Pod payments/api  (app.yaml, document 2)\n  accepted\n  warning: odd [x]\n\n"
        );
    }

    #[test]
    fn a_rejection_has_one_line_per_finding() {
        let message = "first [a]\n\nsecond [b]".to_owned();
        assert_eq!(
            text(&of(Outcome::Rejected { message }, &[])),
            "Pod payments/api  (app.yaml, document 2)\n  REJECTED:\n    first [a]\n    second [b]\n\n"
        );
    }

    #[test]
    fn a_change_is_shown_as_a_diff_of_yaml() {
        let outcome = Outcome::Changed {
            before: json!({"spec": {"containers": [{"name": "a"}]}}),
            after: json!({"spec": {"containers": [{"name": "a", "env": []}]}}),
        };
        assert_eq!(
            text(&of(outcome, &[])),
            "Pod payments/api  (app.yaml, document 2)\n  accepted, with an AWS identity injected:\n    \
             @@ -1,3 +1,4 @@\n     spec:\n       containers:\n       - name: a\n    +    env: []\n\n"
        );
    }

    #[test]
    fn the_summary_counts_everything() {
        let mut summary = Summary::with_ignored(1);
        summary.count(&of(Outcome::Accepted, &["w", "w"]));
        let message = "no".to_owned();
        summary.count(&of(Outcome::Rejected { message }, &[]));
        let mut text = String::new();
        summary.write(&mut text, Palette::plain()).unwrap();
        assert_eq!(
            text,
            "2 objects checked: 1 accepted unchanged, 0 with an AWS identity injected, 1 rejected; \
             2 warnings.\n1 more object not of a kind this policy looks at.\n"
        );
        assert!(summary.has_rejections());
    }
}
