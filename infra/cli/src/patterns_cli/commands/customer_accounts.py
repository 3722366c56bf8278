"""Customers for calls by hand: signed up as a page would do it, with the code of Cognito's mail.

On AWS an administrator creates them instead, since a person's mailbox cannot be read from here.
"""

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from patterns_cli.demo.shoppers import sign_in
from patterns_local.mail.mailbox import mail_files, read_mails

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

__all__ = ["AlreadySignedUp", "CustomerPool", "NoCode", "NotSignedIn", "SignUpByMail"]

_CODE = re.compile(r"\b\d{6}\b")
_MAIL_SECONDS = 20.0
_POLL_SECONDS = 0.1


class AlreadySignedUp(Exception):
    """The address has an account already."""


class NotSignedIn(Exception):
    """Cognito does not know this address with this password."""


class NoCode(Exception):
    """The mail with the code did not arrive; the text is one line."""


class CustomerPool:
    """A user pool and the client that customers sign in with."""

    def __init__(self, cognito: "CognitoIdentityProviderClient", pool_id: str, client_id: str) -> None:
        """Keep them; nothing is called yet."""
        self.cognito = cognito
        self.client_id = client_id
        self._pool_id = pool_id

    def id_token(self, email: str, password: str) -> str:
        """Sign in and return the ID token.

        Raises:
            NotSignedIn: Cognito does not know the address with this password, or wants more than that.
            UserNotConfirmedException: of the client: the address was not confirmed.
        """
        from pycognito.exceptions import WarrantException  # noqa: PLC0415 - it imports boto3, as in `sign_in`

        try:
            return sign_in(self.cognito, self._pool_id, self.client_id, email, password).id_token
        except WarrantException as error:
            raise NotSignedIn(f"it asks for more than a password: {error.args[0]}") from error
        except (self.cognito.exceptions.NotAuthorizedException, self.cognito.exceptions.UserNotFoundException) as error:
            raise NotSignedIn(error.response["Error"]["Message"]) from error

    def has(self, email: str) -> bool:
        """Ask as an administrator whether the address has an account."""
        try:
            self.cognito.admin_get_user(UserPoolId=self._pool_id, Username=email)
        except self.cognito.exceptions.UserNotFoundException:
            return False
        return True

    def create(self, email: str, password: str) -> None:
        """Create a confirmed customer as an administrator, whose address is taken as verified; no mail is sent.

        Raises:
            InvalidPasswordException: of the client: the pool's policy refuses the password; nobody was created.
        """
        self.cognito.admin_create_user(
            UserPoolId=self._pool_id,
            Username=email,
            # Checked against the policy before anything is created, which setting it afterwards is not.
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
        )
        self.cognito.admin_set_user_password(
            UserPoolId=self._pool_id, Username=email, Password=password, Permanent=True
        )


class SignUpByMail:
    """Signs up at the local platform, where every mail is a file."""

    def __init__(
        self,
        pool: CustomerPool,
        mails: Path,
        *,
        seconds: float | None = None,
    ) -> None:
        """Keep the pool and the folder of mails; a code is waited for so many seconds."""
        self._pool = pool
        self._mails = mails
        self._seconds = _MAIL_SECONDS if seconds is None else seconds

    def sign_up(self, email: str, password: str) -> None:
        """Sign up and confirm the address.

        Raises:
            AlreadySignedUp: it has an account.
            NoCode: no mail arrived; signing in with the same password confirms it later.
        """
        last = self._last_mail()
        try:
            self._pool.cognito.sign_up(
                ClientId=self._pool.client_id,
                Username=email,
                Password=password,
                UserAttributes=[{"Name": "email", "Value": email}],
            )
        except self._pool.cognito.exceptions.UsernameExistsException as error:
            raise AlreadySignedUp(email) from error
        self._confirm(email, last)

    def confirm_again(self, email: str) -> None:
        """Confirm an address whose sign-up was interrupted, by a new code.

        Raises:
            NoCode: no mail arrived.
        """
        last = self._last_mail()
        self._pool.cognito.resend_confirmation_code(ClientId=self._pool.client_id, Username=email)
        self._confirm(email, last)

    def _confirm(self, email: str, last: Path | None) -> None:
        code = self._code_for(email, last)
        self._pool.cognito.confirm_sign_up(ClientId=self._pool.client_id, Username=email, ConfirmationCode=code)

    def _last_mail(self) -> Path | None:
        return next(reversed(mail_files(self._mails)), None)

    def _code_for(self, email: str, last: Path | None) -> str:
        deadline = time.monotonic() + self._seconds
        while True:
            for mail in read_mails(self._mails, after=last):
                found = _CODE.search(mail.text or mail.html)
                if email in mail.to and found:
                    return found[0]
            if time.monotonic() >= deadline:
                raise NoCode(
                    f"no mail with a confirmation code for {email} arrived in {self._mails} within {self._seconds:g} "
                    "seconds; is the mail server refusing mails?"
                )
            time.sleep(_POLL_SECONDS)
