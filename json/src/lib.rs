//! JSON as text: read once with positions, and edited in place.
//!
//! `serde_json` gives the position of a value only by scanning it twice (`RawValue`), and derived readers are most of
//! the bytes of a small module. Most of the work of the policy is reading requests and editing pods, so it has a custom
//! reader: it needs one pass, allocates nothing for values that no check reads, and returns the [`InsertionPoint`] of
//! each object and array where a member can be appended. It rejects a second definition of a member that is read.
//!
//! How strictly a value is checked depends on who wrote it:
//!
//! * Values that are read must be valid JSON.
//! * [`Reader::skip`] skips values that no check reads. It checks strings, brackets and UTF-8, so that it finds the end of
//!   the value, and the answer is valid UTF-8. It does not check commas, because the serializer of the policy server has
//!   written the payload.
//! * [`Reader::check`] is for documents that people write: it accepts exactly those that `serde_json` accepts (tests compare
//!   both), except for numbers, whose digits are never interpreted and so have no range, and for nesting, whose limit counts
//!   from the value that is checked.
//!
//! It is a separate crate because most of the time of a request is spent in its loops, and because it is independent of
//! Kubernetes.
//!
//! Each module uses only modules before it in this list, which a test verifies (`tests/repository/module_order.rs`):
//!
//! 1. `bytes`: comparing bytes
//! 2. `block`: searching blocks of bytes, with SIMD instructions
//! 3. `raw_string`: a string that is not decoded yet
//! 4. `kind`: the kinds of values
//! 5. `error`: why a document cannot be read
//! 6. `keys`: the keys that a reader of an object looks for
//! 7. `reader`: the reader, with positions
//! 8. `string`: reading a string
//! 9. `number`: reading a number
//! 10. `skip`: skipping a value that no check reads
//! 11. `check`: checking a document that people write
//! 12. `collection`: a list or an object that can get elements or members
//! 13. `object`: the members of an object by their keys
//! 14. `write`: writing members and strings
//! 15. [`search`]: searching short texts

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
pub use keys::KeyTable;
pub use kind::Kind;
pub use object::Members;
pub use raw_string::RawString;
pub use reader::{InsertionPoint, Reader};

pub use write::{push_member, push_string};
