"""What cannot be reported on is refused before anything starts, by the option that says it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.errors import InputRefused
from patterns_cli.reporting.wanted import Wanted


@pytest.mark.parametrize(
    ("day", "given", "told"),
    [
        (None, None, "--date or --input is needed"),
        ("2026-11-22", "x.csv", "--date and --input do not go together"),
        ("22.11.2026", None, "--date must be a day such as 2026-11-22, not '22.11.2026'"),
        ("20261122", None, "--date must be a day"),
        ("2026-02-30", None, "--date must be a day"),
        ("", None, "--date must be a day"),
        (None, "s3://bucket", "--input must be s3://bucket/key or a file"),
        (None, "s3:///x.csv", "--input must be s3://bucket/key or a file"),
        (None, "s3://bucket/x.xlsx", "--input s3://bucket/x.xlsx: the name must end in .csv"),
        (None, "s3://bucket/x.parquet.gz", "the name must end in .csv"),
        (None, "s3://bucket/x.gz", "the name must end in .csv"),
        (None, "/nowhere/x.csv", "--input /nowhere/x.csv: No such file or directory"),
        (None, "/dev", "the name must end in .csv"),
        (None, "", "--input must be s3://bucket/key or a file, not ''"),
    ],
)
def test_what_can_be_seen_without_a_deployment(day: str | None, given: str | None, told: str) -> None:
    """The option, and what is wrong with it."""
    with pytest.raises(InputRefused) as refused:
        Wanted.of_options(day, given)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_empty_file_is_no_report(tmp_path: Path) -> None:
    """Found before it is uploaded."""
    (tmp_path / "x.csv").touch()
    with pytest.raises(InputRefused, match=r"x\.csv: the file is empty"):
        Wanted.of_options(None, str(tmp_path / "x.csv"))


@pytest.mark.parametrize("name", ["x.csv", "X.CSV.GZ", "x.jsonl.zst", "x.ndjson", "x.json.gz", "x.parquet"])
def test_what_the_batch_reads_is_taken(tmp_path: Path, name: str) -> None:
    """Here and in S3."""
    (tmp_path / name).write_bytes(b"x")
    assert Wanted.of_options(None, str(tmp_path / name)).path == tmp_path / name
    assert Wanted.of_options(None, f"s3://inbox/{name}").address == f"s3://inbox/{name}"


def test_a_day_is_ahead_by_the_shop_s_own_clock(batch: DeployedBatch) -> None:
    """Here in the zone that is fourteen hours ahead of UTC: its today may be UTC's tomorrow."""
    today = (datetime.now(UTC) + timedelta(hours=14)).date()
    Wanted(day=today).check(batch)
    with pytest.raises(InputRefused, match=rf"--date .* is in the future: it is {today} in Pacific/Kiritimati"):
        Wanted(day=today + timedelta(days=1)).check(batch)
    Wanted.of_options(str(date(2020, 1, 1)), None).check(batch)


def test_an_object_must_be_there_in_the_inbox_and_not_empty(batch: DeployedBatch) -> None:
    """Four mistakes, told apart."""
    s3 = batch.place.client("s3")
    s3.create_bucket(Bucket="elsewhere")
    for bucket, key, body in (("inbox", "x.csv", b"x"), ("inbox", "empty.csv", b""), ("elsewhere", "x.csv", b"x")):
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    Wanted(address="s3://inbox/x.csv").check(batch)
    for address, told in (
        ("s3://nobody-s/x.csv", "there is no bucket nobody-s"),
        ("s3://No Bucket/x.csv", "there is no bucket No Bucket"),
        ("s3://elsewhere/x.csv", "reads files of its inbox only; copied to s3://inbox/"),
        ("s3://inbox/y.csv", "there is no such object"),
        ("s3://inbox/empty.csv", "the object is empty"),
    ):
        with pytest.raises(InputRefused, match=f"--input {address}: .*{told}"):
            Wanted(address=address).check(batch)
