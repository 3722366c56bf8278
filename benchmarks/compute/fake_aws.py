"""The parts of AWS that the subjects ask, on a port of this machine: every request is counted by its operation.

It stands where AWS's own servers do, so that each subject runs with its real client, and is the same for all of them.
What it takes to answer is not in the subjects' processor time. The local platform's emulator has more, and needs ten
times as long for an answer.
"""

import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from benchmarks.compute.fake_bucket import FakeBuckets
from benchmarks.compute.fake_executions import FakeExecutions
from benchmarks.compute.fake_messages import FakeQueue, FakeTopic, Progress

__all__ = ["FakeAws", "fake_aws"]

_VERBS = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject"}
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "token",
}


class FakeAws:
    """Queue, topic, buckets, durable executions and one secret.

    Attributes:
        requests: how many there were, by service and operation.
        url: where it answers.
    """

    def __init__(self, folder: Path, progress: Progress = lambda _kind, _total: None) -> None:
        """Begin with an empty queue, and with the buckets of the folder."""
        self.requests: Counter[str] = Counter()
        self.queue, self.topic = FakeQueue(progress), FakeTopic(progress)
        self.buckets, self.executions = FakeBuckets(folder), FakeExecutions()
        self.url = ""
        self._progress = progress

    @property
    def environment(self) -> dict[str, str]:
        """What leads a client of AWS here."""
        return {
            **_CREDENTIALS,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body."""
        self._progress("request", self.requests.total() + 1)
        service, _, operation = headers.get("X-Amz-Target", "").rpartition(".")
        if service == "AmazonSQS":
            self.requests[f"SQS {operation}"] += 1
            return _json(self.queue.answer(operation, json.loads(body)))
        if service == "secretsmanager":
            self.requests[f"Secrets Manager {operation}"] += 1
            return _json({"Name": "pseudonyms", "VersionId": "v1" * 16, "SecretString": "pseudonyms' secret"})
        if path.startswith(FakeExecutions.PATH):
            self.requests["Lambda CheckpointDurableExecution"] += 1
            arn = unquote(path.removeprefix(FakeExecutions.PATH).rpartition("/")[0])
            return _json(self.executions.checkpoint(arn, json.loads(body)))
        if headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            asked = dict(parse_qsl(body.decode(), keep_blank_values=True))
            self.requests[f"SNS {asked['Action']}"] += 1
            return 200, {"Content-Type": "text/xml"}, self.topic.answer(asked["Action"], asked).encode()
        self.requests[f"S3 {'ListObjectsV2' if 'list-type=2' in path else _VERBS[method]}"] += 1
        found = self.buckets.answer(method, path, headers, body)
        return found.status, found.headers, found.body


@contextmanager
def fake_aws(folder: Path, progress: Progress = lambda _kind, _total: None) -> Iterator[FakeAws]:
    """Answer at a free port until the block ends."""
    aws = FakeAws(folder, progress)

    class Handler(_Handler):
        answers = aws

    server = _Server(("127.0.0.1", 0), Handler)
    aws.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield aws
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that was ended."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # as it was handed over


class _Handler(BaseHTTPRequestHandler):
    answers: FakeAws
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: apart, the second waits for the first one's acknowledgement
    disable_nagle_algorithm = True

    def handle_expect_100(self) -> bool:
        """Say at once that a body may come: the client waits a second for it."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def do_GET(self) -> None:
        """Answer any method."""
        body = self._body()
        status, headers, answer = self.answers.answer(
            self.command, self.path, {name.title(): value for name, value in self.headers.items()}, body
        )
        self.send_response(status)
        for name, value in {"Content-Length": str(len(answer)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815 - names of http.server

    def _body(self) -> bytes:
        if "aws-chunked" not in self.headers.get("Content-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(pieces)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""


def _json(document: Mapping[str, object]) -> tuple[int, Mapping[str, str], bytes]:
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(document).encode()
