//! How reading an object is written.

/// Reads an object, and does with the value of each member named what is said behind its name, which has to
/// read or skip it; gives the [`Place`](crate::Place) where a member can be added. The other members are read
/// past, and a second definition of a member named is refused.
///
/// An error leaves the function around it, as `?` does. In what is said behind a name, the reader is the same
/// one, lent for that value. More than 32 members do not compile.
///
/// ```
/// use aws_pod_identity_json::{Error, Reader, Text, object};
///
/// fn name_of(reader: &mut Reader<'_>) -> Result<String, Error> {
///     let mut name = Text::default();
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
        const { assert!([$(stringify!($key)),+].len() <= 32) };
        $reader.object(&[$($key),+], &mut |$reader, member| {
            let mut number = 0;
            $(
                if member == number {
                    $read;
                    return Ok(());
                }
                number += 1;
            )+
            let _ = number;
            Ok(())
        })?
    }};
}
