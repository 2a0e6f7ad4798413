//! The rules of IAM as a table: actions, principals, conditions, effects, and EKS Pod Identity. Each row is a policy's
//! statements and the answer.
//!
//! Source: IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements: Action", "AWS JSON policy elements:
//! Principal", "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or values", "Set
//! operators for multivalued context keys", "IAM policy elements: Variables and tags"; Amazon EKS User Guide, "Create IAM
//! role with trust policy required by EKS Pod Identity". Operators one by one are in `src/evaluate/condition.rs`.

use aws_pod_identity_trust::policy::TrustPolicy;
use aws_pod_identity_trust::{
    ListedRoleArn, Outcome, PodIdentity, WebIdentity, pod_identity, web_identity,
};

const PROVIDER: &str = r#""Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.example.com""#;
const WEB: &str = r#""Action":"sts:AssumeRoleWithWebIdentity""#;

fn policy(version: &str, statements: &[String]) -> TrustPolicy {
    let text = format!(r#"{{"Version":"{version}","Statement":[{}]}}"#, statements.join(","));
    TrustPolicy::parse(&text).unwrap()
}

fn statement(effect: &str, action: &str, principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect":"{effect}",{action},"Principal":{{{principal}}},"Condition":{{{condition}}}}}"#
    )
}

fn short(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Yes => "yes",
        Outcome::No(_) => "no",
        Outcome::Unknown(_) => "unknown",
    }
}

#[track_caller]
fn check(statements: &[String], expected: &str) {
    check_version("2012-10-17", statements, expected);
}

#[track_caller]
fn check_version(version: &str, statements: &[String], expected: &str) {
    let role = ListedRoleArn::parse("arn:aws:iam::111122223333:role/api").unwrap();
    let pod = WebIdentity::new("https://oidc.example.com", "shop", "api", "sts.amazonaws.com");
    let outcome = web_identity(&policy(version, statements), Some(&role), &pod);
    assert_eq!(short(&outcome), expected, "{statements:?} {outcome:?}");
}

