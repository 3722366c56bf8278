"""Runs the declared backfills as Jobs, each once."""

from patterns_k8s.operator.api.answers import Conflict
from patterns_k8s.operator.api.ports import Children, Tell
from patterns_k8s.operator.controller.own_children import OwnChildren
from patterns_k8s.operator.controller.ownership import NameTaken
from patterns_k8s.operator.controller.tended import Tended
from patterns_k8s.operator.desired.backfills import (
    FINISHED,
    RECORD,
    BackfillState,
    JobSeen,
    backfill_job,
    backfill_states,
    job_name,
    job_seen,
    write_record,
)
from patterns_k8s.operator.desired.findings import Missing, TopicFound, Unknown
from patterns_k8s.operator.desired.pods import Surroundings
from patterns_k8s.operator.desired.processor import Manifest, Processor, child_reference, reference_of

__all__ = ["BackfillJobs"]


class BackfillJobs:
    """A Job is created, not applied: its pods' template may never change, and it need not, since it runs once."""

    def __init__(self, cluster: Children, surroundings: Surroundings) -> None:
        """Take the cluster, and what the Jobs' pods are told."""
        self._cluster = cluster
        self._children = OwnChildren(cluster)
        self._surroundings = surroundings

    async def run(
        self, processor: Processor, tended: Tended, *, topic: TopicFound | Missing | Unknown, tell: Tell
    ) -> dict[str, BackfillState]:
        """Start, suspend, resume and clear away Jobs, and return the states by the Jobs' names.

        Raises:
            NameTaken: the name of a Job is another's; with all else done.
        """
        states = self.states(processor, tended)
        suspend = processor.spec.suspend
        taken: NameTaken | None = None
        for days in processor.spec.backfill:
            name = job_name(processor, days)
            if states[name] in FINISHED:
                continue
            if name in tended.jobs:
                if tended.jobs[name].suspended is not suspend:
                    await self._suspend(processor, tended, name, suspend=suspend)
            elif not suspend and isinstance(topic, TopicFound):
                job = backfill_job(processor, days, topic_arn=topic.arn, surroundings=self._surroundings)
                try:
                    started = await self._start(processor, job)
                except NameTaken as error:
                    taken = error
                    continue
                tended.jobs.setdefault(name, started)
                states[name] = tended.jobs[name].state
                tell("Normal", "BackfillStarted", f"orders of {days.first} to {days.last} are looked through by {name}")
        for name in tended.jobs.keys() - states.keys():
            await self._children.delete(processor.owner, child_reference(processor.owner, "Job", name))
            tended.jobs.pop(name, None)
        await self._record(processor, tended, states, tell)
        if taken is not None:
            raise taken
        return states

    def states(self, processor: Processor, tended: Tended) -> dict[str, BackfillState]:
        """Return the states by the Jobs' names, as far as they are known."""
        return backfill_states(processor, seen=tended.jobs, recorded=tended.recorded or {})

    async def _start(self, processor: Processor, job: Manifest) -> JobSeen:
        """Create the Job, and return it; one that is there, and this OrderProcessor's, is left to go on."""
        try:
            return job_seen(await self._cluster.create(job))
        except Conflict:
            return job_seen(await self._children.existing(processor.owner, job))

    async def _suspend(self, processor: Processor, tended: Tended, name: str, *, suspend: bool) -> None:
        """Suspend or resume a Job; one that somebody has just deleted is for the next look."""
        job = child_reference(processor.owner, "Job", name)
        if await self._children.change(processor.owner, job, {"suspend": suspend}) is None:
            tended.jobs.pop(name, None)
            tended.stir()

    async def _record(self, processor: Processor, tended: Tended, states: dict[str, BackfillState], tell: Tell) -> None:
        """Keep which Jobs have ended, and tell of those that just did."""
        before = tended.recorded or {}
        ended = {name: state for name, state in states.items() if state in FINISHED}
        if ended == before:
            return
        change = {"metadata": {"uid": processor.uid, "annotations": {RECORD: write_record(ended)}}}
        await self._cluster.merge(reference_of(processor.name, processor.namespace), change)
        tended.recorded = ended
        for name, state in ended.items():
            if name not in before:
                news = ("Normal", "BackfillComplete") if state == "Complete" else ("Warning", "BackfillFailed")
                tell(*news, f"see the log of {name}")
