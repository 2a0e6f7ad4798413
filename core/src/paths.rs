//! Comparing the paths of mounts and files in containers. The API server compares them as texts; the
//! container runtime mounts `/a/`, `/a//.` and `/a/b/..` at the same path.
//!
//! On Windows, drive `C:` is the default, both slashes separate parts, and case does not matter.

use std::borrow::Cow;

use aws_pod_identity_json::search::{contains, same};

/// A path in a normal form: paths to the same file have the same text.
#[derive(Clone, Debug)]
pub(crate) struct ContainerPath<'p>(Cow<'p, str>);

impl<'p> From<ContainerPath<'p>> for Cow<'p, str> {
    fn from(path: ContainerPath<'p>) -> Self {
        path.0
    }
}

impl<'p> ContainerPath<'p> {
    /// The normal form of a path. `windows` says whether the pod runs on Windows.
    pub(crate) fn new(path: impl Into<Cow<'p, str>>, windows: bool) -> Self {
        let mut path = path.into();
        if !windows && is_plain(&path) {
            return Self(path);
        }
        if windows {
            let lower = path.to_ascii_lowercase().replace('\\', "/");
            path = Cow::Owned(lower.strip_prefix("c:").map(str::to_owned).unwrap_or(lower));
        }
        let mut plain = String::with_capacity(path.len());
        for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
            if part == ".." {
                plain.truncate(plain.bytes().rposition(|byte| byte == b'/').unwrap_or(0));
                continue;
            }
            plain.push('/');
            plain.push_str(part);
        }
        Self(Cow::Owned(plain))
    }

    /// The path of a file in its volume, from the relative path in the manifest.
    pub(crate) fn of_file(file: &str, windows: bool) -> ContainerPath<'static> {
        ContainerPath::new("/".to_owned() + file, windows)
    }

    /// The path of a file in the container if its volume is mounted at this path. `below` is its path in the volume.
    pub(crate) fn join(&self, below: &ContainerPath<'_>) -> ContainerPath<'static> {
        ContainerPath(Cow::Owned([self.as_str(), below.as_str()].concat()))
    }

    /// Whether both lead to the same file.
    pub(crate) fn is(&self, other: &ContainerPath<'_>) -> bool {
        same(&self.0, &other.0)
    }

    /// Whether this is the other path, or is anywhere below it.
    pub(crate) fn is_within(&self, other: &ContainerPath<'_>) -> bool {
        // The byte after the prefix nearly always excludes a match. With `strip_prefix` instead, an injected pod takes
        // 3 % more instructions.
        self.0.as_bytes().get(other.0.len()).is_none_or(|byte| *byte == b'/')
            && self.0.get(..other.0.len()).is_some_and(|start| same(start, &other.0))
    }

    /// Whether this is below the other path.
    pub(crate) fn is_below(&self, other: &ContainerPath<'_>) -> bool {
        self.0.len() > other.0.len() && self.is_within(other)
    }

    /// The path below `/run` for one below `/var/run`, and the reverse: in most images, one is a link to the other.
    pub(crate) fn through_run(&self) -> Option<ContainerPath<'static>> {
        let below = |directory: &str| {
            let rest = self.0.strip_prefix(directory)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        };
        let path = match below("/var/run") {
            Some(rest) => "/run".to_owned() + rest,
            None => "/var/run".to_owned() + below("/run")?,
        };
        Some(ContainerPath(Cow::Owned(path)))
    }

    /// Whether this is the root directory.
    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of the parts between slashes is `wanted`.
    pub(crate) fn has_part(&self, wanted: &str) -> bool {
        contains(&self.0, wanted) && self.0.split('/').any(|part| part == wanted)
    }

    /// This path relative to a directory, if it is within the directory.
    pub(crate) fn relative_to(&self, directory: &ContainerPath<'_>) -> Option<ContainerPath<'_>> {
        let rest = self.0.get(directory.0.len()..).filter(|_| self.is_within(directory))?;
        Some(ContainerPath(Cow::Borrowed(rest)))
    }

    /// Like [`Self::relative_to`], also in images in which `/var/run` is a link to `/run`.
    pub(crate) fn perhaps_relative_to(
        &self,
        directory: &ContainerPath<'_>,
    ) -> Option<ContainerPath<'_>> {
        self.relative_to(directory)
            .or_else(|| Some(self.through_run()?.relative_to(directory)?.into_owned()))
    }

    /// Like [`Self::is_within`], also in such images.
    pub(crate) fn may_be_within(&self, other: &ContainerPath<'_>) -> bool {
        self.perhaps_relative_to(other).is_some()
    }

    /// The same path with its own text.
    pub(crate) fn into_owned(self) -> ContainerPath<'static> {
        ContainerPath(Cow::Owned(self.0.into_owned()))
    }

    /// The path in its normal form.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a path is absolute and has no parts to remove, like nearly all paths.
fn is_plain(path: &str) -> bool {
    path.starts_with('/') && !path.ends_with('/') && !contains(path, "//") && !contains(path, "/.")
}

#[cfg(test)]
mod tests {
    use super::ContainerPath;

    #[test]
    fn equal_paths_may_be_written_differently() {
        for (a, b, windows, same) in [
            ("/run/token", "/run/token", false, true),
            ("/run/token/", "/run/token", false, true),
            ("//run/./token", "/run/token", false, true),
            ("/run/x/../token", "/run/token", false, true),
            ("/../run/x/y/../../token/.", "/run/token", false, true),
            ("C:\\run\\x\\..\\token", "/run/token", true, true),
            ("/run/..token", "/run/token", false, false),
            ("/.", "/", false, true),
            ("//", "/", false, true),
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
    fn paths_through_run_and_var_run_are_found() {
        for (path, expected) in [
            ("/var/run/x", Some("/run/x")),
            ("/run/x", Some("/var/run/x")),
            ("/run", Some("/var/run")),
            ("/run2/x", None),
            ("/var/run2", None),
            ("/var/lib/run/x", None),
            ("/", None),
        ] {
            let path = ContainerPath::new(path, false).through_run();
            assert_eq!(path.as_ref().map(ContainerPath::as_str), expected);
        }
    }

    #[test]
    fn paths_are_compared_by_parts() {
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
