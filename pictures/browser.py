"""Which browser there is: one that was named, Playwright's own, one of the machine, or one from the npm registry.

``python -m pictures.browser`` says which. A browser that is missing is an error, never a picture or a test less.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from platform import machine

from playwright.sync_api import Browser, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from pictures.packaged_chromium import PackageRefused, packaged_chromium

__all__ = ["NoBrowser", "browser", "main"]

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge")
_QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
"""What Chromium does for itself must not look like something that a page does."""
_HOW = (
    "install Chromium or Chrome, or run 'uv run --group pictures playwright install chromium', or name a browser in "
    "PATTERNS_BROWSER"
)


class NoBrowser(Exception):
    """There is no browser; the text is one line that says how to get one."""


@contextmanager
def browser() -> Iterator[Browser]:
    """Give a running browser without a window.

    Raises:
        NoBrowser: there is none, or it does not start.
    """
    with sync_playwright() as playwright:
        program, environment = _find(playwright)
        try:
            started = playwright.chromium.launch(
                executable_path=program, args=_QUIET, env={**os.environ, **environment}
            )
        except PlaywrightError as error:
            why = " ".join(error.message.split())[:300]
            raise NoBrowser(f"{program} does not start: {why}") from error
        try:
            yield started
        finally:
            started.close()


def _find(playwright: Playwright) -> tuple[Path, dict[str, str]]:
    """Return the program, and variables that it needs."""
    named = os.environ.get("PATTERNS_BROWSER")
    if named:
        if not shutil.which(named):
            raise NoBrowser(f"PATTERNS_BROWSER names {named}, which is no program")
        return Path(named), {}
    own = Path(playwright.chromium.executable_path)
    if own.is_file():
        return own, {}
    found = next((path for name in _PROGRAMS if (path := shutil.which(name))), None)
    if found:
        return Path(found), {}
    if (sys.platform, machine()) != ("linux", "x86_64"):
        raise NoBrowser(f"there is no browser: {_HOW}")
    try:
        return packaged_chromium()
    except PackageRefused as error:
        raise NoBrowser(f"there is no browser, and {error}; {_HOW}") from error


def main() -> int:
    """Say which browser there is; the exit code is 1 when there is none."""
    try:
        with browser() as started:
            sys.stdout.write(f"Chromium {started.version}\n")
    except NoBrowser as error:
        sys.stderr.write(f"pictures: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
