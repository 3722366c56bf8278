from typing import Any

import pytest

from patterns_k8s.operator.desired.backfills import backfill_job, job_name
from patterns_k8s.operator.desired.children import Route, desired
from patterns_k8s.operator.desired.pods import GRACE_MARGIN, Surroundings
from patterns_k8s.operator.desired.processor import Manifest, Processor
from patterns_k8s.resource.order_processor import LONGEST_NAME, OrderProcessorSpec
from patterns_k8s.worker.backfill import day_range
from patterns_k8s.worker.settings import BackfillSettings, WorkerSettings

ROUTE = Route("https://sqs.example.com/fulfilment", "arn:aws:sns:eu-central-1:123456789012:order-events", 60)
DAYS = {"from": "2026-11-01", "to": "2026-11-20"}
THERE = Surroundings(stage="test", region="eu-central-1")


def processor(**spec: Any) -> Processor:  # noqa: ANN401 - fields of a spec
    """Return an OrderProcessor."""
    read = OrderProcessorSpec.read({"image": "patterns-k8s:1", **spec})
    return Processor(name="orders", namespace="shop", uid="uid-1", generation=1, spec=read)


def children(surroundings: Surroundings = THERE, **spec: Any) -> dict[str, Manifest]:  # noqa: ANN401 - fields of a spec
    """Return the children by kind."""
    made = desired(processor(**spec), route=ROUTE, replicas=3, surroundings=surroundings)
    return {child["kind"]: child for child in made}


def environment_of(template: dict[str, Any]) -> dict[str, str]:
    """Return what the container is told, but for what only the cluster knows."""
    return {each["name"]: each["value"] for each in template["spec"]["containers"][0]["env"] if "value" in each}


