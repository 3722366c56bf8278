import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.adapters.order_ids import new_order_id
from patterns_shared.adapters.order_items import claim_key, order_key, order_to_item
from patterns_shared.domain.errors import (
    IdempotencyMismatch,
    MalformedOrder,
    TemporarilyUnavailable,
)
from patterns_shared.domain.moves import Transition
from patterns_shared.domain.orders import OrderStatus
from patterns_shared.testing import make_claim, make_order
from patterns_shared.testing.made import TRACEPARENT
from patterns_shared.testing.orders_contract import OrdersContract

Client = Any
Answers = Callable[..., list[bytes]]
LoseAnswer = Callable[[Client, str], list[str]]
Call = Callable[[DynamoDBOrders], object]
Failure = tuple[int, bytes] | Exception

CALLS: dict[str, Call] = {
    "add": lambda orders: orders.add(make_order(), claim=None, traceparent=TRACEPARENT),
    "add with claim": lambda orders: orders.add(make_order(), claim=make_claim(), traceparent=TRACEPARENT),
    "get": lambda orders: orders.get("some-order"),
    "list": lambda orders: orders.list_for_customer("customer-1", status=None, limit=10, after=None),
    "move": lambda orders: orders.move(
        "some-order", OrderStatus.CANCELLED, customer_id="customer-1", traceparent=TRACEPARENT
    ),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def refusal(code: str, status: int = 400, **fields: object) -> tuple[int, bytes]:
    """Return an error as DynamoDB sends it."""
    return status, json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", **fields}).encode()


def cancelled(*reasons: dict[str, Any]) -> tuple[int, bytes]:
    """Return a cancelled transaction as DynamoDB sends it."""
    return refusal("TransactionCanceledException", Message="Transaction cancelled", CancellationReasons=reasons)


@pytest.fixture
def client(clients: Callable[[str], Client]) -> Client:
    """A client that tries once."""
    return clients("dynamodb")


@pytest.fixture
def orders(client: Client) -> DynamoDBOrders:
    """The repository on that client."""
    return DynamoDBOrders(client, "orders")


class TestContract(OrdersContract):
    """The repository on DynamoDB keeps the contract (DynamoDB as moto plays it)."""

    @pytest.fixture
    def repository(self, table: Client) -> DynamoDBOrders:
        """The repository on a table."""
        return DynamoDBOrders(table, "orders")


@each_call
@pytest.mark.parametrize(
    "failure",
    [
        refusal("ThrottlingException"),
        refusal("ProvisionedThroughputExceededException"),
        refusal("RequestLimitExceeded"),
        refusal("TransactionConflictException"),
        refusal("TransactionInProgressException"),
        refusal("InternalServerError", 500),
        (503, b"<html>Service Unavailable</html>"),
        (429, b""),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
        EndpointConnectionError(endpoint_url="https://dynamodb"),
    ],
    ids=str,
)
def test_what_passes_by_itself_is_temporarily_unavailable(
    orders: DynamoDBOrders, client: Client, answers: Answers, call: Call, failure: Failure
) -> None:
    """Throttling, timeouts, lost connections and server errors name the dependency and when to come again."""
    requests = answers(client, failure)
    with pytest.raises(TemporarilyUnavailable) as unavailable:
        call(orders)
    assert (unavailable.value.dependency, unavailable.value.retry_after) == ("orders table", 1)
    assert len(requests) == 1


@each_call
@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_a_mistake_of_ours_is_not_called_temporary(
    orders: DynamoDBOrders, client: Client, answers: Answers, call: Call, code: str
) -> None:
    """A missing grant, a missing table or a bad request stays what it is: no retry fixes it."""
    answers(client, refusal(code))
    with pytest.raises(ClientError, match=code):
        call(orders)


@each_call
def test_throttling_is_tried_three_times_in_all(answers: Answers, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's retries are bounded."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    client = create_client("dynamodb")
    requests = answers(client, *[refusal("ThrottlingException")] * 4)
    with pytest.raises(TemporarilyUnavailable):
        call(DynamoDBOrders(client, "orders"))
    assert len(requests) == 3
    assert len(pauses) == 2


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
@pytest.mark.parametrize("position", [0, 1])
def test_a_transaction_that_met_another_is_temporarily_unavailable(
    orders: DynamoDBOrders, client: Client, answers: Answers, code: str, position: int
) -> None:
    """Two requests with one key at the same moment: the loser is told to come again, and is then answered."""
    reasons = [{"Code": "None"}, {"Code": "None"}]
    reasons[position] = {"Code": code, "Message": "met another"}
    answers(client, cancelled(*reasons))
    with pytest.raises(TemporarilyUnavailable):
        orders.add(make_order(), claim=make_claim(), traceparent=TRACEPARENT)


def test_a_claim_that_is_known_decides_whatever_else_went_wrong(
    orders: DynamoDBOrders, client: Client, answers: Answers
) -> None:
    """The order of then is in the refusal, so the answer needs no second request."""
    first = make_order(order_id="first")
    item = {"fingerprint": {"S": "body-1"}, "order_snapshot": {"M": order_to_item(first, traceparent=TRACEPARENT)}}
    reasons = ({"Code": "TransactionConflict"}, {"Code": "ConditionalCheckFailed", "Item": item})
    requests = answers(client, cancelled(*reasons), cancelled(*reasons))
    placement = orders.add(make_order(), claim=make_claim(), traceparent=TRACEPARENT)
    assert (placement.order, placement.replayed) == (first, True)
    with pytest.raises(IdempotencyMismatch):
        orders.add(make_order(), claim=make_claim(fingerprint="body-2"), traceparent=TRACEPARENT)
    assert len(requests) == 2


@pytest.mark.parametrize(
    "reasons",
    [
        [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}],
        [{"Code": "None"}, {"Code": "ValidationError", "Message": "item too large"}],
        [],
    ],
)
def test_an_unexpected_cancellation_is_not_hidden(
    orders: DynamoDBOrders, client: Client, answers: Answers, reasons: list[Any]
) -> None:
    """An id that was used before, or an item that the table refuses, is a bug and stays visible."""
    answers(client, cancelled(*reasons))
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        orders.add(make_order(), claim=make_claim(), traceparent=TRACEPARENT)


def test_a_move_whose_answer_was_lost_has_still_won(table: Client, lose_answer: LoseAnswer) -> None:
    """The client's retry finds the order that it moved itself, and does not report a conflict."""
    order = make_order(order_id=new_order_id(utc_now()))
    orders = DynamoDBOrders(table, "orders")
    orders.add(order, claim=None, traceparent=TRACEPARENT)
    lost = lose_answer(table, "before-send.dynamodb.UpdateItem")
    moved = orders.move(order.order_id, OrderStatus.CANCELLED, customer_id=order.customer_id, traceparent=TRACEPARENT)
    assert len(lost) == 1
    assert moved == Transition(order.move(OrderStatus.CANCELLED), repeated=False)
    again = orders.move(order.order_id, OrderStatus.CANCELLED, customer_id=order.customer_id, traceparent=TRACEPARENT)
    assert again == Transition(moved.order, repeated=True)


def test_an_add_whose_answer_was_lost_was_still_the_first(table: Client, lose_answer: LoseAnswer) -> None:
    """The client's own retry meets the very order that it adds."""
    order = make_order(order_id=new_order_id(utc_now()))
    lost = lose_answer(table, "before-send.dynamodb.PutItem")
    placement = DynamoDBOrders(table, "orders").add(order, claim=None, traceparent=TRACEPARENT)
    assert len(lost) == 1
    assert (placement.order, placement.replayed) == (order, False)


def test_an_add_whose_answer_was_lost_succeeds_also_when_the_order_has_moved_since(
    table: Client,
) -> None:
    """Relay, worker and outcome, or a cancel, may be faster than the client's retry; its order stands."""
    order = make_order(order_id=new_order_id(utc_now()))
    orders = DynamoDBOrders(table, "orders")
    orders.add(order, claim=None, traceparent=TRACEPARENT)
    orders.move(order.order_id, OrderStatus.CANCELLED, customer_id=order.customer_id, traceparent=TRACEPARENT)
    assert orders.add(order, claim=None, traceparent=TRACEPARENT).replayed is False
    assert orders.get(order.order_id).status is OrderStatus.CANCELLED


def test_an_id_that_another_order_has_is_not_written_over(table: Client) -> None:
    """A repeated id overwrites no order; it raises an error."""
    order = make_order(order_id=new_order_id(utc_now()))
    orders = DynamoDBOrders(table, "orders")
    orders.add(order, claim=None, traceparent=TRACEPARENT)
    other = replace(order, customer_id="another-customer")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        orders.add(other, claim=None, traceparent=TRACEPARENT)
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        orders.add(other, claim=make_claim(key=order.order_id), traceparent=TRACEPARENT)
    assert orders.get(order.order_id) == order


def test_an_order_that_cannot_be_read_says_so(orders: DynamoDBOrders, client: Client, answers: Answers) -> None:
    """It is no mistake of the caller's, and not an order that is missing."""
    answers(client, (200, b'{"Item": {"pk": {"S": "ORDER#x"}, "order_id": {"S": "x"}}}'))
    with pytest.raises(MalformedOrder, match="customer_id is missing"):
        orders.get("x")


def test_reading_one_order_is_strongly_consistent(orders: DynamoDBOrders, client: Client, answers: Answers) -> None:
    """A customer who has just placed an order can read it."""
    requests = answers(client, (200, json.dumps({"Item": order_to_item(make_order(), traceparent="t")}).encode()))
    orders.get("x")
    assert json.loads(requests[0])["ConsistentRead"] is True


def test_a_page_that_dynamodb_cut_short_goes_on(orders: DynamoDBOrders, client: Client, answers: Answers) -> None:
    """A query ends at one megabyte too: the page is short then, and the next one starts where it ended."""
    order = make_order(order_id="0001")
    body = {"Items": [order_to_item(order, traceparent="t")], "LastEvaluatedKey": {"order_id": {"S": "0001"}}}
    answers(client, (200, json.dumps(body).encode()))
    page = orders.list_for_customer("customer-1", status=None, limit=10, after=None)
    assert page.next_after == "0001"


def test_a_query_asks_for_one_order_more_than_the_page_has(
    orders: DynamoDBOrders, client: Client, answers: Answers
) -> None:
    """DynamoDB says that it stopped, not that more follows: the one more tells whether there is a next page."""
    requests = answers(client, (200, b'{"Items": []}'))
    orders.list_for_customer("customer-1", status=None, limit=10, after=None)
    assert json.loads(requests[0])["Limit"] == 11


def test_no_request_carries_the_key_as_the_client_wrote_it(
    orders: DynamoDBOrders, client: Client, answers: Answers
) -> None:
    """Idempotency keys are the client's own text; the table keeps a hash."""
    requests = answers(client, (200, b"{}"))
    orders.add(make_order(), claim=make_claim(key="ada's secret key"), traceparent=TRACEPARENT)
    assert b"secret key" not in requests[0]


def test_a_claim_keeps_no_address(table: Client) -> None:
    """What a customer's erasure must find is in the orders, which an index finds, and nowhere else."""
    order = make_order(order_id=new_order_id(utc_now()), customer_id="customer-with-a-claim")
    DynamoDBOrders(table, "orders").add(order, claim=make_claim(), traceparent=TRACEPARENT)
    kept, claim = (
        table.get_item(TableName="orders", Key=key)["Item"]
        for key in (order_key(order.order_id), claim_key(order.customer_id, make_claim().key))
    )
    assert order.contact_email in json.dumps(kept)
    assert order.contact_email not in json.dumps(claim)


def test_a_claim_that_was_written_with_an_address_is_still_read(table: Client) -> None:
    """Those of the release before live for a day."""
    order = make_order(order_id=new_order_id(utc_now()), customer_id="customer-with-an-old-claim")
    orders = DynamoDBOrders(table, "orders")
    orders.add(order, claim=make_claim(), traceparent=TRACEPARENT)
    claim = table.get_item(TableName="orders", Key=claim_key(order.customer_id, make_claim().key))["Item"]
    claim["order_snapshot"]["M"]["contact_email"] = {"S": "before@example.com"}
    table.put_item(TableName="orders", Item=claim)
    again = orders.add(order, claim=make_claim(), traceparent=TRACEPARENT)
    assert (again.order.contact_email, again.replayed) == ("before@example.com", True)
