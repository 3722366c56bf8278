"""Settings about networks: availability zones, and blocks of addresses that may call Kubernetes' API."""

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

__all__ = ["api_blocks_error", "zones_error"]

_ZONES = range(2, 7)
"""EKS wants subnets in two zones at least; the network's block has room for more than six."""
_BLOCKS_AT_MOST = 40
"""https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html, public endpoint access CIDR ranges."""
_WIDEST_IN_PRODUCTION = 8
_NOT_PUBLIC = tuple(
    IPv4Network(block)
    for block in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        *("100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"),
    )
)
"""Nothing reaches a public endpoint from there, and EKS refuses them."""


def zones_error(zones: Sequence[str], region: str) -> str | None:
    """Return what is wrong with the availability zones of this region, None when nothing is or none are given."""
    if not zones:
        return None
    pattern = re.compile(f"{re.escape(region)}[a-z]")
    for zone in zones:
        if not pattern.fullmatch(zone):
            return f"must be zones of {region}, such as {region}a,{region}b, not {zone!r}"
    if len(set(zones)) != len(zones) or len(zones) not in _ZONES:
        return f"must name {_ZONES[0]} to {_ZONES[-1]} different zones, not {','.join(zones)}"
    return None


def api_blocks_error(blocks: Sequence[str], *, private: bool, production: bool) -> str | None:
    """Return what is wrong with the blocks that may call Kubernetes' public API, None when nothing is.

    Args:
        blocks: IPv4, since the cluster's endpoint is.
        private: the API has no public endpoint.
        production: the stage is the one that customers use, whose API is not open to everybody.
    """
    if blocks and private:
        return "is of no use with private_cluster=true: the API has no public endpoint then"
    if len(blocks) > _BLOCKS_AT_MOST:
        return f"must have at most {_BLOCKS_AT_MOST} blocks, not {len(blocks)}"
    for text in blocks:
        try:
            block = IPv4Network(text)
        except (AddressValueError, NetmaskValueError, ValueError):
            return f"must be IPv4 blocks such as 198.51.100.0/24,203.0.113.7/32, not {text!r}"
        if any(block.subnet_of(each) for each in _NOT_PUBLIC):
            return f"must be public addresses: nothing calls a public endpoint from {text}"
        if production and block.prefixlen < _WIDEST_IN_PRODUCTION:
            return f"must be blocks of /{_WIDEST_IN_PRODUCTION} or narrower for stage=production, not {text}"
    return None
