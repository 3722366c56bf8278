"""Very many OrderProcessors: asked for by many clients at once, and watched until they are what they shall be."""

import base64
import json
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import yaml
from tests.kube_cluster import NAMESPACE, KubeCluster

from benchmarks.answers import WrongAnswer

__all__ = ["Objects"]

_PATH = f"/apis/patterns.example.com/v1/namespaces/{NAMESPACE}/orderprocessors"
_CLIENTS = 8
_PATIENCE = 600.0
Json = dict[str, Any]


class Objects:
    """The OrderProcessors ``p-0`` to ``p-N``, and when each was seen in a state."""

    def __init__(self, connection: Mapping[str, Any], count: int) -> None:
        """Ask by clients with this connection, one for each thread."""
        self._connection = connection
        self._mine = threading.local()
        self._ended = threading.Event()
        self._count = count
        self._generation = 0
        self._seen: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._is_so: Callable[[str, Json], bool] = lambda _kind, _object: False
        self._news = threading.Condition()

    @classmethod
    @contextmanager
    def watched(cls, cluster: KubeCluster, count: int) -> Iterator["Objects"]:
        """Yield them while a watch runs."""
        objects = cls(_connection(cluster), count)
        threading.Thread(target=objects._watch, daemon=True).start()
        try:
            yield objects
        finally:
            objects._ended.set()

    @property
    def _client(self) -> httpx.Client:
        if not hasattr(self._mine, "client"):
            self._mine.client = httpx.Client(**self._connection)
        client: httpx.Client = self._mine.client
        return client

    def warm_up(self, spec: Mapping[str, Any]) -> None:
        """Create one, wait until it is reported on, and delete it."""
        count, self._count = self._count, 1
        self.create(spec)
        self.delete()
        self._count = count

    def create(self, spec: Mapping[str, Any]) -> tuple[float, float]:
        """Create all; objects a second and the 95th percentile of the seconds until one is reported on."""

        def ask(name: str) -> httpx.Response:
            body = {"apiVersion": "patterns.example.com/v1", "kind": "OrderProcessor", "metadata": {"name": name}}
            return self._client.post(_PATH, json={**body, "spec": spec})

        self._generation = 1
        return self._run(ask, self._is_reported)

    def update(self, change: Mapping[str, Any]) -> tuple[float, float]:
        """Change the spec of all, and return the same figures."""
        headers = {"Content-Type": "application/merge-patch+json"}
        self._generation += 1
        return self._run(
            lambda name: self._client.patch(f"{_PATH}/{name}", json={"spec": change}, headers=headers),
            self._is_reported,
        )

    def delete(self) -> tuple[float, float]:
        """Delete all, and return the same figures: until one is gone."""
        return self._run(lambda name: self._client.delete(f"{_PATH}/{name}"), lambda kind, _: kind == "DELETED")

    def _run(self, ask: Callable[[str], httpx.Response], is_so: Callable[[str, Json], bool]) -> tuple[float, float]:
        self._seen, self._asked, self._is_so = {}, {}, is_so
        began = time.monotonic()

        def one(name: str) -> None:
            self._asked[name] = time.monotonic()
            ask(name).raise_for_status()

        with ThreadPoolExecutor(_CLIENTS) as clients:
            list(clients.map(one, (f"p-{number}" for number in range(self._count))))
        with self._news:
            if not self._news.wait_for(lambda: len(self._seen) == self._count, _PATIENCE):
                raise WrongAnswer(f"only {len(self._seen)} of {self._count} objects within {_PATIENCE:g} s")
        times = sorted(self._seen[name] - asked for name, asked in self._asked.items())
        return self._count / (max(self._seen.values()) - began), times[int(0.95 * len(times))]

    def _is_reported(self, kind: str, processor: Json) -> bool:
        """Whether the newest generation was reported on: news of the one before may still be on their way."""
        return kind != "DELETED" and processor.get("status", {}).get("observedGeneration") == self._generation

    def _watch(self) -> None:
        """Watch all of them until the end is requested; a watch that expires is restarted."""
        while not self._ended.is_set():
            try:
                self._watch_once()
            except (httpx.HTTPError, RuntimeError):
                # A kind that is new has no watches for a moment.
                time.sleep(0.05)

    def _watch_once(self) -> None:
        listed = self._client.get(_PATH).raise_for_status().json()
        for each in listed["items"]:
            self._note({"type": "LISTED", "object": each})
        asked = {"watch": "true", "resourceVersion": listed["metadata"]["resourceVersion"]}
        with self._client.stream("GET", _PATH, params=asked, timeout=None) as lines:
            lines.raise_for_status()
            for line in lines.iter_lines():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                self._note(event)

    def _note(self, event: Json) -> None:
        name = event["object"]["metadata"]["name"]
        # What was reported before the change was asked for speaks of another generation.
        if name in self._asked and name not in self._seen and self._is_so(event["type"], event["object"]):
            with self._news:
                self._seen[name] = time.monotonic()
                self._news.notify_all()


def _connection(cluster: KubeCluster) -> dict[str, Any]:
    """Return how the cluster's administrator reaches it."""
    config = yaml.safe_load(cluster.folder.kubeconfig.read_text())
    place, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    tls = ssl.create_default_context(cadata=base64.b64decode(place["certificate-authority-data"]).decode())
    with tempfile.NamedTemporaryFile() as pair:
        for part in ("client-certificate-data", "client-key-data"):
            pair.write(base64.b64decode(user[part]))
        pair.flush()
        tls.load_cert_chain(pair.name)
    return {"base_url": place["server"], "verify": tls, "trust_env": False, "timeout": 30}
