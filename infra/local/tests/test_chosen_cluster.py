"""A cluster of the user's own: how it is remembered, and how its image comes to it."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.errors import DeployFailed, PlatformError
from patterns_deploy.folder import LocalFolder
from patterns_deploy.runner import Runner
from patterns_infra.container_images import image_tag
from patterns_local.chosen_cluster import (
    ChosenCluster,
    chosen_clusters,
    chosen_kubeconfig,
    forget_cluster,
    read_chosen,
    remember_cluster,
)
from patterns_local.chosen_image import deliver_image, image_in, require_programs

PACKAGE = "patterns-k8s"


def cluster(context: str = "kind-shop", **more: Any) -> ChosenCluster:  # noqa: ANN401 - fields of it
    """Return one."""
    return ChosenCluster(**{"context": context, "uid": "1", "config": '{"kind": "Config"}', **more})


def test_it_is_remembered_until_it_is_forgotten(folder: LocalFolder) -> None:
    """Each stage has its own; what else is in the folder stays."""
    folder.prepare()
    assert read_chosen(folder, "local") is None
    first, second = cluster(image="x:1", aws_endpoint="http://10.0.0.1:1"), cluster("other", processes=True)
    remember_cluster(folder, "local", first)
    remember_cluster(folder, "test", second)
    assert read_chosen(folder, "local") == first
    assert dict(chosen_clusters(folder)) == {"local": first, "test": second}
    orders = folder.orders_manifest("local", "local")
    orders.touch()
    forget_cluster(folder, "local")
    forget_cluster(folder, "local")
    assert read_chosen(folder, "local") is None
    assert [stage for stage, _ in chosen_clusters(folder)] == ["test"]
    assert [x.name for x in orders.parent.iterdir()] == ["orders.yaml"]


def test_its_credentials_are_for_its_user_only(folder: LocalFolder) -> None:
    """Whatever lay there before, and never in the file that tells of it."""
    folder.prepare()
    path = chosen_kubeconfig(folder, "local")
    path.parent.mkdir(parents=True)
    for left in (path, path.with_name(".kubeconfig.new")):
        left.touch(mode=0o666)
    remember_cluster(folder, "local", cluster(config="secret"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "secret"
    assert "secret" not in folder.chosen_cluster("local").read_text()
    assert "secret" not in repr(cluster(config="secret"))


def test_one_file_deleted_is_forgotten(folder: LocalFolder) -> None:
    """As messages tell whoever has lost the cluster."""
    folder.prepare()
    remember_cluster(folder, "local", cluster())
    folder.chosen_cluster("local").unlink()
    assert read_chosen(folder, "local") is None


@pytest.mark.parametrize(
    ("context", "loader"),
    [
        ("kind-shop", ("kind", "shop")),
        ("k3d-a-b", ("k3d", "a-b")),
        ("kind", None),
        ("kind-", None),
        ("mankind-x", None),
        ("arn:aws:eks:eu-west-1:123456789012:cluster/kind-x", None),
    ],
)
def test_kind_and_k3d_are_known_by_the_context_that_they_make(context: str, loader: tuple[str, str] | None) -> None:
    """With the name that they have for the cluster."""
    assert cluster(context).loader == loader


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return what puts programs on PATH that write down what they are asked for, and does without the rest."""
    folder, asked = tmp_path / "bin", tmp_path / "asked"

    def put(*names: str, fails: str = "") -> Path:
        folder.mkdir(exist_ok=True)
        for name in names:
            told = f'echo "{name} $DOCKER_HOST $@" >> {asked}\n'
            end = "echo no nodes found for cluster >&2; exit 1\n" if name == fails else ""
            (folder / name).write_text(f"#!/bin/sh\n{told}{end}")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}")
        return asked

    put()
    return put


def test_an_image_that_nodes_pull_needs_no_program(folder: LocalFolder, programs: Callable[..., Path]) -> None:
    """Nothing is built, also for kind and k3d."""
    asked = programs()
    named = cluster(image="registry.example.com/x:1")
    assert require_programs(named) is None
    told = deliver_image(named, PACKAGE, folder, Runner(folder.deploy_log))
    assert told == "registry.example.com/x:1, pulled by the nodes of kind-shop"
    assert image_in(named, PACKAGE) == "registry.example.com/x:1"
    assert not asked.exists()


def test_what_is_missing_is_one_line(
    tmp_path: Path, answering: str, monkeypatch: pytest.MonkeyPatch, programs: Callable[..., Path]
) -> None:
    """The engine, its command, or what loads the image into nodes; said before anything is begun."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(PlatformError, match=r"for kind-shop is built by Docker unless --image .*no Docker engine ans"):
        require_programs(cluster())
    monkeypatch.setenv("DOCKER_HOST", answering)
    with pytest.raises(PlatformError, match="there is no docker command"):
        require_programs(cluster())
    programs("docker")
    for context, program in (("kind-shop", "kind"), ("k3d-shop", "k3d")):
        with pytest.raises(PlatformError, match=f"into {context} by {program}, which is not on PATH; or give --image"):
            require_programs(cluster(context))


@pytest.mark.integration
@pytest.mark.parametrize(
    ("context", "words"),
    [
        ("kind-shop", "kind {host} load docker-image --name shop {image}"),
        ("k3d-shop", "k3d {host} image import --cluster shop {image}"),
    ],
)
def test_docker_builds_and_the_clusters_own_program_loads(
    folder: LocalFolder,
    answering: str,
    monkeypatch: pytest.MonkeyPatch,
    programs: Callable[..., Path],
    context: str,
    words: str,
) -> None:
    """The words that kind and k3d take, here told to programs that only write them down."""
    image = f"{PACKAGE}:{image_tag(PACKAGE)}"
    monkeypatch.setenv("DOCKER_HOST", answering)
    path = os.environ["PATH"]
    asked = programs("docker", "kind", "k3d")
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{path}:/usr/bin:/bin")
    told = deliver_image(cluster(context), PACKAGE, folder, Runner(folder.deploy_log))
    assert told == f"built by Docker 28.2, loaded into {context}"
    build, load = asked.read_text().splitlines()
    assert build.startswith(f"docker {answering} build --file ")
    assert build.endswith(f" --tag {image} .")
    assert load == words.format(host=answering, image=image)


@pytest.mark.integration
def test_what_kind_says_is_told(
    folder: LocalFolder, answering: str, monkeypatch: pytest.MonkeyPatch, programs: Callable[..., Path]
) -> None:
    """A cluster that has been deleted, for example."""
    monkeypatch.setenv("DOCKER_HOST", answering)
    path = os.environ["PATH"]
    programs("docker", "kind", fails="kind")
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{path}:/usr/bin:/bin")
    with pytest.raises(DeployFailed, match=r"kind load docker-image --name shop .*: ended with exit code 1") as failed:
        deliver_image(cluster(), PACKAGE, folder, Runner(folder.deploy_log))
    assert failed.value.detail == "no nodes found for cluster"
