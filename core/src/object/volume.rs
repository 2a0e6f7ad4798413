//! One volume of a pod.

use aws_pod_identity_json::{Collection, Error, Kind, RawString, Reader, object, object_or_null};

/// A volume: its name, the service account tokens that it projects, and its source.
#[derive(Debug)]
pub(crate) struct Volume<'a> {
    pub(crate) name: RawString<'a>,
    pub(crate) projected: Projected<'a>,
    pub(crate) source: VolumeSource,
}

/// The sources of volumes that checks distinguish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum VolumeSource {
    #[default]
    Other,
    /// It starts empty.
    EmptyDir,
    /// A Secret, a ConfigMap, fields of the pod or projected sources: mounted read-only, and the kubelet creates the
    /// directories in it where other volumes are mounted.
    Files,
    /// It is mounted read-only whatever the mount says: an image's content, or any other source that says so, such as a
    /// claim, a CSI volume or an NFS share (`GetAttributes` of the volume plugins in Kubernetes).
    ReadOnly,
}

/// The members of a volume's `projected` that checks read. Empty for volumes with another source.
#[derive(Debug, Default)]
pub(crate) struct Projected<'a> {
    /// The mode of the files; none for the default of Kubernetes, 0644.
    pub(crate) default_mode: Option<i64>,
    /// The owner of the files that do not have their own; none if the kubelet chooses it.
    pub(crate) default_user: Option<i64>,
    /// The files of the sources, in their order. If two have the same path, the kubelet writes the last one.
    pub(crate) files: Vec<ProjectedFile<'a>>,
    pub(crate) has_sources: bool,
    /// Whether there are files from other sources than tokens.
    pub(crate) has_other_sources: bool,
}

/// A file of a projected volume.
#[derive(Debug)]
pub(crate) struct ProjectedFile<'a> {
    /// Relative to the mount.
    pub(crate) path: RawString<'a>,
    /// None for a file of a Secret, a ConfigMap or the pod's fields.
    pub(crate) token: Option<TokenProjection<'a>>,
}

/// A `serviceAccountToken` source of a projected volume.
#[derive(Debug)]
pub(crate) struct TokenProjection<'a> {
    /// Empty if the manifest does not set it. It is then the audience of the API server.
    pub(crate) audience: RawString<'a>,
    /// The owner of the file; none if it is that of the volume.
    pub(crate) user: Option<i64>,
}

impl<'a> Volume<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut name = RawString::default();
        let mut projected = Projected::default();
        let mut source = VolumeSource::Other;
        let start = reader.clone();
        object!(reader, {
            "name" => name = reader.text_or_empty()?,
            "projected" => projected = Projected::read(reader)?,
            "emptyDir" => if is_set(reader)? { source = VolumeSource::EmptyDir },
            "secret" => if is_set(reader)? { source = VolumeSource::Files },
            "configMap" => if is_set(reader)? { source = VolumeSource::Files },
            "downwardAPI" => if is_set(reader)? { source = VolumeSource::Files },
            "image" => if is_set(reader)? { source = VolumeSource::ReadOnly },
        });
        if projected.has_sources {
            source = VolumeSource::Files;
        }
        if source == VolumeSource::Other && is_read_only(start).unwrap_or_default() {
            source = VolumeSource::ReadOnly;
        }
        Ok(Self { name, projected, source })
    }
}

/// Whether the source of the volume that comes next sets `readOnly`.
fn is_read_only(mut reader: Reader<'_>) -> Result<bool, Error> {
    let mut read_only = false;
    reader.members(|reader, _| {
        if reader.kind()? != Kind::Object {
            return reader.skip();
        }
        object!(reader, { "readOnly" => read_only |= reader.flag()? });
        Ok(())
    })?;
    Ok(read_only)
}

impl<'a> Projected<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut projected = Self::default();
        object_or_null!(reader, {
            "defaultMode" => projected.default_mode = reader.integer_or_null()?,
            "defaultUser" => projected.default_user = reader.integer_or_null()?,
            "sources" => Collection::array(reader, |reader| {
                projected.has_sources = true;
                projected.has_other_sources |= !read_source(reader, &mut projected.files)?;
                Ok(())
            })?,
        });
        Ok(projected)
    }

    pub(crate) fn tokens(&self) -> impl Iterator<Item = (RawString<'a>, &TokenProjection<'a>)> {
        self.files.iter().filter_map(|file| Some((file.path, file.token.as_ref()?)))
    }
}

/// Whether there is a value other than `null`.
fn is_set(reader: &mut Reader<'_>) -> Result<bool, Error> {
    if reader.null()? {
        return Ok(false);
    }
    reader.skip()?;
    Ok(true)
}

/// Reads a source. Returns whether it is a token.
fn read_source<'a>(
    reader: &mut Reader<'a>,
    files: &mut Vec<ProjectedFile<'a>>,
) -> Result<bool, Error> {
    let mut is_token = false;
    object!(reader, {
        "serviceAccountToken" => {
            let token = read_token(reader)?;
            is_token |= token.is_some();
            files.extend(token);
        },
        "secret" => read_items(reader, files)?,
        "configMap" => read_items(reader, files)?,
        "downwardAPI" => read_items(reader, files)?,
    });
    Ok(is_token)
}

fn read_items<'a>(
    reader: &mut Reader<'a>,
    files: &mut Vec<ProjectedFile<'a>>,
) -> Result<(), Error> {
    object_or_null!(reader, {
        "items" => Collection::array(reader, |reader| {
            let mut path = RawString::default();
            object!(reader, { "path" => path = reader.text_or_empty()? });
            files.push(ProjectedFile { path, token: None });
            Ok(())
        })?,
    });
    Ok(())
}

fn read_token<'a>(reader: &mut Reader<'a>) -> Result<Option<ProjectedFile<'a>>, Error> {
    let mut audience = RawString::default();
    let mut path = RawString::default();
    let mut user = None;
    let token = object_or_null!(reader, {
        "audience" => audience = reader.text_or_empty()?,
        "path" => path = reader.text_or_empty()?,
        "user" => user = reader.integer_or_null()?,
    });
    Ok(token.map(|_| ProjectedFile { path, token: Some(TokenProjection { audience, user }) }))
}
