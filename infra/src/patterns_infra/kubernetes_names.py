"""Names that the manifests and the stack have in common."""

from patterns_infra.paths import REPOSITORY

__all__ = [
    "MANIFESTS",
    "NAMESPACE",
    "OPERATOR",
    "OPERATOR_CREDENTIALS",
    "PACKAGE",
    "PROCESSOR",
    "PROCESS_NODE",
    "PROCESS_NODE_LABEL",
    "WORKER_CREDENTIALS",
    "WORKER_GROUP_OUTPUT",
]

PACKAGE = "patterns-k8s"
MANIFESTS = REPOSITORY / "patterns" / "k8s" / "manifests"
NAMESPACE = "patterns"
OPERATOR = "patterns-operator"
"""The operator: its deployment, its service account, and what else is its own."""
PROCESSOR = "orders"
"""The OrderProcessor whose workers have a role: their service account has its name."""
OPERATOR_CREDENTIALS, WORKER_CREDENTIALS = "patterns-operator-aws", "order-workers-aws"
"""Secrets with the roles of operator and workers, in a cluster that gives pods none (components/credentials)."""
PROCESS_NODE_LABEL, PROCESS_NODE = "node.kubernetes.io/instance-type", "process"
"""By what a node is known whose pods are processes of its machine (local/kubelet)."""
WORKER_GROUP_OUTPUT = "WorkerSecurityGroup"
"""Output of the stack: the security group of the workers' pods, where pods can have one."""
