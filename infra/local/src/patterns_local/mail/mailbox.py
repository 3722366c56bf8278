"""The mails that were received, one file each, in the order of their arrival.

>>> for mail in read_mails(platform.mails):  # doctest: +SKIP
...     print(mail.to, mail.subject)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from pathlib import Path

__all__ = ["ReceivedMail", "keep", "mail_files", "read_mail", "read_mails"]

_NAME = "%Y%m%dT%H%M%S.%f"
_DELIVERED_TO = "Delivered-To"


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One mail.

    Attributes:
        to: the addresses that it was for, hidden copies too.
        sender: the header ``From`` as it stands.
        subject: decoded.
        text: the plain text, empty when there is none.
        html: the HTML, empty when there is none.
        received_at: when it arrived, in UTC.
        path: its file, which any mail program opens.
    """

    to: tuple[str, ...]
    sender: str
    subject: str
    text: str
    html: str
    received_at: datetime
    path: Path


def mail_files(folder: Path) -> list[Path]:
    """Return the mails' files in the order of their arrival; none when there is no folder."""
    return sorted(folder.glob("*.eml"))


def read_mails(folder: Path, *, after: Path | None = None) -> Iterator[ReceivedMail]:
    """Yield the mails in the order of their arrival.

    Args:
        folder: where they are.
        after: only those that arrived after this one.
    """
    for path in mail_files(folder):
        if after is None or path.name > after.name:
            yield read_mail(path)


def read_mail(path: Path) -> ReceivedMail:
    """Read one file."""
    # The old policy, which leaves decoding to us: the new one takes 6 ms for a mail, this a tenth of that.
    with path.open("rb") as file:
        message = BytesParser(policy=compat32).parse(file)
    return ReceivedMail(
        to=tuple(str(address) for address in message.get_all(_DELIVERED_TO, [])),
        sender=_header(message, "From"),
        subject=_header(message, "Subject"),
        text=_body(message, "text/plain"),
        html=_body(message, "text/html"),
        received_at=datetime.strptime(path.stem, _NAME).replace(tzinfo=UTC),
        path=path,
    )


def keep(folder: Path, content: bytes, *, sender: str, to: Sequence[str], at: datetime) -> Path:
    """Write a mail so that a reader sees all of it or nothing; with whom it was from and for, as mail servers do."""
    envelope = [f"Return-Path: <{sender}>", *(f"{_DELIVERED_TO}: {address}" for address in to)]
    path = folder / f"{at.strftime(_NAME)}.eml"
    aside = path.with_suffix(".new")
    aside.write_bytes("".join(f"{line}\r\n" for line in envelope).encode() + content)
    return aside.replace(path)


def _header(message: Message, name: str) -> str:
    value = str(message.get(name, ""))
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return value


def _body(message: Message, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                return _decoded(payload, part.get_content_charset("utf-8")).replace("\r\n", "\n")
    return ""


def _decoded(payload: bytes, charset: str) -> str:
    try:
        return payload.decode(charset, errors="replace")
    except LookupError:
        return payload.decode(errors="replace")
