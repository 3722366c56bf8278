"""DynamoDB throttled, hanging, gone: the customer is asked to come back, and no order is ever half written."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.calls import one_line, signed_in
from tests.clients import administrator
from tests.faulty_service import Answer, Fault, FaultyService, Request, answer_error, lose_answer, pass_on
from tests.in_process import InProcessApi, api_in_process
from tests.problems import is_problem
from tests.stack import WebApiStack
from tests.table_faults import FAULTS, QUICK, RELEASED, ROUTES, WITH_KEY, WITHOUT_KEY, Route, asks_to_come_back

from patterns_cli.demo.shoppers import Shopper
from patterns_local.platform import Platform

Kept = Callable[[], dict[str, int]]


@pytest.fixture(scope="module")
def table(platform: Platform) -> Iterator[FaultyService]:
    """Give what stands in front of DynamoDB."""
    with FaultyService(platform.endpoint_url) as service:
        yield service
        RELEASED.set()


@pytest.fixture
def faulty_api(platform: Platform, stack: WebApiStack, table: FaultyService) -> Iterator[InProcessApi]:
    """Give the API with the faulty table; a new one for each test, since botocore's quota of retries is a client's."""
    with api_in_process(platform, stack, dynamodb=table.url) as api:
        yield api


@pytest.fixture
def customer_id(table: FaultyService) -> str:
    """Return a customer of this test only; the table is in order when a test begins."""
    table.fault = pass_on
    return str(uuid.uuid4())


@pytest.fixture
def order_id(faulty_api: InProcessApi, customer_id: str) -> str:
    """Return an order that was placed before the trouble began."""
    return str(WITHOUT_KEY.ask(faulty_api, customer_id).json()["order_id"])


@pytest.fixture
def kept(platform: Platform, orders_table: str, customer_id: str) -> Kept:
    """Return what counts the customer's orders, by status, and claims in the table, past the API and its indexes."""

    def count() -> dict[str, int]:
        pages = (
            administrator(platform, "dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=orders_table,
                ConsistentRead=True,
                FilterExpression="customer_id = :customer OR begins_with(pk, :claim)",
                ExpressionAttributeValues={
                    ":customer": {"S": customer_id},
                    ":claim": {"S": f"IDEMPOTENCY#{customer_id}#"},
                },
            )
        )
        items = [item for page in pages for item in page["Items"]]
        return Counter(item["status"]["S"] if item["pk"]["S"].startswith("ORDER#") else "claim" for item in items)

    return count


def cases() -> list[Any]:
    """Return every fault on every route."""
    return [
        pytest.param(
            fault, route, id=f"{name}, {what}", marks=pytest.mark.integration if name == QUICK else pytest.mark.faults
        )
        for name, fault in FAULTS.items()
        for what, route in ROUTES.items()
    ]


@pytest.mark.parametrize(("fault", "route"), cases())
def test_a_failing_table_is_a_503_that_changed_nothing(
    kept: Kept,
    table: FaultyService,
    faulty_api: InProcessApi,
    customer_id: str,
    order_id: str,
    fault: Fault,
    route: Route,
) -> None:
    """Every route asks to come back after a bounded number of tries; the table is as before; then it works."""
    before = kept()
    assert before == {"PLACED": 1}
    table.operations.clear()
    table.fault = fault
    assert asks_to_come_back(route.ask(faulty_api, customer_id, order_id))
    assert 2 <= len(table.operations) <= 3
    assert kept() == before
    table.fault = pass_on
    assert route.ask(faulty_api, customer_id, order_id).status_code == (201 if route.places else 200)


@pytest.mark.faults
@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_the_moment_cancelled_is_a_503(
    kept: Kept, table: FaultyService, faulty_api: InProcessApi, customer_id: str, reason: str
) -> None:
    """A cancelled transaction whose reason passes by itself leaves neither order nor claim, and asks to come back."""
    reasons = [{"Code": "None"}, {"Code": reason, "Message": reason}]
    table.fault = answer_error(400, "TransactionCanceledException", CancellationReasons=reasons)
    assert asks_to_come_back(WITH_KEY.ask(faulty_api, customer_id))
    assert kept() == {}


