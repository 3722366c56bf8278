"""The shell commands that the documentation tells a reader to type."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Command", "commands_of", "pages_of"]

_FENCE = re.compile(r"^(?P<indent>\s*)```(?P<language>[\w-]*)")
_PROMPTED = {"console"}
_SCRIPTS = {"sh", "bash", "shell"}
_INLINE = re.compile(r"(?<!`)`((?:uvx|uv run|uv sync|nox|patterns|pip|pipx) [^`]+)`(?!`)", re.DOTALL)
_SUBSTITUTION = re.compile(r"\$\(([^()]+)\)")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*")


@dataclass(frozen=True, slots=True)
class Command:
    """One program with its arguments, as a page shows it."""

    page: str
    line: int
    words: tuple[str, ...]

    def __str__(self) -> str:
        """Return where it stands and what it says."""
        return f"{self.page}:{self.line}: {shlex.join(self.words)}"


def pages_of(repository: Path) -> list[Path]:
    """Return every page that is written for readers, but those in Japanese: their code is the English pages'.

    ``python -m translations`` holds them to that.
    """
    folders = ("docs", "patterns", "shared", "infra", "benchmarks", "tests")
    found = {page for folder in folders for page in (repository / folder).rglob("*.md")}
    hidden = {page for page in found if any(x.startswith(".") or x == "node_modules" for x in page.parts)}
    japanese = {page for page in found if page.is_relative_to(repository / "docs" / "ja")}
    return sorted({repository / "README.md"} | found - hidden - japanese)


def commands_of(page: Path, repository: Path) -> list[Command]:
    """Return the commands of a page's shell blocks, and those in its running text that begin with a tool of ours."""
    name = str(page.relative_to(repository))
    text = page.read_text()
    blocks = list(_shell_lines(text))
    return [Command(name, n, words) for n, line in [*blocks, *_inline(text)] for words in _programs(line)]


def _shell_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and text of every command line in fenced blocks; continuation lines are joined."""
    language = None
    started, pending = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if fence:
            language = fence["language"] if language is None else None
            pending = ""
            continue
        shown = line.strip()
        if language in _PROMPTED and not pending:
            if not shown.startswith("$ "):
                continue  # what the program prints
            shown = shown[2:]
        elif language not in _PROMPTED | _SCRIPTS:
            continue
        started = started if pending else number
        pending += shown
        if pending.endswith("\\"):
            pending = pending[:-1] + " "
            continue
        yield started, pending
        pending = ""


def _inline(text: str) -> Iterator[tuple[int, str]]:
    fenced = re.compile(r"^\s*```.*?^\s*```", re.DOTALL | re.MULTILINE)
    prose = fenced.sub(lambda block: "\n" * block[0].count("\n"), text)
    for code in _INLINE.finditer(prose):
        yield prose.count("\n", 0, code.start()) + 1, " ".join(code[1].split())


def _programs(line: str) -> Iterator[tuple[str, ...]]:
    """Yield each program that a line runs: parts of a pipe or list, and command substitutions."""
    for inner in _SUBSTITUTION.findall(line):
        yield from _programs(inner)
    lexer = shlex.shlex(_SUBSTITUTION.sub("SUBSTITUTED", line), posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    words: list[str] = []
    redirected = False
    for word in [*lexer, ";"]:
        if set(word) <= set("|&;"):
            program = _without_assignments(words)
            if program:
                yield program
            words = []
        elif set(word) <= set("<>"):
            redirected = True
        elif redirected:
            redirected = False
        else:
            words.append(word)


def _without_assignments(words: list[str]) -> tuple[str, ...]:
    for n, word in enumerate(words):
        if not _ASSIGNMENT.fullmatch(word):
            return tuple(words[n:])
    return ()
