"""Asks each AWS SDK which credentials it uses in each of the containers of environments.toml.

    matrix.py --built FOLDER --record FOLDER SDK...

It runs in a network and a mount namespace of its own. There is no network but a loopback interface, which has
the addresses and names of what SDKs ask (standin.py), and the files of the containers are in memory. So nothing
that an SDK sends leaves the machine. Needs root or user namespaces, unshare and mount (util-linux), ip (iproute2),
openssl and Python 3.11.
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
import tomllib
import zlib

import standin

HERE = pathlib.Path(__file__).resolve().parent
HOME = "/run/home/app"
SECRETS = pathlib.Path("/run/secrets")
TOKENS = {
    "eks.amazonaws.com/serviceaccount/token": standin.STS_TOKEN,
    "pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token": standin.AGENT_TOKEN,
}
# How long an SDK may take: some ask again for a while.
SECONDS = 120
# Those whose probe can call Amazon Bedrock.
BEDROCK = ("boto3", "awscli", "javascript-v3", "go-v2", "java-v2", "rust")


# The namespaces


def run(*command, **more):
    subprocess.run(command, check=True, **more)


def enter():
    """Runs this program again in namespaces of its own, then makes them those of a container on a node."""
    inside = "SDK_MATRIX_INSIDE"
    if not os.environ.get(inside):
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        command = ["unshare", "--net", "--mount", *as_root, sys.executable, *sys.argv]
        try:
            os.execvpe(command[0], command, {**os.environ, inside: "1"})
        except FileNotFoundError:
            sys.exit("matrix.py: needs unshare, of util-linux")
    if not alone():
        sys.exit("matrix.py: the network namespace has more than a loopback interface: nothing is run in it")
    if os.path.realpath("/var/run") != "/run":
        sys.exit("matrix.py: /var/run is not /run, where the files of the containers are put")
    run("ip", "link", "set", "lo", "up")
    for address in sorted({address for address, _ in standin.ADDRESSES} - {"127.0.0.1"}):
        more = ["-6", "address", "add", f"{address}/128"] if ":" in address else ["address", "add", f"{address}/32"]
        run("ip", *more, "dev", "lo")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")


def alone():
    """Whether the network namespace has nothing but its loopback interface."""
    found = subprocess.run(["ip", "-o", "link"], check=True, capture_output=True, text=True).stdout
    return [line.split(": ")[1] for line in found.splitlines()] == ["lo"]


def certificates(folder):
    """An authority for this run alone, and a certificate of it for the names of AWS."""
    names = ",".join(f"DNS:{host}" for host in standin.aws_hosts())
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    authority = [*request, "-subj", "/CN=sdk-matrix", "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem"]
    run(*authority, stderr=subprocess.DEVNULL)
    leaf = [*request, "-subj", "/CN=stand-in", "-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key"]
    leaf += ["-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE"]
    run(*leaf, "-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem", stderr=subprocess.DEVNULL)


def names(folder):
    """Names lead to the stand-ins, or nowhere."""
    hosts = {"localhost": "127.0.0.1", **{host: "127.0.0.1" for host in standin.aws_hosts()}, **standin.OTHER_HOSTS}
    texts = {
        "/etc/hosts": "".join(f"{address} {host}\n" for host, address in hosts.items()),
        "/etc/nsswitch.conf": "hosts: files\n",
        "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    }
    for path, text in texts.items():
        if not os.path.exists(path):
            sys.exit(f"matrix.py: there is no {path} to stand in for")
        own = folder / os.path.basename(path)
        own.write_text(text)
        run("mount", "--bind", str(own), os.path.realpath(path))
    for path in {ssl.get_default_verify_paths().cafile, "/etc/ssl/certs/ca-certificates.crt"}:
        if path and os.path.exists(path):
            run("mount", "--bind", f"{folder}/ca.pem", os.path.realpath(path))


# The SDKs


class Probe:
    """How an SDK is run: the command, and the variables by which its language trusts the authority of the run.
    None of them is read by an SDK itself."""

    def __init__(self, built, plumbing):
        ca = f"{plumbing}/ca.pem"
        python = [f"{built}/python/venv/bin/python", f"{built}/python/probe.py"]
        trust = {"SSL_CERT_FILE": ca, "REQUESTS_CA_BUNDLE": ca, "NODE_EXTRA_CA_CERTS": ca}
        java = ["java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", f"-Duser.home={HOME}"]
        java += [f"-Djavax.net.ssl.trustStore={plumbing}/trust.p12", "-Djavax.net.ssl.trustStorePassword=changeit"]
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

    def ask(self, sdk, environment):
        """What the SDK says, and its version; nothing if it does not answer in time."""
        command = list(self.commands[sdk])
        command[0] = shutil.which(command[0]) or command[0]
        if environment.call:
            command.append(environment.call)
        variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": HOME, **self.trust, **environment.variables}
        done = None
        # A second try with more time: the machine may have been busy.
        for seconds in (SECONDS, 3 * SECONDS):
            try:
                done = subprocess.run(
                    command, env=variables, cwd=environment.directory, capture_output=True, text=True,
                    timeout=seconds, stdin=subprocess.DEVNULL, check=False,
                )
                break
            except subprocess.TimeoutExpired:
                print(f"matrix.py: {sdk} {environment.id}: no answer for {seconds} seconds", file=sys.stderr)
        if done is None:
            return None
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if lines:
            return json.loads(lines[-1])
        # A native stack trace, if anything, which has paths of the machine.
        return {"error": {"kind": "crash", "message": f"the process ended with {done.returncode}"}}


# The environments


class Environment:
    def __init__(self, table, entry):
        self.id = entry["id"]
        self.call = entry.get("call", "")
        self.directory = entry.get("directory", "/")
        pairs = table["bases"][entry["base"]] + entry.get("set", [])
        variables = dict(pair.split("=", 1) for pair in pairs)
        for name in entry.get("unset", []):
            del variables[name]
        self.files = {
            table["files"][name]["path"]: table["files"][name]["content"] for name in entry.get("files", [])
        }
        self.fingerprint = fingerprint(variables, self.files, self.directory, self.call)
        self.variables = {name: filled(value) for name, value in variables.items()}

    def lay(self):
        """Lays the files of the container."""
        for folder in ("/run/secrets", "/run/home", "/run/aws"):
            shutil.rmtree(folder, ignore_errors=True)
        pathlib.Path(HOME).mkdir(parents=True)
        files = {str(SECRETS / path): token for path, token in TOKENS.items()}
        files.update({path.replace("~", HOME, 1): filled(text) for path, text in self.files.items()})
        for path, text in files.items():
            file = pathlib.Path(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)


def filled(text):
    return text.replace("{sts-token}", standin.STS_TOKEN).replace("{agent-token}", standin.AGENT_TOKEN)


def fingerprint(variables, files, directory, call):
    """Tells whether a row was measured in the container that the table describes."""
    parts = [f"{name}={value}" for name, value in sorted(variables.items())]
    parts += [f"{path}\n{text}" for path, text in sorted(files.items())]
    return f"{zlib.crc32(chr(0).join([*parts, directory, call]).encode()):08x}"


# The record


def row(environment, answer, requests):
    """What is recorded of one SDK in one environment."""
    key = answer.get("accessKeyId")
    error = answer.get("error")
    called = [request["key"] for request in requests if request["what"] in ("call", "GetCallerIdentity")]
    if called:
        # Where the SDK was not asked for credentials but for a call, that shows them; what comes of it is no news.
        key, error = called[-1], None
    used = standin.source(key) if key else "none"
    asked = [request for request in requests if request["what"] == "AssumeRoleWithWebIdentity"]
    last = asked[-1] if asked else {}
    result = {
        "environment": environment.fingerprint,
        "used": used,
        "role": last.get("role"),
        "session": last.get("session") and stable(last["session"]),
        "asked": unique(described(request) for request in requests if request["key"] not in called),
        "tokenSentTo": unique(request["host"] for request in requests if request["token"] == "sts-token"),
        "agentTokenSentTo": unique(request["host"] for request in requests if request["token"] == "agent-token"),
        "error": error and f"{error['kind']}: {short(error['message'])}",
    }
    return {name: value for name, value in result.items() if value not in (None, "", [])}


def described(request):
    if request["what"] == "proxied":
        return f"proxy for {request['host']}"
    return f"{request['host']} {request['what']}"


def unique(items):
    return list(dict.fromkeys(items))


def stable(text):
    """Without what differs from run to run: times, random names, ports, addresses of objects."""
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    text = re.sub(uuid, "<uuid>", text, flags=re.IGNORECASE)
    # The AWS SDK for Ruby encodes one.
    text = re.sub(r"\b[A-Za-z0-9]{48}\b", "<uuid>", text)
    text = re.sub(r"@[0-9a-f]{5,8}\b", "", text)
    text = re.sub(r"(127\.0\.0\.1|169\.254\.\d+\.\d+|\[[0-9a-f:]+\]):\d+->", r"\1->", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "<address>", text)
    text = re.sub(r"\d+(\.\d+)?(ns|µs|ms)\b", "<time>", text)
    return re.sub(r"\d{13,}(\.\d+)?|(?<!\d)1[789]\d{8}(?!\d)", "<number>", text)


def short(message):
    message = stable(" ".join(message.split()))
    return message if len(message) <= 300 else message[:300] + "…"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--built", required=True, help="where build.sh put the probes")
    parser.add_argument("--record", required=True, help="where a file is written for each SDK")
    parser.add_argument("--only", default="", help="only the environments whose ids start so; other rows stay")
    parser.add_argument("--print", action="store_true", help="print the rows, write nothing")
    parser.add_argument("sdks", nargs="+", metavar="SDK")
    arguments = parser.parse_args()

    enter()
    table = tomllib.loads((HERE / "environments.toml").read_text("utf-8"))
    environments = [Environment(table, entry) for entry in table["environment"]]
    record = pathlib.Path(arguments.record).resolve()
    built = pathlib.Path(arguments.built).resolve()
    plumbing = pathlib.Path("/run/plumbing")
    plumbing.mkdir()
    certificates(plumbing)
    if any(sdk.startswith("java-") for sdk in arguments.sdks):
        trust = ["keytool", "-importcert", "-noprompt", "-alias", "ca", "-storetype", "PKCS12", "-storepass", "changeit"]
        run(*trust, "-file", f"{plumbing}/ca.pem", "-keystore", f"{plumbing}/trust.p12", stderr=subprocess.DEVNULL)
    names(plumbing)
    requests = standin.Requests()
    standin.serve(requests, f"{plumbing}/certificate.pem", f"{plumbing}/key.pem")
    probe = Probe(built, plumbing)
    for sdk in arguments.sdks:
        version, rows = None, {}
        for environment in environments:
            if not environment.id.startswith(arguments.only) or (environment.call and sdk not in BEDROCK):
                continue
            environment.lay()
            requests.take()
            answer = probe.ask(sdk, environment)
            if answer is None:
                # A machine that is busy says nothing about an SDK.
                print(f"matrix.py: {sdk} {environment.id}: NOT MEASURED", file=sys.stderr)
                continue
            version = answer.get("version") or version
            rows[environment.id] = row(environment, answer, requests.take())
        if arguments.print:
            for name, measured in rows.items():
                print(sdk, name, json.dumps(measured, ensure_ascii=False))
            continue
        file = record / f"{sdk}.json"
        if arguments.only and file.exists():
            known = {environment.id for environment in environments}
            kept = json.loads(file.read_text("utf-8"))
            # A probe that crashed did not say.
            version = version or kept["version"]
            if kept["version"] != version:
                sys.exit(f"matrix.py: {sdk} is {version} now, and the record is of {kept['version']}: measure all")
            rows = {**{name: measured for name, measured in kept["rows"].items() if name in known}, **rows}
        day = datetime.date.today().isoformat()
        result = {"sdk": sdk, "version": version, "measured": day, "rows": dict(sorted(rows.items()))}
        file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(f"matrix.py: {sdk} {version}: {len(rows)} rows", file=sys.stderr)


if __name__ == "__main__":
    main()
