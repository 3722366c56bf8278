"""Messages that nobody can work on: set aside alone with their reason, looked at, mended, put back."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from patterns_cli.demo.fan_out import compare, follow
from patterns_cli.demo.recipients import RECEIVERS, Recipients
from patterns_cli.demo.scene import Scene, eventually
from patterns_cli.queues.directory import find_dead_letter_queues, select_queue
from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.queues.letter import story_of
from patterns_cli.queues.mending import read_mended
from patterns_cli.queues.outcome import Outcome
from patterns_cli.queues.peeking import peek
from patterns_cli.queues.redriving import Redrive
from patterns_cli.text_lines import TextLine
from patterns_shared.adapters.event_messages import event_to_body
from patterns_shared.adapters.sns import attributes_of
from patterns_shared.domain.events import Event, EventType

__all__ = ["poison", "set_aside_and_put_back"]

_COMPLAINT = "order_version: must be a whole number"
_REFUSED = "the partner answered 422"
_SECONDS = 60.0


async def poison(scene: Scene, recipients: Recipients, events: Sequence[Event]) -> None:
    """Break one message among good ones, and let the partner refuse another; then mend both."""
    async with scene.part("a poison message and a refusal", seconds=3 * _SECONDS):
        await set_aside_and_put_back(scene, recipients, await scene.placed(events))


async def set_aside_and_put_back(scene: Scene, recipients: Recipients, events: Sequence[Event]) -> None:
    """Do so with the events of orders that were placed: all that is about some orders."""
    broken = next(event for event in events if event.type is EventType.ORDER_FULFILLED)
    good = [event for event in events if event is not broken]
    recipients.partner.behave("refuse", status=422, for_requests=1)
    await asyncio.to_thread(_publish_broken, scene, broken)
    await recipients.publish(good)
    expected = {"ledger": 1, "partner": 2, "notify": 1, "outcome": 1}
    letters = await eventually(recipients.dead_letters, until=lambda seen: seen == expected, seconds=_SECONDS)
    scene.checks.equal("break one message, refuse another: dead letters", expected=expected, seen=letters)
    reasons = await asyncio.to_thread(lambda: {name: _reasons(scene, name) for name in RECEIVERS})
    scene.checks.equal(
        "ask each of them why",
        expected={"ledger": 1, "partner": 2, "notify": 1, "outcome": 1},
        seen={name: sum(_COMPLAINT in x or _REFUSED in x for x in found) for name, found in reasons.items()},
    )
    for name, found in reasons.items():
        for reason in found:
            scene.progress.say(f"{name:>10}  {reason}")
    moved = {name: await asyncio.to_thread(_mend, scene, name, broken) for name in RECEIVERS}
    scene.checks.equal("mend the broken one, and put all of them back", expected=expected, seen=moved)
    reached = await follow(scene, recipients, events, seconds=_SECONDS)
    compare(scene, events, reached)
    left = sum((await recipients.dead_letters()).values())
    scene.checks.equal("look for dead letters after that", expected=0, seen=left)


def _publish_broken(scene: Scene, event: Event) -> None:
    """Publish an event as a producer would that writes numbers as texts."""
    body = json.dumps({**json.loads(event_to_body(event)), "order_version": str(event.order_version)})
    scene.client("sns").publish(
        TopicArn=scene.outputs["topic_arn"], Message=body, MessageAttributes=attributes_of(event)
    )


def _reasons(scene: Scene, receiver: str) -> list[str]:
    queue = select_queue(find_dead_letter_queues(scene.place), receiver).queue
    return [story_of(letter).reason for letter in peek(scene.client("sqs"), queue, most=10)]


def _mend(scene: Scene, receiver: str, broken: Event) -> int:
    """Put a receiver's dead letters back, the broken one as it should have been; return how many went."""
    sqs = scene.client("sqs")
    chosen = select_queue(find_dead_letter_queues(scene.place), receiver)
    destination = chosen.way_back()
    lines = [
        TextLine(number, json.dumps(_mended(letter.id, letter.body, broken)))
        for number, letter in enumerate(peek(sqs, chosen.queue, most=10), 1)
    ]
    mended, bad = read_mended(lines, destination.feeder)
    if bad:
        raise ValueError(f"line {bad[0].number}: {bad[0].reason}")
    with Interrupts() as interrupts:
        outcome: Outcome = Redrive(sqs, chosen.queue, destination, None, interrupts, lambda _: None).move_mended(mended)
    return outcome.moved


def _mended(message_id: str, body: str, broken: Event) -> Mapping[str, Any]:
    is_broken = json.loads(body)["id"] == broken.id
    return {"message_id": message_id, "body": event_to_body(broken) if is_broken else body}
