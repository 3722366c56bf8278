from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from patterns_async.adapters.dynamodb_circuit import DynamoDBCircuit
from patterns_async.adapters.dynamodb_claims import DynamoDBClaims
from patterns_async.adapters.dynamodb_ledger import DynamoDBLedger, LedgerRefused
from patterns_async.adapters.dynamodb_suppressions import DynamoDBSuppressions
from patterns_async.application.books import Booked, Entry, entry_of
from patterns_async.application.bounces import SuppressionReason
from patterns_async.application.circuit import Circuit, State
from patterns_async.testing import InMemoryCircuit, InMemoryClaims, InMemoryLedger, InMemorySuppressions
from patterns_async.testing.contracts import (
    CircuitStoreContract,
    ClaimsContract,
    LedgerContract,
    SuppressionsContract,
)
from patterns_shared.domain.errors import EventConflict, PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import EventType
from patterns_shared.testing import FrozenClock, make_event

Client = Any
Clients = Callable[[str], Client]
KeyedTable = Callable[[str, str], str]
SALE = entry_of(make_event(EventType.ORDER_FULFILLED))
DUPLICATE = {"Error": {"Code": "DuplicateItem", "Message": "m"}}
EARLIER = {
    "order_id": {"S": SALE.order_id},
    "order_version": {"N": str(SALE.order_version)},
    "type": {"S": SALE.type.value},
    "amount": {"N": str(SALE.amount)},
    "currency": {"S": SALE.currency},
}
"""An entry of an earlier release, which kept no content."""


