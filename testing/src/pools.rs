//! The values of generated objects and settings: each value that a check reports, and similar ones.
//!
//! Two generators choose from these pools. The properties (`tests/policy/properties/situations/`) use strategies of `proptest`,
//! which reduce a failing pod to the members that matter. The fuzz targets (`fuzz/src/manifest/`) use `arbitrary`, with a few
//! bytes of input for each choice, so that a small mutation of the input is a small change of the pod. One generator for both
//! would lose one of these: bytes that `proptest` reduces give another pod, not a smaller one, and a strategy that is driven by
//! bytes uses eight of them for each choice.

use std::sync::LazyLock;

use serde_json::{Value, json};

/// The marker in values that no message, audit annotation or log line may show.
pub const SECRET: &str = "SECRET-MARKER";

/// A value with the marker, and with characters that are escaped in messages.
pub const SECRET_VALUE: &str = "SECRET-MARKER\n\"'`$(X)";

/// Where the policy mounts the token of a role by default.
pub const MOUNT_PATH: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
/// The file of the token of a role by default.
pub const TOKEN_FILE: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
/// The same file in containers of Windows.
pub const WINDOWS_TOKEN_FILE: &str =
    "C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount\\token";
/// The file of the token for the EKS Pod Identity agent by default.
pub const AGENT_TOKEN_FILE: &str =
    "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token";

/// Values of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// Values that are valid, and that no check reports.
    pub ordinary: &'static [&'static str],
    /// Values that are invalid or unusual.
    pub unusual: &'static [&'static str],
}

impl Pool {
    /// All values, the ordinary ones first.
    pub fn all(&self) -> impl Iterator<Item = &'static str> {
        self.ordinary.iter().chain(self.unusual).copied()
    }

    /// The number of all values.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ordinary.len() + self.unusual.len()
    }

    /// Whether there are no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The role that most objects have.
pub const ROLE: &str = "arn:aws:iam::123456789012:role/api";

/// ARNs of roles.
pub const ROLES: Pool = Pool {
    ordinary: &[ROLE, ROLE, "arn:aws-cn:iam::123456789012:role/team/api"],
    unusual: &[
        "arn:aws:iam::123456789012:role/aws-reserved/sso/x",
        "arn:aws:iam::123456789012:role/aws-service-role/x",
        "arn:aws:iam::12345:role/x",
        "arn:aws:iam::123456789012:role/NodeInstanceRole",
        "arn:aws:iam::${ACCOUNT}:role/x",
        " arn:aws:iam::123456789012:role/api",
        "\"arn:aws:iam::123456789012:role/api\"",
        "team/api",
        "",
        "$(ROLE)",
        "$(NAME)",
    ],
};

/// Names of service accounts.
pub const ACCOUNTS: [&str; 4] = ["api", "api", "default", "web"];

/// Names of volumes: those of the policy, and another one.
pub const VOLUMES: [&str; 4] = ["aws-iam-token", "eks-pod-identity-token", "data", ""];

/// Paths of mounts: those of the policy in several spellings, around and inside them, and others.
pub const MOUNT_PATHS: [&str; 14] = [
    MOUNT_PATH,
    "/var/run/secrets/eks.amazonaws.com/serviceaccount/",
    "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount",
    "/var/run/secrets/eks.amazonaws.com/serviceaccount/deep",
    "/var/run/secrets//eks.amazonaws.com/./serviceaccount",
    "/var/run/secrets/eks.amazonaws.com",
    "/var//run/./secrets",
    "/run/secrets/eks.amazonaws.com/serviceaccount",
    TOKEN_FILE,
    "C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount",
    "/root/.aws",
    "/data",
    "/",
    "",
];

/// Audiences of projected tokens.
pub const TOKEN_AUDIENCES: [&str; 5] =
    ["sts.amazonaws.com", "pods.eks.amazonaws.com", "sts.amazonaws.com.cn", "vault", ""];
/// Files of projected tokens.
pub const TOKEN_PATHS: [&str; 3] = ["token", "eks-pod-identity-token", "x"];

