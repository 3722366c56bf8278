"""Every correction of the emulator is still needed, and works.

Each test sees AWS's behaviour in a corrected emulator and another one in the emulator as it comes from PyPI. When a
newer version behaves, the second half fails: the correction can go.
"""

import concurrent.futures
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

# The fixtures' class, which importlib's mode keeps out of reach as an import.
Emulator = Any
Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration

SCHEMA = {
    "type": "object",
    "required": ["lines"],
    "additionalProperties": False,
    "properties": {"lines": {"type": "array", "items": {"type": "object", "required": ["sku"]}}},
}


def _template(resources: dict[str, Any]) -> str:
    return json.dumps({"Resources": resources})


def _deploy(emulator: Emulator, name: str, resources: dict[str, Any]) -> str:
    """Deploy resources and return the stack's final status."""
    client = emulator.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=_template(resources))
    deadline = time.monotonic() + 20
    while True:
        status: str = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS") or time.monotonic() > deadline:
            return status
        time.sleep(0.05)


def _alarm(**metric: object) -> dict[str, Any]:
    threshold = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 1, "EvaluationPeriods": 1}
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": {"AlarmName": "errors", **threshold, **metric}}


def test_an_alarm_may_name_its_metric_under_metrics(corrected: Emulator, uncorrected: Emulator) -> None:
    """The CDK writes a metric with a label so; the emulator refuses the whole stack."""
    stat = {"Metric": {"MetricName": "Errors", "Namespace": "AWS/Lambda"}, "Period": 60, "Stat": "Sum"}
    labelled = _alarm(Metrics=[{"Id": "m1", "Label": "Api", "MetricStat": stat, "ReturnData": True}])
    assert _deploy(corrected, "labelled-alarm", {"A": labelled}) == "CREATE_COMPLETE"
    [alarm] = corrected.client("cloudwatch").describe_alarms(AlarmNames=["errors"])["MetricAlarms"]
    assert (alarm["MetricName"], alarm["Namespace"], alarm["Statistic"]) == ("Errors", "AWS/Lambda", "Sum")
    assert _deploy(uncorrected, "labelled-alarm", {"A": labelled}) != "CREATE_COMPLETE"


def test_an_alarm_on_metric_math_is_accepted_and_never_evaluated(corrected: Emulator) -> None:
    """Its formula is checked on the template; here it stays without data."""
    stat = {"Metric": {"MetricName": "Errors", "Namespace": "AWS/Lambda"}, "Period": 60, "Stat": "Sum"}
    math = [{"Id": "m1", "MetricStat": stat, "ReturnData": False}, {"Id": "e", "Expression": "m1 / 2"}]
    math_alarm = _alarm(Metrics=math)
    math_alarm["Properties"]["AlarmName"] = "ratio"
    assert _deploy(corrected, "math-alarm", {"A": math_alarm}) == "CREATE_COMPLETE"
    [alarm] = corrected.client("cloudwatch").describe_alarms(AlarmNames=["ratio"])["MetricAlarms"]
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"


def _role_client(emulator: Emulator, role_arn: str, service: str) -> Any:  # noqa: ANN401 - boto3's own
    from patterns_infra.local.local_aws import Keys, client_for  # noqa: PLC0415

    given = emulator.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    keys = Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return client_for(service, emulator.endpoint_url, keys)


def _code(call: Callable[[], Any]) -> str:
    """Return the error code of a call, empty when it succeeds."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_a_role_may_be_held_to_its_own_event_source(corrected: Emulator, uncorrected: Emulator) -> None:
    """The emulator gives the condition no value, so that it refuses the role's own source, too."""
    statement = {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": "*",
        "Condition": {"StringEquals": {"events:source": "mine"}},
    }

    def put(emulator: Emulator, *sources: str) -> str:
        client = _role_client(emulator, "arn:aws:iam::000000000000:role/publisher", "events")
        entries = [{"Source": source, "DetailType": "T", "Detail": "{}"} for source in sources]
        return _code(lambda: client.put_events(Entries=entries))

    for emulator in (corrected, uncorrected):
        emulator.role("publisher", statement)
    assert put(corrected, "mine") == ""
    assert put(corrected, "theirs") == "AccessDeniedException"
    assert put(corrected, "mine", "theirs") == "AccessDeniedException"
    assert put(uncorrected, "mine") == "AccessDeniedException"


