"""Names that the manifests and the stack have in common."""

from patterns_infra.paths import REPOSITORY

__all__ = [
    "CERTIFICATE",
    "MANIFESTS",
    "NAMESPACE",
    "OPERATOR",
    "OPERATOR_CREDENTIALS",
    "OPERATOR_NAMESPACE",
    "PACKAGE",
    "PROCESSOR",
    "PROCESS_NODE",
    "PROCESS_NODE_LABEL",
    "WORKERS",
    "WORKER_CREDENTIALS",
    "WORKER_GROUP_OUTPUT",
]

PACKAGE = "patterns-k8s"
MANIFESTS = REPOSITORY / "patterns" / "k8s" / "manifests"
NAMESPACE = "patterns"
"""Where OrderProcessors and their workers are."""
OPERATOR_NAMESPACE = "patterns-system"
"""Where the operator is: it has to outlive the other namespace."""
OPERATOR = "patterns-operator"
"""The operator: its deployment, its service account, and what else is its own."""
CERTIFICATE = f"{OPERATOR}-certificate"
"""What renews the webhook's certificate: its CronJob, its service account and its roles."""
PROCESSOR = "orders"
"""The OrderProcessor whose workers have a role."""
WORKERS = f"{PROCESSOR}-workers"
"""Its children: the workers' service account, by which they have the role, and their deployment."""
OPERATOR_CREDENTIALS, WORKER_CREDENTIALS = "patterns-operator-aws", "order-workers-aws"
"""Secrets with the roles of operator and workers, in a cluster that gives pods none (components/credentials)."""
PROCESS_NODE_LABEL, PROCESS_NODE = "node.kubernetes.io/instance-type", "process"
"""By what a node is known whose pods are processes of its machine (local/kubelet)."""
WORKER_GROUP_OUTPUT = "WorkerSecurityGroup"
"""Output of the stack: the security group of the workers' pods, where pods can have one."""
