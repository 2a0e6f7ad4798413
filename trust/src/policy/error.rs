//! Why a document is not a trust policy.

use std::fmt::{self, Display};

use crate::quoted::Quoted;

/// IAM stores trust policies of 4,096 characters at most, not counting whitespace ("IAM and AWS STS quotas"); URL
/// encoding and indentation multiply that. Bytes.
pub(super) const MAX_BYTES: usize = 256 * 1024;

/// Why a document is not a trust policy. The message follows the role's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// There is no document.
    Absent,
    /// It is longer than any policy that IAM stores; bytes.
    TooLong(usize),
    /// It starts with a URL escape and is not URL-encoded text.
    UrlEncoding,
    /// It was URL-encoded twice.
    EncodedTwice,
    /// It is a JSON string with a policy, which was encoded as JSON twice.
    TextInText,
    /// It is not JSON; the parser's message, with line and column.
    Json(String),
    /// An object has a key twice; readers of JSON disagree about which one they use.
    Duplicate(String),
    /// A version that IAM does not have.
    Version(String),
    /// An element is missing.
    Missing {
        /// Where: `the policy` or `statement 2`.
        at: String,
        /// What, as in `Principal`.
        element: &'static str,
    },
    /// An element has the wrong type.
    Type {
        /// Where: `the policy`, `statement 2` or an element of it.
        at: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// An effect other than `Allow` and `Deny`.
    Effect {
        /// The statement.
        at: String,
        /// The value.
        found: String,
    },
}

impl Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("it has no trust policy document"),
            Self::TooLong(bytes) => write!(
                f,
                "its trust policy has {bytes} bytes; the limit is {MAX_BYTES}, far above what IAM stores"
            ),
            Self::UrlEncoding => {
                f.write_str("its trust policy starts as URL-encoded text and has an invalid escape")
            }
            Self::EncodedTwice => {
                f.write_str("its trust policy is URL-encoded twice; decode it once")
            }
            Self::TextInText => f.write_str(
                "its trust policy is a policy encoded as a JSON string; remove one level of JSON encoding",
            ),
            Self::Json(why) => write!(f, "its trust policy is not JSON: {why}"),
            Self::Duplicate(key) => write!(
                f,
                "its trust policy has the key {} twice in one object; merge the two",
                Quoted(key)
            ),
            Self::Version(version) => write!(
                f,
                "its trust policy has the version {}; valid versions are \"2012-10-17\" and \"2008-10-17\"",
                Quoted(version)
            ),
            Self::Missing { at, element } => {
                write!(f, "its trust policy is incomplete: {at} has no {element}")
            }
            Self::Type { at, expected, found } => {
                write!(f, "its trust policy is malformed: {at} is {found} instead of {expected}")
            }
            Self::Effect { at, found } => write!(
                f,
                "its trust policy is malformed: {at} has the effect {}; valid effects are \"Allow\" and \"Deny\"",
                Quoted(found)
            ),
        }
    }
}

impl std::error::Error for PolicyError {}
