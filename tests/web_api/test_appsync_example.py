"""The example of AppSync, run as docs/examples/appsync/README.md says. It takes three seconds."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs

from patterns_infra.paths import REPOSITORY
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

FOLDER = REPOSITORY / "docs" / "examples" / "appsync"


def example(state: Path) -> subprocess.CompletedProcess[str]:
    """Run the program against the platform of a folder."""
    return subprocess.run(
        [sys.executable, str(FOLDER / "example.py")],
        env={**os.environ, "PATTERNS_LOCAL_STATE": str(state)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_example_prints_what_its_page_shows(platform: Platform) -> None:
    """Each step succeeds, in the page's words but for ids and counts, and nothing is left of it."""
    done = example(platform.folder.root)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = (FOLDER / "README.md").read_text().partition("```text\n")[2].partition("```")[0]
    assert _without_ids(done.stdout) == _without_ids(shown)
    assert len(set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", done.stdout))) == 1

    stacks = platform.client("cloudformation").describe_stacks()["Stacks"]
    assert "appsync-example" not in [stack["StackName"] for stack in stacks]
    assert platform.client("appsync").list_apis()["apis"] == []


def test_without_a_platform_the_example_says_how_to_start_one(tmp_path: Path) -> None:
    """In one line, with exit status 1."""
    done = example(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "appsync example: the local platform is not up; start it with: patterns up\n"


def test_the_template_is_one_that_cloudformation_takes() -> None:
    """By cfn-lint, warnings included: its Event API is not deployed here."""
    assert not lint_file(FOLDER / "template.yaml", ManualArgs(regions=["us-east-1", "ap-northeast-1"]))


def _without_ids(text: str) -> str:
    return re.sub(r"orders: \d+", "orders: N", re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", text))
