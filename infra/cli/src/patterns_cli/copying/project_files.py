"""The workspace's own files as a copy has them: pyproject.toml, import contracts, a short README."""

import configparser
from collections.abc import Callable, Collection, Iterable, MutableMapping, MutableSequence
from typing import Any

import tomlkit
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from patterns_infra.registry import Pattern

__all__ = ["contracts_of", "infra_project_of", "readme_of", "workspace_project_of"]

_GROUPS = {"lint", "types", "tests"}
_FOR_THE_NOXFILE = "nox"
_SUBJECTS = ("containers", "source_modules", "modules")


def workspace_project_of(text: str, packages: Collection[str], exists: Callable[[str], bool]) -> str:
    """Return the root's pyproject.toml, which names the copy's members and folders only.

    Args:
        text: the original.
        packages: the members of the copy.
        exists: whether the copy has a path or one that fits a pattern of paths.
    """
    project: Any = tomlkit.parse(text)
    groups = project["dependency-groups"]
    for name in [x for x in groups if x not in _GROUPS]:
        del groups[name]
    for name, group in groups.items():
        # What the members' tests need is in the members' own groups; the tests across patterns are not copied.
        only_members = name == "tests"
        _keep(group, lambda x, only=only_members: _stays(x, packages, only_members=only))  # type: ignore[misc]
    _keep(project["project"]["dependencies"], lambda x: _name(x) in packages)
    _keep(project["tool"]["uv"]["workspace"]["members"], exists)
    _keep_keys(project["tool"]["uv"]["sources"], packages.__contains__)
    ruff = project["tool"]["ruff"]
    _keep(ruff["src"], exists)
    _keep_keys(ruff["lint"]["per-file-ignores"], exists)
    project["project"]["description"] = "AWS patterns of one online shop."
    mypy = project["tool"]["mypy"]
    mypy["mypy_path"] = ":".join(x for x in mypy["mypy_path"].split(":") if exists(x))
    return tomlkit.dumps(project)


def infra_project_of(text: str, *, used: Collection[str] | None) -> str:
    """Return the pyproject.toml of a member of ``infra``, without what only its tests need, which are not copied.

    Args:
        text: the original.
        used: distributions that copied modules import, where not all of its modules are copied.
    """
    project: Any = tomlkit.parse(text)
    tests = project["dependency-groups"]["test"]
    _keep(tests, lambda x: _name(x) == "patterns-infra")
    if not tests:
        del project["dependency-groups"]
    if used is not None:
        programs = project["tool"]["deptry"]["per_rule_ignores"]["DEP002"]
        _keep(project["project"]["dependencies"], lambda x: _name(x) in {*used, *programs})
    return tomlkit.dumps(project)


def contracts_of(text: str, modules: Collection[str]) -> str:
    """Return the contracts of import-linter that are about these packages and modules, each by its full name."""
    parser = configparser.ConfigParser()
    parser.read_string(text)
    _keep_lines(parser["importlinter"], "root_packages", modules)
    for name in parser.sections()[1:]:
        section = parser[name]
        kept = [_keep_lines(section, key, modules) for key in _SUBJECTS if key in section]
        if not all(kept) or (section["type"] == "independence" and kept == [1]):
            parser.remove_section(name)
        elif "layers" in section:
            _keep_layers(section, modules)
    sections = [[f"[{name}]", *(f"{key} ={_indented(x)}" for key, x in parser[name].items())] for name in parser]
    return "\n\n".join("\n".join(lines) for lines in sections[1:]) + "\n"


def readme_of(text: str, patterns: Iterable[Pattern]) -> str:
    """Return a README of what is in the copy; the part about licences is the original's."""
    licence = text[text.index("## License\n") :]
    listed = "".join(f"- `patterns/{x.name}`: {x.summary}\n" for x in patterns)
    names = ",".join(x.name for x in patterns)
    return f"""# Patterns

{listed}
`shared/` has the domain, its ports and adapters; `infra/cdk/` the CDK app, with its settings in
[its README](infra/cdk/README.md).

```console
$ uv sync --all-packages --all-groups
$ uv run --no-sync ruff check .
$ uv run --no-sync lint-imports
$ uv run --no-sync mypy .
$ uv run --no-sync pytest -m "not integration" shared {" ".join(f"patterns/{x}" for x in names.split(","))}
$ uv run --no-sync python -m patterns_infra.synth --check
```

{licence}"""


def _stays(entry: object, packages: Collection[str], *, only_members: bool) -> bool:
    if not isinstance(entry, str):
        return dict(entry).get("include-group") in _GROUPS  # type: ignore[call-overload]
    name = _name(entry)
    if name.startswith("patterns-"):
        return name in packages
    return not only_members and name != _FOR_THE_NOXFILE


def _name(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)


def _keep(listed: MutableSequence[Any], wanted: Callable[[Any], bool]) -> None:
    for index in reversed(range(len(listed))):
        if not wanted(listed[index]):
            del listed[index]


def _keep_keys(table: MutableMapping[str, Any], wanted: Callable[[str], bool]) -> None:
    for key in [x for x in table if not wanted(x)]:
        del table[key]


def _keep_lines(section: configparser.SectionProxy, key: str, modules: Collection[str]) -> int:
    """Keep the modules that are in the copy, and return their number."""
    kept = [x for x in section[key].split() if x in modules]
    section[key] = "".join(f"\n{x}" for x in kept)
    return len(kept)


def _keep_layers(section: configparser.SectionProxy, modules: Collection[str]) -> None:
    """Keep the layers that at least one container has in the copy."""
    containers = [f"{x}." for x in section.get("containers", "").split()] or [""]
    lines = []
    for line in section["layers"].strip().splitlines():
        mark = " | " if "|" in line else " : "
        kept = [x for x in line.split(mark) if any(f"{container}{x}" in modules for container in containers)]
        lines += [mark.join(kept)] if kept else []
    section["layers"] = "".join(f"\n{x}" for x in lines)


def _indented(value: str) -> str:
    return value.replace("\n", "\n    ") if value.startswith("\n") else f" {value}"
