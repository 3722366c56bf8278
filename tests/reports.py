"""The deployed batch, from outside: drop files, start executions, wait for their end, read what they left."""

import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError
from tests.clients import administrator
from tests.waiting import eventually

from patterns_batch.testing.pages import without_cost
from patterns_local.platform import Platform

__all__ = ["Ended", "Reports"]

_PLACE = re.compile(rb"/[0-9a-f]{16}/sales\.html")

Ended = Mapping[str, Any]
"""What Step Functions tells of an execution that has ended."""


class Reports:
    """Starts executions, waits for their end, reads what was published."""

    def __init__(self, platform: Platform) -> None:
        """Look at the deployed pattern."""
        self.outputs = {key: str(value) for key, value in platform.outputs()["batch"].items()}
        self._states = administrator(platform, "stepfunctions")
        self._s3 = administrator(platform, "s3")
        self._scheduler = administrator(platform, "scheduler")
        self._dynamodb = administrator(platform, "dynamodb")

    def address(self, name: str) -> str:
        """Return the address of a file of the inbox."""
        return f"s3://{self.outputs['inbox_bucket']}/{name}"

    def drop(self, name: str, content: bytes | str) -> str:
        """Drop a file into the inbox, which starts an execution, and return its address."""
        self.put(name, content)
        return self.address(name)

    def put(self, name: str, content: bytes | str) -> str:
        """Put a file into the inbox, and return its version; below ``by-command/`` it starts nothing."""
        body = content.encode() if isinstance(content, str) else content
        version: str = self._s3.put_object(Bucket=self.outputs["inbox_bucket"], Key=name, Body=body)["VersionId"]
        return version

    def of(self, address: str) -> list[str]:
        """Return the executions for a file, the latest first."""
        machine = self.outputs["state_machine_arn"]
        found = self._states.list_executions(stateMachineArn=machine, maxResults=200)["executions"]
        arns = [str(each["executionArn"]) for each in found]
        return [x for x in arns if f'"{address}"' in self._states.describe_execution(executionArn=x)["input"]]

    def started_by(self, name: str, content: bytes | str) -> Ended:
        """Drop a file, and return the execution that it started, once it has ended."""
        before = set(self.of(self.address(name)))
        address = self.drop(name, content)
        arn: str = eventually(lambda: next(iter(set(self.of(address)) - before), ""), seconds=30)
        return self.end(arn)

    def start(self, **given: object) -> str:
        """Start an execution."""
        return self.start_machine(self.outputs["state_machine_arn"], **given)

    def start_machine(self, machine: str, **given: object) -> str:
        """Start an execution of another state machine than the deployed one."""
        arn: str = self._states.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
        return arn

    def end(self, arn: str, *, seconds: float = 120) -> Ended:
        """Return the execution once it has ended."""

        def ended() -> Ended | None:
            found: Ended = self._states.describe_execution(executionArn=arn)
            return None if found["status"] == "RUNNING" else found

        found = eventually(ended, seconds=seconds, pause=0.3)
        assert found
        return found

    @contextmanager
    def scheduled(self, *, seconds: int, copies: int) -> Iterator[datetime]:
        """Create copies of the daily schedule that are due in some seconds, and give the moment; then remove them."""
        daily = self._scheduler.get_schedule(Name=self.outputs["schedule_name"])
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        names = [f"patterns-test-{secrets.token_hex(4)}" for _ in range(copies)]
        for name in names:
            self._scheduler.create_schedule(
                Name=name,
                ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target=daily["Target"],
            )
        yield due
        for name in names:
            self._scheduler.delete_schedule(Name=name)

    def forget(self, report: str) -> None:
        """Remove the claim of a report."""
        self._dynamodb.delete_item(TableName=self.claims_table, Key={"report": {"S": report}})

    def abort(self, arn: str) -> None:
        """Stop an execution by hand."""
        self._states.stop_execution(executionArn=arn)

    def entered(self, arn: str) -> Counter[str]:
        """Return how often each state was entered."""
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=arn)
        events = [event for page in pages for event in page["events"]]
        return Counter(x["stateEnteredEventDetails"]["name"] for x in events if "stateEnteredEventDetails" in x)

    def tries(self, arn: str, step: str) -> int:
        """Return how often a step's task was run."""
        entered = self.entered(arn)
        return entered[f"{step} on Spot"] + entered[f"{step} on demand"]

    def claim(self, report: str) -> dict[str, str]:
        """Return the claim of a report, each value as a text."""
        item = self._dynamodb.get_item(
            TableName=self.claims_table, Key={"report": {"S": report}}, ConsistentRead=True
        ).get("Item", {})
        return {name: str(next(iter(value.values()))) for name, value in item.items()}

    def claimed(self, name: str) -> list[str]:
        """Return the reports that were claimed for a file of this name."""
        scanned = self._dynamodb.get_paginator("scan").paginate(TableName=self.claims_table)
        keys = [str(item["report"]["S"]) for page in scanned for item in page["Items"]]
        return [key for key in keys if key.startswith(f"input={name}-")]

    @property
    def claims_table(self) -> str:
        """The table of claims."""
        return self.outputs["claims_table"]

    def published(self, prefix: str) -> list[str]:
        """Return the keys that were published under a report's name."""
        return self._keys(f"reports/{prefix}")

    def of_run(self, arn: str) -> list[str]:
        """Return the keys of what an execution worked with, without its own prefix."""
        prefix = f"runs/{arn.rpartition(':')[2]}/"
        return [key.removeprefix(prefix) for key in self._keys(prefix)]

    def read(self, key: str) -> dict[str, Any]:
        """Return a document of the bucket."""
        document: dict[str, Any] = json.loads(self.content(key) or b"null")
        return document

    def lines(self, arn: str, name: str) -> list[dict[str, Any]]:
        """Return a file of JSON lines of an execution's run."""
        content = self.content(f"runs/{arn.rpartition(':')[2]}/{name}")
        return [json.loads(line) for line in (content or b"").splitlines()]

    def content(self, key: str) -> bytes | None:
        """Return an object of the bucket, None when there is none."""
        try:
            content: bytes = self._s3.get_object(Bucket=self.outputs["report_bucket"], Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            return None
        return content

    def files(self, report: str) -> dict[str, bytes | None]:
        """Return the files of a published report, as its pointer names them."""
        named = self.read(f"reports/{report}/report.json")["files"]
        return {name: self.content(file["key"]) for name, file in named.items()}

    def made(self, report: str) -> dict[str, bytes]:
        """Return the files of a published report without what differs from run to run.

        That is the cost, which every try adds to, and, since a page is kept under a digest of it, the place of the page
        of the report before that is linked.
        """
        files = {name: content or b"" for name, content in self.files(report).items()}
        files["sales.html"] = without_cost(files["sales.html"])
        texts = {name: _PLACE.sub(b"/VERSION/sales.html", files[name]) for name in ("sales.html", "sales.json")}
        return files | texts

    def take_away(self, report: str) -> dict[str, bytes]:
        """Delete everything that was published of a report, its pointer first, and return it by its keys."""
        keys = sorted(self.published(f"{report}/"), key=lambda key: not key.endswith("/report.json"))
        taken = {key: self.content(key) or b"" for key in keys}
        for key in keys:
            self._s3.delete_object(Bucket=self.outputs["report_bucket"], Key=key)
        return taken

    def put_back(self, taken: Mapping[str, bytes]) -> None:
        """Publish it again, its pointer last."""
        for key in reversed(list(taken)):
            self._s3.put_object(Bucket=self.outputs["report_bucket"], Key=key, Body=taken[key])

    def _keys(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.outputs["report_bucket"], Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]
