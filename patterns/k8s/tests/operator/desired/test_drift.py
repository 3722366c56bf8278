from typing import Any

import pytest
from hypothesis import given

from patterns_k8s.operator.desired.drift import fingerprint, mark_of
from patterns_shared.testing.strategies import json_values

OWNER = {"kind": "OrderProcessor", "uid": "uid", "controller": True}
METADATA: dict[str, Any] = {
    "uid": "uid-of-child",
    "resourceVersion": "7",
    "generation": 2,
    "labels": {"app.kubernetes.io/part-of": "patterns"},
    "ownerReferences": [OWNER],
}


def live(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of metadata
    """Return a child as the cluster keeps it."""
    return {"metadata": METADATA | changed, "status": {"readyReplicas": 2}}


def test_a_status_or_an_annotation_is_no_drift() -> None:
    """They make another version and no other generation."""
    changed = live(resourceVersion="8", annotations={"deployment.kubernetes.io/revision": "1"}, managedFields=[{}])
    assert mark_of({**changed, "status": {"readyReplicas": 3}}) == mark_of(live())


@pytest.mark.parametrize(
    "changed", [{"generation": 3}, {"labels": {}}, {"ownerReferences": []}, {"uid": "uid-of-another"}]
)
def test_all_else_may_be(changed: dict[str, Any]) -> None:
    """The spec, the labels, the controller, or another object of the name."""
    assert mark_of(live(resourceVersion="8", **changed)) != mark_of(live())


def test_an_object_without_a_generation_is_another_with_every_version() -> None:
    """A ServiceAccount has no spec."""
    before, after = live(generation=None), live(generation=None, resourceVersion="8")
    assert mark_of(before) != mark_of(after)


@given(value=json_values)
def test_anything_has_a_short_digest(value: Any) -> None:  # noqa: ANN401 - JSON
    """Another client may have changed it to anything."""
    assert len(fingerprint(value)) == 8
