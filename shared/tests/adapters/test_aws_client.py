import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from typing import Any

import botocore
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ParamValidationError, UnknownServiceError
from botocore.session import get_session

from patterns_shared.adapters import aws_client
from patterns_shared.adapters.aws_client import create_client

Client = Any
"""botocore makes its client classes at run time."""


@pytest.fixture
def fresh_session() -> Iterator[None]:
    """Read the environment again, in this test and after it."""
    aws_client._session.cache_clear()
    yield
    aws_client._session.cache_clear()


def test_a_client_gives_up_within_the_gateways_patience() -> None:
    """Three attempts of a second to connect and two to read, in all."""
    config = create_client("dynamodb").meta.config
    assert (config.connect_timeout, config.read_timeout) == (1.0, 2.0)
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}


def test_a_caller_may_be_more_patient() -> None:
    """Each figure can be said."""
    config = create_client("sqs", connect_timeout=0.5, read_timeout=25, max_attempts=1).meta.config
    assert (config.connect_timeout, config.read_timeout) == (0.5, 25)
    assert config.retries["total_max_attempts"] == 1


def test_region_and_endpoint_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the same code runs on AWS and on the local platform."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_REGION", raising=False)
    meta = create_client("events").meta
    assert (meta.endpoint_url, meta.region_name) == ("http://127.0.0.1:4566", "eu-west-1")


def test_the_runtimes_own_region_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task on Fargate may have no other than AWS_REGION; it wins where both are set."""
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    for default in ("eu-west-1", None):
        monkeypatch.setenv("AWS_DEFAULT_REGION", default) if default else monkeypatch.delenv("AWS_DEFAULT_REGION")
        assert create_client("events").meta.region_name == "eu-north-1"


@pytest.mark.usefixtures("fresh_session")
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_buckets_are_reached_in_every_region(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in us-east-1, for which S3 is special: botocore's default there is a region that we do not look up."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.delenv("AWS_REGION", raising=False)
    meta = create_client("s3").meta
    assert (meta.endpoint_url, meta.region_name) == (f"https://s3.{region}.amazonaws.com", region)


@pytest.mark.parametrize("service", ["dynamodb", "events", "secretsmanager", "sqs"])
def test_a_client_is_the_one_that_botocore_makes(service: str) -> None:
    """Only the way to it is shorter: the same service model in the same version, the same endpoint."""
    ours, theirs = create_client(service), get_session().create_client(service, region_name="us-east-1")
    assert ours.meta.service_model.api_version == theirs.meta.service_model.api_version
    assert ours.meta.service_model.operation_names == theirs.meta.service_model.operation_names
    assert ours.meta.endpoint_url == theirs.meta.endpoint_url


@pytest.mark.usefixtures("fresh_session")
@pytest.mark.parametrize(
    ("service", "operation", "region", "variant"),
    [
        ("dynamodb", "list_tables", "us-east-1", ""),
        ("dynamodb", "list_tables", "eu-central-2", "AWS_USE_DUALSTACK_ENDPOINT"),
        ("dynamodb", "list_tables", "cn-north-1", ""),
        ("dynamodb", "list_tables", "us-gov-west-1", ""),
        ("dynamodb", "list_tables", "us-gov-east-1", "AWS_USE_FIPS_ENDPOINT"),
        ("events", "list_rules", "cn-north-1", ""),
        ("secretsmanager", "list_secrets", "cn-north-1", ""),
        ("sns", "list_topics", "cn-north-1", ""),
        ("sqs", "list_queues", "cn-north-1", ""),
    ],
)
def test_a_request_goes_where_botocore_would_send_it(
    monkeypatch: pytest.MonkeyPatch, service: str, operation: str, region: str, variant: str
) -> None:
    """In every partition, for every kind of endpoint: the list that is not read would not have been asked."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    if variant:
        monkeypatch.setenv(variant, "true")
    ours, theirs = create_client(service), get_session().create_client(service)
    assert _address_and_scope(ours, operation) == _address_and_scope(theirs, operation)


def _address_and_scope(client: Client, operation: str) -> tuple[str, str]:
    """Return where a request goes and the scope that it is signed for."""
    request = _request_of(client, operation)
    scope = re.search(r"Credential=testing/(.*?),", str(request.headers["Authorization"]))
    assert scope
    return request.url, scope[1]


