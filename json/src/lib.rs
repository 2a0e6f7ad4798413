//! JSON as text: read once with positions, and edited in place.
//!
//! `serde_json` gives the position of a value only by scanning it twice (`RawValue`), and derived readers are most of the
//! bytes of a small module. Reading requests and editing pods is most of what the policy does, so it has a custom reader: one
//! pass, no allocation for what no check reads, and every object and array hands back the [`InsertionPoint`] where a member
//! can be appended. It refuses a second definition of a member that is read.
//!
//! How much care a value gets depends on who wrote it:
//!
//! * What is read is read as JSON defines it.
//! * [`Reader::skip`] reads past what no check reads. Strings, brackets and UTF-8 are checked, so that what follows is found
//!   and what is copied is text. Commas are not checked: the serializer of the policy server has just written the payload.
//! * [`Reader::check`] is for documents that people write: it accepts exactly those that `serde_json` accepts (tests compare
//!   both), except for numbers, whose digits are never interpreted and so have no range, and for nesting, whose limit counts
//!   from the value that is checked.
//!
//! It is a separate crate because most of the time of a request is spent in its loops, and because it knows nothing of pods.
//! [`search`] has the other loops over texts.

#![forbid(unsafe_code)]

mod block;
mod bytes;
mod check;
mod collection;
mod error;
mod keys;
mod number;
mod object;
mod raw_string;
mod reader;
pub mod search;
mod skip;
mod string;
mod write;

pub use collection::Collection;
pub use error::{Error, ErrorKind, Expected};
pub use keys::Keys;
pub use object::Members;
pub use raw_string::RawString;
pub use reader::{InsertionPoint, Kind, Reader};

pub use write::{push_member, push_string};
