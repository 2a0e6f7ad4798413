//! Rendered charts with mistakes: the reports of the program about them, and that there are no findings after the fixes that
//! the reports propose. `UPDATE_CASES=1` rewrites the expected reports; review the difference.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod program;

use program::{compare, run_with};

/// The changes of a user after reading the reports: the text before and after.
type Fix = (&'static str, &'static str);

const ORDERS: &[Fix] = &[
    ("iam::44445555666:role", "iam::444455556666:role"),
    ("value: 500", "value: \"500\""),
    ("token-expiration: 600s", "token-expiration: \"600\""),
    ("serviceAccountName: orders-archive", "serviceAccountName: orders"),
    (
        "            - name: AWS_ACCESS_KEY_ID
              valueFrom:
                secretKeyRef:
                  name: orders-aws
                  key: access-key-id
            - name: AWS_SECRET_ACCESS_KEY
              valueFrom:
                secretKeyRef:
                  name: orders-aws
                  key: secret-access-key
",
        "",
    ),
];

const EXPORTER: &[Fix] = &[
    ("eks.amazon.com/role-arn", "eks.amazonaws.com/role-arn"),
    ("sts-regional-endpoints: true", "sts-regional-endpoints: \"true\""),
    ("namespace: shared", "namespace: monitoring"),
    ("      hostNetwork: true\n", ""),
    (
        "          env:
            - name: AWS_WEB_IDENTITY_TOKEN_FILE
              value: /var/run/secrets/eks.amazonaws.com/serviceaccount
",
        "",
    ),
];

const SECRETS_OPERATOR: &[Fix] = &[
    ("iam::111122223333:policy/", "iam::111122223333:role/"),
    (
        "      annotations:
        eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/secrets-operator
",
        "",
    ),
    (
        "  name: secrets-operator
  namespace: secrets
---",
        "  name: secrets-operator
  namespace: secrets
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/secrets-operator
---",
    ),
    (
        "            - name: AWS_ROLE_ARN
              value: arn:aws:iam::111122223333:role/secrets-operator
",
        "",
    ),
    ("secrets-operator-cert-controler", "secrets-operator-cert-controller"),
];

#[test]
fn mistakes_in_charts_are_reported_until_they_are_fixed() {
    for (chart, text, fixes) in [
        ("orders", include_str!("charts/orders.yaml"), ORDERS),
        ("exporter", include_str!("charts/exporter.yaml"), EXPORTER),
        ("secrets-operator", include_str!("charts/secrets-operator.yaml"), SECRETS_OPERATOR),
    ] {
        let file = format!("{chart}.yaml");
        let (code, out, err) = run_with(&["check", &file], &[(&file, text)], "");
        let report =
            format!("$ aws-pod-identity check {file}\n{out}{err}$ echo $?\n{}\n", code.unwrap());
        compare(&format!("charts/{chart}.txt"), &report);

        let fixed = fixes.iter().fold(text.to_owned(), |text, (before, after)| {
            assert!(text.contains(before), "{chart}: {before}");
            text.replace(before, after)
        });
        let arguments = ["check", "--fail-on", "warn", "--quiet", &file];
        let (code, out, err) = run_with(&arguments, &[(&file, fixed)], "");
        assert_eq!(code, Some(0), "{out}{err}");
    }
}
