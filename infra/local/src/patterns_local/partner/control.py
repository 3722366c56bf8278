"""What the partner can be told: how to behave, with which clock, and where keys are."""

from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from patterns_local.partner.modes import PartnerMode
from patterns_local.reach import Reach

__all__ = ["WELL", "Behaviour", "Keys"]

_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
_OF_MODE = {
    "delay_seconds": {PartnerMode.SLOW},
    "retry_after": {PartnerMode.TOO_MANY_REQUESTS, PartnerMode.ERROR},
    "status": {PartnerMode.ERROR, PartnerMode.REFUSE},
}
_STATUSES = "error has 5xx; refuse has 4xx, but for 408 and 429, which mean later"
_REACH = ("only_every", "share", "for_requests")
_SecretArn = Annotated[str, StringConstraints(pattern=r"^arn:aws:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$")]


class Behaviour(Reach):
    """How the partner behaves, as a whole: what is not said is as in a partner that is well.

    Attributes:
        mode: what becomes of the requests that are hit; the others are served well.
        delay_seconds: of ``slow``.
        retry_after: of ``too_many_requests`` and ``error``: whole seconds, or a date as in HTTP's header.
        status: of ``error`` (5xx) and ``refuse`` (4xx that does not mean "later").
        clock_skew_seconds: how far the partner's clock is ahead, in any mode; behind when negative.
    """

    mode: PartnerMode
    delay_seconds: float | None = Field(None, gt=0, le=300)
    retry_after: int | str | None = None
    status: int | None = None
    clock_skew_seconds: float = Field(0.0, ge=-(10**8), le=10**8)

    @field_validator("retry_after")
    @classmethod
    def _is_a_retry_after(cls, value: int | str | None) -> int | str | None:
        if isinstance(value, int) and value < 0:
            raise ValueError("must be 0 or more seconds, or an HTTP date")
        if isinstance(value, str):
            try:
                parsedate_to_datetime(value)
            except ValueError:
                raise ValueError("must be whole seconds, or an HTTP date") from None
        return value

    @model_validator(mode="after")
    def _fits_the_mode(self) -> Self:
        for name, modes in _OF_MODE.items():
            if getattr(self, name) is not None and self.mode not in modes:
                raise ValueError(f"{name} goes with mode {' or '.join(sorted(modes))}")
        if self.mode is PartnerMode.UP and any(getattr(self, name) is not None for name in _REACH):
            raise ValueError(f"mode up hits nothing: {', '.join(_REACH)} go with the other modes")
        if self.status is not None and not self._is_status_of_mode(self.status):
            raise ValueError(f"status {self.status} is none of mode {self.mode}: {_STATUSES}")
        return self

    def _is_status_of_mode(self, status: int) -> bool:
        if self.mode is PartnerMode.ERROR:
            return 500 <= status <= 599  # noqa: PLR2004 - HTTP's numbers
        return 400 <= status <= 499 and status not in _LATER  # noqa: PLR2004 - as above


WELL = Behaviour(mode=PartnerMode.UP)
"""As the partner is when nobody told it anything."""


class Keys(BaseModel):
    """Where keys are.

    Attributes:
        secret_arn: of the secret; its keys are good from now on, beside those that are known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret_arn: _SecretArn
