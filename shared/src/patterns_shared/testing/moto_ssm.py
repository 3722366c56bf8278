"""moto's SSM without moto's EC2, which it brings along for questions about machines: a hundred modules, and a second.

What imports ``moto.ec2`` itself afterwards gets the real one.
"""

import importlib
import sys
from types import ModuleType

__all__ = ["import_ssm"]


def import_ssm() -> None:
    """Import it; a module that was imported before stays as it is."""
    if "moto.ec2" in sys.modules:
        return
    stand_in = ModuleType("moto.ec2")
    vars(stand_in)["ec2_backends"] = None
    sys.modules["moto.ec2"] = stand_in
    try:
        importlib.import_module("moto.ssm.models")
    finally:
        del sys.modules["moto.ec2"]
