"""Requests to run a task that AWS refuses.

A task whose network mode is ``awsvpc``, as on Fargate, needs subnets; an override must name a container of the task; a
capacity provider must be the cluster's; a disk has 21 to 200 GiB; and a cluster must be there. The emulator takes all
of these, and makes the cluster, so that a state machine works here that never would on AWS.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ecs

__all__ = ["correct"]

Request = dict[str, Any]

_DISK = range(21, 201)
"""GiB: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EphemeralStorage.html"""


def correct() -> None:
    """Look at a request first."""
    ecs._run_task = ecs._ACTION_MAP["RunTask"] = partial(_run_task, ecs._run_task)


def _run_task(original: Any, request: Request) -> Any:
    name = ecs._resolve_cluster_name(request.get("cluster", "default"))
    if name not in ecs._clusters and name != "default":
        return error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
    problem = next(_problems(request, ecs._clusters.get(name) or {}), None)
    return error_response_json("InvalidParameterException", problem, 400) if problem else original(request)


def _problems(request: Request, cluster: dict[str, Any]) -> Iterator[str]:
    definition = ecs._task_defs.get(ecs._resolve_td_key(request.get("taskDefinition", "")))
    if definition is None:
        return
    network = (request.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    if definition.get("networkMode") == "awsvpc" and not network.get("subnets"):
        yield "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    containers = {container["name"] for container in definition["containerDefinitions"]}
    for override in (request.get("overrides") or {}).get("containerOverrides") or []:
        if override.get("name") not in containers:
            yield f"Override for container named {override.get('name')} is not a container in the TaskDefinition."
    disk = ((request.get("overrides") or {}).get("ephemeralStorage") or {}).get("sizeInGiB")
    if disk is not None and disk not in _DISK:
        yield f"The ephemeral storage size must be between {_DISK[0]} and {_DISK[-1]} GiB."
    providers = set(cluster.get("capacityProviders") or [])
    if any(each["capacityProvider"] not in providers for each in request.get("capacityProviderStrategy") or []):
        yield (
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated with"
            " the cluster. Associate the capacity provider with the cluster and try again."
        )
