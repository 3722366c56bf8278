"""What the emulator's CloudFormation drops and its API supports, applied after a deployment.

Each module is one kind of property. It reads the synthesized template, so that the template stays the only
place where the property is written, and the physical names of the deployed stack. Applying twice is the same
as applying once.
"""

from collections.abc import Callable
from types import MappingProxyType

from patterns_local.fixups import (
    access_logs,
    point_in_time_recovery,
    request_validators,
    reserved_concurrency,
    throttling,
    time_to_live,
)
from patterns_local.fixups.deployed_stack import DeployedStack

__all__ = ["FIXUPS", "apply_fixups"]

FIXUPS = MappingProxyType(
    {
        "request validators": request_validators.apply,
        "per-method throttling": throttling.apply,
        "access logs": access_logs.apply,
        "time to live": time_to_live.apply,
        "point-in-time recovery": point_in_time_recovery.apply,
        "reserved concurrency": reserved_concurrency.apply,
    }
)
"""Every fixup by the name of what it sets; each returns how many resources it touched."""


def apply_fixups(stack: DeployedStack, each: Callable[[str, int], None]) -> None:
    """Apply all of them and tell of each."""
    for name, apply in FIXUPS.items():
        each(name, apply(stack))
