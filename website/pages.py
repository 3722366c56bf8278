"""The pages of the site: the repository's own, at the same paths, so that their relative links stay as they are.

What they link to comes along: other pages as pages, source files as pages that show the code. Lines stay lines, so that
what the generator says of a page is true of its source.
"""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from website.links import Link, links_of

__all__ = ["Pages"]

_LANGUAGES = {".py": "python", ".sh": "bash", ".yml": "yaml", ".js": "javascript"}
_UNSEARCHED = "---\nsearch:\n  exclude: true\n---\n"


@dataclass(slots=True)
class Pages:
    """The pages of a repository, written into a folder; ``problems`` has each broken link with file and line."""

    repository: Path
    folder: Path
    problems: list[str] = field(default_factory=list)
    written: set[str] = field(default_factory=set)

    def add(self, name: str) -> None:
        """Write the page of this name, and all that it leads to."""
        if name in self.written:
            return
        self.written.add(name)
        text, at = (self.repository / name).read_text(), 0
        parts: list[str] = []
        for link in links_of(text):
            parts += [text[at : link.start], self._followed(name, link)]
            at = link.end
        self.write(name, "".join([*parts, text[at:]]))

    def add_assets(self, folder: str) -> None:
        """Copy what pages show or offer from this folder: pictures, data, schemas."""
        for path in sorted((self.repository / folder).rglob("*")):
            if path.is_file() and path.suffix != ".md":
                target = self.folder / path.relative_to(self.repository)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)

    def write(self, name: str, text: str) -> None:
        """Write a page that was made."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def _followed(self, page: str, link: Link) -> str:
        """Return the link's path on the site, where what it leads to is written."""
        path = (self.repository / page).parent / link.path
        target = Path(os.path.normpath(path))
        if not target.is_relative_to(self.repository) or not target.exists():
            self.problems.append(f"{page}:{link.line}: there is no {link.path}")
            return link.path
        if target.is_dir() and (target / "README.md").is_file():
            target /= "README.md"
        name = target.relative_to(self.repository).as_posix()
        if target.suffix == ".md":
            self.add(name)
        elif target.is_dir() or not name.startswith("docs/"):
            name += ".md"
            self._add_code(name, target)
        return os.path.relpath(name, Path(page).parent)

    def _add_code(self, name: str, source: Path) -> None:
        """Write a page that shows a source file, or lists a folder."""
        if name in self.written:
            return
        self.written.add(name)
        title = source.relative_to(self.repository).as_posix()
        if source.is_dir():
            shown = "\n".join(f"- `{path.name}`" for path in sorted(source.iterdir()) if path.is_file())
        else:
            language = _LANGUAGES.get(source.suffix, source.suffix[1:] or "text")
            shown = f"`````{language}\n{source.read_text().rstrip()}\n`````"
        self.write(name, f"{_UNSEARCHED}# `{title}`\n\n{shown}\n")
