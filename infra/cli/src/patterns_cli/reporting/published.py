"""Where a report is: found by the run that made it, through the object that names its files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from patterns_cli.reporting.errors import CannotReport
from patterns_deploy.place import AwsClient

__all__ = ["PublishedReport"]

_PAGE, _FIGURES = "sales.html", "sales.json"


@dataclass(frozen=True, slots=True)
class PublishedReport:
    """A report's files.

    Attributes:
        name: ``date=2026-11-22``, or a file's name and a hash.
        pointer: ``s3://`` address of the object that names the files, for programs.
        files: ``s3://`` address of each file by its name.
        rows: how many were read and how many were rejected.
    """

    name: str
    pointer: str
    files: Mapping[str, str]
    rows: Mapping[str, int]

    @classmethod
    def of_run(cls, s3: AwsClient, bucket: str, run: str) -> "PublishedReport":
        """Find the report that a run published.

        Raises:
            CannotReport: what the run left is gone: it is kept for a month.
        """
        manifest = _read(s3, bucket, f"runs/{run}/manifest.json")
        key = f"reports/{manifest['report']}/report.json" if manifest else ""
        found = _read(s3, bucket, key) if key else None
        if found is None:
            raise CannotReport(
                f"the report was made by run {run}, of which nothing is left; all reports: "
                f"s3://{bucket}/reports/index.html, or make it once more with --again"
            )
        files = {name: f"s3://{bucket}/{file['key']}" for name, file in found["files"].items()}
        rows = {"read": int(found["read"]), "rejected": int(found["bad"])}
        return cls(str(found["report"]), f"s3://{bucket}/{key}", files, rows)

    @property
    def page(self) -> str:
        """Address of the page for people."""
        return self.files[_PAGE]

    def save_page(self, s3: AwsClient, folder: Path) -> Path:
        """Write the page, which needs no other file, into a folder, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.html"
        path.write_bytes(_content(s3, self.page))
        return path.absolute()

    def figures(self, s3: AwsClient) -> dict[str, Any]:
        """Return the document for programs."""
        document: dict[str, Any] = json.loads(_content(s3, self.files[_FIGURES]))
        return document


def _content(s3: AwsClient, address: str) -> bytes:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def _read(s3: AwsClient, bucket: str, key: str) -> Any:  # noqa: ANN401 - JSON
    """Return a document, None when there is none."""
    try:
        return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            return None
        raise
