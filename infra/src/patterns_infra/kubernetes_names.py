"""Names that the manifests and the stack have in common."""

from patterns_infra.paths import REPOSITORY

__all__ = ["MANIFESTS", "NAMESPACE", "OPERATOR", "PACKAGE", "PROCESSOR", "WORKER_GROUP_OUTPUT"]

PACKAGE = "patterns-k8s"
MANIFESTS = REPOSITORY / "patterns" / "k8s" / "manifests"
NAMESPACE = "patterns"
OPERATOR = "patterns-operator"
"""The operator: its deployment, its service account, and what else is its own."""
PROCESSOR = "orders"
"""The OrderProcessor whose workers have a role: their service account has its name."""
WORKER_GROUP_OUTPUT = "WorkerSecurityGroup"
"""Output of the stack: the security group of the workers' pods, where pods can have one."""
