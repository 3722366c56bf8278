"""Objects of S3, in an emulator as it is corrected and as it comes from PyPI."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any
Eventually = Callable[..., Any]

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


def test_an_event_names_the_version(corrected: Emulator, uncorrected: Emulator, eventually: Eventually) -> None:
    """Of each upload its own, so that what is overwritten at once can be read; the emulator leaves it out."""

    def told(emulator: Emulator) -> list[str | None]:
        s3, sqs, bus = (emulator.client(service) for service in ("s3", "sqs", "events"))
        s3.create_bucket(Bucket="announced")
        s3.put_bucket_versioning(Bucket="announced", VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_notification_configuration(
            Bucket="announced", NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        queue = sqs.create_queue(QueueName="announced")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["announced"]}}}
        bus.put_rule(Name="announced", EventPattern=json.dumps(pattern))
        bus.put_targets(Rule="announced", Targets=[{"Id": "queue", "Arn": arn}])
        put = [s3.put_object(Bucket="announced", Key="x", Body=body)["VersionId"] for body in (b"1", b"2")]
        found: dict[str, str | None] = {}

        def both() -> bool:
            received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
            for message in received:
                about = json.loads(message["Body"])["detail"]["object"]
                found[about["etag"]] = about.get("version-id")
            return len(found) == len(put)

        assert eventually(both)
        etags = [s3.head_object(Bucket="announced", Key="x", VersionId=x)["ETag"].strip('"') for x in put]
        return [None if found[etag] is None else str(put.index(found[etag])) for etag in etags]

    assert told(corrected) == ["0", "1"]
    assert told(uncorrected) == [None, None]
