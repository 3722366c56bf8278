"""What the operator is told by its environment, and how it uses kopf."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import kopf

from patterns_k8s.operator.desired.pods import Surroundings
from patterns_k8s.operator.desired.processor import MANAGER
from patterns_k8s.resource.order_processor import GROUP
from patterns_shared.environment import InvalidSetting, address, seconds, text, whole

__all__ = ["OperatorSettings", "WebhookSettings", "configure"]

_FINALIZER = f"{GROUP}/drain"
_SECRET_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Where admission reviews are answered, and as whom.

    Attributes:
        host: ``WEBHOOK_HOST``, the address to listen at, else ``POD_IP``: where there is no cluster network,
            the API server calls an address that must not change with the pod.
        port: ``WEBHOOK_PORT``.
        certificate: ``WEBHOOK_CERTIFICATES``/tls.crt, for the name by which the API server calls.
        key: ``WEBHOOK_CERTIFICATES``/tls.key.
    """

    host: str
    port: int
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSettings:
    """The operator's environment.

    Attributes:
        surroundings: ``STAGE``, ``AWS_REGION`` and, where AWS is not at its usual place, ``AWS_ENDPOINT_URL``: told to
            every pod that the operator makes; ``WORKER_CREDENTIALS``, the Secret with their role, where the cluster
            gives them none.
        namespace: ``NAMESPACE``, whose OrderProcessors it looks after: another one than its own.
        look_seconds: ``LOOK_SECONDS`` from one look at a queue to the next.
        host: ``POD_IP``, the address to be asked at; empty for all.
        liveness_port: ``LIVENESS_PORT``, where kopf says that it lives.
        status_port: ``STATUS_PORT``, where readiness and metrics are asked for.
        peering: ``PEERING``, the ClusterKopfPeering by which operators agree on who acts; ``none`` for one alone.
        peering_seconds: ``PEERING_SECONDS`` after which a silent peer counts as gone.
        webhook: None without ``WEBHOOK_CERTIFICATES``: then nobody asks.
    """

    surroundings: Surroundings
    namespace: str
    look_seconds: float
    host: str
    liveness_port: int
    status_port: int
    peering: str
    peering_seconds: int
    webhook: WebhookSettings | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "OperatorSettings":
        """Read the settings.

        Raises:
            MissingSetting: naming the first variable that is absent or empty.
            InvalidSetting: naming the first variable that has an impossible value.
        """
        endpoint = address(environment, "AWS_ENDPOINT_URL") if environment.get("AWS_ENDPOINT_URL") else ""
        return cls(
            surroundings=Surroundings(
                stage=text(environment, "STAGE"),
                region=text(environment, "AWS_REGION"),
                endpoint_url=endpoint,
                credentials=_secret(environment, "WORKER_CREDENTIALS"),
            ),
            namespace=text(environment, "NAMESPACE"),
            look_seconds=seconds(environment, "LOOK_SECONDS", 10.0),
            host=environment.get("POD_IP", ""),
            liveness_port=whole(environment, "LIVENESS_PORT", 8081),
            status_port=whole(environment, "STATUS_PORT", 8082),
            peering=environment.get("PEERING") or MANAGER,
            peering_seconds=whole(environment, "PEERING_SECONDS", 15),
            webhook=_webhook(environment),
        )


def configure(settings: kopf.OperatorSettings, ours: OperatorSettings) -> None:
    """Set kopf up: own names for what it writes, short pauses, and an end to every request.

    How often a request is made is for `Ending` to say.

    - A watch ends at the server after five minutes and begins again: a connection that died in silence is noticed. One
      that is too old begins with a listing, once a second at most.
    - Without the scan for new kinds and namespaces it needs no right to see all of them.
    - What an object looked like is not compared with what it looks like, since no handler is about a change: kopf would
      copy every body of every event for it. And it soon forgets an object that nothing happens to, and its last body.
    - Events are posted by `EventRecorder`, which counts what happens again.
    - Of two operators with the same priority both would wait, so each draws its own. They agree by an object without a
      namespace, which a deletion of the watched namespace does not take away.
    """
    settings.persistence.finalizer = _FINALIZER
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=GROUP)
    settings.persistence.diffbase_storage = _NothingToCompare()
    settings.execution.default_backoff = 3
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    settings.queueing.idle_timeout = 0.5
    settings.queueing.error_delays = (0.2, 0.5, 1, 2, 5, 10, 30)
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 330
    settings.watching.connect_timeout = 5
    settings.watching.reconnect_backoff = 1
    settings.watching.chunk_size = 500
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.peering.clusterwide = True
    settings.peering.standalone = ours.peering == "none"
    settings.peering.mandatory = not settings.peering.standalone
    settings.peering.name = ours.peering
    settings.peering.lifetime = ours.peering_seconds
    settings.peering.priority = random.randint(1, 2**31 - 1)
    settings.peering.stealth = True


class _NothingToCompare(kopf.DiffBaseStorage):
    """What kopf keeps of an object for handlers of changes: nothing."""

    def build(self, *, body: kopf.Body, extra_fields: object = None) -> kopf.BodyEssence:  # noqa: ARG002 - kopf's names
        return kopf.BodyEssence()

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:  # noqa: ARG002 - as above
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Keep nothing."""


def _secret(environment: Mapping[str, str], variable: str) -> str:
    """Return the name of a Secret, empty where none is named."""
    name = environment.get(variable, "")
    if name and not _SECRET_NAME.fullmatch(name):
        raise InvalidSetting(variable, "the name of a Secret: lower-case letters, digits, - and .")
    return name


def _webhook(environment: Mapping[str, str]) -> WebhookSettings | None:
    folder = environment.get("WEBHOOK_CERTIFICATES")
    if not folder:
        return None
    settings = WebhookSettings(
        host=environment.get("WEBHOOK_HOST") or environment.get("POD_IP", ""),
        port=whole(environment, "WEBHOOK_PORT", 8443),
        certificate=Path(folder, "tls.crt"),
        key=Path(folder, "tls.key"),
    )
    for path in (settings.certificate, settings.key):
        if not path.is_file():
            raise InvalidSetting("WEBHOOK_CERTIFICATES", f"a folder with {path.name}, which {folder} has not")
    return settings
