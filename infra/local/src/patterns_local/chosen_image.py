"""The pattern's image for a cluster of the user's own: what its nodes can pull, or built here and loaded into them.

https://kind.sigs.k8s.io/docs/user/quick-start/#loading-an-image-into-your-cluster
https://k3d.io/stable/usage/commands/k3d_image_import/
"""

import os
import shutil
from pathlib import Path

from patterns_deploy.errors import DeployFailed, PlatformError
from patterns_deploy.folder import LocalFolder
from patterns_deploy.runner import CommandFailed, Runner
from patterns_infra.container_images import image_tag
from patterns_local.chosen_cluster import ChosenCluster
from patterns_local.docker import Docker, require_docker
from patterns_local.images import Images
from patterns_local.local_aws import build_environment

__all__ = ["deliver_image", "image_in", "require_programs"]

_SECONDS = 600.0
_LOAD = {"kind": ("load", "docker-image", "--name"), "k3d": ("image", "import", "--cluster")}
"""How each is told to load an image: the cluster's name follows, then the image's."""


def image_in(cluster: ChosenCluster, package: str) -> str:
    """Return the name by which the cluster's nodes have a member's image."""
    return cluster.image or f"{package}:{image_tag(package)}"


def require_programs(cluster: ChosenCluster) -> Docker | None:
    """Return the Docker engine that builds the image, ``None`` where nothing is to be built.

    Raises:
        PlatformError: Docker, or the program that loads images into the cluster's nodes, is not there.
    """
    if cluster.image or cluster.loader is None:
        return None
    program, _ = cluster.loader
    found = require_docker(os.environ, f"the image for {cluster.context} is built by Docker unless --image names one")
    if shutil.which(program) is None:
        raise PlatformError(f"images come into {cluster.context} by {program}, which is not on PATH; or give --image")
    return found


def deliver_image(cluster: ChosenCluster, package: str, folder: LocalFolder, runner: Runner) -> str:
    """Make sure that the cluster's nodes can have a member's image; how, for the user to read.

    Raises:
        PlatformError: a program is not there.
        DeployFailed: with what docker, kind or k3d said.
    """
    docker = require_programs(cluster)
    if docker is None or cluster.loader is None:
        return f"{cluster.image}, pulled by the nodes of {cluster.context}"
    Images(folder, runner, docker).make(package)
    program, name = cluster.loader
    words = [program, *_LOAD[program], name, image_in(cluster, package)]
    environment = build_environment() | {"DOCKER_HOST": docker.url}
    try:
        runner.run(words, environment=environment, folder=Path.cwd(), seconds=_SECONDS)
    except CommandFailed as failed:
        raise DeployFailed(f"{' '.join(words)}: {failed}", detail=failed.detail) from failed
    return f"built by Docker {docker.version}, loaded into {cluster.context}"
