#!/usr/bin/env bash
# A control plane on loopback, without kubelet and scheduler, with the policy of deploy/ installed in it: etcd,
# kube-apiserver, kube-controller-manager and policy-server from PATH. Pods stay Pending, which is enough to see
# the result of admission. All state is in the directory $CLUSTER_DIR.
#
#   local.sh missing                 list what is missing
#   local.sh start MODULE.wasm       start everything; MODULE.wasm is an annotated module
#   local.sh stop                    stop everything
#   local.sh policy-server stop      stop the policy server, or start it again
#   local.sh policy-server start [API]
#   local.sh policies                let the policy server use the current ClusterAdmissionPolicies
#   local.sh can API                 whether policy-server start supports that API
#
# API is the address that the policy server uses for the API server: "refused", a port without a listener; "silent", a
# server that accepts connections and never answers; by default, the API server.
#
# Afterwards $CLUSTER_DIR/admin.kubeconfig is the administrator's kubeconfig and $CLUSTER_DIR/audit.log the audit
# log. Kubewarden's controller does not run: policies.jq and webhooks.jq derive the objects that it would create.
#
# With CLUSTER_METRICS_PYTHON, a Python with the packages of otlp-metrics.txt, the policy server sends its metrics, and
# $CLUSTER_DIR/metrics.txt shows them.
#
# CLUSTER_MANIFESTS is a file of manifests to install in place of deploy/, such as a rendering of the Helm chart.
#
# KUBEWARDEN_CRDS is the directory with Kubewarden's CustomResourceDefinitions, as its chart kubewarden-crds has
# them; the default is crds/ next to kube-apiserver.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here/../lib.sh"

# The namespace in which Kubewarden's charts install it, and the account of its policy server.
NAMESPACE=kubewarden
ACCOUNT=policy-server
PROGRAMS=(etcd kube-apiserver kube-controller-manager kubectl policy-server kwctl openssl jq bats)

crds() {
  local api_server
  if [[ -n ${KUBEWARDEN_CRDS:-} ]]; then
    echo "$KUBEWARDEN_CRDS"
  elif api_server=$(command -v kube-apiserver); then
    echo "$(dirname "$api_server")/crds"
  fi
}

missing() {
  local program
  for program in "${PROGRAMS[@]}"; do
    have "$program" || echo "$program"
  done
  [[ -d $(crds) ]] || echo "Kubewarden's CustomResourceDefinitions (directory KUBEWARDEN_CRDS)"
}

# Runs kubectl as the administrator, without the configuration and the cache of the user.
k() {
  kubectl --kubeconfig "$CLUSTER_DIR/admin.kubeconfig" --cache-dir "$CLUSTER_DIR/kubectl-cache" "$@"
}

# until_ok SECONDS WHAT COMMAND...: repeats a command until it succeeds.
until_ok() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= deadline)); then
      say "timeout while waiting for $what"
      return 1
    fi
    sleep 0.1
  done
}

# spawn NAME COMMAND...: runs a program in the background. It does not inherit open files, so that no reader of
# the output waits for it.
spawn() {
  local name=$1
  shift
  nohup "$@" >>"$CLUSTER_DIR/$name.log" 2>&1 </dev/null 3>&- 4>&- &
  echo $! >"$CLUSTER_DIR/$name.pid"
}

pid_of() {
  cat "$CLUSTER_DIR/$1.pid" 2>/dev/null
}

# running NAME: whether the process runs. A zombie process does not run.
running() {
  local pid state
  pid=$(pid_of "$1") && [[ -r /proc/$pid/stat ]] || return
  state=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) && [[ $state != Z* ]]
}

ended() {
  ! running "$1"
}

halt() {
  local name=$1 pid
  pid=$(pid_of "$name") || return 0
  if running "$name"; then
    # A stopped process would not see the signal.
    kill -CONT "$pid" 2>/dev/null || true
    kill -TERM "$pid" 2>/dev/null || true
    until_ok 10 "$name to end" ended "$name" || kill -KILL "$pid" 2>/dev/null || true
  fi
  rm -f "$CLUSTER_DIR/$name.pid"
}

