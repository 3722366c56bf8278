"""`patterns token`: an ID token for calls by hand."""

import getpass
import sys
from typing import Any

from patterns_cli.commands.confirming import Agree, place_to_change
from patterns_cli.commands.customer_accounts import AlreadySignedUp, CustomerPool, NoCode, NotSignedIn, SignUpByMail
from patterns_cli.commands.failures import CommandError, WrongUse
from patterns_cli.demo.guest import forget_password, keep_password, passwords_of
from patterns_cli.demo.shoppers import new_password
from patterns_deploy.outputs import read_outputs
from patterns_deploy.place import AwsClient, Place
from patterns_infra.settings import Target
from patterns_local.platform import LOCAL_STAGE, Platform

__all__ = ["LOCAL_CUSTOMER", "aws_token", "local_token", "one_address", "token"]

LOCAL_CUSTOMER = "customer@example.com"
"""The customer on the local platform when no address is given."""

_PRODUCTION = "production"


def one_address(argument: str | None, option: str | None) -> str | None:
    """Return the address that was given in either way.

    Raises:
        WrongUse: two different ones were given.
    """
    if argument and option and argument != option:
        raise WrongUse(f"two customers were named: {argument} and {option}")
    return option or argument


def token(email: str | None, target: Target, stage: str | None, region: str | None, *, yes: bool) -> None:
    """Write an ID token to standard output, and what was done for it to standard error."""
    if target is Target.LOCAL:
        found = local_token(Platform.require(stage=stage or LOCAL_STAGE), email or LOCAL_CUSTOMER)
    else:
        if not email:
            raise WrongUse("--target aws needs --email: the customer to sign in as")
        place, agree = place_to_change("create a customer in", target, stage, region, yes=yes)
        found = aws_token(place, email, agree=agree)
    sys.stdout.write(f"{found}\n")


def local_token(platform: Platform, email: str) -> str:
    """Sign in at the local platform, after signing up if need be; the password is kept in a file of the platform's.

    Raises:
        WrongUse: this is no email address.
        CommandError: web_api is not deployed, the address belongs to an account with another password, or no mail
            with a code arrived.
    """
    pool, pool_id = _pool_of(platform.place)
    by_mail = SignUpByMail(pool, platform.mails)
    known = passwords_of(platform.folder, pool_id)
    # The pool does not tell cases apart.
    email = next((address for address in known if address.casefold() == email.casefold()), email)
    password = known.get(email) or new_password()
    invalid = pool.cognito.exceptions.InvalidParameterException
    try:
        if email not in known:
            # Before the account is there, so that a run that is interrupted leaves none that nothing can sign in to.
            keep_password(platform.folder, email, password, user_pool_id=pool_id)
            return _signed_up(pool, by_mail, email, password)
        try:
            return pool.id_token(email, password)
        except pool.cognito.exceptions.UserNotConfirmedException:
            by_mail.confirm_again(email)
            return pool.id_token(email, password)
        except NotSignedIn:
            return _signed_up(pool, by_mail, email, password)
    except AlreadySignedUp:
        forget_password(platform.folder, email, user_pool_id=pool_id)
        raise CommandError(
            f"{email} has an account whose password is not known here; take another address with --email"
        ) from None
    except NoCode as error:
        raise CommandError(str(error)) from None
    except invalid as error:
        forget_password(platform.folder, email, user_pool_id=pool_id)
        raise WrongUse(f"--email {email!r}: {_reason(error)}") from None


def _signed_up(pool: CustomerPool, by_mail: SignUpByMail, email: str, password: str) -> str:
    by_mail.sign_up(email, password)
    sys.stderr.write(f"signed up {email}\n")
    return pool.id_token(email, password)


def aws_token(place: Place, email: str, *, agree: Agree) -> str:
    """Sign in on AWS with a password that is asked for; create the customer first, after asking, if there is none.

    Raises:
        CommandError: web_api is not deployed, Cognito refused, or the customer would have to be created in production,
            where an address counts as verified only when its owner has answered a mail.
    """
    pool, _ = _pool_of(place)
    new = not pool.has(email)
    if new and place.stage == _PRODUCTION:
        raise CommandError(f"{email} has no account; in production customers sign up themselves")
    if new:
        agree({"customer": f"{email}, confirmed, the address taken as verified; no mail is sent"})
    password = _ask_password(email)
    try:
        if new:
            pool.create(email, password)
            sys.stderr.write(f"created {email}\n")
        return pool.id_token(email, password)
    except NotSignedIn as error:
        raise CommandError(f"Cognito does not sign {email} in: {error}") from None
    except (
        pool.cognito.exceptions.InvalidPasswordException,
        pool.cognito.exceptions.InvalidParameterException,
        pool.cognito.exceptions.UserNotConfirmedException,
        pool.cognito.exceptions.PasswordResetRequiredException,
    ) as error:
        raise CommandError(f"Cognito does not sign {email} in: {_reason(error)}") from None


def _pool_of(place: Place) -> tuple[CustomerPool, str]:
    """Return the deployed pool and its id.

    Raises:
        CommandError: there is none.
    """
    names = read_outputs(place).get("web_api", {})
    pool_id, client_id = names.get("user_pool_id"), names.get("user_pool_client_id")
    if not pool_id or not client_id:
        how = "patterns up web_api" if place.target is Target.LOCAL else "patterns deploy web_api"
        raise CommandError(
            f"web_api is not deployed to {place.target} stage {place.stage}, so no customer can sign in; "
            f"deploy it with: {how}"
        )
    cognito: AwsClient = place.client("cognito-idp")
    return CustomerPool(cognito, pool_id, client_id), pool_id


def _ask_password(email: str) -> str:
    """Return a password that is typed without being shown, or the first line of a pipe."""
    if sys.stdin.isatty():
        return getpass.getpass(f"password of {email}: ", stream=sys.stderr)
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise WrongUse("no password: type it when asked, or give it on standard input")
    return password


def _reason(error: Any) -> str:  # noqa: ANN401 - boto3 makes the classes of its errors when it runs
    return " ".join(str(error.response["Error"]["Message"]).split())
