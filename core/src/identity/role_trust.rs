//! The ConfigMap of the setting `roleTrust`: which tokens of this cluster the roles of AWS accept.

use std::borrow::Cow;

use super::lookup::{GetResource, LookupError, Query};
use crate::display::Quoted;
use crate::object::metadata::Metadata;
use crate::settings::ConfigMapName;
use aws_pod_identity_json::{Error, Reader, object};
use aws_pod_identity_trust::exported::{Exported, HEADER, Invalid, key};

/// What the ConfigMap says about some roles, as the host gave it.
pub(crate) struct RoleTrust<'s> {
    source: &'s ConfigMapName<'s>,
    keys: Vec<String>,
    answer: Vec<u8>,
}

impl<'s> RoleTrust<'s> {
    /// Looks the roles up. An error says why that is not possible.
    pub(crate) fn look_up<'r>(
        source: &'s ConfigMapName<'s>,
        role_arns: impl Iterator<Item = &'r str>,
        get_resource: &mut GetResource<'_>,
    ) -> Result<Self, String> {
        let keys: Vec<String> = role_arns.filter_map(key).collect();
        let fields: Vec<String> =
            HEADER.into_iter().chain(keys.iter().map(|key| &**key)).map(field).collect();
        let fields: Vec<&str> = fields.iter().map(|field| &**field).collect();
        let query = query(source, &fields);
        match query.ask(get_resource) {
            Ok(Some(answer)) => Ok(Self { source, keys, answer }),
            Ok(None) => Err(format!("{} does not exist", source.object_name())),
            Err(error) => Err(query.explain(&error).message),
        }
    }

    /// Reads the host's answer, which must be that ConfigMap.
    pub(crate) fn read(&self) -> Result<Exported<'_>, String> {
        let query = query(self.source, &[]);
        let read = read_config_map(&mut Reader::new(&self.answer), &self.keys);
        let read = read
            .map_err(|_| LookupError::Unusable("it is not a ConfigMap of roles"))
            .and_then(|(metadata, exported)| query.check_answer(&metadata).map(|()| exported));
        read.map_err(|error| query.explain(&error).message)
    }

    /// The error in words.
    pub(crate) fn explain(&self, invalid: Invalid) -> String {
        let why: Cow<'_, str> = match invalid {
            Invalid::Missing(key) => format!("does not have the key {}", Quoted(key)).into(),
            Invalid::Format => "has a format that this version of the policy does not read".into(),
        };
        format!("{} {why}", self.source.object_name())
    }
}

fn field(key: &str) -> String {
    "data.".to_owned() + key
}

fn query<'q>(source: &'q ConfigMapName<'_>, fields: &'q [&'q str]) -> Query<'q> {
    Query {
        kind: "ConfigMap",
        namespace: &source.namespace,
        name: &source.name,
        // The ConfigMap can be large, and its data is older than the host's cache anyway.
        cached: true,
        fields,
    }
}

fn read_config_map<'a>(
    reader: &mut Reader<'a>,
    keys: &'a [String],
) -> Result<(Metadata<'a>, Exported<'a>), Error> {
    let mut metadata = Metadata::default();
    let mut exported = Exported::default();
    object!(reader, {
        "metadata" => metadata = Metadata::read(reader)?,
        "data" => if !reader.null()? {
            exported = Exported::read(reader, keys)?;
        },
    });
    reader.end()?;
    Ok((metadata, exported))
}