/// The word that stands for a projected token in [`PROJECTED_SOURCES`].
pub const TOKEN: &str = "TOKEN";

/// The sources of projected volumes.
pub static PROJECTED_SOURCES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let token = json!({"serviceAccountToken": TOKEN});
    vec![
        json!([token, {"secret": {"items": [{"path": "token"}]}}]),
        json!([
            {"podCertificate": {"signerName": "example.com/x", "keyType": "ED25519", "credentialBundlePath": "x"}},
            {"clusterTrustBundle": {"name": "x", "path": "y"}},
            token,
        ]),
        json!([{"clusterTrustBundle": {"path": "ca"}}]),
        json!([{"serviceAccountToken": null}, token]),
        json!([token]),
        json!([token, {"configMap": null}]),
        json!([{}, token]),
    ]
});

/// Volumes without a projected token. The policy reads some of them, and must keep all of them.
pub static OTHER_VOLUMES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    vec![
        json!({"secret": {"secretName": SECRET}}),
        json!({"csi": {"driver": "x", "readOnly": true}}),
        json!({"nfs": {"readOnly": false}, "future": [{"readOnly": {}}]}),
        json!({"image": {"reference": "x"}}),
        json!({"future": {"readOnly": SECRET}}),
        json!({"emptyDir": {}}),
        json!({"projected": null}),
    ]
});

/// Variables that have the same values.
#[derive(Clone, Copy, Debug)]
pub struct Variables {
    /// Their names.
    pub names: &'static [&'static str],
    /// Their values.
    pub values: Pool,
}

const fn variables(names: &'static [&'static str], values: &'static [&'static str]) -> Variables {
    Variables { names, values: Pool { ordinary: values, unusual: &[] } }
}

/// Variables that checks read, with their values. The more often checked ones occur twice.
pub const VARIABLES: [Variables; 20] = [
    Variables { names: &["AWS_ROLE_ARN"], values: ROLES },
    Variables { names: &["AWS_ROLE_ARN"], values: ROLES },
    TOKEN_FILES,
    TOKEN_FILES,
    variables(&["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"], &[AGENT_TOKEN_FILE, "/tmp/token"]),
    variables(
        &["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
        &[
            "http://169.254.170.23/v1/credentials",
            "http://10.0.0.1/",
            "http://[::1]:80/",
            "https://x",
        ],
    ),
    variables(&["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"], &["/v2/x"]),
    variables(&["AWS_REGION", "AWS_DEFAULT_REGION"], &["eu-west-1", "cn-north-1", " us-gov-x", ""]),
    variables(&["AWS_ROLE_SESSION_NAME"], &["api", "a", "a b", "$(X)", "$(POD_NAME)"]),
    variables(&["AWS_STS_REGIONAL_ENDPOINTS"], &["regional", "legacy", "x"]),
    variables(&["HTTPS_PROXY", "NO_PROXY", "http_proxy"], &[SECRET_VALUE]),
    variables(&["AWS_PROFILE", "AWS_CONFIG_FILE"], &[SECRET_VALUE, ""]),
    variables(&["AWS_EC2_METADATA_DISABLED"], &["true", SECRET_VALUE]),
    variables(
        &["AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_SESSION_TOKEN", "PASSWORD"],
        &[SECRET_VALUE],
    ),
    variables(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], &[SECRET_VALUE, ""]),
    variables(&["AWS_SECRET_KEY", "AMAZON_ACCESS_KEY_ID", "AWS_ACCESS_KEY"], &[SECRET_VALUE]),
    // Other values refer to these.
    variables(&["NAME", "POD_NAME"], &[ROLE, TOKEN_FILE, "$$", "$(NAME)", ""]),
    variables(
        &["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"],
        &["https://minio:9000", "https://sts.amazonaws.com", "$(NAME)", ""],
    ),
    Variables { names: &["aws_role_arn"], values: ROLES },
    variables(&["PATH", ""], &["", "x"]),
];

