//! The payload of `validate`: an AdmissionRequest and the policy's settings.
//!
//! Shape: "AdmissionReview" in the Kubernetes documentation ("Dynamic Admission Control"), wrapped by the
//! policy server as `{"request": …, "settings": …}`. The order of members is not guaranteed.

use std::ops::Range;

use crate::display::Quoted;
use crate::object::{Object, ObjectKind};
use crate::settings::{Problems, Settings};
use aws_pod_identity_json::{Error, ErrorKind, Expected, Kind, RawString, Reader, object};

/// The payload of `validate`.
#[derive(Debug)]
pub(crate) struct Payload<'a> {
    pub(crate) request: AdmissionRequest<'a>,
    /// In a box, like pods, so that stack frames are small.
    pub(crate) settings: Box<Settings<'a>>,
    /// What is wrong with the settings. The policy server validates them when it loads the policy, so problems are only
    /// found here if another host does not.
    pub(crate) settings_problems: Problems,
}

/// The members of an AdmissionRequest that the policy reads.
#[derive(Debug)]
pub(crate) struct AdmissionRequest<'a> {
    /// The ID of the request. Values that must look random and be repeatable are derived from it.
    pub(crate) uid: RawString<'a>,
    pub(crate) operation: Operation,
    /// Whether the request is about a subresource such as `status` or `scale`.
    pub(crate) subresource: bool,
    /// The namespace of the request. The object itself may lack it.
    pub(crate) namespace: RawString<'a>,
    /// The object under admission.
    pub(crate) object: Object<'a>,
    /// Its range in the payload, bytes.
    pub(crate) object_range: Range<usize>,
    /// The object before an UPDATE.
    pub(crate) old_object: Option<Object<'a>>,
}

/// The operation on the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    /// DELETE and CONNECT: operations that the policy does not evaluate.
    Other,
}

impl<'a> Payload<'a> {
    /// Reads the payload in one pass.
    pub(crate) fn read(document: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(document);
        let mut request = None;
        let mut settings = Box::<Settings<'_>>::default();
        let mut settings_problems = Problems::default();
        let reader = &mut reader;
        object!(reader, {
            "request" => request = Some(AdmissionRequest::read(reader)?),
            "settings" => settings.read(reader, &mut settings_problems)?,
        });
        reader.end()?;
        let missing = || reader.error(ErrorKind::Missing("\"request\""));
        let request = request.ok_or_else(missing)?;
        Ok(Self { request, settings, settings_problems })
    }
}

impl<'a> AdmissionRequest<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut uid = RawString::default();
        let mut kind = None;
        let mut operation = None;
        let mut subresource = RawString::default();
        let mut namespace = RawString::default();
        let mut object = None;
        let mut old_object = None;
        object!(reader, {
            "uid" => uid = reader.text_or_empty()?,
            "kind" => kind = Some(ObjectKind::read(reader)?),
            "operation" => operation = Some(reader.text()?),
            "subResource" => subresource = reader.text_or_empty()?,
            "namespace" => namespace = reader.text_or_empty()?,
            "object" => object = ObjectMember::read(reader, kind)?,
            "oldObject" => old_object = ObjectMember::read(reader, kind)?,
        });
        let missing = |member| reader.error(ErrorKind::Missing(member));
        let kind = kind.ok_or_else(|| missing("\"kind\" in \"request\""))?;
        let operation = operation.ok_or_else(|| missing("\"operation\" in \"request\""))?;
        let object_range = object.as_ref().map_or(0..0, |member| member.range.clone());
        let object = object.map(|member| member.of_kind(reader, kind)).transpose()?;
        let old_object = old_object.map(|member| member.of_kind(reader, kind)).transpose()?;
        Ok(Self {
            uid,
            operation: match &*operation.decode() {
                "CREATE" => Operation::Create,
                "UPDATE" => Operation::Update,
                _ => Operation::Other,
            },
            subresource: !subresource.is_empty(),
            namespace,
            object: object.unwrap_or(Object::None),
            object_range,
            old_object,
        })
    }
}

/// The value of `object` or `oldObject`.
#[derive(Debug)]
struct ObjectMember<'a> {
    /// Its range in the payload, bytes.
    range: Range<usize>,
    /// None if its kind was not known yet.
    object: Option<Object<'a>>,
}

impl<'a> ObjectMember<'a> {
    /// Reads the value; none for `null`. The policy server writes `kind` before `object`, so that one pass is enough.
    /// If the order is another one, the value is skipped, and [`ObjectMember::of_kind`] reads it.
    fn read(reader: &mut Reader<'a>, kind: Option<ObjectKind<'a>>) -> Result<Option<Self>, Error> {
        if reader.null()? {
            return Ok(None);
        }
        reader.kind()?;
        let start = reader.position();
        let object = match kind {
            Some(kind) => Some(Object::read(reader, kind)?),
            None => {
                reader.skip()?;
                None
            }
        };
        Ok(Some(Self { range: start..reader.position(), object }))
    }

    fn of_kind(self, reader: &Reader<'a>, kind: ObjectKind<'a>) -> Result<Object<'a>, Error> {
        match self.object {
            Some(object) => Ok(object),
            None => Object::read(&mut reader.fork(self.range.start), kind),
        }
    }
}

/// Which member an error is about, and how to correct a value of the wrong type: in YAML, `true` and `3600` are strings only
/// with quotes, and a line without a space after the colon is text.
pub(crate) fn hint(document: &[u8], error: &Error) -> String {
    let ErrorKind::Expected(Expected::Kind(kind @ (Kind::String | Kind::Object))) = error.kind()
    else {
        return String::new();
    };
    let Some((before, value)) = document.split_at_checked(error.at()) else { return String::new() };
    let Some(key) = last_key(before) else { return String::new() };
    let remedy = match (kind, value.first()) {
        (Kind::String, Some(b't' | b'f' | b'-' | b'0'..=b'9')) => "; put the value in quotes",
        (Kind::Object, Some(b'"')) => "; a space may be missing after a colon in it",
        _ => "",
    };
    format!(", the value of {}{remedy}", Quoted(key))
}

/// The key of the member whose value comes next. (Of a key with an escaped quote, it is only the end.)
fn last_key(before: &[u8]) -> Option<&str> {
    let before = before.trim_ascii_end().strip_suffix(b":")?;
    let key = before.trim_ascii_end().strip_suffix(b"\"")?;
    let start = key.iter().rposition(|byte| *byte == b'"')? + 1;
    std::str::from_utf8(key.get(start..)?).ok()
}
