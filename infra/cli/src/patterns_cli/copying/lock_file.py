"""The lock file of a copy: the same versions and hashes, without what nothing in the copy needs.

``uv lock`` would do the same, but asks the package index about every package. ``uv lock --check`` accepts the result.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from packaging import requirements
from packaging.utils import canonicalize_name

__all__ = ["lock_of"]

Requirement: TypeAlias = tuple[str, frozenset[str]]
"""A distribution and the extras that are asked for."""
Entry: TypeAlias = dict[str, Any]
"""One inline table of the lock file."""


def lock_of(text: str, projects: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the lock file's text for a workspace of fewer members, or of members that need less.

    Args:
        text: the lock file, written by uv.
        projects: the pyproject.toml of each member of the copy, by its name.
    """
    header, *blocks = text.split("[[package]]\n")
    packages = list(zip(tomllib.loads(text)["package"], blocks, strict=True))
    members = {x["name"]: _member(x, projects[x["name"]]) for x, _ in packages if x["name"] in projects}
    needs: dict[str, set[str]] = {}
    for package, _ in packages:
        of = members.get(package["name"], package)
        needs.setdefault(package["name"], set()).update(_needed_by(of))
    kept = _reachable(projects, needs)
    listed = "".join(f'    "{name}",\n' for name in sorted(projects))
    header = re.sub(r"(?m)^members = \[\n(?: .*\n)*\]", f"members = [\n{listed}]", header)
    texts = [
        _written(members[x["name"]]) if x["name"] in members else block.rstrip("\n") + "\n"
        for x, block in packages
        if x["name"] in kept
    ]
    return "[[package]]\n".join([header, *(f"{x}\n" for x in texts[:-1]), *texts[-1:]])


def _reachable(start: Iterable[str], needs: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs.get(name, ())
    return found


def _needed_by(package: Mapping[str, Any]) -> set[str]:
    """Return the names of all that a package may need, with each of its extras and groups."""
    optional = (package.get(x, {}).values() for x in ("optional-dependencies", "dev-dependencies"))
    listed = [package.get("dependencies", []), *(group for groups in optional for group in groups)]
    return {entry["name"] for group in listed for entry in group}


def _member(package: Mapping[str, Any], project: Mapping[str, Any]) -> dict[str, Any]:
    """Return a member's entry, with only those requirements that its pyproject.toml has."""
    optional = project["project"].get("optional-dependencies", {})
    groups = project.get("dependency-groups", {})
    required = {_requirement(x) for x in project["project"].get("dependencies", [])}
    of_extra = {name: {_requirement(x) for x in group} for name, group in optional.items()}
    of_group = {name: set(_flattened(name, groups)) for name in groups}
    everything = required.union(*of_extra.values())
    kept = dict(package)
    metadata = dict(package.get("metadata", {}))
    _put(kept, "dependencies", _resolved(package.get("dependencies", []), required))
    _put(kept, "optional-dependencies", _groups(package.get("optional-dependencies", {}), of_extra, _resolved))
    _put(kept, "dev-dependencies", _groups(package.get("dev-dependencies", {}), of_group, _resolved))
    _put(metadata, "requires-dist", _declared(metadata.get("requires-dist", []), everything))
    _put(metadata, "requires-dev", _groups(metadata.get("requires-dev", {}), of_group, _declared))
    _put(kept, "metadata", metadata)
    return kept


def _put(table: dict[str, Any], key: str, value: object) -> None:
    """Set a value, or remove the key where there is none, as uv writes it."""
    if value:
        table[key] = value
    else:
        table.pop(key, None)


def _declared(entries: Sequence[Entry], wanted: set[Requirement]) -> list[Entry]:
    return [x for x in entries if (x["name"], frozenset(x.get("extras", ()))) in wanted]


def _resolved(entries: Sequence[Entry], wanted: set[Requirement]) -> list[Entry]:
    """Return the entries of some requirements. Extras that a distribution does not have are not in them."""
    extras: dict[str, set[str]] = {}
    for name, asked in wanted:
        extras.setdefault(name, set()).update(asked)
    with_extras = {x["name"] for x in entries if x.get("extra")}

    def fits(entry: Entry) -> bool:
        name, given = entry["name"], set(entry.get("extra", ()))
        plain = (name, frozenset()) in wanted or name not in with_extras
        return name in extras and (given <= extras[name] if given else plain)

    return [x for x in entries if fits(x)]


def _groups(
    groups: Mapping[str, Sequence[Entry]],
    wanted: Mapping[str, set[Requirement]],
    choose: Callable[[Sequence[Entry], set[Requirement]], list[Entry]],
) -> dict[str, list[Entry]]:
    chosen = {name: choose(group, wanted[name]) for name, group in groups.items() if name in wanted}
    return {name: group for name, group in chosen.items() if group}


def _flattened(name: str, groups: Mapping[str, Any]) -> Iterable[Requirement]:
    for entry in groups[name]:
        if isinstance(entry, str):
            yield _requirement(entry)
        else:
            yield from _flattened(entry["include-group"], groups)


def _requirement(text: str) -> Requirement:
    read = requirements.Requirement(text)
    return (canonicalize_name(read.name), frozenset(read.extras))


def _written(package: Mapping[str, Any]) -> str:
    """Return a member's entry as uv writes it: what it depends on always has a line of its own."""
    tables = ("optional-dependencies", "dev-dependencies", "metadata")
    text = _table({key: x for key, x in package.items() if key not in tables}, least=1)
    for name in tables:
        if name in package:
            text += f"\n[package.{name}]\n" + _table(package[name], least=2 if name == "metadata" else 1)
    if "requires-dev" in package.get("metadata", {}):
        text += "\n[package.metadata.requires-dev]\n" + _table(package["metadata"]["requires-dev"], least=2)
    return text


def _table(entries: Mapping[str, Any], *, least: int) -> str:
    """Write a table; lists of so many tables or more have a line for each."""
    plain = {key: x for key, x in entries.items() if key != "requires-dev"}
    return "".join(f"{key} = {_value(x, least=least)}\n" for key, x in plain.items())


def _value(value: object, *, least: int = 0) -> str:
    if isinstance(value, list):
        items = [_value(x) for x in value]
        if least and len(value) >= least and isinstance(value[0], dict):
            return "[\n" + "".join(f"    {x},\n" for x in items) + "]"
        return f"[{', '.join(items)}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(x)}" for key, x in value.items()) + " }"
    return f'"{value}"'
