"""Ranges of days that are looked through once: which Jobs there must be, and what became of them. Pure.

A Job stays for as long as its range is declared: it is the record that the range was done, beside the status. So a Job
has no time to live of its own; the operator deletes it when the range is no longer declared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from patterns_k8s.operator.pods import Surroundings, pod_template
from patterns_k8s.operator.processor import Manifest, Processor, labels_of
from patterns_k8s.resource.order_processor import DayRange

__all__ = ["FINISHED", "BackfillState", "JobSeen", "backfill_job", "backfill_states", "job_name", "job_seen"]

BackfillState = Literal["Waiting", "Running", "Complete", "Failed"]
FINISHED: frozenset[BackfillState] = frozenset({"Complete", "Failed"})
_GRACE = 30
_LONGEST_RUN = 6 * 3600


@dataclass(frozen=True, slots=True)
class JobSeen:
    """A Job as the cluster last told of it."""

    state: BackfillState
    suspended: bool


def job_name(processor: Processor, days: DayRange) -> str:
    """Return the Job's name; the same days have the same name."""
    return f"{processor.name}-backfill-{days.first:%Y%m%d}-{days.last:%Y%m%d}"


def job_seen(body: Mapping[str, Any]) -> JobSeen:
    """Return what the cluster tells of a Job."""
    conditions = body.get("status", {}).get("conditions", ())
    met = {condition["type"] for condition in conditions if condition["status"] == "True"}
    state: BackfillState = "Complete" if "Complete" in met else "Failed" if "Failed" in met else "Running"
    return JobSeen(state, suspended=bool(body.get("spec", {}).get("suspend")))


def backfill_states(
    processor: Processor, *, seen: Mapping[str, JobSeen], recorded: Mapping[str, BackfillState]
) -> dict[str, BackfillState]:
    """Return the state of each declared range, by its Job's name; ``recorded`` is what the status says already.

    What was finished stays finished, even when somebody deletes the Job.
    """
    states: dict[str, BackfillState] = {}
    for days in processor.spec.backfill:
        name = job_name(processor, days)
        known = seen[name].state if name in seen else "Waiting"
        states[name] = recorded[name] if recorded.get(name) in FINISHED else known
    return states


def backfill_job(processor: Processor, days: DayRange, *, topic_arn: str, surroundings: Surroundings) -> Manifest:
    """Return the Job. Bad input (exit code 2) fails it at once; anything else is tried three times more."""
    return processor.owns(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": job_name(processor, days), "labels": labels_of(processor.name, "backfill")},
            "spec": {
                "backoffLimit": 3,
                "activeDeadlineSeconds": _LONGEST_RUN,
                "podFailurePolicy": {
                    "rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [2]}}]
                },
                "template": pod_template(
                    processor,
                    component="backfill",
                    arguments=("--backfill", days.first.isoformat(), days.last.isoformat()),
                    environment=surroundings.environment
                    | {"TOPIC_ARN": topic_arn, "ORDERS_TABLE": surroundings.orders_table, "PYTHONUNBUFFERED": "1"},
                    credentials=surroundings.credentials,
                    grace_seconds=_GRACE,
                    restartPolicy="Never",
                ),
            },
        }
    )
