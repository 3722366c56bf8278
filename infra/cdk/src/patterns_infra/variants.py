"""The settings of every kind of deployment, for checks and tests: which resources there are depends on nothing else."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["VARIANTS"]

_AWS = {
    "target": "aws",
    "site_origin": "https://shop.example.com",
    "sender_email": "orders@shop.example.com",
    "operator_email": "operators@shop.example.com",
    "operator_phone": "+441632960999",
    "partner_url": "https://partner.example.com/events",
    "cluster_admin_arn": "arn:aws:iam::123456789012:role/operators",
}
_PRODUCTION = {
    **_AWS,
    "stage": "production",
    "alarm_email": "operators@example.com",
    "kubernetes_api_cidrs": "198.51.100.0/24,203.0.113.7/32",
}
VARIANTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "local": {},
        "aws": {**_AWS, "stage": "dev"},
        "production": _PRODUCTION,
        "private": {**_AWS, "stage": "dev", "private_api": "true", "point_in_time_export": "true"},
        "private-in-given-vpc": {
            **_AWS,
            "stage": "dev",
            "private_api": "true",
            "vpc_id": "vpc-0123456789abcdef0",
            "vpc_cidr": "10.20.0.0/16",
            "vpc_subnet_ids": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
            "vpc_availability_zones": "us-east-1a,us-east-1b",
        },
        "managed-nodes": {**_AWS, "stage": "dev", "nodes": "managed", "private_cluster": "true"},
        "public-nodes": {**_AWS, "stage": "dev", "nodes": "managed", "public_nodes": "true"},
    }
)
"""Every target, and every setting that changes which resources there are."""
