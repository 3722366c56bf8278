"""Writes a copy of some patterns: a workspace of its own."""

import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from patterns_cli.copying.lock_file import lock_of
from patterns_cli.copying.project_files import contracts_of, infra_project_of, readme_of, workspace_project_of
from patterns_cli.copying.selection import Selection

__all__ = ["CopyError", "check_folder", "write_copy"]


class CopyError(Exception):
    """The copy cannot be made; the text is one line."""


def check_folder(repository: Path, folder: Path) -> Path:
    """Return the absolute path of a folder that a copy can be made in.

    Raises:
        CopyError: it is not empty, or is in the repository.
    """
    target = folder.resolve()
    if target.is_relative_to(repository):
        raise CopyError(f"{folder} is in the repository; name a folder outside of {repository}")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CopyError(f"{folder} exists and is not an empty folder")
    return target


def write_copy(repository: Path, files: Selection, folder: Path, *, whole: bool) -> None:
    """Copy the files, and write those that name what is not in the copy.

    The copy is made beside the folder and renamed, so that a failure leaves none that looks complete.

    Raises:
        CopyError: the folder is not one for a copy, or cannot be written.
    """
    target = check_folder(repository, folder)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".copying-", dir=target.parent) as name:
            made = Path(name) / "copy"
            _copy(repository, files, made)
            _rewrite(repository, files, made, whole=whole)
            made.rename(target)
    except OSError as error:
        raise CopyError(f"{folder} cannot be written: {error}") from error


def _copy(repository: Path, files: Selection, made: Path) -> None:
    for name in files.all:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(repository / name, made / name)


def _rewrite(repository: Path, files: Selection, made: Path, *, whole: bool) -> None:
    def original(name: str) -> str:
        return (repository / name).read_text()

    def exists(pattern: str) -> bool:
        return "**/" in pattern[:3] or any(_fits(x, pattern) for x in files.all)

    members = {str(tomllib.loads(x.read_text())["project"]["name"]): x for x in _member_files(made)}
    modules = {x for project in members.values() for x in _modules(project.parent / "src")}
    for file in made.glob("infra/*/pyproject.toml"):
        name = file.relative_to(made).as_posix()
        file.write_text(infra_project_of(original(name), used=None if whole else files.distributions))
    (made / "infra/cdk/src/patterns_infra/registry.py").write_text(files.registry)
    (made / "pyproject.toml").write_text(workspace_project_of(original("pyproject.toml"), set(members), exists))
    (made / ".importlinter").write_text(contracts_of(original(".importlinter"), modules))
    (made / "README.md").write_text(readme_of(original("README.md"), files.patterns))
    projects = {name: tomllib.loads(x.read_text()) for name, x in members.items()}
    projects["patterns"] = tomllib.loads((made / "pyproject.toml").read_text())
    (made / "uv.lock").write_text(lock_of(original("uv.lock"), projects))


def _member_files(made: Path) -> list[Path]:
    return sorted(
        [
            made / "shared" / "pyproject.toml",
            *made.glob("infra/*/pyproject.toml"),
            *made.glob("patterns/*/pyproject.toml"),
        ]
    )


def _modules(source: Path) -> Iterator[str]:
    """Yield the full names of the modules and packages below a source folder."""
    for file in source.rglob("*.py"):
        parts = file.relative_to(source).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or name.startswith(f"{pattern}/")
