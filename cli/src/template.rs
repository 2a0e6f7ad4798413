//! Recognizes the templates of Helm charts, which are Go templates ("text/template", Go standard library).

/// Whether a text that is not YAML is a template: it has an action, such as `{{ .Values.name }}`, that is neither in quotes nor
/// in a comment or a block scalar. Rendered manifests can have braces there, too.
pub(crate) fn has_action(text: &str) -> bool {
    let mut quote = None;
    // The column of the key or dash that a block scalar belongs to.
    let mut block = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if quote.is_none() && block.is_some_and(|of| line.trim().is_empty() || indent > of) {
            continue;
        }
        block = None;
        let Some(end) = code_of(line, &mut quote) else { return true };
        let code = line.get(..end).unwrap_or_default();
        if quote.is_none() && ends_with_block_header(code) {
            block = Some(column_of_node(code));
        }
    }
    false
}

/// The end of the part of the line before a comment; none if there is an action in that part. `quote` is the quote of a text that
/// continues in the next line.
fn code_of(line: &str, quote: &mut Option<u8>) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        match (*quote, byte) {
            (Some(b'"'), b'\\') => at += 1,
            (Some(b'\''), b'\'') if rest.starts_with(b"'") => at += 1,
            (Some(open), byte) if open == byte => *quote = None,
            (None, b'"' | b'\'') if is_start(line.get(..at).unwrap_or_default()) => {
                *quote = Some(byte);
            }
            (None, b'#') if at == 0 || bytes.get(at - 1).is_some_and(u8::is_ascii_whitespace) => {
                return Some(at);
            }
            // Next to a quote, braces are in quotes, even if one before is not closed.
            (None, b'{') if at > 0 && matches!(bytes.get(at - 1), Some(b'"' | b'\'')) => at += 1,
            (None, b'{')
                if rest.starts_with(b"{") && is_action(line.get(at + 2..).unwrap_or_default()) =>
            {
                return None;
            }
            _ => {}
        }
        at += 1;
    }
    Some(line.len())
}

/// Whether a value can start after this part of a line. Quotes in a plain value are text.
fn is_start(before: &str) -> bool {
    let trimmed = before.trim_end_matches([' ', '\t']);
    let is_separate = trimmed.len() < before.len();
    let is_after_property = || {
        is_separate
            && trimmed.rsplit([' ', '\t']).next().is_some_and(|token| token.starts_with(['!', '&']))
    };
    trimmed.is_empty()
        || trimmed.ends_with(['[', '{', ','])
        // In JSON, no space has to follow.
        || trimmed.ends_with("\":")
        || (is_separate && trimmed.ends_with([':', '-', '?']))
        || is_after_property()
}

/// Whether the text after `{{` starts an action. Placeholders of other tools are names, such as `{{workflow.name}}`.
fn is_action(after: &str) -> bool {
    const KEYWORDS: [&str; 4] = ["end", "else", "break", "continue"];
    let trimmed = after.strip_prefix('-').unwrap_or(after).trim_start();
    let name = trimmed.len()
        - trimmed.trim_start_matches(|one: char| one.is_ascii_alphanumeric() || one == '_').len();
    let (name, rest) = trimmed.split_at_checked(name).unwrap_or_default();
    match (name, trimmed.as_bytes().first()) {
        ("", Some(b'.' | b'$' | b'(')) => true,
        // In JSON, braces are followed by quotes.
        ("", Some(b'"' | b'`')) => trimmed.len() < after.len(),
        ("", _) => trimmed.starts_with("/*"),
        (name, _) if KEYWORDS.contains(&name) => true,
        _ => {
            let argument = rest.trim_start().trim_start_matches('-');
            rest.starts_with([' ', '\t', '|', '(']) && !argument.starts_with("}}")
        }
    }
}

/// Whether a line ends as `key: |` does.
fn ends_with_block_header(code: &str) -> bool {
    let mut tokens = code.split_ascii_whitespace().rev();
    let header = tokens.next().and_then(|header| header.strip_prefix(['|', '>']));
    let is_header = header.is_some_and(|indicators| {
        indicators.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-'))
    });
    let mut before = tokens.skip_while(|token| token.starts_with(['!', '&']));
    is_header && before.next().is_none_or(|token| token.ends_with(':') || token == "-")
}

/// The column of the key of a line, or of its last dash without a key.
fn column_of_node(code: &str) -> usize {
    let mut column = 0;
    let mut dash = None;
    let mut rest = code;
    loop {
        let trimmed = rest.trim_start_matches(' ');
        column += rest.len() - trimmed.len();
        match trimmed.strip_prefix("- ") {
            Some(after) => {
                dash = Some(column);
                (column, rest) = (column + 2, after);
            }
            None if trimmed.starts_with(['|', '>', '!', '&']) => return dash.unwrap_or(column),
            None => return column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::has_action;

    #[test]
    fn braces_outside_of_texts_are_actions() {
        for text in [
            "{{- if .Values.x }}\nkind: Pod\n{{- end }}",
            "name: {{ .Values.name }}",
            "name: my-{{ .Release.Name }}",
            "name: {{ include \"chart.name\" . | quote }}",
            "{{/* comment */}}",
            "{{- /* comment */ -}}",
            "{{end}}",
            "{{ $x := 1 }}",
            "{{ (index .Values.a 0) }}",
            "{{ \"x\" | quote }}",
            "x: 'it''s' {{ .x }}",
            "x: it's {{ .x }}",
            "x: a\n  {{ .y }}",
            "x: |\n  text\n{{ .y }}",
            "- x: |\n  {{ .y }}",
            "x: \"a\\\" {{ .x }}\" {{ .y }}",
            "x: a#b {{ .y }}",
            "{{- toYaml .Values.x | nindent 4 }}",
        ] {
            assert!(has_action(text), "{text:?}");
        }
    }

    #[test]
    fn long_texts_without_actions_have_none() {
        for text in ["{\"a\":", "'", "\"x\" ", "- ", "{{", "!a '", "x: |\n"] {
            assert!(!has_action(&text.repeat(200_000)), "{text}");
        }
    }

    #[test]
    fn braces_in_texts_and_other_braces_are_not_actions() {
        for text in [
            "",
            "x: [1",
            "x: \"{{ .Values.x }}\"",
            "x: '{{ .Values.x }}'",
            "- '{{ .Values.x }}'",
            "x: !!str \"{{ .x }}\"",
            "x: &a '{{ .x }}'",
            "[\"{{ .x }}\", '{{ .y }}']",
            "# {{ .Values.x }}",
            "x: 1 # {{ .Values.x }}",
            "x: |\n  {{ .x }}\n\n    {{ .y }}\ny: [1",
            "x: >-  # text\n  {{ .x }}",
            "- |\n  {{ .x }}",
            "- x: |2\n    {{ .x }}",
            "x: !!str |\n  {{ .x }}",
            "x: \"first\n  {{ .second }}\"",
            "x: \"never closed {{ .x }}\ny: {{ .y }}",
            "x: {{workflow.name}}",
            "x: {{ customer.name }}",
            "x: {{item}}",
            "{\"a\": {{\"b\": 1}}",
            "x: \"not closed\ny: \"{{ .y }}\"",
            "x: 'not closed\ny: '{{ .y }}'",
            "{\"a\":{\"b\":{}}}",
            "{\"a\":\"{{ .x }}\",\"b\":[\"{{ .y }}\"}",
            "x: ${{ github.ref }}",
            "{% if x %}",
        ] {
            assert!(!has_action(text), "{text:?}");
        }
    }
}
