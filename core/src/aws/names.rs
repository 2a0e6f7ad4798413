//! The names of roles and of role sessions.

/// Whether IAM allows the character in the name of a role, and STS in that of a session.
pub(crate) fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, '_' | '+' | '=' | ',' | '.' | '@' | '-')
}

/// The characters of [`is_name_character`], as messages name them.
pub(crate) const NAME_CHARACTERS: &str = "letters, digits and _+=,.@-";

/// The shortest and the longest name of a session, characters (`RoleSessionName` of "AssumeRoleWithWebIdentity" in the STS API
/// Reference).
pub(crate) const SESSION_NAME_LENGTHS: [usize; 2] = [2, 64];

/// Whether STS accepts the name of a session.
pub(crate) fn is_session_name(name: &str) -> bool {
    let [shortest, longest] = SESSION_NAME_LENGTHS;
    (shortest..=longest).contains(&name.len()) && name.chars().all(is_name_character)
}

#[cfg(test)]
mod tests {
    use super::is_session_name;

    #[test]
    fn only_2_to_64_valid_characters_are_a_session_name() {
        for (name, expected) in [
            ("a".to_owned(), false),
            ("a".repeat(2), true),
            ("a".repeat(64), true),
            ("a".repeat(65), false),
            ("api+=,.@-_9".to_owned(), true),
            ("my session".to_owned(), false),
        ] {
            assert_eq!(is_session_name(&name), expected, "{name}");
        }
    }
}