# wait_until_ready NAME SECONDS COMMAND...: waits until a program that was spawned answers, and shows its log if it does not.
wait_until_ready() {
  local name=$1 deadline=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ended "$name" || ((SECONDS >= deadline)); then
      say "$name did not start; the end of its log:"
      tail -n 20 "$CLUSTER_DIR/$name.log" >&2
      return 1
    fi
    sleep 0.1
  done
}

listening() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

closed() {
  ! listening "$1"
}

# Prints the first of seven free ports, below the ephemeral ports of common systems.
choose_ports() {
  local first port free
  for _ in {1..50}; do
    first=$((20000 + RANDOM % 1200 * 10)) free=yes
    for port in $(seq "$first" $((first + 6))); do
      if listening "$port"; then free=no; fi
    done
    [[ $free == no ]] || { echo "$first"; return; }
  done
  say "no free ports"
  return 1
}

# certificate NAME SUBJECT: a certificate for 127.0.0.1, signed by the authority in the same directory.
certificate() {
  local name=$1 subject=$2
  openssl req -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$subject"
  openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out "$name.crt" \
    -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc")
}

certificates() {
  cd "$CLUSTER_DIR"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj "/CN=cluster tests" \
    -addext "keyUsage=critical,keyCertSign"
  certificate kube-apiserver kube-apiserver
  certificate policy-server policy-server
  openssl genrsa -out service-accounts.key 2048
  openssl rsa -in service-accounts.key -pubout -out service-accounts.pub
}

# kubeconfig FILE TOKEN
kubeconfig() {
  (umask 077 && cat >"$1") <<EOT
apiVersion: v1
kind: Config
clusters:
  - name: cluster-tests
    cluster: {server: "https://127.0.0.1:$API_PORT", certificate-authority: $CLUSTER_DIR/ca.crt}
users:
  - name: user
    user: {token: "$2"}
contexts:
  - name: cluster-tests
    context: {cluster: cluster-tests, user: user}
current-context: cluster-tests
EOT
}

start_control_plane() {
  local token help kcm_flags=()
  logged openssl certificates
  token=$(openssl rand -hex 16)
  kubeconfig "$CLUSTER_DIR/admin.kubeconfig" "$token"
  (umask 077 && echo "$token,cluster-tests,cluster-tests,\"system:masters\"" >"$CLUSTER_DIR/tokens.csv")
  cat >"$CLUSTER_DIR/audit-policy.yaml" <<'EOT'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    verbs: [create, update, patch, delete]
EOT

  spawn etcd etcd --name default --data-dir "$CLUSTER_DIR/etcd" \
    --listen-client-urls "http://127.0.0.1:$ETCD_PORT" --advertise-client-urls "http://127.0.0.1:$ETCD_PORT" \
    --listen-peer-urls "http://127.0.0.1:$PEER_PORT" --initial-advertise-peer-urls "http://127.0.0.1:$PEER_PORT" \
    --initial-cluster "default=http://127.0.0.1:$PEER_PORT"
  wait_until_ready etcd 30 listening "$ETCD_PORT"

  # The advertised address must not be on loopback. 192.0.2.1 is reserved for documentation, and is not used. The cluster
  # has no storage classes.
  spawn kube-apiserver kube-apiserver --etcd-servers "http://127.0.0.1:$ETCD_PORT" \
    --bind-address 127.0.0.1 --secure-port "$API_PORT" --advertise-address 192.0.2.1 \
    --tls-cert-file "$CLUSTER_DIR/kube-apiserver.crt" --tls-private-key-file "$CLUSTER_DIR/kube-apiserver.key" \
    --cert-dir "$CLUSTER_DIR" --token-auth-file "$CLUSTER_DIR/tokens.csv" --authorization-mode RBAC \
    --service-account-issuer https://kubernetes.default.svc \
    --service-account-signing-key-file "$CLUSTER_DIR/service-accounts.key" \
    --service-account-key-file "$CLUSTER_DIR/service-accounts.pub" --service-cluster-ip-range 10.0.0.0/24 \
    --audit-policy-file "$CLUSTER_DIR/audit-policy.yaml" --audit-log-path "$CLUSTER_DIR/audit.log" \
    --disable-admission-plugins DefaultStorageClass
  wait_until_ready kube-apiserver 90 k get --raw /readyz

  # Versions before 1.24 also serve without TLS on every address, unless the port is 0.
  help=$(kube-controller-manager --help 2>&1)
  if [[ $help == *" --port int "* ]]; then kcm_flags+=(--port 0); fi
  # No nodelifecycle: without kubelets it would mark every node as lost.
  spawn kube-controller-manager kube-controller-manager --kubeconfig "$CLUSTER_DIR/admin.kubeconfig" \
    --service-account-private-key-file "$CLUSTER_DIR/service-accounts.key" --root-ca-file "$CLUSTER_DIR/ca.crt" \
    --leader-elect=false --secure-port 0 --cert-dir "$CLUSTER_DIR" "${kcm_flags[@]}" \
    --controllers '*,-nodeipam,-nodelifecycle,-route,-service,-cloud-node-lifecycle'
  wait_until_ready kube-controller-manager 60 k --namespace kube-system get serviceaccount default
}

