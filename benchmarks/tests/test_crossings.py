"""What is compared from end to end has the same wiring, and a crossing ends with exact books or not at all."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from benchmarks.answers import WrongAnswer
from benchmarks.asynchronous import crossing
from benchmarks.asynchronous.accounts import Spent, call_durations
from benchmarks.asynchronous.crossing import Books, cross, publish_alone
from benchmarks.asynchronous.end_to_end import own_platform
from benchmarks.asynchronous.requests_alone import requests_of_a_call
from benchmarks.asynchronous.routes import Route, like, make_queue, ours

from patterns_local.platform import Platform
from patterns_shared.testing.order_events import events_of_orders

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """A platform of our own."""
    with own_platform() as platform:
        yield platform


@pytest.fixture(scope="module")
def model(platform: Platform) -> Route:
    """Our ledger's route."""
    return ours(platform)


@pytest.fixture(scope="module")
def powertools(model: Route) -> Route:
    """The peer's."""
    return like(model, "powertools", "ledger_powertools", libraries=True)


def wiring(route: Route) -> dict[str, Any]:
    """Return what a route's speed depends on apart from its code."""
    lambda_, sqs = route.platform.client("lambda"), route.platform.client("sqs")
    function = lambda_.get_function_configuration(FunctionName=route.function)
    (mapping,) = lambda_.list_event_source_mappings(FunctionName=route.function)["EventSourceMappings"]
    queue = sqs.get_queue_attributes(QueueUrl=route.queue_url, AttributeNames=["All"])["Attributes"]
    table = route.platform.client("dynamodb").describe_table(TableName=route.table)["Table"]
    return {
        "function": {name: function[name] for name in ("Runtime", "Architectures", "MemorySize", "Timeout")},
        "batches": (mapping["BatchSize"], mapping.get("MaximumBatchingWindowInSeconds", 0)),
        "concurrency": mapping["ScalingConfig"]["MaximumConcurrency"],
        "responses": mapping["FunctionResponseTypes"],
        "queue": (queue["VisibilityTimeout"], queue["MessageRetentionPeriod"]),
        "receives": int(json.loads(queue["RedrivePolicy"])["maxReceiveCount"]),
        "table": (table["KeySchema"], table["BillingModeSummary"]["BillingMode"]),
        "indexes": [(index["KeySchema"], index["Projection"]) for index in table["GlobalSecondaryIndexes"]],
        "topic": (route.topic_arn, route.subscription),
    }


def test_the_peer_is_wired_as_we_are(model: Route, powertools: Route) -> None:
    """Batch size, window, concurrency, memory, queue, table, filter, raw delivery."""
    assert wiring(powertools) == wiring(model)
    assert model.subscription["RawMessageDelivery"] == "true"


def test_every_route_books_exactly_what_is_published_while_it_has_its_turn(model: Route, powertools: Route) -> None:
    """And no other route does, so that only its own work is measured."""
    idle = like(model, "idle", "ledger_idle", libraries=False)
    for route, seed in ((model, 1), (powertools, 2), (idle, 3)):
        events = events_of_orders(seed=seed, orders=60)
        crossed = cross(route, events, Books())

        assert crossed.events == len(events)
        assert crossed.spent.emulator > 0
        assert crossed.spent.all_functions > 0
        assert 6 <= len(call_durations(route, since=crossed.began)) <= len(events)

    assert [model.waiting(), powertools.waiting()] == [0, 0]
    assert not model.platform.client("sns").list_subscriptions_by_topic(TopicArn=model.topic_arn)["Subscriptions"]


def test_books_that_are_not_exact_are_no_result(model: Route, monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast they came: a missing entry, an unpublished one, one with another amount."""
    books, whole = Books(model.amounts()), Route.amounts
    monkeypatch.setattr(Route, "amounts", lambda route: dict(list(whole(route).items())[1:]))

    with pytest.raises(WrongAnswer, match="the ledger holds"):
        cross(model, events_of_orders(seed=4, orders=5), books)
    for held in ({"one": 2}, {"one": 1, "two": 1}):
        with pytest.raises(WrongAnswer, match="not 1 that come to 1"):
            Books({"one": 1}).compare(held)
    Books({"one": 1}).compare({"one": 1})


def test_a_route_that_does_not_book_is_given_up(model: Route, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than waited for without end."""
    deaf = replace(model, queue_url=make_queue(model, "deaf"), function="deaf")
    monkeypatch.setattr(crossing, "PATIENCE", 1.0)

    with pytest.raises(WrongAnswer, match="deaf did not book"):
        cross(deaf, events_of_orders(seed=5, orders=5), Books(model.amounts()))


def test_what_is_published_alone_is_all_there(model: Route) -> None:
    """In the queue, since it has no consumer."""
    spare = replace(model, queue_url=make_queue(model, "spare"), function="", table="")

    assert publish_alone(spare, events_of_orders(seed=6, orders=20)) > 0
    with pytest.raises(WrongAnswer, match="are in the queue"):
        publish_alone(spare, events_of_orders(seed=7, orders=20))


def test_requests_are_timed_in_tables_of_their_own(model: Route) -> None:
    """So that the books stay exact."""
    before = model.entries()

    assert all(took > 0 for took in requests_of_a_call(model, events_of_orders(seed=8, orders=60), size=2))
    assert model.entries() == before


def test_a_function_that_ended_does_not_count_against_the_others() -> None:
    """Its processor time is gone with it."""
    earlier = Spent(1.0, {1: 5.0, 2: 1.0}, 0.5)

    passed = Spent(3.0, {2: 1.5, 3: 0.25}, 0.75).since(earlier)

    assert (passed.emulator, passed.all_functions, passed.publishers) == (2.0, 0.75, 0.25)
