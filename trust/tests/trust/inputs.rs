//! Files of the AWS CLI and of Terraform: what is read from them, what they cover, and what is refused.

use aws_pod_identity_trust::{Listing, Outcome, PodIdentity, Trust, Unknown, WebIdentity};

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.example.com"},"Action":"sts:AssumeRoleWithWebIdentity"}]}"#;

fn role(name: &str) -> String {
    let path = name.rfind('/').map_or("/".to_owned(), |last| format!("/{}", &name[..=last]));
    format!(
        r#"{{"Path":"{path}","Arn":"arn:aws:iam::111122223333:role/{name}","AssumeRolePolicyDocument":{POLICY}}}"#
    )
}

fn roles(names: &[&str], more: &str) -> String {
    let roles: Vec<_> = names.iter().map(|name| role(name)).collect();
    format!(r#"{{"Roles":[{}]{more}}}"#, roles.join(","))
}

#[track_caller]
fn listing(files: &[&str]) -> Listing {
    let mut listing = Listing::default();
    for (number, file) in files.iter().enumerate() {
        listing.add(&format!("{number}.json"), file.as_bytes()).unwrap();
    }
    listing
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    let error = Listing::default().add("roles.json", text.as_bytes()).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with(&format!("roles.json: {expected}")), "{message}");
}

fn pod() -> WebIdentity {
    WebIdentity::new("oidc.example.com", "shop", "api", "sts.amazonaws.com")
}

