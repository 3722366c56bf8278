"""What uv knows of this workspace: its members, what each needs, and the locked versions of it."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from patterns_infra.paths import REPOSITORY
from patterns_infra.tool_environment import tool_environment

__all__ = [
    "BundleError",
    "locked_requirements",
    "member_folder",
    "member_project",
    "member_sources",
    "member_version",
    "members_of",
    "run_uv",
    "workspace_project",
]

_NAME = re.compile(r"[A-Za-z0-9._-]+")


class BundleError(Exception):
    """A bundle cannot be built: uv is missing or refused, or there is no such member. The text is one line."""


def workspace_project() -> dict[str, Any]:
    """Return the workspace's own pyproject.toml."""
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


def member_version(package: str) -> str:
    """Return the version in the member's pyproject.toml."""
    return str(_workspace()[package][1]["project"]["version"])


def member_folder(package: str) -> Path:
    """Return a workspace member's folder."""
    return _member(package)[0]


def member_project(package: str) -> dict[str, Any]:
    """Return a workspace member's pyproject.toml."""
    return _member(package)[1]


def member_sources(package: str) -> list[Path]:
    """Return the source folders of a workspace member and of the members that it needs at run time."""
    return [_workspace()[name][0] / "src" for name in members_of(package)]


def members_of(package: str) -> list[str]:
    """Return the names of a workspace member and of the members that it needs at run time.

    Raises:
        BundleError: there is no such member.
    """
    _member(package)
    members = _workspace()
    found: set[str] = set()
    waiting = [package]
    while waiting:
        name = waiting.pop()
        found.add(name)
        needs = [_NAME.match(text) for text in members[name][1]["project"].get("dependencies", [])]
        waiting += [need[0] for need in needs if need and need[0] in members and need[0] not in found]
    return sorted(found)


def locked_requirements(package: str, *, without: Collection[str]) -> str:
    """Return requirements with hashes of a member's locked dependencies, members themselves left out."""
    words = [word for name in without for word in ("--no-emit-package", name)]
    return run_uv("export", "--locked", "--package", package, "--no-dev", "--no-emit-workspace", "--no-header", *words)


def run_uv(*arguments: str) -> str:
    """Run uv in the repository and return its standard output.

    Raises:
        BundleError: with the end of what uv said.
    """
    command = os.environ.get("UV") or shutil.which("uv")
    if not command:
        raise BundleError("uv is not on PATH; it builds the Lambda bundles (https://docs.astral.sh/uv/)")
    done = subprocess.run(
        [command, *arguments, "--quiet"],
        env=tool_environment(),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = " ".join(done.stderr.split())[-600:]
        raise BundleError(f"uv {' '.join(arguments[:2])} failed: {reason}")
    return done.stdout


def _member(package: str) -> tuple[Path, dict[str, Any]]:
    members = _workspace()
    if package not in members:
        raise BundleError(f"no workspace member is called {package!r}; there are {', '.join(sorted(members))}")
    return members[package]


@cache
def _workspace() -> dict[str, tuple[Path, dict[str, Any]]]:
    """Return every workspace member's folder and pyproject, by its name."""
    members: dict[str, tuple[Path, dict[str, Any]]] = {}
    for pattern in workspace_project()["tool"]["uv"]["workspace"]["members"]:
        for file in REPOSITORY.glob(f"{pattern}/pyproject.toml"):
            project = tomllib.loads(file.read_text())
            members[project["project"]["name"]] = (file.parent, project)
    return members
