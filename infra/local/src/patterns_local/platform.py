"""The local platform as one object: start it, reach it, stop it.

>>> with Platform.start(["web_api"]) as platform:  # doctest: +SKIP
...     platform.client("dynamodb").list_tables()
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from patterns_deploy.bucket_emptying import empty_buckets
from patterns_deploy.errors import NotRunning, PlatformError
from patterns_deploy.folder import LocalFolder
from patterns_deploy.lock import exclusive
from patterns_deploy.outputs import read_outputs
from patterns_deploy.place import AwsClient, Place
from patterns_deploy.processes import tail
from patterns_deploy.progress import Progress, Silence, Timings
from patterns_deploy.runner import Runner
from patterns_deploy.stack_removal import remove_stack
from patterns_infra.registry import Pattern, select
from patterns_infra.settings import Settings, Target
from patterns_local.beginning import Beginning, Found
from patterns_local.chosen_cluster import ChosenCluster
from patterns_local.cluster_choice import cluster_starter, settle_cluster
from patterns_local.deployed import forget_digest
from patterns_local.deployment import Addresses, LocalDeployment
from patterns_local.lifeline import Supervised
from patterns_local.local_aws import ACCOUNT, REGION, Keys, client_for
from patterns_local.operator import cluster_of, empty_cluster
from patterns_local.state import clear, end, read_state

__all__ = ["LOCAL_STAGE", "Platform"]

LOCAL_STAGE = "local"
_LOCK_SECONDS = 900.0


@dataclass(slots=True)
class Platform:
    """A running platform.

    Attributes:
        folder: its files.
        endpoint_url: address of the emulator.
        partner_url: where the partner takes events.
        stage: what `outputs` reads.
        timings: seconds of each step of the start that gave this object, and ``total``; empty for a found one.
    """

    folder: LocalFolder
    endpoint_url: str
    partner_url: str
    stage: str = LOCAL_STAGE
    region: str = REGION
    account: str = ACCOUNT
    timings: Mapping[str, float] = field(default_factory=dict)
    _owned: Supervised | None = None

    @classmethod
    def start(
        cls,
        patterns: Sequence[str] = (),
        *,
        detach: bool = False,
        report: Progress | None = None,
        stage: str = LOCAL_STAGE,
        port: int | None = None,
        folder: LocalFolder | None = None,
        cluster: ChosenCluster | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> Self:
        """Bring the platform up with these patterns (all by default); what is up already stays as it is.

        Args:
            patterns: names from the registry.
            detach: let a platform started here outlive this process; else it ends with it, however that ends.
            report: shows the progress.
            stage: the deployment's name.
            port: of the emulator; by default last time's while it is free.
            folder: another one than the checkout's own.
            cluster: of the user's own, for patterns that need one; by default last time's, or the platform's.
            settings: beside stage and target, as texts by name.

        Raises:
            SettingsError: a setting is wrong.
            PlatformError: it could not; nothing that was started is left.
            UnknownPattern: for a name that is not in the registry.
        """
        chosen = select(",".join(patterns))
        wanted = Settings.from_mapping({**(settings or {}), "stage": stage, "target": Target.LOCAL.value})
        folder = folder or LocalFolder.default()
        folder.prepare()
        report = report or Silence()
        with exclusive(folder.lock, seconds=_LOCK_SECONDS, waiting=report.say):
            folder.deploy_log.unlink(missing_ok=True)
            timings = Timings(report)
            deployment = LocalDeployment(folder, wanted, Runner(folder.deploy_log), timings)
            more = None
            if any(pattern.kubernetes for pattern in chosen):
                deployment.cluster = settle_cluster(folder, stage, cluster)
                more = cluster_starter(folder, deployment.cluster, deployment.runner, timings)
            platform = cls.current(stage=stage, folder=folder)
            if platform is None:
                clear(folder)
                beginning = Beginning(deployment, port, more)
                try:
                    deployment.run(chosen, beginning)
                except BaseException:
                    beginning.undo()
                    raise
                found = beginning()
                platform = cls(folder, found.endpoint_url, found.partner_url, stage, _owned=beginning.supervised)
            else:
                state = read_state(folder)
                found = Addresses(platform.endpoint_url, platform.partner_url, state.docker if state else "")
                if port and not found.endpoint_url.endswith(f":{port}"):
                    raise PlatformError(
                        f"the platform is up at {found.endpoint_url}; for another port: patterns down, then up"
                    )
                deployment.run(chosen, Found(found, more))
        platform.timings = {**timings.seconds, "total": timings.elapsed}
        if detach:
            platform.stay()
        return platform

    @classmethod
    def current(cls, *, stage: str = LOCAL_STAGE, folder: LocalFolder | None = None) -> Self | None:
        """Return the platform that is up, if one is."""
        folder = folder or LocalFolder.default()
        state = read_state(folder)
        if state is None or not state.alive:
            return None
        return cls(folder, state.endpoint_url, state.partner_url, stage, state.region, state.account)

    @classmethod
    def require(cls, *, stage: str = LOCAL_STAGE, folder: LocalFolder | None = None) -> Self:
        """Return the platform that is up.

        Raises:
            NotRunning: none is; with what became of the last one.
        """
        folder = folder or LocalFolder.default()
        platform = cls.current(stage=stage, folder=folder)
        if platform:
            return platform
        state = read_state(folder)
        if state is None:
            raise NotRunning("the local platform is not up; start it with: patterns up")
        reason = state.failure or "its supervisor was killed or the machine restarted"
        line = f"the local platform is down: {reason}; start it again with: patterns up"
        raise NotRunning(line, detail=tail(Path(state.log)) if state.failure else "")

    @property
    def place(self) -> Place:
        """The platform as a place that stacks are deployed to."""
        return Place(
            Target.LOCAL, self.stage, self.region, self.account, self.endpoint_url, self.client, self.kubeconfig
        )

    @property
    def mails(self) -> Path:
        """The folder of the mails that were sent; `local.mail.mailbox` reads them."""
        return self.folder.mails

    @property
    def kubeconfig(self) -> Path | None:
        """For kubectl and the cluster that the stage uses, if it uses one."""
        cluster = cluster_of(self.folder, self.stage)
        return cluster.kubectl.kubeconfig if cluster else None

    def client(self, service: str) -> AwsClient:
        """Return a boto3 client as the account's administrator."""
        return client_for(service, self.endpoint_url)

    def role_client(self, role_arn: str, service: str) -> AwsClient:
        """Return a boto3 client as a role: what its policies do not allow is refused, as on AWS."""
        given = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="patterns")["Credentials"]
        keys = Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return client_for(service, self.endpoint_url, keys)

    def outputs(self) -> dict[str, dict[str, str | None]]:
        """Return what `patterns outputs` prints."""
        return read_outputs(self.place)

    def stay(self) -> None:
        """Let it outlive this process, if this object started it."""
        if self._owned:
            self._owned.stay()
            self._owned = None

    def destroy(self, pattern: Pattern, *, report: Progress | None = None) -> list[str] | None:
        """Delete what a pattern has in the cluster, then its stacks; what remains, `None` when it was not deployed.

        Raises:
            DeployFailed: it could not be deleted.
        """
        with exclusive(self.folder.lock, seconds=_LOCK_SECONDS, waiting=lambda _: None):
            if pattern.kubernetes:
                empty_cluster(self.folder, self.stage, Timings(report or Silence()))
            remained: list[str] | None = None
            for stack in reversed(pattern.stack_names(self.stage)):
                forget_digest(self.folder, stack)
                empty_buckets(self.client("cloudformation"), self.client("s3"), stack)
                of_stack = remove_stack(self.client("cloudformation"), stack)
                remained = remained if of_stack is None else [*(remained or []), *of_stack]
            return remained

    def stop(self) -> None:
        """End it and remove what it left; whoever started it."""
        if self._owned:
            self._owned.end()
            self._owned = None
        end(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what this object started; a platform that was up before stays up."""
        if self._owned:
            self.stop()
