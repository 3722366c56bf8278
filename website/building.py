"""Builds the site: writes the pages, has the generator make HTML of them, and looks at what came out."""

import os
import subprocess
import sys
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from shutil import copy, rmtree
from tempfile import TemporaryDirectory

import tomlkit

from website.built import problems_of
from website.configuration import OWN, configuration_of, names_in
from website.pages import Pages
from website.reference import events_page, openapi_page, python_pages

__all__ = ["FOLDER", "REPOSITORY", "BuildFailed", "build", "generate"]

REPOSITORY = OWN.parent
FOLDER = REPOSITORY / ".local" / "site"
_MERMAID = "74d7c46dabca328c2294733910a8aa1ed0c37451776e8d5295da38a2b758fb9b"
"""SHA-256 of Mermaid 11.16.0: dist/mermaid.min.js of the npm package ``mermaid``, and what ``mermaidx`` contains."""


class BuildFailed(Exception):
    """The site cannot be built; the text has a line, or more, for each reason."""


def build(repository: Path = REPOSITORY, folder: Path = FOLDER) -> Path:
    """Build the site of a repository into ``html`` in the folder, and return that; a failure changes nothing there.

    Raises:
        BuildFailed: a link, an anchor or a path is broken, or something would be loaded from elsewhere.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="site-", dir=folder.parent) as name:
        aside = Path(name) / "site"
        _build(repository, aside)
        rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    return folder / "html"


def _build(repository: Path, folder: Path) -> None:
    python = python_pages(repository / "shared/src/patterns_shared")
    made = {"reference/events.md": events_page(repository / "docs/events"), "reference/web_api.md": openapi_page()}
    configuration = configuration_of(repository, python)
    pages = Pages(repository, folder / "pages")
    _write(pages, set(names_in(configuration["project"]["nav"])), made | python)
    _add_own_files(folder / "pages" / "website")
    (folder / "zensical.toml").write_text(tomlkit.dumps(configuration))
    generate(folder)
    if found := problems_of(folder / "html"):
        raise BuildFailed("\n".join(found))


def _write(pages: Pages, navigation: set[str], made: dict[str, str]) -> None:
    for name, text in made.items():
        pages.write(name, text)
    for name in sorted(navigation - made.keys()):
        pages.add(name)
    pages.add_assets("docs")
    written = sorted(f"docs/{path.name}" for path in (pages.repository / "docs").glob("*.md"))
    pages.problems += [f"{name}: it is not in the navigation" for name in written if name not in navigation]
    if pages.problems:
        raise BuildFailed("\n".join(pages.problems))


def _add_own_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in ("site.css", "diagrams.js"):
        copy(OWN / name, folder)
    script = files("mermaidx").joinpath("assets/mermaid.js").read_bytes()
    if sha256(script).hexdigest() != _MERMAID:
        raise BuildFailed("mermaidx has another script of Mermaid than the one that was chosen")
    (folder / "mermaid.min.js").write_bytes(script)


def generate(folder: Path) -> None:
    """Have the generator build the project in this folder; its warnings are errors.

    Raises:
        BuildFailed: with what the generator says.
    """
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", "zensical.toml"]
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said, _, trace = (done.stdout + done.stderr).partition("Traceback")
        raise BuildFailed(said.strip() + "\n" + trace.strip().rpartition("\n")[2])