const TOKEN_FILES: Variables = variables(
    &["AWS_WEB_IDENTITY_TOKEN_FILE"],
    &[TOKEN_FILE, TOKEN_FILE, WINDOWS_TOKEN_FILE, "/tmp/token", "", "token ", "$(NAME)"],
);

/// The values of `valueFrom`.
pub static VALUE_SOURCES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    vec![
        json!({"secretKeyRef": {"name": SECRET, "key": SECRET}}),
        json!({"configMapKeyRef": {"optional": true}}),
        json!({"fileKeyRef": {"volumeName": "x", "path": "y", "key": "z", "optional": true}}),
        json!({"fileKeyRef": {"optional": false}}),
        json!({"fieldRef": {"fieldPath": "metadata.name"}}),
        json!(null),
    ]
});

/// Annotations that have the same values.
#[derive(Clone, Copy, Debug)]
pub struct Annotations {
    /// Their names after the prefix.
    pub names: &'static [&'static str],
    /// Their values.
    pub values: Pool,
}

/// `role-arn`.
pub const ROLE_ARN: Annotations = Annotations { names: &["role-arn"], values: ROLES };
/// `audience`.
pub const AUDIENCE: Annotations = Annotations {
    names: &["audience"],
    values: Pool {
        ordinary: &["sts.amazonaws.com", "vault"],
        unusual: &["", "sts.amazonaws.com.cn"],
    },
};
/// `token-expiration`.
pub const TOKEN_EXPIRATION: Annotations = Annotations {
    names: &["token-expiration"],
    values: Pool {
        ordinary: &["600", "3600", "86400"],
        unusual: &["599", "86401", "", "-1", "1h", "1e3", "9999999999", "99999999999999999999"],
    },
};
/// `sts-regional-endpoints`.
pub const STS_REGIONAL_ENDPOINTS: Annotations = Annotations {
    names: &["sts-regional-endpoints"],
    values: Pool { ordinary: &["true", "false", "1", "f"], unusual: &["T", "0", "yes", ""] },
};
/// `sts-endpoint-url`.
pub const STS_ENDPOINT_URL: Annotations = Annotations {
    names: &["sts-endpoint-url"],
    values: Pool {
        ordinary: &[
            "https://minio.example.com:9000",
            "https://vpce-1-a.sts.eu-west-1.vpce.amazonaws.com",
        ],
        unusual: &["https://sts.amazonaws.com", "minio:9000", "https://a@b", ""],
    },
};
/// `skip-containers`.
pub const SKIP_CONTAINERS: Annotations =
    Annotations { names: &["skip-containers"], values: CONTAINER_NAMES };
/// `include-containers`.
pub const INCLUDE_CONTAINERS: Annotations =
    Annotations { names: &["include-containers"], values: CONTAINER_NAMES };
/// Annotations that are similar to those of the policy.
pub const MISSPELLED: Annotations = Annotations {
    names: &[
        "role_arn",
        "roleArn",
        "audiense",
        "ecr-role-arn",
        "skip-container",
        "token-expiratoin",
    ],
    values: ROLES,
};
/// Annotations of other programs.
pub const OTHER_ANNOTATIONS: Annotations = Annotations {
    names: &["note"],
    values: Pool {
        ordinary: &["", "x", "{\"spec\":{\"volumes\":[]}}", "\u{0}\"\\\n\u{7f}", "ünï\u{10000}"],
        unusual: &[],
    },
};
const CONTAINER_NAMES: Pool = Pool {
    ordinary: &["app", "sidecar,app", " proxy , setup", "missing"],
    unusual: &["app,sidecar,proxy,setup", "\"app\",proxy", "\"a,b\"", "\"", "a\nb", ",", ""],
};

/// The prefix of most keys.
pub const PREFIX: &str = "eks.amazonaws.com";
/// Other prefixes, the first one as the setting `annotationPrefix`.
pub const OTHER_PREFIXES: [&str; 3] =
    ["identity.example.org", "eks.amazon.com", "iam.amazonaws.com"];

