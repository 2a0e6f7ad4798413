//! JSON as text: read once with positions, edited in place, never rebuilt.
//!
//! `serde_json` cannot say where in the text a value stands except by scanning it twice (`RawValue`),
//! and derived readers are most of a small module's bytes. Reading requests and editing pods is what
//! this product is, so it has a reader of its own: one pass, no allocation for what no check reads, and
//! every object and array hands back the [`InsertionPoint`] where a member can be appended. It refuses a
//! second definition of a member that is read.
//!
//! How much care a value gets depends on who wrote it:
//!
//! * What is read is read as JSON says.
//! * [`Reader::skip`] reads past what no check reads. Its strings are strings, what it opens it closes, and it is
//!   UTF-8, so that what follows is found and what is copied is text. Whether all commas are in their places is not
//!   looked at: a payload was written by the policy server's serializer a moment before.
//! * [`Reader::check`] is for documents that people write: it accepts exactly those that `serde_json` accepts (tests
//!   hold the two against each other), but for numbers, whose digits are never interpreted and so have no range,
//!   and for nesting, whose limit counts from the value that is checked.
//!
//! A crate of its own because its loops are where a request's time goes: it is compiled for speed, and all
//! the rest for size. What else loops over texts is here too, in [`search`].

#![forbid(unsafe_code)]

mod block;
mod bytes;
mod check;
mod collection;
mod error;
mod keys;
mod object;
mod raw_string;
mod reader;
pub mod search;
mod skip;
mod write;

pub use collection::Collection;
pub use error::{Error, ErrorKind};
pub use keys::Keys;
pub use object::Members;
pub use raw_string::RawString;
pub use reader::{InsertionPoint, Kind, Reader};

pub use write::{push_member, push_string};