#[test]
fn a_statement_applies_to_the_actions_that_match() {
    for (action, expected) in [
        (r#""Action":"sts:AssumeRoleWithWebIdentity""#, "yes"),
        (r#""Action":"STS:ASSUMEROLEWITHWEBIDENTITY""#, "yes"),
        (r#""Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity"]"#, "yes"),
        (r#""Action":"sts:*""#, "yes"),
        (r#""Action":"sts:AssumeRoleWith???Identity""#, "yes"),
        (r#""Action":"*""#, "yes"),
        (r#""Action":"sts:AssumeRoleWithWebIdentity*""#, "yes"),
        (r#""Action":["${aws:x}","sts:*"]"#, "yes"),
        (r#""Action":"sts:AssumeRole""#, "no"),
        (r#""Action":"sts:AssumeRoleWithWebIdentity?""#, "no"),
        (r#""Action":"sts:${aws:x}""#, "unknown"),
        (r#""Action":"sts:AssumeRoleWith?Identity""#, "no"),
        (r#""Action":"iam:*""#, "no"),
        (r#""Action":[]"#, "no"),
        (r#""NotAction":"sts:AssumeRole""#, "yes"),
        (r#""NotAction":"iam:*""#, "yes"),
        (r#""NotAction":"STS:assumerolewithwebidentity""#, "no"),
        (r#""NotAction":"*""#, "no"),
        (r#""NotAction":["sts:AssumeRole","sts:assumerolewith*"]"#, "no"),
        (r#""Action":"sts:*","NotAction":"sts:AssumeRole""#, "unknown"),
    ] {
        check(&[statement("Allow", action, PROVIDER, "")], expected);
    }
}

#[test]
fn a_statement_applies_to_the_principals_that_match() {
    for (principal, allow, deny) in [
        (PROVIDER, "yes", "no"),
        (r#""AWS":"arn:aws:iam::111122223333:root""#, "no", "yes"),
        (r#""AWS":"*""#, "unknown", "no"),
        (r#""Federated":"*""#, "unknown", "unknown"),
        (r#""Service":"ec2.amazonaws.com""#, "no", "yes"),
        (r#""CanonicalUser":"0123""#, "unknown", "unknown"),
        (r#""Federated":"arn:aws:iam::111122223333:oidc-provider/*""#, "unknown", "unknown"),
        (
            r#""Federated":"arn:aws:iam::111122223333:oidc-provider/OIDC.example.com""#,
            "unknown",
            "unknown",
        ),
        (r#""Federated":"arn:aws:iam::444455556666:oidc-provider/oidc.example.com""#, "no", "yes"),
        (
            r#""Federated":"arn:aws-cn:iam::111122223333:oidc-provider/oidc.example.com""#,
            "no",
            "yes",
        ),
        (r#""Federated":"arn:aws:iam::111122223333:saml-provider/oidc.example.com""#, "no", "yes"),
        (r#""Federated":"cognito-identity.amazonaws.com""#, "no", "yes"),
        (r#""Federated":[]"#, "no", "yes"),
    ] {
        check(&[statement("Allow", WEB, principal, "")], allow);
        let allowed = statement("Allow", WEB, PROVIDER, "");
        check(&[allowed, statement("Deny", WEB, principal, "")], deny);
    }
    let everyone = r#"{"Effect":"Allow","Action":"sts:*","Principal":"*"}"#.to_owned();
    check(std::slice::from_ref(&everyone), "unknown");
    check(&[everyone, statement("Allow", WEB, PROVIDER, "")], "yes");
    let all_but = r#"{"Effect":"Allow","Action":"sts:*","NotPrincipal":{"AWS":"*"}}"#.to_owned();
    check(&[all_but], "unknown");
}

#[test]
fn a_statement_applies_if_all_conditions_hold() {
    const SUB: &str = r#""oidc.example.com:sub""#;
    for (condition, expected) in [
        // Keys under one operator, and operators, are combined with AND.
        (
            r#""StringEquals":{"SUB":"system:serviceaccount:shop:api","AUD":"sts.amazonaws.com"}"#,
            "yes",
        ),
        (r#""StringEquals":{"SUB":"system:serviceaccount:shop:api","AUD":"x"}"#, "no"),
        (r#""StringEquals":{"AUD":"sts.amazonaws.com"},"StringLike":{"SUB":"*:api"}"#, "yes"),
        (r#""StringEquals":{"AUD":"sts.amazonaws.com"},"StringLike":{"SUB":"*:web"}"#, "no"),
        (r#""StringLike":{"SUB":"*:api","oidc.example.com:amr":"*"}"#, "no"),
        // Values are compared in the case that they are written in, unless the operator says otherwise; names of keys are not.
        (r#""StringEquals":{"SUB":"system:serviceaccount:shop:API"}"#, "no"),
        (r#""StringLike":{"SUB":"*:API"}"#, "no"),
        (r#""StringNotEquals":{"SUB":"system:serviceaccount:shop:API"}"#, "yes"),
        (r#""StringEqualsIgnoreCase":{"SUB":"System:ServiceAccount:Shop:API"}"#, "yes"),
        (r#""StringNotEqualsIgnoreCase":{"SUB":"System:ServiceAccount:Shop:API"}"#, "no"),
        (r#""StringEquals":{"OIDC.Example.com:Sub":"system:serviceaccount:shop:api"}"#, "yes"),
        // Wildcards cross colons, and are literal characters under other operators than `StringLike`.
        (r#""StringLike":{"SUB":"*"}"#, "yes"),
        (r#""StringLike":{"SUB":"system:*i"}"#, "yes"),
        (r#""StringLike":{"SUB":"system:serviceaccount:sh?p:ap?"}"#, "yes"),
        (r#""StringLike":{"SUB":"system:serviceaccount:shop:api?"}"#, "no"),
        (r#""StringLike":{"SUB":"system:serviceaccount:shop"}"#, "no"),
        (r#""StringLike":{"SUB":""}"#, "no"),
        (r#""StringEquals":{"SUB":"system:serviceaccount:shop:*"}"#, "no"),
        (r#""StringEqualsIgnoreCase":{"SUB":"system:serviceaccount:shop:*"}"#, "no"),
        (r#""StringNotEquals":{"SUB":"system:serviceaccount:shop:*"}"#, "yes"),
        // Values are alternatives; for negated operators, none may match.
        (r#""StringLike":{"SUB":["*:web","*:api"]}"#, "yes"),
        (r#""StringNotLike":{"SUB":["*:web","*:api"]}"#, "no"),
        (r#""StringNotLike":{"SUB":["*:web","*:job"]}"#, "yes"),
        // A condition that does not hold decides, even if others are unknown.
        (r#""StringEquals":{"SUB":"x","aws:SourceIp":"y"}"#, "no"),
        (r#""StringLike":{"SUB":"*","aws:SourceIp":"y"}"#, "unknown"),
        (r#""StringLike":{"SUB":"*"},"NumericLessThan":{"AUD":"5"}"#, "unknown"),
        // Keys of other issuers and `amr` are absent.
        (r#""StringEquals":{"other.example.com:sub":"system:serviceaccount:shop:api"}"#, "no"),
        (r#""StringNotEquals":{"other.example.com:sub":"system:serviceaccount:shop:api"}"#, "yes"),
        (r#""StringEqualsIfExists":{"other.example.com:sub":"x"}"#, "yes"),
        (r#""ForAnyValue:StringLike":{"oidc.example.com:amr":"*"}"#, "no"),
        (r#""ForAnyValue:StringNotLike":{"oidc.example.com:amr":"x"}"#, "no"),
        (r#""ForAllValues:StringLike":{"oidc.example.com:amr":"x"}"#, "yes"),
        (r#""StringEquals":{"oidc.example.com:amr":"x"}"#, "no"),
        (r#""StringNotEquals":{"oidc.example.com:amr":"x"}"#, "yes"),
        (r#""StringLikeIfExists":{"oidc.example.com:amr":"x"}"#, "yes"),
        (r#""StringNotLikeIfExists":{"oidc.example.com:amr":"x"}"#, "yes"),
        (r#""ForAllValues:StringEqualsIfExists":{"oidc.example.com:amr":"x"}"#, "yes"),
        (r#""ForAnyValue:StringEqualsIfExists":{"oidc.example.com:amr":"x"}"#, "unknown"),
        // A key that is there has one value.
        (r#""ForAnyValue:StringLike":{"SUB":["*:web","*:api"]}"#, "yes"),
        (r#""ForAnyValue:StringLikeIfExists":{"SUB":"*:web"}"#, "no"),
        (r#""ForAllValues:StringLike":{"SUB":"*:web"}"#, "no"),
        (r#""ForAllValues:StringNotEquals":{"SUB":"system:serviceaccount:shop:api"}"#, "no"),
        (r#""StringLikeIfExists":{"SUB":"*:web"}"#, "no"),
        // Operators that do not exist, or are for other types.
        (r#""stringEquals":{"SUB":"system:serviceaccount:shop:api"}"#, "unknown"),
        (r#""StringEqualsIfExist":{"SUB":"system:serviceaccount:shop:api"}"#, "unknown"),
        (r#""ForEachValue:StringEquals":{"SUB":"system:serviceaccount:shop:api"}"#, "unknown"),
        (r#""ArnLike":{"SUB":"*"}"#, "unknown"),
        (r#""BinaryEquals":{"SUB":"c3lzdGVt"}"#, "unknown"),
        (r#""DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}"#, "unknown"),
        (r#""Null":{"oidc.example.com:amr":"true","SUB":"false"}"#, "yes"),
        (r#""Null":{"SUB":true}"#, "no"),
        // Other claims of the issuer can be there.
        (r#""StringEquals":{"oidc.example.com:email":"x"}"#, "unknown"),
        (r#""Null":{"oidc.example.com:email":"false"}"#, "unknown"),
        // Variables and escapes.
        (r#""StringLike":{"SUB":"${oidc.example.com:sub}"}"#, "unknown"),
        (r#""StringLike":{"SUB":["${aws:x}","*:api"]}"#, "unknown"),
        (r#""StringNotLike":{"SUB":["${aws:x}","*:api"]}"#, "no"),
        (r#""StringLike":{"SUB":"${*}:api"}"#, "no"),
        (r#""StringLike":{"SUB":"system${?}serviceaccount:shop:api"}"#, "no"),
        (r#""StringLikeIfExists":{"SUB":"${aws:x,'*'}"}"#, "unknown"),
        (r#""StringEquals":{"SUB":[]}"#, "unknown"),
        (r#""StringEquals":{"SUB":["system:serviceaccount:shop:api",5]}"#, "yes"),
        (r#""StringEquals":{"SUB":5}"#, "unknown"),
    ] {
        let condition =
            condition.replace("\"SUB\"", SUB).replace("\"AUD\"", r#""oidc.example.com:aud""#);
        check(&[statement("Allow", WEB, PROVIDER, &condition)], expected);
    }
    let escape = r#""StringLike":{"oidc.example.com:sub":"${*}:api"}"#;
    check_version("2008-10-17", &[statement("Allow", WEB, PROVIDER, escape)], "unknown");
    // A policy without a version is of the older one.
    let statement = statement("Allow", WEB, PROVIDER, escape);
    let policy = TrustPolicy::parse(&format!(r#"{{"Statement":{statement}}}"#)).unwrap();
    assert!(!policy.variables);
}

#[test]
fn a_deny_overrides_an_allow() {
    let allow = || statement("Allow", WEB, PROVIDER, "");
    let on = |effect: &str, operator: &str, key: &str| {
        statement(effect, WEB, PROVIDER, &format!(r#""{operator}":{{"{key}":"*:api"}}"#))
    };
    let sub = "oidc.example.com:sub";
    check(&[], "no");
    check(&[allow()], "yes");
    check(&[on("Deny", "StringLike", sub)], "no");
    check(&[on("Deny", "StringLike", sub), allow()], "no");
    check(&[allow(), on("Deny", "StringNotLike", sub)], "yes");
    check(&[allow(), on("Deny", "StringLike", "aws:x")], "unknown");
    check(&[on("Allow", "StringLike", "aws:x"), on("Deny", "StringLike", sub)], "no");
    check(&[on("Allow", "StringNotLike", sub), on("Deny", "StringLike", "aws:x")], "no");
    check(&[on("Allow", "StringLike", "aws:x"), allow()], "yes");
    check(&[on("Allow", "StringNotLike", sub), on("Allow", "StringLike", sub)], "yes");
    check(&[on("Allow", "StringNotLike", sub), on("Allow", "StringEquals", sub)], "no");
    let deny =
        |action: &str, condition: &str| [allow(), statement("Deny", action, PROVIDER, condition)];
    for (action, condition, expected) in [
        (r#""NotAction":"sts:AssumeRole""#, "", "no"),
        (r#""NotAction":"sts:AssumeRoleWithWebIdentity""#, "", "yes"),
        (r#""Action":"sts:AssumeRole""#, "", "yes"),
        (WEB, r#""StringNotLikeIfExists":{"oidc.example.com:amr":"x"}"#, "no"),
        (WEB, r#""ForAllValues:StringLike":{"oidc.example.com:amr":"x"}"#, "no"),
        (WEB, r#""ForAnyValue:StringLike":{"oidc.example.com:amr":"x"}"#, "yes"),
        (WEB, r#""ForAnyValue:StringLikeIfExists":{"oidc.example.com:amr":"x"}"#, "unknown"),
        (WEB, r#""StringLike":{"oidc.example.com:sub":["${aws:x}","*:api"]}"#, "unknown"),
        (WEB, r#""StringNotLike":{"oidc.example.com:sub":["${aws:x}","*:api"]}"#, "yes"),
    ] {
        check(&deny(action, condition), expected);
    }
    let all_but = r#"{"Effect":"Deny","Action":"sts:*","NotPrincipal":{"AWS":"*"}}"#.to_owned();
    check(&[allow(), all_but], "unknown");
    let resource = allow().replacen('{', r#"{"Resource":"*","#, 1);
    check(&[resource], "unknown");
}

#[test]
fn a_role_that_trusts_eks_pod_identity_is_allowed() {
    const POD: &str = r#""Service":"pods.eks.amazonaws.com""#;
    const BOTH: &str = r#""Action":["sts:AssumeRole","sts:TagSession"]"#;
    let tag = |name: &str, value: &str| {
        format!(r#""StringEquals":{{"aws:RequestTag/{name}":"{value}"}}"#)
    };
    let one = |action: &str, principal: &str, condition: &str| {
        vec![statement("Allow", action, principal, condition)]
    };
    let deny = |condition: &str| {
        vec![
            statement("Allow", BOTH, POD, ""),
            statement("Deny", r#""Action":"sts:TagSession""#, POD, condition),
        ]
    };
    for (statements, tags, expected) in [
        (one(BOTH, POD, ""), None, "yes"),
        (
            one(
                r#""Action":"sts:*""#,
                r#""Service":["ec2.amazonaws.com","pods.eks.amazonaws.com"]"#,
                "",
            ),
            None,
            "yes",
        ),
        (one(r#""Action":"sts:AssumeRole""#, POD, ""), None, "no"),
        (one(r#""Action":"sts:TagSession""#, POD, ""), None, "no"),
        (one(BOTH, r#""Service":"eks.amazonaws.com""#, ""), None, "no"),
        (one(BOTH, r#""Service":"pods.eks.amazonaws.com.cn""#, ""), None, "unknown"),
        (one(BOTH, PROVIDER, ""), None, "no"),
        (vec![], None, "no"),
        (one(BOTH, POD, &tag("kubernetes-namespace", "shop")), Some(true), "yes"),
        (one(BOTH, POD, &tag("kubernetes-namespace", "shop")), Some(false), "no"),
        (one(BOTH, POD, &tag("kubernetes-namespace", "shop")), None, "unknown"),
        (one(BOTH, POD, &tag("kubernetes-namespace", "other")), None, "no"),
        (one(BOTH, POD, &tag("kubernetes-service-account", "api")), Some(true), "yes"),
        (one(BOTH, POD, &tag("eks-cluster-name", "prod")), Some(true), "yes"),
        (one(BOTH, POD, &tag("eks-cluster-name", "dev")), Some(true), "no"),
        (one(BOTH, POD, &tag("kubernetes-pod-name", "x")), Some(true), "unknown"),
        (one(BOTH, POD, r#""StringEquals":{"aws:SourceAccount":"111122223333"}"#), None, "unknown"),
        (deny(""), None, "no"),
        (deny(&tag("kubernetes-namespace", "other")), None, "yes"),
        (deny(r#""Bool":{"aws:SecureTransport":"false"}"#), None, "unknown"),
    ] {
        let request = PodIdentity {
            namespace: "shop".to_owned(),
            service_account: "api".to_owned(),
            cluster: Some("prod".to_owned()),
            session_tags: tags,
        };
        let outcome = pod_identity(&policy("2012-10-17", &statements), &request);
        assert_eq!(short(&outcome), expected, "{statements:?} {outcome:?}");
    }
}
