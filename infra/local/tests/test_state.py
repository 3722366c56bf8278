"""What is left of a dead platform is seen for what it is, and cleaned."""

import dataclasses
import os
from pathlib import Path

import pytest

from patterns_deploy.errors import NotRunning, StateNotWritable
from patterns_deploy.files import write_atomically
from patterns_deploy.folder import LocalFolder
from patterns_deploy.processes import Process
from patterns_local.platform import Platform
from patterns_local.state import PlatformState, clear, read_state

GONE = Process(2**22 + 1, "long ago")


@pytest.fixture
def state() -> PlatformState:
    """Return the state of a platform whose processes are gone."""
    return PlatformState(
        endpoint_url="http://127.0.0.1:4566",
        region="us-east-1",
        account="000000000000",
        partner_url="http://127.0.0.1:4567/events",
        supervisor=GONE,
        emulator=GONE,
        others={"partner": GONE},
    )


@pytest.fixture(autouse=True)
def _prepared(folder: LocalFolder) -> None:
    folder.prepare()


def test_a_written_state_is_read_back(folder: LocalFolder, state: PlatformState) -> None:
    """Every command learns the address and the processes from the file alone."""
    state.write(folder)
    assert read_state(folder) == state


@pytest.mark.parametrize("text", ["", "{", "[]", '{"endpoint_url": "x"}', '{"supervisor": 1, "emulator": 2}'])
def test_a_file_that_is_no_state_is_none(folder: LocalFolder, text: str) -> None:
    """A broken file does not break every command from then on."""
    folder.state.write_text(text)
    assert read_state(folder) is None


def test_a_platform_that_a_reboot_ended_is_not_taken_for_running(folder: LocalFolder, state: PlatformState) -> None:
    """The pid may even be in use again, by a process with another start."""
    mine = Process(os.getpid(), "before the reboot")
    dataclasses.replace(state, supervisor=mine, emulator=mine).write(folder)
    assert Platform.current(folder=folder) is None
    with pytest.raises(NotRunning, match="killed or the machine restarted"):
        Platform.require(folder=folder)


def test_a_dead_part_is_named_as_the_reason(folder: LocalFolder, state: PlatformState) -> None:
    """The supervisor's last word is shown, with the end of that part's log."""
    dataclasses.replace(
        state, failure="the partner ended unexpectedly with code -9", log=str(folder.partner_log)
    ).write(folder)
    folder.partner_log.parent.mkdir()
    folder.partner_log.write_text("out of memory\n")
    with pytest.raises(NotRunning, match="code -9; start it again with: patterns up") as error:
        Platform.require(folder=folder)
    assert error.value.detail == "out of memory"


def test_nothing_running_says_how_to_start_it(folder: LocalFolder) -> None:
    """The commonest mistake has the shortest answer."""
    with pytest.raises(NotRunning, match=r"not up; start it with: patterns up$"):
        Platform.require(folder=folder)


def test_clearing_removes_state_and_scratch_but_not_the_port(folder: LocalFolder, state: PlatformState) -> None:
    """The next run starts from nothing, at the same address."""
    state.write(folder)
    folder.deployed.write_text("{}")
    (folder.scratch / "unpacked").mkdir(parents=True)
    folder.port.write_text("4566")
    clear(folder)
    assert not folder.state.exists()
    assert not folder.deployed.exists()
    assert not folder.scratch.exists()
    assert folder.port.exists()


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """No half is ever read, and nothing is left aside."""
    write_atomically(tmp_path / "it", "one")
    write_atomically(tmp_path / "it", "two")
    assert [x.name for x in tmp_path.iterdir() if x.is_file()] == ["it"]
    assert (tmp_path / "it").read_text() == "two"


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    """It names the folder; a file in the way stands for a missing permission, which root would not notice."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StateNotWritable, match=r"cannot write .*file/state"):
        LocalFolder(tmp_path / "file" / "state").prepare()
