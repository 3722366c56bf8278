"""`patterns redrive`: dead letters go back to the queue that they came from."""

import math
import sys
import time
from dataclasses import dataclass, replace

from patterns_cli.commands.confirming import Agree, nobody_asks, place_to_change
from patterns_cli.commands.failures import FAILED, CommandError, WrongUse
from patterns_cli.commands.input_files import open_input
from patterns_cli.queues.directory import DeadLetterQueue, find_dead_letter_queues, select_queue
from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.queues.mending import MAX_LINE_BYTES, MendedLetters, read_mended
from patterns_cli.queues.outcome import Outcome
from patterns_cli.queues.peeking import check_zero
from patterns_cli.queues.queue import Queue
from patterns_cli.queues.redriving import Redrive, find_mended
from patterns_cli.queues.shortfall import SQS_COUNTS_SETTLE
from patterns_cli.text_lines import read_lines
from patterns_deploy.place import Place
from patterns_deploy.progress import progress_for
from patterns_infra.settings import Target

__all__ = ["RedriveOrder", "redrive", "redrive_at"]

_SAMPLE = 10
"""Messages that are received to check a count of 0."""


@dataclass(frozen=True, slots=True)
class RedriveOrder:
    """What the user asked for; `most` messages, `rate` a second, `repaired` is a file's name."""

    queue: str
    dry_run: bool = False
    most: int | None = None
    rate: float | None = None
    repaired: str | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            WrongUse: naming the options.
        """
        if self.rate is not None and not 0 < self.rate < math.inf:
            raise WrongUse("--rate must be a number of messages per second, such as 5 or 0.2")
        if self.repaired and self.most is not None:
            raise WrongUse("--max and --repaired do not go together: the file says which messages go back")


def redrive(order: RedriveOrder, target: Target, stage: str | None, region: str | None, *, yes: bool) -> None:
    """Redrive, on AWS after asking; exits non-zero when something was not moved that should have been."""
    place, agree = place_to_change("move messages in", target, stage, region, yes=yes)
    redrive_at(place, order, agree=agree)


def redrive_at(place: Place, order: RedriveOrder, *, agree: Agree = nobody_asks) -> None:
    """Redrive in a place.

    Raises:
        UnknownQueue: there is no such queue.
        CannotRedrive: its messages have no way back.
        CommandError: the file of repaired messages cannot be used; nothing was moved.
        KeyboardInterrupt: it was interrupted; the counts of what was moved by then are printed.
        SystemExit: something was not moved that should have been.
    """
    chosen = select_queue(find_dead_letter_queues(place), order.queue)
    destination = chosen.way_back()
    mended = _read_mended(order.repaired, destination) if order.repaired else None
    sampled = mended is None and not chosen.queue.held
    if sampled:
        chosen = replace(chosen, queue=check_zero(place.client("sqs"), chosen.queue, most=_SAMPLE))
    due = len(mended.by_id) if mended else min(chosen.queue.held, order.most or chosen.queue.held)
    number = f"at least {due}" if sampled and due else f"{due}"
    what = f"{number} dead letters of {chosen.name} back to {destination.name}"
    if order.dry_run:
        outcome = _try_out(place, chosen, mended)
        sys.stderr.write(f"dry run, nothing was moved; without --dry-run: {what}\n")
    elif due:
        agree({"messages": what})
        outcome = _carry_out(place, chosen, destination, order, mended)
    else:
        outcome = Outcome(found=0)
    for line in outcome.lines():
        sys.stderr.write(f"{chosen.name}: {line}\n")
    if outcome.interrupted:
        raise KeyboardInterrupt
    if not outcome.complete:
        sys.exit(FAILED)


def _read_mended(name: str, destination: Queue) -> MendedLetters:
    with open_input(name) as stream:
        mended, bad = read_mended(read_lines(stream, max_bytes=MAX_LINE_BYTES), destination.feeder)
    for line in bad:
        sys.stderr.write(f"{name}: {line}\n")
    if bad:
        raise CommandError(f"nothing was moved: {len(bad)} lines of {name} cannot be used")
    return mended


def _try_out(place: Place, chosen: DeadLetterQueue, mended: MendedLetters | None) -> Outcome:
    """Count without moving."""
    return find_mended(place.client("sqs"), chosen.queue, mended) if mended else Outcome(found=chosen.queue.held)


def _carry_out(
    place: Place, chosen: DeadLetterQueue, destination: Queue, order: RedriveOrder, mended: MendedLetters | None
) -> Outcome:
    """Move the messages, showing how far it is."""
    step, due = f"redrive {chosen.name}", len(mended.by_id) if mended else chosen.queue.held
    with Interrupts() as interrupts, progress_for(sys.stderr) as report:
        run = Redrive(
            place.client("sqs"),
            chosen.queue,
            destination,
            order.rate,
            interrupts,
            lambda done: report.advance(step, done, ""),
            # The local platform counts exactly.
            SQS_COUNTS_SETTLE if place.target is Target.AWS else 0.0,
        )
        began = time.perf_counter()
        report.begin(step, min(due, order.most or due))
        if mended:
            outcome = run.move_mended(mended)
        elif order.most is None:
            outcome = run.move_all()
        else:
            outcome = run.move_some(order.most)
        if outcome.complete:
            report.end(step, time.perf_counter() - began, "")
        else:
            report.fail(step)
    return outcome