/// A setting, with valid values.
#[derive(Debug)]
pub struct Setting {
    /// Its key.
    pub key: &'static str,
    /// Its values.
    pub values: Vec<Value>,
    /// Whether it only changes values that the policy injects, or when it asks the cluster.
    pub is_simple: bool,
}

/// The settings, except for `annotationPrefix` and `findings`, which the generators choose in other ways, and `roleTrust`, which
/// needs the trust policies of roles.
pub static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    let simple = |key, values| Setting { key, values, is_simple: true };
    let other = |key, values| Setting { key, values, is_simple: false };
    let flag = || vec![json!(true), json!(false)];
    vec![
        simple("audience", vec![json!("sts.amazonaws.com"), json!("vault")]),
        simple("tokenExpirationSeconds", vec![json!(600), json!(7200), json!(86_400)]),
        simple("region", vec![json!("eu-west-1"), json!("us-gov-west-1"), json!("cn-north-1")]),
        simple("regionWithEnvFrom", flag()),
        simple("stsRegionalEndpoints", flag()),
        simple(
            "stsEndpointUrl",
            STS_ENDPOINT_URL.values.ordinary.iter().map(|url| json!(url)).collect(),
        ),
        simple("serviceAccountLookup", vec![json!("fresh"), json!("cached")]),
        simple("lookupFailure", vec![json!("reject"), json!("admit")]),
        simple("sessionName", vec![json!("none"), json!("podName")]),
        simple("disableInstanceMetadata", flag()),
        other("roleArnFromEnv", flag()),
        other("mountPath", vec![json!("/run/aws"), json!(MOUNT_PATH)]),
        other("defaultSeverity", vec![json!("warn")]),
        other("composeRoleArn", vec![json!({"accountId": "123456789012", "path": "/k8s/"})]),
        other("roleMap", ROLE_MAPS.iter().map(|(name, _)| role_map(name)).collect()),
        other(
            "roleMappings",
            vec![
                json!([]),
                json!([{"namespace": "other", "serviceAccount": "*", "roleArn": ROLE}]),
                json!([{"namespace": "pay*", "serviceAccount": "w?b", "roleArn": ROLE, "tokenExpirationSeconds": 900}]),
                json!([{"namespace": "pay*", "serviceAccount": "a?i", "roleArn": ROLE, "audience": "vault",
                    "tokenExpirationSeconds": 601, "stsRegionalEndpoints": true}]),
            ],
        ),
        other(
            "containerCredentials",
            vec![
                json!({"identities": [{"namespace": "*", "serviceAccount": "api"}]}),
                json!({"identities": [{"namespace": "payments", "serviceAccount": "*"}], "volumeName": "data",
                    "mountPath": "/data", "tokenPath": "a/b", "audience": "x"}),
                json!({"identities": [{"namespace": "other", "serviceAccount": "*"}]}),
            ],
        ),
        other(
            "podTemplates",
            ["spec.template", "spec.groups[*].template", "spec.*.template"]
                .into_iter()
                .map(|path| json!([{"group": "argoproj.io", "kind": "Rollout", "paths": ["spec.template", path]}]))
                .collect(),
        ),
        other(
            "allowedRoles",
            vec![
                json!([{"namespaces": ["*"], "roleArns": ["arn:*:iam::*:role/*"]}]),
                json!([{"namespaces": ["pay*"], "roleArns": ["arn:aws:iam::123456789012:role/{serviceAccount}*"]}]),
                json!([{"namespaces": ["other"], "roleArns": ["arn:*:iam::*:role/*"]}]),
            ],
        ),
    ]
});

fn role_map(name: &str) -> Value {
    json!({"namespace": "kube-system", "name": name})
}

/// The ConfigMaps of roles: their names, and the content of `config`.
pub const ROLE_MAPS: [(&str, &str); 4] = [
    (
        "good",
        r#"{"payments/*": {"RoleARN": "arn:aws:iam::123456789012:role/mapped", "TokenExpiration": 900}}"#,
    ),
    ("bad", r#"{"payments/*": {"RoleARN": "mapped"}}"#),
    ("broken", "payments: {}"),
    ("empty", "[]"),
];
