# usage: server.py PROGRAM [ARGUMENT...]: runs the program while moto's S3 server listens on two ports of 127.0.0.1, which
# the program finds in DURASIM_TEST_S3 and DURASIM_TEST_S3_TLS. moto believes everybody, so a gate stands in front of it
# that refuses what AWS would refuse: it computes each signature with botocore, AWS's own signer, and looks at clocks,
# hashes and the region. Paths below /-/ pass without a check: by them a test looks at what is kept, and changes it
# behind a store's back.
import base64
import datetime
import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
import threading
from urllib.parse import parse_qsl, urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REGION = "eu-west-3"
# By access key id: secret, session token.
KEYS = {"AKIDLASTING": ("lasting-secret", None), "ASIDPASSING": ("passing-secret", "passing-token")}
MAX_SKEW = datetime.timedelta(minutes=15)  # AWS's


class Refused(Exception):
    def __init__(self, status, code, message, extra=""):
        super().__init__(message)
        self.status, self.code, self.extra = status, code, extra


def check(environ, body):
    target = environ["RAW_URI"]
    query = dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
    signed_by_url = "X-Amz-Signature" in query
    if signed_by_url:
        given, stamp = query["X-Amz-Signature"], query["X-Amz-Date"]
        credential, names = query["X-Amz-Credential"], query["X-Amz-SignedHeaders"]
        token = query.get("X-Amz-Security-Token")
        target = re.sub(r"&?X-Amz-Signature=[0-9a-f]+", "", target)
    else:
        match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})",
                             environ.get("HTTP_AUTHORIZATION", ""))
        if not match:
            raise Refused(403, "AccessDenied", "Access Denied")
        credential, names, given = match.groups()
        stamp, token = environ["HTTP_X_AMZ_DATE"], environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
    key, day, region, *service = credential.split("/")
    if key not in KEYS:
        raise Refused(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    secret, wanted_token = KEYS[key]
    if token != wanted_token:
        raise Refused(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
    if region != REGION or service != ["s3", "aws4_request"]:
        raise Refused(400, "AuthorizationHeaderMalformed", f"the region '{region}' is wrong; expecting '{REGION}'",
                      f"<Region>{REGION}</Region>")
    now = datetime.datetime.now(datetime.timezone.utc)
    then = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%S%z")
    if signed_by_url:
        if now > then + datetime.timedelta(seconds=int(query["X-Amz-Expires"])):
            raise Refused(403, "AccessDenied", "Request has expired")
    elif abs(now - then) > MAX_SKEW:
        raise Refused(403, "RequestTimeTooSkewed",
                      "The difference between the request time and the current time is too large.")
    if stamp[:8] != day or not set(required(environ)) <= set(names.split(";")):
        raise Refused(403, "AccessDenied", "There were headers present in the request which were not signed")

    request = AWSRequest(environ["REQUEST_METHOD"], f"http://{environ['HTTP_HOST']}{target}", data=body,
                         headers={name: header(environ, name) for name in names.split(";")})
    request.context["timestamp"] = stamp
    signer = (S3SigV4QueryAuth if signed_by_url else S3SigV4Auth)(Credentials(key, secret, token), "s3", region)
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    if signature != given:
        raise Refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature "
                      "you provided.", f"<SignatureProvided>{given}</SignatureProvided>")
    if not signed_by_url and hashlib.sha256(body).hexdigest() != environ["HTTP_X_AMZ_CONTENT_SHA256"]:
        raise Refused(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match")
    checksum = environ.get("HTTP_X_AMZ_CHECKSUM_SHA256")
    if checksum and base64.b64encode(hashlib.sha256(body).digest()).decode() != checksum:
        raise Refused(400, "BadDigest", "The SHA256 you specified did not match the calculated checksum.")


def header(environ, name):
    key = name.upper().replace("-", "_")
    return environ.get("HTTP_" + key) or environ.get(key, "")


# moto answers 500 to parts and ends of an upload that it does not know; AWS says that it does not know it.
def require_upload(environ):
    upload = dict(parse_qsl(environ["QUERY_STRING"])).get("uploadId")
    bucket = s3_backends[ACCOUNT]["aws"].buckets.get(environ["PATH_INFO"].split("/")[1])
    if upload and bucket and upload not in bucket.multiparts:
        raise Refused(404, "NoSuchUpload", "The specified upload does not exist.")


# What must be signed: the host and everything of Amazon's.
def required(environ):
    return ["host"] + [key[5:].lower().replace("_", "-") for key in environ if key.startswith("HTTP_X_AMZ_")]


class Gate:
    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            if environ["PATH_INFO"].startswith("/-/"):
                for name in ("PATH_INFO", "RAW_URI", "REQUEST_URI"):
                    environ[name] = environ[name][2:]
                environ["HTTP_AUTHORIZATION"] = "AWS4-HMAC-SHA256 Credential=TEST/20130524/us-east-1/s3/aws4_request"
            else:
                check(environ, body)
                require_upload(environ)
        except Refused as refusal:
            text = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{refusal.code}</Code><Message>{refusal}'
                    f"</Message>{refusal.extra}<RequestId>0GATE0</RequestId></Error>").encode()
            start_response(f"{refusal.status} Refused", [("Content-Type", "application/xml"),
                                                         ("Content-Length", str(len(text))),
                                                         ("x-amz-request-id", "0GATE0")])
            return [b"" if environ["REQUEST_METHOD"] == "HEAD" else text]
        return self.application(environ, start_response)


class Quiet(WSGIRequestHandler):
    def log(self, kind, message, *arguments):
        if kind == "error":
            super().log(kind, message, *arguments)


def main():
    gate = Gate(DomainDispatcherApplication(create_backend_app))
    with tempfile.TemporaryDirectory() as folder:
        certificate = self_signed(folder)
        open_port = serve(gate)
        sys.exit(run(open_port, serve(gate, certificate), certificate[0]))


# A certificate that only those believe who are given it, and its key.
def self_signed(folder):
    certificate, key = folder + "/certificate.pem", folder + "/key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=S3", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)
    return certificate, key


def serve(gate, certificate=None):
    server = make_server("127.0.0.1", 0, gate, threaded=True, request_handler=Quiet, ssl_context=certificate)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def run(port, tls_port, certificate):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("AWS_", "PYTHON")) and not name.lower().endswith("_proxy")}
    environment["DURASIM_TEST_S3"] = f"http://127.0.0.1:{port}"
    environment["DURASIM_TEST_S3_TLS"] = f"https://127.0.0.1:{tls_port}"
    environment["DURASIM_TEST_S3_CA"] = certificate
    return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    main()
