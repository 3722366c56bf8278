"""A cluster of the user's own, kind, k3d or another, that a stage of the local platform uses instead of the platform's.

While it is remembered, the stage's operator is in it: `deploy`, `up`, `status`, `outputs`, `env` and `destroy` mean it.
It is remembered before anything is installed, and forgotten after everything is removed.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from patterns_deploy.files import write_atomically
from patterns_deploy.folder import LocalFolder

__all__ = [
    "ChosenCluster",
    "chosen_clusters",
    "chosen_kubeconfig",
    "forget_cluster",
    "operators_left",
    "read_chosen",
    "remember_cluster",
]

_LOADERS = ("kind", "k3d")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenCluster:
    """What is known of it.

    Attributes:
        context: its name in the user's kubeconfig.
        uid: by which it is told from any other: that of its namespace kube-system.
        config: a kubeconfig of this context alone, with all that it refers to.
        image: what its nodes can pull; empty when it is built here and loaded into them.
        aws_endpoint: the platform's address as its pods reach it; empty for the platform's own.
        processes: whether its pods are processes of this machine.
    """

    context: str
    uid: str
    config: str = field(repr=False)
    image: str = ""
    aws_endpoint: str = ""
    processes: bool = False

    @property
    def loader(self) -> tuple[str, str] | None:
        """The program that loads images into its nodes and the cluster's name there; ``None`` for other clusters."""
        for program in _LOADERS:
            name = self.context.removeprefix(f"{program}-")
            if name and name != self.context:
                return program, name
        return None


def chosen_kubeconfig(folder: LocalFolder, stage: str) -> Path:
    """Return where the copy of the kubeconfig is kept, whether or not there is one."""
    return folder.chosen_cluster(stage).with_name("kubeconfig")


def remember_cluster(folder: LocalFolder, stage: str, cluster: ChosenCluster) -> None:
    """Keep it; the file with its credentials is for this user only."""
    path = folder.chosen_cluster(stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(chosen_kubeconfig(folder, stage), cluster.config, private=True)
    facts = {name: value for name, value in asdict(cluster).items() if name != "config"}
    write_atomically(path, json.dumps(facts, indent=2) + "\n")


def read_chosen(folder: LocalFolder, stage: str) -> ChosenCluster | None:
    """Return the cluster that a stage uses, ``None`` for the platform's own."""
    try:
        facts: dict[str, Any] = json.loads(folder.chosen_cluster(stage).read_text())
        return ChosenCluster(**facts, config=chosen_kubeconfig(folder, stage).read_text())
    except (OSError, ValueError, TypeError):
        return None


def chosen_clusters(folder: LocalFolder) -> Iterator[tuple[str, ChosenCluster]]:
    """Yield every stage that uses such a cluster, with it."""
    for path in sorted(folder.chosen_cluster("*").parent.parent.glob("local-*/cluster.json")):
        stage = path.parent.name.removeprefix("local-")
        if cluster := read_chosen(folder, stage):
            yield stage, cluster


def operators_left(folder: LocalFolder) -> Iterator[str]:
    """Yield a line for each operator that the end of the platform leaves behind, with how to remove it."""
    for stage, cluster in chosen_clusters(folder):
        remove = f"patterns destroy k8s --stage {stage}"
        yield f"the operator of stage {stage!r} is still in {cluster.context}; remove it: {remove}"


def forget_cluster(folder: LocalFolder, stage: str) -> None:
    """Let the stage use the platform's own again."""
    path = folder.chosen_cluster(stage)
    for file in (path, chosen_kubeconfig(folder, stage)):
        file.unlink(missing_ok=True)
    shutil.rmtree(path.with_name("kubectl-cache"), ignore_errors=True)
