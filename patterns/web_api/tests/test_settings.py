"""Settings come from the environment, and an error names the variable."""

import dataclasses

import pytest

from patterns_web_api.settings import ApiSettings, MissingSetting, OutcomeSettings, RelaySettings

API = {
    "STAGE": "dev",
    "APP_VERSION": "1.2.3",
    "ORDERS_TABLE": "patterns-dev-orders",
    "USER_POOL_CLIENT_ID": "client",
    "CURSOR_SECRET_ARN": "arn:secret",
    "SITE_ORIGIN": "https://shop.example.com",
}
RELAY = {"STAGE": "dev", "EVENT_SOURCE": "patterns.dev", "RELAY_DEAD_LETTER_URL": "https://sqs/relay"}
OUTCOME = {
    "STAGE": "dev",
    "ORDERS_TABLE": "patterns-dev-orders",
    "QUEUE_URL": "https://sqs/own",
    "DEAD_LETTER_URL": "https://sqs/outcomes",
    "MAX_RECEIVES": "5",
}
FUNCTIONS = [(ApiSettings, API), (RelaySettings, RELAY), (OutcomeSettings, OUTCOME)]
NEEDED = [
    (settings, environment, variable)
    for settings, environment in FUNCTIONS
    for variable in environment
    if variable != "SITE_ORIGIN"
]

Settings = type[ApiSettings] | type[RelaySettings] | type[OutcomeSettings]


@pytest.mark.parametrize(("settings", "environment"), FUNCTIONS)
def test_the_whole_environment_is_read(settings: Settings, environment: dict[str, str]) -> None:
    """Every variable ends up in a field, and fields cannot be changed."""
    read = settings.from_environment({**environment, "PATH": "/bin"})

    assert {str(value) for value in dataclasses.astuple(read)} == set(environment.values())
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.stage = "other"  # type: ignore[misc]


@pytest.mark.parametrize(("settings", "environment", "variable"), NEEDED)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named(
    settings: Settings, environment: dict[str, str], variable: str, value: str | None
) -> None:
    """Absent and empty are the same mistake."""
    changed = {**environment, variable: value} if value is not None else environment.copy()
    if value is None:
        del changed[variable]

    with pytest.raises(MissingSetting, match=rf"\b{variable}\b") as missing:
        settings.from_environment(changed)

    assert missing.value.variable == variable


def test_a_site_is_not_needed() -> None:
    """An API without a page has no origin to allow."""
    environment = API.copy()
    del environment["SITE_ORIGIN"]

    assert ApiSettings.from_environment(environment).site_origin == ""


@pytest.mark.parametrize(("stage", "serves"), [("production", False), ("dev", True), ("local", True)])
def test_production_is_the_stage_without_documentation(stage: str, serves: bool) -> None:  # noqa: FBT001
    """By its name."""
    assert ApiSettings.from_environment({**API, "STAGE": stage}).serves_documentation is serves
