"""`patterns deploy k8s --kubeconfig`: what cannot be is one line, before anything is started or changed."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from patterns_cli.commands import changing
from patterns_cli.commands.cluster_wish import ClusterWish
from patterns_cli.commands.failures import WrongUse
from patterns_deploy.errors import PlatformError
from patterns_deploy.kubernetes.pki import Authority
from patterns_infra.registry import select
from patterns_infra.settings import Target
from patterns_local.platform import Platform

IMAGE, ENDPOINT = "registry.example.com/patterns-k8s:1", "http://172.18.0.1:4566"


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    """Return a kubeconfig of three clusters, none of which is there."""
    path = tmp_path / "their" / "config"
    path.parent.mkdir()
    (path.parent / "ca.crt").write_bytes(Authority.make("theirs").pem)
    names = ("kind-shop", "k3d-shop", "shop")
    server = {"server": "https://127.0.0.1:1", "certificate-authority": "ca.crt"}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": server}],
        "users": [{"name": "u", "user": {"token": "their-token"}}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in names],
    }
    path.write_text(json.dumps(document))
    return path


@pytest.fixture(autouse=True)
def nothing_is_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Fail whatever starts the platform; its folder is not even made."""
    monkeypatch.setattr(Platform, "start", lambda *_, **__: pytest.fail("something was started"))
    monkeypatch.setenv("PATTERNS_LOCAL_STATE", str(tmp_path / "state"))


def _refused(wish: Mapping[str, str], *patterns: str, target: Target = Target.LOCAL) -> str:
    order = changing.Order(patterns or ("k8s",), target, None, None, [], yes=False, cluster=ClusterWish(**wish))
    with pytest.raises((WrongUse, PlatformError)) as refused:
        changing.deploy(order)
    line = str(refused.value)
    assert "\n" not in line
    assert "their-token" not in line
    return line


@pytest.mark.parametrize("option", ["kubeconfig", "context", "image", "aws_endpoint"])
def test_options_that_have_nothing_to_say_are_refused(option: str) -> None:
    """On AWS, without the pattern, and without the file that they are about."""
    flag, wish = f"--{option.replace('_', '-')}", {option: "x"}
    assert _refused(wish, target=Target.AWS) == f"{flag} is for --target local; on AWS the stack brings its own cluster"
    assert _refused(wish, "web_api", "async").startswith(f"{flag} is for the pattern k8s")
    if option != "kubeconfig":
        assert _refused(wish).startswith(f"{flag} needs --kubeconfig")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        ("x: [", "error loading config file"),
        ("hello", "error loading config file"),
        ("", "has no current context: name one by --context; there is none"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, content: str | None, reason: str) -> None:
    """With what is wrong with it."""
    file = tmp_path / "config"
    if content is not None:
        file.write_text(content)
    line = _refused({"kubeconfig": str(file)})
    assert line.startswith(f"--kubeconfig {file}")
    assert reason in line


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Root may read anything else."""
    assert _refused({"kubeconfig": str(tmp_path)}) == f"--kubeconfig {tmp_path}: Is a directory"


def test_a_context_must_be_there(kubeconfig: Path) -> None:
    """And a certificate that the file names."""
    wish = {"kubeconfig": str(kubeconfig)}
    there = "there are k3d-shop, kind-shop, shop"
    assert _refused(wish) == f"--kubeconfig {kubeconfig} has no current context: name one by --context; {there}"
    for wrong in ("other", "kind"):
        line = _refused({**wish, "context": wrong})
        assert line == f"--context {wrong} is not in {kubeconfig}; {there}"
    kubeconfig.with_name("ca.crt").unlink()
    line = _refused({**wish, "context": "shop"})
    assert line.startswith(f"--kubeconfig {kubeconfig}: ")
    assert "ca.crt" in line


@pytest.mark.parametrize(
    "url",
    ["", "172.18.0.1:4566", "ftp://x", "http://", "http://x:0", "http://x:99999", "http://x/path", "http://x?y=z"],
)
def test_an_address_that_is_none_is_shown(kubeconfig: Path, url: str) -> None:
    """By its flag."""
    line = _refused({"kubeconfig": str(kubeconfig), "context": "shop", "image": IMAGE, "aws_endpoint": url})
    assert line == f"--aws-endpoint {url!r} is no address like http://172.18.0.1:4566"


@pytest.mark.parametrize("image", ["", "patterns-k8s", "Patterns:1", "x:", "x@sha256:12", "x:1 y"])
def test_an_image_must_say_which(kubeconfig: Path, image: str) -> None:
    """An OrderProcessor takes no other, and finding that out later costs more."""
    line = _refused({"kubeconfig": str(kubeconfig), "context": "shop", "aws_endpoint": ENDPOINT, "image": image})
    assert line == f"--image {image!r} is no image with a tag or a digest"


def test_what_a_kind_of_cluster_needs_is_said(kubeconfig: Path) -> None:
    """What to give, too: nobody knows by heart how pods of kind reach this machine."""
    wish = {"kubeconfig": str(kubeconfig)}
    assert _refused({**wish, "context": "shop"}).startswith("--image is needed for shop: ")
    for context, host, network in (("kind-shop", "docker", "kind"), ("k3d-shop", "k3d", "k3d-shop")):
        line = _refused({**wish, "context": context})
        assert line.startswith("--aws-endpoint is needed: ")
        assert f"http://host.{host}.internal:PORT" in line
        assert f"'docker network inspect {network}'" in line


def test_a_missing_program_is_said_before_the_cluster_is_asked(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Docker builds the image for kind and k3d."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    line = _refused({"kubeconfig": str(kubeconfig), "context": "kind-shop", "aws_endpoint": ENDPOINT})
    assert "no Docker engine answers" in line


def test_a_cluster_that_cannot_be_reached_is_said_and_nothing_is_left(kubeconfig: Path, tmp_path: Path) -> None:
    """The user's file and its folder are as they were, and nothing is remembered."""
    before = {path: path.read_bytes() for path in kubeconfig.parent.iterdir()}
    wish = {"kubeconfig": str(kubeconfig), "context": "shop", "image": IMAGE, "aws_endpoint": ENDPOINT}
    line = _refused(wish)
    assert line.startswith("--kubeconfig: the cluster shop cannot be looked at: ")
    assert re.search(r"127\.0\.0\.1:1\b", line)
    assert {path: path.read_bytes() for path in kubeconfig.parent.iterdir()} == before
    assert not (tmp_path / "state").exists()


def test_without_a_kubeconfig_nothing_is_chosen() -> None:
    """The platform's own cluster, or last time's."""
    wish = ClusterWish()
    wish.refuse_elsewhere(Target.AWS, select("web_api"))
    assert wish.find("local") is None
