//! Comparing the paths of mounts and files in containers. The API server compares them as texts; the
//! container runtime mounts `/a/` and `/a//.` at the same place.
//!
//! On Windows, drive `C:` is the default, either slash will do, and case does not matter.

use std::borrow::Cow;

/// A path, as the parts between its slashes matter.
#[derive(Clone, Debug)]
pub(crate) struct ContainerPath<'p>(Cow<'p, str>);

impl<'p> ContainerPath<'p> {
    /// Takes a path as it is written, in a pod that runs on Windows or not.
    pub(crate) fn new(path: &'p str, windows: bool) -> Self {
        if !windows {
            return Self(Cow::Borrowed(path));
        }
        let path = path.to_ascii_lowercase().replace('\\', "/");
        Self(Cow::Owned(path.strip_prefix("c:").map(str::to_owned).unwrap_or(path)))
    }

    fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|part| !matches!(*part, "" | "."))
    }

    /// Whether both lead to the same place.
    pub(crate) fn is(&self, other: &ContainerPath<'_>) -> bool {
        self.parts().eq(other.parts())
    }

    /// Whether this is the other, or lies anywhere below it.
    pub(crate) fn is_within(&self, other: &ContainerPath<'_>) -> bool {
        let mut parts = self.parts();
        other.parts().all(|part| parts.next() == Some(part))
    }

    /// Whether this lies below the other.
    pub(crate) fn is_below(&self, other: &ContainerPath<'_>) -> bool {
        self.is_within(other) && !self.is(other)
    }

    /// How deep the path is.
    pub(crate) fn depth(&self) -> usize {
        self.parts().count()
    }

    /// The last part.
    pub(crate) fn has_part(&self, wanted: &str) -> bool {
        self.parts().any(|part| part == wanted)
    }

    /// The path of a file below this one.
    pub(crate) fn join(&self, file: &str) -> ContainerPath<'static> {
        ContainerPath(Cow::Owned(format!("{}/{file}", self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::ContainerPath;

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
            let path = |path| ContainerPath::new(path, windows);
            assert_eq!(path(a).is(&path(b)), same, "{a} {b}");
        }
    }

    #[test]
    fn what_is_below_is_told_by_parts() {
        for (path, other, within, below) in [
            ("/run/secrets/x", "/run/secrets", true, true),
            ("/run/secrets/", "/run/secrets", true, false),
            ("/run/secrets2", "/run/secrets", false, false),
            ("/run", "/run/secrets", false, false),
            ("/run", "/", true, true),
        ] {
            let (path, other) = (ContainerPath::new(path, false), ContainerPath::new(other, false));
            assert_eq!(path.is_within(&other), within, "{path:?} {other:?}");
            assert_eq!(path.is_below(&other), below, "{path:?} {other:?}");
        }
    }
}
