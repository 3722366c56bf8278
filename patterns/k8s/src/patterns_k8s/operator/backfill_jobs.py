"""Runs the declared backfills as Jobs, each once."""

from patterns_k8s.operator.answers import Gone
from patterns_k8s.operator.backfills import (
    FINISHED,
    BackfillState,
    JobSeen,
    backfill_job,
    backfill_states,
    job_name,
)
from patterns_k8s.operator.findings import Missing, TopicFound, Unknown
from patterns_k8s.operator.pods import Surroundings
from patterns_k8s.operator.ports import Children, Tell
from patterns_k8s.operator.processor import Manifest, Processor
from patterns_k8s.operator.tended import Tended

__all__ = ["BackfillJobs"]


class BackfillJobs:
    """A Job is created, not applied: its pods' template may never change, and it need not, since it runs once."""

    def __init__(self, cluster: Children, surroundings: Surroundings) -> None:
        """Take the cluster, and what the Jobs' pods are told."""
        self._cluster = cluster
        self._surroundings = surroundings

    async def run(
        self, processor: Processor, tended: Tended, *, topic: TopicFound | Missing | Unknown, tell: Tell
    ) -> dict[str, BackfillState]:
        """Start, suspend, resume and clear away Jobs, and return the states by the Jobs' names."""
        states = self.states(processor, tended)
        suspend = processor.spec.suspend
        for days in processor.spec.backfill:
            name = job_name(processor, days)
            if states[name] in FINISHED:
                continue
            if name in tended.jobs:
                if tended.jobs[name].suspended is not suspend:
                    await self._suspend(processor, tended, name, suspend=suspend)
            elif not suspend and isinstance(topic, TopicFound):
                job = backfill_job(processor, days, topic_arn=topic.arn, surroundings=self._surroundings)
                await self._cluster.create(job)
                tended.jobs.setdefault(name, JobSeen("Running", suspended=False))
                states[name] = tended.jobs[name].state
                tell("Normal", "BackfillStarted", f"orders of {days.first} to {days.last} are looked through by {name}")
        for name in tended.jobs.keys() - states.keys():
            await self._cluster.delete(_reference(processor, name))
            tended.jobs.pop(name, None)
        self._tell_of_ends(tended, states, tell)
        return states

    def states(self, processor: Processor, tended: Tended) -> dict[str, BackfillState]:
        """Return the states by the Jobs' names, as far as they are known."""
        return backfill_states(processor, seen=tended.jobs, recorded=_recorded(tended))

    async def _suspend(self, processor: Processor, tended: Tended, name: str, *, suspend: bool) -> None:
        """Suspend or resume a Job; one that somebody has just deleted is for the next look."""
        try:
            await self._cluster.merge(_reference(processor, name), {"spec": {"suspend": suspend}})
        except Gone:
            tended.jobs.pop(name, None)
            tended.stir()

    @staticmethod
    def _tell_of_ends(tended: Tended, states: dict[str, BackfillState], tell: Tell) -> None:
        recorded = _recorded(tended)
        for name, state in states.items():
            if state in FINISHED and recorded.get(name) not in FINISHED:
                news = ("Normal", "BackfillComplete") if state == "Complete" else ("Warning", "BackfillFailed")
                tell(*news, f"see the log of {name}")


def _recorded(tended: Tended) -> dict[str, BackfillState]:
    return {each["job"]: each["state"] for each in (tended.status or {}).get("backfills", ())}


def _reference(processor: Processor, name: str) -> Manifest:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": processor.namespace},
    }
