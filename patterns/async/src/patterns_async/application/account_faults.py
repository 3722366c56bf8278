"""Why an account may not send mail now: nothing that a single mail is to blame for, so every mail waits.

``account_faults.json`` next to the package says what to do for each; the stack makes an alarm of each.
"""

from enum import StrEnum

from patterns_shared.domain.errors import TemporarilyUnavailable

__all__ = ["AccountCannotSend", "AccountFault"]


class AccountFault(StrEnum):
    """The cause, as the metric's dimension names it."""

    SENDER_NOT_VERIFIED = "sender_not_verified"
    SANDBOX = "sandbox"
    """The recipient is not verified, which only the sandbox asks for."""
    SENDING_PAUSED = "sending_paused"
    QUOTA_EXCEEDED = "quota_exceeded"
    CONFIGURATION_SET = "configuration_set"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN = "unknown"


class AccountCannotSend(TemporarilyUnavailable):
    """No mail can be sent until a person changes something in the account, which may take days."""

    longest_backoff = 1800
    """Seconds between two attempts at most: a mail arrives half an hour after the repair, and its receives last."""

    def __init__(self, fault: AccountFault, code: str) -> None:
        """Name the cause, and the error code of the mail service."""
        super().__init__(f"mail ({fault}: {code})")
        self.fault = fault
