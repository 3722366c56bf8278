"""Requests that Schemathesis generates from the served OpenAPI document, sent to the deployed API.

A few of each kind, the same in every run, and all of the checks that Schemathesis makes by default: the unit tests send
thousands to the application alone.
"""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from patterns_cli.demo.shoppers import Shopper

pytestmark = pytest.mark.integration

EXPECTED = Path(__file__).with_name("schemathesis.toml")
"""What may be found, with reasons."""
SECONDS = 900


def test_schemathesis_finds_nothing_that_is_not_expected(api: httpx.Client, alice: Shopper, tmp_path: Path) -> None:
    """Undocumented statuses, headers and bodies, 5xx, wrong methods, missing or ignored sign-in, and the rest."""
    document = tmp_path / "openapi.json"
    document.write_bytes(api.get("/openapi.json").content)
    program = Path(sys.executable).with_name("schemathesis")
    target = ["--url", str(api.base_url), "--header", f"Authorization: Bearer {alice.id_token}"]
    effort = ["--max-examples", "5", "--seed", "1", "--no-color"]
    done = subprocess.run(
        [str(program), "--config-file", str(EXPECTED), "run", str(document), *target, *effort],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Authentication failed" not in done.stdout
