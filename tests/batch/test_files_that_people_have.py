"""Files of the batch program's corpus through the whole: by `patterns report --input`, on the deployed platform."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.clients import administrator
from tests.commands import patterns

from patterns_infra.paths import REPOSITORY
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

_CORPUS = REPOSITORY / "patterns" / "batch" / "tests" / "corpus"
_EXPECTED: dict[str, dict[str, Any]] = json.loads((_CORPUS / "expected.json").read_text())
_NAMES = ["semicolon-quotes-decimal-comma.csv", "one-cut-line-of-301.jsonl", "pandas-utc-ns.parquet"]


@pytest.mark.parametrize("name", _NAMES)
def test_a_file_comes_to_its_figures(platform: Platform, tmp_path: Path, name: str) -> None:
    """One of each format; the program's own tests have them all."""
    run = patterns(platform, "report", "--input", str(_CORPUS / name), "--json", "--save", str(tmp_path))
    assert run.returncode == 0, run.stderr
    made = json.loads(run.stdout)
    bucket, _, key = made["files"]["sales.json"].removeprefix("s3://").partition("/")
    found = json.load(administrator(platform, "s3").get_object(Bucket=bucket, Key=key)["Body"])
    expected = _EXPECTED[name]
    assert made["rows"]["rejected"] == expected["rejected"]
    assert {each["currency"]: each["revenue"] for each in found["currencies"]} == expected["revenue"]
    assert sum(each["orders"] for each in found["currencies"]) == expected["orders"]
    rejects = patterns(platform, "report", "rejects", made["execution"])
    assert rejects.returncode == 0, rejects.stderr
    assert len(rejects.stdout.splitlines()) == expected["rejected"]
