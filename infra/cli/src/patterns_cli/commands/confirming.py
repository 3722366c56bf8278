"""Asking before an AWS account is touched."""

import sys
from collections.abc import Callable, Mapping
from typing import TypeAlias

from patterns_cli.commands.failures import CommandError
from patterns_cli.commands.looking import place_of
from patterns_deploy.place import Place
from patterns_deploy.real_aws import AwsAccess, open_aws
from patterns_infra.settings import Target

__all__ = ["Agree", "confirm", "nobody_asks", "place_to_change"]

_WIDTH = 8

Agree: TypeAlias = Callable[[Mapping[str, str]], None]
"""Is told what is about to be done, by a word for each thing; raises CommandError when the user does not agree."""


def nobody_asks(_: Mapping[str, str]) -> None:
    """Agree to everything: the local platform is disposable."""


def place_to_change(
    action: str, target: Target, stage: str | None, region: str | None, *, yes: bool
) -> tuple[Place, Agree]:
    """Return the place that a command's options name, and whom to ask before it is changed.

    Raises: as `place_of`.
    """
    if target is Target.LOCAL:
        return place_of(target, stage, region), nobody_asks
    if not stage:
        raise CommandError("--target aws needs --stage")
    access = open_aws(stage, region)
    return access.place, lambda what: confirm(action, access, what, yes=yes)


def confirm(action: str, access: AwsAccess, what: Mapping[str, str], *, yes: bool) -> None:
    """Show what is about to happen in which account, and have its stage typed, unless ``yes`` was said before.

    What concerns no stage but the whole account (an empty stage) has the region typed.

    Args:
        action: such as ``deploy to``.
        access: the account, and who is asking.
        what: what else the user should see, by a word for each.
        yes: do not ask.

    Raises:
        CommandError: the user did not agree, or nobody is there to ask.
    """
    place = access.place
    rows = {"account": f"{place.account} (as {access.caller})", "region": place.region}
    rows |= {"stage": place.stage, **what} if place.stage else what
    if place.endpoint_url:
        rows["endpoint"] = f"{place.endpoint_url} (from AWS_ENDPOINT_URL)"
    write = sys.stderr.write
    write(f"about to {action} AWS:\n")
    for word, value in rows.items():
        write(f"  {word:{_WIDTH}} {value}\n")
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("there is no terminal to confirm at: add --yes to touch this account without asking")
    word, answer = ("stage", place.stage) if place.stage else ("region", place.region)
    write(f"type the {word}'s name ({answer}) to go on: ")
    if sys.stdin.readline().strip() != answer:
        raise CommandError("not confirmed; nothing was changed")
