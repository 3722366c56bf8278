"""The address of the partner: what can be one, on AWS and locally, and the error that names what is wrong."""

from collections.abc import Mapping
from typing import Any

import pytest

from patterns_cli.commands import changing, running
from patterns_cli.commands.failures import CommandError
from patterns_cli.commands.given_settings import local_settings
from patterns_infra.registry import select
from patterns_infra.settings import Settings, SettingsError, Target
from patterns_local import deployment_groups

AWS = {"target": "aws", "stage": "dev"}


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://partner.example.com/events",
            "https://partner.example.com",
            "https://partner.example.com:8443/a?b=c",
        ),
        *(
            "https://xn--bcher-kva.example",
            "https://10.0.0.7/",
            "https://[2001:db8::1]:8443/events",
            "https://a_b.example.",
        ),
        "https://partner.example.com?token=t",
    ],
)
def test_an_address_that_requests_can_be_sent_to(url: str) -> None:
    """On AWS and locally."""
    for target in ({}, AWS):
        assert Settings.from_mapping({**target, "partner_url": url}).partner_url == url


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/events", "http://localhost:9000", "http://[::1]:9000/events"])
def test_plain_http_is_for_this_machine(url: str) -> None:
    """On AWS it is refused: orders do not travel in plain text."""
    assert Settings.from_mapping({"partner_url": url}).partner_url == url
    with pytest.raises(SettingsError, match="must begin with https:// for target=aws"):
        Settings.from_mapping({**AWS, "partner_url": url})


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("partner.example.com", "must begin with https:// or http://"),
        ("ftp://partner.example.com", "must begin with https:// or http://"),
        ("https:partner.example.com", "must begin with https:// or http://"),
        ("file:///etc/passwd", "must begin with https:// or http://"),
        ("https://user:hunter2@partner.example.com", "must not hold a user or a password"),
        ("https://hunter2@partner.example.com/", "must not hold a user or a password"),
        ("https://partner.example.com/events#hunter2", "must not have a fragment"),
        ("https://partner.example.com/#", "must not have a fragment"),
        ("https://", "must have the name of a host"),
        ("https:///events", "must have the name of a host"),
        ("https://.example.com", "must have the name of a host"),
        ("https://-a.example.com", "must have the name of a host"),
        ("https://a..example.com", "must have the name of a host"),
        (f"https://{'a' * 64}.example.com", "must have the name of a host"),
        ("https://[::g]/", "must "),
        ("https://[::1", "must "),
        ("https://partner.example.com:0", "must have a port"),
        ("https://partner.example.com:65536", "must have a port"),
        ("https://partner.example.com:https", "must have a port"),
        ("https://partner.example.com:", "must have a port"),
        ("https://partner.example.com/two words", "in ASCII without spaces"),
        ("https://partner.example.com/\n", "in ASCII without spaces"),
        ("https://b\xfccher.example", "in ASCII without spaces"),
        ("https://partner.example.com/" + "a" * 2_000, "at most 2000 characters"),
    ],
)
def test_anything_else_is_refused_by_what_is_wrong_with_it(url: str, wrong: str) -> None:
    """In one line, which does not show what may be a secret."""
    for target in ({}, AWS):
        with pytest.raises(SettingsError) as refused:
            Settings.from_mapping({**target, "partner_url": url})
        assert str(refused.value).startswith("setting 'partner_url' ")
        assert wrong in str(refused.value)
        assert "hunter2" not in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_the_site_s_port_is_one(port: str) -> None:
    """The other address among the settings."""
    with pytest.raises(SettingsError, match="'site_origin' must have a port"):
        Settings(site_origin=f"https://shop.example.com:{port}")


class TestLocally:
    """``--set`` on this machine."""

    @pytest.fixture
    def started(self, monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
        """Return with what the platform is started, which it is not."""
        calls: list[Mapping[str, Any]] = []

        class Started:
            timings: Mapping[str, float] = {}
            mails = "mails"

            @classmethod
            def start(cls, patterns: list[str], **options: Any) -> type["Started"]:  # noqa: ANN401
                calls.append({"patterns": patterns, **options})
                return cls

            @classmethod
            def outputs(cls) -> dict[str, dict[str, str]]:
                return {"async": {"partner_url": "http://127.0.0.1:9000/events"}}

        monkeypatch.setattr(deployment_groups, "Platform", Started)
        monkeypatch.setattr(deployment_groups, "programs_are_ready", lambda _: True)
        monkeypatch.setattr(changing, "Platform", Started)
        monkeypatch.setattr(running, "Platform", Started)
        return calls

    def test_a_partner_of_one_s_own(self, started: list[Mapping[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
        """The setting reaches the deployment, and the address is among those that are shown."""
        given = ["partner_url=http://127.0.0.1:9000/events?a=b"]
        changing.deploy(changing.Order(["async"], Target.LOCAL, None, None, given, yes=False))
        running.up(["async"], timings=False, port=None, settings=given)
        running.up([], timings=False, port=None, settings=given)
        assert [call["settings"] for call in started] == [{"partner_url": "http://127.0.0.1:9000/events?a=b"}] * 3
        assert "http://127.0.0.1:9000/events" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("given", "wrong"),
        [
            ("partner_url", "--set 'partner_url' is not NAME=VALUE"),
            ("stage=dev", "--set stage is for --target aws: the local platform has its own; there is partner_url"),
            ("site_origin=https://shop.example.com", "--set site_origin is for --target aws"),
        ],
    )
    def test_what_is_not_chosen_here_is_refused(self, given: str, wrong: str) -> None:
        """In one line, before anything is started."""
        with pytest.raises(CommandError) as refused:
            local_settings([given], select("async"))
        assert str(refused.value).startswith(wrong)

    def test_a_setting_of_another_pattern_is_refused(self) -> None:
        """It would change nothing, and leave its user to wonder."""
        with pytest.raises(CommandError, match="partner_url is of no use to web_api, batch: it is for async"):
            local_settings(["partner_url=http://127.0.0.1"], select("web_api,batch"))
        assert local_settings([], select("web_api")) == {}

    def test_destroying_takes_no_settings(self) -> None:
        """Nothing of them is needed to remove a stack."""
        order = changing.Order(["async"], Target.LOCAL, None, None, [], yes=False)
        assert order.local_stage() == "local"
