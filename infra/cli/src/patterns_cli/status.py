"""How every deployed pattern is: its stack, its API, its queues and dead letters, its streams, its alarms."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from patterns_deploy.kubernetes.health import read_cluster_health
from patterns_deploy.place import Place, stack_status
from patterns_deploy.stack_resources import logical_name, stack_resources
from patterns_infra.registry import PATTERNS, Pattern

__all__ = ["PatternStatus", "QueueDepth", "read_status"]

_SETTLED = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
_HEALTH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """One queue: what waits, what is being worked on; the name is the logical one, which says what it is for."""

    name: str
    url: str
    waiting: int
    in_flight: int
    dead_letters: bool


@dataclass(slots=True)
class PatternStatus:
    """One pattern, and what is wrong with it.

    Attributes:
        pattern: its name.
        stack: the stack's status, ``None`` when it is not deployed.
        api: what ``GET /health`` answered, for a pattern that has an API.
        queues: all of the stack's queues.
        mappings: streams and queues that feed functions, with what became of the last batch.
        processors: OrderProcessors of a pattern in a Kubernetes cluster, with how each is.
        alarms: those that are in alarm.
        problems: one line for each thing that is not as it should be.
    """

    pattern: str
    stack: str | None
    api: str | None = None
    queues: list[QueueDepth] = field(default_factory=list)
    mappings: dict[str, str] = field(default_factory=dict)
    processors: dict[str, str] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_status(place: Place, published: dict[str, dict[str, str | None]]) -> list[PatternStatus]:
    """Look at every pattern of the registry.

    Args:
        place: where.
        published: what `read_outputs` gave.
    """
    return [_look_at(place, pattern, published.get(pattern.name, {})) for pattern in PATTERNS.values()]


def _look_at(place: Place, pattern: Pattern, published: dict[str, str | None]) -> PatternStatus:
    stack = pattern.stack_name(place.stage)
    status = PatternStatus(pattern.name, stack_status(place.client("cloudformation"), stack))
    if status.stack is None:
        return status
    if status.stack not in _SETTLED:
        status.problems.append(f"the stack is {status.stack}")
    resources = stack_resources(place, stack)
    status.queues = [_depth(place, x) for x in resources if x["ResourceType"] == "AWS::SQS::Queue"]
    status.problems += [f"{x.waiting} dead letters in {x.name}" for x in status.queues if x.dead_letters and x.waiting]
    _look_at_mappings(place, resources, status)
    _look_at_alarms(place, resources, status)
    if pattern.kubernetes:
        health = read_cluster_health(place)
        status.processors = health.processors
        status.problems += health.problems
    api_url = published.get("api_url")
    if api_url:
        status.api = _health(api_url)
        if status.api != "ok":
            status.problems.append(f"the API answers {status.api}")
    return status


def _depth(place: Place, resource: dict[str, Any]) -> QueueDepth:
    sqs = place.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = resource["PhysicalResourceId"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    waiting, in_flight = (int(counts[name]) for name in names)
    # The logical id says what the queue is for: not every dead-letter queue has a queue that redrives to it.
    name = logical_name(resource)
    return QueueDepth(name, url, waiting, in_flight, "DeadLetter" in name)


def _look_at_mappings(place: Place, resources: list[dict[str, Any]], status: PatternStatus) -> None:
    client = place.client("lambda")
    for resource in resources:
        if resource["ResourceType"] != "AWS::Lambda::EventSourceMapping":
            continue
        mapping = client.get_event_source_mapping(UUID=resource["PhysicalResourceId"])
        state, last = mapping["State"], mapping.get("LastProcessingResult") or "nothing yet"
        status.mappings[logical_name(resource)] = f"{state}, last batch: {last}"
        if state != "Enabled":
            status.problems.append(f"{logical_name(resource)} is {state}")


def _look_at_alarms(place: Place, resources: list[dict[str, Any]], status: PatternStatus) -> None:
    names = [x["PhysicalResourceId"] for x in resources if x["ResourceType"] == "AWS::CloudWatch::Alarm"]
    cloudwatch = place.client("cloudwatch")
    for start in range(0, len(names), 100):
        found = cloudwatch.describe_alarms(AlarmNames=names[start : start + 100], StateValue="ALARM")["MetricAlarms"]
        status.alarms += [alarm["AlarmName"] for alarm in found]
    status.problems += [f"alarm {name}" for name in status.alarms]


def _health(api_url: str) -> str:
    # The standard library's client, since a second of imports is most of what this command would take.
    local = ProxyHandler({}) if api_url.startswith("http:") else ProxyHandler()
    try:
        with build_opener(local).open(f"{api_url}/health", timeout=_HEALTH_SECONDS) as answer:
            return str(json.load(answer)["status"])
    except HTTPError as error:
        return f"HTTP {error.code}"
    except (OSError, ValueError, TypeError, KeyError) as error:
        return f"nothing ({type(error).__name__})"
