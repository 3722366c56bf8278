"""`patterns dead-letters`: which there are, and why each failed."""

import sys
from contextlib import closing

from patterns_cli.commands.failures import CommandError
from patterns_cli.commands.letters_shown import print_letters, print_queues, show_letters, show_queues
from patterns_cli.commands.looking import place_of
from patterns_cli.queues.directory import find_dead_letter_queues, select_queue
from patterns_cli.queues.peeking import peek
from patterns_deploy.place import Place
from patterns_infra.settings import Target

__all__ = ["dead_letters", "show_dead_letters"]


def dead_letters(
    queue: str | None, target: Target, stage: str | None, region: str | None, *, as_json: bool, most: int
) -> None:
    """Show the dead-letter queues, or what is in one of them."""
    show_dead_letters(place_of(target, stage, region), queue, as_json=as_json, most=most)


def show_dead_letters(place: Place, queue: str | None, *, as_json: bool, most: int) -> None:
    """Show them: to people on standard error, to programs on standard output.

    The queue is as before, but for the letters' receive counts: each that is shown was received once more.

    Raises:
        UnknownQueue: there is no such queue.
        CommandError: nothing is deployed.
    """
    found = find_dead_letter_queues(place)
    if queue is None:
        if not found:
            raise CommandError(f"no pattern with queues is deployed to {place.target} stage {place.stage}")
        (print_queues if as_json else show_queues)(found)
        return
    chosen = select_queue(found, queue)
    with closing(peek(place.client("sqs"), chosen.queue, most=most)) as letters:
        shown = (print_letters if as_json else show_letters)(letters)
    there = max(chosen.queue.waiting, shown)
    sys.stderr.write(f"{chosen.name}: {shown} of {there} dead letters shown")
    sys.stderr.write("; --max shows more\n" if shown == most and there > most else "\n")
    if chosen.queue.in_flight:
        sys.stderr.write(f"{chosen.name}: {chosen.queue.in_flight} more are hidden: another reader has them\n")