@pytest.mark.faults
@pytest.mark.parametrize("route", [WITH_KEY, WITHOUT_KEY], ids=["with a key", "without a key"])
def test_an_order_whose_every_answer_is_lost_is_whole(
    kept: Kept, table: FaultyService, faulty_api: InProcessApi, customer_id: str, route: Route
) -> None:
    """The table did its work and its answers never arrived: one whole order, with its claim if there is a key.

    The customer is asked to come back; who does so with the key gets that order.
    """
    table.fault = lose_answer
    assert asks_to_come_back(route.ask(faulty_api, customer_id))
    assert kept() == ({"PLACED": 1, "claim": 1} if route.key else {"PLACED": 1})
    table.fault = pass_on
    if route.key:
        again = route.ask(faulty_api, customer_id)
        listed = faulty_api.request("GET", "/orders", customer_id=customer_id).json()["orders"]
        assert (again.status_code, [again.json()]) == (200, listed)


@pytest.mark.faults
@pytest.mark.parametrize("lost", [1, 2])
@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES.keys())
def test_a_lost_answer_is_made_good_by_the_next_try(
    kept: Kept,
    table: FaultyService,
    faulty_api: InProcessApi,
    customer_id: str,
    order_id: str,
    route: Route,
    lost: int,
) -> None:
    """When the first answers are lost, the client's own retry finds its own work: success, and written once."""
    remaining: list[Fault] = [lose_answer] * lost

    def losing(request: Request) -> Answer | None:
        return (remaining.pop() if remaining else pass_on)(request)

    table.fault = losing
    answer = route.ask(faulty_api, customer_id, order_id)
    assert answer.status_code == (201 if route.places else 200), answer.text
    assert not remaining
    expected = {"PLACED": 1}
    if route.places:
        expected = {"PLACED": 2, "claim": 1} if route.key else {"PLACED": 2}
    elif route.method == "POST":
        expected = {"CANCELLED": 1}
    assert kept() == expected


@pytest.mark.integration
@pytest.mark.parametrize("works", [0, 1], ids=["only the first request works", "only the second request works"])
def test_an_order_and_its_claim_are_one_request(
    kept: Kept, table: FaultyService, faulty_api: InProcessApi, customer_id: str, works: int
) -> None:
    """Whichever request is the only one that works, order and claim are there together: there is no time between."""
    seen: list[str] = []

    def only_one_works(request: Request) -> Answer | None:
        seen.append(request.operation)
        return (pass_on if len(seen) == works + 1 else FAULTS["unavailable"])(request)

    table.fault = only_one_works
    assert WITH_KEY.ask(faulty_api, customer_id).status_code == 201
    assert kept() == {"PLACED": 1, "claim": 1}


@pytest.mark.faults
def test_a_table_that_does_not_answer_is_a_503(platform: Platform, stack: WebApiStack, customer_id: str) -> None:
    """With nothing listening at the address every route asks to come back."""
    with FaultyService(platform.endpoint_url) as closed:
        address = closed.url
    with api_in_process(platform, stack, dynamodb=address) as api:
        for route in ROUTES.values():
            assert asks_to_come_back(route.ask(api, customer_id, str(uuid.uuid4())))


@pytest.mark.faults
def test_a_secret_store_that_fails_stops_cursors_only(platform: Platform, stack: WebApiStack, customer_id: str) -> None:
    """Without the cursors' key orders are placed, and a list of one page works; what needs a cursor comes back."""
    with FaultyService(platform.endpoint_url) as secrets_manager:
        secrets_manager.fault = answer_error(500, "InternalServiceError")
        with api_in_process(platform, stack, secrets_manager=secrets_manager.url) as api:
            assert [WITHOUT_KEY.ask(api, customer_id).status_code for _ in range(2)] == [201, 201]
            assert api.request("GET", "/orders", customer_id=customer_id).status_code == 200
            paged = api.request("GET", "/orders", customer_id=customer_id, query={"limit": "1"})
            assert asks_to_come_back(paged)


@pytest.mark.integration
def test_the_deployed_function_asks_to_come_back(
    platform: Platform, stack: WebApiStack, api: httpx.Client, alice: Shopper
) -> None:
    """Through the gateway a throttled table is the same 503, with Retry-After; with the table back, it works."""
    with FaultyService(platform.endpoint_url) as throttled:
        throttled.fault = FAULTS[QUICK]
        with stack.redirected("api", dynamodb=throttled.url):
            refused = api.post("/orders", json=one_line(), headers=signed_in(alice))
    assert is_problem(refused, 503, "temporarily-unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    assert len(throttled.operations) >= 2
    assert api.post("/orders", json=one_line(), headers=signed_in(alice)).status_code == 201
