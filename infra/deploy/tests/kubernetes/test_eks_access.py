"""How kubectl gets into a cluster of EKS without the AWS command line."""

import base64
import datetime as dt
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import MagicMock
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest

from patterns_deploy.folder import LocalFolder
from patterns_deploy.kubernetes.eks import FIXED_NODES, components_for, deploy_operator_on_aws, kubeconfig_of
from patterns_deploy.kubernetes.eks_token import credential
from patterns_deploy.place import Place
from patterns_deploy.progress import PlainProgress, Timings
from patterns_deploy.real_aws import AwsAccess
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Target

TOKEN_PROGRAM = "patterns_deploy.kubernetes.eks_token"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session"}
CLUSTER = {
    "name": "patterns-dev-k8s",
    "endpoint": "https://0123456789.gr7.eu-central-1.eks.amazonaws.com",
    "certificateAuthority": {"data": base64.b64encode(b"certificate").decode()},
}


def question(token: str) -> str:
    """Return the signed address that a token is made of."""
    prefix, _, text = token.partition(".")
    assert prefix == "k8s-aws-v1"
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def names(address: str) -> dict[str, str]:
    """Return what an address asks, but for what depends on the second in which it was signed."""
    query = parse_qs(urlsplit(address).query)
    return {name: x[0] for name, x in query.items() if name not in {"X-Amz-Date", "X-Amz-Signature"}}


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu-central-1", "sts.eu-central-1.amazonaws.com"), ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn")],
)
def test_a_token_asks_who_i_am_for_one_cluster(monkeypatch: pytest.MonkeyPatch, region: str, host: str) -> None:
    """In the cluster's region, with the cluster's name signed, and for a minute."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    now = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)
    given = credential("shop", region, session=botocore.session.Session(), now=now)
    assert given["apiVersion"] == "client.authentication.k8s.io/v1"
    assert given["status"]["expirationTimestamp"] == "2026-11-25T12:14:00Z"
    address = question(given["status"]["token"])
    assert urlsplit(address).hostname == host
    asked = names(address)
    assert asked["Action"] == "GetCallerIdentity"
    assert asked["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    assert asked["X-Amz-Expires"] == "60"
    assert asked["X-Amz-Security-Token"] == "session"


def test_it_is_what_the_aws_command_line_gives() -> None:
    """Name by name; the AWS command line is there to be compared with, nothing else uses it."""
    environment = {"PATH": os.environ["PATH"], "AWS_CONFIG_FILE": os.devnull, **KEYS}
    ours = [sys.executable, "-m", TOKEN_PROGRAM, "--cluster=shop", "--region=eu-central-1"]
    theirs = ["aws", "eks", "get-token", "--cluster-name=shop", "--region=eu-central-1", "--output=json"]
    printed = [
        subprocess.run(command, env=environment, capture_output=True, check=True).stdout for command in (ours, theirs)
    ]
    asked = [question(json.loads(text)["status"]["token"]) for text in printed]
    assert names(asked[0]) == names(asked[1])
    assert [urlsplit(x).netloc for x in asked] == ["sts.eu-central-1.amazonaws.com"] * 2


def test_without_credentials_there_is_one_clear_line() -> None:
    """Kubectl shows it to the user."""
    environment = {"PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"}
    command = [sys.executable, "-m", TOKEN_PROGRAM, "--cluster=shop", "--region=eu-central-1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("no AWS credentials: sign in")
    assert done.stderr.count("\n") == 1


def test_a_kubeconfig_leads_to_the_cluster_and_to_this_program() -> None:
    """Kubectl asks the module, with the Python that has it, for a token of exactly this cluster."""
    config = json.loads(kubeconfig_of(CLUSTER, region="eu-central-1"))
    (cluster,) = config["clusters"]
    assert cluster["cluster"] == {
        "server": CLUSTER["endpoint"],
        "certificate-authority-data": base64.b64encode(b"certificate").decode(),
    }
    (user,) = config["users"]
    program = user["user"]["exec"]
    assert program["interactiveMode"] == "Never"
    done = subprocess.run(
        [program["command"], *program["args"]],
        env={"PATH": os.environ["PATH"], **KEYS},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["apiVersion"] == program["apiVersion"]
    assert config["current-context"] == config["contexts"][0]["name"]


@pytest.mark.parametrize(
    ("cluster", "group", "components"),
    [
        ({"computeConfig": {"enabled": True}}, None, ("auto-mode",)),
        ({"computeConfig": {"enabled": False}}, "sg-1", ("security-groups",)),
        ({}, None, ()),
    ],
)
def test_the_kind_of_nodes_decides_what_is_applied(
    cluster: dict[str, object], group: str | None, components: tuple[str, ...]
) -> None:
    """Auto Mode's switch for network policies; a policy of security groups where the stack made a group."""
    assert components_for(cluster, group) == components


@pytest.mark.parametrize("auto", [True, False])
def test_a_deployment_says_that_a_node_group_does_not_grow(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    auto: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Pods that do not fit there stay Pending, and somebody who scales the workers has to know it."""
    found = {**CLUSTER, "version": "1.36", "computeConfig": {"enabled": auto}}
    client = MagicMock()
    client.describe_cluster.return_value = {"cluster": found}
    client.describe_stacks.return_value = {"Stacks": [{}]}
    client.get_parameter.return_value = {"Parameter": {"Value": "name:tag"}}
    place = Place(Target.AWS, "dev", "eu-central-1", "123456789012", None, lambda _: client)
    monkeypatch.setattr("patterns_deploy.kubernetes.eks.deploy_operator", lambda *_: None)
    shown = io.StringIO()
    folder, access = LocalFolder(tmp_path), AwsAccess(place, "arn:aws:iam::123456789012:user/me", {})
    deploy_operator_on_aws(folder, access, PATTERNS["k8s"], Timings(PlainProgress(shown)))
    assert (FIXED_NODES in shown.getvalue().splitlines()) is not auto
