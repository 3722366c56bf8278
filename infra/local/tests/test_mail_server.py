"""The mail server, by real SMTP: what is sent is a file, and its switch does what it says."""

import smtplib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from patterns_deploy.errors import WrongSwitch
from patterns_deploy.folder import LocalFolder
from patterns_local.mail.mailbox import ReceivedMail, mail_files, read_mails
from patterns_local.mail.server import MailServer
from patterns_local.mail.switch import MailMode, switch_mail

Eventually = Callable[..., Any]

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Post:
    """A running mail server."""

    server: MailServer
    mails: Path

    def send(self, subject: str, *, to: tuple[str, ...] = ("ada@example.com",), timeout: float = 10.0) -> None:
        """Send one mail by a real client, which raises what the server answers."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "Shop <shop@example.com>", to[0], subject
        message.set_content("Grüße\n.\nund tschüß\n")
        message.add_alternative("<p>Grüße</p>", subtype="html")
        with self.client(timeout=timeout) as client:
            client.send_message(message, to_addrs=to)

    def client(self, *, timeout: float = 10.0) -> smtplib.SMTP:
        """Connect."""
        host, port = self.server.address.split(":")
        return smtplib.SMTP(host, int(port), local_hostname="localhost", timeout=timeout)

    def received(self) -> list[ReceivedMail]:
        """Return what arrived."""
        return list(read_mails(self.mails))

    def subjects(self) -> list[str]:
        """Return what arrived, by subject."""
        return [mail.subject for mail in self.received()]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """Start a mail server."""
    folder = LocalFolder(tmp_path_factory.mktemp("mail"))
    with MailServer(folder) as server:
        server.wait_ready(abandoned=lambda: False)
        yield Post(server, folder.mails)


@pytest.fixture
def post(running: Post) -> Post:
    """Return a mail server that is well and has no mail."""
    for path in running.mails.iterdir():
        path.unlink()
    return running


def test_a_mail_is_read_as_it_was_written(post: Post) -> None:
    """Text, HTML, letters beyond ASCII, a line of one dot, and whom it was for without being named in it."""
    post.send("Größe L ist da", to=("ada@example.com", "hidden@example.com"))
    [mail] = post.received()
    assert mail.to == ("ada@example.com", "hidden@example.com")
    assert (mail.sender, mail.subject) == ("Shop <shop@example.com>", "Größe L ist da")
    assert (mail.text, mail.html) == ("Grüße\n.\nund tschüß\n", "<p>Grüße</p>\n")


def test_a_mail_that_is_badly_written_is_shown_as_it_stands(post: Post) -> None:
    """Whatever a program sends: one such mail must not hide the others."""
    head = b"From: x\r\nSubject: =?utf-8?b?abcde?=\r\nContent-Type: text/plain; charset=unheard-of\r\n"
    with post.client() as client:
        client.sendmail("shop@example.com", ["ada@example.com"], head + b"\r\n\xff caf\xc3\xa9\r\n")
        client.sendmail("shop@example.com", ["ada@example.com"], b"no header at all")
    badly, bare = post.received()
    assert (badly.subject, badly.text, badly.html) == ("=?utf-8?b?abcde?=", "\N{REPLACEMENT CHARACTER} café\n", "")
    assert (bare.sender, bare.subject, bare.to) == ("", "", ("ada@example.com",))


def test_the_files_names_sort_by_arrival(post: Post) -> None:
    """And say when that was; a reader can ask for what came after one that it knows."""
    for number in range(20):
        post.send(f"mail {number}")
    received = post.received()
    assert [mail.subject for mail in received] == [f"mail {number}" for number in range(20)]
    assert [mail.received_at for mail in received] == sorted(mail.received_at for mail in received)
    later = read_mails(post.mails, after=received[17].path)
    assert [mail.subject for mail in later] == ["mail 18", "mail 19"]


def test_mails_that_arrive_at_once_are_all_kept(post: Post) -> None:
    """Each under a name of its own, and no half of one is left aside."""
    with ThreadPoolExecutor(20) as senders:
        list(senders.map(post.send, [f"mail {number}" for number in range(200)]))
    assert sorted(post.subjects()) == sorted(f"mail {number}" for number in range(200))
    assert {path.suffix for path in post.mails.iterdir()} == {".eml"}


@pytest.mark.parametrize(("mode", "code"), [(MailMode.REFUSE, 550), (MailMode.REFUSE_FOR_NOW, 451)])
def test_a_refused_mail_is_not_kept(post: Post, mode: MailMode, code: int) -> None:
    """The sender learns whether it is worth trying again."""
    switch_mail(post.mails, mode)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        post.send("refused")
    assert refused.value.smtp_code == code
    switch_mail(post.mails, MailMode.ACCEPT)
    post.send("accepted")
    assert post.subjects() == ["accepted"]


def test_a_dropped_mail_is_kept_and_its_sender_does_not_know(post: Post) -> None:
    """So it sends it again, and there are two."""
    switch_mail(post.mails, MailMode.DROP, for_requests=1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        post.send("twice")
    post.send("twice")
    assert post.subjects() == ["twice", "twice"]


def test_a_slow_server_keeps_the_mail_of_who_waits(post: Post, eventually: Eventually) -> None:
    """A sender that hangs up before has sent nothing."""
    switch_mail(post.mails, MailMode.SLOW, delay_seconds=1.0)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        post.send("impatient", timeout=0.3)
    post.send("patient")
    assert post.subjects() == ["patient"]
    assert not eventually(lambda: "impatient" in post.subjects(), 1.5)


def test_a_switch_can_hit_some_mails_only(post: Post) -> None:
    """Every third of the first two; the same switch thrown again counts anew."""
    for _ in range(2):
        switch_mail(post.mails, MailMode.REFUSE, only_every=3, for_requests=2)
        assert [_refused(post) for _ in range(9)] == [False, False, True, False, False, True, False, False, False]


def _refused(post: Post) -> bool:
    try:
        post.send("x")
    except smtplib.SMTPDataError:
        return True
    return False


@pytest.mark.parametrize(
    ("mode", "numbers", "line"),
    [
        ("lose", {}, "mode: Input should be 'accept', "),
        ("slow", {"delay_seconds": -1}, "delay_seconds: Input should be greater than 0"),
        ("refuse", {"delay_seconds": 1}, "delay_seconds goes with mode slow"),
        ("refuse", {"often": 1}, "often: Extra inputs are not permitted"),
        ("refuse", {"only_every": 2, "share": 0.5}, "only_every and share exclude each other"),
        ("refuse", {"for_requests": 0}, "for_requests: Input should be greater than or equal to 1"),
    ],
)
def test_a_wrong_switch_names_the_field_and_changes_nothing(
    post: Post, mode: str, numbers: dict[str, Any], line: str
) -> None:
    """Before it is thrown."""
    with pytest.raises(WrongSwitch, match=f"^{line}"):
        switch_mail(post.mails, mode, **numbers)
    post.send("kept")
    assert post.subjects() == ["kept"]


@pytest.mark.parametrize("text", ["{", '{"mode": "lose"}', ""])
def test_a_switch_that_cannot_be_read_refuses_for_now_and_says_so(post: Post, text: str) -> None:
    """A file that was edited by hand: nothing is lost by it."""
    (post.mails / "switch.json").write_text(text)
    with pytest.raises(smtplib.SMTPDataError, match="the switch cannot be read; see the log"):
        post.send("x")
    assert "switch.json: " in post.server.log.read_text()
    switch_mail(post.mails, MailMode.ACCEPT)
    post.send("x")


def test_a_mail_that_is_too_large_is_refused_for_good(post: Post) -> None:
    """As every mail server does, long before the machine has no room."""
    with post.client() as client:
        client.ehlo()
        assert client.docmd("MAIL", "FROM:<shop@example.com> SIZE=99999999")[0] == 552


def test_the_log_names_no_address_and_no_subject(post: Post) -> None:
    """It may be shown to anybody."""
    post.send("a secret subject", to=("grace@example.com",))
    switch_mail(post.mails, MailMode.REFUSE)
    assert _refused(post)
    log = post.server.log.read_text()
    assert mail_files(post.mails)[0].name in log
    assert "answered 550" in log
    assert "@" not in log
    assert "secret subject" not in log


def test_a_new_start_has_an_empty_folder_at_the_same_address(folder: LocalFolder) -> None:
    """Mails stay readable after the end, until somebody starts again."""
    folder.root.mkdir()
    with MailServer(folder) as first:
        first.wait_ready(abandoned=lambda: False)
        Post(first, folder.mails).send("old")
        switch_mail(folder.mails, MailMode.REFUSE)
        (folder.mails / "a folder of somebody's mail program").mkdir()
    assert [mail.subject for mail in read_mails(folder.mails)] == ["old"]
    with MailServer(folder) as second:
        second.wait_ready(abandoned=lambda: False)
        assert second.address == first.address
        assert mail_files(folder.mails) == []
        Post(second, folder.mails).send("new")
    assert [mail.subject for mail in read_mails(folder.mails)] == ["new"]
