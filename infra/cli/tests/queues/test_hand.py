"""Messages in hand: each once, and given back whatever happens."""

from typing import Any

import pytest

from patterns_cli.queues.hand import Hand

# Classes of the fixtures, which importlib's mode keeps out of reach as an import.
Shop = Any
Box = Any


@pytest.fixture
def box(small_shop: Shop) -> Box:
    """Return a receiver with 25 dead letters."""
    made = small_shop.receiver()
    made.fail(*(f"message {n}" for n in range(25)))
    return made


class Forgetful:
    """SQS, whose visibility timeouts end at once and whose deletions fail as a test says."""

    def __init__(self, sqs: Any, *failures: int) -> None:  # noqa: ANN401 - boto3 makes its classes when it runs
        """Fail the first entry of this many calls."""
        self._sqs, self._failures = sqs, list(failures)
        self.receives = 0

    def receive_message(self, **asked: Any) -> Any:  # noqa: ANN401 - as above
        """Receive without hiding."""
        self.receives += 1
        return self._sqs.receive_message(**asked | {"VisibilityTimeout": 0, "WaitTimeSeconds": 0})

    def delete_message_batch(self, **asked: Any) -> Any:  # noqa: ANN401 - as above
        """Delete all but the first entry."""
        if not self._failures:
            return self._sqs.delete_message_batch(**asked)
        self._failures.pop()
        kept, *rest = asked["Entries"]
        answer = self._sqs.delete_message_batch(**asked | {"Entries": rest}) if rest else {}
        return answer | {"Failed": [{"Id": kept["Id"], "SenderFault": False, "Code": "InternalError"}]}

    def change_message_visibility_batch(self, **asked: Any) -> Any:  # noqa: ANN401 - as above
        """Pass it on."""
        return self._sqs.change_message_visibility_batch(**asked)


def test_each_message_once_and_all_of_them_back(box: Box) -> None:
    """While they are in hand nobody sees them, afterwards everybody."""
    with Hand(box.sqs, box.letters_url, visibility=60) as hand:
        ids = [letter.id for _ in range(4) for letter in hand.take(10)]
        assert len(ids) == len(set(ids)) == len(hand) == 25
        assert (box.visible()[1], box.hidden()[1]) == (0, 25)
    assert (box.visible()[1], box.hidden()[1]) == (25, 0)


def test_they_come_back_when_the_work_fails(box: Box) -> None:
    """Whatever it fails of."""

    def fail() -> None:
        with Hand(box.sqs, box.letters_url, visibility=60) as hand:
            raise ZeroDivisionError(len(hand.take(10)))

    with pytest.raises(ZeroDivisionError, match="10"):
        fail()
    assert box.visible()[1] == 25


def test_a_message_that_reappears_is_not_returned_again(box: Box) -> None:
    """A hand that is full for longer than the visibility timeout comes to an end all the same."""
    sqs = Forgetful(box.sqs)
    with Hand(sqs, box.letters_url, visibility=60) as hand:
        seen = []
        while letters := hand.take(10):
            seen += [letter.id for letter in letters]
        assert len(seen) == len(set(seen))
        assert sqs.receives <= 3 * (len(seen) + 1)


def test_no_more_than_it_may_hold(box: Box) -> None:
    """Receipt handles take memory, and SQS limits what is in flight."""
    with Hand(box.sqs, box.letters_url, visibility=60, most=12) as hand:
        assert [len(hand.take(10)), len(hand.take(10)), hand.full, len(hand.take(10))] == [10, 2, True, 0]
        assert box.hidden()[1] == 12


def test_a_deletion_that_fails_is_tried_again(box: Box) -> None:
    """Once: what is left then is counted."""
    with Hand(Forgetful(box.sqs, 1), box.letters_url, visibility=60) as hand:
        assert hand.delete([letter.id for letter in hand.take(3)]) == 3
    with Hand(Forgetful(box.sqs, 2, 1), box.letters_url, visibility=60) as hand:
        taken = hand.take(3)
        assert hand.delete([letter.id for letter in taken]) == 2
        assert len(hand) == 1
    assert box.visible()[1] == 20
