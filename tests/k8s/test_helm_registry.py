"""The chart as an OCI artefact: pushed by Helm to the emulator's ECR, pulled from there, and the same."""

import base64
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.helm import CHART, Helm

from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import choose_port
from patterns_deploy.runner import Runner
from patterns_local.emulator import Emulator
from patterns_local.emulator_environment import prepare_environment
from patterns_local.local_aws import client_for

pytestmark = pytest.mark.integration

CHARTS = "patterns-local"
NAME = "patterns-operator"
VALUES = {"stage": "dev", "aws": {"region": "eu-central-1"}, "image": {"tag": "v1"}, "webhook": {"secret": "ours"}}
"""With a Secret of one's own, since a certificate would be another one each time."""


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Emulator]:
    """Start AWS, without a cluster."""
    folder = LocalFolder(tmp_path / "aws")
    folder.prepare()
    python = prepare_environment(folder, Runner(folder.deploy_log))
    with Emulator(folder, python, choose_port(folder.port)) as emulator:
        emulator.wait_ready(abandoned=lambda: False)
        yield emulator


def test_what_is_pulled_is_what_was_pushed(aws: Emulator, tmp_path: Path) -> None:
    """By the commands of the page; only the scheme differs, since the emulator has no TLS."""
    ecr = client_for("ecr", aws.endpoint_url)
    ecr.create_repository(repositoryName=f"{CHARTS}/{NAME}", imageTagMutability="IMMUTABLE")
    (given,) = ecr.get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
    host = aws.endpoint_url.removeprefix("http://")
    charts = f"oci://{host}/{CHARTS}"
    helm = Helm.prepare(tmp_path, tmp_path / "none")
    helm.run("registry", "login", "--plain-http", f"--username={user}", "--password-stdin", host, secret=password)

    version = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))["version"]
    helm.run("package", str(CHART), f"--destination={tmp_path}")
    package = tmp_path / f"{NAME}-{version}.tgz"
    said = helm.run("push", "--plain-http", str(package), charts)
    (pushed,) = ecr.describe_images(repositoryName=f"{CHARTS}/{NAME}")["imageDetails"]
    assert pushed["imageTags"] == [version]
    assert pushed["imageDigest"] in said

    pulled = tmp_path / "pulled"
    helm.run("pull", "--plain-http", f"{charts}/{NAME}", f"--version={version}", "--untar", f"--untardir={pulled}")
    assert _files(pulled / NAME) == _files(CHART)
    for name in _files(CHART) - {"Chart.yaml"}:  # which Helm writes anew
        assert (pulled / NAME / name).read_bytes() == (CHART / name).read_bytes(), name
    remote = ("template", "patterns", f"{charts}/{NAME}", f"--version={version}", "--plain-http")
    assert _objects(helm, *remote) == _objects(helm, "template", "patterns", str(CHART))
    with tarfile.open(package) as content:
        assert f"{NAME}/dashboards/order-processors.json" in content.getnames()


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _objects(helm: Helm, *words: str) -> list[dict[str, Any]]:
    printed = helm.run(*words, values={**VALUES, "monitoring": {"enabled": True, "dashboard": True}})
    found = [each for each in yaml.safe_load_all(printed.partition("---")[2]) if each]
    assert found
    return found
