from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from moto.s3.models import s3_backends

from patterns_batch.adapters import dynamodb_orders_scan
from patterns_batch.adapters.dynamodb_orders_scan import DynamoDBOrdersScan
from patterns_batch.adapters.pseudonym_secret import PseudonymSecret
from patterns_batch.adapters.s3_inputs import S3Inputs
from patterns_batch.adapters.s3_objects import S3Objects
from patterns_batch.errors import BadInput
from patterns_batch.testing import FixedPseudonyms, InMemoryInputs, InMemoryObjects, InMemoryOrdersTable, make_orders
from patterns_batch.testing.contracts import InputsContract, ObjectsContract, OrdersTableContract, PseudonymsContract
from patterns_shared.adapters.order_items import claim_key, order_to_item
from patterns_shared.domain.orders import Order

Clients = Callable[[str], Any]
PARAMETER = "/patterns/test/web_api/orders_table"


class TestInMemoryObjects(ObjectsContract):
    """The stand-in keeps the contract."""

    @pytest.fixture
    def objects(self) -> InMemoryObjects:
        """Empty."""
        return InMemoryObjects()


class TestS3Objects(ObjectsContract):
    """A bucket keeps the contract (S3 as moto plays it)."""

    @pytest.fixture
    def objects(self, aws: None, clients: Clients) -> S3Objects:  # noqa: ARG002
        """An empty bucket."""
        clients("s3").create_bucket(Bucket="reports")
        return S3Objects(clients("s3"), "reports")

    def test_a_listing_goes_on_page_by_page(self, objects: S3Objects) -> None:
        """S3 gives a thousand at a time."""
        bucket = s3_backends["123456789012"]["aws"]
        for number in range(1005):  # a tenth of the time that a thousand calls take
            bucket.put_object("reports", f"many/{number:04}", b"x")
        assert [found.key for found in objects.listing("many/")] == [f"many/{number:04}" for number in range(1005)]

    def test_a_page_opens_in_a_browser(self, objects: S3Objects, clients: Clients) -> None:
        """And is not downloaded: the content type says what it is."""
        objects.write("index.html", b"<p>")
        assert (
            clients("s3").head_object(Bucket="reports", Key="index.html")["ContentType"] == "text/html; charset=utf-8"
        )

    def test_a_creation_whose_answer_was_lost_is_still_ours(
        self, objects: S3Objects, clients: Clients, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The client repeats it, and meets what it put itself."""
        put = clients("s3").put_object

        def twice(**request: object) -> object:
            put(**request)
            return put(**request)

        monkeypatch.setattr(clients("s3"), "put_object", twice, raising=False)
        assert objects.create("a", b"mine") is True


class TestInMemoryInputs(InputsContract):
    """The stand-in keeps the contract."""

    @pytest.fixture
    def inputs(self) -> InMemoryInputs:
        """Empty."""
        return InMemoryInputs()

    @pytest.fixture
    def drop(self, inputs: InMemoryInputs) -> Callable[[str, bytes], None]:
        """Put an object."""
        return lambda key, content: inputs.kept.__setitem__(("inbox", key), content)


class TestS3Inputs(InputsContract):
    """A bucket keeps the contract (S3 as moto plays it)."""

    @pytest.fixture
    def inputs(self, aws: None, clients: Clients) -> S3Inputs:  # noqa: ARG002
        """An empty bucket."""
        clients("s3").create_bucket(Bucket="inbox")
        return S3Inputs(clients("s3"))

    @pytest.fixture
    def drop(self, clients: Clients) -> Callable[[str, bytes], None]:
        """Put an object."""
        return lambda key, content: clients("s3").put_object(Bucket="inbox", Key=key, Body=content)

    def test_a_version_is_read_after_it_was_replaced(self, inputs: S3Inputs, clients: Clients) -> None:
        """In a bucket with versions a run goes on with the one that it was planned with."""
        versioning = {"Status": "Enabled"}
        clients("s3").put_bucket_versioning(Bucket="inbox", VersioningConfiguration=versioning)
        clients("s3").put_object(Bucket="inbox", Key="a.csv", Body=b"before")
        source = self._source(inputs, "a.csv")
        clients("s3").put_object(Bucket="inbox", Key="a.csv", Body=b"after!")
        assert source.version_id
        assert inputs.read(source, (0, 6)) == b"before"

    def test_a_bucket_that_is_not_there_is_named(self, inputs: S3Inputs) -> None:
        """As one who mistyped it would want."""
        with pytest.raises(BadInput, match="s3://nowhere/a: is not there"):
            inputs.describe("nowhere", "a")


class TestInMemoryOrdersTable(OrdersTableContract):
    """The stand-in keeps the contract."""

    @pytest.fixture
    def table_of(self) -> Callable[[Sequence[Order]], InMemoryOrdersTable]:
        """Make a table."""
        return InMemoryOrdersTable


class TestDynamoDBOrdersScan(OrdersTableContract):
    """The web API's table keeps the contract (DynamoDB and SSM as moto plays them)."""

    @pytest.fixture
    def table_of(self, aws: None, clients: Clients) -> Callable[[Sequence[Order]], DynamoDBOrdersScan]:  # noqa: ARG002
        """Make the table, with a claim in it, as the web API keeps them."""

        def make(orders: Sequence[Order]) -> DynamoDBOrdersScan:
            dynamodb, ssm = clients("dynamodb"), clients("ssm")
            dynamodb.create_table(
                TableName="patterns-test-orders",
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            )
            for order in orders:
                dynamodb.put_item(TableName="patterns-test-orders", Item=order_to_item(order, traceparent=""))
            claim = {**claim_key("ada", "key"), "order_snapshot": {"M": order_to_item(orders[0], traceparent="")}}
            dynamodb.put_item(TableName="patterns-test-orders", Item=claim)
            ssm.put_parameter(Name=PARAMETER, Value="patterns-test-orders", Type="String")
            return DynamoDBOrdersScan(dynamodb, ssm, "test")

        return make

    def test_no_address_is_read(self, table_of: Callable[[Sequence[Order]], DynamoDBOrdersScan]) -> None:
        """The report needs none, so none leaves the table."""
        from_1970 = [(0, 1 << 52)]
        page = table_of(make_orders(1, day=date(2026, 11, 22))).scan("patterns-test-orders", (0, 1), from_1970, None)
        assert b"order_id" in page.text
        assert b"@example.com" not in page.text

    @pytest.mark.parametrize(
        ("answer", "start"),
        [
            (b'{"Count":0,"Items":[],"ScannedCount":0}', None),
            (b'{"Items":[{"sku":{"S":"LastEvaluatedKey"}}]}', None),
            (b'{"Items":[{"sku":{"S":"\\"LastEvaluatedKey\\":"}}]}', None),
            (b'{"LastEvaluatedKey":{"pk":{"S":"a}\\"\xc3\xbc"}},"Items":[{}]}', {"pk": {"S": 'a}"ü'}}),
            (b'{"Items":[{}], "LastEvaluatedKey" : {"pk": {"S": "b"}}, "Count": 1}', {"pk": {"S": "b"}}),
        ],
    )
    def test_where_the_next_page_begins_is_found_wherever_it_stands(
        self, answer: bytes, start: dict[str, dict[str, str]] | None
    ) -> None:
        """And nothing that only looks like it."""
        assert dynamodb_orders_scan._next_start(answer) == start

    def test_a_web_api_that_is_not_deployed_is_named(self, aws: None, clients: Clients) -> None:  # noqa: ARG002
        """By the parameter that it would publish, and by its table."""
        table = DynamoDBOrdersScan(clients("dynamodb"), clients("ssm"), "test")
        with pytest.raises(BadInput, match=f"not deployed: there is no parameter {PARAMETER}"):
            table.find()
        clients("ssm").put_parameter(Name=PARAMETER, Value="gone", Type="String")
        with pytest.raises(BadInput, match="the orders table gone does not exist"):
            table.find()
        with pytest.raises(BadInput, match="the orders table gone does not exist"):
            table.scan("gone", (0, 1), [(0, 1)], None)


class TestFixedPseudonyms(PseudonymsContract):
    """The stand-in keeps the contract."""

    @pytest.fixture
    def pseudonyms(self) -> FixedPseudonyms:
        """One version."""
        return FixedPseudonyms()

    @pytest.fixture
    def rotate(self, pseudonyms: FixedPseudonyms) -> Callable[[], None]:
        """Add another."""
        return lambda: pseudonyms.keys.update({"2": "another secret of enough characters"})


class TestPseudonymSecret(PseudonymsContract):
    """A secret keeps the contract (Secrets Manager as moto plays it)."""

    @pytest.fixture
    def pseudonyms(self, aws: None, clients: Clients) -> PseudonymSecret:  # noqa: ARG002
        """One version."""
        clients("secretsmanager").create_secret(Name="pseudonyms", SecretString="a secret of enough characters")
        return PseudonymSecret(clients("secretsmanager"), "pseudonyms")

    @pytest.fixture
    def rotate(self, clients: Clients) -> Callable[[], None]:
        """Add another."""
        change = {"SecretId": "pseudonyms", "SecretString": "another secret of enough characters"}
        return lambda: clients("secretsmanager").put_secret_value(**change)

    def test_a_short_key_is_refused(self, pseudonyms: PseudonymSecret, clients: Clients) -> None:
        """It could be guessed, and with it who the customers are."""
        clients("secretsmanager").put_secret_value(SecretId="pseudonyms", SecretString="short")
        with pytest.raises(BadInput, match="at least 16 characters"):
            pseudonyms.key(pseudonyms.current_version())
