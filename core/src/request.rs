//! The payload of `validate`: an AdmissionRequest and the policy's settings.
//!
//! Shape: "AdmissionReview" in the Kubernetes documentation ("Dynamic Admission Control"), wrapped by the
//! policy server as `{"request": …, "settings": …}`. The order of members is not guaranteed.

use std::ops::Range;

use crate::settings::{Problems, Settings};
use crate::subject::{Kind, Subject};
use aws_pod_identity_json::{Error, ErrorKind, Reader, Text, once};

/// What `validate` is called with.
#[derive(Debug)]
pub(crate) struct Payload<'a> {
    pub(crate) request: AdmissionRequest<'a>,
    pub(crate) settings: Settings<'a>,
    /// What is wrong with the settings. The policy server asked when it loaded the policy, so there is
    /// nothing here unless another host did not.
    pub(crate) settings_problems: Problems,
}

/// The members of an AdmissionRequest that the policy looks at.
#[derive(Debug)]
pub(crate) struct AdmissionRequest<'a> {
    /// Identifies the request; the source of what must look random and be repeatable.
    pub(crate) uid: Text<'a>,
    pub(crate) operation: Operation,
    /// Whether the request is about a subresource such as `status` or `scale`.
    pub(crate) subresource: bool,
    /// The namespace of the request; the object itself may not name it.
    pub(crate) namespace: Text<'a>,
    /// The object under admission.
    pub(crate) subject: Subject<'a>,
    /// Where the object stands in the payload; bytes.
    pub(crate) object: Range<usize>,
    /// The object before an UPDATE.
    pub(crate) old_subject: Option<Subject<'a>>,
}

/// What is being done to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Update,
    /// DELETE and CONNECT: nothing that the policy judges.
    Other,
}

impl<'a> Payload<'a> {
    /// Reads the payload in one pass.
    pub(crate) fn read(document: &'a str) -> Result<Self, Error> {
        let mut reader = Reader::new(document);
        let mut request = None;
        let mut settings = None;
        reader.object(&mut |reader, key| match key {
            "request" => once(reader, &mut request, AdmissionRequest::read),
            "settings" => once(reader, &mut settings, Settings::read),
            _ => reader.skip(),
        })?;
        reader.end()?;
        let (settings, settings_problems) = settings.unwrap_or_default();
        let request = request.ok_or(reader.error(ErrorKind::Expected("a member \"request\"")))?;
        Ok(Self { request, settings, settings_problems })
    }
}

impl<'a> AdmissionRequest<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut uid = None;
        let mut kind = None;
        let mut operation = None;
        let mut subresource = None;
        let mut namespace = None;
        let mut object = None;
        let mut old_object = None;
        reader.object(&mut |reader, key| match key {
            "uid" => once(reader, &mut uid, Reader::optional_text),
            "kind" => once(reader, &mut kind, Kind::read),
            "operation" => once(reader, &mut operation, Reader::text),
            "subResource" => once(reader, &mut subresource, Reader::optional_text),
            "namespace" => once(reader, &mut namespace, Reader::optional_text),
            // The policy server writes `kind` before `object`, so that one pass is enough; whoever
            // does not is served by a second one.
            "object" => once(reader, &mut object, |reader| Object::read(reader, kind)),
            "oldObject" => once(reader, &mut old_object, |reader| Object::read(reader, kind)),
            _ => reader.skip(),
        })?;
        let missing = |what| reader.error(ErrorKind::Expected(what));
        let kind = kind.ok_or(missing("a member \"kind\" in \"request\""))?;
        let operation = operation.ok_or(missing("a member \"operation\" in \"request\""))?;
        let (subject, object) = match object.flatten() {
            Some(object) => object.judged_as(reader, kind)?,
            None => (Subject::Other, 0..0),
        };
        let old_subject = match old_object.flatten() {
            Some(object) => Some(object.judged_as(reader, kind)?.0),
            None => None,
        };
        Ok(Self {
            uid: uid.flatten().unwrap_or_default(),
            operation: match &*operation.decode() {
                "CREATE" => Operation::Create,
                "UPDATE" => Operation::Update,
                _ => Operation::Other,
            },
            subresource: subresource.flatten().is_some_and(|name| !name.is_empty()),
            namespace: namespace.flatten().unwrap_or_default(),
            subject,
            object,
            old_subject,
        })
    }
}

/// An object in the payload, read at once where its kind was already known.
#[derive(Debug)]
struct Object<'a> {
    range: Range<usize>,
    subject: Option<Subject<'a>>,
}

impl<'a> Object<'a> {
    fn read(reader: &mut Reader<'a>, kind: Option<Kind>) -> Result<Option<Self>, Error> {
        if reader.null()? {
            return Ok(None);
        }
        reader.kind()?;
        let start = reader.position();
        let subject = match kind {
            Some(kind) => Some(Subject::read(reader, kind)?),
            None => {
                reader.skip()?;
                None
            }
        };
        Ok(Some(Self { range: start..reader.position(), subject }))
    }

    fn judged_as(
        self,
        reader: &Reader<'a>,
        kind: Kind,
    ) -> Result<(Subject<'a>, Range<usize>), Error> {
        let subject = match self.subject {
            Some(subject) => subject,
            None => Subject::read(&mut reader.fork(self.range.start), kind)?,
        };
        Ok((subject, self.range))
    }
}
