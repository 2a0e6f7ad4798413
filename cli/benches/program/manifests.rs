//! Manifests as charts of many teams render them: the same text on every machine.

use std::fmt::Write;

/// The number of objects of an application.
pub(crate) const OBJECTS: usize = 5;

/// The manifests of an application: an account, a Deployment, a CronJob, a ConfigMap and a Service, in 25 KB. Every
/// tenth application has an account whose role is malformed, and every tenth uses an account that does not exist.
pub(crate) fn application(number: usize) -> [String; OBJECTS] {
    let name = format!("app-{number:05}");
    let namespace = format!("team-{:03}", number / 20);
    let account = if number % 10 == 1 { "missing" } else { &name };
    let role = if number % 10 == 2 { "12345" } else { "111122223333" };
    let head = |version: &str, kind: &str, name: &str| {
        format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  labels:\n    \
             app.kubernetes.io/name: {name}\n    app.kubernetes.io/instance: production\n    \
             app.kubernetes.io/managed-by: Helm\n    helm.sh/chart: application-1.42.7\n"
        )
    };
    [
        format!(
            "{}  annotations:\n    eks.amazonaws.com/role-arn: arn:aws:iam::{role}:role/{name}\n",
            head("v1", "ServiceAccount", &name)
        ),
        format!(
            "{}spec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n  template:\n    \
             metadata:\n      labels:\n        app.kubernetes.io/name: {name}\n{}",
            head("apps/v1", "Deployment", &name),
            pod("    ", account, 4, 60)
        ),
        format!(
            "{}spec:\n  schedule: \"17 3 * * *\"\n  concurrencyPolicy: Forbid\n  jobTemplate:\n    spec:\n      \
             backoffLimit: 2\n      template:\n{}",
            head("batch/v1", "CronJob", &format!("{name}-report")),
            pod("        ", account, 1, 60)
        ),
        config_map(&head("v1", "ConfigMap", &name)),
        format!(
            "{}spec:\n  type: ClusterIP\n  selector:\n    app.kubernetes.io/name: {name}\n  ports:\n  - name: http\n    \
             port: 80\n    targetPort: http\n    protocol: TCP\n",
            head("v1", "Service", &name)
        ),
    ]
}

/// The spec of a pod.
fn pod(indent: &str, account: &str, containers: usize, variables: usize) -> String {
    let mut spec = format!(
        "spec:\n  serviceAccountName: {account}\n  terminationGracePeriodSeconds: 60\n  # Spread over zones.\n  \
         topologySpreadConstraints:\n  - maxSkew: 1\n    topologyKey: topology.kubernetes.io/zone\n    \
         whenUnsatisfiable: ScheduleAnyway\n  securityContext: {{runAsNonRoot: true, runAsUser: 10001}}\n  volumes:\n  \
         - name: config\n    configMap:\n      name: settings\n  - name: tmp\n    emptyDir: {{}}\n  containers:\n"
    );
    for container in 0..containers {
        // Writing to a string does not fail.
        let _ = write!(
            spec,
            "  - name: container-{container}\n    image: registry.example.com/team/application-{container}:1.42.7\n    \
             args:\n    - --listen=:{}\n    - --log-format=json\n    - \"--message=text: with a colon\"\n    ports:\n    \
             - name: http\n      containerPort: {}\n    resources:\n      requests: {{cpu: 100m, memory: 256Mi}}\n      \
             limits:\n        memory: 512Mi\n    volumeMounts:\n    - name: config\n      mountPath: /etc/application\n      \
             readOnly: true\n    - name: tmp\n      mountPath: /tmp\n    readinessProbe:\n      httpGet:\n        path: \
             /healthz\n        port: http\n    env:\n",
            8080 + container,
            8080 + container
        );
        for variable in 0..variables / containers {
            let _ = match variable % 3 {
                0 => writeln!(
                    spec,
                    "    - name: SETTING_{variable}\n      value: \"the value of the setting with number {variable}\""
                ),
                1 => writeln!(
                    spec,
                    "    - name: PASSWORD_{variable}\n      valueFrom:\n        secretKeyRef:\n          name: \
                     database\n          key: password-{variable}"
                ),
                _ => writeln!(
                    spec,
                    "    - name: ENDPOINT_{variable}\n      value: http://service-{variable}.example.com:8080/api"
                ),
            };
        }
    }
    let mut indented = String::with_capacity(spec.len() * 2);
    for line in spec.lines() {
        let _ = writeln!(indented, "{indent}{line}");
    }
    indented
}

/// A ConfigMap with a file in it.
fn config_map(head: &str) -> String {
    let mut text = format!("{head}data:\n  application.properties: |\n");
    for number in 0..136 {
        let _ =
            writeln!(text, "    section.{number}.name=a value of section {number}: {}", number * 7);
    }
    text
}
