"""Several files for one report: one list in the inbox, which names each file with its version."""

import json
from pathlib import Path
from typing import Any

import pytest

from patterns_cli.commands.reporting import ReportOrder, report_at
from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.errors import InputRefused, ReportFailed
from patterns_cli.reporting.wanted import Wanted


def put(batch: DeployedBatch, given: str, *more: str) -> tuple[str, dict[str, Any]]:
    """Put a list of what was given, and return its address and what is in it."""
    wanted = Wanted.of_options(None, given, *more)
    wanted.check(batch)
    assert wanted.several
    address = wanted.several.put(batch, lambda _: None)
    key = address.removeprefix("s3://inbox/")
    document: dict[str, Any] = json.load(batch.place.client("s3").get_object(Bucket="inbox", Key=key)["Body"])
    return address, document


def names(document: dict[str, Any]) -> list[str]:
    """Return the names of the files in a list."""
    return [entry["url"].rpartition("/")[2] for entry in document["entries"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder as Spark writes it, with partitions."""
    path = tmp_path / "orders"
    for name in (
        "_SUCCESS",
        "._SUCCESS.crc",
        "part-1.csv",
        "part-0.csv.gz",
        ".part-1.csv.crc",
        "a.crc",
        "day=2/part-2.parquet",
        "_temporary/0/part-3.csv",
        "unload.manifest",
    ):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(name)
    return path


def test_a_folder_is_listed_without_what_has_no_orders(batch: DeployedBatch, folder: Path) -> None:
    """In the order of names; the same content has the same list, whoever has it, and another one another."""
    address, document = put(batch, str(folder))
    assert names(document) == ["part-0.csv.gz", "part-1.csv", "part-2.parquet"]
    assert all("/by-command/" in entry["url"] and entry["etag"] for entry in document["entries"])
    assert address.endswith("/orders.manifest")
    assert put(batch, f"{folder}/")[0] == address
    (folder / "part-1.csv").write_text("another")
    assert put(batch, str(folder))[0] != address


def test_files_are_listed_as_they_are_given(batch: DeployedBatch, folder: Path) -> None:
    """Here and in the inbox: of orders with one id the first counts."""
    batch.place.client("s3").put_object(Bucket="inbox", Key="b.csv", Body=b"")
    address, document = put(batch, "s3://inbox/b.csv", str(folder / "part-1.csv"), str(folder / "part-0.csv.gz"))
    assert names(document) == ["b.csv", "part-1.csv", "part-0.csv.gz"]
    assert address.endswith("/b.csv-and-2-more.manifest")
    assert "name" not in document


def test_a_prefix_is_listed_with_the_versions_of_now(batch: DeployedBatch) -> None:
    """Not those of before, nor what was deleted; of a bucket without versions, by ETag. The prefix is the name."""
    s3 = batch.place.client("s3")
    etag = s3.put_object(Bucket="inbox", Key="day/a.csv", Body=b"1")["ETag"].strip('"')
    assert put(batch, "s3://inbox/day/")[1] == {
        "name": "s3://inbox/day/",
        "entries": [{"url": "s3://inbox/day/a.csv", "etag": etag}],
    }
    s3.put_bucket_versioning(Bucket="inbox", VersioningConfiguration={"Status": "Enabled"})
    for key in ("day/", "day/_SUCCESS", "day/_temporary/0/c.csv", "day/all.manifest", "day2/d.csv", "day/gone.csv"):
        s3.put_object(Bucket="inbox", Key=key, Body=b"")
    s3.delete_object(Bucket="inbox", Key="day/gone.csv")
    s3.put_object(Bucket="inbox", Key="day/h=1/b.parquet", Body=b"1")
    latest = s3.put_object(Bucket="inbox", Key="day/h=1/b.parquet", Body=b"2")["VersionId"]
    before, document = put(batch, "s3://inbox/day/")
    assert document["entries"] == [
        {"url": "s3://inbox/day/a.csv", "etag": etag},
        {"url": "s3://inbox/day/h=1/b.parquet", "version_id": latest},
    ]
    assert put(batch, "s3://inbox/day/")[0] == before
    s3.put_object(Bucket="inbox", Key="day/a.csv", Body=b"1")
    assert put(batch, "s3://inbox/day/")[0] != before


def test_a_list_is_what_an_execution_is_given(batch: DeployedBatch, machines: Any, script: Any, folder: Path) -> None:  # noqa: ANN401
    """With its ETag: the claim is of the keys and versions that it lists."""
    machines.scripts.append(script(status="FAILED", cause="by a test"))
    with pytest.raises(ReportFailed, match="by a test"):
        report_at(batch.place, ReportOrder(Wanted.of_options(None, str(folder))))
    (given,) = machines.started
    assert given["input"].endswith("/orders.manifest")
    assert given["etag"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["FOLDER", "FOLDER/part-1.csv"], "/part-1.csv is given twice"),
        (["FOLDER/part-1.csv", "FOLDER/none.csv"], "--input FOLDER/none.csv: No such file or directory"),
        (["FOLDER/odd"], "--input FOLDER/odd/notes.txt: the name must end in .csv"),
        (["FOLDER/empty"], "--input FOLDER/empty: the folder has no files of orders"),
        (["s3://inbox/x.csv", "FOLDER/part-1.csv"], "--input s3://inbox/x.csv: there is no such object"),
        (["s3://elsewhere/day/"], "--input s3://elsewhere/day/: there is no bucket elsewhere"),
        (["s3://inbox/nothing/"], "--input s3://inbox/nothing/: there are no files of orders below it"),
        (["s3://inbox/notes/"], "--input s3://inbox/notes/a.txt: the name must end in .csv"),
        (["s3://inbox"], "--input must be s3://bucket/key or a file"),
    ],
)
def test_what_cannot_be_listed_is_refused(
    batch: DeployedBatch, folder: Path, tmp_path: Path, given: list[str], reason: str
) -> None:
    """By its name, before anything is started: a report without it would be a wrong one."""
    for name in ("empty", "odd"):
        (tmp_path / name).mkdir()
    (tmp_path / "odd" / "notes.txt").touch()
    batch.place.client("s3").put_object(Bucket="inbox", Key="notes/a.txt", Body=b"x")
    place = str(folder if "part-1" in "".join(given) else tmp_path)
    with pytest.raises(InputRefused) as refused:
        put(batch, *(each.replace("FOLDER", place) for each in given))
    assert reason.replace("FOLDER", place) in str(refused.value)
    assert "\n" not in str(refused.value)
