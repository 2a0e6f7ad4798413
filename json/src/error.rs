//! Why a document cannot be read.

use std::fmt::{self, Display};

use super::kind::Kind;

pub(super) type Result<T> = std::result::Result<T, Error>;

/// Where and why a document could not be read.
// In a box, so that the result of each method fits into a register. Without it, the module is 4 % larger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<(ErrorKind, usize)>);

impl Error {
    pub(super) fn new(kind: ErrorKind, at: usize) -> Self {
        Self(Box::new((kind, at)))
    }

    /// What is wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.0
    }

    /// Offset in the document, bytes.
    pub fn at(&self) -> usize {
        self.0.1
    }
}

/// What is wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The document ends inside a value.
    End,
    /// The document has something else than this.
    Expected(Expected),
    /// An object lacks a required member: its key, and the name of the object if there is one.
    Missing(&'static str),
    /// A string has an escape that JSON does not know, a lone surrogate or a raw control character.
    String,
    /// A number is not written as JSON writes numbers.
    Number,
    /// Values are nested more deeply than [`Reader::check`](crate::Reader::check) follows.
    Depth,
    /// An object has a member twice.
    Duplicate,
    /// The document is not UTF-8.
    Utf8,
}

/// What the document must have at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A value of that kind.
    Kind(Kind),
    /// A value of any kind.
    Value,
    /// The colon after a key.
    Colon,
    /// Another member, or the end of the object.
    MemberOrEnd,
    /// Another element, or the end of the list.
    ElementOrEnd,
    /// Nothing more.
    End,
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind(), self.at())
    }
}

impl Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::End => "it ends too early",
            Self::Expected(expected) => return write!(f, "expected {expected}"),
            Self::Missing(member) => return write!(f, "expected a member {member}"),
            Self::String => "a string has an invalid escape or a control character",
            Self::Number => "a number is malformed",
            Self::Depth => "values are nested too deeply",
            Self::Duplicate => "a member is defined twice",
            Self::Utf8 => "it is not UTF-8",
        })
    }
}

impl Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kind(kind) => kind.describe(),
            Self::Value => "a value",
            Self::Colon => "':'",
            Self::MemberOrEnd => "',' or '}'",
            Self::ElementOrEnd => "',' or ']'",
            Self::End => "the end",
        })
    }
}

impl std::error::Error for Error {}
