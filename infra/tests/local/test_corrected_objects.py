"""Objects of S3, in an emulator as it is corrected and as it comes from PyPI."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any

pytestmark = pytest.mark.integration


def test_a_part_of_a_version_is_that_part(corrected: Emulator, uncorrected: Emulator) -> None:
    """Whoever reads the end of a file gets the end; the emulator gives all of it."""

    def parts(emulator: Emulator, *ranges: str) -> list[tuple[bytes, str | None]]:
        s3 = emulator.client("s3")
        s3.create_bucket(Bucket="versions")
        s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
        version = {"VersionId": s3.put_object(Bucket="versions", Key="x", Body=b"0123456789")["VersionId"]}
        s3.put_object(Bucket="versions", Key="x", Body=b"another version")
        answers = [s3.get_object(Bucket="versions", Key="x", Range=asked, **version) for asked in ranges]
        return [(answer["Body"].read(), answer.get("ContentRange")) for answer in answers]

    assert parts(corrected, "bytes=2-4", "bytes=-2") == [(b"234", "bytes 2-4/10"), (b"89", "bytes 8-9/10")]
    with pytest.raises(ClientError, match="InvalidRange"):
        parts(corrected, "bytes=10-12")
    assert parts(uncorrected, "bytes=2-4") == [(b"0123456789", None)]
