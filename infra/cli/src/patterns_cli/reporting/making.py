"""Making one report: an execution, or somebody else's that makes the same, is followed to what it published."""

from collections.abc import Mapping
from dataclasses import dataclass

from patterns_cli.reporting.claims import Claim, Claims
from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.errors import CannotReport, ReportFailed
from patterns_cli.reporting.execution import Ended, Execution
from patterns_cli.reporting.following import follow, pause_for
from patterns_cli.reporting.published import PublishedReport
from patterns_deploy.progress import Progress

__all__ = ["Made", "Making"]

_ENDINGS = {"TIMED_OUT": "it took too long and was ended", "ABORTED": "it was stopped"}


@dataclass(frozen=True, slots=True)
class Made:
    """A report that is there; ``before`` when it was, before anybody asked for it."""

    report: PublishedReport
    execution: str
    before: bool


class Making:
    """One request for a report.

    Attributes:
        execution: the one that is followed now, or was last; it goes on when this ends early.
    """

    def __init__(self, batch: DeployedBatch, progress: Progress) -> None:
        """Nothing is started yet."""
        self._batch, self._progress = batch, progress
        self._states = batch.place.client("stepfunctions")
        self._claims = Claims(batch.place.client("dynamodb"), batch.claims)
        self.execution: Execution | None = None

    def make(self, given: Mapping[str, object]) -> Made:
        """Start an execution with this input, and follow who makes the report.

        Raises:
            ReportFailed: with the recorded reason.
            CannotReport: the report is there, and nobody knows where.
        """
        ended = self._start(given)
        if not ended.stood_back:
            return self._found(ended, before=False)
        key = str(ended.output["report"])
        claim = self._claims.of(key)
        if claim and claim.state == "RUNNING":
            return self._of_somebody_else(key, claim, given)
        # Finished before we asked, or just now, while our execution stood back.
        if claim:
            self.execution = Execution(self._states, claim.holder)
        return self._found(ended, before=True)

    def _of_somebody_else(self, key: str, claim: Claim, given: Mapping[str, object]) -> Made:
        """Follow who has the claim; when nobody is there any more, free it and start anew."""
        holder = Execution(self._states, claim.holder)
        state = holder.look()
        if state.running:
            self._progress.say(f"{key} is made by another execution already; following {holder.name}")
            self.execution = holder
            return self._found(self._follow(), before=False)
        if not state.stood_back and state.status == "SUCCEEDED":
            self.execution = holder
            return self._found(state, before=True)
        why = _ENDINGS.get(state.status, state.reason)
        if not self._claims.free(key, claim, f"{holder.name}: {why}"):
            raise CannotReport(f"the claim of {key} changes hands just now; try again in a moment")
        self._progress.say(f"freed the claim of {holder.name}, which ended without giving it back: {why}")
        ended = self._start(given)
        if ended.stood_back:
            raise CannotReport(f"somebody else was quicker to claim {key}; the same command again follows them")
        return self._found(ended, before=False)

    def _start(self, given: Mapping[str, object]) -> Ended:
        self.execution = Execution.start(self._states, self._batch.machine, given)
        self._progress.say(f"execution {self.execution.name}")
        return self._follow()

    def _follow(self) -> Ended:
        assert self.execution  # noqa: S101 - for the type checker: whoever calls has set it
        return follow(self.execution, self._progress, pause=pause_for(self._batch.place.target))

    def _found(self, ended: Ended, *, before: bool) -> Made:
        assert self.execution  # noqa: S101 - as above
        if ended.status != "SUCCEEDED":
            raise ReportFailed(f"no report: {_ENDINGS.get(ended.status, ended.reason)}")
        report = PublishedReport.of_run(self._batch.place.client("s3"), self._batch.reports, self.execution.name)
        return Made(report, self.execution.arn, before)
