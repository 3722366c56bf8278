import pytest

from patterns_k8s.worker.settings import BackfillSettings, WorkerSettings
from patterns_shared.environment import InvalidSetting, MissingSetting

WORKER = {
    "STAGE": "test",
    "QUEUE_URL": "https://sqs.example.com/fulfilment",
    "TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:patterns-test-order-events",
}
BACKFILL = {"STAGE": "test", "TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:x", "ORDERS_TABLE": "orders"}
READERS = [(WorkerSettings.from_environment, WORKER), (BackfillSettings.from_environment, BACKFILL)]


@pytest.mark.parametrize(
    ("read", "environment", "variable"),
    [(read, environment, variable) for read, environment in READERS for variable in environment],
)
def test_what_is_missing_is_named(read: object, environment: dict[str, str], variable: str) -> None:
    """Absent or empty, whichever variable it is."""
    assert callable(read)
    read(environment)
    for without in ({k: v for k, v in environment.items() if k != variable}, {**environment, variable: ""}):
        with pytest.raises(MissingSetting) as missing:
            read(without)
        assert missing.value.variable == variable


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CONCURRENCY", "0"),
        ("CONCURRENCY", "101"),
        ("CONCURRENCY", "many"),
        ("POLL_SECONDS", "21"),
        ("HEALTH_PORT", "65536"),
        ("HEALTH_PORT", "-1"),
    ],
)
def test_what_cannot_be_is_named(variable: str, value: str) -> None:
    """At the start, and not at the first message."""
    with pytest.raises(InvalidSetting, match=variable):
        WorkerSettings.from_environment({**WORKER, variable: value})


def test_what_is_not_said_has_a_default() -> None:
    """Ten messages at once; probes at every address."""
    settings = WorkerSettings.from_environment(WORKER)
    assert (settings.concurrency, settings.health_host, settings.health_port) == (10, "", 8080)
