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
//!
//! Each module uses only modules before it in this list, which a test verifies (`tests/repository/module_order.rs`):
//!
//! 1. `bytes`: comparing bytes
//! 2. `block`: many bytes at a time, by SIMD instructions
//! 3. `raw_string`: a string that is not decoded yet
//! 4. `kind`: the kinds of values
//! 5. `error`: why a document cannot be read
//! 6. `keys`: the keys that a reader of an object looks for
//! 7. `reader`: the reader, with positions
//! 8. `string`: reading a string
//! 9. `number`: reading a number
//! 10. `skip`: reading past a value
//! 11. `check`: checking a document that people write
//! 12. `collection`: a list or an object that can get elements or members
//! 13. `object`: the members of an object by their keys
//! 14. `write`: writing members and strings
//! 15. [`search`]: the other loops over texts

#![forbid(unsafe_code)]

mod block;
mod bytes;
mod check;
mod collection;
mod error;
mod keys;
mod kind;
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
pub use kind::Kind;
pub use object::Members;
pub use raw_string::RawString;
pub use reader::{InsertionPoint, Reader};

pub use write::{push_member, push_string};
