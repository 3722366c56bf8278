"""The node's rules: who is started again and when, what a probe's answers mean, what the node offers."""

import asyncio
import datetime as dt
from contextlib import ExitStack, closing
from typing import Any

import msgspec
import pytest
from lightkube.models.core_v1 import Container, Probe
from lightkube.resources.core_v1 import Pod
from lightkube.utils.quantity import parse_quantity

from patterns_deploy.kubernetes.pki import Authority
from patterns_local.kubelet import probes
from patterns_local.kubelet.addresses import Addresses, NoAddressRange
from patterns_local.kubelet.backoff import Backoff
from patterns_local.kubelet.capacity import ALLOCATABLE, CAPACITY
from patterns_local.kubelet.container_state import Terminated, Waiting
from patterns_local.kubelet.restarts import record_from, restarts_after


def _pod(policy: str, **spec: Any) -> Pod:  # noqa: ANN401 - a manifest
    status = spec.pop("status", None)
    given = {"containers": [{"name": "main"}], "restartPolicy": policy, **spec}
    return msgspec.convert(
        type=Pod, obj={"metadata": {"name": "p"}, "spec": given, **({"status": status} if status else {})}
    )


MAIN = Container(name="main")


@pytest.mark.parametrize(
    ("policy", "code", "again"),
    [
        ("Always", 0, True),
        ("Always", 1, True),
        ("OnFailure", 0, False),
        ("OnFailure", 1, True),
        ("Never", 0, False),
        ("Never", 1, False),
    ],
)
def test_who_is_started_again(policy: str, code: int, again: bool) -> None:  # noqa: FBT001 - a table
    """By the pod's policy."""
    assert restarts_after(_pod(policy), MAIN, code) is again


def test_an_init_container_is_tried_again_only_when_it_failed_and_a_sidecar_always() -> None:
    """Else no pod with policy Always would ever come to its containers."""
    first, beside = Container(name="first"), Container(name="beside", restartPolicy="Always")
    pod = _pod("Always", initContainers=[{"name": "first"}, {"name": "beside", "restartPolicy": "Always"}])
    assert (restarts_after(pod, first, 0), restarts_after(pod, first, 1)) == (False, True)
    assert restarts_after(pod, beside, 0)
    never = _pod("Never", initContainers=[{"name": "first"}])
    assert not restarts_after(never, first, 1)


def test_pauses_double_from_the_second_failure_on_up_to_five_minutes() -> None:
    """And a run of ten minutes is forgiven."""
    backoff = Backoff()
    assert [backoff.after(0.1) for _ in range(12)] == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert backoff.after(600.0) == 0
    assert backoff.after(0.1) == 1


def _status(**state: Any) -> dict[str, Any]:  # noqa: ANN401 - a manifest
    seen = {
        "name": "main",
        "image": "i",
        "imageID": "i",
        "ready": True,
        "restartCount": 2,
        "containerID": "process://r",
    }
    return {"containerStatuses": [{**seen, "state": state}]}


def test_after_the_kubelet_itself_was_started_again_a_service_runs_anew() -> None:
    """Its process ended with the kubelet; that counts as a restart."""
    running = _status(running={"startedAt": "2026-01-01T00:00:00Z"})
    record = record_from(_pod("Always", status=running), MAIN)
    assert record.restarts == 3
    assert isinstance(record.state, Waiting)
    assert record.last
    assert (record.last.exit_code, record.last.word) == (137, "ContainerStatusUnknown")


def test_a_job_that_runs_once_is_not_run_twice() -> None:
    """It failed with the kubelet, or keeps the end that it had."""
    running = _status(running={"startedAt": "2026-01-01T00:00:00Z"})
    lost = record_from(_pod("Never", status=running), MAIN).state
    assert isinstance(lost, Terminated)
    assert lost.exit_code == 137
    ended = {"exitCode": 0, "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:09Z"}
    kept = record_from(_pod("OnFailure", status=_status(terminated=ended)), MAIN).state
    assert isinstance(kept, Terminated)
    assert (kept.exit_code, kept.until - kept.since) == (0, 9.0)


def test_a_pod_that_never_ran_begins_from_nothing() -> None:
    """Whatever the API server has put in its status."""
    assert record_from(_pod("Never"), MAIN).restarts == 0


