"""The names that other programs look up: `patterns outputs`, read from SSM as every pattern publishes them."""

from typing import Any

from patterns_deploy.place import Place
from patterns_infra.registry import PATTERNS

__all__ = ["read_outputs"]


def read_outputs(place: Place) -> dict[str, dict[str, str | None]]:
    """Return the place and, for every deployed pattern, its published names."""
    prefix = f"/patterns/{place.stage}/"
    pages = place.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=prefix, Recursive=True)
    published: dict[str, dict[str, Any]] = {}
    for page in pages:
        for parameter in page["Parameters"]:
            pattern, _, key = parameter["Name"].removeprefix(prefix).partition("/")
            published.setdefault(pattern, {})[key] = parameter["Value"]
    where = {"endpoint_url": place.endpoint_url, "region": place.region, "account": place.account}
    deployed = {
        name: {key: published[name][key] for key in pattern.outputs if key in published[name]}
        for name, pattern in PATTERNS.items()
        if name in published
    }
    for name, names in deployed.items():
        if PATTERNS[name].kubernetes:
            # A file of whoever asks, so that nobody publishes it.
            names["kubeconfig"] = str(place.kubeconfig) if place.kubeconfig else None
    return {"aws": where, **deployed}
