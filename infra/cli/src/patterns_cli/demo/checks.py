"""What the demo tried, what had to come out, and what was seen.

What is expected is worked out from the inputs before the answers are looked at: a check that takes its
expectation from an answer can only agree with itself.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["Check", "Checks", "described"]

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the summary.

    Attributes:
        tried: what was done, in a few words.
        expected: what the inputs say must come out.
        seen: what came out; for many things at once the first difference.
        passed: whether the two agree.
    """

    tried: str
    expected: str
    seen: str
    passed: bool


class Checks:
    """The checks of a run, in the order in which they were made."""

    def __init__(self) -> None:
        """Begin with none."""
        self.made: list[Check] = []

    @property
    def passed(self) -> bool:
        """Whether something was checked and nothing differed."""
        return bool(self.made) and all(check.passed for check in self.made)

    @property
    def differences(self) -> int:
        """How many checks did not pass."""
        return sum(not check.passed for check in self.made)

    def equal(self, tried: str, *, expected: object, seen: object) -> None:
        """Compare two values, and show both."""
        self._add(tried, _text(expected), _text(seen), passed=expected == seen)

    def each(self, tried: str, *, expected: Mapping[_K, _V], seen: Mapping[_K, _V], what: str) -> None:
        """Compare value by value, and show how many agree and the first that does not.

        Args:
            tried: what was done.
            expected: what must come out, by number, name or id.
            seen: what came out; a key that nobody expected is a difference too.
            what: what the values are, in the plural, such as "orders at the catalogue's prices".
        """
        if not expected:
            self._add(tried, f"some {what}", "nothing was tried", passed=False)
            return
        wrong = [key for key in expected if key not in seen or seen[key] != expected[key]]
        surplus = [key for key in seen if key not in expected]
        agree = len(expected) - len(wrong)
        text = f"{'all ' if not wrong else ''}{agree}"
        if wrong:
            key = wrong[0]
            text += f"; {len(wrong)} not: {key} "
            text += "should be {}, is {}".format(*_apart(expected[key], seen[key])) if key in seen else "is missing"
        if surplus:
            text += f"; {len(surplus)} too many, such as {surplus[0]}: {_text(seen[surplus[0]])}"
        self._add(tried, f"{len(expected)} {what}", text, passed=not wrong and not surplus)

    def not_run(self, tried: str, reason: str) -> None:
        """Count a part that could not run as a difference: nobody knows what it would have shown."""
        self._add(tried, "runs to its end", f"could not run: {reason}", passed=False)

    def _add(self, tried: str, expected: str, seen: str, *, passed: bool) -> None:
        self.made.append(Check(tried, _cut(expected), _cut(seen), passed))


def described(error: BaseException) -> str:
    """Return one line about an error; of a group, about the first error in it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _apart(expected: object, seen: object) -> tuple[str, str]:
    """Return both as text; of two mappings only what differs."""
    if not (isinstance(expected, dict) and isinstance(seen, dict)):
        return _text(expected), _text(seen)
    names = [name for name in {**expected, **seen} if expected.get(name) != seen.get(name)]
    return _text({x: expected.get(x) for x in names}), _text({x: seen.get(x) for x in names})


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(each)}" for name, each in value.items())
    if isinstance(value, set | frozenset):
        return " and ".join(sorted(map(_text, value)))
    if isinstance(value, tuple | list):
        return ", ".join(map(_text, value)) or "none"
    return str(value)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
