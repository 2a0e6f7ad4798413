//! The parts of a URI that checks read (RFC 3986).

use std::fmt::{self, Display};
use std::net::{IpAddr, Ipv6Addr};

/// A URI with an authority.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uri<'u> {
    /// As it is written; case does not matter.
    scheme: &'u str,
    /// Without user, port and brackets. Empty if it is not certain: if a password contains a `/`, the text before the
    /// `/` is not the host.
    pub(crate) host: &'u str,
    /// The text after the host in the authority: empty, a colon and a port, or invalid text.
    after_host: &'u str,
}

/// Why a text is not a URL of a scheme (http or https), a host, a port and a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlError {
    /// It has an `@`, which ends a user name and a password. Messages do not show the URL.
    Credentials,
    Scheme,
    Host,
    Port,
    /// It has a character that is not part of these, or has to be escaped.
    Character,
}

impl Display for UrlError {
    /// What is wrong. It follows the URL, or the name of what contains the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Credentials => "has an '@', which is for credentials",
            // Kubernetes could replace a part of a URL with a `$`.
            _ => "is not an http or https URL of a host, a port and a path, without '$'",
        })
    }
}

impl<'u> Uri<'u> {
    pub(crate) fn parse(text: &'u str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        if rest.get(authority.len()..)?.contains('@') {
            return Some(Self { scheme, host: "", after_host: "" });
        }
        let after_user = authority.rsplit('@').next()?;
        let (host, after_host) = match after_user.strip_prefix('[') {
            Some(six) => six.split_once(']').unwrap_or((six, after_user)),
            None => after_user.split_at(after_user.find(':').unwrap_or(after_user.len())),
        };
        Some(Self { scheme, host, after_host })
    }

    /// Checks that a text is a URL of a scheme, a host, a port and a path.
    pub(crate) fn check_url(text: &str) -> Result<(), UrlError> {
        if text.contains('@') {
            return Err(UrlError::Credentials);
        }
        let uri = Uri::parse(text).filter(Uri::is_web).ok_or(UrlError::Scheme)?;
        let is_port = |port: &str| {
            (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_allowed = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'-' | b'.' | b'_' | b':' | b'/' | b'~' | b'%' | b'[' | b']')
        };
        if !uri.host.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
            return Err(UrlError::Host);
        }
        if !uri.after_host.is_empty() && !uri.after_host.strip_prefix(':').is_some_and(is_port) {
            return Err(UrlError::Port);
        }
        if text.bytes().all(is_allowed) { Ok(()) } else { Err(UrlError::Character) }
    }

    pub(crate) fn is_http(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http")
    }

    /// Whether it is an http or https URI.
    pub(crate) fn is_web(&self) -> bool {
        self.is_http() || self.scheme.eq_ignore_ascii_case("https")
    }
}

/// Whether the host is certainly an address other than a loopback address. Resolvers accept other numbers, too, such as
/// `2130706433` for 127.0.0.1, and an IPv6 address can contain one of IPv4.
pub(crate) fn is_other_address(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V6(six)) => !six.to_canonical().is_loopback(),
        Ok(four) => !four.is_loopback(),
        Err(_) => false,
    }
}

/// Whether both are the same address. An IPv6 address has several texts.
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
    use super::{Uri, UrlError, is_loopback, is_other_address, is_same_address};

    #[test]
    fn a_url_without_a_host_or_with_credentials_is_refused() {
        use UrlError::{Character, Credentials, Host, Port, Scheme};
        for (url, expected) in [
            ("http://minio.storage.svc:9000", Ok(())),
            ("HTTPS://minio.example.com/", Ok(())),
            ("https://rgw.example.com/sts", Ok(())),
            ("https://[fd00::1]:8443", Ok(())),
            ("https://vpce-1-a.sts.eu-west-1.vpce.amazonaws.com", Ok(())),
            ("http://minio:65535", Ok(())),
            ("", Err(Scheme)),
            ("minio:9000", Err(Scheme)),
            ("s3://minio", Err(Scheme)),
            ("https://", Err(Host)),
            ("https:///sts", Err(Host)),
            ("https://:9000", Err(Host)),
            ("https://[fd00::1", Err(Port)),
            ("https://[fd00::1]x", Err(Port)),
            ("https://minio:port", Err(Port)),
            ("https://minio:", Err(Port)),
            ("https://minio:123456", Err(Port)),
            ("https://$(HOST)", Err(Character)),
            ("https://minio/$$", Err(Character)),
            (" https://minio", Err(Scheme)),
            ("\"https://minio\"", Err(Scheme)),
            ("https://minio\"", Err(Character)),
            ("https://minio?x=1", Err(Character)),
            ("https://minio#x", Err(Character)),
            ("https://user:secret@minio", Err(Credentials)),
            ("https://minio/@x", Err(Credentials)),
        ] {
            assert_eq!(Uri::check_url(url), expected, "{url}");
        }
    }

    #[test]
    fn every_name_of_loopback_is_recognized() {
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
    fn credentials_in_a_uri_are_not_taken_as_the_host() {
        for (uri, host) in [
            ("http://user:pa/ss@host/", ""),
            ("http://user:pa?ss@host/", ""),
            ("http://user:p@ss@host/", "host"),
        ] {
            assert_eq!(Uri::parse(uri).map(|uri| uri.host), Some(host), "{uri}");
        }
    }

    #[test]
    fn every_form_of_an_ipv6_address_is_the_same_address() {
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
