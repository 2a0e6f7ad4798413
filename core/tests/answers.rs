//! Answers to unreadable requests, failed lookups and very many findings.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use aws_pod_identity_core::{Response, evaluate, validate};
use policy_testing::{payload, request};
use serde_json::{Value, json};

fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

/// The answer to a payload that needs no lookup.
fn answer(payload: &[u8]) -> Value {
    body(&validate(payload, &mut |_| Err("no lookup is expected".to_owned())))
}

/// The payload about a new object of that kind, in the namespace `payments`.
fn creation(api_version: &str, kind: &str, object: &Value, settings: &Value) -> Vec<u8> {
    let mut object = object.clone();
    object["apiVersion"] = api_version.into();
    object["kind"] = kind.into();
    object["metadata"]["namespace"] = "payments".into();
    payload(&request("CREATE", &object, None), settings)
}

#[test]
fn an_unreadable_request_is_rejected_with_the_reason_and_the_position() {
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
fn lists_of_lists_in_custom_resources_are_skipped() {
    let deep = ["[".repeat(200_000), "]".repeat(200_000)].concat();
    let payload = [
        r#"{"settings":{"podTemplates":[
            {"group":"example.com","kind":"Job","paths":["spec.template"]}
        ]},"request":{
            "kind":{"group":"example.com","kind":"Job"},"operation":"CREATE",
            "object":{"metadata":{},"spec":{"template":"#,
        &deep,
        "}}}}",
    ];
    assert_eq!(answer(payload.concat().as_bytes()), json!({"accepted": true}));
}

#[test]
fn a_value_of_the_wrong_type_is_named() {
    const PREFIX: &str = concat!(
        r#"{"request":{"kind":{"group":"","kind":"ServiceAccount"},"operation":"CREATE","#,
        r#""object":{"metadata":"#
    );
    for (metadata, expected) in [
        (
            r#"{"annotations":{"eks.amazonaws.com/sts-regional-endpoints": true}}"#,
            "expected a string at byte 158, the value of \
             \"eks.amazonaws.com/sts-regional-endpoints\"; put the value in quotes",
        ),
        (
            r#"{"annotations":{"a":"","eks.amazonaws.com/token-expiration" : 3600}}"#,
            "the value of \"eks.amazonaws.com/token-expiration\"; put the value in quotes",
        ),
        (r#"{"annotations":{"a":["x"]}}"#, ", the value of \"a\""),
        (
            r#"{"annotations":"eks.amazonaws.com/role-arn:arn:aws:iam::111122223333:role/x"}"#,
            ", the value of \"annotations\"; a space may be missing after a colon in it",
        ),
    ] {
        let answer = answer(format!("{PREFIX}{metadata}}}}}}}").as_bytes());
        let message = answer["message"].as_str().unwrap();
        assert!(message.ends_with(expected), "{message}");
    }
}

/// Requests that are written by hand may lack the namespace.
#[test]
fn the_namespace_of_the_object_is_used_where_the_request_names_none() {
    let pod = json!({"spec": {"containers": [{"name": "app", "env": [
        {"name": "AWS_ROLE_ARN", "value": "x"},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/x"},
    ]}]}});
    for (group, kind, object, expected) in [
        ("", "Pod", &pod, "Pod payments/api: "),
        ("apps", "Deployment", &json!({"spec": {"template": pod}}), "Deployment payments/api: "),
        ("", "ServiceAccount", &json!({}), "ServiceAccount payments/api: "),
    ] {
        let mut object = object.clone();
        object["metadata"] = json!({"name": "api", "namespace": "payments",
            "annotations": {"eks.amazonaws.com/role-arn": "x"}});
        let payload = json!({"settings": {}, "request": {"kind": {"group": group, "kind": kind},
            "operation": "CREATE", "object": object}});
        let mut asked = String::new();
        let response = validate(payload.to_string().as_bytes(), &mut |query| {
            asked = String::from_utf8(query.to_vec()).unwrap();
            Ok(br#"{"metadata":{"name":"default","namespace":"payments"}}"#.to_vec())
        });
        let message = body(&response).to_string();
        assert!(message.contains(expected), "{message}");
        assert!(asked.is_empty() || asked.contains(r#""namespace":"payments""#), "{asked}");
    }
}

/// The API server rejects such a name only after the webhooks.
#[test]
fn a_name_with_a_colon_is_complete_in_the_finding() {
    let pod = json!({"metadata": {"name": "a: b"}, "spec": {"hostNetwork": true, "containers": [
        {"name": "c: d", "env": [{"name": "AWS_ROLE_ARN", "value": "x"}]}]}});
    let payload = creation("v1", "Pod", &pod, &json!({}));
    let account = br#"{"metadata":{"name":"default"}}"#;
    let findings = evaluate(&payload, &mut |_| Ok(account.to_vec())).findings;
    let found: Vec<_> = findings.iter().map(|one| (&*one.object, &*one.problem)).collect();
    let of_container = "container \"c: d\": AWS_ROLE_ARN is set without \
                        AWS_WEB_IDENTITY_TOKEN_FILE, and ServiceAccount payments/default gives \
                        the pod no role";
    assert_eq!(found.first(), Some(&("Pod payments/a: b", of_container)));
    assert!(found.iter().all(|(object, _)| *object == "Pod payments/a: b"), "{found:?}");
}

#[test]
fn invalid_settings_reject_every_request() {
    let payload = br#"{
        "request":{"kind":{"kind":"Pod"},"operation":"CREATE","object":{}},
        "settings":{"region":1}
    }"#;
    let message = "the settings of this policy are not valid: region: expected a string, not a \
                   number; put the value in quotes";
    assert_eq!(answer(payload), json!({"accepted": false, "code": 500, "message": message}));
}

#[test]
fn a_role_mapping_with_a_malformed_role_rejects_the_pods_it_matches() {
    for (namespace, refused) in [("payments", true), ("other", false)] {
        let role_arn = "arn:aws:iam::1:role/x";
        let mapping = json!({"namespace": namespace, "serviceAccount": "api", "roleArn": role_arn});
        let spec = json!({"serviceAccountName": "api", "containers": [{}]});
        let pod = json!({"metadata": {"name": "p"}, "spec": spec});
        let payload = creation("v1", "Pod", &pod, &json!({"roleMappings": [mapping]}));
        let account = br#"{"metadata":{"name":"api"}}"#;
        let response = validate(&payload, &mut |_| Ok(account.to_vec()));
        let expected = if refused {
            json!({"accepted": false, "code": 500, "message":
                "ServiceAccount payments/api: its role from the setting roleMappings, \
                 \"arn:aws:iam::1:role/x\", is not an IAM role ARN: the account ID has 1 digit, not \
                 12"})
        } else {
            json!({"accepted": true, "audit_annotations": {"identity": "none"}})
        };
        assert_eq!(body(&response), expected);
    }
}

/// The answers to a pod and to a deployment of service account `api` if the host answers its lookup with `host`.
fn answered(host: &Result<&str, &str>) -> [Value; 2] {
    answered_with(&json!({}), host)
}

fn answered_with(settings: &Value, host: &Result<&str, &str>) -> [Value; 2] {
    let spec = json!({"serviceAccountName": "api", "containers": [{"name": "app"}]});
    let pod = json!({"metadata": {"name": "p"}, "spec": spec});
    let workload = json!({"metadata": {"name": "w"}, "spec": {"template": pod}});
    let ask = |api_version: &str, kind: &str, object: &Value| {
        body(&validate(&creation(api_version, kind, object, settings), &mut |_| {
            host.map(|answer| answer.as_bytes().to_vec()).map_err(str::to_owned)
        }))
    };
    [ask("v1", "Pod", &pod), ask("apps/v1", "Deployment", &workload)]
}

#[test]
fn a_failed_lookup_rejects_or_admits_a_pod_and_warns_about_a_workload() {
    const START: &str = "cannot look up ServiceAccount payments/api: ";
    const RETRY: &str = "; retry the request (controllers retry automatically)";
    const NO_ACCOUNT: &str =
        "the answer of the policy server cannot be used: it is not a service account";
    const ANOTHER: &str = "the answer of the policy server cannot be used: it is another resource";
    for (host, transient, expected) in [
        (Err("Host error: boom\nand more"), true, "Host error: boom"),
        // API servers drop a warning with a control character.
        (Err("Host\u{7f} \u{9f}error\t\u{1b}!"), true, "Host error!"),
        (
            Err("ApiError: serviceaccounts \"api\" is forbidden: x\ny"),
            false,
            "the policy server is not allowed to read it (ApiError: serviceaccounts \"api\" is \
             forbidden: x); bind the ClusterRole from this policy's deploy directory to the \
             policy server's service account, and check with: kubectl auth can-i get \
             serviceaccounts --namespace payments \
             --as=system:serviceaccount:<namespace>:policy-server",
        ),
        (Err("ApiError: gone"), true, "ApiError: gone"),
        (Err("x is forbidden"), true, "x is forbidden"),
        (
            Err("Policy has not been granted access to Kubernetes v1/ServiceAccount resources. x"),
            false,
            "this policy does not have access to this kind of resource; add {apiVersion: v1, \
             kind: ServiceAccount} to spec.contextAwareResources of the ClusterAdmissionPolicy; \
             if it is a namespaced AdmissionPolicy, which cannot look up resources, use a \
             ClusterAdmissionPolicy instead",
        ),
        (
            Err("Policy has not been granted access to the 'kubernetes/get_resource' x"),
            false,
            "this policy does not have the host capability kubernetes/get_resource; use a \
             ClusterAdmissionPolicy, because spec.namespacedPoliciesCapabilities of the \
             PolicyServer restricts namespaced policies only; with kwctl, add it to \
             --allowed-host-capabilities",
        ),
        (Err("Cannot find v1/ConfigMap named 'api'"), true, "Cannot find v1/ConfigMap named 'api'"),
        (Ok("[]"), true, NO_ACCOUNT),
        (Ok("{} {}"), true, NO_ACCOUNT),
        (Ok("{}"), true, ANOTHER),
        (Ok(r#"{"metadata":{"name":"ap"}}"#), true, ANOTHER),
        (Ok(r#"{"metadata":{"name":"api","namespace":"other"}}"#), true, ANOTHER),
    ] {
        let why = format!("{START}{expected}");
        let [pod, workload] = answered(&host);
        let message = why.clone() + if transient { RETRY } else { "" };
        assert_eq!(pod, json!({"accepted": false, "code": 500, "message": message}), "{host:?}");
        let warning =
            format!("Deployment payments/w: {why}; its pods are checked when they are created");
        let expected = json!({"accepted": true, "warnings": [warning]});
        assert_eq!(workload, expected, "{host:?}");

        let [pod, workload] = answered_with(&json!({"lookupFailure": "admit"}), &host);
        let warning = format!(
            "Pod payments/p: it is admitted without an AWS identity and without checks \
             (lookupFailure: admit): {why}; if it needs an identity, create it again when the \
             lookup works"
        );
        let audit = json!({"identity": "none", "lookup-failure": why});
        assert_eq!(
            pod,
            json!({"accepted": true, "audit_annotations": audit, "warnings": [warning]}),
            "{host:?}"
        );
        assert_eq!(workload, expected, "{host:?}");
    }
    for answer in
        [r#"{"metadata":{"name":"api"}}"#, r#"{"metadata":{"name":"api","namespace":"payments"}}"#]
    {
        assert_eq!(answered(&Ok(answer))[0]["audit_annotations"], json!({"identity": "none"}));
    }
}

#[test]
fn roles_beyond_the_thirtieth_of_a_pod_are_named_as_unchecked() {
    for (count, unchecked) in [
        (30, vec![]),
        (31, vec!["it uses more than 30 roles, of which only the first 30 are checked".to_owned()]),
    ] {
        let container = |number: usize| {
            let role = format!("arn:aws:iam::111122223333:role/role-{number}");
            json!({"name": format!("c{number}"), "env": [{"name": "AWS_ROLE_ARN", "value": role}]})
        };
        let pod = json!({"metadata": {"name": "a"}, "spec": {
            "serviceAccountName": "api", "containers": (0..count).map(container).collect::<Vec<_>>(),
        }});
        let account = json!({"metadata": {"name": "api", "namespace": "payments", "annotations": {
            "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/api",
        }}});
        let payload = creation("v1", "Pod", &pod, &json!({"roleArnFromEnv": true}));
        let evaluation = evaluate(&payload, &mut |_| Ok(account.to_string().into_bytes()));
        let found: Vec<_> = evaluation.unchecked.into_iter().map(|one| one.why).collect();
        assert_eq!((evaluation.roles.len(), found), (30, unchecked), "{count}");
    }
}

/// The answer to a service account with that many misspelled annotations.
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
    let account = json!({"metadata": {"name": "api", "annotations": annotations}});
    answer(&creation("v1", "ServiceAccount", &account, &json!({})))
}

#[test]
fn warnings_that_do_not_fit_are_counted_first_and_kept_in_the_audit_annotation() {
    const ROLE: &str = "arn:aws:iam::123456789012:role/x";
    for (count, more) in
        [(15, None), (30, Some("10 more findings")), (35, Some("16 more findings"))]
    {
        let answer = misspelled(count, ROLE);
        let warnings: Vec<&str> = answer["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| text.as_str().unwrap())
            .collect();
        let characters: usize = warnings.iter().map(|warning| warning.chars().count()).sum();
        assert!(characters <= 4096, "{count}: {characters}");
        let findings = match more {
            Some(more) => {
                assert!(warnings[0].starts_with(more), "{count}: {}", warnings[0]);
                &warnings[1..]
            }
            None => &warnings,
        };
        assert!(
            findings.iter().all(|warning| warning.ends_with("[annotation-misspelled]")),
            "{count}: {warnings:?}"
        );
        assert_eq!(answer["audit_annotations"], json!({"findings": "annotation-misspelled"}));
    }
}

#[test]
fn a_rejection_is_reported_before_thirty_warnings() {
    let answer = misspelled(34, "arn:aws:iam::12:role/x");
    let message = answer["message"].as_str().unwrap();
    assert!(
        message.starts_with(
            "35 findings about the AWS identity:\n- ServiceAccount payments/api: annotation eks"
        ),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1 + 30 + 1, "{message}");
    assert!(message.lines().nth(1).unwrap().ends_with("[role-arn-malformed]"), "{message}");
    assert!(message.lines().nth(2).unwrap().starts_with("- (warning) "), "{message}");
    assert!(message.ends_with("\n- and 5 more"), "{message}");
    assert_eq!(answer["warnings"], Value::Null);
}

#[test]
fn changes_and_rejections_are_logged_with_the_audit_annotations() {
    let pod = |role: &str| {
        let annotations = json!({"eks.amazonaws.com/role-arn": role});
        let account = json!({"metadata": {"name": "api", "annotations": annotations}});
        let spec = json!({"serviceAccountName": "api", "containers": [{"name": "app"}]});
        let pod = json!({"metadata": {"name": "p"}, "spec": spec});
        let response = validate(&creation("v1", "Pod", &pod, &json!({})), &mut |_| {
            Ok(account.to_string().into_bytes())
        });
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
    assert_eq!(answer["code"], 403);
    // An unreadable request has no audit annotations.
    let response = validate(b"", &mut |_| panic!("no lookup is expected"));
    let log: Value = serde_json::from_slice(&response.log.unwrap()).unwrap();
    assert_eq!(log.as_object().unwrap().len(), 2, "{log}");
    // A pod that is admitted without an identity.
    let pod = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "app"}]}});
    let payload = creation("v1", "Pod", &pod, &json!({"lookupFailure": "admit"}));
    let response = validate(&payload, &mut |_| Err("boom".to_owned()));
    let log: Value = serde_json::from_slice(response.log.as_deref().unwrap()).unwrap();
    let answer = body(&response);
    assert_eq!(answer["accepted"], true);
    assert_eq!(
        log,
        json!({"level": "warning", "message": answer["warnings"][0], "identity": "none",
            "lookup-failure": "cannot look up ServiceAccount payments/default: boom"})
    );
}
