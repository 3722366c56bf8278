"""What `patterns outputs` and `patterns status` make of what is deployed."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest

from patterns_cli.commands.shown import show_status
from patterns_cli.status import PatternStatus, read_status
from patterns_deploy.outputs import read_outputs
from patterns_deploy.place import Place
from patterns_infra.settings import Target


def _place(**clients: Any) -> Place:  # noqa: ANN401 - fakes of boto3's clients
    return Place(Target.LOCAL, "local", "us-east-1", "000000000000", "http://127.0.0.1:1", lambda name: clients[name])


def _pages(key: str, *pages: list[dict[str, Any]]) -> MagicMock:
    client = MagicMock()
    client.get_paginator.return_value.paginate.return_value = [{key: page} for page in pages]
    return client


def test_outputs_are_the_registrys_keys_of_the_deployed_patterns_over_all_pages() -> None:
    """Names that a pattern publishes beyond its contract, and other software's parameters, are not in it."""
    ssm = _pages(
        "Parameters",
        [
            {"Name": "/patterns/local/web_api/user_pool_id", "Value": "pool"},
            {"Name": "/patterns/local/web_api/api_url", "Value": "http://api"},
        ],
        [
            {"Name": "/patterns/local/web_api/secret_extra", "Value": "x"},
            {"Name": "/patterns/local/unknown/topic_arn", "Value": "x"},
        ],
    )
    assert read_outputs(_place(ssm=ssm)) == {
        "aws": {"endpoint_url": "http://127.0.0.1:1", "region": "us-east-1", "account": "000000000000"},
        "web_api": {"api_url": "http://api", "user_pool_id": "pool"},
    }
    ssm.get_paginator.return_value.paginate.assert_called_once_with(Path="/patterns/local/", Recursive=True)


@pytest.fixture
def api() -> Iterator[tuple[str, dict[str, Any]]]:
    """Return an API's address and what it answers, which a test may change."""
    answer: dict[str, Any] = {"status": 200, "body": {"status": "ok"}}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/health"
            self.send_response(answer["status"])
            self.end_headers()
            self.wfile.write(json.dumps(answer["body"]).encode())

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", answer
        server.shutdown()


def _resource(kind: str, name: str) -> dict[str, str]:
    return {"ResourceType": f"AWS::{kind}", "LogicalResourceId": name, "PhysicalResourceId": f"http://queues/{name}"}


def _deployed(*, status: str = "CREATE_COMPLETE", dead: int = 0, alarm: bool = False, state: str = "Enabled") -> Place:
    resources = [
        _resource("SQS::Queue", "OutcomesQueue10A989C3B"),
        _resource("SQS::Queue", "RelayDeadLetters2"),
        _resource("Lambda::EventSourceMapping", "Outbox3"),
        _resource("CloudWatch::Alarm", "Errors4"),
    ]
    cloudformation = _pages("StackResourceSummaries", resources[:2], resources[2:])
    cloudformation.describe_stacks.return_value = {"Stacks": [{"StackStatus": status}]}
    sqs, functions, cloudwatch = MagicMock(), MagicMock(), MagicMock()

    def depth(QueueUrl: str, **_: Any) -> dict[str, Any]:  # noqa: N803, ANN401 - as boto3 calls it
        waiting = dead if "DeadLetter" in QueueUrl else 7
        counts = {"ApproximateNumberOfMessages": str(waiting), "ApproximateNumberOfMessagesNotVisible": "2"}
        return {"Attributes": counts}

    sqs.get_queue_attributes.side_effect = depth
    functions.get_event_source_mapping.return_value = {"State": state, "LastProcessingResult": "OK"}
    found = [{"AlarmName": "Errors4"}] if alarm else []
    cloudwatch.describe_alarms.return_value = {"MetricAlarms": found}
    return _place(cloudformation=cloudformation, sqs=sqs, cloudwatch=cloudwatch, **{"lambda": functions})


def _look(place: Place, api_url: str) -> PatternStatus:
    return next(x for x in read_status(place, {"web_api": {"api_url": api_url}}) if x.pattern == "web_api")


def test_a_healthy_pattern_has_depths_and_no_problems(api: tuple[str, dict[str, Any]]) -> None:
    """Messages that wait in an ordinary queue are no problem by themselves."""
    status = _look(_deployed(), api[0])
    assert (status.stack, status.api, status.problems) == ("CREATE_COMPLETE", "ok", [])
    assert [(x.name, x.waiting, x.in_flight, x.dead_letters) for x in status.queues] == [
        ("OutcomesQueue1", 7, 2, False),
        ("RelayDeadLetters2", 0, 2, True),
    ]
    assert status.mappings == {"Outbox3": "Enabled, last batch: OK"}


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"status": "UPDATE_ROLLBACK_COMPLETE"}, "the stack is UPDATE_ROLLBACK_COMPLETE"),
        ({"dead": 3}, "3 dead letters in RelayDeadLetters2"),
        ({"alarm": True}, "alarm Errors4"),
        ({"state": "Disabled"}, "Outbox3 is Disabled"),
    ],
)
def test_everything_that_somebody_must_look_at_is_a_problem(
    api: tuple[str, dict[str, Any]], wrong: dict[str, Any], problem: str
) -> None:
    """And each is one line."""
    assert _look(_deployed(**wrong), api[0]).problems == [problem]


@pytest.mark.parametrize(
    ("status", "body", "said"), [(503, {}, "HTTP 503"), (200, {"status": "bad"}, "bad"), (200, [], "nothing (")]
)
def test_an_api_that_is_not_well_is_a_problem(
    api: tuple[str, dict[str, Any]], status: int, body: object, said: str
) -> None:
    """Whatever it answers instead is said."""
    api[1].update(status=status, body=body)
    assert _look(_deployed(), api[0]).problems[0].startswith(f"the API answers {said}")


def test_an_api_that_does_not_answer_is_a_problem() -> None:
    """A refused connection is no traceback."""
    assert _look(_deployed(), "http://127.0.0.1:9").problems == ["the API answers nothing (URLError)"]


def test_a_pattern_that_is_not_deployed_has_no_problems() -> None:
    """It is just not there."""

    class ClientError(Exception):
        pass

    cloudformation = MagicMock()
    cloudformation.exceptions.ClientError = ClientError
    cloudformation.describe_stacks.side_effect = ClientError("Stack with id x does not exist")
    assert all(x == PatternStatus(x.pattern, None) for x in read_status(_place(cloudformation=cloudformation), {}))


def test_a_pipe_gets_lines_instead_of_a_table(
    api: tuple[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything for people goes to standard error."""
    show_status([_look(_deployed(dead=1), api[0])])
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "  OutcomesQueue1: 7 waiting, 2 in flight" in shown.err
    assert "web_api: 1 dead letters in RelayDeadLetters2" in shown.err
