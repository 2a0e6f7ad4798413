//! One volume of a pod.

use aws_pod_identity_json::{Error, Reader, Text, once};

use super::List;
use super::security::optional_integer;

/// A volume: its name and the service-account tokens that it projects.
#[derive(Debug)]
pub(crate) struct Volume<'a> {
    pub(crate) name: Text<'a>,
    pub(crate) projected: Projected<'a>,
}

/// The members of a volume's `projected` that rules look at; nothing for other kinds of volumes.
#[derive(Debug, Default)]
pub(crate) struct Projected<'a> {
    /// The files' permissions, where they are not Kubernetes' default 0644.
    pub(crate) default_mode: Option<i64>,
    pub(crate) tokens: Vec<TokenProjection<'a>>,
}

/// A `serviceAccountToken` source of a projected volume.
#[derive(Debug)]
pub(crate) struct TokenProjection<'a> {
    /// Empty where the manifest names none: then it is the API server's own.
    pub(crate) audience: Text<'a>,
    /// The token's file below the mount.
    pub(crate) path: Text<'a>,
}

impl<'a> Volume<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut name = None;
        let mut projected = None;
        reader.object(&mut |reader, key| match key {
            "name" => once(reader, &mut name, Reader::optional_text),
            "projected" => once(reader, &mut projected, Projected::read),
            _ => reader.skip(),
        })?;
        Ok(Self {
            name: name.flatten().unwrap_or_default(),
            projected: projected.unwrap_or_default(),
        })
    }
}

impl<'a> Projected<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut default_mode = None;
        let mut sources = None;
        let mut tokens = Vec::new();
        if reader.null()? {
            return Ok(Self::default());
        }
        reader.object(&mut |reader, key| match key {
            "defaultMode" => once(reader, &mut default_mode, optional_integer),
            "sources" => once(reader, &mut sources, |reader| {
                List::read(reader, &mut |reader| {
                    tokens.extend(read_source(reader)?);
                    Ok(())
                })
            }),
            _ => reader.skip(),
        })?;
        Ok(Self { default_mode: default_mode.flatten(), tokens })
    }
}

fn read_source<'a>(reader: &mut Reader<'a>) -> Result<Option<TokenProjection<'a>>, Error> {
    let mut token = None;
    reader.object(&mut |reader, key| match key {
        "serviceAccountToken" => once(reader, &mut token, TokenProjection::read),
        _ => reader.skip(),
    })?;
    Ok(token.flatten())
}

impl<'a> TokenProjection<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Option<Self>, Error> {
        if reader.null()? {
            return Ok(None);
        }
        let mut audience = None;
        let mut path = None;
        reader.object(&mut |reader, key| match key {
            "audience" => once(reader, &mut audience, Reader::optional_text),
            "path" => once(reader, &mut path, Reader::optional_text),
            _ => reader.skip(),
        })?;
        Ok(Some(Self {
            audience: audience.flatten().unwrap_or_default(),
            path: path.flatten().unwrap_or_default(),
        }))
    }
}
