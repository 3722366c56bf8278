"""`patterns token`: who is signed up, confirmed, created or refused."""

import io
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from patterns_cli.commands import customer_token
from patterns_cli.commands.customer_accounts import CustomerPool, NoCode, SignUpByMail
from patterns_cli.commands.customer_token import aws_token, local_token, one_address, token
from patterns_cli.commands.failures import CommandError, WrongUse
from patterns_cli.demo.guest import passwords_of
from patterns_deploy.folder import LocalFolder
from patterns_deploy.place import Place
from patterns_infra.settings import Target
from patterns_local.mail.mailbox import keep

EMAIL = "ada@example.com"
NAMES = {"web_api": {"user_pool_id": "us-east-1_pool", "user_pool_client_id": "client"}}


def refusal(code: str) -> type[ClientError]:
    """Return Cognito's exception of this code, as boto3 makes them."""
    return type(code, (ClientError,), {})


class Cognito:
    """A user pool: accounts with password and state. Codes are mailed into a folder, unless the server refuses."""

    codes = (
        "InvalidParameterException",
        "InvalidPasswordException",
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
        "UserNotFoundException",
        "UsernameExistsException",
    )

    def __init__(self, mails: Path) -> None:
        """Begin without accounts."""
        self.exceptions = SimpleNamespace(**{code: refusal(code) for code in self.codes})
        self.passwords: dict[str, str] = {}
        self.confirmed: set[str] = set()
        self.mailing = True
        self._mails = mails
        self._code = 100000

    def refuse(self, code: str, message: str = "no") -> None:
        """Raise Cognito's exception."""
        raise getattr(self.exceptions, code)({"Error": {"Code": code, "Message": message}}, "Call")

    def sign_up(self, *, Username: str, Password: str, **_: object) -> None:  # noqa: N803 - as boto3 calls it
        """Keep an account that is not confirmed."""
        if "@" not in Username:
            self.refuse("InvalidParameterException", "Username should be an email.")
        if Username in self.passwords:
            self.refuse("UsernameExistsException")
        self.passwords[Username] = Password
        self.resend_confirmation_code(Username=Username)

    def resend_confirmation_code(self, *, Username: str, **_: object) -> None:  # noqa: N803 - as above
        """Mail a new code."""
        self._code += 1
        if self.mailing:
            text = f"Subject: code\r\nContent-Type: text/plain\r\n\r\nThe code is {self._code}".encode()
            keep(self._mails, text, sender="no-reply@example.com", to=[Username], at=datetime.now(UTC))

    def confirm_sign_up(self, *, Username: str, ConfirmationCode: str, **_: object) -> None:  # noqa: N803 - as above
        """Confirm by the last code."""
        assert ConfirmationCode == str(self._code), "an older mail's code"
        self.confirmed.add(Username)

    def admin_get_user(self, *, Username: str, **_: object) -> None:  # noqa: N803 - as above
        """Say whether there is an account."""
        if Username not in self.passwords:
            self.refuse("UserNotFoundException")

    def admin_create_user(self, *, Username: str, TemporaryPassword: str, **more: object) -> None:  # noqa: N803 - as above
        """Keep an account, if the password is good enough."""
        assert more["MessageAction"] == "SUPPRESS"
        if len(TemporaryPassword) < 12:
            self.refuse("InvalidPasswordException", "Password not long enough")
        self.passwords[Username] = "temporary"

    def admin_set_user_password(self, *, Username: str, Password: str, **_: object) -> None:  # noqa: N803 - as above
        """Set a password for good."""
        self.passwords[Username] = Password
        self.confirmed.add(Username)

    def sign_in(self, _client: object, _pool: str, _client_id: str, email: str, password: str) -> SimpleNamespace:
        """Stand in for the sign-in by SRP, which the integration tests use."""
        if self.passwords.get(email) != password:
            self.refuse("NotAuthorizedException", "Incorrect username or password.")
        if email not in self.confirmed:
            self.refuse("UserNotConfirmedException", "User is not confirmed.")
        return SimpleNamespace(id_token=f"token of {email}")


