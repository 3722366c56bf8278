"""Reading a published report over and over, while it is made: no reader may ever see half of one."""

import json
import threading
from dataclasses import dataclass, field
from hashlib import sha256
from types import TracebackType
from typing import Self

from tests.reports import Reports

__all__ = ["PointerPoller"]

_PAUSE = 0.02


@dataclass(slots=True)
class PointerPoller:
    """Reads the pointer of a report many times a second, and all files of every pointer that it has not seen before.

    Attributes:
        reads: how often the pointer was read.
        vanished: how often there was none after one had been seen.
        seen: the reports that were seen, one after the other: the digest of the bytes of ``sales.json``.
        partial: what was wrong with one of them, such as a file that was not there.
    """

    reports: Reports
    report: str
    reads: int = 0
    vanished: int = 0
    seen: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    _last: bytes | None = None
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Look once more, and end."""
        self._ended.set()
        self._thread.join()
        self._read()

    def _look(self) -> None:
        while not self._ended.wait(_PAUSE):
            try:
                self._read()
            except Exception as error:  # noqa: BLE001 - a read that failed is told where the reads are judged
                self.partial.append(f"a read failed: {error!r}")

    def _read(self) -> None:
        text = self.reports.content(f"reports/{self.report}/report.json")
        self.reads += 1
        if text is None:
            self.vanished += bool(self.seen)
        elif text != self._last:
            self._last = text
            self._check(text)

    def _check(self, text: bytes) -> None:
        digest = ""
        for name, file in json.loads(text)["files"].items():
            content = self.reports.content(file["key"])
            if content is None:
                self.partial.append(f"{file['key']} is named and not there")
            elif sha256(content).hexdigest() != file["sha256"]:
                self.partial.append(f"{file['key']} is not the file that is named")
            elif name == "sales.json":
                digest = file["sha256"]
        self.seen.append(digest)
