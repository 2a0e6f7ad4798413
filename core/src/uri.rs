//! The parts of a URI that checks look at (RFC 3986).

/// A URI with an authority.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uri<'u> {
    /// As it is written; case does not matter.
    pub(crate) scheme: &'u str,
    /// Without user, port and brackets.
    pub(crate) host: &'u str,
}

impl<'u> Uri<'u> {
    pub(crate) fn parse(text: &'u str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let host = authority.rsplit('@').next()?;
        let host = match host.strip_prefix('[') {
            Some(six) => six.split(']').next()?,
            None => host.split(':').next()?,
        };
        Some(Self { scheme, host })
    }
}
