"""A file of this machine in the inbox: below the prefix that starts nothing, named by its content."""

from pathlib import Path

from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.upload import content_of, put_into_inbox
from patterns_infra.batch_names import BY_COMMAND


def test_the_same_content_has_the_same_address(batch: DeployedBatch, tmp_path: Path) -> None:
    """So that its report is made once, whoever has the file; and it is not sent again."""
    s3, first, second = batch.place.client("s3"), tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        (folder / "orders of May, €.csv.gz").write_bytes(b"content")
    address = put_into_inbox(s3, batch.inbox, first / "orders of May, €.csv.gz")
    assert address.startswith(f"s3://inbox/{BY_COMMAND}")
    assert address.endswith("/orders-of-May-.csv.gz")
    key = address.removeprefix("s3://inbox/")
    assert s3.get_object(Bucket="inbox", Key=key)["Body"].read() == b"content"
    # What is there is known by its size: a mark of the same size stays, and half of a file does not.
    for there, afterwards in ((b"CONTENT", b"CONTENT"), (b"con", b"content")):
        s3.put_object(Bucket="inbox", Key=key, Body=there)
        assert put_into_inbox(s3, batch.inbox, second / "orders of May, €.csv.gz") == address
        assert s3.get_object(Bucket="inbox", Key=key)["Body"].read() == afterwards


def test_another_content_has_another_address(batch: DeployedBatch, tmp_path: Path) -> None:
    """A long name keeps its ending."""
    s3, path = batch.place.client("s3"), tmp_path / f"{'x' * 200}.csv"
    addresses = set()
    for content in (b"1", b"2"):
        path.write_bytes(content)
        addresses.add(put_into_inbox(s3, batch.inbox, path))
    assert len(addresses) == 2
    assert all(address.endswith("x.csv") and len(address) < 200 for address in addresses)


def test_what_is_reported_is_what_is_there_now(batch: DeployedBatch, tmp_path: Path) -> None:
    """By its version; by its ETag where there are none, and of a file that was put here by command."""
    s3, path = batch.place.client("s3"), tmp_path / "orders.csv"
    path.write_bytes(b"content")
    etag = s3.put_object(Bucket="inbox", Key="daily.csv", Body=b"content")["ETag"].strip('"')
    assert content_of(s3, "s3://inbox/daily.csv") == {"etag": etag}
    s3.put_bucket_versioning(Bucket="inbox", VersioningConfiguration={"Status": "Enabled"})
    assert content_of(s3, "s3://inbox/daily.csv") == {"etag": etag}
    for body in (b"content", b"content"):
        version = s3.put_object(Bucket="inbox", Key="daily.csv", Body=body)["VersionId"]
        assert content_of(s3, "s3://inbox/daily.csv") == {"version": version}
    assert content_of(s3, put_into_inbox(s3, "inbox", path)) == {"etag": etag}
