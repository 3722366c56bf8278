"""`patterns partner`: how the local platform's partner behaves, what it saw, and making it fail by hand."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from patterns_deploy.errors import WrongSwitch
from patterns_local.partner.client import PartnerClient
from patterns_local.partner.modes import PartnerMode
from patterns_local.platform import Platform

__all__ = ["partner"]


def partner(mode: PartnerMode | None, numbers: Mapping[str, Any], *, as_json: bool) -> None:
    """Switch the partner when a mode is named, else show how it behaves and what it saw.

    Args:
        mode: how it shall behave.
        numbers: fields of `control.Behaviour`; None where the user said nothing.
        as_json: show for programs.

    Raises:
        WrongSwitch: a number does not go with the mode, or there is one and no mode.
    """
    given = {name: value for name, value in numbers.items() if value is not None}
    if given and mode is None:
        option = f"--{next(iter(given)).replace('_', '-')}"
        raise WrongSwitch(f"{option} needs a mode, for example: patterns partner slow --delay-seconds 3")
    client = PartnerClient(Platform.require().partner_url)
    if mode is None:
        _show(client.behaviour(), client.seen(), as_json=as_json)
    else:
        _show(client.behave(mode.value, **given), {}, as_json=as_json)


def _show(behaviour: dict[str, Any], seen: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"behaviour": behaviour, "seen": seen}, indent=2) + "\n")
        return
    _say(behaviour)
    hit = {f"hit by {mode}": count for mode, count in seen.pop("faults", {}).items() if count}
    for name, count in {**seen, **hit}.items():
        sys.stderr.write(f"{count:8}  {name.replace('_', ' ')}\n")


def _say(behaviour: dict[str, Any]) -> None:
    """Say in one line how the partner behaves; where its keys are is for programs."""
    shown = {name: value for name, value in behaviour.items() if name not in {"mode", "secret_arns"} and value}
    numbers = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())
    sys.stderr.write(f"the partner is {behaviour['mode'].replace('_', ' ')}{f': {numbers}' if numbers else ''}\n")
