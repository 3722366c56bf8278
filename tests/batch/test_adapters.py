"""The report's adapters keep their contracts on the platform, as the fakes and the unit tests' mock do."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.in_process import aws_environment

from patterns_batch.adapters.dynamodb_orders_scan import DynamoDBOrdersScan
from patterns_batch.adapters.pseudonym_secret import PseudonymSecret
from patterns_batch.adapters.s3_inputs import S3Inputs
from patterns_batch.adapters.s3_objects import S3Objects
from patterns_batch.errors import BadInput
from patterns_batch.manifest import FileSource
from patterns_batch.testing.contracts import InputsContract, ObjectsContract, OrdersTableContract, PseudonymsContract
from patterns_local.platform import Platform
from patterns_shared.adapters.aws_client import create_client
from patterns_shared.adapters.order_items import order_to_item
from patterns_shared.domain.orders import Order

pytestmark = pytest.mark.integration

Client = Any
"""botocore makes its client classes at run time."""


@pytest.fixture(scope="module")
def clients(platform: Platform) -> Iterator[Callable[[str], Client]]:
    """Give clients as the task makes them."""
    with aws_environment(platform, {}):
        yield lambda service: create_client(service, read_timeout=30.0)


@pytest.fixture
def name() -> str:
    """Return a name that nothing on the platform has."""
    return f"contract-{secrets.token_hex(4)}"


class TestS3Objects(ObjectsContract):
    """A bucket of the platform keeps the contract."""

    @pytest.fixture
    def objects(self, clients: Callable[[str], Client], name: str) -> S3Objects:
        """Give an empty bucket."""
        clients("s3").create_bucket(Bucket=name)
        return S3Objects(clients("s3"), name)

    def test_a_link_needs_no_credentials(self, objects: S3Objects) -> None:
        """The mail's reader can open it, with any browser."""
        objects.write("reports/date=2026-11-22/x y.html", b"<h1>page</h1>")
        found = httpx.get(objects.link("reports/date=2026-11-22/x y.html"), trust_env=False)
        assert (found.status_code, found.content) == (200, b"<h1>page</h1>")


class TestS3Inputs(InputsContract):
    """A bucket of the platform keeps the contract."""

    @pytest.fixture
    def inputs(self, clients: Callable[[str], Client]) -> S3Inputs:
        """Give the bucket that the contract names."""
        with suppress(clients("s3").exceptions.BucketAlreadyOwnedByYou):
            clients("s3").create_bucket(Bucket="inbox")
        return S3Inputs(clients("s3"))

    @pytest.fixture
    def drop(self, clients: Callable[[str], Client]) -> Callable[[str, bytes], None]:
        """Put an object."""
        return lambda key, content: clients("s3").put_object(Bucket="inbox", Key=key, Body=content)

    def test_a_version_is_read_after_it_was_replaced(
        self, clients: Callable[[str], Client], name: str, tmp_path: Path
    ) -> None:
        """The inbox keeps versions: a run goes on with parts of the one that it was planned with."""
        s3, inputs = clients("s3"), S3Inputs(clients("s3"))
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=name, Key="a.csv", Body=b"0123456789")
        found = inputs.describe(name, "a.csv")
        source = FileSource(
            bucket=name,
            key="a.csv",
            version_id=found.version_id,
            etag=found.etag,
            modified=found.modified.isoformat(),
            size=found.size,
            format="csv",
            compression="none",
        )
        s3.put_object(Bucket=name, Key="a.csv", Body=b"another version")
        assert inputs.describe(name, "a.csv", found.content) == found
        with pytest.raises(BadInput, match="is no longer there in the version that was to be reported"):
            inputs.describe(name, "a.csv", f"versionId={secrets.token_hex(16)}")
        assert inputs.read(source, (8, 10)) == b"89"
        inputs.fetch(source, [(0, 2), (7, 10)], tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == b"01" + bytes(5) + b"789"


class TestDynamoDBOrdersScan(OrdersTableContract):
    """A table of the platform keeps the contract."""

    @pytest.fixture
    def table_of(self, clients: Callable[[str], Client], name: str) -> Callable[[Sequence[Order]], DynamoDBOrdersScan]:
        """Make a table, published for a stage of its own."""

        def make(orders: Sequence[Order]) -> DynamoDBOrdersScan:
            clients("dynamodb").create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            )
            for order in orders:
                clients("dynamodb").put_item(TableName=name, Item=order_to_item(order, traceparent=""))
            clients("ssm").put_parameter(Name=f"/patterns/{name}/web_api/orders_table", Value=name, Type="String")
            return DynamoDBOrdersScan(clients("dynamodb"), clients("ssm"), name)

        return make


class TestPseudonymSecret(PseudonymsContract):
    """A secret of the platform keeps the contract."""

    @pytest.fixture
    def pseudonyms(self, clients: Callable[[str], Client], name: str) -> PseudonymSecret:
        """Give a secret of one version."""
        clients("secretsmanager").create_secret(Name=name, SecretString="a secret of enough characters")
        return PseudonymSecret(clients("secretsmanager"), name)

    @pytest.fixture
    def rotate(self, clients: Callable[[str], Client], name: str) -> Callable[[], None]:
        """Give it another key."""
        change = {"SecretId": name, "SecretString": "another secret of enough characters"}
        return lambda: clients("secretsmanager").put_secret_value(**change)