#[test]
fn a_complete_listing_covers_its_account() {
    for (files, covered) in [
        (vec![roles(&["a", "b"], "")], true),
        (vec![roles(&["a", "eks/b"], r#","IsTruncated":false"#)], true),
        (vec![roles(&["eks/a", "aws-service-role/b"], "")], true),
        // As `--path-prefix /eks/` lists them.
        (vec![roles(&["eks/a", "eks/b"], "")], false),
        (vec![roles(&["eks/a", "eks/team/b"], "")], false),
        (vec![roles(&["a"], r#","IsTruncated":true,"Marker":"x""#)], false),
        (vec![roles(&["a"], r#","NextToken":"x""#)], false),
        (vec![roles(&["a"], r#","NextToken":null"#)], true),
        (vec![roles(&["a"], r#","IsTruncated":true"#) + &roles(&["b"], "")], true),
        (
            vec![format!("[{},{}]", roles(&["a"], r#","IsTruncated":true"#), roles(&["b"], ""))],
            true,
        ),
        (vec![format!(r#"{{"Role":{}}}"#, role("a"))], false),
        (vec![format!("[{},{}]", role("a"), role("b"))], false),
        (vec![role("a") + "\n" + &role("b")], false),
        (vec![r#"{"Roles":[]}"#.to_owned()], false),
    ] {
        let files: Vec<_> = files.iter().map(|file| &**file).collect();
        let listing = listing(&files);
        assert_eq!(listing.covers("111122223333"), covered, "{files:?}");
        let outcome = listing.check("arn:aws:iam::111122223333:role/other", &pod());
        assert_eq!(matches!(outcome, Outcome::No(_)), covered, "{files:?} {outcome:?}");
    }
}

#[test]
fn a_role_in_a_later_file_replaces_the_one_before() {
    let arn = "arn:aws:iam::111122223333:role/a";
    let plan = format!(
        r#"{{"terraform_version":"1.9.0","planned_values":{{"root_module":{{"resources":[
            {{"address":"aws_iam_role.a","type":"aws_iam_role","values":{{"arn":"{arn}","name":"a",
              "assume_role_policy":"{{\"Statement\":[]}}"}}}}]}}}}}}"#
    );
    let listed = roles(&["a"], "");
    assert_eq!(listing(&[&listed]).check(arn, &pod()), Outcome::Yes);
    let both = listing(&[&listed, &plan]);
    assert!(matches!(both.check(arn, &pod()), Outcome::No(_)));
    assert_eq!(both.roles().len(), 1);
    assert_eq!(both.roles()[0].source, "1.json, aws_iam_role.a");
}

#[test]
fn names_of_roles_are_the_same_in_any_case() {
    let listing = listing(&[&roles(&["Api"], "")]);
    let outcome = listing.check("arn:aws:iam::111122223333:role/api", &pod());
    let other = "arn:aws:iam::111122223333:role/Api".to_owned();
    assert_eq!(outcome, Outcome::Unknown(Unknown::Case(other)));
}

#[test]
fn terraform_gives_roles_providers_and_associations() {
    let state = r#"{"format_version":"1.0","terraform_version":"1.9.0","values":{"outputs":{},"root_module":{
      "resources":[
        {"address":"aws_iam_openid_connect_provider.c","type":"aws_iam_openid_connect_provider","values":{
          "arn":"arn:aws:iam::111122223333:oidc-provider/oidc.example.com","url":"oidc.example.com",
          "client_id_list":["vault"]}},
        {"address":"aws_eks_pod_identity_association.a","type":"aws_eks_pod_identity_association","values":{
          "cluster_name":"c","namespace":"shop","service_account":"api","role_arn":"r","disable_session_tags":false}},
        {"address":"random_id.x","type":"random_id","values":{"hex":"00"}}],
      "child_modules":[{"address":"module.m","child_modules":[{"address":"module.m.module.n","resources":[
        {"address":"module.m.module.n.aws_iam_role.a","type":"aws_iam_role","values":{"name":"a","path":"/eks/"}},
        {"address":"module.m.module.n.aws_iam_role.b","type":"aws_iam_role","values":{"name_prefix":"b-"}}]}]}]}}}"#;
    let listing = listing(&[state]);
    let [role] = listing.roles() else { panic!("{:?}", listing.roles()) };
    assert_eq!((&*role.name, &*role.path, &role.trust), ("a", "/eks/", &Trust::AfterApply));
    assert_eq!(listing.providers()[0].audiences, Some(vec!["vault".to_owned()]));
    assert_eq!(listing.associations()[0].session_tags, Some(true));
    assert!(!listing.covers("111122223333"));
    let outcome = listing.check("arn:aws:iam::111122223333:role/eks/a", &pod());
    assert_eq!(outcome, Outcome::Unknown(Unknown::AfterApply));
}

#[test]
fn an_empty_state_is_valid() {
    let listing = listing(&[r#"{"format_version":"1.0","terraform_version":"1.9.0"}"#]);
    assert!(listing.roles().is_empty());
}

#[test]
fn associations_are_read_from_the_list_and_the_description() {
    let list = r#"{"associations":[{"clusterName":"c","namespace":"shop","serviceAccount":"api",
        "associationArn":"arn:aws:eks:eu-west-1:111122223333:podidentityassociation/c/a-1"}]}"#;
    let one = r#"{"association":{"clusterName":"c","namespace":"shop","serviceAccount":"api",
        "roleArn":"arn:aws:iam::111122223333:role/a","disableSessionTags":true}}"#;
    let listing = listing(&[list, one]);
    let [listed, described] = listing.associations() else { panic!() };
    assert_eq!((listed.role_arn.as_deref(), listed.session_tags), (None, None));
    assert_eq!(described.role_arn.as_deref(), Some("arn:aws:iam::111122223333:role/a"));
    assert_eq!(described.session_tags, Some(false));
    let outcome =
        listing.check_pod_identity("arn:aws:iam::111122223333:role/a", &PodIdentity::default());
    assert_eq!(outcome, Outcome::Unknown(Unknown::NotListed));
}

#[test]
fn an_unreadable_policy_is_a_problem_of_one_role() {
    let text = roles(&["a"], "")
        .replace("}]}}]}", &format!("}}]}}}},{}]}}", role("b").replace(POLICY, "5")));
    let listing = listing(&[&text]);
    let problems: Vec<_> = listing.problems().collect();
    assert_eq!(
        problems,
        [
            "0.json: role arn:aws:iam::111122223333:role/b: its trust policy is malformed: the policy is a number instead \
          of an object"
        ]
    );
    assert_eq!(listing.check("arn:aws:iam::111122223333:role/a", &pod()), Outcome::Yes);
}

#[test]
fn files_of_another_form_are_refused() {
    refused("", "the file is empty");
    refused("\u{feff} \n", "the file is empty");
    refused("Roles:\n- Arn: x\n", "not JSON: expected value at line 1 column 1; run the AWS CLI");
    refused(r#"{"Roles":["#, "not JSON: EOF while parsing");
    refused(
        r#"{"Users":[],"Groups":[]}"#,
        "unknown format: an object with \"Groups\", \"Users\"; expected",
    );
    refused("5", "unknown format; expected the JSON of `aws iam list-roles`");
    refused(r#"{"Roles":{}}"#, "\"Roles\" is not a list of roles");
    refused(r#"{"Roles":[5]}"#, "\"Roles[0]\" is not a role with an Arn");
    refused(r#"{"Roles":[{"Arn":"x"}]}"#, "\"Roles[0].Arn\" is not the ARN of a role");
    refused(r#"{"Role":{"RoleName":"x"}}"#, "\"Role\" is not a role with an Arn");
    refused(
        r#"{"OpenIDConnectProviderList":[{"Arn":"x"}]}"#,
        "\"OpenIDConnectProviderList[0].Arn\" is not",
    );
    refused(
        r#"{"values":{"root_module":5}}"#,
        "\"values\" is not Terraform's values representation",
    );
    let secret = r#"{"values":{"root_module":{"resources":[
        {"address":"aws_iam_role.a","type":"aws_iam_role","values":{"name":["hunter2"]}}]}}}"#;
    refused(secret, "\"aws_iam_role.a\" is not an aws_iam_role");
    let mut listing = Listing::default();
    let error = listing.add("tfplan", b"PK\x03\x04\xff\xfe").unwrap_err().to_string();
    assert!(
        error.starts_with("tfplan: not text in UTF-8 or UTF-16; for a plan of Terraform"),
        "{error}"
    );
}

#[test]
fn output_of_powershell_is_read() {
    let utf16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(roles(&["a"], "").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut listing = Listing::default();
    listing.add("roles.json", &utf16).unwrap();
    assert_eq!(listing.roles().len(), 1);
}