def test_a_role_may_be_held_to_inserting(corrected: Emulator, uncorrected: Emulator) -> None:
    """Into one table, by PartiQL: the emulator asks for the call's name on everything, which is no action of AWS."""
    table = {
        "TableName": "entries",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
    own = "arn:aws:dynamodb:us-east-1:000000000000:table/entries"

    def run(emulator: Emulator, *statements: str) -> str:
        client = _role_client(emulator, "arn:aws:iam::000000000000:role/inserter", "dynamodb")
        return _code(lambda: client.batch_execute_statement(Statements=[{"Statement": text} for text in statements]))

    for emulator in (corrected, uncorrected):
        emulator.client("dynamodb").create_table(**table)
        emulator.client("dynamodb").create_table(**{**table, "TableName": "others"})
        emulator.role("inserter", {"Effect": "Allow", "Action": "dynamodb:PartiQLInsert", "Resource": own})
    insert, other = ("INSERT INTO \"%s\" VALUE {'pk': 'a'}" % name for name in ("entries", "others"))  # noqa: UP031
    assert run(corrected, insert) == ""
    assert run(corrected, insert, other) == "AccessDeniedException"
    assert run(corrected, "UPDATE \"entries\" SET x = 1 WHERE pk = 'a'") == "AccessDeniedException"
    assert run(corrected, "DELETE FROM \"entries\" WHERE pk = 'a'") == "AccessDeniedException"
    assert run(uncorrected, insert) == "AccessDeniedException"


HANDLER = """
import json, boto3

def handler(event, context):
    names = [record["dynamodb"]["NewImage"]["pk"]["S"] for record in event["Records"]]
    print("saw", names)
    if any(name.startswith("crash") for name in names):
        raise RuntimeError("poison")
    boto3.client("sqs").send_message(QueueUrl="%(queue)s", MessageBody=json.dumps(names))
    failed = [r["dynamodb"]["SequenceNumber"] for r, name in zip(event["Records"], names) if name == "%(bad)s"]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
"""


class Stream:
    """A table whose stream feeds a function; the function tells a queue what it saw."""

    def __init__(self, emulator: Emulator, name: str, *, bad: str = "bad", **mapping: Any) -> None:  # noqa: ANN401
        """Make all of it."""
        self._sqs, self._dynamodb, self._name = emulator.client("sqs"), emulator.client("dynamodb"), name
        self.seen_url = self._sqs.create_queue(QueueName=f"{name}-seen")["QueueUrl"]
        self.dead_url = self._sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self.dead_url, AttributeNames=["QueueArn"])["Attributes"]
        table = self._dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]
        emulator.function(name, HANDLER % {"queue": self.seen_url, "bad": bad}, Timeout=20)
        self._lambda = emulator.client("lambda")
        self._mapping = self._lambda.create_event_source_mapping(
            FunctionName=name,
            EventSourceArn=table["LatestStreamArn"],
            StartingPosition="TRIM_HORIZON",
            FunctionResponseTypes=["ReportBatchItemFailures"],
            DestinationConfig={"OnFailure": {"Destination": attributes["QueueArn"]}},
            Enabled=False,
            **mapping,
        )["UUID"]
        self.seen: list[list[str]] = []
        self.dead: list[dict[str, Any]] = []

    def put(self, *names: str) -> None:
        """Write items, and only then let the stream flow: they come as one batch."""
        for name in names:
            self._dynamodb.put_item(TableName=self._name, Item={"pk": {"S": name}})
        self._lambda.update_event_source_mapping(UUID=self._mapping, Enabled=True)

    def look(self) -> "Stream":
        """Take what has arrived since."""
        for url, found in ((self.seen_url, self.seen), (self.dead_url, self.dead)):
            messages = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            for message in messages:
                found.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return self


