"""The first calls by hand, typed as docs/web_api.md shows them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.commands import patterns
from tests.tokens import claims_of

from patterns_infra.paths import REPOSITORY
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

PAGE = REPOSITORY / "docs" / "web_api.md"
BIN = Path(sys.executable).parent


def shown_commands() -> str:
    """Return what the page tells to type, but for the start of the platform, which is up."""
    section = PAGE.read_text().partition("## A first call")[2].partition("```console\n")[2].partition("```")[0]
    lines = [line.removeprefix("$ ") for line in section.splitlines()]
    assert lines.pop(0) == "uv run patterns up web_api"
    return "\n".join(lines)


def run_shell(platform: Platform, script: str, folder: Path) -> str:
    """Run a script in a shell whose ``uv run`` is this environment."""
    uv = folder / "uv"
    uv.write_text('#!/bin/sh\nshift\nexec "$@"\n')
    uv.chmod(0o755)
    path = os.pathsep.join([str(folder), str(BIN), "/usr/local/bin", "/usr/bin", "/bin"])
    environment = {"HOME": str(folder), "PATH": path, "PATTERNS_LOCAL_STATE": str(platform.folder.root)}
    done = subprocess.run(
        ["/bin/sh", "-euc", script], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_of_the_page_place_an_order(platform: Platform, tmp_path: Path) -> None:
    """Read literally: the catalogue, the new order, and the list that has it."""
    answers = run_shell(platform, shown_commands(), tmp_path)

    reader, documents = json.JSONDecoder(), []
    while answers := answers.strip():
        document, end = reader.raw_decode(answers)
        documents.append(document)
        answers = answers[end:]
    products, placed, listed = documents
    assert products["products"]
    assert placed["status"] == "PLACED"
    assert placed["order_id"] in [order["order_id"] for order in listed["orders"]]


def test_a_token_is_the_same_customers_each_time(platform: Platform) -> None:
    """Standard output is the token and nothing else; an address signs up once."""
    first, again = (patterns(platform, "token", "--email", "again@example.com") for _ in range(2))
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "signed up again@example.com" in first.stderr
    assert "signed up" not in again.stderr
    claims = [claims_of(done.stdout.strip()) for done in (first, again)]
    assert {claim["token_use"] for claim in claims} == {"id"}
    assert claims[0]["sub"] == claims[1]["sub"]
    assert claims[0]["email"] == "again@example.com"


def test_what_is_no_address_is_one_line(platform: Platform) -> None:
    """With the code of wrong arguments."""
    done = patterns(platform, "token", "--email", "nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "patterns: --email 'nonsense': Username should be an email.\n"


def test_one_output_is_printed_as_it_is(platform: Platform) -> None:
    """For a shell's variables; a name that is not there is refused with those that are."""
    done = patterns(platform, "outputs", "web_api.api_url")
    assert (done.returncode, done.stdout) == (0, f"{platform.outputs()['web_api']['api_url']}\n")
    wrong = patterns(platform, "outputs", "web_api.nothing")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "choose from: aws.endpoint_url" in wrong.stderr
