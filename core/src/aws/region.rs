//! AWS regions.

/// Whether the text has the form of the name of a region: words joined by `-`, of which the first has two to four
/// letters, and the last is a number of one or two digits ("Regions" in the AWS General Reference: `eu-west-1`,
/// `us-gov-east-1`).
pub(crate) fn is_region(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let letters =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    match &*words {
        [first, middle @ .., last] if !middle.is_empty() => {
            (2..=4).contains(&first.len())
                && letters(first)
                && middle.iter().all(|word| letters(word))
                && (1..=2).contains(&last.len())
                && last.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_region;

    #[test]
    fn only_words_and_a_number_are_a_region() {
        for (text, expected) in [
            ("eu-west-1", true),
            ("us-gov-east-1", true),
            ("eusc-de-east-1", true),
            ("ap-southeast-12", true),
            ("eu-west", false),
            ("eu-1", false),
            ("eu-west-1a", false),
            ("eu-west-123", false),
            ("EU-west-1", false),
            ("europe-west-1", false),
            ("", false),
        ] {
            assert_eq!(is_region(text), expected, "{text}");
        }
    }
}
