"""Runs AWS SDKs in the containers of environments.toml, and records which credentials they use. run.sh calls it.

    matrix.py --built DIRECTORY SDK...

The SDKs run in separate network and mount namespaces. The only network interface is loopback, which has the addresses of
the services that SDKs request (standin.py). So an SDK cannot send anything to other machines. The files of the containers
are in memory.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys

import standin

HERE = pathlib.Path(__file__).resolve().parent
HOME = "/run/home/app"
SECRETS = pathlib.Path("/run/secrets")
TOKENS = {
    "eks.amazonaws.com/serviceaccount/token": standin.STS_TOKEN,
    "pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token": standin.AGENT_TOKEN,
}
# The time limit for an SDK. Some retry for a while.
SECONDS = 120
# The SDKs whose probe can call Amazon Bedrock.
BEDROCK = ("boto3", "awscli", "javascript-v3", "go-v2", "java-v2", "rust")


# The namespaces


def run(*command, **more):
    subprocess.run(command, check=True, **more)


def enter():
    """Starts this program again in new namespaces, and gives them the addresses and the file system of a container."""
    inside = "SDK_MATRIX_INSIDE"
    if not os.environ.get(inside):
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        command = ["unshare", "--net", "--mount", *as_root, sys.executable, *sys.argv]
        try:
            os.execvpe(command[0], command, {**os.environ, inside: "1"})
        except FileNotFoundError:
            sys.exit("matrix.py: needs unshare, of util-linux")
    if not has_only_loopback():
        sys.exit("matrix.py: the network namespace has interfaces other than loopback; the SDKs are not run")
    if os.path.realpath("/var/run") != "/run":
        sys.exit("matrix.py: /var/run is not /run, where this program writes the files of the containers")
    run("ip", "link", "set", "lo", "up")
    for address in sorted({address for address, _ in standin.ADDRESSES} - {"127.0.0.1"}):
        more = ["-6", "address", "add", f"{address}/128"] if ":" in address else ["address", "add", f"{address}/32"]
        run("ip", *more, "dev", "lo")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")


def has_only_loopback():
    found = subprocess.run(["ip", "-o", "link"], check=True, capture_output=True, text=True).stdout
    return [line.split(": ")[1] for line in found.splitlines()] == ["lo"]


def create_certificates(folder):
    """Creates a certificate authority for this run, and its certificate for the host names of AWS."""
    names = ",".join(f"DNS:{host}" for host in standin.aws_hosts())
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    authority = [*request, "-subj", "/CN=sdk-matrix", "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem"]
    run(*authority, stderr=subprocess.DEVNULL)
    leaf = [*request, "-subj", "/CN=standin", "-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key"]
    leaf += ["-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE"]
    run(*leaf, "-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem", stderr=subprocess.DEVNULL)


def configure_host_names(folder):
    """Makes host names resolve to the local replacements only, and programs trust the certificate authority."""
    hosts = {"localhost": "127.0.0.1", **{host: "127.0.0.1" for host in standin.aws_hosts()}, **standin.OTHER_HOSTS}
    texts = {
        "/etc/hosts": "".join(f"{address} {host}\n" for host, address in hosts.items()),
        "/etc/nsswitch.conf": "hosts: files\n",
        "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    }
    for path, text in texts.items():
        if not os.path.exists(path):
            sys.exit(f"matrix.py: {path} does not exist, so it cannot be replaced")
        replacement = folder / os.path.basename(path)
        replacement.write_text(text)
        run("mount", "--bind", str(replacement), os.path.realpath(path))
    for path in {ssl.get_default_verify_paths().cafile, "/etc/ssl/certs/ca-certificates.crt"}:
        if path and os.path.exists(path):
            run("mount", "--bind", f"{folder}/ca.pem", os.path.realpath(path))


# The SDKs


class Probes:
    """The commands of the probes, and the variables with which their languages trust the certificate authority. SDKs
    do not read these variables."""

    def __init__(self, built, certificates):
        ca = f"{certificates}/ca.pem"
        python = [f"{built}/python/venv/bin/python", f"{built}/python/probe.py"]
        trust = {"SSL_CERT_FILE": ca, "REQUESTS_CA_BUNDLE": ca, "NODE_EXTRA_CA_CERTS": ca}
        java = ["java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", f"-Duser.home={HOME}"]
        java += [f"-Djavax.net.ssl.trustStore={certificates}/trust.p12", "-Djavax.net.ssl.trustStorePassword=changeit"]
        self.trust = trust
        self.commands = {
            "boto3": [*python, "boto3"],
            "awscli": [*python, "awscli"],
            "crt": [*python, "awscrt"],
            "cpp": [*python, "pyarrow"],
            "javascript-v3": ["node", f"{built}/javascript/v3.mjs"],
            "javascript-v2": ["node", f"{built}/javascript/v2.cjs"],
            "go-v2": [f"{built}/go/probe"],
            "go-v1": [f"{built}/go-v1/probe"],
            "java-v2": [*java, "-cp", f"{built}/java/target/classes:{built}/java/target/lib/*", "Probe"],
            "java-v1": [*java, "-cp", f"{built}/java-v1/target/classes:{built}/java-v1/target/lib/*", "Probe"],
            "rust": [f"{built}/rust/target/debug/sdk-matrix-rust"],
            "ruby": ["ruby", f"{built}/ruby/probe.rb"],
        }

    def run(self, sdk, environment):
        """What the probe prints: its version, and the credentials or an error. None after a timeout."""
        command = list(self.commands[sdk])
        command[0] = shutil.which(command[0]) or command[0]
        if environment["call"]:
            command.append(environment["call"])
        variables = {name: with_tokens(value) for name, value in environment["variables"].items()}
        variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": HOME, **self.trust, **variables}
        done = None
        # The second limit is longer, because the machine may have been busy.
        for seconds in (SECONDS, 3 * SECONDS):
            try:
                done = subprocess.run(
                    command, env=variables, cwd=environment["directory"], capture_output=True, text=True,
                    timeout=seconds, stdin=subprocess.DEVNULL, check=False,
                )
                break
            except subprocess.TimeoutExpired:
                print(f"matrix.py: {sdk} {environment['id']}: timeout after {seconds} seconds", file=sys.stderr)
        if done is None:
            return None
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if lines:
            return json.loads(lines[-1])
        # Other output is not recorded: it can be a native stack trace with paths of this machine.
        return {"error": {"kind": "crash", "message": f"the process ended with {done.returncode}"}}


def write_files(environment):
    """Writes the files of the container, and removes those of the one before it."""
    for folder in ("/run/secrets", "/run/home", "/run/aws"):
        shutil.rmtree(folder, ignore_errors=True)
    pathlib.Path(HOME).mkdir(parents=True)
    files = {str(SECRETS / path): token for path, token in TOKENS.items()}
    for path, text in environment["files"].items():
        files[path.replace("~", HOME, 1)] = with_tokens(text)
    for path, text in files.items():
        file = pathlib.Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def with_tokens(text):
    return text.replace("{sts-token}", standin.STS_TOKEN).replace("{agent-token}", standin.AGENT_TOKEN)


# The record


def row(environment, answer, requests):
    """The result of one SDK in one environment."""
    key = answer.get("accessKeyId")
    error = answer.get("error")
    called = [request["key"] for request in requests if request["action"] in ("call", "GetCallerIdentity")]
    if called:
        # The probe makes a call instead of resolving credentials: the request shows them, and its error is expected.
        key, error = called[-1], None
    web_identity = [request for request in requests if request["action"] == "AssumeRoleWithWebIdentity"]
    last = web_identity[-1] if web_identity else {}
    result = {
        "environment": environment["fingerprint"],
        "used": standin.source(key) if key else "fails" if error else "none",
        "role": last.get("role"),
        "session": last.get("session") and stable(last["session"]),
        "requests": unique(described(request) for request in requests if request["key"] not in called),
        "tokenSentTo": unique(request["host"] for request in requests if request["token"] == "sts-token"),
        "agentTokenSentTo": unique(request["host"] for request in requests if request["token"] == "agent-token"),
        "error": error and f"{error['kind']}: {short(error['message'])}",
    }
    return {name: value for name, value in result.items() if value not in (None, "", [])}


def described(request):
    if request["action"] == "proxied":
        return f"proxy for {request['host']}"
    return f"{request['host']} {request['action']}"


def unique(items):
    return list(dict.fromkeys(items))


def stable(text):
    """Replaces values that differ between runs: times, random names, ports, addresses of objects."""
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    text = re.sub(uuid, "<uuid>", text, flags=re.IGNORECASE)
    # A UUID in the encoding of the AWS SDK for Ruby.
    text = re.sub(r"\b[A-Za-z0-9]{48}\b", "<uuid>", text)
    text = re.sub(r"@[0-9a-f]{5,8}\b", "", text)
    text = re.sub(r"(127\.0\.0\.1|169\.254\.\d+\.\d+|\[[0-9a-f:]+\]):\d+->", r"\1->", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "<address>", text)
    text = re.sub(r"\d+(\.\d+)?(ns|µs|ms)\b", "<time>", text)
    return re.sub(r"\d{13,}(\.\d+)?|(?<!\d)1[789]\d{8}(?!\d)", "<number>", text)


def short(message):
    message = stable(" ".join(message.split()))
    return message if len(message) <= 300 else message[:300] + "…"


def write_record(file, sdk, version, rows):
    """Writes one row a line, so that differences are readable."""
    header = {"sdk": sdk, "version": version, "measured": datetime.date.today().isoformat()}
    lines = [f'"{name}": {to_json(value)},' for name, value in header.items()]
    rows = ",\n".join(f'"{name}": {to_json(value)}' for name, value in sorted(rows.items()))
    file.write_text("\n".join(["{", *lines, '"rows": {', rows, "}", "}", ""]), "utf-8")


def to_json(value):
    return json.dumps(value, ensure_ascii=False)


def measure(sdk, environments, probes, requests):
    """The version of the SDK, and its rows by environment."""
    version, rows = None, {}
    for environment in environments:
        if environment["call"] and sdk not in BEDROCK:
            continue
        write_files(environment)
        requests.take()
        answer = probes.run(sdk, environment)
        if answer is None:
            # A timeout can be caused by the machine, so it is not recorded as a result of the SDK.
            print(f"matrix.py: {sdk} {environment['id']}: NOT MEASURED", file=sys.stderr)
            continue
        version = answer.get("version") or version
        rows[environment["id"]] = row(environment, answer, requests.take())
    return version, rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--built", required=True, help="directory with the probes and environments.json")
    parser.add_argument("--only", default="", help="only environments whose ID starts with this; other rows are kept")
    parser.add_argument("--print", action="store_true", help="print the rows, and do not record them")
    parser.add_argument("sdks", nargs="+", metavar="SDK")
    arguments = parser.parse_args()

    enter()
    built = pathlib.Path(arguments.built).resolve()
    environments = json.loads((built / "environments.json").read_text("utf-8"))
    selected = [environment for environment in environments if environment["id"].startswith(arguments.only)]
    certificates = pathlib.Path("/run/certificates")
    certificates.mkdir()
    create_certificates(certificates)
    if any(sdk.startswith("java-") for sdk in arguments.sdks):
        trust = ["keytool", "-importcert", "-noprompt", "-alias", "ca", "-storetype", "PKCS12", "-storepass", "changeit"]
        files = ["-file", f"{certificates}/ca.pem", "-keystore", f"{certificates}/trust.p12"]
        run(*trust, *files, stderr=subprocess.DEVNULL)
    configure_host_names(certificates)
    requests = standin.Requests()
    standin.serve(requests, f"{certificates}/certificate.pem", f"{certificates}/key.pem")
    probes = Probes(built, certificates)
    for sdk in arguments.sdks:
        version, rows = measure(sdk, selected, probes, requests)
        if arguments.print:
            for name, measured in rows.items():
                print(sdk, name, to_json(measured))
            continue
        file = HERE / "record" / f"{sdk}.json"
        if arguments.only and file.exists():
            known = {environment["id"] for environment in environments}
            kept = json.loads(file.read_text("utf-8"))
            # A probe that crashes does not print its version.
            version = version or kept["version"]
            if kept["version"] != version:
                sys.exit(
                    f"matrix.py: the record is of {sdk} {kept['version']}, and {version} is installed: "
                    "measure all environments"
                )
            rows = {**{name: measured for name, measured in kept["rows"].items() if name in known}, **rows}
        write_record(file, sdk, version, rows)
        print(f"matrix.py: {sdk} {version}: {len(rows)} rows", file=sys.stderr)


if __name__ == "__main__":
    main()
