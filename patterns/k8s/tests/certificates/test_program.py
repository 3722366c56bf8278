"""The program that renews the certificate: its settings, and what its exit codes say."""

import asyncio
import datetime as dt
from typing import NoReturn

import pytest

from patterns_k8s.certificates import __main__ as program
from patterns_k8s.certificates.renewing import Renewal, Unsettled
from patterns_k8s.certificates.rotation import UnreadableCertificate
from patterns_k8s.certificates.settings import CertificateSettings
from patterns_k8s.certificates.webhook import ForeignCertificate
from patterns_k8s.operator.api.answers import Refused, Unavailable
from patterns_shared.environment import InvalidSetting, MissingSetting

ENDS = dt.datetime(2027, 11, 30, tzinfo=dt.UTC)


@pytest.fixture
def in_a_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the variables of the pod, and a cluster."""
    monkeypatch.setenv("NAMESPACE", "patterns")


def test_its_settings_have_defaults_but_for_the_namespace() -> None:
    """A certificate of a year, renewed after two thirds of it."""
    settings = CertificateSettings.from_environment({"NAMESPACE": "patterns"})
    assert (settings.secret, settings.configuration) == ("patterns-operator-webhook", "patterns-operator")
    assert settings.valid_seconds == 365 * 86_400
    assert settings.renew_before_seconds * 3 == settings.valid_seconds
    with pytest.raises(MissingSetting):
        CertificateSettings.from_environment({})
    for name in ("CERTIFICATE_SECONDS", "TRUST_SECONDS"):
        with pytest.raises(InvalidSetting, match=name):
            CertificateSettings.from_environment({"NAMESPACE": "patterns", name: "soon"})


@pytest.mark.usefixtures("in_a_pod")
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ForeignCertificate("issued by 'Example CA'"), 0),
        (Unavailable("GET /", "down"), 75),
        (Unsettled("not settled"), 75),
        (Refused("GET /", "forbidden"), 2),
        (UnreadableCertificate("no tls.crt"), 2),
    ],
)
def test_the_exit_code_says_whether_to_try_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    """In one line that names the reason."""

    async def fail(_: Renewal) -> NoReturn:
        await asyncio.sleep(0)
        raise error

    monkeypatch.setattr(Renewal, "run", fail)
    assert program.main() == code
    printed = capsys.readouterr()
    assert str(error) in printed.out + printed.err
    assert (printed.out + printed.err).count("\n") == 1


@pytest.mark.usefixtures("in_a_pod")
def test_it_says_until_when_the_certificate_is_good(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also when there was nothing to do."""

    async def find(_: Renewal) -> dt.datetime:
        await asyncio.sleep(0)
        return ENDS

    monkeypatch.setattr(Renewal, "run", find)
    assert program.main() == 0
    assert '"until": "2027-11-30T00:00:00+00:00"' in capsys.readouterr().out
