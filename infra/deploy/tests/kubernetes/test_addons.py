"""Add-ons after an upgrade of the cluster, against the service's own model: nothing emulates their versions."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from patterns_deploy.errors import DeployFailed
from patterns_deploy.kubernetes.addons import update_addons


@pytest.fixture
def eks() -> Any:  # noqa: ANN401 - boto3 makes its client classes at run time
    """Return a client that reaches nobody."""
    return boto3.client("eks", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def stub(eks: Any) -> Iterator[Stubber]:  # noqa: ANN401 - as above
    """Answer as EKS would, in order; what was prepared must be asked for."""
    with Stubber(eks) as stub:
        yield stub
        stub.assert_no_pending_responses()


def describe(stub: Stubber, version: str, status: str = "ACTIVE", *issues: str) -> None:
    """Expect a question about the add-on."""
    health = {"issues": [{"code": "ClusterUnreachable", "message": text} for text in issues]}
    addon = {"addonName": "coredns", "addonVersion": version, "status": status, "health": health}
    stub.add_response("describe_addon", {"addon": addon}, {"clusterName": "shop", "addonName": "coredns"})


def versions(stub: Stubber, **default_for: str) -> None:
    """Expect a question about versions; ``v1="1.36"`` is the default for 1.36."""
    found = [
        {"addonVersion": name, "compatibilities": [{"clusterVersion": cluster, "defaultVersion": True}]}
        for name, cluster in default_for.items()
    ]
    stub.add_response(
        "describe_addon_versions",
        {"addons": [{"addonName": "coredns", "addonVersions": found}]},
        {"addonName": "coredns", "kubernetesVersion": "1.36"},
    )


def begin(stub: Stubber, has: str, **default_for: str) -> None:
    """Expect what is always asked."""
    stub.add_response("list_addons", {"addons": ["coredns"]}, {"clusterName": "shop"})
    describe(stub, has)
    versions(stub, **default_for)


def update(stub: Stubber, wanted: str) -> None:
    """Expect a change."""
    stub.add_response(
        "update_addon",
        {"update": {"id": "1"}},
        {"clusterName": "shop", "addonName": "coredns", "addonVersion": wanted, "resolveConflicts": "PRESERVE"},
    )


def test_an_older_one_is_brought_along(eks: Any, stub: Stubber) -> None:  # noqa: ANN401 - as above
    """To the default of the cluster's version, and waited for."""
    begin(stub, "v1", v2="1.36", v1="1.35")
    update(stub, "v2")
    describe(stub, "v2", "UPDATING")
    describe(stub, "v2")
    told: list[str] = []
    slept: list[float] = []
    assert update_addons(eks, "shop", version="1.36", say=told.append, sleep=slept.append) == ["coredns v2"]
    assert told == ["add-on coredns: v1 to v2"]
    assert slept == [5.0]


@pytest.mark.parametrize("default_for", [{"v1": "1.36"}, {"v0": "1.35"}])
def test_a_good_one_is_left_alone(
    eks: Any,  # noqa: ANN401 - as above
    stub: Stubber,
    default_for: dict[str, str],
) -> None:
    """Also one for which EKS has no default."""
    begin(stub, "v1", **default_for)
    assert update_addons(eks, "shop", version="1.36", say=pytest.fail) == []


def test_one_that_fails_is_named_with_its_reason(eks: Any, stub: Stubber) -> None:  # noqa: ANN401 - as above
    """The deployment stops there: the others stay as they were."""
    begin(stub, "v1", v2="1.36")
    update(stub, "v2")
    describe(stub, "v2", "DEGRADED", "no node has room for it")
    with pytest.raises(DeployFailed, match="the add-on coredns of shop is DEGRADED: no node has room for it"):
        update_addons(eks, "shop", version="1.36", say=lambda _: None, sleep=lambda _: None)
