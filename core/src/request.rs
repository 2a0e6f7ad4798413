//! The payload of `validate`: an AdmissionRequest and the policy's settings.
//!
//! Shape: "AdmissionReview" in the Kubernetes documentation ("Dynamic Admission Control"), wrapped by the
//! policy server as `{"request": …, "settings": …}`. The order of members is not guaranteed.

use std::ops::Range;

use crate::settings::{Problems, Settings};
use crate::subject::{ObjectKind, Subject};
use aws_pod_identity_json::{Error, ErrorKind, Reader, Text, object};

/// What `validate` is called with.
#[derive(Debug)]
pub(crate) struct Payload<'a> {
    pub(crate) request: AdmissionRequest<'a>,
    pub(crate) settings: Box<Settings<'a>>,
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
    #[inline(never)]
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
        let missing = || reader.error(ErrorKind::Expected("a member \"request\""));
        let request = request.ok_or_else(missing)?;
        Ok(Self { request, settings, settings_problems })
    }
}

impl<'a> AdmissionRequest<'a> {
    #[inline(never)]
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut uid = Text::default();
        let mut kind = None;
        let mut operation = None;
        let mut subresource = Text::default();
        let mut namespace = Text::default();
        let mut object = None;
        let mut old_object = None;
        object!(reader, {
            "uid" => uid = reader.text_or_empty()?,
            "kind" => kind = Some(ObjectKind::read(reader)?),
            "operation" => operation = Some(reader.text()?),
            "subResource" => subresource = reader.text_or_empty()?,
            "namespace" => namespace = reader.text_or_empty()?,
            // The policy server writes `kind` before `object`, so that one pass is enough; whoever
            // does not is served by a second one.
            "object" => object = Object::read(reader, kind)?,
            "oldObject" => old_object = Object::read(reader, kind)?,
        });
        let missing = |what| reader.error(ErrorKind::Expected(what));
        let kind = kind.ok_or_else(|| missing("a member \"kind\" in \"request\""))?;
        let operation =
            operation.ok_or_else(|| missing("a member \"operation\" in \"request\""))?;
        let (subject, object) = match object {
            Some(object) => object.judged_as(reader, kind)?,
            None => (Subject::Other, 0..0),
        };
        let old_subject = match old_object {
            Some(object) => Some(object.judged_as(reader, kind)?.0),
            None => None,
        };
        Ok(Self {
            uid,
            operation: match &*operation.decode() {
                "CREATE" => Operation::Create,
                "UPDATE" => Operation::Update,
                _ => Operation::Other,
            },
            subresource: !subresource.is_empty(),
            namespace,
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
    fn read(reader: &mut Reader<'a>, kind: Option<ObjectKind>) -> Result<Option<Self>, Error> {
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
        kind: ObjectKind,
    ) -> Result<(Subject<'a>, Range<usize>), Error> {
        let subject = match self.subject {
            Some(subject) => subject,
            None => Subject::read(&mut reader.fork(self.range.start), kind)?,
        };
        Ok((subject, self.range))
    }
}
