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
    def failure(self) -> str:
        """Why the last try of a step failed."""
        return f"runs/{self.run}/failure.json"

    @property
    def result(self) -> str:
        """Names the files of the finished report, with their digests."""
        return f"runs/{self.run}/result.json"

    def export_folder(self, export: str) -> str:
        """Return where DynamoDB puts an export with the prefix ``exports/{run}``: it has addresses, and goes soon."""
        return f"exports/{self.run}/AWSDynamoDB/{export}"

    def result_file(self, name: str) -> str:
        """Return the key of one of them."""
        return f"runs/{self.run}/result/{name}"

    def partial(self, shard: int) -> str:
        """Names the files of a finished shard, with their digests; written once."""
        return f"runs/{self.run}/partials/{shard:04}.json"

    def rejects(self, shard: int) -> str:
        """The bad rows of a finished shard, one JSON object a line."""
        return f"runs/{self.run}/rejects/{shard:04}.jsonl"

    def shard_file(self, shard: int, name: str) -> str:
        """Return the key of a file that a shard writes aside."""
        return f"runs/{self.run}/shards/{shard:04}/{name}"

    def checkpoint(self, shard: int) -> str:
        """How far a shard came."""
        return self.shard_file(shard, "checkpoint.json")
