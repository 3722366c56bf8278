"""What the node offers to pods: what an m7i.2xlarge does as a node of EKS, whatever machine this is.

The same manifests are scheduled here, in CI and on AWS, and a machine with two processors has room for the operator and
fifty workers. The scheduler counts requests against it; no processor or disk is set aside.
"""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ALLOCATABLE", "CAPACITY"]

CAPACITY: Mapping[str, str] = MappingProxyType(
    {"cpu": "8", "memory": "32Gi", "ephemeral-storage": "80Gi", "pods": "58"}
)
"""Of the machine, with the disk that EKS Auto Mode gives it and the addresses of its four network interfaces."""
ALLOCATABLE: Mapping[str, str] = MappingProxyType(
    {"cpu": "7910m", "memory": "31775Mi", "ephemeral-storage": "71Gi", "pods": "58"}
)
"""What EKS leaves of it. Reserved are, by nodeadm's rules, 90m of processor; 255 MiB, 11 MiB for each pod and 100 MiB
before eviction; 1 GiB and a tenth of the disk. https://github.com/awslabs/amazon-eks-ami/tree/main/nodeadm
"""
