import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Self

import pytest

from patterns_cli.demo import end_to_end, main, run
from patterns_cli.demo.scene import Scenario, Scene
from patterns_cli.demo.shoppers import Shopper
from patterns_deploy.errors import ControlPlaneUnavailable
from patterns_deploy.folder import LocalFolder
from patterns_deploy.place import Place
from patterns_infra.registry import PATTERNS, Pattern, UnknownPattern
from patterns_infra.settings import Target
from patterns_local.platform import Platform

_GUEST = Shopper(email="g@example.com", sub="s", id_token="i", access_token="a", refresh="r", password="secret")


class _Platform:
    """Stands for one that was started here: ended when the block is left, unless it was told to stay."""

    def __init__(self, folder: Path) -> None:
        self.folder = LocalFolder(folder)
        self.mails = folder
        self.stage = "local"
        self.place = Place(Target.LOCAL, "local", "us-east-1", "000000000000", None, self.client)
        self.what_happened: list[str] = []

    def outputs(self) -> dict[str, dict[str, str | None]]:
        return {"web_api": {"api_url": "http://shop", "user_pool_id": "pool", "orders_table": None}}

    def client(self, service: str) -> None:
        raise AssertionError(service)

    def stay(self) -> None:
        self.what_happened.append("stays")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.what_happened.append("left")


async def as_expected(scene: Scene) -> None:
    """All is well."""
    scene.checks.equal("look", expected=1, seen=1)
    scene.guest = _GUEST if scene.stay else None


async def different(scene: Scene) -> None:
    """Something differs."""
    scene.checks.equal("look", expected=1, seen=2)


async def broken(scene: Scene) -> None:
    """It breaks off."""
    del scene
    raise LookupError("no api_url")


async def interrupted(scene: Scene) -> None:
    """The user has seen enough."""
    del scene
    raise KeyboardInterrupt


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Platform:
    """A platform that only remembers what is done with it."""
    made = _Platform(tmp_path)
    monkeypatch.setattr(Platform, "start", lambda *_, **__: made)
    return made


def _play(scenario: Scenario, monkeypatch: pytest.MonkeyPatch, *, stay: bool = False) -> int:
    pattern = Pattern(name="web_api", stack="", summary="", package="", outputs=(), demo="module:play")
    monkeypatch.setattr(main, "select", lambda _: (pattern,))
    monkeypatch.setattr(main, "import_module", lambda _: type("module", (), {"play": staticmethod(scenario)}))
    return run(["web_api"], stay=stay, seed=1, orders=20)


