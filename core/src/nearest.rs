//! The known name that a name with a typo was probably meant to be.

/// The largest number of letters in which a typo differs.
const MAX_DISTANCE: usize = 2;

/// The longest name that is compared. The cost is proportional to the product of the lengths, and hostile requests must
/// not be expensive.
const MAX_LENGTH: usize = 64;

/// The candidate that is nearest to `name`, if one is near: at most two letters are missing, added,
/// changed or swapped, or only case and separators (`-`, `_`, `.`) differ.
pub(crate) fn nearest<'c>(
    name: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    if name.len() > MAX_LENGTH {
        return None;
    }
    let name = bare(name);
    candidates
        .map(|candidate| (candidate, bare(candidate)))
        .filter(|(_, bare)| {
            bare.len().abs_diff(name.len()) <= MAX_DISTANCE && resembles(&name, bare)
        })
        .map(|(candidate, bare)| (distance(&name, &bare), candidate))
        // A short name with two letters changed is another name.
        .filter(|(distance, candidate)| *distance <= MAX_DISTANCE.min(candidate.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether the distance of the names can be small enough: each letter of `a` that `b` does not have must be changed.
/// This is cheap, and excludes nearly all names. Without it, a pod without a role takes 3 % more instructions.
fn resembles(a: &[u8], b: &[u8]) -> bool {
    let bit = |byte: &u8| 1_u64 << (byte & 63);
    let letters = b.iter().fold(0, |letters, byte| letters | bit(byte));
    a.iter().filter(|byte| letters & bit(byte) == 0).count() <= MAX_DISTANCE
}

/// A name without separators, in lower case.
fn bare(name: &str) -> Vec<u8> {
    name.bytes()
        .filter(|byte| !matches!(byte, b'-' | b'_' | b'.'))
        .map(|byte| byte.to_ascii_lowercase())
        .collect()
}

/// How many bytes have to be inserted, deleted, changed, or swapped with the next one, to turn `a` into `b` (optimal
/// string alignment).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
    let mut previous_a = None;
    for (i, &from_a) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        let mut previous_b = None;
        for (j, &from_b) in b.iter().enumerate() {
            let changed = at(&last, j) + usize::from(from_a != from_b);
            let mut best = changed.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if j > 0 && previous_b == Some(from_a) && previous_a == Some(from_b) {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
            previous_b = Some(from_b);
        }
        if row.iter().all(|distance| *distance > MAX_DISTANCE) {
            return MAX_DISTANCE + 1;
        }
        before_last = std::mem::replace(&mut last, row);
        previous_a = Some(from_a);
    }
    at(&last, b.len())
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn a_typo_has_a_nearest_name_and_another_name_has_none() {
        let known = ["audience", "region", "mountPath", "role-arn", "path"];
        for (name, expected) in [
            ("audiance", Some("audience")),
            ("Region", Some("region")),
            ("mount_path", Some("mountPath")),
            ("mountpaht", Some("mountPath")),
            ("roleArn", Some("role-arn")),
            ("legion", Some("region")),
            // Both typos at the start.
            ("xyaudience", Some("audience")),
            // Two letters of four are too many.
            ("poth", Some("path")),
            ("pots", None),
            ("version", None),
            ("image", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known.into_iter()), expected, "{name}");
        }
    }

    #[test]
    fn long_names_are_not_compared() {
        let longest = "a".repeat(64);
        for (name, expected) in [
            ("a".repeat(63), true),
            ("a".repeat(64), true),
            ("a".repeat(65), false),
            ("a".repeat(66), false),
        ] {
            let found = nearest(&name, std::iter::once(&*longest));
            assert_eq!(found.is_some(), expected, "{}", name.len());
        }
    }

    #[test]
    fn distances_are_the_number_of_edits() {
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("ca", "ac", 1),
            ("role", "rolle", 1),
        ] {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
        }
    }
}
