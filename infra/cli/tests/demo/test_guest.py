import stat
from pathlib import Path

from patterns_cli.demo.guest import _read, directions, keep_guest
from patterns_cli.demo.shoppers import Shopper
from patterns_deploy.folder import LocalFolder

_GUEST = Shopper(email="g@example.com", sub="s", id_token="i", access_token="a", refresh="r", password="secret")
_OUTPUTS: dict[str, dict[str, str | None]] = {"web_api": {"api_url": "http://127.0.0.1:1/api"}}


def test_only_the_user_can_read_the_passwords(tmp_path: Path) -> None:
    """The file has mode 600, also when one with other rights was there before."""
    folder = LocalFolder(tmp_path)
    folder.scratch.mkdir(parents=True)
    (folder.scratch / "demo-guests.json").touch(0o644)
    keep_guest(folder, _GUEST, user_pool_id="pool")
    [path] = folder.scratch.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert _read(LocalFolder(tmp_path), "pool") == {"g@example.com": "secret"}


def test_people_of_a_pool_that_is_gone_are_forgotten(tmp_path: Path) -> None:
    """A new platform has a new pool, where nobody of the last one can sign in."""
    keep_guest(LocalFolder(tmp_path), _GUEST, user_pool_id="old")
    assert _read(LocalFolder(tmp_path), "new") == {}


def test_a_spoilt_file_is_an_empty_one(tmp_path: Path) -> None:
    """Whatever stands in the file, the demo goes on."""
    folder = LocalFolder(tmp_path)
    folder.scratch.mkdir(parents=True)
    for text in ("", "[]", '{"user_pool_id": "pool", "passwords": []}'):
        (folder.scratch / "demo-guests.json").write_text(text)
        assert _read(folder, "pool") == {}


def test_the_directions_tell_how_to_go_on() -> None:
    """Addresses, a password, a one-line token, the AWS CLI's variables and the way to end it."""
    text = "\n".join(directions(_OUTPUTS, _GUEST))
    for part in (
        "http://127.0.0.1:1/api\n",
        "http://127.0.0.1:1/api/docs\n",
        "g@example.com with the password secret\n",
        "uv run patterns token g@example.com\n",
        'eval "$(uv run patterns env)"\n',
    ):
        assert part in text
    assert text.endswith("uv run patterns down")


def test_without_a_guest_nobody_is_offered() -> None:
    """A demo whose sign-up failed does not print how to sign in."""
    assert "sign in" not in "\n".join(directions(_OUTPUTS, None))
