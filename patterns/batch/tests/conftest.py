"""What the tests share: steps on stand-ins, AWS as moto plays it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import hypothesis
import pytest
from moto import mock_aws

from patterns_batch.bootstrap import Ports, Steps, steps_with
from patterns_batch.engine.database import connect
from patterns_batch.manifest import Manifest
from patterns_batch.settings import Settings
from patterns_batch.testing import FixedPseudonyms, InMemoryInputs, InMemoryObjects, InMemoryOrdersTable
from patterns_shared.testing import no_account
from patterns_shared.testing.moto_ssm import import_ssm

# A busy machine is no reason to fail. `--hypothesis-profile thorough` looks longer.
_PATIENT = hypothesis.settings(deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
hypothesis.settings.register_profile("quick", _PATIENT, max_examples=10)
hypothesis.settings.register_profile("thorough", _PATIENT, max_examples=500)
hypothesis.settings.load_profile("quick")

Client = no_account.Client

_ENVIRONMENT = {
    "STAGE": "test",
    "REPORT_BUCKET": "reports",
    "PSEUDONYM_SECRET_ARN": "pseudonyms",
    "APP_VERSION": "1",
    "THREADS": "1",
    "SEGMENTS": "2",
}


@pytest.fixture(autouse=True, scope="session")
def _no_account() -> Iterator[None]:
    """No test reaches an account."""
    with no_account.without_account(POWERTOOLS_METRICS_NAMESPACE="Patterns"):
        yield


@pytest.fixture(autouse=True, scope="session")
def _one_engine() -> Iterator[None]:
    """Give each step a database of its own in one engine: to start one takes longer than most steps of a test.

    Steps in a process of their own start theirs, as do those of a test with ``own_engines``.
    """
    names = count()
    with duckdb.connect(config={"threads": 1}) as engine:

        def share(_scratch: Path, **_settings: int) -> duckdb.DuckDBPyConnection:
            database, name = engine.cursor(), f"step_{next(names)}"
            database.execute(f"ATTACH ':memory:' AS {name}; USE {name}; SET TimeZone = 'UTC'")
            return database

        with patch("patterns_batch.application.workplace.connect", share):
            yield


@pytest.fixture
def own_engines() -> Iterator[None]:
    """Let each step start an engine with its own settings, as a container does."""
    with patch("patterns_batch.application.workplace.connect", connect):
        yield


clients = no_account.clients


@pytest.fixture
def aws() -> Iterator[None]:
    """AWS as moto plays it, with nothing in it."""
    import_ssm()
    with mock_aws():
        yield


@dataclass(slots=True)
class World:
    """A bucket, an inbox, an orders table and a secret, with the steps on them."""

    settings: Settings
    objects: InMemoryObjects = field(default_factory=InMemoryObjects)
    inputs: InMemoryInputs = field(default_factory=InMemoryInputs)
    table: InMemoryOrdersTable = field(default_factory=InMemoryOrdersTable)
    pseudonyms: FixedPseudonyms = field(default_factory=FixedPseudonyms)
    now: datetime = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    stopping: Callable[[], bool] = lambda: False

    @property
    def steps(self) -> Steps:
        """The steps, as a process that starts now has them."""
        ports = Ports(
            objects=self.objects,
            inputs=self.inputs,
            table=self.table,
            pseudonyms=self.pseudonyms,
            now=lambda: self.now,
        )
        return steps_with(self.settings, ports, self._asked_to_stop)

    def _asked_to_stop(self) -> bool:
        return self.stopping()

    def set(self, **settings: Any) -> None:  # noqa: ANN401 - of any setting's type
        """Change settings."""
        self.settings = replace(self.settings, **settings)

    def drop(self, key: str, content: bytes) -> None:
        """Put a file into the inbox."""
        self.inputs.kept["inbox", key] = content

    def plan(self, what: date | str, run: str = "run") -> Manifest:
        """Plan a date, or a file in the inbox."""
        if isinstance(what, date):
            return self.steps.planner.plan_date(run, what)
        return self.steps.planner.plan_input(run, "inbox", what)

    def merge(self, manifest: Manifest) -> dict[str, Any]:
        """Work off all shards, and groups of them, merge them, and return the report's document."""
        for shard in manifest.shards:
            self.steps.sharder.work(manifest, shard.number)
        for group in range(len(manifest.groups)):
            self.steps.combiner.work(manifest, group)
        self.steps.merger.merge(manifest)
        return self.result(manifest.run)

    def result(self, run: str = "run") -> dict[str, Any]:
        """Return the document of a merged run."""
        document: dict[str, Any] = json.loads(self.objects.kept[f"runs/{run}/result/sales.json"])
        return document

    def files(self, run: str = "run") -> dict[str, bytes]:
        """Return the files of a merged run."""
        prefix = f"runs/{run}/result/"
        return {
            key.removeprefix(prefix): content for key, content in self.objects.kept.items() if key.startswith(prefix)
        }

    def rejects(self, run: str = "run", shard: int = 0) -> list[dict[str, Any]]:
        """Return a shard's list of bad rows."""
        return [json.loads(line) for line in self.objects.kept[f"runs/{run}/rejects/{shard:04}.jsonl"].splitlines()]


@pytest.fixture(scope="module")
def module_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world that the tests of a module share."""
    scratch = str(tmp_path_factory.mktemp("scratch"))
    return World(Settings.from_environment({**_ENVIRONMENT, "SCRATCH_DIR": scratch}))


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[[], World]:
    """Make a world with nothing in it."""
    return lambda: World(Settings.from_environment({**_ENVIRONMENT, "SCRATCH_DIR": str(tmp_path)}))


@pytest.fixture
def world(make_world: Callable[[], World]) -> World:
    """A world with nothing in it."""
    return make_world()
