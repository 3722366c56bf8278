"""`patterns publish`: somebody's own events onto the topic."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import IO

from patterns_cli.commands.confirming import Agree, nobody_asks, place_to_change
from patterns_cli.commands.failures import FAILED, CommandError
from patterns_cli.commands.input_files import open_input
from patterns_cli.publishing.event_lines import read_events
from patterns_cli.publishing.publication import Publication, Tally
from patterns_cli.queues.interrupts import Interrupts
from patterns_cli.text_lines import BadLine
from patterns_deploy.outputs import read_outputs
from patterns_deploy.place import Place
from patterns_deploy.progress import progress_for
from patterns_infra.settings import Target
from patterns_shared.adapters.sns import SnsPublisher

__all__ = ["publish", "publish_at"]


def publish(file: str, target: Target, stage: str | None, region: str | None, *, strict: bool, yes: bool) -> None:
    """Publish a file's events, on AWS after asking; exits non-zero when a line was not published."""
    place, agree = place_to_change("publish to", target, stage, region, yes=yes)
    publish_at(place, file, strict=strict, agree=agree)


def publish_at(place: Place, file: str, *, strict: bool = False, agree: Agree = nobody_asks) -> None:
    """Publish to a place's topic.

    Raises:
        WrongUse: the file cannot be read.
        CommandError: there is no topic, or, if ``strict``, a line is bad; nothing was published.
        KeyboardInterrupt: somebody interrupted it; how far it came has been told.
        SystemExit: a line was not published.
    """
    with open_input(file) as given:
        topic_arn = _topic_of(place)
        with _checked(given) if strict else nullcontext(given) as stream:
            agree({"topic": topic_arn, "events": "standard input" if file == "-" else file})
            tally = _carry_out(place, topic_arn, stream)
    for line in tally.lines():
        sys.stderr.write(f"{line}\n")
    if tally.interrupted:
        raise KeyboardInterrupt
    if not tally.complete:
        sys.exit(FAILED)


def _topic_of(place: Place) -> str:
    topic_arn = read_outputs(place).get("async", {}).get("topic_arn")
    if not topic_arn:
        raise CommandError(
            f"async is not deployed to {place.target} stage {place.stage}, so there is no topic; "
            "deploy it with: patterns deploy async"
        )
    return topic_arn


@contextmanager
def _checked(given: IO[bytes]) -> Iterator[IO[bytes]]:
    """Give the same bytes once every line was found to be good; a pipe's are kept in a file meanwhile.

    Raises:
        CommandError: a line is bad; all of them have been told.
    """
    with tempfile.TemporaryFile() as spool:
        if not given.seekable():
            shutil.copyfileobj(given, spool)
            spool.seek(0)
        stream = given if given.seekable() else spool
        start, bad = stream.tell(), 0
        for line in read_events(stream):
            if isinstance(line, BadLine):
                bad += 1
                sys.stderr.write(f"{line}\n")
        if bad:
            raise CommandError(f"nothing was published: {bad} bad lines")
        stream.seek(start)
        yield stream


def _carry_out(place: Place, topic_arn: str, stream: IO[bytes]) -> Tally:
    """Publish, showing how far it is."""
    step, began = "publish", time.perf_counter()
    with Interrupts() as interrupts, progress_for(sys.stderr) as report:
        report.begin(step, None)
        publisher = SnsPublisher(place.client("sns"), topic_arn)
        run = Publication(publisher, interrupts, report.say, lambda done: report.advance(step, done, ""))
        tally = run.run(read_events(stream))
        if tally.stopped or tally.interrupted:
            report.fail(step)
        else:
            report.end(step, time.perf_counter() - began, "")
    return tally
