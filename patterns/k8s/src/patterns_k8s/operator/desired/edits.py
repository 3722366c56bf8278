"""Which fields of a child others have changed, and who, by the API server's own record of field managers. Pure.

Applying a manifest makes the operator the manager of every field in it. Who gives one another value becomes its manager
in the operator's place (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from patterns_k8s.operator.desired.processor import MANAGER, Manifest

__all__ = ["describe_edit"]

_NAMED = 3
"""Fields of each manager that a message names."""
_ABSENT = object()
Json = Mapping[str, Any]


def describe_edit(manifest: Manifest, live: Manifest) -> str:
    """Return which fields of the manifest are not as applied, and by whom: ``.spec.replicas was changed by kubectl``.

    Fields are written as the API server writes them in its conflicts. For a field that was removed there is no manager.
    """
    entries = live["metadata"].get("managedFields") or ()
    ours: Json = next((each.get("fieldsV1", {}) for each in entries if _is_ours(each)), {})
    by: dict[str, list[str]] = {}
    for entry in entries:
        # A status is written by the cluster's own controllers.
        if entry.get("manager") != MANAGER and entry.get("subresource") != "status":
            for path in _taken_over(entry.get("fieldsV1", {}), ours, manifest):
                by.setdefault(str(entry.get("manager") or "somebody else"), []).append(path)
    parts = [f"{_few(sorted(paths))} changed by {manager}" for manager, paths in sorted(by.items())]
    if removed := sorted(_removed(manifest, live)):
        parts.append(f"{_few(removed)} removed by another client")
    return " and ".join(parts) or "was changed by another client"


def _is_ours(entry: Json) -> bool:
    return entry.get("manager") == MANAGER and entry.get("operation") == "Apply"


def _few(paths: list[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return f"{', '.join(paths[:_NAMED])}{more} {'was' if len(paths) == 1 else 'were'}"


def _taken_over(theirs: Json, ours: Json, manifest: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the fields that they manage, that the manifest names, and that are no longer the operator's."""
    for key, below in theirs.items():
        step, part = _step(key, manifest)
        if part is _ABSENT:
            continue
        if below.keys() - {"."}:
            yield from _taken_over(below, ours.get(key, {}), part, path + step)
        elif key not in ours:
            yield path + step


def _step(key: str, manifest: Any) -> tuple[str, Any]:  # noqa: ANN401 - JSON
    """Return a step of a path, and the part of the manifest that it leads to.

    https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/fieldpath/serialize-pe.go
    """
    kind, _, name = key.partition(":")
    if kind == "f" and isinstance(manifest, dict):
        return f".{name}", manifest.get(name, _ABSENT)
    if kind == "k" and isinstance(manifest, list):
        wanted: dict[str, Any] = json.loads(name)
        found = (each for each in manifest if isinstance(each, dict) and wanted.items() <= each.items())
        text = ",".join(f"{field}={json.dumps(value)}" for field, value in wanted.items())
        return f"[{text}]", next(found, _ABSENT)
    if kind == "v" and isinstance(manifest, list):
        value = json.loads(name)
        return f"[={name}]", value if value in manifest else _ABSENT
    return "", _ABSENT


def _removed(manifest: Any, live: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield the fields that the manifest names and the live object does not have."""
    if not isinstance(manifest, dict) or not isinstance(live, dict):
        return
    for name, part in manifest.items():
        if name not in live:
            # The API server leaves out what is empty.
            if part not in ({}, [], None, "", False, 0):
                yield f"{path}.{name}"
        else:
            yield from _removed(part, live[name], f"{path}.{name}")
