"""Local replacements of the services from which AWS SDKs get credentials: STS, the EKS Pod Identity agent, the instance
metadata service. Each returns different credentials, so the ID of an access key shows its source.

They must run in a separate network namespace (matrix.py), which has the addresses and host names of these services.
"""

import json
import re
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

STS_TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJzdHMuYW1hem9uYXdzLmNvbSJ9.c3Rz"
AGENT_TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJwb2RzLmVrcy5hbWF6b25hd3MuY29tIn0.YWdlbnQ"

# The sources of access keys, by the start of the ID. The words are those of the enum `Used` in src/lib.rs.
SOURCES = {
    "ASIAPODROLE": "role",
    "ASIAOTHERROLE": "other role",
    "ASIAASSUMED": "second role",
    "ASIAOTHERSTS": "other STS",
    "AKIAENVIRONMENT": "access key",
    "AKIAPROFILE": "profile",
    "ASIAAGENT": "agent",
    "ASIASIDECAR": "sidecar",
    "ASIAOTHERHOST": "other host",
    "ASIANODE": "node",
    # Requests to Amazon Bedrock can have an API key instead of a signature.
    "bearer": "API key",
    "empty-bearer": "empty API key",
}

# The addresses of the namespace, and the service at each: a method of Handler.
ADDRESSES = {
    ("127.0.0.1", 443): "aws",
    ("127.0.0.1", 9000): "other_sts",
    ("127.0.0.1", 3128): "proxy",
    ("127.0.0.1", 8080): "sidecar",
    ("169.254.169.254", 80): "metadata",
    ("169.254.170.23", 80): "agent",
    ("fd00:ec2::23", 80): "agent",
    ("169.254.170.2", 80): "ecs",
    ("10.0.0.7", 80): "other_host",
}
# The region of the instance metadata service. No variable of a container has it.
METADATA_REGION = "eu-west-1"
REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", METADATA_REGION]


def aws_hosts():
    """The host names of AWS to which SDKs may send requests."""
    hosts = ["sts.amazonaws.com"]
    for region in REGIONS:
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        services = ["sts", "bedrock-runtime", "s3", "bucket.s3"]
        hosts += [f"{service}.{region}.{domain}" for service in services]
    # The host that an SDK composes if it does not recognize a region in China.
    return hosts + ["sts.cn-north-1.amazonaws.com", "bucket.s3.amazonaws.com"]


OTHER_HOSTS = {
    "minio.example.com": "127.0.0.1",
    "proxy.example.com": "127.0.0.1",
    "sidecar.example.com": "127.0.0.1",
    "credentials.example.com": "10.0.0.7",
}


class Requests:
    """The requests since the last call."""

    def __init__(self):
        self._lock = threading.Lock()
        self._list = []

    def add(self, **request):
        with self._lock:
            self._list.append(request)

    def take(self):
        with self._lock:
            taken, self._list = self._list, []
            return taken


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # Large enough that no connection is refused: SDKs would retry.
    request_queue_size = 64

    def __init__(self, address, service, requests, tls):
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, Handler)
        self.service = service
        self.requests = requests
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request, client_address):
        """Ignores clients that close the connection."""


def serve(requests, certificate, key):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    for address, service in ADDRESSES.items():
        server = Server(address, service, requests, tls if service == "aws" else None)
        threading.Thread(target=server.serve_forever, daemon=True).start()


