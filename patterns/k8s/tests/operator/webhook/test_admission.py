from datetime import date
from typing import Any

import pytest

from patterns_k8s.operator.webhook.admission import problems_of, warnings_of
from patterns_k8s.resource.order_processor import OrderProcessorSpec

TODAY = date(2026, 11, 25)


def problems(**spec: Any) -> list[str]:  # noqa: ANN401 - fields of a spec
    """Return what is wrong with a spec."""
    return problems_of({"image": "patterns-k8s:1", **spec}, today=TODAY)


def test_a_good_spec_may_come_in() -> None:
    """With days up to today."""
    assert problems(backfill=[{"from": "2026-11-01", "to": "2026-11-25"}]) == []


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (
            {"resources": {"requests": {"memory": "512Mi"}}},
            "spec.resources.requests.memory: 512Mi is over spec.resources.limits.memory, 256Mi",
        ),
        (
            {"resources": {"requests": {"cpu": "1.5"}, "limits": {"cpu": "1499m"}}},
            "spec.resources.requests.cpu: 1.5 is over spec.resources.limits.cpu, 1499m",
        ),
        ({"replicas": {"min": 5, "max": 4}}, "spec.replicas.min: 5 is over spec.replicas.max, 4"),
        (
            {"backfill": [{"from": "2026-11-02", "to": "2026-11-01"}]},
            "spec.backfill[0].from: 2026-11-02 is after 2026-11-01",
        ),
        (
            {"backfill": [{"from": "2026-11-25", "to": "2026-11-26"}]},
            "spec.backfill[0].to: 2026-11-26 is in the future",
        ),
        (
            {"backfill": [{"from": "2026-11-01", "to": "2026-11-05"}, {"from": "2026-11-05", "to": "2026-11-06"}]},
            "spec.backfill[1]: overlaps with spec.backfill[0]",
        ),
    ],
)
def test_what_contradicts_itself_is_refused_by_its_field(spec: dict[str, Any], problem: str) -> None:
    """And everything that is wrong is said at once."""
    assert problem in problems(**spec)


def test_what_the_schema_would_refuse_is_refused_too() -> None:
    """An older definition may be in the cluster."""
    (problem,) = problems(concurrency=0)
    assert problem.startswith("spec.concurrency: ")


@pytest.mark.parametrize(
    ("requested", "limit", "allowed"),
    [("1024Mi", "1Gi", True), ("1Gi", "1G", False), ("1G", "1Gi", True), ("1000m", "1", True), ("0.1", "100m", True)],
)
def test_amounts_are_compared_as_amounts(requested: str, limit: str, allowed: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """However they are written."""
    found = problems(resources={"requests": {"memory": requested}, "limits": {"memory": limit}})
    assert (found == []) is allowed


def test_what_is_allowed_and_not_meant_is_warned_of() -> None:
    """Two that scale for one queue; an image that moves under its name."""
    spec = OrderProcessorSpec.read({"image": "patterns-k8s:latest"})
    assert warnings_of(spec, sharing=["b", "a"], namespace="shop", watched="shop") == [
        "spec.queue: k8s/fulfilment_queue_url is also worked on by a, b, and each scales for all of it",
        "spec.image: the tag latest moves; name a release, so that a rollout is a change",
    ]
    quiet = OrderProcessorSpec.read({"image": "patterns-k8s:1"})
    assert warnings_of(quiet, sharing=[], namespace="shop", watched="shop") == []
    (many,) = warnings_of(quiet, sharing=[f"p{n:03}" for n in range(200)], namespace="shop", watched="shop")
    assert "by p000, p001, p002 and 197 more," in many


def test_a_namespace_that_no_operator_watches_is_warned_of() -> None:
    """Nothing would ever be reported there."""
    spec = OrderProcessorSpec.read({"image": "patterns-k8s:1"})
    (warning,) = warnings_of(spec, sharing=[], namespace="default", watched="patterns")
    assert warning.startswith("metadata.namespace: no operator watches default")
    assert warning.endswith("declare it in patterns")


@pytest.mark.parametrize(("workers", "warned"), [(0, True), (1, True), (2, False), (5, False), (6, True)])
def test_a_number_of_workers_that_cannot_hold_is_warned_of(workers: int, *, warned: bool) -> None:
    """Where others set it; by queue depth the operator does."""
    declared = {"image": "patterns-k8s:1", "replicas": {"min": 2, "max": 5}, "workers": workers}
    by_depth = OrderProcessorSpec.read(declared)
    external = OrderProcessorSpec.read({**declared, "scaling": {"mode": "External"}})
    assert warnings_of(by_depth, sharing=[], namespace="shop", watched="shop") == []
    found = warnings_of(external, sharing=[], namespace="shop", watched="shop")
    assert bool(found) is warned
    assert all(f"spec.workers: {workers} is not within spec.replicas, 2 to 5" in each for each in found)
