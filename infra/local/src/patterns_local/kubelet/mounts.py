"""Where a container's mounts are on this machine.

A process sees the whole machine: nothing can be mounted for it alone. Its volumes are folders of the pod, and what its
manifest says of a mounted path, in an argument or a variable, is rewritten to the path of that folder.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from lightkube.models.core_v1 import VolumeMount

from patterns_local.kubelet.environment import expand

__all__ = ["SERVICE_ACCOUNT_PATH", "Mounts"]

SERVICE_ACCOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where every pod expects its token, and the API server's certificate."""


class Mounts:
    """The mounts of one container."""

    def __init__(
        self, mounts: Sequence[VolumeMount], volumes: Path, variables: Mapping[str, str], files: Mapping[str, Path]
    ) -> None:
        """Find them.

        Args:
            mounts: as the container declares them.
            volumes: holds a folder for each of the pod's volumes.
            variables: for ``subPathExpr``.
            files: what is mounted besides, by its path in the container.
        """
        self._paths = dict(files) | {
            mount.mountPath.rstrip("/"): volumes
            / mount.name
            / (mount.subPath or expand(mount.subPathExpr or "", variables))
            for mount in mounts
        }
        longest_first = sorted(self._paths, key=len, reverse=True)
        # As a whole path or its beginning, alone or after "=", ",", ":", a blank or what a shell ends words with.
        names = "|".join(re.escape(path) for path in longest_first)
        self._mounted = re.compile(rf"(?<![^\s=,:'\"<>(])({names})(?=$|[/\s,:'\"<>()|&;])") if names else None

    def path(self, mounted: str) -> Path | None:
        """Return the folder or file that is mounted exactly there."""
        return self._paths.get(mounted.rstrip("/"))

    def rewrite(self, text: str) -> str:
        """Replace mounted paths in an argument or a variable's value."""
        return self._mounted.sub(lambda match: str(self._paths[match[1]]), text) if self._mounted else text
