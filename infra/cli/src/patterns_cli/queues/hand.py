"""Messages in hand: received from a queue, not yet deleted, and given back when the work ends, however it ends."""

from collections.abc import Iterable, Sequence
from typing import Self

from patterns_cli.queues.letter import Letter, letter_of
from patterns_deploy.place import AwsClient

__all__ = ["MOST_IN_HAND", "Hand"]

MOST_IN_HAND = 10_000
"""A standard queue has at most 120,000 messages in flight; of these receipt handles fit into a few megabytes."""

_MOST_AT_ONCE = 10
_BARREN_RECEIVES = 3
_LONG_POLL_SECONDS = 1
_DELETE_ATTEMPTS = 2


class Hand:
    """Receives each message once, and hides it from everybody for ``visibility`` seconds or until it is given back.

    Receiving raises a message's receive count, and nothing can lower it again. That matters only to a queue with a
    redrive policy of its own, which no dead-letter queue here has.
    """

    def __init__(self, sqs: AwsClient, url: str, *, visibility: int, most: int = MOST_IN_HAND) -> None:
        """Begin with nothing in hand; ``most`` is how many messages may be."""
        self._sqs = sqs
        self._url = url
        self._visibility = visibility
        self._most = most
        self._handles: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give everything back."""
        self.give_back(list(self._handles))

    def __len__(self) -> int:
        return len(self._handles)

    @property
    def full(self) -> bool:
        """Whether no more messages may be taken."""
        return len(self._handles) >= self._most

    def take(self, most: int) -> list[Letter]:
        """Receive up to ten messages that are not in hand; none when there are no more, or the hand is full.

        A message that was in hand for so long that it became visible is hidden again, and not returned again.
        """
        for attempt in range(_BARREN_RECEIVES):
            if self.full:
                break
            # An answer without waiting asks some of SQS's servers only; with waiting it asks all of them.
            seconds = _LONG_POLL_SECONDS if attempt else 0
            received = self._receive(min(most, _MOST_AT_ONCE, self._most - len(self)), seconds)
            fresh = [letter for letter in received if letter.id not in self._handles]
            self._handles |= {letter.id: letter.receipt_handle for letter in received}
            if fresh:
                return fresh
            if attempt and not received:
                break
        return []

    def delete(self, ids: Sequence[str]) -> int:
        """Delete messages from the queue and return how many; those for which that fails twice stay in hand."""
        left = list(ids)
        for _ in range(_DELETE_ATTEMPTS):
            for ten in list(_in_tens(left)):
                entries = [{"Id": str(n), "ReceiptHandle": self._handles[x]} for n, x in enumerate(ten)]
                answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
                for done in answer.get("Successful", ()):
                    del self._handles[ten[int(done["Id"])]]
            left = [x for x in left if x in self._handles]
            if not left:
                break
        return len(ids) - len(left)

    def give_back(self, ids: Sequence[str]) -> None:
        """Make messages visible again at once; one for which that fails is when its visibility timeout ends."""
        for ten in _in_tens(ids):
            entries = [
                {"Id": str(n), "ReceiptHandle": self._handles.pop(x), "VisibilityTimeout": 0} for n, x in enumerate(ten)
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def _receive(self, most: int, seconds: int) -> list[Letter]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=most,
            VisibilityTimeout=self._visibility,
            WaitTimeSeconds=seconds,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return [letter_of(message) for message in answer.get("Messages", ())]


def _in_tens(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """Return the ids in groups that one call of SQS takes."""
    return (ids[start : start + _MOST_AT_ONCE] for start in range(0, len(ids), _MOST_AT_ONCE))