@pytest.fixture
def cognito(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cognito:
    """Return an empty pool."""
    (tmp_path / "mails").mkdir()
    pool = Cognito(tmp_path / "mails")
    monkeypatch.setattr("patterns_cli.commands.customer_accounts.sign_in", pool.sign_in)
    monkeypatch.setattr(customer_token, "read_outputs", lambda _: NAMES)
    monkeypatch.setattr("patterns_cli.commands.customer_accounts._MAIL_SECONDS", 0.2)
    return pool


@pytest.fixture
def platform(tmp_path: Path, cognito: Cognito) -> Any:  # noqa: ANN401 - what is used of a Platform
    """Return a local platform with this pool."""
    place = Place(Target.LOCAL, "local", "us-east-1", "000000000000", "http://127.0.0.1:1", lambda _: cognito)
    return SimpleNamespace(place=place, mails=tmp_path / "mails", folder=LocalFolder(tmp_path))


def kept(platform: Any) -> Mapping[str, str]:  # noqa: ANN401 - as above
    """Return the passwords that are kept."""
    return passwords_of(platform.folder, "us-east-1_pool")


def test_a_customer_is_signed_up_once(platform: Any, cognito: Cognito) -> None:  # noqa: ANN401 - as above
    """The address is confirmed by the mail's code; the next run signs in with the password that was kept."""
    assert local_token(platform, EMAIL) == local_token(platform, EMAIL) == f"token of {EMAIL}"
    assert cognito.confirmed == {EMAIL}
    assert kept(platform) == cognito.passwords


def test_an_address_in_another_case_is_the_same_customer(platform: Any) -> None:  # noqa: ANN401 - as above
    """As in the pool."""
    assert local_token(platform, "Ada@Example.com") == local_token(platform, EMAIL) == "token of Ada@Example.com"
    assert list(kept(platform)) == ["Ada@Example.com"]


@pytest.mark.parametrize("broken", ["before the sign-up", "before the confirmation"])
def test_a_sign_up_that_was_interrupted_is_finished(platform: Any, cognito: Cognito, broken: str) -> None:  # noqa: ANN401 - as above
    """Wherever it broke off: the password was kept first."""
    cognito.mailing = False
    with pytest.raises(CommandError, match=f"no mail with a confirmation code for {EMAIL} arrived"):
        local_token(platform, EMAIL)
    cognito.mailing = True
    if broken == "before the sign-up":
        cognito.passwords.clear()
    assert local_token(platform, EMAIL) == f"token of {EMAIL}"


def test_an_account_of_an_unknown_password_is_left_alone(platform: Any, cognito: Cognito) -> None:  # noqa: ANN401 - as above
    """No password is changed for a token, also when a stored one is no longer valid."""
    cognito.passwords[EMAIL] = "theirs"
    for _ in range(2):
        with pytest.raises(CommandError, match="has an account whose password is not known here"):
            local_token(platform, EMAIL)
        assert kept(platform) == {}
    cognito.passwords.clear()
    local_token(platform, EMAIL)
    cognito.passwords[EMAIL] = "changed"
    with pytest.raises(CommandError, match="has an account whose password is not known here"):
        local_token(platform, EMAIL)


def test_what_is_no_address_is_refused(platform: Any) -> None:  # noqa: ANN401 - as above
    """With Cognito's reason, and nothing is kept of it."""
    with pytest.raises(WrongUse, match=r"--email 'nonsense': Username should be an email."):
        local_token(platform, "nonsense")
    assert kept(platform) == {}


def test_a_mail_to_another_customer_is_not_read(tmp_path: Path, cognito: Cognito) -> None:
    """Nor one that was there before."""
    pool = CustomerPool(cognito, "pool", "client")  # type: ignore[arg-type]
    by_mail = SignUpByMail(pool, tmp_path / "mails", seconds=0.2)
    cognito.sign_up(Username="bob@example.com", Password="x")
    cognito.mailing = False
    with pytest.raises(NoCode):
        by_mail.sign_up(EMAIL, "password")


def test_without_the_pattern_it_says_how_to_deploy_it(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - as above
    """In one line."""
    monkeypatch.setattr(customer_token, "read_outputs", lambda _: {"async": {}})
    with pytest.raises(CommandError, match=r"web_api is not deployed to local stage local.*patterns up web_api"):
        local_token(platform, EMAIL)


@pytest.fixture
def on_aws(cognito: Cognito) -> Callable[[str], Place]:
    """Return an account's stage, with this pool."""
    return lambda stage: Place(Target.AWS, stage, "eu-west-1", "123456789012", None, lambda _: cognito)


def type_password(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    """Give a password on standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))


def test_on_aws_a_customer_signs_in(
    cognito: Cognito, on_aws: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the password that is given; nothing is changed, so it asks for no confirmation."""
    cognito.passwords[EMAIL] = "their-password"
    cognito.confirmed.add(EMAIL)
    type_password(monkeypatch, "their-password")
    found = aws_token(on_aws("production"), EMAIL, agree=lambda _: pytest.fail("it asked for confirmation"))
    assert found == f"token of {EMAIL}"
    type_password(monkeypatch, "another")
    with pytest.raises(CommandError, match=f"Cognito does not sign {EMAIL} in: Incorrect username or password."):
        aws_token(on_aws("dev"), EMAIL, agree=lambda _: None)


def test_on_aws_a_customer_is_created_after_asking(
    cognito: Cognito, on_aws: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What will happen is shown; with a password that the pool refuses, no account is created."""
    asked: list[Mapping[str, str]] = []
    type_password(monkeypatch, "short")
    with pytest.raises(CommandError, match="Password not long enough"):
        aws_token(on_aws("dev"), EMAIL, agree=asked.append)
    assert cognito.passwords == {}
    type_password(monkeypatch, "long-enough-password")
    assert aws_token(on_aws("dev"), EMAIL, agree=asked.append) == f"token of {EMAIL}"
    assert asked[0] == {"customer": f"{EMAIL}, confirmed, the address taken as verified; no mail is sent"}


def test_no_account_is_created_in_production_or_without_a_yes(
    cognito: Cognito, on_aws: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There an address counts as verified only when its owner has answered a mail."""
    type_password(monkeypatch, "long-enough-password")

    def disagree(_: Mapping[str, str]) -> None:
        raise CommandError("not confirmed; nothing was changed")

    with pytest.raises(CommandError, match="in production customers sign up themselves"):
        aws_token(on_aws("production"), EMAIL, agree=lambda _: None)
    with pytest.raises(CommandError, match="not confirmed"):
        aws_token(on_aws("dev"), EMAIL, agree=disagree)
    assert cognito.passwords == {}


def test_wrong_use() -> None:
    """Before anything is called."""
    with pytest.raises(WrongUse, match="--target aws needs --email"):
        token(None, Target.AWS, "dev", None, yes=True)
    with pytest.raises(WrongUse, match=r"two customers were named: a@example.com and b@example.com"):
        one_address("a@example.com", "b@example.com")
    assert one_address(EMAIL, None) == one_address(None, EMAIL) == one_address(EMAIL, EMAIL) == EMAIL


def test_a_password_is_needed(
    cognito: Cognito, on_aws: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty pipe is refused."""
    cognito.passwords[EMAIL] = "x"
    type_password(monkeypatch, "")
    with pytest.raises(WrongUse, match="no password"):
        aws_token(on_aws("dev"), EMAIL, agree=lambda _: None)
