"""One execution of the state machine: started, looked at, its history read from where it was left."""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from patterns_deploy.place import AwsClient

__all__ = ["Ended", "Event", "Execution"]

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """How an execution is: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; its output; why it failed."""

    status: str
    output: Mapping[str, Any]
    reason: str

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.status == "RUNNING"

    @property
    def stood_back(self) -> bool:
        """Whether it ended without a report, since the report is somebody else's."""
        return self.output.get("outcome") == "STOOD_BACK"


class Execution:
    """Looks at an execution; nothing is asked before a method is called."""

    def __init__(self, states: AwsClient, arn: str) -> None:
        """Take a client of Step Functions."""
        self.arn = arn
        self._states = states
        self._seen = 0

    @classmethod
    def start(cls, states: AwsClient, machine: str, given: Mapping[str, object]) -> Self:
        """Start one with this input. Its name is chosen here, so that a repeated call starts no second one."""
        name = f"by-command-{secrets.token_hex(8)}"
        started = states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))
        return cls(states, started["executionArn"])

    @property
    def name(self) -> str:
        """Its name, which the run has in the report bucket, too."""
        return self.arn.rpartition(":")[2]

    def look(self) -> Ended:
        """Return how it is now."""
        found = self._states.describe_execution(executionArn=self.arn)
        output = json.loads(found.get("output") or "{}")
        reason = found.get("cause") or found.get("error") or ""
        return Ended(found["status"], output if isinstance(output, dict) else {}, " ".join(reason.split()))

    def new_events(self) -> list[Event]:
        """Return what happened since the last call, oldest first.

        Read from the end: what was seen is not fetched again, however long the history becomes.
        """
        found = []
        for event in self._newest_first():
            if event["id"] <= self._seen:
                break
            found.append(event)
        found.reverse()
        if found:
            self._seen = found[-1]["id"]
        return found

    def states_entered(self) -> list[str]:
        """Return the states that were entered so far, in their order."""
        names = [event["stateEnteredEventDetails"]["name"] for event in self._newest_first() if _enters(event)]
        return names[::-1]

    def _newest_first(self) -> Iterator[Event]:
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=self.arn, reverseOrder=True, PaginationConfig={"PageSize": 200}
        )
        for page in pages:
            yield from page["events"]


def _enters(event: Event) -> bool:
    return "stateEnteredEventDetails" in event
