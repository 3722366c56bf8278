"""Ranges of days that are looked through once: which Jobs there must be, and what became of them. Pure.

A Job stays for as long as its range is declared: it is the record that the range was done, beside an annotation of the
OrderProcessor. So a Job has no time to live of its own; the operator deletes it when the range is no longer declared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from patterns_k8s.operator.desired.pods import Surroundings, pod_template
from patterns_k8s.operator.desired.processor import Manifest, Processor, labels_of
from patterns_k8s.resource.order_processor import GROUP, DayRange

__all__ = [
    "FINISHED",
    "RECORD",
    "BackfillState",
    "JobSeen",
    "backfill_job",
    "backfill_states",
    "job_name",
    "job_seen",
    "read_record",
    "write_record",
]

BackfillState = Literal["Waiting", "Running", "Complete", "Failed"]
FINISHED: frozenset[BackfillState] = frozenset({"Complete", "Failed"})
_DISRUPTED = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
_BAD_INPUT = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [2]}}
"""https://kubernetes.io/docs/tasks/job/pod-failure-policy/; the first rule that fits counts."""

RECORD = f"{GROUP}/backfilled"
"""The annotation of an OrderProcessor that says which of its Jobs have ended: ``name=Complete,name=Failed``."""
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
    """Return the state of each declared range, by its Job's name; ``recorded`` are those that have ended.

    The state is that of the Job that is there. What was finished stays finished when somebody deletes its Job.
    """
    names = [job_name(processor, days) for days in processor.spec.backfill]
    return {name: seen[name].state if name in seen else recorded.get(name, "Waiting") for name in names}


def read_record(annotations: Mapping[str, str]) -> dict[str, BackfillState]:
    """Return which Jobs have ended, and how, as an OrderProcessor's annotation has it.

    It is a record and not the status, which is an observation: that may be lost, restored or written by others.
    """
    entries = (entry.partition("=") for entry in annotations.get(RECORD, "").split(","))
    return {name: state for name, _, text in entries for state in FINISHED if state == text}


def write_record(states: Mapping[str, BackfillState]) -> str | None:
    """Return the annotation's value; None for none, which takes it away."""
    ended = sorted(f"{name}={state}" for name, state in states.items() if state in FINISHED)
    return ",".join(ended) or None


def backfill_job(processor: Processor, days: DayRange, *, topic_arn: str, surroundings: Surroundings) -> Manifest:
    """Return the Job. Bad input (exit code 2) fails it at once; anything else is tried three times more.

    A pod that the cluster takes away (a drained node, a preemption) is replaced and does not count as a try.
    """
    return processor.owns(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": job_name(processor, days), "labels": labels_of(processor.name, "backfill")},
            "spec": {
                "backoffLimit": 3,
                "activeDeadlineSeconds": _LONGEST_RUN,
                "podFailurePolicy": {"rules": [_DISRUPTED, _BAD_INPUT]},
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
