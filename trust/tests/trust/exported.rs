//! Deciding from the exported form, as the module does: a table of entries, and data that cannot be used.

use aws_pod_identity_json::{Reader, push_string};
use aws_pod_identity_trust::exported::{
    Decision as D, Exported, Invalid, MAX_ENTRY, Question, key,
};

const ARN: &str = "arn:aws:iam::111122223333:role/api";
const KEY: &str = "111122223333_api";
const HEADER: [(&str, &str); 4] = [
    ("format", "1"),
    ("issuer", "oidc.example.com"),
    ("time", "2026-11-27T00:00:00Z"),
    ("accounts", "444455556666 111122223333"),
];

fn data<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut data = "{".to_owned();
    for (key, value) in entries {
        if data.len() > 1 {
            data.push(',');
        }
        push_string(&mut data, key);
        data.push(':');
        push_string(&mut data, value);
    }
    data + "}"
}

fn ask(data: &str, role_arn: &str, audience: &str) -> Result<D, Invalid> {
    let keys: Vec<String> = key(role_arn).into_iter().collect();
    let exported = Exported::read(&mut Reader::new(data.as_bytes()), &keys).unwrap();
    exported.decide(&Question { role_arn, subject: "system:serviceaccount:shop:api", audience })
}

#[track_caller]
fn check(rules: &str, audience: &str, expected: &D) {
    let entry = format!("{ARN}{rules}");
    let data = data(HEADER.into_iter().chain([(KEY, &*entry)]));
    assert_eq!(ask(&data, ARN, audience).as_ref(), Ok(expected), "{rules}");
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_request_is_allowed_if_a_rule_allows_it_and_none_denies_it() {
    let sts = "sts.amazonaws.com";
    let subject = |trusted: &[&str]| D::AnotherSubject { trusted: texts(trusted) };
    for (rules, audience, expected) in [
        ("", sts, D::NoTrust),
        ("; ", sts, D::NoTrust),
        ("; allow *", sts, D::Allowed),
        ("; allow system:serviceaccount:shop:api", sts, D::Allowed),
        ("; allow system:serviceaccount:shop:* for sts.amazonaws.com", sts, D::Allowed),
        ("; allow system:serviceaccount:shop:web,system:serviceaccount:shop:ap?", sts, D::Allowed),
        (
            "; allow system:serviceaccount:shop:web",
            sts,
            subject(&["system:serviceaccount:shop:web"]),
        ),
        (
            "; allow system:serviceaccount:a:b; maybe system:serviceaccount:c:*",
            sts,
            subject(&["system:serviceaccount:a:b", "system:serviceaccount:c:*"]),
        ),
        (
            "; allow * for vault,other",
            sts,
            D::AnotherAudience { accepted: texts(&["vault", "other"]) },
        ),
        ("; allow * for vault; allow x", sts, D::AnotherAudience { accepted: texts(&["vault"]) }),
        ("; maybe *", sts, D::Unknown),
        ("; maybe *; allow *", sts, D::Allowed),
        ("; allow *; deny system:serviceaccount:shop:*", sts, D::Denied),
        ("; deny *; maybe *", sts, D::Denied),
        ("; allow *; deny * for vault", sts, D::Allowed),
        ("; allow *; deny * for vault", "vault", D::Denied),
        // A character that is not ASCII has more than one byte, and `?` stands for one.
        ("; allow * for ?", "é", D::Unknown),
        ("; allow *; deny * for ?", "é", D::Unknown),
        ("; allow *", "é", D::Allowed),
        // Of a later version.
        ("; forbid *", sts, D::Unknown),
        ("; allow * from here", sts, D::Unknown),
        ("; allow", sts, subject(&[""])),
    ] {
        check(rules, audience, &expected);
    }
}

#[test]
fn missing_roles_are_distinguished_from_accounts_that_are_not_covered() {
    let entry = "arn:aws:iam::111122223333:role/eks/a+b; allow * | arn:aws:iam::111122223333:role/a=b; allow *";
    let data = data(HEADER.into_iter().chain([("111122223333_a_b", entry)]));
    let missing = |similar: Option<&str>| D::RoleMissing { similar: similar.map(str::to_owned) };
    for (arn, expected) in [
        ("arn:aws:iam::111122223333:role/a=b", D::Allowed),
        ("arn:aws:iam::111122223333:role/eks/a+b", D::Allowed),
        ("arn:aws:iam::111122223333:role/A=b", D::Unknown),
        (
            "arn:aws:iam::111122223333:role/a+b",
            missing(Some("arn:aws:iam::111122223333:role/eks/a+b")),
        ),
        ("arn:aws:iam::111122223333:role/a,b", missing(None)),
        ("arn:aws:iam::444455556666:role/a=b", missing(None)),
        ("arn:aws:iam::777788889999:role/a=b", D::NotCovered),
        ("api", D::NotCovered),
        ("", D::NotCovered),
    ] {
        assert_eq!(ask(&data, arn, "sts.amazonaws.com"), Ok(expected), "{arn}");
    }
}

#[test]
fn roles_of_another_sts_are_not_covered() {
    let header = HEADER.map(|(key, value)| (key, if key == "accounts" { "" } else { value }));
    for data in [data(HEADER), data(header)] {
        for arn in ["arn:minio:iam:::role/api", "arn:aws:iam::acme:role/api"] {
            assert_eq!(ask(&data, arn, "sts.amazonaws.com"), Ok(D::NotCovered), "{arn} {data}");
        }
    }
}

#[test]
fn several_roles_are_read_in_one_pass() {
    let arns = ["c", "a", "b"].map(|name| format!("arn:aws:iam::111122223333:role/{name}"));
    let entries = [("111122223333_a", &arns[1]), ("111122223333_c", &arns[0])];
    let entries = entries.map(|(key, arn)| (key, format!("{arn}; allow *")));
    let unasked = [("111122223333_d", "; allow *")];
    let entries = entries.iter().map(|(key, entry)| (*key, &**entry));
    let data = data(HEADER.into_iter().chain(entries).chain(unasked));
    let keys: Vec<String> = arns.iter().filter_map(|arn| key(arn)).collect();
    let exported = Exported::read(&mut Reader::new(data.as_bytes()), &keys).unwrap();
    let decisions = arns.map(|role_arn| {
        exported.decide(&Question { role_arn: &role_arn, subject: "s", audience: "x" }).unwrap()
    });
    assert_eq!(decisions, [D::Allowed, D::Allowed, D::RoleMissing { similar: None }]);
}

#[test]
fn data_of_another_form_is_invalid() {
    for (removed, changed, expected) in [
        ("format", None, Invalid::Missing("format")),
        ("format", Some("2"), Invalid::Format),
        ("issuer", None, Invalid::Missing("issuer")),
        ("time", Some(""), Invalid::Missing("time")),
    ] {
        let others = HEADER.into_iter().filter(|(key, _)| *key != removed);
        let data = data(others.chain(changed.map(|value| (removed, value))));
        assert_eq!(ask(&data, ARN, "x"), Err(expected));
    }
    for text in ["", "[]", r#"{"format":1}"#, r#"{"format":"1""#] {
        assert!(Exported::read(&mut Reader::new(text.as_bytes()), &[]).is_err(), "{text}");
    }
}

#[test]
fn entries_that_are_too_long_are_not_evaluated() {
    let rule = "; allow *";
    let longest = format!("{ARN}{}{rule}", "; maybe x".repeat(2000));
    for (length, expected) in [(MAX_ENTRY, D::Allowed), (MAX_ENTRY + 1, D::Unknown)] {
        // The text before the rule is filled up with spaces, which separate nothing.
        let entry = format!("{ARN}{rule}");
        let entry = format!("{entry}{}", " ".repeat(length - entry.len()));
        let data = data(HEADER.into_iter().chain([(KEY, &*entry)]));
        assert_eq!(ask(&data, ARN, "x"), Ok(expected));
    }
    check(longest.strip_prefix(ARN).unwrap(), "x", &D::Unknown);
}

#[test]
fn keys_have_no_other_characters_than_a_config_map_allows() {
    for (arn, expected) in [
        (ARN, Some(KEY)),
        (
            "arn:aws-cn:iam::111122223333:role/team/A_b-c.d+e=f,g@h",
            Some("111122223333_a_b-c_d_e_f_g_h"),
        ),
        ("arn:aws:iam::111122223333:role/", None),
        ("arn:aws:iam::1111:role/api", None),
        ("arn:aws:iam::11112222333x:role/api", None),
        ("api", None),
    ] {
        assert_eq!(key(arn).as_deref(), expected, "{arn}");
    }
}

#[test]
fn the_issuer_and_the_time_are_read_from_the_header() {
    let data = data(HEADER);
    let exported = Exported::read(&mut Reader::new(data.as_bytes()), &[]).unwrap();
    assert_eq!(
        (&*exported.issuer(), &*exported.time()),
        ("oidc.example.com", "2026-11-27T00:00:00Z")
    );
}
