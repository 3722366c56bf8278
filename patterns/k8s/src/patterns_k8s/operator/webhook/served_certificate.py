"""The certificate that the admission server shows: that of its files, also after they have changed."""

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["ServedCertificate", "end_of"]

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 10.0
"""From one look at the files to the next; a Secret's volume follows the Secret within a minute or two."""
_SAY_SECONDS = 3600.0
"""From one line about the certificate's age to the next: an alarm counts on one in six hours."""
_DAY = 86_400.0
_FLIGHTS = 5
"""A handshake of TLS takes two or three, there and back."""


class ServedCertificate:
    """Each handshake takes the newest certificate; connections that are there go on.

    A new certificate has a TLS context of its own, which is made as a whole or not at all, so that no request finds the
    server closed or with a key of another certificate. kopf's server would close and listen again.

    Attributes:
        context: to listen with.
    """

    def __init__(self, certificate: Path, key: Path, *, note_end: Callable[[float], None]) -> None:
        """``note_end`` is told when a certificate ends, as Unix time, whenever another is served.

        Raises:
            OSError: a file cannot be read.
            ssl.SSLError: it holds no certificate, or the key of another one.
        """
        self._certificate, self._key = certificate, key
        self._note_end = note_end
        self._content = b""
        self._ends = 0.0
        self._newest = self._load()
        self.context = _server_context()
        self.context.load_cert_chain(certificate, key)
        self.context.sni_callback = self._choose

    async def follow(self, *, look_seconds: float = _LOOK_SECONDS, say_seconds: float = _SAY_SECONDS) -> None:
        """Look at the files again and again, and say in the log how old the certificate is, until this is cancelled."""
        due = 0.0
        while True:
            if self.reload() or time.monotonic() >= due:
                self._say()
                due = time.monotonic() + say_seconds
            await asyncio.sleep(look_seconds)

    def reload(self) -> bool:
        """Take the files' certificate if it is another one; whether it is. One that cannot be read changes nothing."""
        try:
            if self._read() == self._content:
                return False
            self._newest = self._load()
        except (OSError, ssl.SSLError) as error:
            # Between the writing of one file and of the other they do not fit; the next look finds both.
            _log.warning("the webhook's certificate cannot be read, and the one before is served: %s", error)
            return False
        return True

    def _load(self) -> ssl.SSLContext:
        content = self._read()
        context = _server_context()
        context.load_cert_chain(self._certificate, self._key)
        self._ends = end_of(self._certificate, context)
        self._content = content
        self._note_end(self._ends)
        return context

    def _read(self) -> bytes:
        return self._certificate.read_bytes() + self._key.read_bytes()

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        """Take the newest context for a handshake, which is asked for with or without a server's name."""
        connection.context = self._newest

    def _say(self) -> None:
        days = max(0.0, (self._ends - time.time()) / _DAY)
        # The stack makes a metric of this field (docs/adr/0063).
        more = {"certificate_days_left": round(days, 2)}
        _log.info("the webhook's certificate ends in %.0f days", days, extra=more)


def end_of(certificate: Path, server: ssl.SSLContext) -> float:
    """Return when the certificate of a server's context ends, as Unix time; 0 when it is not good now.

    Python's ssl shows the certificate of a peer only, so the context shakes hands with a client in memory, which trusts
    exactly this certificate. A parser of certificates would take a tenth of the operator's memory.

    Raises:
        ssl.SSLError: the handshake fails for another reason than the certificate's time or use.
    """
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.load_verify_locations(certificate)
    trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client, served = trusting.wrap_bio(back, there), server.wrap_bio(there, back, server_side=True)
    for _ in range(_FLIGHTS):
        with contextlib.suppress(ssl.SSLWantReadError):
            try:
                client.do_handshake()
            except ssl.SSLCertVerificationError:
                return 0.0
            shown = client.getpeercert() or {}
            return float(ssl.cert_time_to_seconds(str(shown["notAfter"])))
        with contextlib.suppress(ssl.SSLWantReadError):
            served.do_handshake()
    raise ssl.SSLError(f"no handshake within {_FLIGHTS} flights")


def _server_context() -> ssl.SSLContext:
    return ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
