"""What is uploaded: the size of the API function's bundle for AWS."""

from benchmarks.results import Result, counted
from patterns_infra.bundles import LambdaRuntime, build_bundle

__all__ = ["measure"]

GOAL = 8
"""Megabytes."""


def measure() -> list[Result]:
    """Build the bundle and weigh it."""
    bundle = build_bundle("patterns-web-api", runtime=LambdaRuntime.on_aws())
    runtime = bundle.runtime
    code = "with byte code" if bundle.compiled else "without byte code"
    name = f"zip file, {runtime.architecture}, Python {runtime.python}, {code}"
    return [counted("bundle", name, bundle.size / 1e6, "MB", at_most=GOAL)]
