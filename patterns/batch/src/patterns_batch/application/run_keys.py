"""Where a run keeps what, below ``runs/{run}/`` of the report bucket; steps find each other's work by these names."""

from dataclasses import dataclass

__all__ = ["RunKeys"]


@dataclass(frozen=True, slots=True)
class RunKeys:
    """The keys of one run."""

    run: str

    @property
    def manifest(self) -> str:
        """What the run depends on, written once."""
        return f"runs/{self.run}/manifest.json"

    @property
    def plan(self) -> str:
        """What the state machine has to know of the manifest: a few figures, whatever the number of shards."""
        return f"runs/{self.run}/plan.json"

    @property
    def shards(self) -> str:
        """The list of shards, an item each, that a distributed map reads."""
        return f"runs/{self.run}/shards.json"

    @property
    def groups(self) -> str:
        """The list of groups of shards, an item each, that a distributed map reads."""
        return f"runs/{self.run}/groups.json"

    @property
    def failure(self) -> str:
        """Why the last try of a step failed."""
        return f"runs/{self.run}/failure.json"

    @property
    def result(self) -> str:
        """Names the files of the finished report, with their digests."""
        return f"runs/{self.run}/result.json"

    @property
    def usage(self) -> str:
        """Begins the keys of the objects whose names say what the tries of steps used."""
        return f"runs/{self.run}/usage/"

    @property
    def cost(self) -> str:
        """What the run cost when its report was published, written once."""
        return f"runs/{self.run}/cost.json"

    @property
    def notice(self) -> str:
        """What is said of the published report: subject, text, and facts for programs."""
        return f"runs/{self.run}/notice.json"

    def export_folder(self, export: str) -> str:
        """Return where DynamoDB puts an export with the prefix ``exports/{run}``: it has addresses, and goes soon."""
        return f"exports/{self.run}/AWSDynamoDB/{export}"

    def result_file(self, name: str) -> str:
        """Return the key of one of them."""
        return f"runs/{self.run}/result/{name}"

    def partial(self, shard: int) -> str:
        """Names the files of a finished shard, with their digests; written once."""
        return f"runs/{self.run}/partials/{shard:04}.json"

    def group(self, number: int) -> str:
        """Names the files of a finished group of shards, with their digests; written once."""
        return f"runs/{self.run}/groups/{number:04}.json"

    def group_file(self, number: int, name: str) -> str:
        """Return the key of a file that a group writes aside."""
        return f"runs/{self.run}/groups/{number:04}/{name}"

    def rejects(self, shard: int) -> str:
        """The bad rows of a finished shard, one JSON object a line."""
        return f"runs/{self.run}/rejects/{shard:04}.jsonl"

    @property
    def all_rejects(self) -> str:
        """The bad rows of all shards, and duplicates between them, of a run that failed since they were too many."""
        return f"runs/{self.run}/rejects.jsonl"

    def shard_file(self, shard: int, name: str) -> str:
        """Return the key of a file that a shard writes aside."""
        return f"runs/{self.run}/shards/{shard:04}/{name}"

    def checkpoint(self, shard: int) -> str:
        """How far a shard came."""
        return self.shard_file(shard, "checkpoint.json")
