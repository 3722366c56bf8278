"""All steps of a report in one process, by the unchanged engine: what the functions and the machine have in common."""

import os
from collections.abc import Callable, Mapping

from patterns_batch.application.run_keys import RunKeys
from patterns_batch.bootstrap import Steps, bootstrap
from patterns_batch.manifest import Manifest

__all__ = ["plan", "publish", "shard", "steps_of"]


def steps_of(stopping: Callable[[], bool] = lambda: False) -> Steps:
    """Return the steps, by the process's environment; ``stopping`` says that the time is up."""
    return bootstrap(os.environ, stopping)


def plan(steps: Steps, event: Mapping[str, str]) -> int:
    """Freeze the run's input, and return the number of its shards."""
    manifest = steps.planner.plan_input(event["run"], event["bucket"], event["key"])
    steps.usage.leave(steps.objects, event["run"], "plan")
    return len(manifest.shards)


def shard(steps: Steps, event: Mapping[str, str], number: int) -> int:
    """Work off one shard, and return how many lines it has read."""
    done = steps.sharder.work(_manifest(steps, event), number)
    steps.usage.leave(steps.objects, event["run"], "shard")
    return done.read


def publish(steps: Steps, event: Mapping[str, str]) -> str:
    """Merge and publish, and return the report's key."""
    manifest = _manifest(steps, event)
    steps.merger.merge(manifest)
    key = steps.publisher.publish(manifest)
    steps.usage.leave(steps.objects, event["run"], "report")
    return key


def _manifest(steps: Steps, event: Mapping[str, str]) -> Manifest:
    return Manifest.decode(steps.objects.read(RunKeys(event["run"]).manifest) or b"")
