"""A replay of EventBridge: from the stage's archive to the rules that consume the stage's events.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.replaying.time_range import TimeRange
from patterns_deploy.outputs import read_outputs
from patterns_deploy.place import AwsClient, Place

__all__ = ["ARCHIVING_DELAY", "Archive", "NoArchive", "NoConsumer", "Replay", "find_archive", "find_consumers"]

ARCHIVING_DELAY = timedelta(minutes=10)
"""Within which AWS puts a published event into an archive."""
_ENDED = frozenset({"CANCELLED", "COMPLETED", "FAILED"})
_LOOK_SECONDS = 1.0


class NoArchive(Exception):
    """There is nothing to replay from; the text is one line that says what to deploy."""


class NoConsumer(Exception):
    """There is no consumer to replay to; the text is one line that says what to deploy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The stage's archive: since when, for how many days (0 for ever), and how many events it holds in all."""

    name: str
    arn: str
    bus_arn: str
    began: datetime
    retention_days: int
    events: int


def find_archive(place: Place) -> Archive:
    """Return the archive that the web API publishes.

    Raises:
        NoArchive: it is not deployed.
    """
    name = read_outputs(place).get("web_api", {}).get("event_archive")
    if not name:
        raise NoArchive(
            f"web_api, which archives the stage's events, is not deployed to {place.target} stage {place.stage}; "
            "deploy it with: patterns deploy web_api"
        )
    events = place.client("events")
    found = events.describe_archive(ArchiveName=name)
    return Archive(
        name=name,
        arn=found["ArchiveArn"],
        bus_arn=found["EventSourceArn"],
        began=found["CreationTime"].astimezone(UTC),
        retention_days=found.get("RetentionDays", 0),
        events=found.get("EventCount", 0),
    )


def find_consumers(place: Place, archive: Archive) -> dict[str, str]:
    """Return the ARNs of the bus's rules that select the stage's events, by name; other rules get nothing replayed.

    Raises:
        NoConsumer: there is none.
    """
    events, found = place.client("events"), dict[str, str]()
    request: dict[str, Any] = {"EventBusName": archive.bus_arn.rpartition("/")[2]}
    while True:
        page = events.list_rules(**request)
        for rule in page["Rules"]:
            selects = json.loads(rule.get("EventPattern") or "{}")
            # A rule of the archive itself is EventBridge's own, and takes no replayed event.
            if f"patterns.{place.stage}" in selects.get("source", ()) and not rule.get("ManagedBy"):
                found[rule["Name"]] = rule["Arn"]
        if not page.get("NextToken"):
            break
        request["NextToken"] = page["NextToken"]
    if not found:
        raise NoConsumer(f"no rule takes events of stage {place.stage}; deploy a consumer: patterns deploy k8s")
    return found


class Replay:
    """One replay, from its start to its end."""

    def __init__(
        self, events: AwsClient, archive: Archive, wanted: TimeRange, consumers: Mapping[str, str], *, name: str
    ) -> None:
        """Keep what to do; nothing is called yet. Replayed events carry ``name`` as their ``replay-name``."""
        self._events = events
        self._archive = archive
        self._wanted = wanted
        self._consumers = consumers
        self.name = name

    def start(self) -> None:
        """Start it; EventBridge runs it."""
        self._events.start_replay(
            ReplayName=self.name,
            EventSourceArn=self._archive.arn,
            EventStartTime=self._wanted.start,
            EventEndTime=self._wanted.end,
            Destination={"Arn": self._archive.bus_arn, "FilterArns": sorted(self._consumers.values())},
        )

    def wait(self, interrupts: Interrupts, advance: Callable[[float], None]) -> tuple[str, str]:
        """Follow it to its end, and return its state and the reason of that; an interrupt cancels it.

        ``advance`` is called with the share of the range that was replayed, from 0 to 1.
        """
        cancelled = False
        while True:
            found = self._events.describe_replay(ReplayName=self.name)
            if found["State"] in _ENDED:
                return found["State"], found.get("StateReason", "")
            if last := found.get("EventLastReplayedTime"):
                advance(self._wanted.share_until(last))
            if interrupts.requested and not cancelled:
                cancelled = True
                self._cancel()
            interrupts.pause(_LOOK_SECONDS)

    def _cancel(self) -> None:
        try:
            self._events.cancel_replay(ReplayName=self.name)
        except self._events.exceptions.IllegalStatusException:
            return  # it has ended in this moment, as the next look shows
