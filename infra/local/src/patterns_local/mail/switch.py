"""How the mail server behaves, by a file in its folder: whoever can read the mails can steer it.

>>> switch_mail(platform.mails, MailMode.REFUSE, for_requests=3)  # doctest: +SKIP
"""

import time
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from patterns_deploy.errors import WrongSwitch
from patterns_deploy.files import write_atomically
from patterns_local.reach import Aim, Reach, first_mistake

__all__ = ["MailMode", "MailSwitch", "SwitchFile", "switch_mail"]

_DELAY = 15.0
"""Seconds: longer than the ten after which SES, in the emulator, gives up."""


class MailMode(StrEnum):
    """What becomes of a mail."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    """Refused for good: 550."""
    REFUSE_FOR_NOW = "refuse_for_now"
    """Refused, to be sent again later: 451."""
    SLOW = "slow"
    """Accepted after ``delay_seconds``."""
    DROP = "drop"
    """Kept, and then the connection is closed before the sender learns of it."""


class MailSwitch(Reach):
    """What becomes of mails, and of which.

    Attributes:
        mode: what.
        delay_seconds: of ``slow``.
        set_at: nanoseconds since 1970, so that the same switch thrown twice counts anew.
    """

    mode: MailMode = MailMode.ACCEPT
    delay_seconds: float | None = Field(None, gt=0, le=300)
    set_at: int = 0

    @model_validator(mode="after")
    def _delay_is_of_slow(self) -> Self:
        if self.delay_seconds is not None and self.mode is not MailMode.SLOW:
            raise ValueError("delay_seconds goes with mode slow")
        return self

    @property
    def delay(self) -> float:
        """Seconds that ``slow`` waits."""
        return self.delay_seconds or _DELAY


def switch_mail(folder: Path, mode: str, **numbers: Any) -> None:  # noqa: ANN401 - validated below
    """Switch the mail server of this folder; it looks before each mail.

    Args:
        folder: where its mails are.
        mode: one of `MailMode`.
        **numbers: ``delay_seconds``, ``only_every``, ``share``, ``seed``, ``for_requests``.

    Raises:
        WrongSwitch: naming the field.
    """
    try:
        switch = MailSwitch.model_validate({"mode": mode, **numbers, "set_at": time.time_ns()})
    except ValidationError as error:
        raise WrongSwitch(first_mistake(error.errors())) from None
    write_atomically(SwitchFile.path(folder), switch.model_dump_json() + "\n")


class SwitchFile:
    """The switch as the server sees it: read again before each mail, counted from when it was thrown."""

    def __init__(self, folder: Path) -> None:
        """Look at the folder's file, which need not exist."""
        self._file = self.path(folder)
        self._text = ""
        self._switch = MailSwitch()
        self._aim = Aim(self._switch)

    @staticmethod
    def path(folder: Path) -> Path:
        """Return the file of a folder of mails."""
        return folder / "switch.json"

    def next(self) -> MailSwitch:
        """Return what becomes of the next mail.

        Raises:
            WrongSwitch: somebody wrote into the file what is no switch.
        """
        try:
            text = self._file.read_text()
        except FileNotFoundError:
            return MailSwitch()
        if text != self._text:
            try:
                self._switch = MailSwitch.model_validate_json(text)
            except ValidationError as error:
                raise WrongSwitch(f"{self._file.name}: {first_mistake(error.errors())}") from None
            self._text, self._aim = text, Aim(self._switch)
        return self._switch if self._aim.hits() else MailSwitch()