def test_a_record_that_a_function_reports_as_failed_comes_again(
    corrected: Emulator, uncorrected: Emulator, eventually: Eventually
) -> None:
    """From that record on, in order; the emulator steps over it, and it is lost."""
    right, wrong = Stream(corrected, "partial"), Stream(uncorrected, "partial")
    right.put("one", "bad", "three")
    assert eventually(lambda: len(right.look().seen) >= 3)
    assert right.seen[:3] == [["one", "bad", "three"], ["bad", "three"], ["bad", "three"]]
    wrong.put("one", "bad", "three")
    assert eventually(lambda: len(wrong.look().seen) >= 2, 4.0) is False
    assert wrong.seen == [["one", "bad", "three"]]


def test_after_the_allowed_retries_the_shard_goes_on(
    corrected: Emulator, uncorrected: Emulator, eventually: Eventually
) -> None:
    """The failed record's place goes to the failure destination; in the emulator it blocks everything behind it."""
    settings: dict[str, Any] = {"MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": True}
    right, wrong = Stream(corrected, "poison", **settings), Stream(uncorrected, "poison", **settings)
    for stream in (right, wrong):
        stream.put("one", "crash", "three", "four")
    assert eventually(lambda: len(right.look().dead) == 1 and ["three", "four"] in right.seen)
    assert right.seen == [["one"], ["three", "four"]], "the batch was halved until the poison was alone"
    [place] = right.dead
    assert place["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert place["DDBStreamBatchInfo"]["batchSize"] == 1
    assert eventually(lambda: bool(wrong.look().seen), 4.0) is False


def test_filtered_records_never_reach_the_function(corrected: Emulator, eventually: Eventually) -> None:
    """Our own poller honours the filter as the emulator's did, also in front of a failure."""
    pattern = json.dumps({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "ORDER#"}]}}}})
    stream = Stream(corrected, "filtered", bad="ORDER#2", FilterCriteria={"Filters": [{"Pattern": pattern}]})
    stream.put("CLAIM#1", "ORDER#1", "CLAIM#2", "ORDER#2")
    assert eventually(lambda: len(stream.look().seen) >= 2)
    assert stream.seen[:2] == [["ORDER#1", "ORDER#2"], ["ORDER#2"]]


class Api:
    """A REST API whose POST /orders validates its body and answers what the function was told."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        """Make it."""
        source = "import json\n\ndef handler(event, context):\n    print('x')\n"
        source += "    return {'statusCode': 200, 'body': json.dumps(event['requestContext'])}\n"
        function = emulator.function(name, source)
        client = emulator.client("apigateway")
        self.id = client.create_rest_api(name=name)["id"]
        root = client.get_resources(restApiId=self.id)["items"][0]["id"]
        resource = client.create_resource(restApiId=self.id, parentId=root, pathPart="orders")["id"]
        client.create_model(restApiId=self.id, name="Order", contentType="application/json", schema=json.dumps(SCHEMA))
        validator = client.create_request_validator(restApiId=self.id, name="v", validateRequestBody=True)["id"]
        place = {"restApiId": self.id, "resourceId": resource, "httpMethod": "POST"}
        models = {"application/json": "Order"}
        client.put_method(**place, authorizationType="NONE", requestValidatorId=validator, requestModels=models)
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
        client.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        client.put_gateway_response(
            restApiId=self.id,
            responseType="BAD_REQUEST_BODY",
            responseTemplates={"application/json": '{"why": "$context.error.validationErrorString"}'},
        )
        client.create_deployment(restApiId=self.id, stageName="v1")
        self.url = f"{emulator.endpoint_url}/restapis/{self.id}/v1/_user_request_/orders"

    def post(self, body: object, content_type: str = "application/json") -> httpx.Response:
        """Send a body."""
        text = body if isinstance(body, str) else json.dumps(body)
        return httpx.post(self.url, content=text, headers={"Content-Type": content_type}, trust_env=False, timeout=30)


@pytest.fixture(scope="module")
def api(corrected: Emulator) -> Api:
    """Return the API in a corrected emulator."""
    return Api(corrected, "api")


@pytest.fixture(scope="module")
def uncorrected_api(uncorrected: Emulator) -> Api:
    """Return the same in an uncorrected one."""
    return Api(uncorrected, "api")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, '[object has missing required properties (["lines"])]'),
        ({"lines": [], "x": 1}, '[object instance has properties which are not allowed by the schema: ["x"]]'),
        ({"lines": 1}, '[instance type (integer) does not match any allowed primitive type (allowed: ["array"])]'),
        ({"lines": [{}]}, '[object has missing required properties (["sku"])]'),
        ("{", "[Unable to parse the request body as JSON]"),
    ],
)
def test_a_refused_body_says_what_is_wrong(api: Api, uncorrected_api: Api, body: object, why: str) -> None:
    """In the words of AWS's validator, as valid JSON; the emulator leaves the variable's name."""
    answer = api.post(body)
    assert (answer.status_code, answer.json()) == (400, {"why": why})
    assert "$context.error.validationErrorString" in uncorrected_api.post(body).text


def test_a_body_of_another_content_type_is_not_validated(api: Api, uncorrected_api: Api) -> None:
    """AWS looks for a model of that content type and lets the body pass when there is none."""
    assert api.post("x=1", "application/x-www-form-urlencoded").status_code == 200
    assert uncorrected_api.post("x=1", "application/x-www-form-urlencoded").status_code == 400


def test_the_function_is_told_the_path_that_leads_back_to_it(api: Api, uncorrected_api: Api) -> None:
    """So that a Location header works at the address that the platform publishes."""
    path = api.post({"lines": []}).json()["path"]
    assert path == f"/restapis/{api.id}/v1/_user_request_/orders"
    assert uncorrected_api.post({"lines": []}).json()["path"] == "/v1/orders"


PID = """
import os, time

