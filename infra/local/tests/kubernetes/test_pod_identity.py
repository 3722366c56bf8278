"""A pod works with the role of its service account, and with nobody else's."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

Emulator = Any
Namespace = Any
Make = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.integration

ASKS = """
import boto3, botocore.exceptions
sts, sqs = boto3.client("sts"), boto3.client("sqs")
print(sts.get_caller_identity()["Arn"])
print(sqs.get_queue_url(QueueName="mine")["QueueUrl"])
try:
    sqs.get_queue_url(QueueName="theirs")
except botocore.exceptions.ClientError as error:
    print(error.response["Error"]["Code"], error)
"""


@pytest.fixture
def role(corrected: Emulator, namespace: Namespace) -> str:
    """Return a role that the namespace's account ``worker`` has, and that may see one queue."""
    sqs, eks = corrected.client("sqs"), corrected.client("eks")
    for name in ("mine", "theirs"):
        sqs.create_queue(QueueName=name)
    allowed = {"Effect": "Allow", "Action": "sqs:GetQueueUrl", "Resource": "arn:aws:sqs:*:*:mine"}
    arn: str = corrected.role(f"worker-{namespace.name}", allowed)
    if not eks.list_clusters()["clusters"]:
        nowhere = {"subnetIds": ["subnet-1", "subnet-2"]}
        eks.create_cluster(name="shop", roleArn=arn, resourcesVpcConfig=nowhere)
    eks.create_pod_identity_association(
        clusterName=eks.list_clusters()["clusters"][0],
        namespace=namespace.name,
        serviceAccount="worker",
        roleArn=arn,
    )
    namespace.kubectl("create", "serviceaccount", "worker")
    return arn


def test_a_pod_has_the_role_of_its_service_account(namespace: Namespace, job: Make, role: str) -> None:
    """What the role may do is done, what it may not is refused by name."""
    container = {"command": [_python(), "-c", ASKS]}
    namespace.apply(job("asks", container=container, serviceAccountName="worker"))
    namespace.kubectl("wait", "--for=condition=Complete", "job/asks", "--timeout=60s")
    arn, mine, refused = namespace.kubectl("logs", "job/asks").splitlines()
    assert f"assumed-role/{role.rpartition('/')[2]}/{namespace.name}-asks" in arn
    assert mine.endswith("/mine")
    assert refused.startswith("AccessDenied")
    assert "sqs:GetQueueUrl" in refused


def test_without_a_role_there_are_no_credentials(namespace: Namespace, job: Make) -> None:
    """The error names the account; nobody's keys are at hand instead."""
    container = {"command": [_python(), "-c", ASKS]}
    namespace.apply(job("asks", container=container))
    namespace.kubectl("wait", "--for=condition=Failed", "job/asks", "--timeout=60s")
    printed = namespace.kubectl("logs", "job/asks")
    assert f"service account {namespace.name}/default has no pod identity association" in printed


def test_only_a_pod_with_its_token_is_answered(namespace: Namespace, job: Make) -> None:
    """Another process of the machine that knows the address gets nothing."""
    namespace.apply(job("show", "show"))
    namespace.kubectl("wait", "--for=condition=Complete", "job/show", "--timeout=60s")
    environment = json.loads(namespace.kubectl("logs", "job/show").splitlines()[1])["environment"]
    address = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    for headers in (dict[str, str](), {"Authorization": "guessed"}):
        assert httpx.get(address, headers=headers).status_code == 401
    assert not {name for name in environment if "SECRET" in name or "ACCESS_KEY" in name}


def _python() -> str:
    import sys  # noqa: PLC0415 - used here only

    return sys.executable
