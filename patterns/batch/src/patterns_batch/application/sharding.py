"""Working off one shard: chunk by chunk into sums, which are put aside, and then named by one final object."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from patterns_batch.application.pointers import NamedFile, digest_of, fetch, read_pointer, upload, write_pointer
from patterns_batch.application.ports import Objects, Pseudonyms, Stopping
from patterns_batch.application.reject_lines import reject_lines
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.application.sources import Sources, readable
from patterns_batch.application.workplace import Workplace, workplace
from patterns_batch.engine import customers, files
from patterns_batch.engine.lines import order_start
from patterns_batch.engine.terms import Terms
from patterns_batch.engine.totals import Totals
from patterns_batch.errors import BadInput, Stopped
from patterns_batch.manifest import FileSource, Manifest, Shard
from patterns_batch.settings import Settings

__all__ = ["NAMES", "ShardDone", "Sharder", "terms_of"]

NAMES = "names.parquet"


@dataclass(frozen=True, slots=True)
class ShardDone:
    """What a shard came to; ``fresh`` unless an earlier try had finished it."""

    read: int
    bad: int
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharder:
    """Works off shards."""

    settings: Settings
    objects: Objects
    sources: Sources
    pseudonyms: Pseudonyms
    stopping: Stopping
    clock: Callable[[], float] = field(default=time.monotonic)

    def work(self, manifest: Manifest, number: int) -> ShardDone:
        """Work off the shard, from where an earlier try stopped.

        Raises:
            BadInput: there is no such shard, or its input cannot be read.
            Stopped: the container is being stopped; the next try goes on from here.
        """
        if number >= len(manifest.shards):
            raise BadInput(f"--shard {number}: run {manifest.run} has shards 0 to {len(manifest.shards) - 1}")
        keys = RunKeys(manifest.run)
        done = read_pointer(self.objects, keys.partial(number))
        if done:
            return ShardDone(done[1]["read"], done[1]["bad"], fresh=False)
        with workplace(self.settings) as place:
            begin, end = self.sources.open(place, manifest, manifest.shards[number])
            terms = terms_of(manifest, self.pseudonyms)
            work = _Work(self, place, manifest, manifest.shards[number], Totals(place.database, terms))
            work.run(begin, end)
            work.finish(terms)
            return ShardDone(work.totals.read, work.totals.bad, fresh=True)


def terms_of(manifest: Manifest, pseudonyms: Pseudonyms) -> Terms:
    """Return how this run counts."""
    return Terms(
        slot_seconds=manifest.slot_seconds,
        before=manifest.before,
        reported=manifest.days[0] if manifest.days else None,
        key=pseudonyms.key(manifest.pseudonym_version),
        rejects_listed=manifest.rejects_listed,
    )


@dataclass(slots=True)
class _Work:
    """One try at one shard."""

    step: Sharder
    place: Workplace
    manifest: Manifest
    shard: Shard
    totals: Totals
    ids: dict[str, NamedFile] = field(default_factory=dict)

    def run(self, begin: int, end: int) -> None:
        """Add all chunks that no earlier try has added."""
        row, kept_at = self._resume(begin), self.step.clock()
        while row < end:
            due = self.step.clock() - kept_at >= self.step.settings.checkpoint_seconds
            if self.step.stopping() or (due and row > begin):
                self._keep(row)
                kept_at = self.step.clock()
            if self.step.stopping():
                raise Stopped(f"stopped after row {row}; the next try goes on from there")
            with readable(self.manifest, row):
                chunk_end = order_start(self.place.database, min(row + self.manifest.chunk_lines, end), end)
                self._add(row, chunk_end)
            row = chunk_end

    def _add(self, begin: int, end: int) -> None:
        if not isinstance(self.manifest.source, FileSource):
            self.totals.add(begin, end)  # the table's key is the order's id: none can be there twice
            return
        name = f"ids/{begin:012}.parquet"
        path = self.place.made("ids") / Path(name).name
        self.totals.add(begin, end, path)
        self.ids[name] = upload(self.step.objects, self._key(name), path)
        path.unlink()

    def finish(self, terms: Terms) -> None:
        """Put the partial aside, then the object that names it."""
        database, folder, top = self.place.database, self.place.made("partial"), self.manifest.top_customers
        files.save(database, self.totals, folder)
        customers.create_names(database)
        chosen = customers.candidates(database, self.totals, top=top, shards=len(self.manifest.shards))
        customers.find_names(database, chosen, terms.key)
        customers.write_names(database, folder / NAMES)
        # Named by what is in it: tries at the same time, of a table that changes meanwhile, do not mix.
        aside = sha256("".join(digest_of(folder / name) for name in (*files.FILES, NAMES)).encode()).hexdigest()[:16]
        named = {
            name: upload(self.step.objects, self._key(f"{aside}/{name}"), folder / name)
            for name in (*files.FILES, NAMES)
        }
        keys, number = RunKeys(self.manifest.run), self.shard.number
        self.step.objects.write(keys.rejects(number), reject_lines(database, self.manifest))
        facts = {"shard": number, "read": self.totals.read, "bad": self.totals.bad}
        write_pointer(self.step.objects, keys.partial(number), {**named, **self.ids}, once=True, **facts)

    def _resume(self, begin: int) -> int:
        """Take over what an earlier try kept, and return the row to go on from."""
        kept = read_pointer(self.step.objects, RunKeys(self.manifest.run).checkpoint(self.shard.number))
        if not kept:
            return begin
        named, facts = kept
        self.ids = {name: file for name, file in named.items() if name not in files.FILES}
        folder = self.place.made("checkpoint")
        fetch(self.step.objects, named, folder, files.FILES)
        files.load(self.place.database, self.totals, folder)
        return int(facts["row"])

    def _keep(self, row: int) -> None:
        folder = self.place.made("checkpoint")
        files.save(self.place.database, self.totals, folder)
        named = {
            name: upload(self.step.objects, self._key(f"checkpoint-{row:012}/{name}"), folder / name)
            for name in files.FILES
        }
        key = RunKeys(self.manifest.run).checkpoint(self.shard.number)
        write_pointer(self.step.objects, key, {**named, **self.ids}, once=False, row=row)

    def _key(self, name: str) -> str:
        return RunKeys(self.manifest.run).shard_file(self.shard.number, name)
