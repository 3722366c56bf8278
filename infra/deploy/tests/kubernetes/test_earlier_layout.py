"""An operator that a version before has left beside its OrderProcessors is found, and removed once."""

from typing import Any

import pytest

from patterns_deploy.kubernetes.earlier_layout import find_operator, remove_earlier_operator
from patterns_deploy.kubernetes.kubectl import Kubectl, KubectlFailed
from patterns_infra.kubernetes_names import NAMESPACE, OPERATOR, OPERATOR_NAMESPACE

Named = tuple[str, str, str]
ACCOUNT = ("serviceaccount", OPERATOR, NAMESPACE)


class Cluster(Kubectl):
    """A cluster as a set of namespaced objects: kind, name, namespace. Deletions of ``stuck`` kinds fail."""

    asked: list[tuple[str, ...]]
    objects: set[Named]
    stuck: str

    def __init__(self, *objects: Named, stuck: str = "") -> None:
        """Take what there is."""
        self.__dict__.update(objects=set(objects), asked=[], stuck=stuck)

    def get(self, *words: str) -> dict[str, Any] | None:
        """Return an object, or all config maps of a namespace."""
        self.asked.append(words)
        kind, *names = [each for each in words if not each.startswith("--")]
        place = _place(words)
        if not names:
            return {
                "items": [
                    {"metadata": {"name": n}} for k, n, p in sorted(self.objects) if (f"{k}s", p) == (kind, place)
                ]
            }
        found = (kind, names[0], place) in self.objects
        return {"metadata": {"name": names[0], "namespace": place}} if found else None

    def delete(self, *words: str, seconds: float = 60.0) -> None:
        """Forget objects."""
        assert seconds
        self.asked.append(words)
        kinds, *names = [each for each in words if not each.startswith("--")]
        if self.stuck and self.stuck in kinds.split(","):
            raise KubectlFailed("timed out")
        self.objects.difference_update({(k, n, _place(words)) for k in kinds.split(",") for n in names})


def _place(words: tuple[str, ...]) -> str:
    return next((each.partition("=")[2] for each in words if each.startswith("--namespace=")), "")


def test_the_operator_is_found_where_it_is() -> None:
    """In its own namespace first; a cluster without one has none."""
    here, before = (("deployment", OPERATOR, place) for place in (OPERATOR_NAMESPACE, NAMESPACE))
    for cluster, namespace in ((Cluster(here, before), OPERATOR_NAMESPACE), (Cluster(before), NAMESPACE)):
        found = find_operator(cluster)
        assert found
        assert found["metadata"]["namespace"] == namespace
    assert find_operator(Cluster()) is None


def test_where_there_is_none_nothing_is_deleted() -> None:
    """A deployment asks once."""
    cluster = Cluster(("deployment", "web", NAMESPACE))
    assert not remove_earlier_operator(cluster)
    assert len(cluster.asked) == 1


def test_it_is_removed_with_its_settings_and_nothing_else() -> None:
    """OrderProcessors, workers and their Secret stay, and what the operator has in its own namespace."""
    gone = {
        ACCOUNT,
        ("deployment", OPERATOR, NAMESPACE),
        ("configmap", f"{OPERATOR}-settings-0a1b", NAMESPACE),
        ("secret", f"{OPERATOR}-webhook", NAMESPACE),
    }
    stays = {
        ("deployment", "orders-workers", NAMESPACE),
        ("configmap", "theirs", NAMESPACE),
        ("secret", "order-workers-aws", NAMESPACE),
        ("role", OPERATOR, NAMESPACE),
        ("deployment", OPERATOR, OPERATOR_NAMESPACE),
        ("serviceaccount", OPERATOR, OPERATOR_NAMESPACE),
    }
    cluster = Cluster(*gone, *stays)
    assert remove_earlier_operator(cluster)
    assert cluster.objects == stays
    assert not remove_earlier_operator(cluster)


@pytest.mark.parametrize("stuck", ["deployment", "secret"])
def test_a_removal_that_breaks_off_is_gone_on_with(stuck: str) -> None:
    """The operator that comes must not find one whose pods have not ended."""
    cluster = Cluster(
        ACCOUNT, ("deployment", OPERATOR, NAMESPACE), ("secret", f"{OPERATOR}-webhook", NAMESPACE), stuck=stuck
    )
    with pytest.raises(KubectlFailed, match="timed out"):
        remove_earlier_operator(cluster)
    cluster.__dict__["stuck"] = ""
    assert remove_earlier_operator(cluster)
    assert cluster.objects == set()
