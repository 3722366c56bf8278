"""What ``receivers.json`` promises; the stack reads the same file."""

import json
import math
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from patterns_async.application.circuit import (
    Circuit,
    State,
    Verdict,
    after_failure,
    claimed,
    decide,
)
from patterns_async.settings import NotifySettings, PartnerSettings
from patterns_shared.domain.events import EventType

RECEIVERS: dict[str, Any] = json.loads(Path(__file__).parents[1].joinpath("receivers.json").read_text())
DAY = 24 * 3600
NEEDED = {
    "PARTNER_URL": "https://partner.example.com",
    "PARTNER_SECRET_ARN": "arn",
    "QUEUE_URL": "url",
    "CIRCUIT_TABLE": "circuit",
}


def matches(policy: dict[str, list[Any]], attributes: dict[str, str]) -> bool:
    """Whether SNS lets a message with these attributes through: the operators that our policies use.

    https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
    """

    def one(rule: Any, value: str | None) -> bool:  # noqa: ANN401 - a text or an operator
        if isinstance(rule, str):
            return value == rule
        if "exists" in rule:
            return (value is not None) is rule["exists"]
        return value is not None and value not in rule["anything-but"]

    return all(any(one(rule, attributes.get(name)) for rule in rules) for name, rules in policy.items())


@pytest.mark.parametrize(
    ("attributes", "receivers"),
    [
        ({"type": "OrderFulfilled"}, {"ledger", "partner", "notify", "outcome"}),
        ({"type": "OrderRejected"}, {"ledger", "notify", "outcome"}),
        ({"type": "OrderCancelled"}, {"ledger", "partner", "notify"}),
        ({"type": "OrderPlaced"}, set()),
        ({"type": "OrderLost"}, {"ledger"}),
        ({"schema_version": "1"}, {"ledger"}),
    ],
)
def test_each_receiver_gets_what_it_needs(attributes: dict[str, str], receivers: set[str]) -> None:
    """And what nobody knows reaches the ledger, which keeps it as a dead letter: a topic drops silently."""
    assert {name for name, each in RECEIVERS.items() if matches(each["filter_policy"], attributes)} == receivers


def test_policies_name_events_of_the_shop() -> None:
    """A misspelt type would be an empty queue that nobody notices."""
    known = {event_type.value for event_type in EventType}
    for receiver in RECEIVERS.values():
        (rules,) = receiver["filter_policy"].values()
        named = [rule for rule in rules if isinstance(rule, str)]
        named += [each for rule in rules if isinstance(rule, dict) for each in rule.get("anything-but", [])]
        assert set(named) <= known


@pytest.mark.parametrize("name", list(RECEIVERS))
def test_handlers_exist(name: str) -> None:
    """Under the name that Lambda is told."""
    module, _, function = RECEIVERS[name]["handler"].rpartition(".")
    assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize("name", list(RECEIVERS))
def test_a_message_is_a_dead_letter_before_it_is_too_old(name: str) -> None:
    """Each receive may cost a visibility timeout or an open circuit; the queue keeps it longer than all of them."""
    queue = RECEIVERS[name]["queue"]
    longest = queue["visibility_timeout_seconds"]
    if name == "partner":
        longest = max(longest, partner_settings("aws").circuit.max_open_seconds)
    assert queue["max_receive_count"] * longest < queue["retention_days"] * DAY


@pytest.mark.parametrize("name", list(RECEIVERS))
def test_messages_stay_hidden_while_they_are_worked_on(name: str) -> None:
    """Six times the function's timeout, as Lambda advises, and a batch window that a large batch needs."""
    receiver = RECEIVERS[name]
    assert receiver["queue"]["visibility_timeout_seconds"] >= 6 * receiver["function"]["timeout_seconds"]
    assert receiver["batch"]["size"] <= 10 or receiver["batch"]["window_seconds"] >= 1
    assert receiver["batch"]["maximum_concurrency"] >= 2


@pytest.mark.parametrize("target", ["aws", "local"])
def test_a_claim_outlives_the_function_and_not_the_visibility(target: str) -> None:
    """Whoever holds a claim is alive or has failed; whoever gets the message next finds it run out."""
    notify = RECEIVERS["notify"]
    environment = {"NOTIFICATIONS_TABLE": "n", "SENDER_EMAIL": "s", "QUEUE_URL": "q", **notify["environment"][target]}
    lease = NotifySettings.from_environment(environment).claim_seconds
    assert notify["function"]["timeout_seconds"] < lease < notify["queue"]["visibility_timeout_seconds"]


def test_a_claim_of_a_worker_that_died_runs_out_long_before_the_receives_do() -> None:
    """Its message comes back after 2, 4, 8 … seconds, or half of that: at most six receives of twenty."""
    receives, waited = 0, 0.0
    while waited <= 90:
        receives += 1
        waited += min(300, 2**receives) / 2
    assert receives <= RECEIVERS["notify"]["queue"]["max_receive_count"] / 2


def partner_settings(target: str) -> PartnerSettings:
    """Return what the partner function is told on this target."""
    return PartnerSettings.from_environment({**NEEDED, **RECEIVERS["partner"]["environment"][target]})


def worst_receives(settings: PartnerSettings, outage: float) -> int:
    """Return how often one message is received while the partner is down for so long, if it is always unlucky.

    In every interval it comes back while another one probes, waits for that probe's whole lease, and finds the
    circuit open again.
    """
    policy = settings.circuit
    circuit, now, receives = Circuit(), 0.0, 0
    while circuit.state is not State.OPEN:
        circuit = after_failure(circuit, now, policy, probe_of=None)
        receives += 1
    while now < outage:
        assert decide(circuit, circuit.until) is Verdict.PROBE
        now = circuit.until
        circuit = claimed(circuit, now, policy)
        receives += 1  # somebody else probes: wait for the lease
        probed = circuit.version
        circuit = after_failure(circuit, now, policy, probe_of=probed)
        now += policy.probe_seconds
        receives += 1  # open again: wait for the rest of the interval
    return receives


def test_receives_last_for_a_day_of_outage() -> None:
    """By the formula, and for the unluckiest message; so an outage of a day loses nobody's patience."""
    settings = partner_settings("aws")
    receives = RECEIVERS["partner"]["queue"]["max_receive_count"]
    assert receives * settings.circuit.max_open_seconds >= DAY
    assert worst_receives(settings, DAY) <= receives
    # The figure is no accident of the simulation: two receives an interval, and a few while the intervals grow.
    assert worst_receives(settings, DAY) == pytest.approx(2 * DAY / settings.circuit.max_open_seconds, rel=0.1)


def test_locally_an_outage_of_minutes_is_survived() -> None:
    """Shorter intervals, so that a demonstration does not take a day."""
    settings = partner_settings("local")
    assert worst_receives(settings, 20 * 60) <= RECEIVERS["partner"]["queue"]["max_receive_count"]


@pytest.mark.parametrize("target", ["aws", "local"])
def test_a_function_has_time_for_the_failures_that_open_the_circuit(target: str) -> None:
    """Each as slow as a try usually can be: connecting and waiting; what is left of the batch then fails fast."""
    settings = partner_settings(target)
    slowest = (settings.connect_timeout + settings.read_timeout) * settings.circuit.failures
    assert slowest < RECEIVERS["partner"]["function"]["timeout_seconds"]
    assert math.isclose(settings.circuit.probe_seconds, settings.connect_timeout + 3 * settings.read_timeout)
