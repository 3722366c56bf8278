"""Asking before an AWS account is touched."""

import sys
from collections.abc import Mapping

from patterns_infra.commands.failures import CommandError
from patterns_infra.real_aws import AwsAccess

__all__ = ["confirm"]

_WIDTH = 8


def confirm(action: str, access: AwsAccess, what: Mapping[str, str], *, yes: bool) -> None:
    """Show what is about to happen in which account, and have its stage typed, unless ``yes`` was said before.

    Args:
        action: such as ``deploy to``.
        access: the account, and who is asking.
        what: what else the user should see, by a word for each.
        yes: do not ask.

    Raises:
        CommandError: the user did not agree, or nobody is there to ask.
    """
    place = access.place
    rows = {"account": f"{place.account} (as {access.caller})", "region": place.region, "stage": place.stage, **what}
    if place.endpoint_url:
        rows["endpoint"] = f"{place.endpoint_url} (from AWS_ENDPOINT_URL)"
    write = sys.stderr.write
    write(f"about to {action} AWS:\n")
    for word, value in rows.items():
        write(f"  {word:{_WIDTH}} {value}\n")
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("nobody is there to confirm: add --yes to touch this account without asking")
    write(f"type the stage's name ({place.stage}) to go on: ")
    if sys.stdin.readline().strip() != place.stage:
        raise CommandError("not confirmed; nothing was changed")