def credentials(key):
    return {"AccessKeyId": key, "SecretAccessKey": "secret", "Token": "session", "Expiration": "2099-01-01T00:00:00Z"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_):
        pass

    def send_error(self, *arguments, **more):
        """The client does not speak HTTP, but for example TLS."""
        self.server.requests.add(action="not HTTP", host=self.server.service, token="", key=None)
        super().send_error(*arguments, **more)

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        authorization = self.headers.get("Authorization") or ""
        signed = re.search(r"Credential=([^/]*)/", authorization)
        self.request_data = {
            "host": self.headers.get("Host") or "",
            "token": token_in(authorization),
            "key": signed and signed[1],
        }
        getattr(self, self.server.service)(body)

    do_POST = do_PUT = do_HEAD = do_GET

    def add_request(self, action, **more):
        self.server.requests.add(action=action, **{**self.request_data, **more})

    def answer(self, status, body="", kind="application/json"):
        if not isinstance(body, str):
            body = json.dumps(body)
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    # STS and the other services of AWS.

    def aws(self, body):
        if self.request_data["host"].startswith("sts."):
            partition = "aws-cn" if ".cn-" in self.request_data["host"] else "aws"
            if ".us-gov-" in self.request_data["host"]:
                partition = "aws-us-gov"
            self.sts(body, partition)
            return
        bearer = re.match(r"Bearer\b *(.*)", self.headers.get("Authorization") or "")
        key = self.request_data["key"] if not bearer else "bearer" if bearer[1] else "empty-bearer"
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if form.get("Action", "").startswith("AssumeRole"):
            # A request for STS, sent to the endpoint of a different service.
            token = token_in(form.get("WebIdentityToken", ""))
            self.add_request(form["Action"], role=form.get("RoleArn"), session=form.get("RoleSessionName"), token=token)
        else:
            self.add_request("call", key=key)
        self.answer(403, {"message": "not allowed"})

    def other_sts(self, body):
        self.sts(body, None)

    def sts(self, body, partition):
        """Checks the documented parameters. An STS that does not belong to AWS (no partition) checks only the token."""
        form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        action = form.get("Action") or self.path
        role = form.get("RoleArn")
        session = form.get("RoleSessionName")
        token = form.get("WebIdentityToken")
        self.add_request(action, role=role, session=session, token=token_in(token or ""))
        arn = re.fullmatch(r"arn:(aws|aws-cn|aws-us-gov):iam::\d{12}:role/[\x21-\x7e]+", role or "")
        if action == "GetCallerIdentity":
            self.sts_answer(action, "<Account>111122223333</Account>")
        elif action not in ("AssumeRoleWithWebIdentity", "AssumeRole"):
            self.sts_error("InvalidAction", "unknown action")
        elif partition and not arn:
            self.sts_error("ValidationError", f"{role} is invalid")
        elif partition and arn[1] != partition:
            self.sts_error("ValidationError", "Request ARN is invalid")
        elif not re.fullmatch(r"[\w+=,.@-]{2,64}", session or "", re.ASCII):
            self.sts_error("ValidationError", "1 validation error detected: roleSessionName")
        elif action == "AssumeRole":
            self.sts_credentials(action, "ASIAASSUMED000000001")
        elif (token or "").strip() != STS_TOKEN:
            self.sts_error("InvalidIdentityToken", "the ID token provided is not a valid JWT")
        elif not partition:
            self.sts_credentials(action, "ASIAOTHERSTS00000001")
        else:
            is_pod_role = role.endswith(":role/payments-api")
            self.sts_credentials(action, "ASIAPODROLE000000001" if is_pod_role else "ASIAOTHERROLE0000001")

    def sts_credentials(self, action, key):
        members = credentials(key)
        members["SessionToken"] = members.pop("Token")
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in members.items())
        user = "<AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/x/y</Arn>"
        user += "<AssumedRoleId>AROA:y</AssumedRoleId></AssumedRoleUser>"
        self.sts_answer(action, f"<Credentials>{inner}</Credentials>{user}")

    def sts_answer(self, action, inner):
        namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
        result = f"<{action}Result>{inner}</{action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
        self.answer(200, f'<{action}Response xmlns="{namespace}">{result}</{action}Response>', "text/xml")

    def sts_error(self, code, message):
        namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
        message = message.replace("&", "&amp;").replace("<", "&lt;")
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        body = f'<ErrorResponse xmlns="{namespace}">{error}<RequestId>1</RequestId></ErrorResponse>'
        self.answer(400, body, "text/xml")

    # Container credentials.

    def agent(self, _):
        self.add_request("credentials")
        if self.path != "/v1/credentials":
            self.answer(404)
        elif self.headers.get("Authorization") != AGENT_TOKEN:
            self.answer(401, {"code": "AccessDenied", "message": "the token is missing or invalid"})
        else:
            self.answer(200, {**credentials("ASIAAGENT00000000001"), "AccountId": "111122223333"})

    def sidecar(self, _):
        self.add_request("credentials")
        self.answer(200, credentials("ASIASIDECAR000000001"))

    def other_host(self, _):
        self.add_request("credentials")
        self.answer(200, credentials("ASIAOTHERHOST0000001"))

    def ecs(self, _):
        """Kubernetes nodes do not have this agent: requests are recorded and not answered."""
        self.add_request("credentials")
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    # The instance metadata service, with the role of the node. It requires a session token (IMDSv2).

    def metadata(self, _):
        path = urlsplit(self.path).path.rstrip("/")
        if self.command == "PUT" and path == "/latest/api/token":
            self.send_response(200)
            self.send_header("X-aws-ec2-metadata-token-ttl-seconds", "21600")
            self.send_header("Content-Length", "7")
            self.end_headers()
            self.wfile.write(b"session")
            return
        if self.headers.get("X-aws-ec2-metadata-token") != "session":
            self.answer(401)
            return
        self.add_request("credentials" if "/iam/" in path else "region")
        answers = {
            "/latest/meta-data/iam/security-credentials": "node",
            "/latest/meta-data/iam/security-credentials/node": {
                "Code": "Success",
                "LastUpdated": "2026-01-01T00:00:00Z",
                "Type": "AWS-HMAC",
                **credentials("ASIANODE000000000001"),
            },
            "/latest/meta-data/placement/region": METADATA_REGION,
            "/latest/meta-data/placement/availability-zone": f"{METADATA_REGION}a",
            "/latest/dynamic/instance-identity/document": {"region": METADATA_REGION},
        }
        found = answers.get(path)
        self.answer(404 if found is None else 200, found or "", "text/plain")

    # A proxy that can reach AWS, but not the link-local addresses of the node.

    def proxy(self, _):
        self.add_request("proxied", host=urlsplit(self.path).netloc)
        self.answer(504)

    def do_CONNECT(self):
        host, _, port = self.path.rpartition(":")
        self.server.requests.add(action="proxied", host=host, token="", key=None)
        if host not in aws_hosts() or port != "443":
            self.answer(504)
            return
        with socket.create_connection(("127.0.0.1", 443)) as upstream:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=pipe, args=(upstream, self.connection), daemon=True)
            back.start()
            pipe(self.connection, upstream)
        self.close_connection = True


def pipe(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def token_in(text):
    """The name of the token. Other text is not recorded."""
    return {"": "", STS_TOKEN: "sts-token", AGENT_TOKEN: "agent-token"}.get(text.strip(), "other")


def source(key):
    """The source of an access key, by its ID."""
    if not key.strip():
        # No replacement returns such an ID, so it is from a variable.
        return "access key"
    return next((name for prefix, name in SOURCES.items() if key.startswith(prefix)), f"unknown {key}")