# A node, so that DaemonSets have something to run on.
node() {
  jq --null-input '{apiVersion: "v1", kind: "Node",
    metadata: {name: "cluster-tests", labels: {"kubernetes.io/hostname": "cluster-tests"}},
    status: {
      capacity: {cpu: "8", memory: "32Gi", pods: "110"}, allocatable: {cpu: "8", memory: "32Gi", pods: "110"},
      conditions: [{type: "Ready", status: "True", reason: "KubeletReady", message: "set by the cluster tests"}]
    }}'
}

# The configuration of the policy server.
write_policies() {
  k get clusteradmissionpolicies --output json >"$CLUSTER_DIR/policies.json"
  jq --arg wasm "$(<"$CLUSTER_DIR/module")" --from-file "$here/policies.jq" "$CLUSTER_DIR/policies.json" \
    >"$CLUSTER_DIR/policies.yml"
}

install_policy() {
  local module=$1 namespace token deploy
  # Older API servers drop the fields of the schemas that they do not know (rules in CEL).
  k create --validate=false --filename "$(crds)"
  k wait --for condition=Established --timeout 60s --all customresourcedefinitions
  k create namespace "$NAMESPACE"
  k --namespace "$NAMESPACE" create serviceaccount "$ACCOUNT"
  node | k create --filename -
  # Admission adds this taint to every new node.
  k taint node cluster-tests node.kubernetes.io/not-ready-
  # API servers before 1.21 do not label namespaces with their names, which the policies select by.
  for namespace in $(k get namespaces --output 'jsonpath={.items[*].metadata.name}'); do
    k label --overwrite namespace "$namespace" "kubernetes.io/metadata.name=$namespace"
  done

  until_ok 30 "the custom resources to be served" k get clusteradmissionpolicies
  if [[ -n ${CLUSTER_MANIFESTS:-} ]]; then
    k apply --filename "$CLUSTER_MANIFESTS"
  else
    deploy=$(realpath --relative-to "$CLUSTER_DIR/install" "$here/../../deploy")
    mkdir -p "$CLUSTER_DIR/install"
    printf 'resources: [%s]\ncomponents: [%s/pod-templates]\n' "$deploy" "$deploy" >"$CLUSTER_DIR/install/kustomization.yaml"
    k apply --kustomize "$CLUSTER_DIR/install"
  fi
  echo "$module" >"$CLUSTER_DIR/module"
  write_policies

  token=$(k --namespace "$NAMESPACE" create token "$ACCOUNT" --duration 8h)
  kubeconfig "$CLUSTER_DIR/policy-server.kubeconfig" "$token"
  start_policy_server

  # This is the last step, because after it pods cannot be created without the policy server. Fields that this server does not
  # know (matchConditions, before 1.27) are dropped.
  jq --arg namespace "$NAMESPACE" --arg url "https://127.0.0.1:$POLICY_PORT" \
    --arg ca "$(base64 <"$CLUSTER_DIR/ca.crt" | tr -d '\n')" --from-file "$here/webhooks.jq" \
    "$CLUSTER_DIR/policies.json" >"$CLUSTER_DIR/webhooks.json"
  k create --validate=false --filename "$CLUSTER_DIR/webhooks.json"
}

