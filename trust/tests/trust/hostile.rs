//! Documents that are large, deep or nonsense end in an error that names the role, without a stack overflow. Times are
//! not measured: what is quadratic at these sizes does not end.

use aws_pod_identity_trust::{Listing, Outcome, Unknown, WebIdentity};

const ARN: &str = "arn:aws:iam::111122223333:role/api";

/// What is reported for a role with that document.
fn problem(document: &str) -> String {
    let roles = format!(r#"{{"Roles":[{{"Arn":"{ARN}","AssumeRolePolicyDocument":{document}}}]}}"#);
    let mut listing = Listing::default();
    listing.add("roles.json", roles.as_bytes()).unwrap();
    let pod = WebIdentity::new("oidc.example.com", "shop", "api", "sts.amazonaws.com");
    let outcome = listing.check(ARN, &pod);
    assert!(matches!(outcome, Outcome::Unknown(Unknown::Unreadable(_))), "{outcome:?}");
    let mut problems = listing.problems();
    let problem = problems.next().unwrap();
    let rest = problem.strip_prefix(&format!("roles.json: role {ARN}: its trust policy ")).unwrap();
    rest.to_owned()
}

#[test]
fn large_documents_are_refused() {
    let megabytes = "x".repeat(10 * 1024 * 1024);
    assert!(
        problem(&format!("\"{megabytes}\"")).starts_with("has 10485762 bytes; the limit is 262144")
    );
    assert!(problem(&format!("{{\"Id\":\"{megabytes}\"}}")).starts_with("has 10485769 bytes"));
    let statements = vec![r#"{"Effect":"Allow"}"#; 100_000].join(",");
    assert!(problem(&format!(r#"{{"Statement":[{statements}]}}"#)).starts_with("has "));
}

#[test]
fn deep_documents_are_refused() {
    for depth in [200, 100_000] {
        for (open, close) in [("[", "]"), (r#"{"Statement":"#, "}")] {
            let document = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let problem = problem(&document);
            assert!(
                problem.starts_with("is not JSON: recursion limit") || problem.starts_with("has "),
                "{problem}"
            );
        }
    }
}

#[test]
fn deep_nesting_in_members_that_are_not_read_is_skipped() {
    let depth = 300_000;
    let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let roles = format!(r#"{{"Extra":{deep},"Roles":[]}}"#);
    Listing::default().add("roles.json", roles.as_bytes()).unwrap();
    let error = Listing::default().add("roles.json", deep.as_bytes()).unwrap_err();
    assert!(error.to_string().starts_with("roles.json: unknown format"), "{error}");
    let modules = format!(
        r#"{{"values":{{"root_module":{}{}}}}}"#,
        r#"{"child_modules":["#.repeat(depth),
        "]}".repeat(depth)
    );
    let error = Listing::default().add("roles.json", modules.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("is not Terraform's values representation"), "{error}");
}

#[test]
fn a_role_without_a_document_is_reported() {
    let roles = format!(r#"{{"Roles":[{{"Arn":"{ARN}","AssumeRolePolicyDocument":null}}]}}"#);
    let mut listing = Listing::default();
    listing.add("roles.json", roles.as_bytes()).unwrap();
    let expected = format!("roles.json: role {ARN}: it has no trust policy document");
    assert_eq!(listing.problems().collect::<Vec<_>>(), [expected]);
}

#[test]
fn a_document_that_is_encoded_twice_is_refused() {
    assert_eq!(
        problem(r#""%257B%2522Version%2522%253A1%257D""#),
        "is URL-encoded twice; decode it once"
    );
    assert!(problem(r#""\"{}\"""#).starts_with("is a policy encoded as a JSON string"));
    assert!(problem(r#""%7B%""#).starts_with("starts as URL-encoded text"));
}

#[test]
fn wrong_types_are_refused() {
    for document in [
        "true",
        "[]",
        "{}",
        r#"{"Statement":null}"#,
        r#"{"Statement":[[]]}"#,
        r#"{"Version":2012,"Statement":[]}"#,
        r#"{"Statement":{"Effect":true,"Action":"a","Principal":"*"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":{},"Principal":"*"}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"a","Principal":["*"]}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"a","Principal":{"AWS":{"a":1}}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"a","Principal":"*","Condition":[]}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"a","Principal":"*","Condition":{"StringEquals":"x"}}}"#,
        r#"{"Statement":{"Effect":"Allow","Action":"a","Principal":"*","Condition":{"StringEquals":{"k":null}}}}"#,
    ] {
        let problem = problem(document);
        assert!(problem.starts_with("is "), "{document}: {problem}");
    }
}

#[test]
fn patterns_that_backtrack_get_an_answer() {
    let pattern = "*a".repeat(50_000);
    let values = vec![format!("\"{}\"", &pattern[..2_000]); 100].join(",");
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:*",
            "Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.example.com"}},
            "Condition":{{"StringLike":{{"oidc.example.com:sub":[{values}]}}}}}}]}}"#
    );
    let roles = format!(r#"{{"Roles":[{{"Arn":"{ARN}","AssumeRolePolicyDocument":{policy}}}]}}"#);
    let mut listing = Listing::default();
    listing.add("roles.json", roles.as_bytes()).unwrap();
    let pod = WebIdentity::new("oidc.example.com", &"a".repeat(63), &"a".repeat(253), "x");
    assert!(matches!(listing.check(ARN, &pod), Outcome::No(_)));
}
