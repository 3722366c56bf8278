"""What the API server's every pod has, though its type says that it may be missing."""

from lightkube.models.core_v1 import PodSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Pod

__all__ = ["meta_of", "name_of", "namespace_of", "restart_policy_of", "spec_of", "uid_of"]


def meta_of(pod: Pod) -> ObjectMeta:
    """Return its metadata."""
    if pod.metadata is None:
        raise ValueError("a pod without metadata")
    return pod.metadata


def spec_of(pod: Pod) -> PodSpec:
    """Return its specification."""
    if pod.spec is None:
        raise ValueError("a pod without specification")
    return pod.spec


def name_of(pod: Pod) -> str:
    """Return its name."""
    return meta_of(pod).name or ""


def namespace_of(pod: Pod) -> str:
    """Return its namespace."""
    return meta_of(pod).namespace or "default"


def uid_of(pod: Pod) -> str:
    """Return its uid: of two pods that had one name after the other, each has its own."""
    return meta_of(pod).uid or ""


def restart_policy_of(pod: Pod) -> str:
    """Return ``Always``, ``OnFailure`` or ``Never``."""
    return spec_of(pod).restartPolicy or "Always"
