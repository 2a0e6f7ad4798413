//! The parts of a URI that checks look at (RFC 3986).

use std::net::{IpAddr, Ipv6Addr};

/// A URI with an authority.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uri<'u> {
    /// As it is written; case does not matter.
    scheme: &'u str,
    /// Without user, port and brackets. Empty where it is not certain: with a `/` in a password, what looks like the host is
    /// the user, and what follows the password.
    pub(crate) host: &'u str,
}

impl<'u> Uri<'u> {
    pub(crate) fn parse(text: &'u str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        if rest.get(authority.len()..)?.contains('@') {
            return Some(Self { scheme, host: "" });
        }
        let host = authority.rsplit('@').next()?;
        let host = match host.strip_prefix('[') {
            Some(six) => six.split(']').next()?,
            None => host.split(':').next()?,
        };
        Some(Self { scheme, host })
    }

    pub(crate) fn is_http(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http")
    }
}

/// Whether the host is an address other than that of the loopback interface. Resolvers take other texts of digits, too, such
/// as `2130706433` for 127.0.0.1, and an IPv6 address may stand for one of IPv4.
pub(crate) fn is_other_address(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V6(six)) => !six.to_canonical().is_loopback(),
        Ok(four) => !four.is_loopback(),
        Err(_) => false,
    }
}

/// Whether both are the same address. IPv6 has several texts for one.
pub(crate) fn is_same_address(host: &str, other: &str) -> bool {
    host == other
        || (host.contains(':')
            && other.contains(':')
            && host.parse::<Ipv6Addr>().is_ok_and(|host| other.parse() == Ok(host)))
}

/// Whether the host is the loopback interface, by address or by the name `localhost`.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || (host.starts_with("127.")
            && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
        || is_same_address(host, "::1")
}

#[cfg(test)]
mod tests {
    use super::{Uri, is_loopback, is_other_address, is_same_address};

    #[test]
    fn loopback_hosts_have_several_names() {
        for (uri, host, loopback, address) in [
            ("http://localhost/creds", "localhost", true, false),
            ("HTTP://LocalHost/creds", "LocalHost", true, false),
            ("http://127.0.0.1:8080", "127.0.0.1", true, false),
            ("http://127.8.8.8?x", "127.8.8.8", true, false),
            ("http://127.1", "127.1", true, false),
            ("http://[::1]:80/creds", "::1", true, false),
            ("http://[0:0:0:0::1]:80/creds", "0:0:0:0::1", true, false),
            ("http://[::ffff:127.0.0.1]/creds", "::ffff:127.0.0.1", false, false),
            ("http://[::ffff:10.0.0.7]/creds", "::ffff:10.0.0.7", false, true),
            ("http://2130706433/creds", "2130706433", false, false),
            ("http://10.7/creds", "10.7", false, false),
            ("http://[fe80::1%25eth0]/creds", "fe80::1%25eth0", false, false),
            ("http://[fd00:ec2::23]/v1", "fd00:ec2::23", false, true),
            ("http://user:secret@10.0.0.7/", "10.0.0.7", false, true),
            ("http://127.example.com/", "127.example.com", false, false),
        ] {
            let found = Uri::parse(uri).filter(Uri::is_http).map(|uri| uri.host);
            assert_eq!(found, Some(host), "{uri}");
            assert_eq!(is_loopback(host), loopback, "{uri}");
            assert_eq!(is_other_address(host), address, "{uri}");
        }
        for uri in ["https://127.0.0.1/", "HTTPS://127.0.0.1/", "127.0.0.1", ""] {
            assert!(Uri::parse(uri).is_none_or(|uri| !uri.is_http()), "{uri}");
        }
    }

    #[test]
    fn the_user_is_not_the_host() {
        for (uri, host) in [
            ("http://user:pa/ss@host/", ""),
            ("http://user:pa?ss@host/", ""),
            ("http://user:p@ss@host/", "host"),
        ] {
            assert_eq!(Uri::parse(uri).map(|uri| uri.host), Some(host), "{uri}");
        }
    }

    #[test]
    fn ipv6_addresses_have_several_texts() {
        for (one, other, expected) in [
            ("FD00:EC2::23", "fd00:ec2::23", true),
            ("fd00:0ec2:0:0:0:0:0:0023", "fd00:ec2::23", true),
            ("fd00:ec2::24", "fd00:ec2::23", false),
            ("not:an:address", "fd00:ec2::23", false),
            ("169.254.170.23", "169.254.170.23", true),
            ("169.254.170.2", "169.254.170.23", false),
        ] {
            assert_eq!(is_same_address(one, other), expected, "{one} {other}");
        }
    }
}
