//! Writing JSON strings and members into text.

/// Appends `value` to `out` as a JSON string, quotes included.
pub fn push_string(out: &mut String, value: &str) {
    out.push('"');
    let mut rest = value;
    loop {
        let at = crate::raw_string::plain_length(rest.as_bytes());
        if at == rest.len() {
            break;
        }
        let (plain, from_special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut characters = from_special.chars();
        match characters.next() {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(quote @ ('"' | '\\')) => {
                out.push('\\');
                out.push(quote);
            }
            Some(control @ ..' ') => {
                out.push_str("\\u00");
                let code = u32::from(control);
                out.push(char::from_digit(code >> 4, 16).unwrap_or('0'));
                out.push(char::from_digit(code & 15, 16).unwrap_or('0'));
            }
            Some(plain) => out.push(plain),
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Appends `"name":"value"` to `out`. The name must not need escaping, which only debug builds check.
pub fn push_member(out: &mut String, name: &'static str, value: &str) {
    debug_assert_eq!(crate::raw_string::plain_length(name.as_bytes()), name.len(), "{name}");
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
    push_string(out, value);
}
