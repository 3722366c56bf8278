"""``python -m pictures``: take the pictures that the documentation shows, into ``docs/pictures/``."""

import hashlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from patterns_batch.testing.pages import without_cost
from patterns_infra.paths import REPOSITORY
from pictures.browser import NoBrowser, browser
from pictures.sample import published_pages, sample_orders

__all__ = ["DIGEST", "FOLDER", "MOST_BYTES", "SHOTS", "digest_of", "main"]

FOLDER = REPOSITORY / "docs" / "pictures"
DIGEST = FOLDER / "report.sha256"
"""Of the page that the pictures show: a test notices when the page has changed since."""
MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: the window in CSS pixels, pixels of the picture for each, the colours, and the language."""

    name: str
    width: int
    height: int
    scale: int
    colours: Literal["light", "dark"]
    language: Literal["en", "ja"] = "en"

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return FOLDER / f"{self.name}.png"


SHOTS = (
    Shot("report-light", 1200, 1000, 1, "light"),
    Shot("report-dark", 1200, 1000, 1, "dark"),
    Shot("report-phone", 390, 844, 2, "light"),
    Shot("report-japanese", 1200, 1000, 1, "light", "ja"),
)


def digest_of(page: bytes) -> str:
    """Return what is kept of the page; its cost depends on the machine that made it."""
    return hashlib.sha256(without_cost(page)).hexdigest() + "\n"


def main() -> int:
    """Take them all; the exit code is 1 when there is no browser, or a picture is too large for a repository."""
    page = published_pages(sample_orders())["sales.html"]
    try:
        _take(page)
    except NoBrowser as error:
        sys.stderr.write(f"pictures: {error}\n")
        return 1
    large = [shot.name for shot in SHOTS if shot.path.stat().st_size > MOST_BYTES]
    for shot in SHOTS:
        sys.stderr.write(f"{shot.path.relative_to(REPOSITORY)}: {shot.path.stat().st_size // 1000} kB\n")
    if large:
        sys.stderr.write(f"pictures: over {MOST_BYTES // 1000} kB: {', '.join(large)}\n")
        return 1
    DIGEST.write_text(digest_of(page))
    return 0


def _take(page: bytes) -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser() as started:
        path = Path(folder) / "sales.html"
        path.write_bytes(page)
        for shot in SHOTS:
            context = started.new_context(
                viewport={"width": shot.width, "height": shot.height},
                device_scale_factor=shot.scale,
                color_scheme=shot.colours,
            )
            tab = context.new_page()
            tab.goto(path.as_uri())
            tab.locator(f"label[for=in-{shot.language}]").click()
            tab.screenshot(path=shot.path)
            context.close()


if __name__ == "__main__":
    sys.exit(main())