def handler(event, context):
    print("x")
    time.sleep(0.3)
    return os.getpid()
"""


def test_a_burst_does_not_start_an_interpreter_for_each_request(corrected: Emulator, uncorrected: Emulator) -> None:
    """On this machine it would take longer than any client waits; further requests wait for a free environment."""

    def environments(emulator: Emulator) -> int:
        emulator.function("burst", PID, Timeout=60)
        client = emulator.client("lambda")

        def call(_: int) -> bytes:
            answer: bytes = client.invoke(FunctionName="burst")["Payload"].read()
            return answer

        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            return len(set(pool.map(call, range(10))))

    import os  # noqa: PLC0415 - used here only

    limit = max(4, 2 * (os.cpu_count() or 1))
    assert environments(corrected) <= min(limit, 10)
    if limit < 10:
        assert environments(uncorrected) > limit


def test_a_reference_to_a_secret_is_its_arn(corrected: Emulator, uncorrected: Emulator) -> None:
    """Policies are written with it; the emulator gives the name."""

    def reference(emulator: Emulator) -> str:
        secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "cursor"}}
        parameter = {"Name": "cursor-ref", "Type": "String", "Value": {"Ref": "S"}}
        resources = {"S": secret, "P": {"Type": "AWS::SSM::Parameter", "Properties": parameter}}
        assert _deploy(emulator, "secret", resources) == "CREATE_COMPLETE"
        value: str = emulator.client("ssm").get_parameter(Name="cursor-ref")["Parameter"]["Value"]
        return value

    arn = corrected.client("secretsmanager").describe_secret
    assert reference(corrected) == arn(SecretId="cursor")["ARN"]
    assert reference(uncorrected) == "cursor"


def test_a_role_may_read_exactly_one_stream(corrected: Emulator, uncorrected: Emulator) -> None:
    """AWS checks the stream's ARN; the emulator asks for every resource."""

    def read(emulator: Emulator) -> str:
        table = emulator.client("dynamodb").create_table(
            TableName="streamed",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )["TableDescription"]
        arn = table["LatestStreamArn"]
        statement = {"Effect": "Allow", "Action": "dynamodb:DescribeStream", "Resource": arn}
        client = _role_client(emulator, emulator.role("reader", statement), "dynamodbstreams")
        return _code(lambda: client.describe_stream(StreamArn=arn))

    assert read(corrected) == ""
    assert read(uncorrected) == "AccessDeniedException"
