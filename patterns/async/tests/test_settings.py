import pytest

from patterns_async.settings import (
    BouncesSettings,
    InvalidSetting,
    LedgerSettings,
    MissingSetting,
    NotifySettings,
    OperatorsSettings,
    OutcomeSettings,
    PartnerSettings,
    ReceiverSettings,
)

RECEIVER = {
    "STAGE": "test",
    "QUEUE_URL": "https://sqs.example.com/own",
    "DEAD_LETTER_URL": "https://sqs.example.com/dead",
    "MAX_RECEIVES": "10",
}
PARTNER = {
    "PARTNER_URL": "https://partner.example.com/events",
    "PARTNER_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:partner",
    "QUEUE_URL": "https://sqs.example.com/partner",
    "CIRCUIT_TABLE": "circuit",
}
NOTIFY = {
    "NOTIFICATIONS_TABLE": "notifications",
    "SENDER_EMAIL": "shop@example.com",
    "CONFIGURATION_SET": "mails",
    "SUPPRESSIONS_TABLE": "suppressions",
    "QUEUE_URL": "https://queue",
}
READERS = [
    (ReceiverSettings.from_environment, RECEIVER),
    (LedgerSettings.from_environment, {"LEDGER_TABLE": "ledger"}),
    (PartnerSettings.from_environment, PARTNER),
    (NotifySettings.from_environment, NOTIFY),
    (OutcomeSettings.from_environment, {"EVENT_SOURCE": "patterns.test"}),
    (OperatorsSettings.from_environment, {"OPERATORS_TOPIC_ARN": "arn"}),
    (BouncesSettings.from_environment, {"SUPPRESSIONS_TABLE": "suppressions"}),
]


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
        assert variable in str(missing.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PARTNER_URL", "ftp://partner.example.com"),
        ("PARTNER_URL", "partner.example.com"),
        ("PARTNER_URL", "https://"),
        ("PARTNER_URL", "https://partner.example.com:99999"),
        ("PARTNER_URL", "https://[::1"),
        ("PARTNER_URL", "https://user:secret@partner.example.com"),
        ("PARTNER_URL", "https://partner.example.com/#events"),
        ("PARTNER_URL", "https://partner.example.com/two words"),
        ("PARTNER_URL", "https://partner.example.com/\r\nX-Header: 1"),
        ("PARTNER_URL", "https://partner.example.com/caf\xe9"),
        ("PARTNER_CONNECT_SECONDS", "soon"),
        ("PARTNER_READ_SECONDS", "0"),
        ("PARTNER_READ_SECONDS", "nan"),
        ("PARTNER_READ_SECONDS", "inf"),
        ("PARTNER_ATTEMPTS", "0"),
        ("PARTNER_ATTEMPTS", "2.5"),
        ("CIRCUIT_FAILURES", "-1"),
        ("CIRCUIT_OPEN_SECONDS", "-1"),
        ("CIRCUIT_MAX_OPEN_SECONDS", "100000"),
    ],
)
def test_what_cannot_be_is_named(variable: str, value: str) -> None:
    """At the start of the function, and not at its first message."""
    with pytest.raises(InvalidSetting) as invalid:
        PartnerSettings.from_environment({**PARTNER, variable: value})
    assert invalid.value.variable == variable
    assert variable in str(invalid.value)


@pytest.mark.parametrize("value", ["0", "ten", "²"])
def test_receives_are_counted_in_whole_numbers(value: str) -> None:
    """From one."""
    with pytest.raises(InvalidSetting):
        ReceiverSettings.from_environment({**RECEIVER, "MAX_RECEIVES": value})


def test_a_probe_may_take_as_long_as_a_try() -> None:
    """The lease of a probe follows the timeouts: it must not end while its caller still waits for an answer."""
    settings = PartnerSettings.from_environment(
        {**PARTNER, "PARTNER_CONNECT_SECONDS": "3", "PARTNER_READ_SECONDS": "10"}
    )
    assert settings.circuit.probe_seconds == 33
    assert (settings.connect_timeout, settings.read_timeout) == (3, 10)


def test_what_is_not_said_has_a_default() -> None:
    """The circuit and the timeouts work without being told."""
    settings = PartnerSettings.from_environment(PARTNER)
    assert (settings.retry.attempts, settings.circuit.failures, settings.circuit.open_seconds) == (3, 5, 15)
    assert NotifySettings.from_environment(NOTIFY).claim_seconds == 90
