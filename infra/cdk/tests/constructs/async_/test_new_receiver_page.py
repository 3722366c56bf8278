"""The page's "A new receiver", followed to the letter in a copy of the repository, and then what checks a receiver."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from patterns_infra.paths import REPOSITORY

pytestmark = pytest.mark.integration

_STEP = re.compile(r"^\d\. .*?`(?P<path>[^`]+\.(?:json|py))`.*?```\w+\n(?P<code>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_CODE = ("patterns/async/src", "infra/cdk/src", "shared/src")
_TRIAL = """
import json, os
import boto3
from moto import mock_aws
from patterns_shared.domain.events import EventType
from patterns_shared.testing import make_batch, make_event

keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
os.environ |= dict.fromkeys(keys, "test") | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}
os.environ |= {"STAGE": "test", "APP_VERSION": "1", "MAX_RECEIVES": "10", "AUDIT_BUCKET": "audit"}
with mock_aws():
    os.environ["QUEUE_URL"] = boto3.client("sqs").create_queue(QueueName="own")["QueueUrl"]
    os.environ["DEAD_LETTER_URL"] = boto3.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="audit")
    from patterns_async.entrypoints.audit import lambda_handler
    event = make_event(EventType.ORDER_FULFILLED, id="one")
    for batch in ([event, event], [event]):
        assert lambda_handler(make_batch(batch), None) == {"batchItemFailures": []}
    (kept,) = s3.list_objects_v2(Bucket="audit")["Contents"]
    body = s3.get_object(Bucket="audit", Key=kept["Key"])["Body"].read()
    assert json.loads(body)["id"] == "one" and b"@" not in body
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository with the page's three steps done."""
    root = tmp_path_factory.mktemp("copy")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, root / name)
    page = (root / "docs" / "async.md").read_text()
    section = page.split("\n## A new receiver\n")[1].split("\n## ")[0]
    steps = {step["path"]: dedent(step["code"]) for step in _STEP.finditer(section)}
    entry, handler, line = steps
    assert entry.endswith("receivers.json")
    text = (root / entry).read_text().rstrip()
    (root / entry).write_text(f"{text.removesuffix('}').rstrip()},\n{steps[entry].rstrip()}\n}}\n")
    assert not (root / handler).exists()
    (root / handler).write_text(steps[handler])
    (before,) = re.findall(r"after `([^`]+)` in `infra", section)
    stack = (root / line).read_text()
    assert stack.count(f"{before}\n") == 1
    assert len(steps[line].splitlines()) == 1
    (root / line).write_text(stack.replace(f"{before}\n", f"{before}\n        {steps[line].strip()}\n"))
    return root


def run(copy: Path, *command: str) -> str:
    """Run a Python module or program on the copy's code; what it writes."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(copy / part) for part in _CODE)}
    done = subprocess.run(
        [sys.executable, *command], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_handler_does_what_the_page_says(copy: Path) -> None:
    """It imports, keeps a duplicate once, and no address."""
    run(copy, "-c", _TRIAL)


def test_the_names_are_derived(copy: Path) -> None:
    """By which the command line knows the new queue."""
    code = "from patterns_infra.registry import PATTERNS; print(*PATTERNS['async'].outputs)"
    assert {"audit_queue_url", "audit_dead_letter_url"} < set(run(copy, "-c", code).split())


def test_the_receivers_own_tests_pass(copy: Path) -> None:
    """The pattern's, which go through the declarations and their entrypoints, and the style of what was added."""
    folders = ("patterns/async/src", "infra/cdk/src/patterns_infra/stacks")
    run(copy, "-m", "ruff", "check", "--no-cache", *folders)
    run(copy, "-m", "ruff", "format", "--no-cache", "--check", *folders)
    tests = ("patterns/async/tests/test_receivers_file.py", "patterns/async/tests/test_entrypoints.py")
    run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)


def test_it_synthesizes_and_every_test_of_receivers_passes(copy: Path) -> None:
    """Queue, subscription, dead letters, feeding, alarms; and its role may put objects, and no more."""
    tests = [f"infra/cdk/tests/constructs/async_/test_{name}.py" for name in ("receivers", "roles", "topic_and_data")]
    output = run(copy, "-m", "pytest", "-p", "no:cacheprovider", "-v", "-k", "not production", *tests)
    assert "test_the_queue_is_what_was_declared[local-audit]" in output or "[audit-local]" in output
