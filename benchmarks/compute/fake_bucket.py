"""Buckets in a folder, which answer as S3 does: reads of a range, conditional writes, listings."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import md5
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

__all__ = ["FakeBuckets", "S3Answer"]

_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class S3Answer:
    """A status, a body, and headers in addition to those of every answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeBuckets:
    """Objects below ``folder/bucket``."""

    def __init__(self, folder: Path) -> None:
        """Serve what is there, and what is put."""
        self.folder = folder
        self._etags: dict[Path, str] = {}
        self._lock = threading.Lock()

    def answer(self, method: str, address: str, headers: Mapping[str, str], body: bytes) -> S3Answer:
        """Answer one request in the path style, ``/bucket/key``."""
        parts = urlsplit(address)
        query = parse_qs(parts.query)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        if "list-type" in query:
            return self._list(bucket, query.get("prefix", [""])[0])
        path = self.folder / bucket / key
        with self._lock:
            return self._put(path, headers, body) if method == "PUT" else self._get(path, method, headers)

    def _put(self, path: Path, headers: Mapping[str, str], body: bytes) -> S3Answer:
        there = self._etag(path)
        wanted = headers.get("If-Match", "").strip('"')
        if (headers.get("If-None-Match") == "*" and there) or (wanted and wanted != there):
            return _error(412, "PreconditionFailed")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        self._etags.pop(path, None)
        return S3Answer(200, headers={"ETag": f'"{self._etag(path)}"'})

    def _get(self, path: Path, method: str, headers: Mapping[str, str]) -> S3Answer:
        etag = self._etag(path)
        if not etag:
            return S3Answer(404) if method == "HEAD" else _error(404, "NoSuchKey")
        if (wanted := headers.get("If-Match", "").strip('"')) and wanted != etag:
            return _error(412, "PreconditionFailed")
        shown = {"ETag": f'"{etag}"', "Last-Modified": "Mon, 30 Nov 2026 00:00:00 GMT"}
        size = path.stat().st_size
        if method == "HEAD":
            return S3Answer(200, headers={**shown, "Content-Length": str(size)})
        if found := _RANGE.fullmatch(headers.get("Range", "")):
            begin, end = int(found[1]), min(int(found[2]), size - 1)
            with path.open("rb") as file:
                file.seek(begin)
                part = file.read(end - begin + 1)
            return S3Answer(206, part, {**shown, "Content-Range": f"bytes {begin}-{end}/{size}"})
        return S3Answer(200, path.read_bytes(), shown)

    def _list(self, bucket: str, prefix: str) -> S3Answer:
        root = self.folder / bucket
        keys = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><ETag>&quot;{self._etag(root / key)}&quot;</ETag>"
            f"<Size>{(root / key).stat().st_size}</Size></Contents>"
            for key in keys
            if key.startswith(prefix)
        )
        text = f"<ListBucketResult><Name>{bucket}</Name><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
        return S3Answer(200, text.encode())

    def _etag(self, path: Path) -> str:
        """Return the MD5 of the file, empty when there is none."""
        if path not in self._etags:
            if not path.is_file():
                return ""
            with path.open("rb") as file:
                digest = md5(usedforsecurity=False)
                while piece := file.read(1 << 20):
                    digest.update(piece)
            self._etags[path] = digest.hexdigest()
        return self._etags[path]


def _error(status: int, code: str) -> S3Answer:
    return S3Answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())
