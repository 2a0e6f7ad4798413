//! Reading an object of which some members are needed.

use super::error::{ErrorKind, Result};
use super::keys::KeyTable;
use super::reader::{InsertionPoint, OBJECT, Progress, Reader};

/// The position in an object of which some members are needed.
#[derive(Clone, Debug)]
pub struct Members<'k> {
    keys: &'k KeyTable<'k>,
    /// A bit for each of the keys.
    seen: u32,
    current: usize,
    progress: Progress,
}

impl<'k> Members<'k> {
    /// At the start of an object of which these members are needed.
    pub fn named(keys: &'k KeyTable<'k>) -> Self {
        Self { keys, seen: 0, current: usize::MAX, progress: Progress::default() }
    }

    /// The number of the member, in the order of the keys, whose value comes next; no key has the number at the
    /// end of the object.
    pub fn current(&self) -> usize {
        self.current
    }

    /// Where a member can be added, at the end of the object.
    pub fn end(&self) -> InsertionPoint {
        self.progress.end
    }
}

impl Reader<'_> {
    /// Goes on to the next member that is needed, and skips the others. `members` says which one it is. Its value must
    /// be read or skipped before the next call. A second definition of a needed member is an error, because readers of
    /// JSON disagree about which of them is used. [`object!`](crate::object) is the readable way to write it.
    // The loop is compiled once for all objects, and calls no function through a pointer: the engine resolves each such
    // pointer once for each instance.
    pub fn next_member(&mut self, members: &mut Members<'_>) -> Result<()> {
        loop {
            let number = match self.plain_key(&mut members.progress) {
                Some((key, first)) => members.keys.position_of(key, first),
                None if self.another(&mut members.progress, &OBJECT)? => {
                    members.keys.position_of_string(self.key()?)
                }
                None => {
                    members.current = usize::MAX;
                    return Ok(());
                }
            };
            if let Some(number) = number {
                let bit = 1_u32.wrapping_shl(u32::try_from(number).unwrap_or_default());
                if members.seen & bit != 0 {
                    return Err(self.error(ErrorKind::Duplicate));
                }
                members.seen |= bit;
                members.current = number;
                return Ok(());
            }
            self.skip()?;
        }
    }
}

/// Reads an object. For each member that is named, evaluates the expression after its name, which must read or skip the
/// value. Returns the [`InsertionPoint`](crate::InsertionPoint) where a member can be added. The other members are
/// skipped. A second definition of a named member is an error.
///
/// An error leaves the function around it, as `?` does. In the expression after a name, the reader is at the value. More
/// than 32 members do not compile.
///
/// ```
/// use aws_pod_identity_json::{Error, Reader, RawString, object};
///
/// fn name_of(reader: &mut Reader<'_>) -> Result<String, Error> {
///     let mut name = RawString::default();
///     object!(reader, {
///         "name" => name = reader.text_or_empty()?,
///     });
///     Ok(name.decode().into_owned())
/// }
///
/// let mut reader = Reader::new(br#"{"image": "api:1", "name": "api"}"#);
/// assert_eq!(name_of(&mut reader), Ok("api".to_owned()));
/// ```
#[macro_export]
macro_rules! object {
    ($reader:ident, { $($key:expr => $read:expr),+ $(,)? }) => {{
        const KEYS: &$crate::KeyTable<'static> = &$crate::KeyTable::of(&[$($key),+]);
        let mut members = $crate::Members::named(KEYS);
        loop {
            $reader.next_member(&mut members)?;
            let mut number = 0;
            $(
                if members.current() == number {
                    $read;
                    continue;
                }
                number += 1;
            )+
            let _ = number;
            break members.end();
        }
    }};
}

/// Reads an object as [`object!`](crate::object) does, or `null` instead of it; returns the
/// [`InsertionPoint`](crate::InsertionPoint), if there is an object.
#[macro_export]
macro_rules! object_or_null {
    ($reader:ident, $members:tt) => {
        if $reader.null()? { None } else { Some($crate::object!($reader, $members)) }
    };
}
