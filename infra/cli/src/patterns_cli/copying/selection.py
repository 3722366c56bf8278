"""Which files a copy of some patterns has."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from patterns_cli.copying.imports import imported_by, imports_of, module_file
from patterns_cli.copying.opened import named_paths
from patterns_cli.copying.registry_text import registry_of
from patterns_infra.registry import PATTERNS, Pattern

__all__ = ["WORKSPACE_FILES", "Selection", "select_files"]

WORKSPACE_FILES = (".gitignore", ".importlinter", "LICENSE", "README.md", "pyproject.toml", "uv.lock")
_APP = (
    "infra/cdk/README.md",
    "infra/cdk/app.py",
    "infra/cdk/cdk.json",
    "infra/cdk/pyproject.toml",
    "infra/cdk/src/patterns_infra/py.typed",
)
_SOURCE = "infra/cdk/src"
_REGISTRY = f"{_SOURCE}/patterns_infra/registry.py"
_GATE = "patterns_infra.synth"
_MADE = {"__pycache__", "node_modules", "cdk.out", "build", "dist"}


@dataclass(frozen=True, slots=True)
class Selection:
    """The files of a copy, as paths relative to the repository, in order.

    Attributes:
        patterns: the copied patterns.
        own: the patterns' own folders.
        shared: the folder ``shared``.
        infra: the CDK app, and in a whole copy the command line and the local platform.
        named: files elsewhere that the code or its tests open.
        registry: the copy's registry.
        distributions: what the copied modules of ``patterns_infra`` import.
    """

    patterns: tuple[Pattern, ...]
    own: tuple[str, ...]
    shared: tuple[str, ...]
    infra: tuple[str, ...]
    named: tuple[str, ...]
    registry: str
    distributions: frozenset[str]

    @property
    def beside(self) -> tuple[str, ...]:
        """The files beside the patterns' own and the shared ones."""
        return (*self.infra, *self.named, *WORKSPACE_FILES)

    @property
    def all(self) -> tuple[str, ...]:
        """Every file."""
        return (*self.own, *self.shared, *self.beside)


def select_files(repository: Path, patterns: Sequence[Pattern], *, whole: bool) -> Selection:
    """Return what a copy of the patterns needs.

    Args:
        repository: the checkout.
        patterns: which to copy.
        whole: all of ``infra``, with the ``patterns`` command and the local platform, instead of the CDK app only.
    """
    names = [x.name for x in patterns]
    text = (repository / _REGISTRY).read_text()
    registry = registry_of(text, names, demo=whole)
    gone = set(imported_by(text)) - set(imported_by(registry))
    app = imported_by((repository / "infra" / "cdk" / "app.py").read_text())
    roots = [*app, _GATE, *(x.stack.partition(":")[0] for x in patterns)]
    needed = imports_of(roots, removed=[("patterns_infra.registry", x) for x in gone])
    modules = sorted(module_file(x, repository / _SOURCE).relative_to(repository).as_posix() for x in needed.modules)
    own = [file for name in names for file in _below(repository, f"patterns/{name}")]
    shared = list(_below(repository, "shared"))
    infra = [x for x in _below(repository, "infra") if not _is_test(x)] if whole else [*_APP, *modules]
    copied = [*own, *shared, *infra]
    return Selection(
        patterns=tuple(patterns),
        own=tuple(own),
        shared=tuple(shared),
        infra=tuple(infra),
        named=tuple(_named(repository, copied, names)),
        registry=registry,
        distributions=needed.distributions,
    )


def _named(repository: Path, copied: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the files that copied Python files open elsewhere, without those of patterns that are not copied."""
    others = [f"patterns/{x}/" for x in PATTERNS if x not in names]
    known = {*copied, *WORKSPACE_FILES}
    found: set[str] = set()
    for file in (x for x in copied if x.endswith(".py")):
        for path in named_paths(repository / file, repository):
            name = path.relative_to(repository).as_posix()
            if path.is_file():
                found.add(name)
            elif not any(x.startswith(f"{name}/") for x in known) and name != ".":
                found.update(_below(repository, name))
    return sorted(x for x in found - known if not x.startswith((*others, ".")))


def _is_test(name: str) -> bool:
    return name == "infra/conftest.py" or fnmatchcase(name, "infra/*/tests/*")


def _below(repository: Path, folder: str) -> Iterator[str]:
    """Yield a folder's files, without what programs made there."""
    for parent, folders, files in os.walk(repository / folder):
        folders[:] = sorted(x for x in folders if x not in _MADE and not x.startswith(".") and ".egg-info" not in x)
        yield from (Path(parent, x).relative_to(repository).as_posix() for x in sorted(files))