@pytest.mark.parametrize(("scenario", "code"), [(as_expected, 0), (different, 1), (broken, 1)])
def test_the_exit_code_tells_whether_anything_differed(
    scenario: Scenario,
    code: int,
    platform: _Platform,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Zero means that every check ran and agreed; either way the platform is gone and the table printed."""
    assert _play(scenario, monkeypatch) == code
    assert platform.what_happened == ["left"]
    assert ("ok" if code == 0 else "DIFFERS") in capsys.readouterr().out


def test_staying_leaves_it_up_and_tells_how_to_go_on(
    platform: _Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --stay the platform outlives the demo, and somebody is there to sign in as."""
    assert _play(as_expected, monkeypatch, stay=True) == 0
    assert platform.what_happened == ["stays", "left"]
    assert "uv run patterns token g@example.com" in capsys.readouterr().out
    assert [path.name for path in platform.folder.scratch.iterdir()] == ["demo-guests.json"]


def test_an_interrupt_ends_the_platform_even_when_it_was_to_stay(
    platform: _Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C leaves nothing behind."""
    with pytest.raises(KeyboardInterrupt):
        _play(interrupted, monkeypatch, stay=True)
    assert platform.what_happened == ["left"]


async def told_to_end(scene: Scene) -> None:
    """Somebody runs kill."""
    del scene
    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(5)


def test_being_told_to_end_is_an_interrupt(platform: _Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM clears up as Ctrl-C does, and has its old meaning afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        _play(told_to_end, monkeypatch, stay=True)
    assert platform.what_happened == ["left"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_background_job_clears_up_too(platform: _Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell lets it ignore Ctrl-C, which is meant for others; a SIGTERM is meant for it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt):
            _play(told_to_end, monkeypatch, stay=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert platform.what_happened == ["left"]


def test_a_pattern_without_a_scenario_is_not_passed_over(
    platform: _Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pattern that the demo cannot show makes the demo fail, by name."""
    pattern = Pattern(name="batch", stack="", summary="", package="", outputs=())
    monkeypatch.setattr(main, "select", lambda _: (pattern,))
    assert run(["batch"], stay=False, seed=1, orders=20) == 1
    assert platform.what_happened == ["left"]
    assert "the demo of batch" in capsys.readouterr().out


def test_wrong_arguments_are_refused_before_anything_starts(platform: _Platform) -> None:
    """An unknown pattern or too few orders start no platform."""
    with pytest.raises(UnknownPattern):
        run(["nonsense"], stay=False, seed=1, orders=20)
    with pytest.raises(ValueError, match="at least 20 orders"):
        run([], stay=False, seed=1, orders=1)
    assert platform.what_happened == []


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=lambda pattern: pattern.name)
def test_every_pattern_has_a_scenario(pattern: Pattern) -> None:
    """The registry names a function that exists."""
    module, _, name = pattern.demo.partition(":")
    assert callable(getattr(import_module(module), name))


def test_without_kubernetes_the_other_patterns_are_shown(
    platform: _Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are played while it is built; when that fails, what needs it is not run, and says why."""
    played: list[str] = []

    @contextmanager
    def groups(chosen: Sequence[Pattern], *_: object) -> Iterator[Iterator[Sequence[Pattern]]]:
        def each() -> Iterator[Sequence[Pattern]]:
            yield chosen[:1]
            played.append("waits")
            raise ControlPlaneUnavailable("Kubernetes could not be built", detail="no room")

        yield each()

    async def play(scene: Scene) -> None:
        played.append(scene.outputs["api_url"])
        scene.checks.equal("look", expected=1, seen=1)

    chosen = [
        Pattern(name=name, stack="", summary="", package="", outputs=(), demo="m:play") for name in ("web_api", "k8s")
    ]
    monkeypatch.setattr(main, "select", lambda _: tuple(chosen))
    monkeypatch.setattr(main, "deployment_groups", groups)
    monkeypatch.setattr(main, "import_module", lambda _: type("module", (), {"play": staticmethod(play)}))
    assert run([], stay=False, seed=1, orders=20) == 1
    assert played == ["http://shop", "waits"]
    printed = capsys.readouterr()
    assert "Kubernetes could not be built" in printed.out
    assert "no room" in printed.err
    assert platform.what_happened == ["left"]


def test_a_cluster_that_is_deployed_later_is_part_of_the_place(
    platform: _Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where Kubernetes has to be built first: the scenarios after that read the pods' logs and the cluster's state."""
    seen: list[tuple[str, Path | None]] = []
    kubeconfig = tmp_path / "kubeconfig"

    @contextmanager
    def groups(chosen: Sequence[Pattern], *_: object) -> Iterator[Iterator[Sequence[Pattern]]]:
        def each() -> Iterator[Sequence[Pattern]]:
            yield chosen[:-1]
            platform.place = replace(platform.place, kubeconfig=kubeconfig)
            yield chosen[-1:]

        yield each()

    def play_of(name: str) -> object:
        async def play(scene: Scene) -> None:
            seen.append((name, scene.place.kubeconfig))

        return type("module", (), {"play": staticmethod(play)})

    names = ["web_api", "async", "k8s"]
    chosen = [Pattern(name=x, stack="", summary="", package="", outputs=(), demo=f"{x}:play") for x in names]
    monkeypatch.setattr(main, "select", lambda _: tuple(chosen))
    monkeypatch.setattr(main, "deployment_groups", groups)
    monkeypatch.setattr(main, "import_module", play_of)
    monkeypatch.setattr(platform, "outputs", lambda: {x: {"x": "y"} for x in names})
    monkeypatch.setattr(end_to_end, "SCENARIO", "the whole shop:play")
    run([], stay=False, seed=1, orders=20)
    assert seen == [("web_api", None), ("async", None), ("k8s", kubeconfig), ("the whole shop", kubeconfig)]
