"""Stands in for all that AWS SDKs ask for credentials: STS, the agent of EKS Pod Identity, the instance
metadata service. Each gives credentials of its own, so that an access key id tells where it comes from.

It is to run in a network namespace of its own (see matrix.py), where it has the real addresses and names.
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
ROLE = "arn:aws:iam::111122223333:role/payments-api"

# What the access key ids of the credentials say: by prefix, since they have a fixed length.
SOURCES = {
    "ASIAPODROLE": "role",
    "ASIAOTHERROLE": "other-role",
    "ASIAASSUMED": "second-role",
    "ASIAFOREIGN": "foreign",
    "AKIAENVIRONMENT": "access-key",
    "AKIAPROFILE": "profile",
    "ASIAAGENT": "agent",
    "ASIASIDECAR": "sidecar",
    "ASIAELSEWHERE": "elsewhere",
    "ASIANODE": "node",
    # What a request to Amazon Bedrock has in place of a signature.
    "bearer": "bearer-token",
    "empty-bearer": "empty-bearer-token",
}

# The addresses that the namespace has, and who is there.
ADDRESSES = {
    ("127.0.0.1", 443): "aws",
    ("127.0.0.1", 9000): "foreign",
    ("127.0.0.1", 3128): "proxy",
    ("127.0.0.1", 8080): "sidecar",
    ("169.254.169.254", 80): "metadata",
    ("169.254.170.23", 80): "agent",
    ("fd00:ec2::23", 80): "agent",
    ("169.254.170.2", 80): "ecs",
    ("10.0.0.7", 80): "elsewhere",
}
# The region that the instance metadata service gives; no variable of a container names it.
METADATA_REGION = "eu-west-1"
REGIONS = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", METADATA_REGION]


def aws_hosts():
    """The names of AWS that the SDKs may ask for."""
    hosts = ["sts.amazonaws.com"]
    for region in REGIONS:
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        services = ["sts", "bedrock-runtime", "s3", "bucket.s3"]
        hosts += [f"{service}.{region}.{domain}" for service in services]
    # What an SDK makes of a region in China that it takes for one elsewhere.
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
    # SDKs that are refused ask again and again.
    request_queue_size = 64

    def __init__(self, address, who, requests, tls):
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, Handler)
        self.who = who
        self.requests = requests
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request, client_address):
        """A client that gives up is no error."""


def serve(requests, certificate, key):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    for address, who in ADDRESSES.items():
        server = Server(address, who, requests, tls if who == "aws" else None)
        threading.Thread(target=server.serve_forever, daemon=True).start()


def credentials(key):
    return {"AccessKeyId": key, "SecretAccessKey": "secret", "Token": "session", "Expiration": "2099-01-01T00:00:00Z"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_):
        pass

    def send_error(self, *arguments, **more):
        """A client uses another protocol than HTTP, such as TLS."""
        self.server.requests.add(what="no HTTP", host=self.server.who, token="", key=None)
        super().send_error(*arguments, **more)

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        authorization = self.headers.get("Authorization") or ""
        signed = re.search(r"Credential=([^/]*)/", authorization)
        self.request_seen = {
            "host": self.headers.get("Host") or "",
            "token": token_in(authorization),
            "key": signed and signed[1],
        }
        getattr(self, self.server.who)(body)

    do_POST = do_PUT = do_HEAD = do_GET

    def seen(self, what, **more):
        self.server.requests.add(what=what, **{**self.request_seen, **more})

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

    # STS and what else is at names of AWS.

    def aws(self, body):
        if self.request_seen["host"].startswith("sts."):
            partition = "aws-cn" if ".cn-" in self.request_seen["host"] else "aws"
            if ".us-gov-" in self.request_seen["host"]:
                partition = "aws-us-gov"
            self.sts(body, partition)
            return
        bearer = re.match(r"Bearer\b *(.*)", self.headers.get("Authorization") or "")
        key = self.request_seen["key"] if not bearer else "bearer" if bearer[1] else "empty-bearer"
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if form.get("Action", "").startswith("AssumeRole"):
            # A request for STS that was sent to another service.
            token = token_in(form.get("WebIdentityToken", ""))
            self.seen(form["Action"], role=form.get("RoleArn"), session=form.get("RoleSessionName"), token=token)
        else:
            self.seen("call", key=key)
        self.answer(403, {"message": "not allowed"})

    def foreign(self, body):
        self.sts(body, None)

    def sts(self, body, partition):
        """Checks what STS documents of its parameters. Another STS (no partition) checks the token alone."""
        form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        action = form.get("Action") or self.path
        role = form.get("RoleArn")
        session = form.get("RoleSessionName")
        token = form.get("WebIdentityToken")
        self.seen(action, role=role, session=session, token=token_in(token or ""))
        arn = re.fullmatch(r"arn:(aws|aws-cn|aws-us-gov):iam::\d{12}:role/[\x21-\x7e]+", role or "")
        if action == "GetCallerIdentity":
            self.sts_answer(action, "<Account>111122223333</Account>")
        elif action not in ("AssumeRoleWithWebIdentity", "AssumeRole"):
            self.sts_error("InvalidAction", "there is no such action")
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
            self.sts_credentials(action, "ASIAFOREIGN000000001")
        else:
            meant = role.endswith(":role/payments-api")
            self.sts_credentials(action, "ASIAPODROLE000000001" if meant else "ASIAOTHERROLE0000001")

    def sts_credentials(self, action, key):
        given = credentials(key)
        given["SessionToken"] = given.pop("Token")
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in given.items())
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
        self.seen("credentials")
        if self.path != "/v1/credentials":
            self.answer(404)
        elif self.headers.get("Authorization") != AGENT_TOKEN:
            self.answer(401, {"code": "AccessDenied", "message": "the token is missing or invalid"})
        else:
            self.answer(200, {**credentials("ASIAAGENT00000000001"), "AccountId": "111122223333"})

    def sidecar(self, _):
        self.seen("credentials")
        self.answer(200, credentials("ASIASIDECAR000000001"))

    def elsewhere(self, _):
        self.seen("credentials")
        self.answer(200, credentials("ASIAELSEWHERE0000001"))

    def ecs(self, _):
        """There is no such agent on a node of Kubernetes: what is asked is seen, and not answered."""
        self.seen("credentials")
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    # The instance metadata service, with the role of the node. It wants a session (version 2).

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
        self.seen("credentials" if "/iam/" in path else "region")
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

    # A proxy that reaches AWS, and not the addresses of the node.

    def proxy(self, _):
        self.seen("proxied", host=urlsplit(self.path).netloc)
        self.answer(504)

    def do_CONNECT(self):
        host, _, port = self.path.rpartition(":")
        self.server.requests.add(what="proxied", host=host, token="", key=None)
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
    """Which of the two tokens a text is; whatever else it is, it is not repeated."""
    return {"": "", STS_TOKEN: "sts-token", AGENT_TOKEN: "agent-token"}.get(text.strip(), "other")


def source(key):
    """Where an access key id is from."""
    if not key.strip():
        # No stand-in gives such a one.
        return "access-key"
    return next((name for prefix, name in SOURCES.items() if key.startswith(prefix)), f"unknown {key}")
