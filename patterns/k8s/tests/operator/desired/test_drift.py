from typing import Any

import pytest
from hypothesis import given

from patterns_k8s.operator.desired.drift import fingerprint, named_in
from patterns_shared.testing.strategies import json_values

MANIFEST = {"spec": {"replicas": 2, "template": {"containers": [{"name": "worker", "image": "x:1"}]}}}
LIVE: dict[str, Any] = {
    "spec": {
        "replicas": 2,
        "paused": False,
        "template": {"containers": [{"name": "worker", "image": "x:1", "imagePullPolicy": "IfNotPresent"}]},
    },
    "status": {"readyReplicas": 2},
}


def test_defaults_and_status_are_no_drift() -> None:
    """Others have a say in what the manifest does not name."""
    assert named_in(MANIFEST, LIVE) == MANIFEST


@pytest.mark.parametrize(
    "spec",
    [
        {"replicas": 3, "template": LIVE["spec"]["template"]},
        {"replicas": 2, "template": {"containers": [{"name": "worker", "image": "x:2"}]}},
        {"replicas": 2, "template": {"containers": []}},
        {"replicas": 2, "template": {"containers": [*LIVE["spec"]["template"]["containers"], {"name": "other"}]}},
        {"replicas": 2},
    ],
)
def test_what_the_manifest_names_is_compared(spec: dict[str, Any]) -> None:
    """Changed, gone, or grown."""
    assert fingerprint(named_in(MANIFEST, {**LIVE, "spec": spec})) != fingerprint(named_in(MANIFEST, LIVE))


@given(manifest=json_values, live=json_values)
def test_anything_can_be_compared(manifest: Any, live: Any) -> None:  # noqa: ANN401 - JSON
    """Somebody may have made anything of it."""
    assert len(fingerprint(named_in(manifest, live))) == 8


@given(value=json_values)
def test_what_is_as_it_was_looks_as_it_did(value: Any) -> None:  # noqa: ANN401 - JSON
    """Whatever it is."""
    assert fingerprint(named_in(value, value)) == fingerprint(value)
