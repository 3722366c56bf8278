from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from patterns_async.adapters.dynamodb_circuit import DynamoDBCircuit
from patterns_async.adapters.dynamodb_claims import DynamoDBClaims
from patterns_async.adapters.dynamodb_ledger import DynamoDBLedger, LedgerRefused
from patterns_async.application.books import Booked, Entry, entry_of
from patterns_async.application.circuit import Circuit
from patterns_async.testing import InMemoryCircuit, InMemoryClaims, InMemoryLedger
from patterns_async.testing.contracts import CircuitStoreContract, ClaimsContract, LedgerContract
from patterns_shared.domain.errors import PermanentFailure, TemporarilyUnavailable
from patterns_shared.domain.events import EventType
from patterns_shared.testing import FrozenClock, make_event

Client = Any
Clients = Callable[[str], Client]
KeyedTable = Callable[[str, str], str]
SALE = entry_of(make_event(EventType.ORDER_FULFILLED))


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
        """The client repeats it, meets what it wrote itself, and must not take that for somebody else's."""
        store = DynamoDBCircuit(clients("dynamodb"), keyed_table("circuit", "circuit"), "partner")
        repeated("put_item")
        mine = Circuit(failures=1, version=1)
        assert store.replace(Circuit(), mine) is mine

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
    def ledger(self, clients: Clients) -> DynamoDBLedger:
        """The ledger on a table that only answers."""
        return DynamoDBLedger(clients("dynamodb"), "ledger")

    @pytest.mark.parametrize(
        ("code", "result"),
        [
            ("DuplicateItem", Booked.SEEN),
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
        """It is nobody's dead letter: the messages wait until it is granted."""
        says(lambda _: ClientError({"Error": {"Code": "AccessDeniedException"}}, "BatchExecuteStatement"))
        with pytest.raises(ClientError, match="AccessDenied"):
            ledger.append(entries(2))


@pytest.mark.usefixtures("uncorrected")
def test_moto_still_cannot_insert(clients: Clients, ledger_table: str) -> None:
    """When this fails, moto reads an insert's parameters, and the correction in conftest can be looked at again."""
    with pytest.raises(TypeError, match="Variable"):
        DynamoDBLedger(clients("dynamodb"), ledger_table).append([SALE])
