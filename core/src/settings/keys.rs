//! A macro for objects of settings, so that the list of the keys and the code that reads them are one.

/// A key of an object of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingKey {
    /// The key itself.
    pub name: &'static str,
    /// The keys of the objects in its value.
    pub below: &'static [SettingKey],
}

/// Defines for a type the keys of its object, in the order of the documentation, and `read_key`, which reads the member that
/// comes next. With `: Type` after a key, its value has objects of that type.
macro_rules! keys {
    ($type:ident {
        $($key:literal $(: $below:ident)? => |$settings:ident, $field:ident| $read:expr,)+
    }) => {
        impl<'a> $type<'a> {
            /// The keys with those below them, for tests. The module does not contain them.
            pub(crate) const KEYS: &'static [$crate::settings::SettingKey] = &[$(
                $crate::settings::SettingKey {
                    name: $key,
                    below: $crate::settings::keys::keys!(@below $($below)?),
                }
            ),+];

            /// Reads the value of the member that comes next.
            fn read_key(&mut self, field: &mut Field<'_, 'a>) -> Result<(), Error> {
                match field.key {
                    $($key => {
                        let ($settings, $field) = (self, field);
                        $read
                    })+
                    _ => field.unknown(&[$($key),+]),
                }
            }
        }
    };
    (@below) => { &[] };
    (@below $type:ident) => { $type::KEYS };
}

pub(super) use keys;
