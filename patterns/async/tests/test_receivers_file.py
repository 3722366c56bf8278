"""What ``receivers.json`` promises; the stack reads the same file."""

import json
import math
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from patterns_async.adapters.http_partner import HttpPartner
from patterns_async.adapters.partner_keys import PartnerKeys
from patterns_async.application.account_faults import AccountCannotSend
from patterns_async.application.circuit import (
    Circuit,
    State,
    Verdict,
    after_failure,
    claimed,
    decide,
)
from patterns_async.settings import NotifySettings, PartnerSettings
from patterns_shared.adapters.queue_visibility import least_seconds
from patterns_shared.domain.events import EventType

DEFAULTS: dict[str, Any] = {
    "function": {"timeout_seconds": 30, "memory_megabytes": 512},
    "queue": {"visibility_timeout_seconds": 180, "max_receive_count": 300, "retention_days": 4},
    "batch": {"size": 10, "window_seconds": 0, "maximum_concurrency": 5},
}
"""What the stack takes where a declaration says nothing (patterns_infra.receivers, whose tests keep the same rules)."""
RECEIVERS: dict[str, Any] = {
    name: {**declared, **{part: {**figures, **declared.get(part, {})} for part, figures in DEFAULTS.items()}}
    for name, declared in json.loads(Path(__file__).parents[1].joinpath("receivers.json").read_text()).items()
}
OURS = {"ledger", "partner", "notify", "outcome", "operators"}
"""The receivers of the shop; a copy may have more."""
DAY = 24 * 3600
NEEDED = {
    "PARTNER_URL": "https://partner.example.com",
    "PARTNER_SECRET_ARN": "arn",
    "QUEUE_URL": "url",
    "CIRCUIT_TABLE": "circuit",
}


def matches(policy: dict[str, list[str]], body: object) -> bool:
    """Whether SNS lets a message with this body through; our policies have values only, and no operators.

    https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
    """
    if not policy:
        return True
    return isinstance(body, dict) and all(body.get(name) in values for name, values in policy.items())


@pytest.mark.parametrize(
    ("body", "receivers"),
    [
        ({"type": "OrderFulfilled"}, {"ledger", "partner", "notify", "outcome"}),
        ({"type": "OrderRejected"}, {"ledger", "notify", "outcome", "operators"}),
        ({"type": "OrderCancelled"}, {"ledger", "partner", "notify"}),
        ({"type": "OrderPlaced"}, {"ledger"}),
        ({"type": "OrderLost"}, {"ledger"}),
        ({"schema_version": 1}, {"ledger"}),
        ("not JSON", {"ledger"}),
    ],
)
def test_each_receiver_gets_what_it_needs(body: object, receivers: set[str]) -> None:
    """The ledger gets everything, and keeps what no receiver takes as a dead letter: a topic drops silently."""
    reached = {name for name, each in RECEIVERS.items() if matches(each["filter_policy"], body)}
    assert reached & OURS == receivers


def test_policies_name_events_of_the_shop() -> None:
    """A misspelt type would leave a queue empty, unnoticed."""
    known = {event_type.value for event_type in EventType}
    for receiver in RECEIVERS.values():
        assert receiver["filter_policy"].keys() <= {"type"}
        assert set(receiver["filter_policy"].get("type", [])) <= known


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
    if name == "notify":
        longest = max(longest, AccountCannotSend.longest_backoff)
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
    """The holder of a claim is running or has failed; the next receiver of the message finds it expired."""
    notify = RECEIVERS["notify"]
    names = ("NOTIFICATIONS_TABLE", "SUPPRESSIONS_TABLE", "CONFIGURATION_SET", "SENDER_EMAIL", "QUEUE_URL")
    environment = {**dict.fromkeys(names, "x"), **notify["environment"][target]}
    lease = NotifySettings.from_environment(environment).claim_seconds
    assert notify["function"]["timeout_seconds"] < lease < notify["queue"]["visibility_timeout_seconds"]


def test_a_claim_of_a_worker_that_died_runs_out_long_before_the_receives_do() -> None:
    """Its message comes back after 2, 4, 8 … seconds, or half of that: at most six receives of twenty."""
    receives, waited = 0, 0.0
    while waited <= 90:
        receives += 1
        waited += min(300, 2**receives) / 2
    assert receives <= RECEIVERS["notify"]["queue"]["max_receive_count"] / 2


def test_receives_last_for_days_of_an_account_that_may_not_send() -> None:
    """Four of them, for the unluckiest mail, whose waits chance halves: over a weekend, and a day to see the alarm."""
    receives, waited = RECEIVERS["notify"]["queue"]["max_receive_count"], 0.0
    for receive in range(1, receives):
        waited += min(AccountCannotSend.longest_backoff, 2**receive) / 2
    assert waited >= 4 * DAY


@pytest.mark.parametrize("name", list(RECEIVERS))
def test_an_outage_of_hours_leaves_no_dead_letter(name: str) -> None:
    """Of a table, the event bus or the mail service: twelve hours, for the unluckiest message of each receiver."""
    assert least_seconds(RECEIVERS[name]["queue"]["max_receive_count"]) >= DAY / 2


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
        receives += 1  # another one probes: wait for the lease
        probed = circuit.version
        circuit = after_failure(circuit, now, policy, probe_of=probed)
        now += policy.probe_seconds
        receives += 1  # open again: wait for the rest of the interval
    return receives


def test_receives_last_for_a_day_of_outage() -> None:
    """By the formula, and for the unluckiest message; so an outage of a day makes no dead letters."""
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
    """Each as slow as a try can be; then there is still time to tell the circuit and to hide the messages."""
    settings = partner_settings(target)
    partner = HttpPartner(
        settings.url,
        PartnerKeys(lambda: pytest.fail("no key is read")),
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
    )
    shape = RECEIVERS["partner"]
    assert settings.circuit.failures >= shape["batch"]["size"]
    slowest = partner.longest * settings.circuit.failures + settings.retry.reserve
    assert slowest < shape["function"]["timeout_seconds"]
    assert partner.longest < settings.circuit.probe_seconds
    assert math.isclose(settings.circuit.probe_seconds, settings.connect_timeout + 3 * settings.read_timeout)
