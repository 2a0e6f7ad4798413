//! Answers to what is no ordinary request: ones that cannot be read, hosts that refuse, and far too many findings.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use aws_pod_identity_core::{Response, validate};
use serde_json::{Value, json};

fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

/// What is answered to a payload, which must not lead to a question.
fn answer(payload: &[u8]) -> Value {
    body(&validate(payload, &mut |_| Err("no question is expected".to_owned())))
}

fn payload(kind: &str, object: &Value) -> Vec<u8> {
    json!({"settings": {}, "request": {
        "kind": {"group": "", "kind": kind}, "operation": "CREATE", "namespace": "payments", "object": object}})
    .to_string()
    .into_bytes()
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason_and_the_place() {
    for (payload, expected) in [
        (&b""[..], "it ends too early at byte 0"),
        (b"{\"request\":", "it ends too early at byte 11"),
        (b"[]", "expected an object at byte 0"),
        (b"{}", "expected a member \"request\" at byte 2"),
        (b"{\"x\":01}", "a number is malformed at byte 6"),
        (b"{\"x\":\"\\x\"}", "a string has an invalid escape or a control character at byte 7"),
        (b"{\"x\":\xff}", "expected a value at byte 5"),
        (b"{\"x\":\"a\xff\"}", "it is not UTF-8 at byte 7"),
        (b"{\"settings\":{},\"settings\":{}}", "a member is defined twice at byte 26"),
        (b"{\"request\":{}}", "expected a member \"kind\" in \"request\" at byte 13"),
        (
            b"{\"request\":{\"kind\":{}}}",
            "expected a member \"operation\" in \"request\" at byte 22",
        ),
    ] {
        let expected = json!({"accepted": false, "code": 400,
            "message": format!("the admission request cannot be read: {expected}")});
        assert_eq!(answer(payload), expected, "{}", String::from_utf8_lossy(payload));
    }
    let deep = format!("{{\"x\":{}\"\\n\"", "[".repeat(130));
    assert!(
        answer(deep.as_bytes())["message"]
            .as_str()
            .unwrap()
            .contains("values are nested too deeply")
    );
}

#[test]
fn settings_that_are_not_valid_judge_nobody() {
    let payload = br#"{"request":{"kind":{"kind":"Pod"},"operation":"CREATE","object":{}},"settings":{"region":1}}"#;
    let expected = json!({"accepted": false, "code": 500,
        "message": "the settings of this policy are not valid: region: expected a string, not a number: put it in quotes"});
    assert_eq!(answer(payload), expected);
}

#[test]
fn a_mapping_without_a_role_gives_nobody_an_identity_and_hurts_only_whom_it_is_for() {
    for (namespace, refused) in [("payments", true), ("other", false)] {
        let mapping = json!({"namespace": namespace, "serviceAccount": "api", "roleArn": "arn:aws:iam::1:role/x"});
        let payload = json!({
            "settings": {"roleMappings": [mapping]},
            "request": {
                "kind": {"kind": "Pod"}, "operation": "CREATE", "namespace": "payments",
                "object": {"metadata": {"name": "p"}, "spec": {"serviceAccountName": "api", "containers": [{}]}},
            },
        });
        let account = br#"{"metadata":{"name":"api"}}"#;
        let response = validate(payload.to_string().as_bytes(), &mut |_| Ok(account.to_vec()));
        let expected = if refused {
            json!({"accepted": false, "code": 500, "message":
                "ServiceAccount payments/api: its role by the policy's roleMappings, \"arn:aws:iam::1:role/x\", is not \
                 an IAM role ARN: the account ID has 1 digit, not 12"})
        } else {
            json!({"accepted": true, "audit_annotations": {"identity": "none"}})
        };
        assert_eq!(body(&response), expected);
    }
}

/// What becomes of a pod, and of a deployment, of service account `api`, when the host answers its lookup so.
fn answered(host: &Result<&str, &str>) -> [Value; 2] {
    let pod = json!({"metadata": {"name": "p"}, "spec": {"serviceAccountName": "api", "containers": [{"name": "app"}]}});
    let workload = json!({"metadata": {"name": "w"}, "spec": {"template": pod}});
    let ask = |payload: &[u8]| {
        body(&validate(payload, &mut |_| {
            host.map(|answer| answer.as_bytes().to_vec()).map_err(str::to_owned)
        }))
    };
    let deployment = String::from_utf8(payload("Deployment", &workload)).unwrap();
    [
        ask(&payload("Pod", &pod)),
        ask(deployment.replace("\"group\":\"\"", "\"group\":\"apps\"").as_bytes()),
    ]
}

#[test]
fn a_pod_whose_account_cannot_be_read_is_refused_and_a_workload_is_told() {
    const START: &str = "cannot look up ServiceAccount payments/api: ";
    const UNUSABLE: &str = "the policy server's answer cannot be used: ";
    const ANOTHER: &str = "it is about another resource; try again";
    for (host, expected) in [
        (Err("Host error: boom\nand more"), "Host error: boom; try again, as controllers do".to_owned()),
        (
            Err("ApiError: serviceaccounts \"api\" is forbidden: x\ny"),
            "the policy server may not read it; give its service account the ClusterRole from this policy's deploy \
             folder (ApiError: serviceaccounts \"api\" is forbidden: x)"
                .to_owned(),
        ),
        (Err("ApiError: gone"), "ApiError: gone; try again, as controllers do".to_owned()),
        (Err("x is forbidden"), "x is forbidden; try again, as controllers do".to_owned()),
        (
            Err("Policy has not been granted access to Kubernetes v1/ServiceAccount resources. x"),
            "this policy has no access to such resources; add {apiVersion: v1, kind: ServiceAccount} to \
             spec.contextAwareResources of its ClusterAdmissionPolicy"
                .to_owned(),
        ),
        (
            Err("Policy has not been granted access to the 'kubernetes/get_resource' x"),
            "this policy may not ask the policy server for resources; allow it the host capability \
             kubernetes/get_resource"
                .to_owned(),
        ),
        (
            Err("Cannot find v1/ConfigMap named 'api'"),
            "Cannot find v1/ConfigMap named 'api'; try again, as controllers do".to_owned(),
        ),
        (Ok("[]"), format!("{UNUSABLE}it is not a service account; try again")),
        (Ok("{} {}"), format!("{UNUSABLE}it is not a service account; try again")),
        (Ok("{}"), format!("{UNUSABLE}{ANOTHER}")),
        (Ok(r#"{"metadata":{"name":"ap"}}"#), format!("{UNUSABLE}{ANOTHER}")),
        (Ok(r#"{"metadata":{"name":"api","namespace":"other"}}"#), format!("{UNUSABLE}{ANOTHER}")),
    ] {
        let [pod, workload] = answered(&host);
        let message = format!("{START}{expected}");
        assert_eq!(pod, json!({"accepted": false, "code": 500, "message": message}), "{host:?}");
        let warning = format!("Deployment payments/w: {message}");
        assert_eq!(workload["accepted"], true, "{host:?}");
        let told = workload["warnings"][0].as_str().unwrap();
        assert!(told.len() <= 256);
        match told.strip_suffix('…') {
            Some(cut) => assert!(warning.starts_with(cut), "{told}"),
            None => assert_eq!(told, warning),
        }
    }
    for answer in
        [r#"{"metadata":{"name":"api"}}"#, r#"{"metadata":{"name":"api","namespace":"payments"}}"#]
    {
        assert_eq!(answered(&Ok(answer))[0]["audit_annotations"], json!({"identity": "none"}));
    }
}

/// What is said of a service account with that many annotations, whose keys are nearly those that are read.
fn misspelled(count: usize, role: &str) -> Value {
    let mut annotations: serde_json::Map<String, Value> = (0..count)
        .map(|index| {
            (
                format!("eks.amazon.com/audience{}", ["", "s"][index % 2]) + &"-".repeat(index / 2),
                json!("x"),
            )
        })
        .collect();
    annotations.insert("eks.amazonaws.com/role-arn".to_owned(), json!(role));
    answer(&payload(
        "ServiceAccount",
        &json!({"metadata": {"name": "api", "annotations": annotations}}),
    ))
}

#[test]
fn thirty_warnings_are_told_and_the_rest_is_counted() {
    const ROLE: &str = "arn:aws:iam::123456789012:role/x";
    let warnings = |count| misspelled(count, ROLE)["warnings"].as_array().unwrap().clone();
    assert_eq!(warnings(30).len(), 30);
    assert!(
        warnings(30)
            .iter()
            .all(|warning| warning.as_str().unwrap().ends_with("[annotation-misspelled]"))
    );
    assert_eq!(warnings(31).len(), 31);
    assert_eq!(warnings(31)[30], "1 more findings about the AWS identity");
    assert_eq!(warnings(35)[30], "5 more findings about the AWS identity");
}

#[test]
fn a_finding_that_rejects_is_told_beside_thirty_warnings() {
    let answer = misspelled(34, "arn:aws:iam::12:role/x");
    let message = answer["message"].as_str().unwrap();
    assert!(
        message.starts_with(
            "35 findings about the AWS identity:\n- ServiceAccount payments/api: annotation eks"
        ),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1 + 1 + 30 + 1, "{message}");
    assert!(message.lines().nth(1).unwrap().ends_with("[role-arn-malformed]"), "{message}");
    assert!(message.lines().nth(2).unwrap().starts_with("- (warning) "), "{message}");
    assert!(message.ends_with("\n- and 4 more"), "{message}");
    assert_eq!(answer["warnings"], Value::Null);
}

/// A warning is cut where an API server would cut it, between characters and with its id.
#[test]
fn a_long_warning_keeps_its_id_and_fits() {
    let key = format!("iam.amazonaws.com/{}", "ä".repeat(300));
    let object = json!({"metadata": {"name": "n".repeat(200), "annotations": {key: "x"}}});
    let answer = answer(&payload("ServiceAccount", &object));
    let warning = answer["warnings"][0].as_str().unwrap();
    assert!(warning.ends_with("… [legacy-annotation]"), "{warning}");
    assert!((250..=256).contains(&warning.len()), "{}: {warning}", warning.len());
}

#[test]
fn what_was_done_is_logged_with_the_audit_annotations_and_nothing_else() {
    let pod = |role: &str| {
        let account = json!({"metadata": {"name": "api", "annotations": {"eks.amazonaws.com/role-arn": role}}});
        let pod = json!({"metadata": {"name": "p"}, "spec": {"serviceAccountName": "api", "containers": [{"name": "app"}]}});
        let response =
            validate(&payload("Pod", &pod), &mut |_| Ok(account.to_string().into_bytes()));
        let log: Value = serde_json::from_slice(&response.log.clone().unwrap()).unwrap();
        (body(&response), log)
    };
    let (answer, log) = pod("arn:aws:iam::111122223333:role/api");
    assert_eq!(
        log,
        json!({"level": "info", "message": "AWS identity injected", "identity": "web identity",
            "role-arn": "arn:aws:iam::111122223333:role/api", "containers": "app"})
    );
    assert_eq!(answer["accepted"], true);
    let (answer, log) = pod("nonsense");
    assert_eq!(log["level"], "warning");
    assert_eq!(log["message"], answer["message"]);
    assert_eq!(log["findings"], "role-arn-malformed");
    // A refusal has no audit annotations.
    let response = validate(b"", &mut |_| panic!("nothing is asked"));
    let log: Value = serde_json::from_slice(&response.log.unwrap()).unwrap();
    assert_eq!(log.as_object().unwrap().len(), 2, "{log}");
}
