"""Adding up one group of shards into one partial, so that the merge of many shards has few parts to read."""

from dataclasses import dataclass

from patterns_batch.application.partials import PartDone, add_partial, done_before, upload_partial
from patterns_batch.application.pointers import NamedFile, write_pointer
from patterns_batch.application.ports import Objects, Pseudonyms, Stopping
from patterns_batch.application.run_keys import RunKeys
from patterns_batch.application.sharding import terms_of
from patterns_batch.application.workplace import workplace
from patterns_batch.engine import customers
from patterns_batch.engine.totals import Totals
from patterns_batch.errors import BadInput, Stopped
from patterns_batch.manifest import Manifest
from patterns_batch.settings import Settings

__all__ = ["Combiner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combiner:
    """Adds up groups of shards."""

    settings: Settings
    objects: Objects
    pseudonyms: Pseudonyms
    stopping: Stopping

    def work(self, manifest: Manifest, number: int) -> PartDone:
        """Add up the group. The same shards give the same bytes, whichever try, and however often.

        Raises:
            BadInput: there is no such group.
            TryAgain: a shard of it is not done.
            Stopped: the container is being stopped. Nothing is kept: the next try adds up the same shards.
        """
        if number >= len(manifest.groups):
            raise BadInput(f"--group {number}: run {manifest.run} has {len(manifest.groups)} groups, numbered from 0")
        keys = RunKeys(manifest.run)
        if done := done_before(self.objects, keys.group(number)):
            return done
        with workplace(self.settings, manifest.disk_gib) as place:
            totals = Totals(place.database, terms_of(manifest, self.pseudonyms))
            customers.create_names(place.database)
            ids: dict[str, NamedFile] = {}
            for shard in range(*manifest.groups[number]):
                if self.stopping():
                    raise Stopped(f"stopped before shard {shard} was added up")
                what = f"shard {shard} of run {manifest.run}"
                _, others = add_partial(self.objects, place, totals, keys.partial(shard), what)
                # The ids stay where the shard put them: only the merge compares all of them.
                ids |= {f"ids/{shard:04}-{name.removeprefix('ids/')}": file for name, file in others.items()}
            named = upload_partial(self.objects, place, totals, lambda name: keys.group_file(number, name))
            facts = {"group": number, "read": totals.read, "bad": totals.bad}
            write_pointer(self.objects, keys.group(number), {**named, **ids}, once=True, **facts)
            return PartDone(totals.read, totals.bad, fresh=True)
