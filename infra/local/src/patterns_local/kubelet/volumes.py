"""A pod's volumes, written as folders: config maps, secrets, tokens, facts about the pod, and empty ones."""

import base64
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from lightkube.models.core_v1 import (
    ConfigMapProjection,
    ConfigMapVolumeSource,
    DownwardAPIVolumeFile,
    KeyToPath,
    SecretProjection,
    SecretVolumeSource,
    ServiceAccountTokenProjection,
    Volume,
    VolumeProjection,
)
from lightkube.resources.core_v1 import ConfigMap, Secret

from patterns_local.kubelet.environment import NotConfigured, PodFacts

__all__ = ["Source", "TokenFor", "data_of", "write_volume"]

TokenFor = Callable[[ServiceAccountTokenProjection], Awaitable[str]]
Source = Callable[[str, str], Mapping[str, bytes] | None]
"""From ``ConfigMap`` or ``Secret`` and a name to its data; `None` when there is no such object."""
_Files = dict[str, bytes]


async def write_volume(volume: Volume, folder: Path, *, source: Source, facts: PodFacts, token: TokenFor) -> None:
    """Write a volume; once more when what it shows may have changed.

    Args:
        volume: of the pod.
        folder: its own.
        source: gives config maps and secrets.
        facts: of the pod.
        token: gives service account tokens.

    Raises:
        NotConfigured: the kind of volume is not known here, or what it refers to is missing.
    """
    if volume.emptyDir is not None:
        _replace(folder, None)
        return
    files: _Files = {}
    if volume.projected:
        for each in volume.projected.sources or ():
            files |= await _projected(each, source, facts, token)
    elif volume.configMap:
        files = _selected("ConfigMap", volume.configMap.name, volume.configMap, source)
    elif volume.secret:
        files = _selected("Secret", volume.secret.secretName, volume.secret, source)
    elif volume.downwardAPI:
        files = _downward(volume.downwardAPI.items or (), facts)
    else:
        raise NotConfigured(f'volume "{volume.name}" is of a kind that pods of this machine do not have')
    _replace(folder, files)


def data_of(found: ConfigMap | Secret) -> dict[str, bytes]:
    """Return an object's data as bytes."""
    if isinstance(found, Secret):
        return {key: base64.b64decode(value) for key, value in (found.data or {}).items()}
    text = {key: value.encode() for key, value in (found.data or {}).items()}
    return text | {key: base64.b64decode(value) for key, value in (found.binaryData or {}).items()}


async def _projected(projection: VolumeProjection, source: Source, facts: PodFacts, token: TokenFor) -> _Files:
    if projection.serviceAccountToken:
        return {projection.serviceAccountToken.path: (await token(projection.serviceAccountToken)).encode()}
    if projection.configMap:
        return _selected("ConfigMap", projection.configMap.name, projection.configMap, source)
    if projection.secret:
        return _selected("Secret", projection.secret.name, projection.secret, source)
    if projection.downwardAPI:
        return _downward(projection.downwardAPI.items or (), facts)
    raise NotConfigured("a projected volume has a source that pods of this machine do not have")


def _selected(
    kind: str,
    name: str | None,
    chosen: ConfigMapVolumeSource | SecretVolumeSource | ConfigMapProjection | SecretProjection,
    source: Source,
) -> _Files:
    data = source(kind, name or "")
    if data is None:
        if chosen.optional:
            return {}
        raise NotConfigured(f'{kind.lower()} "{name}" not found')
    items: Sequence[KeyToPath] = chosen.items or [KeyToPath(key=key, path=key) for key in data]
    missing = [item.key for item in items if item.key not in data]
    if missing and not chosen.optional:
        raise NotConfigured(f'key "{missing[0]}" in {kind.lower()} "{name}" not found')
    return {item.path: data[item.key] for item in items if item.key in data}


def _downward(items: Sequence[DownwardAPIVolumeFile], facts: PodFacts) -> _Files:
    return {
        item.path: (
            facts.field(item.fieldRef)
            if item.fieldRef
            else facts.resource(item.resourceFieldRef, None)
            if item.resourceFieldRef
            else ""
        ).encode()
        for item in items
    }


def _replace(folder: Path, files: Mapping[str, bytes] | None) -> None:
    """Make the folder hold these files, each replaced as a whole, and no others; `None` leaves what is in it."""
    folder.mkdir(parents=True, exist_ok=True)
    if files is None:
        return
    for path, content in files.items():
        target = folder / _inside(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_file() and target.read_bytes() == content:
            continue
        aside = target.with_name(f".{target.name}.new")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        aside.replace(target)
    wanted = {folder / path for path in files}
    for found in _all_files(folder):
        if found not in wanted:
            found.unlink()


def _inside(path: str) -> PurePosixPath:
    """Return the path; the API server has refused absolute ones and those that lead out."""
    inside = PurePosixPath(path)
    if inside.is_absolute() or ".." in inside.parts:
        raise NotConfigured(f"path {path} leads out of its volume")
    return inside


def _all_files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
