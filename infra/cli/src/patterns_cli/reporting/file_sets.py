"""Several files for one report: given one by one, as a folder of this machine, or as a prefix of the inbox.

All become a list in the inbox, with the version of each file: the report is of these versions, and is made once.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Self

from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.errors import InputRefused
from patterns_cli.reporting.input_names import LIST, check_ending, check_object, is_remote
from patterns_cli.reporting.upload import content_of, put_into_inbox, put_list
from patterns_deploy.place import AwsClient

__all__ = ["FileSet"]

_MOST = 10_000
"""Files of one report, as of the program."""
_MARKER = re.compile(rf"|(.*/)?[_.].*|.*/|.*\.crc|.*\{LIST}", re.IGNORECASE)
"""Folders, what Spark, Hadoop and desktops put beside files or below ``_temporary/``, and lists of files."""


@dataclass(frozen=True, slots=True)
class FileSet:
    """Several files.

    Attributes:
        given: as they were given: paths of files and folders, ``s3://`` addresses of files and, with ``/`` at the end,
            of prefixes.
    """

    given: tuple[str, ...]

    @classmethod
    def of(cls, given: Sequence[str]) -> Self:
        """Look at what can be seen without a deployment.

        Raises:
            InputRefused: a file cannot be read, or has another ending than orders have; or a folder has no file.
        """
        for each in given:
            if not is_remote(each):
                _local_files(each)
            elif not each.endswith("/"):
                check_ending(each)
        return cls(tuple(given))

    def check(self, batch: DeployedBatch) -> None:
        """Look at what only the deployment can tell.

        Raises:
            InputRefused: a file is not there, or not in the inbox.
        """
        for each in self.given:
            if is_remote(each):
                check_object(batch, each, may_be_empty=True)

    def put(self, batch: DeployedBatch, say: Callable[[str], None]) -> str:
        """Upload the files of this machine and a list of all files, and return the list's address.

        Raises:
            InputRefused: a file is given twice, there are too many, or there is none.
        """
        s3 = batch.place.client("s3")
        entries = [entry for each in self.given for entry in _entries(s3, batch, each)]
        seen = set[str]()
        for entry in entries:
            if entry["url"] in seen:
                raise InputRefused(f"--input {', '.join(self.given)}: {entry['url']} is given twice, or its content is")
            seen.add(entry["url"])
        if len(entries) > _MOST:
            raise InputRefused(f"--input {self}: a report takes at most {_MOST} files, and these are {len(entries)}")
        # A prefix names its files for people: the report of the same prefix before is found by it.
        (first, *more) = self.given
        named = {"name": first} if is_remote(first) and first.endswith("/") and not more else {}
        text = json.dumps({**named, "entries": entries}, indent=1).encode()
        address = put_list(s3, batch.inbox, self._short_name(), text)
        say(f"{self} {'is' if len(entries) == 1 else 'are'} {len(entries)} file(s), listed in {address}")
        return address

    def _short_name(self) -> str:
        name = Path(self.given[0].rstrip("/")).absolute().name
        return f"{name}-and-{len(self.given) - 1}-more" if len(self.given) > 1 else name

    def __str__(self) -> str:
        """Return them as they were given."""
        first, *more = self.given
        return f"{first} and {len(more)} more" if more else first


def _entries(s3: AwsClient, batch: DeployedBatch, given: str) -> Iterator[dict[str, str]]:
    """Return the entries of the list: each file with its version, or its ETag where there are none."""
    if is_remote(given) and given.endswith("/"):
        yield from _below(s3, given)
        return
    addresses = [given] if is_remote(given) else (put_into_inbox(s3, batch.inbox, file) for file in _local_files(given))
    for address in addresses:
        content = content_of(s3, address)
        yield {"url": address} | ({"version_id": content["version"]} if "version" in content else content)


def _below(s3: AwsClient, prefix: str) -> Iterator[dict[str, str]]:
    bucket, _, begin = prefix.removeprefix("s3://").partition("/")
    count = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=begin):
        for found in page.get("Versions", []):
            key = str(found["Key"])
            if not found["IsLatest"] or _MARKER.fullmatch(key.removeprefix(begin)):
                continue
            check_ending(f"s3://{bucket}/{key}")
            version, count = str(found["VersionId"]), count + 1
            content = {"version_id": version} if version != "null" else {"etag": str(found["ETag"]).strip('"')}
            yield {"url": f"s3://{bucket}/{key}", **content}
    if not count:
        raise InputRefused(f"--input {prefix}: there are no files of orders below it")


def _local_files(given: str) -> list[Path]:
    path = Path(given)
    if not path.is_dir():
        check_ending(given)
        _check_readable(path)
        return [path]
    files = []
    for file in _walk(path):
        check_ending(str(file))
        _check_readable(file)
        files.append(file)
    if not files:
        raise InputRefused(f"--input {given}: the folder has no files of orders")
    return files


def _walk(folder: Path) -> Iterator[Path]:
    """Return the files of a folder and of those in it, by name; one that cannot be read must not be left out."""
    for where, folders, names in os.walk(folder, onerror=_refuse, followlinks=True):
        folders[:] = sorted(name for name in folders if not _MARKER.fullmatch(name))
        yield from (Path(where, name) for name in sorted(names) if not _MARKER.fullmatch(name))


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        _refuse(error)


def _refuse(error: OSError) -> NoReturn:
    raise InputRefused(f"--input {error.filename}: {os.strerror(error.errno or 0)}") from error