# start_policy_server [refused|silent]
start_policy_server() {
  local kubeconfig=$CLUSTER_DIR/policy-server.kubeconfig
  if [[ -n ${1:-} ]]; then
    sed "s/127.0.0.1:$API_PORT/127.0.0.1:$SILENT_PORT/" "$kubeconfig" >"$kubeconfig.$1"
    kubeconfig=$kubeconfig.$1
  fi
  if [[ ${1:-} == silent ]]; then
    spawn silent openssl s_server -quiet -accept "127.0.0.1:$SILENT_PORT" \
      -cert "$CLUSTER_DIR/kube-apiserver.crt" -key "$CLUSTER_DIR/kube-apiserver.key"
    wait_until_ready silent 10 listening "$SILENT_PORT"
    kill -STOP "$(pid_of silent)"
  fi
  local telemetry=()
  if [[ -n ${CLUSTER_METRICS_PYTHON:-} ]]; then
    if ! running metrics; then
      spawn metrics "$CLUSTER_METRICS_PYTHON" "$here/otlp-metrics.py" "$METRICS_PORT" "$CLUSTER_DIR/metrics.txt"
      wait_until_ready metrics 30 listening "$METRICS_PORT"
    fi
    telemetry=(--enable-metrics)
  fi
  # If the first thread of a process has ended, the process counts as ended here, but another thread can still have the port,
  # and would be taken for the new server.
  until_ok 10 "port $POLICY_PORT to close" closed "$POLICY_PORT"
  KUBECONFIG=$kubeconfig OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:${METRICS_PORT:-0} OTEL_METRIC_EXPORT_INTERVAL=1000 \
    spawn policy-server policy-server --policies "$CLUSTER_DIR/policies.yml" \
    --addr 127.0.0.1 --port "$POLICY_PORT" --readiness-probe-port "$READINESS_PORT" \
    --cert-file "$CLUSTER_DIR/policy-server.crt" --key-file "$CLUSTER_DIR/policy-server.key" \
    --policies-download-dir "$CLUSTER_DIR/policies" --sigstore-cache-dir "$CLUSTER_DIR/sigstore" \
    --always-accept-admission-reviews-on-namespace "$NAMESPACE" --log-level info --log-no-color --workers 2 "${telemetry[@]}"
  wait_until_ready policy-server 60 listening "$POLICY_PORT"
}

# logged NAME FUNCTION...: keeps the output of a step in a log, which is shown if the step fails. (Not with `||`: bash
# would no longer stop at the first command that fails.)
logged() {
  local log=$CLUSTER_DIR/$1.log
  shift
  # shellcheck disable=SC2064 # The log of this step.
  trap "say 'failed: $1'; tail -n 20 '$log' >&2" EXIT
  (set -e; "$@") >"$log" 2>&1
  trap - EXIT
}

start() {
  local module first
  module=$(realpath "$1")
  mkdir -p "$CLUSTER_DIR/policies" "$CLUSTER_DIR/sigstore"
  first=$(choose_ports)
  ETCD_PORT=$first PEER_PORT=$((first + 1)) API_PORT=$((first + 2)) POLICY_PORT=$((first + 3))
  READINESS_PORT=$((first + 4)) SILENT_PORT=$((first + 5)) METRICS_PORT=$((first + 6))
  declare -p API_PORT POLICY_PORT READINESS_PORT SILENT_PORT METRICS_PORT >"$CLUSTER_DIR/ports"
  start_control_plane
  logged install install_policy "$module"
}

usage() {
  say "usage: see the head of $0"
  exit 64
}

case ${1:-} in
  missing) missing; exit ;;
  can) [[ ${2:-} == refused || ${2:-} == silent ]]; exit ;;
esac
: "${CLUSTER_DIR:?is the directory for the state of the control plane}"
# shellcheck disable=SC1091 # Written by start.
[[ ! -e $CLUSTER_DIR/ports ]] || . "$CLUSTER_DIR/ports"

case "$*" in
  "start "?*) start "$2" ;;
  stop) for name in policy-server metrics silent kube-controller-manager kube-apiserver etcd; do halt "$name"; done ;;
  "policy-server stop") halt policy-server; halt silent ;;
  policies) write_policies; halt policy-server; start_policy_server ;;
  "policy-server start" | "policy-server start refused" | "policy-server start silent")
    running policy-server || start_policy_server "${3:-}" ;;
  *) usage ;;
esac