class Clock:
    """Time that passes only when somebody sleeps."""

    now = 0.0

    def monotonic(self) -> float:
        """Return it."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.now += seconds


async def _told(answers: list[str], **probe: int) -> list[tuple[float, bool]]:
    """Return when a probe told something, and what."""
    clock, told, left = Clock(), [], list(answers)

    async def ask() -> str:
        if not left:
            raise asyncio.CancelledError
        return left.pop(0)

    async def tell(well: bool, _: str) -> None:  # noqa: FBT001 - a probe's answer
        told.append((clock.now, well))

    asked = msgspec.convert(probe, type=Probe)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("patterns_local.kubelet.probes.time.monotonic", clock.monotonic)
        patch.setattr("patterns_local.kubelet.probes.asyncio.sleep", clock.sleep)
        with pytest.raises(asyncio.CancelledError):
            await probes.watch(asked, ask, tell)
    return told


@pytest.mark.parametrize(
    ("answers", "settings", "told"),
    [
        (["", "", ""], {"periodSeconds": 2}, [(0.0, True)]),
        (["", "x", "", "x", "x", "x", "x"], {"periodSeconds": 1}, [(0.0, True), (2.0, True), (5.0, False)]),
        (["x", "x"], {"periodSeconds": 5, "failureThreshold": 2, "initialDelaySeconds": 3}, [(5.0, False)]),
        (
            ["x", "", "", "x"],
            {"periodSeconds": 1, "failureThreshold": 1, "successThreshold": 2},
            [(0.0, False), (2.0, True), (3.0, False)],
        ),
    ],
)
def test_a_probe_tells_of_as_many_equal_answers_as_it_takes(
    answers: list[str], settings: dict[str, int], told: list[tuple[float, bool]]
) -> None:
    """Delay, period and both thresholds."""
    assert asyncio.run(_told(answers, **settings)) == told


async def _ask(probe: Probe, **container: Any) -> str:  # noqa: ANN401 - a manifest
    async def execute(arguments: list[str], _: float) -> tuple[int, str]:
        await asyncio.sleep(float(arguments[1]))
        return int(arguments[0]), "said this"

    return await probes.ask(
        probe, msgspec.convert(type=Container, obj={"name": "c", **container}), "127.0.0.1", execute
    )


def test_probes_say_what_is_wrong() -> None:
    """In one line, for the event."""
    closed = {"port": "web"}
    ports = [{"name": "web", "containerPort": 1}]
    assert "Get http://127.0.0.1:1/x:" in asyncio.run(
        _ask(msgspec.convert(type=Probe, obj={"httpGet": {**closed, "path": "x"}}), ports=ports)
    )
    assert "dial tcp 127.0.0.1:1" in asyncio.run(
        _ask(msgspec.convert(type=Probe, obj={"tcpSocket": closed}), ports=ports)
    )
    assert asyncio.run(_ask(msgspec.convert(type=Probe, obj={"exec": {"command": ["0", "0"]}}))) == ""
    assert (
        asyncio.run(_ask(msgspec.convert(type=Probe, obj={"exec": {"command": ["3", "0"]}})))
        == "exit code 3: said this"
    )
    assert (
        asyncio.run(_ask(msgspec.convert(type=Probe, obj={"exec": {"command": ["0", "9"]}}))) == "no answer within 1 s"
    )
    assert "not known here" in asyncio.run(_ask(msgspec.convert(type=Probe, obj={"grpc": {"port": 1}})))


@pytest.mark.parametrize(("resource", "worker", "operator"), [("cpu", "100m", "100m"), ("memory", "128Mi", "192Mi")])
def test_fifty_workers_and_the_operator_fit_on_the_node(resource: str, worker: str, operator: str) -> None:
    """By what they request; the pods' own number is the next limit."""
    one, other, there = (parse_quantity(each) for each in (worker, operator, ALLOCATABLE[resource]))
    assert one
    assert other
    assert there
    assert 50 * one + other <= there
    assert int(ALLOCATABLE["pods"]) > 50


def test_what_is_allocatable_is_less_than_the_capacity() -> None:
    """EKS keeps a part of everything but the pods' number for the system and the kubelet."""
    assert set(ALLOCATABLE) == set(CAPACITY)
    less = {
        name
        for name, amount in ALLOCATABLE.items()
        if (parse_quantity(amount) or 0) < (parse_quantity(CAPACITY[name]) or 0)
    }
    assert less == set(CAPACITY) - {"pods"}


def test_each_pod_has_an_address_of_its_own_while_it_is_there() -> None:
    """Freed ones are taken again."""
    with closing(Addresses()) as addresses:
        one, two = addresses.take("one"), addresses.take("two")
        assert one != two
        assert addresses.take("one") == one
        addresses.give_back("one")
        assert addresses.take("three") == one
        assert len({addresses.take(str(number)) for number in range(600)}) == 600


def test_two_clusters_of_a_machine_share_no_address() -> None:
    """Else a pod's probe could be answered by another cluster's pod; what a cluster had is free after it."""
    with closing(Addresses()) as ours, closing(Addresses()) as theirs:
        first = ours.take("a")
        assert first.split(".")[:2] != theirs.take("a").split(".")[:2]
        ours.close()
        with closing(Addresses()) as next_one:
            assert next_one.take("a", first) == first


def test_a_machine_whose_ranges_are_all_taken_says_so() -> None:
    """Instead of sharing one."""
    with ExitStack() as taken:
        others = [taken.enter_context(closing(Addresses())) for _ in range(255)]
        with pytest.raises(NoAddressRange, match=r"no range of 127\.1\.0\.0/16"):
            _ = [each.take("a") for each in others]


def test_a_pod_keeps_its_address_through_a_restart_of_the_kubelet() -> None:
    """Unless somebody else has it by now."""
    address = "127.201.2.7"
    with closing(Addresses()) as again:
        assert again.take("a", address) == address
        assert again.take("a") == address
        assert again.take("b", address) != address
        assert again.take("c", "10.0.0.1").startswith("127.201.")
        assert again.take("d", "127.7.0.9").startswith("127.201.")


def test_certificates_name_who_they_are_for() -> None:
    """Kubernetes reads user and group from the subject, servers are checked by name and address."""
    from cryptography import x509  # noqa: PLC0415 - used here only

    authority = Authority.make("test")
    made = x509.load_pem_x509_certificate(
        authority.issue("user", group="team", hosts=("127.0.0.1", "host")).certificate
    )
    assert made.subject.rfc4514_string() == "O=team,CN=user"
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert names.get_values_for_type(x509.DNSName) == ["host"]
    made.verify_directly_issued_by(authority.certificate)
    assert made.not_valid_before_utc < dt.datetime.now(dt.UTC) < made.not_valid_after_utc
