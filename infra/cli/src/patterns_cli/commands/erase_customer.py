"""`patterns erase-customer`: an account and its address, on a customer's demand."""

import re
import secrets
import sys
import time
from datetime import datetime

from patterns_cli.accounts.erasure import CustomerErasure, Erased
from patterns_cli.accounts.user_pool import UserPoolAccounts
from patterns_cli.commands.confirming import Agree, nobody_asks, place_to_change
from patterns_cli.commands.failures import CommandError
from patterns_deploy.outputs import read_outputs
from patterns_deploy.place import Place
from patterns_infra.settings import Target
from patterns_shared.adapters.clock import utc_now
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
from patterns_shared.domain.errors import TemporarilyUnavailable

__all__ = ["erase_customer", "erase_customer_at"]

_CUSTOMER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def erase_customer(who: str, target: Target, stage: str | None, region: str | None, *, wait: bool, yes: bool) -> None:
    """Erase a customer, on AWS after asking."""
    place, agree = place_to_change("erase a customer from", target, stage, region, yes=yes)
    erase_customer_at(place, who, wait=wait, agree=agree)


def erase_customer_at(place: Place, who: str, *, wait: bool = False, agree: Agree = nobody_asks) -> None:
    """Erase a customer of this place, and say what was done and what is left to do.

    Raises:
        CommandError: the web API is not deployed, there is no such account, the user did not agree, or an order could
            not be erased.
    """
    published = read_outputs(place).get("web_api", {})
    names = [published.get(name) for name in ("user_pool_id", "user_pool_client_id", "orders_table")]
    if not all(names):
        raise CommandError(f"web_api is not deployed to {place.target} stage {place.stage}; there are no customers")
    pool_id, client_id, table = map(str, names)
    accounts = UserPoolAccounts(place.client("cognito-idp"), pool_id, client_id)
    customer_id = accounts.find(who) or _of_deleted_account(who)
    agree({"customer": customer_id, "effect": "the account is deleted, open orders are cancelled; no way back"})
    erasure = CustomerErasure(
        DynamoDBOrders(place.client("dynamodb"), table), accounts, now=utc_now, new_traceparent=_new_traceparent
    )
    done = _run(erasure, customer_id)
    if wait:
        _sleep_until(done.tokens_end)
        done = _run(erasure, customer_id)
    else:
        sys.stderr.write(
            f"ID tokens of the account are good until {done.tokens_end:%Y-%m-%d %H:%M} UTC, and an order that is "
            "placed with one has the address again. After that time, run once more:\n"
            f"  patterns erase-customer {customer_id}\n"
        )
    if done.remaining:
        named = "; ".join(f"{order.order_id} ({order.reason})" for order in done.remaining)
        have = "1 order still has" if len(done.remaining) == 1 else f"{len(done.remaining)} orders still have"
        raise CommandError(f"{have} the address: {named}; correct the items in the table and run it again")


def _run(erasure: CustomerErasure, customer_id: str) -> Erased:
    try:
        done = erasure.erase(customer_id)
    except TemporarilyUnavailable as error:
        raise CommandError(f"{error}; what was erased stays so: run patterns erase-customer {customer_id}") from error
    sys.stderr.write(
        f"customer {customer_id}: no account; {done.orders} orders, {done.cancelled} of them cancelled now, "
        f"{done.erased} addresses erased\n"
    )
    return done


def _of_deleted_account(who: str) -> str:
    """Return the customer id of an account that is gone, which only its id can name."""
    if _CUSTOMER_ID.fullmatch(who):
        return who
    raise CommandError(
        "there is no account with this address; an account that was deleted before is named by its customer id"
    )


def _sleep_until(when: datetime) -> None:
    sys.stderr.write(f"waiting until {when:%H:%M} UTC, when the last ID token has expired; Ctrl-C ends the wait\n")
    while (seconds := (when - utc_now()).total_seconds()) > 0:
        time.sleep(min(seconds, 60))


def _new_traceparent() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
