import io
import re

from patterns_cli.demo.checks import Checks
from patterns_cli.demo.latencies import Latencies, percentile
from patterns_cli.demo.report import print_report


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _printed(stream: io.StringIO, checks: Checks) -> str:
    latencies = Latencies()
    for number in range(1, 101):
        latencies.add("GET /orders", number / 1000)
    print_report(stream, checks, latencies, seconds=2.5)
    return stream.getvalue()


def _made(*, passed: bool) -> Checks:
    checks = Checks()
    checks.equal("read [bold]it[/]", expected="200", seen="200" if passed else "500")
    return checks


def test_a_pipe_gets_plain_lines() -> None:
    """Where nobody sees colours there is no escape sequence, no frame and no broken line."""
    text = _printed(io.StringIO(), _made(passed=True))
    assert "\x1b" not in text
    assert "│" not in text
    assert re.search(r"^ok +read \[bold\]it\[/\] +200 +200 *$", text, re.MULTILINE)


def test_latencies_are_labelled_as_local() -> None:
    """The figures of this machine cannot be taken for AWS's."""
    text = _printed(io.StringIO(), _made(passed=True))
    assert "local: this machine's emulator with its cold starts, not AWS" in text
    assert re.search(r"GET /orders +100 +50\.0 +95\.0 +99\.0", text)


def test_the_last_line_says_whether_anything_differed() -> None:
    """The summary tells success from difference."""
    assert _printed(io.StringIO(), _made(passed=True)).rstrip().endswith("all 1 checks as expected, traffic took 2.5 s")
    different = _printed(io.StringIO(), _made(passed=False))
    assert different.rstrip().endswith("1 of 1 checks differ, traffic took 2.5 s")
    assert re.search(r"^DIFFERS", different, re.MULTILINE)


def test_a_terminal_gets_a_table() -> None:
    """A person sees a framed table."""
    assert "│" in _printed(_Terminal(), _made(passed=True))


def test_percentiles_are_values_that_were_measured() -> None:
    """Nearest rank: no figure is made up between two measurements, and one measurement is all percentiles."""
    assert [percentile([4.0, 1.0, 3.0, 2.0], part) for part in (50, 95, 99)] == [2.0, 4.0, 4.0]
    assert percentile([7.0], 50) == 7.0