@pytest.fixture
def repeated(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make every call of an operation happen twice; the caller sees the second, as if the first's answer was lost."""

    def repeat(operation: str) -> None:
        call = getattr(clients("dynamodb"), operation)

        def twice(**request: object) -> object:
            call(**request)
            return call(**request)

        monkeypatch.setattr(clients("dynamodb"), operation, twice, raising=False)

    return repeat


class TestInMemoryLedger(LedgerContract):
    """The stand-in keeps the contract."""

    @pytest.fixture
    def ledger(self) -> InMemoryLedger:
        """Empty books."""
        return InMemoryLedger()


class TestDynamoDBLedger(LedgerContract):
    """The table keeps the contract (DynamoDB as moto plays it, corrected where it overwrites)."""

    @pytest.fixture
    def ledger(self, clients: Clients, ledger_table: str) -> DynamoDBLedger:
        """Empty books."""
        return DynamoDBLedger(clients("dynamodb"), ledger_table)


class TestInMemoryCircuit(CircuitStoreContract):
    """The stand-in keeps the contract."""

    @pytest.fixture
    def store(self) -> InMemoryCircuit:
        """Never kept."""
        return InMemoryCircuit()


class TestDynamoDBCircuit(CircuitStoreContract):
    """The item keeps the contract."""

    @pytest.fixture
    def store(self, clients: Clients, keyed_table: KeyedTable) -> DynamoDBCircuit:
        """Never kept."""
        return DynamoDBCircuit(clients("dynamodb"), keyed_table("circuit", "circuit"), "partner")

    def test_of_two_who_write_the_same_one_wins(self, clients: Clients, keyed_table: KeyedTable) -> None:
        """Two claims of a probe at the same moment look the same, and must not both be the winner's."""
        table = keyed_table("circuit", "circuit")
        one, other = (DynamoDBCircuit(clients("dynamodb"), table, "partner") for _ in range(2))
        mine, theirs = Circuit(failures=1, version=1), Circuit(failures=1, version=1)
        assert one.replace(Circuit(), mine) is mine
        assert other.replace(Circuit(), theirs) is not theirs

    def test_a_write_whose_answer_was_lost_is_still_ours(
        self, clients: Clients, keyed_table: KeyedTable, repeated: Callable[[str], None]
    ) -> None:
        """The client repeats it, finds its own write, and must not take it for another worker's."""
        store = DynamoDBCircuit(clients("dynamodb"), keyed_table("circuit", "circuit"), "partner")
        repeated("put_item")
        mine = Circuit(failures=1, version=1)
        assert store.replace(Circuit(), mine) is mine

    def test_an_item_of_an_earlier_version_is_read(self, clients: Clients, keyed_table: KeyedTable) -> None:
        """A deployment finds the circuit as it was, without what is counted since."""
        table = keyed_table("circuit", "circuit")
        item = {name: {"N": "1"} for name in ("failures", "trips", "until", "version")}
        clients("dynamodb").put_item(
            TableName=table, Item={"circuit": {"S": "partner"}, "state": {"S": "OPEN"}, **item}
        )
        read = DynamoDBCircuit(clients("dynamodb"), table, "partner").read()
        assert read == Circuit(state=State.OPEN, failures=1, trips=1, until=1, version=1)

    def test_an_item_that_is_gone_is_a_closed_circuit(self, clients: Clients, keyed_table: KeyedTable) -> None:
        """An operator deleted it; what depended on it starts anew."""
        store = DynamoDBCircuit(clients("dynamodb"), keyed_table("circuit", "circuit"), "partner")
        assert store.replace(Circuit(version=7), Circuit(version=8)) == Circuit()


class TestInMemoryClaims(ClaimsContract):
    """The stand-in keeps the contract."""

    @pytest.fixture
    def claims(self) -> InMemoryClaims:
        """No claims."""
        return InMemoryClaims(lease=90)


class TestDynamoDBClaims(ClaimsContract):
    """The table keeps the contract."""

    @pytest.fixture
    def claims(self, clients: Clients, keyed_table: KeyedTable) -> DynamoDBClaims:
        """No claims."""
        return DynamoDBClaims(clients("dynamodb"), keyed_table("notifications", "order_id"), lease=90)

    def test_a_claim_whose_answer_was_lost_is_still_ours(
        self, claims: DynamoDBClaims, repeated: Callable[[str], None]
    ) -> None:
        """The client repeats it: the mail goes out now, and not after the claim has run out."""
        repeated("update_item")
        cancellation = make_event(EventType.ORDER_CANCELLED)
        assert claims.claim(cancellation, cancels=True, now=FrozenClock()()) is True

    def test_no_address_is_kept_and_the_item_goes_away(self, clients: Clients, claims: DynamoDBClaims) -> None:
        """After thirty days, when no queue has a duplicate any more."""
        now = FrozenClock()()
        event = make_event(EventType.ORDER_FULFILLED)
        claims.claim(event, cancels=False, now=now)
        claims.mark_sent(event, now=now)
        (item,) = clients("dynamodb").scan(TableName="notifications")["Items"]
        assert "ada@" not in str(item)
        assert int(item["expires_at"]["N"]) - int(now.timestamp()) == 30 * 24 * 3600

    def test_another_worker_is_waited_for_as_long_as_a_mail_takes(self, claims: DynamoDBClaims) -> None:
        """Not until its claim runs out, which is for those that died."""
        now = FrozenClock()()
        claims.claim(make_event(), cancels=False, now=now)
        with pytest.raises(TemporarilyUnavailable) as waiting:
            claims.claim(make_event(), cancels=False, now=now)
        assert waiting.value.retry_after == TemporarilyUnavailable("any").retry_after


def entries(count: int) -> list[Entry]:
    """Return entries of different events."""
    return [replace(SALE, event_id=f"event-{n}") for n in range(count)]


class TestWhatTheTableSays:
    """Every answer to every statement becomes the right result, for its own entry."""

    @pytest.fixture
    def says(self, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
        """Make the table answer each request by a function of its number of statements."""

        def use(answer: Callable[[int], object]) -> list[int]:
            sizes: list[int] = []

            def call(*, Statements: list[object]) -> object:  # noqa: N803 - the client's name
                sizes.append(len(Statements))
                result = answer(len(Statements))
                if isinstance(result, Exception):
                    raise result
                return result

            monkeypatch.setattr(clients("dynamodb"), "batch_execute_statement", call, raising=False)
            return sizes

        return use

    @pytest.fixture
    def reads(self, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
        """Let the table have every entry that is read; returns the ids of each read."""
        reads: list[list[str]] = []

        def read(*, RequestItems: dict[str, Any]) -> object:  # noqa: N803 - the client's name
            ids = [key["event_id"]["S"] for key in RequestItems["ledger"]["Keys"]]
            reads.append(ids)
            return {"Responses": {"ledger": [{"event_id": {"S": x}, "content": {"S": SALE.content}} for x in ids]}}

        monkeypatch.setattr(clients("dynamodb"), "batch_get_item", read, raising=False)
        return reads

    @pytest.fixture
    def ledger(self, clients: Clients) -> DynamoDBLedger:
        """The ledger on a table that only answers."""
        return DynamoDBLedger(clients("dynamodb"), "ledger")

    @pytest.mark.parametrize(
        ("code", "result"),
        [
            ("ThrottlingError", TemporarilyUnavailable),
            ("RequestLimitExceeded", TemporarilyUnavailable),
            ("ProvisionedThroughputExceeded", TemporarilyUnavailable),
            ("InternalServerError", TemporarilyUnavailable),
            ("ValidationError", PermanentFailure),
            ("AccessDenied", LedgerRefused),
            ("ResourceNotFound", LedgerRefused),
        ],
    )
    def test_an_entry_that_is_refused_is_alone(
        self, ledger: DynamoDBLedger, says: Callable[..., list[int]], code: str, result: Booked | type[Exception]
    ) -> None:
        """The others are booked."""
        says(lambda _: {"Responses": [{}, {"Error": {"Code": code, "Message": "m"}}, {}]})
        results = ledger.append(entries(3))
        assert results["event-0"] is results["event-2"] is Booked.BOOKED
        refused = results["event-1"]
        assert refused is result if isinstance(result, Booked) else isinstance(refused, result)

    def test_only_a_duplicate_is_read(
        self, ledger: DynamoDBLedger, says: Callable[..., list[int]], reads: list[list[str]]
    ) -> None:
        """One read for all duplicates of a request, and none where there are none."""
        says(lambda n: {"Responses": [{}] * n})
        ledger.append(entries(3))
        assert reads == []
        says(lambda _: {"Responses": [DUPLICATE, {}, DUPLICATE]})
        results = ledger.append(entries(3))
        assert reads == [["event-0", "event-2"]]
        assert [results[f"event-{n}"] for n in range(3)] == [Booked.SEEN, Booked.BOOKED, Booked.SEEN]

    @pytest.mark.parametrize(
        ("there", "result"),
        [
            ({"content": {"S": SALE.content}}, Booked.SEEN),
            ({"content": {"S": "0" * 64}}, EventConflict),
            ({}, EventConflict),
            (EARLIER, Booked.SEEN),
            ({**EARLIER, "occurred_at": {"S": "another time"}}, Booked.SEEN),
            ({**EARLIER, "order_id": {"S": "another"}}, EventConflict),
            ({**EARLIER, "amount": {"N": "1"}}, EventConflict),
            (None, TemporarilyUnavailable),
            (ClientError({"Error": {"Code": "ThrottlingException"}}, "BatchGetItem"), TemporarilyUnavailable),
        ],
    )
    def test_a_duplicate_is_compared_with_the_entry_that_is_there(
        self,
        ledger: DynamoDBLedger,
        says: Callable[..., list[int]],
        clients: Clients,
        monkeypatch: pytest.MonkeyPatch,
        there: object,
        result: Booked | type[Exception],
    ) -> None:
        """By its content, or what it says where an earlier release booked it; one that cannot be read comes again."""

        def read(**_: object) -> object:
            if isinstance(there, Exception):
                raise there
            items = [] if there is None else [{"event_id": {"S": SALE.event_id}, **there}]  # type: ignore[dict-item] # a mapping
            return {"Responses": {"ledger": items}}

        says(lambda _: {"Responses": [DUPLICATE]})
        monkeypatch.setattr(clients("dynamodb"), "batch_get_item", read, raising=False)
        found = ledger.append([SALE])[SALE.event_id]
        assert found is result if isinstance(result, Booked) else isinstance(found, result)

    def test_a_request_takes_25(self, ledger: DynamoDBLedger, says: Callable[..., list[int]]) -> None:
        """As many as DynamoDB allows."""
        sizes = says(lambda n: {"Responses": [{}] * n})
        assert set(ledger.append(entries(60)).values()) == {Booked.BOOKED}
        assert sizes == [25, 25, 10]

    def test_a_table_that_is_down_fails_its_own_request_only(
        self, ledger: DynamoDBLedger, says: Callable[..., list[int]]
    ) -> None:
        """What was booked before stays booked, and is not tried again."""
        down = ClientError({"Error": {"Code": "ThrottlingException"}}, "BatchExecuteStatement")
        says(lambda n: down if n == 25 else {"Responses": [{}] * n})
        results = ledger.append(entries(30))
        assert [isinstance(results[f"event-{n}"], TemporarilyUnavailable) for n in (0, 24, 25, 29)] == [
            True,
            True,
            False,
            False,
        ]

    def test_a_request_that_is_refused_as_a_whole_is_taken_apart(
        self, ledger: DynamoDBLedger, says: Callable[..., list[int]]
    ) -> None:
        """One entry that the service cannot even read costs only itself."""
        refused = ClientError({"Error": {"Code": "ValidationException", "Message": "m"}}, "BatchExecuteStatement")
        answers = iter([refused, {"Responses": [{}]}, refused, {"Responses": [{}]}])
        says(lambda _: next(answers))
        results = ledger.append(entries(3))
        assert results["event-0"] is results["event-2"] is Booked.BOOKED
        assert isinstance(results["event-1"], PermanentFailure)

    def test_a_missing_grant_is_not_hidden(self, ledger: DynamoDBLedger, says: Callable[..., list[int]]) -> None:
        """No message becomes a dead letter: they wait until it is granted."""
        says(lambda _: ClientError({"Error": {"Code": "AccessDeniedException"}}, "BatchExecuteStatement"))
        with pytest.raises(ClientError, match="AccessDenied"):
            ledger.append(entries(2))


@pytest.mark.usefixtures("uncorrected")
def test_moto_still_cannot_insert(clients: Clients, ledger_table: str) -> None:
    """When this fails, moto reads an insert's parameters, and the correction in conftest can be looked at again."""
    with pytest.raises(TypeError, match="Variable"):
        DynamoDBLedger(clients("dynamodb"), ledger_table).append([SALE])


class TestInMemorySuppressions(SuppressionsContract):
    """The stand-in keeps the contract."""

    @pytest.fixture
    def suppressions(self) -> InMemorySuppressions:
        """None suppressed."""
        return InMemorySuppressions()


class TestDynamoDBSuppressions(SuppressionsContract):
    """The table keeps the contract."""

    @pytest.fixture
    def suppressions(self, clients: Clients, keyed_table: KeyedTable) -> DynamoDBSuppressions:
        """None suppressed."""
        return DynamoDBSuppressions(clients("dynamodb"), keyed_table("suppressions", "address_hash"))

    def test_the_table_holds_no_address(self, suppressions: DynamoDBSuppressions, clients: Clients) -> None:
        """A hash, the first reason, and since when."""
        for reason in SuppressionReason:
            suppressions.add("ada@example.com", reason)
        (item,) = clients("dynamodb").scan(TableName="suppressions")["Items"]
        assert set(item) == {"address_hash", "reason", "since"}
        assert item["reason"] == {"S": "bounce"}
        assert "ada" not in str(item)
