"""The draft-04 schemas that the gateway checks bodies against; the application's models write them."""

import json
from typing import Any

from patterns_infra.bundles import BundleError
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import Pattern

__all__ = ["MissingSchema", "request_schema"]


class MissingSchema(BundleError):
    """The application's schemas have not been written."""


def request_schema(pattern: Pattern, name: str) -> dict[str, Any]:
    """Return the schema that the pattern's application wrote.

    Raises:
        MissingSchema: naming the command that writes it.
    """
    path = REPOSITORY / "patterns" / pattern.name / "schemas" / f"{name}.json"
    try:
        schema = json.loads(path.read_text())
    except FileNotFoundError:
        module = pattern.package.replace("-", "_")
        raise MissingSchema(
            f"{path.relative_to(REPOSITORY)} is missing; write it: uv run --package {pattern.package} "
            f"python -m {module}.schemas"
        ) from None
    return dict(schema)