def test_every_child_belongs_to_its_owner() -> None:
    """So that the cluster collects it, and the operator knows whose it is."""
    for child in children().values():
        (owner,) = child["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"], owner["controller"]) == (
            "OrderProcessor",
            "orders",
            "uid-1",
            True,
        )
        assert child["metadata"]["namespace"] == "shop"
        assert child["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "patterns-operator"


def test_without_a_route_there_are_no_workers_to_deploy() -> None:
    """All else there is."""
    made = desired(processor(), route=None, replicas=0, surroundings=THERE)
    assert [child["kind"] for child in made] == ["ServiceAccount", "NetworkPolicy", "PodDisruptionBudget"]


def test_the_same_is_desired_every_time() -> None:
    """Down to the order of what is in it: applying it again changes nothing."""
    assert str(children()) == str(children())


def test_a_pod_can_do_nothing_that_it_need_not() -> None:
    """Not root, no writing, no privileges, no token for the cluster."""
    pod = children()["Deployment"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == "orders-workers"
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("visibility", [0, 30, 43_200])
def test_a_pod_has_longer_to_end_than_a_message_is_hidden(visibility: int) -> None:
    """So that it finishes or gives back what it holds."""
    made = desired(processor(), route=Route("q", "t", visibility), replicas=1, surroundings=THERE)
    grace = made[-1]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace == visibility + GRACE_MARGIN > visibility


def test_the_worker_understands_what_it_is_told() -> None:
    """The operator writes what the worker reads."""
    template = children(concurrency=25)["Deployment"]["spec"]["template"]
    told = environment_of(template)
    settings = WorkerSettings.from_environment(told)
    assert (settings.stage, settings.queue_url, settings.topic_arn) == ("test", ROUTE.queue_url, ROUTE.topic_arn)
    assert settings.concurrency == 25
    container = template["spec"]["containers"][0]
    assert container["ports"][0]["containerPort"] == settings.health_port
    assert told["AWS_REGION"] == "eu-central-1"
    assert "AWS_ENDPOINT_URL" not in told
    assert {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}} in container["env"]
    probes = {container[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert probes == {"/healthz", "/readyz"}


def test_pods_read_their_role_from_a_secret_where_the_cluster_gives_none() -> None:
    """The workers and the backfills; else no Secret is named, and a pod would wait for it for ever."""
    for secret, expected in (("", None), ("shop-role", [{"secretRef": {"name": "shop-role"}}])):
        there = Surroundings(stage="test", region="eu-central-1", credentials=secret)
        declared = processor(backfill=[DAYS])
        job = backfill_job(declared, declared.spec.backfill[0], topic_arn=ROUTE.topic_arn, surroundings=there)
        for made in (children(there)["Deployment"], job):
            (container,) = made["spec"]["template"]["spec"]["containers"]
            assert container.get("envFrom") == expected


def test_pods_are_rolled_out_one_after_the_other_and_spread() -> None:
    """A new one must work before an old one goes; zones and nodes are shared out."""
    spec = children()["Deployment"]["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": "25%"}
    assert spec["replicas"] == 3
    selector = spec["selector"]["matchLabels"]
    assert selector.items() <= spec["template"]["metadata"]["labels"].items()
    spread = spec["template"]["spec"]["topologySpreadConstraints"]
    assert [each["topologyKey"] for each in spread] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert all(each["labelSelector"]["matchLabels"] == selector for each in spread)
    assert children()["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == selector


def test_resources_are_as_declared() -> None:
    """Without a limit that was not set."""
    container = children(resources={"requests": {"cpu": 1}})["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"] == {
        "requests": {"cpu": "1", "memory": "128Mi"},
        "limits": {"memory": "256Mi"},
    }


@pytest.mark.parametrize(
    ("endpoint", "port"), [("", 443), ("http://127.0.0.1:4566", 4566), ("https://aws.example.com", 443)]
)
def test_pods_connect_to_aws_and_dns_and_accept_no_connections(endpoint: str, port: int) -> None:
    """Wherever AWS is."""
    there = Surroundings(stage="test", region="eu-central-1", endpoint_url=endpoint)
    spec = children(there)["NetworkPolicy"]["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in spec
    assert {"ports": [{"port": port, "protocol": "TCP"}]} in spec["egress"]
    told = environment_of(children(there)["Deployment"]["spec"]["template"])
    assert told.get("AWS_ENDPOINT_URL", "") == endpoint


class TestBackfillJob:
    """A range of days, looked through once."""

    def job(self) -> Manifest:
        """Return the Job."""
        declared = processor(backfill=[DAYS])
        return backfill_job(declared, declared.spec.backfill[0], topic_arn=ROUTE.topic_arn, surroundings=THERE)

    def test_the_worker_understands_what_it_is_asked(self) -> None:
        """Days and environment."""
        template = self.job()["spec"]["template"]
        command = template["spec"]["containers"][0]["command"]
        assert command[:4] == ["python", "-m", "patterns_k8s.worker", "--backfill"]
        day_range(command[4], command[5], today=processor(backfill=[DAYS]).spec.backfill[0].last)
        settings = BackfillSettings.from_environment(environment_of(template))
        assert settings.orders_table == "patterns-test-orders"
        assert settings.topic_arn == ROUTE.topic_arn

    def test_bad_input_is_not_tried_again(self) -> None:
        """It would be as bad the second time; anything else may be better, and a drained node is no failure at all."""
        spec = self.job()["spec"]
        assert spec["podFailurePolicy"]["rules"] == [
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
            {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [2]}},
        ]
        assert spec["backoffLimit"] == 3
        assert spec["template"]["spec"]["restartPolicy"] == "Never"
        assert "ttlSecondsAfterFinished" not in spec

    def test_its_pods_are_no_workers(self) -> None:
        """The Deployment must not count them."""
        labels = self.job()["spec"]["template"]["metadata"]["labels"]
        selector = children()["Deployment"]["spec"]["selector"]["matchLabels"]
        assert not selector.items() <= labels.items()

    def test_the_longest_name_fits(self) -> None:
        """Into the 63 characters of a label."""
        declared = processor(backfill=[DAYS])
        long = Processor("x" * LONGEST_NAME, "shop", "uid-1", 1, declared.spec)
        assert len(job_name(long, declared.spec.backfill[0])) == 63
        assert len(long.owner.child_name) <= 63
