//! Why a file cannot be used.

use std::fmt::{self, Display};

use crate::quoted::{Quoted, QuotedList};

/// Why a file cannot be used. Then no part of it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub kind: InputErrorKind,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputErrorKind {
    /// It is neither UTF-8 nor UTF-16.
    NotText,
    /// It has only whitespace.
    Empty,
    /// It is not JSON; the parser's message, with line and column.
    Json(String),
    /// JSON of another form; the keys that it has.
    Unrecognized(Vec<String>),
    /// A part of it does not have the form that the command writes.
    Shape {
        /// Where, as in `Roles[3]` or the address of a resource.
        at: String,
        /// The form that is expected there.
        expected: &'static str,
    },
}

impl Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        match &self.kind {
            InputErrorKind::NotText => f.write_str(
                "not text in UTF-8 or UTF-16; for a plan of Terraform, write the output of `terraform show -json`",
            ),
            InputErrorKind::Empty => f.write_str("the file is empty"),
            InputErrorKind::Json(why) => {
                write!(f, "not JSON: {why}; run the AWS CLI with `--output json`")
            }
            InputErrorKind::Unrecognized(keys) => {
                if keys.is_empty() {
                    f.write_str("unknown format")?;
                } else {
                    write!(f, "unknown format: an object with {}", QuotedList(keys))?;
                }
                f.write_str(
                    "; expected the JSON of `aws iam list-roles`, `aws iam get-role`, `aws iam \
                     get-account-authorization-details --filter Role`, `terraform show -json`, `aws iam \
                     get-open-id-connect-provider`, `aws iam list-open-id-connect-providers`, or `aws eks \
                     list-pod-identity-associations`",
                )
            }
            InputErrorKind::Shape { at, expected } => {
                write!(f, "{} is not {expected}", Quoted(at))
            }
        }
    }
}

impl std::error::Error for InputError {}

impl InputErrorKind {
    pub(super) fn shape(at: impl Into<String>, expected: &'static str) -> Self {
        Self::Shape { at: at.into(), expected }
    }
}
