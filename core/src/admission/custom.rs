//! Custom resources: they are evaluated by their pod templates, whose paths are in the setting `podTemplates`.

use super::Admission;
use super::template::TemplateOwner;
use crate::findings::Findings;
use crate::identity::lookup::GetResource;
use crate::object::{CustomObject, CustomTemplate, Object};
use crate::response::Verdict;

/// The host's answer to a lookup.
type LookupAnswer = Result<Vec<u8>, String>;

impl Admission<'_, '_> {
    /// Evaluates an object by its pod templates. The policy does not know its schema, so it does not check values that
    /// cannot be read as a pod template.
    pub(super) fn evaluate_custom(
        &self,
        custom: &CustomObject<'_>,
        get_resource: &mut GetResource<'_>,
    ) -> Verdict {
        let mut verdict = Verdict::accepted();
        let templates = self.templates(custom);
        let metadata = custom.metadata(self.document);
        let is_unchanged = match &self.request.old_object {
            Some(Object::Custom(old)) => self.templates(old) == templates,
            _ => false,
        };
        if metadata.deleting || is_unchanged {
            return verdict;
        }
        let kind = custom.kind.decode();
        // Most templates of an object have the same service account.
        let mut answers: Vec<(Vec<u8>, LookupAnswer)> = Vec::new();
        let mut ask_once = |query: &[u8]| {
            if let Some((_, answer)) = answers.iter().find(|(asked, _)| asked == query) {
                return answer.clone();
            }
            let answer = get_resource(query);
            answers.push((query.to_vec(), answer.clone()));
            answer
        };
        let mut findings = Findings::new(&self.settings.severities);
        for template in &templates {
            // A value that cannot be read is not a pod template.
            if let Ok(pod) = template.read() {
                let owner =
                    TemplateOwner { kind: &kind, metadata: &metadata, path: &template.path };
                self.check_template(&owner, &pod, &mut ask_once, &mut findings, &mut verdict);
                findings.add_template_path(&template.path);
            }
        }
        verdict.with_findings(findings.into_sorted())
    }

    /// The pod templates of an object.
    fn templates(&self, custom: &CustomObject<'_>) -> Vec<CustomTemplate<'_>> {
        let mut templates = Vec::new();
        for entry in &self.settings.pod_templates {
            if custom.group.is(&entry.group) && custom.kind.is(&entry.kind) {
                for path in &entry.paths {
                    custom.find(self.document, path, &mut templates);
                }
            }
        }
        templates
    }
}
