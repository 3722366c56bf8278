"""What the mail server does with a mail: keeps it, or what its switch says."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from patterns_deploy.errors import WrongSwitch
from patterns_local.mail.mailbox import keep
from patterns_local.mail.switch import MailMode, SwitchFile

__all__ = ["Sink"]

_log = logging.getLogger("mail")
_DONE = "250 kept"


class Sink:
    """Takes mails for everybody. Its log holds no address and nothing of a mail."""

    def __init__(self, folder: Path) -> None:
        """Keep mails in this folder."""
        self._folder = folder
        self._switch = SwitchFile(folder)
        self._last = datetime.min.replace(tzinfo=UTC)

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Take a mail whole; the answer is what its sender is told."""
        try:
            switch = self._switch.next()
        except WrongSwitch as wrong:
            _log.error("%s", wrong)
            return "451 the switch cannot be read; see the log"
        if switch.mode is MailMode.REFUSE:
            return self._refused("550 no such mailbox, says the switch")
        if switch.mode is MailMode.REFUSE_FOR_NOW:
            return self._refused("451 not now, says the switch")
        if switch.mode is MailMode.SLOW:
            await asyncio.sleep(switch.delay)
        self._keep(envelope)
        if switch.mode is MailMode.DROP and server.transport:
            _log.info("dropped the connection after that")
            server.transport.close()
        return _DONE

    def _keep(self, envelope: Envelope) -> None:
        # A clock that is set back must not change the order of arrival.
        self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
        content = envelope.original_content or b""
        path = keep(self._folder, content, sender=envelope.mail_from or "", to=envelope.rcpt_tos, at=self._last)
        _log.info("kept %s, %d bytes", path.name, len(content))

    def _refused(self, answer: str) -> str:
        _log.info("answered %s", answer)
        return answer