def _request_of(client: Client, operation: str, **parameters: object) -> AWSPreparedRequest:
    """Return the request that would be sent."""
    sent: list[AWSPreparedRequest] = []

    def refuse(request: AWSPreparedRequest, **_: object) -> None:
        sent.append(request)
        raise ConnectionRefusedError

    client.meta.events.register_first("before-send", refuse)
    with pytest.raises(ConnectionRefusedError):
        getattr(client, operation)(**parameters)
    return sent[0]


def _statement(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {"Statement": "INSERT INTO \"t\" VALUE {'k':?}", "Parameters": list(parameters)}


@pytest.mark.usefixtures("fresh_session")
@pytest.mark.parametrize("checks_parameters", [True, False])
def test_statements_are_sent_as_botocore_would_send_them(
    monkeypatch: pytest.MonkeyPatch, *, checks_parameters: bool
) -> None:
    """Byte for byte, with every kind of parameter that JSON has, and with none."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    nested = {"M": {"list": {"L": [{"S": 'a "quoted" \u2028 é'}, {"NULL": True}]}, "set": {"NS": ["1", "2.5"]}}}
    statements = [
        _statement({"S": "k'1"}, {"N": "-9007199254740991"}, {"BOOL": False}, {"SS": ["a", "b"]}, nested),
        {"Statement": "SELECT * FROM t", "ConsistentRead": True, "ReturnValuesOnConditionCheckFailure": "NONE"},
    ]
    ours, theirs = (
        create_client("dynamodb", checks_parameters=checks_parameters),
        get_session().create_client("dynamodb"),
    )
    bodies = [
        _request_of(client, "batch_execute_statement", Statements=statements, ReturnConsumedCapacity="TOTAL").body
        for client in (ours, theirs)
    ]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(("checks_parameters", "error"), [(True, ParamValidationError), (False, TypeError)])
def test_a_binary_parameter_of_a_statement_is_refused(*, checks_parameters: bool, error: type[Exception]) -> None:
    """It is not JSON, and what is not JSON never leaves this process as something else."""
    client = create_client("dynamodb", checks_parameters=checks_parameters)
    with pytest.raises(error):
        client.batch_execute_statement(Statements=[_statement({"B": b"\x00"})])


@pytest.mark.usefixtures("fresh_session")
def test_a_request_tells_what_sends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With botocore's version and where it runs, for the service's logs."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.13")
    agent = str(_request_of(create_client("sqs"), "list_queues").headers["User-Agent"])
    assert f"Botocore/{botocore.__version__} " in agent
    assert "exec-env/AWS_Lambda_python3.13" in agent


def test_an_unknown_service_is_still_unknown() -> None:
    """A typing error is said as botocore says it."""
    with pytest.raises(UnknownServiceError, match="dynamo-db"):
        create_client("dynamo-db")


def test_what_a_cold_start_imports() -> None:
    """No boto3, no X-Ray SDK, no test tools: together they would double the time to the first answer."""
    code = (
        "import sys, patterns_shared.adapters.aws_client as a, patterns_shared.adapters.dynamodb_orders,"
        " patterns_shared.adapters.eventbridge, patterns_shared.adapters.secret, patterns_shared.adapters.order_ids,"
        " patterns_shared.observability.logger, patterns_shared.observability.metrics,"
        " patterns_shared.observability.tracing\n"
        "a.create_client('dynamodb')\n"
        "dear = {'boto3', 's3transfer', 'aws_xray_sdk', 'pytest', 'hypothesis', 'moto', 'pydantic'}\n"
        "print(sorted(dear & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("service", "documents"), [("dynamodb", {"BatchStatementRequest"}), ("s3", ()), ("sqs", ()), ("ssm", ())]
)
def test_a_description_is_botocores_own_without_documentation(service: str, documents: Collection[str]) -> None:
    """Operations, shapes and members are botocore's; the texts for people are empty, and some shapes marked."""

    def described(loader: Any) -> Any:  # noqa: ANN401 - JSON
        return loader.load_service_model(service, "service-2")

    def without(value: Any) -> Any:  # noqa: ANN401 - as above
        if isinstance(value, list):
            return [without(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {k: "" if k == "documentation" and isinstance(v, str) else without(v) for k, v in value.items()}

    theirs = described(get_session().get_component("data_loader"))
    ours = described(aws_client._session().get_component("data_loader"))
    assert ours != theirs
    expected = without(theirs)
    for shape in documents:
        expected["shapes"][shape]["document"] = True
    assert ours == expected
