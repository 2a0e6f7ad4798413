//! A member of an object that elements or members can be added to.

use std::ops::Range;

use super::error::Result;
use super::raw_string::RawString;
use super::reader::{InsertionPoint, Reader};

/// An array or an object that is a member of an object: where additions to it go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Collection {
    /// There is no such member.
    #[default]
    Absent,
    /// The member is there and its value is `null`, at these bytes.
    Null(Range<usize>),
    /// The member is there; additions go to this point.
    Present(InsertionPoint),
}

impl Collection {
    /// Reads an array, or `null` instead of it. `element` is called for each element and must read or skip it.
    pub fn array<'a>(
        reader: &mut Reader<'a>,
        element: impl FnMut(&mut Reader<'a>) -> Result<()>,
    ) -> Result<Self> {
        match Self::null(reader)? {
            Some(null) => Ok(null),
            None => reader.array(element).map(Self::Present),
        }
    }

    /// Reads an object, or `null` instead of it. `member` is called with each key and must read or skip the value.
    pub fn members<'a>(
        reader: &mut Reader<'a>,
        member: impl FnMut(&mut Reader<'a>, RawString<'a>) -> Result<()>,
    ) -> Result<Self> {
        match Self::null(reader)? {
            Some(null) => Ok(null),
            None => reader.members(member).map(Self::Present),
        }
    }

    fn null(reader: &mut Reader<'_>) -> Result<Option<Self>> {
        if !reader.null()? {
            return Ok(None);
        }
        let end = reader.position();
        Ok(Some(Self::Null(end - "null".len()..end)))
    }
}
