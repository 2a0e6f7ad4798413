//! Comparing the paths of mounts. The API server compares them as texts; the container runtime mounts
//! `/a/` and `/a//.` at the same place.

/// Whether two absolute paths lead to the same place. On Windows, drive `C:` is the default, either slash
/// will do, and case does not matter.
pub(super) fn same_path(a: &str, b: &str, windows: bool) -> bool {
    if windows {
        let (a, b) = (windows_path(a), windows_path(b));
        parts(&a).eq(parts(&b))
    } else {
        parts(a).eq(parts(b))
    }
}

fn windows_path(path: &str) -> String {
    let path = path.to_ascii_lowercase().replace('\\', "/");
    path.strip_prefix("c:").map(str::to_owned).unwrap_or(path)
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !matches!(*part, "" | "."))
}

#[cfg(test)]
mod tests {
    use super::same_path;

    #[test]
    fn spelling_does_not_make_another_place() {
        for (a, b, windows, same) in [
            ("/run/token", "/run/token", false, true),
            ("/run/token/", "/run/token", false, true),
            ("//run/./token", "/run/token", false, true),
            ("/run/token2", "/run/token", false, false),
            ("/run", "/run/token", false, false),
            ("/RUN/token", "/run/token", false, false),
            ("C:\\run\\Token\\", "/run/token", true, true),
            ("c:/run/token", "/run/token", true, true),
            ("D:\\run\\token", "/run/token", true, false),
            ("C:\\run\\token", "/run/token", false, false),
        ] {
            assert_eq!(same_path(a, b, windows), same, "{a} {b}");
        }
    }
}
