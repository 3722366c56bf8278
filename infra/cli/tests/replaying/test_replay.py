"""A replay against the service's model: what is asked, how it is followed, and how it ends."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import Stubber

from patterns_cli.commands.failures import CommandError, WrongUse
from patterns_cli.commands.replaying import ReplayOptions, replay_at
from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.replaying import replay
from patterns_cli.replaying.replay import Archive, Replay
from patterns_cli.replaying.time_range import TimeRange
from patterns_deploy.place import Place
from patterns_infra.settings import Target

BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default"
ARN = "arn:aws:events:us-east-1:123456789012:archive/events"
NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = TimeRange(NOW - timedelta(hours=1), NOW)
ARCHIVE = Archive(name="events", arn=ARN, bus_arn=BUS, began=NOW, retention_days=14, events=7)
RULE = "arn:aws:events:us-east-1:123456789012:rule/outcomes"
FOUND = {
    "ArchiveArn": ARN,
    "ArchiveName": "events",
    "EventSourceArn": BUS,
    "CreationTime": NOW - timedelta(days=1),
    "RetentionDays": 14,
    "EventCount": 7,
}


@pytest.fixture
def events() -> Iterator[Stubber]:
    """EventBridge, which answers what a test adds, in this order, to requests of the model's form."""
    client = Session().create_client(
        "events", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def published() -> dict[str, str]:
    """What the stage publishes."""
    return {"/patterns/dev/web_api/event_archive": "events"}


@pytest.fixture
def place(events: Stubber, published: dict[str, str]) -> Place:
    """An account whose EventBridge is the stub."""

    class Parameters:
        """SSM with the published names."""

        def get_paginator(self, _: str) -> "Parameters":
            return self

        def paginate(self, **_: object) -> list[dict[str, Any]]:
            return [{"Parameters": [{"Name": name, "Value": value} for name, value in published.items()]}]

    clients = {"events": events.client, "ssm": Parameters()}
    return Place(Target.AWS, "dev", "us-east-1", "123456789012", None, clients.__getitem__)


def states(events: Stubber, *found: str, reason: str = "") -> None:
    """Let the replay be in these states, one a look."""
    for state in found:
        answer = {"State": state, **({"StateReason": reason} if reason else {})}
        if state == "RUNNING":
            answer["EventLastReplayedTime"] = NOW - timedelta(minutes=15)  # type: ignore[assignment] # a time
        events.add_response("describe_replay", answer, {"ReplayName": "one"})


@pytest.fixture
def run(events: Stubber, monkeypatch: pytest.MonkeyPatch) -> Replay:
    """A replay that is looked at without a pause."""
    monkeypatch.setattr(replay, "_LOOK_SECONDS", 0.0)
    return Replay(events.client, ARCHIVE, HOUR, {"outcomes": RULE}, name="one")


def test_only_the_stages_consumers_get_events(events: Stubber, run: Replay) -> None:
    """From its archive, to its bus, between the two times."""
    expected = {
        "ReplayName": "one",
        "EventSourceArn": ARN,
        "EventStartTime": HOUR.start,
        "EventEndTime": HOUR.end,
        "Destination": {"Arn": BUS, "FilterArns": [RULE]},
    }
    events.add_response("start_replay", {"State": "STARTING"}, expected)
    run.start()


@pytest.mark.parametrize(("state", "reason"), [("COMPLETED", ""), ("FAILED", "no more"), ("CANCELLED", "")])
def test_it_is_followed_to_its_end(events: Stubber, run: Replay, state: str, reason: str) -> None:
    """Whichever that is, with the reason; the share that was replayed is reported meanwhile."""
    states(events, "STARTING", "RUNNING")
    states(events, state, reason=reason)
    shares: list[float] = []
    assert run.wait(Interrupts(), shares.append) == (state, reason)
    assert shares == [0.75]


def test_an_interrupt_cancels_it(events: Stubber, run: Replay) -> None:
    """Once, and then waits for its end; one that has ended meanwhile cannot be cancelled any more."""
    interrupts = Interrupts()
    interrupts._requested.set()
    for fails in (False, True):
        states(events, "RUNNING")
        if fails:
            events.add_client_error("cancel_replay", "IllegalStatusException", expected_params={"ReplayName": "one"})
        else:
            events.add_response("cancel_replay", {"State": "CANCELLING"}, {"ReplayName": "one"})
            states(events, "CANCELLING")
        states(events, "COMPLETED" if fails else "CANCELLED")
        assert run.wait(interrupts, lambda _: None)[0] == ("COMPLETED" if fails else "CANCELLED")


def rules(*selecting: dict[str, Any]) -> dict[str, Any]:
    """Return a page of rules."""
    page = [
        {"Name": f"rule-{n}", "Arn": f"{RULE}-{n}", **({"ManagedBy": "events"} if pattern.pop("own", 0) else {})}
        | {"EventPattern": json.dumps(pattern)}
        for n, pattern in enumerate(selecting)
    ]
    return {"Rules": page}


def test_a_dry_run_says_what_would_go_where(events: Stubber, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON for programs; rules of other sources, and EventBridge's own for the archive, are no consumers."""
    events.add_response("describe_archive", FOUND, {"ArchiveName": "events"})
    page = rules({"source": ["patterns.dev"]}, {"source": ["aws.ses"]}, {"source": ["patterns.dev"], "own": 1})
    events.add_response("list_rules", {**page, "NextToken": "more"}, {"EventBusName": "default"})
    events.add_response("list_rules", rules({"detail-type": ["x"]}), {"EventBusName": "default", "NextToken": "more"})
    start = (NOW - timedelta(hours=2)).isoformat()
    replay_at(place, ReplayOptions(start, dry_run=True, as_json=True))
    output = capsys.readouterr()
    told = json.loads(output.out)
    assert (told["consumers"], told["archived_events"], told["state"]) == (["rule-0"], 7, "DRY_RUN")
    assert "dry run, nothing was replayed" in output.err
    assert "last ten minutes" in output.err


def test_nothing_is_replayed_without_a_consumer(events: Stubber, place: Place) -> None:
    """Nor before a confirmation: the error says what to deploy."""
    events.add_response("describe_archive", FOUND, {"ArchiveName": "events"})
    events.add_response("list_rules", rules(), {"EventBusName": "default"})
    with pytest.raises(CommandError, match=r"no rule takes events of stage dev; .*patterns deploy"):
        replay_at(place, ReplayOptions((NOW - timedelta(hours=2)).isoformat()))


def test_without_an_archive_there_is_one_line(place: Place, published: dict[str, str]) -> None:
    """It names the pattern to deploy."""
    published.clear()
    with pytest.raises(CommandError, match="web_api, which archives the stage's events, is not deployed"):
        replay_at(place, ReplayOptions((NOW - timedelta(hours=2)).isoformat()))


def test_a_range_before_the_archives_days_is_wrong_use(events: Stubber, place: Place) -> None:
    """Nothing is started."""
    events.add_response("describe_archive", FOUND, {"ArchiveName": "events"})
    with pytest.raises(WrongUse, match=r"--from .* the archive keeps 14 days"):
        replay_at(place, ReplayOptions((NOW - timedelta(days=20)).isoformat()))


def test_a_replay_that_fails_is_a_failure(
    events: Stubber, place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the confirmation; the state and its reason are reported."""
    monkeypatch.setattr(replay, "_LOOK_SECONDS", 0.0)
    events.add_response("describe_archive", FOUND, {"ArchiveName": "events"})
    events.add_response("list_rules", rules({"source": ["patterns.dev"]}), {"EventBusName": "default"})
    events.add_response("start_replay", {"State": "STARTING"})
    events.add_response("describe_replay", {"State": "FAILED", "StateReason": "the archive is disabled"})
    agreed: list[Any] = []
    with pytest.raises(SystemExit) as failed:
        replay_at(place, ReplayOptions((NOW - timedelta(hours=2)).isoformat(), as_json=True), agree=agreed.append)
    assert failed.value.code == 1
    output = capsys.readouterr()
    assert json.loads(output.out)["state"] == "FAILED"
    assert "is FAILED: the archive is disabled" in output.err
    assert agreed[0]["to"] == "rule-0"
