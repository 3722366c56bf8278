"""A program that takes docker's words and refuses what docker refuses, with an engine and a registry in a folder.

What it was asked is in ``calls.jsonl``, what was pushed in ``pushed``. It is told what to fail at by files: ``down``
(the engine), ``fail-build`` and ``fail-push`` (with what it says). It passes the same tests as docker itself, where
that is.
"""

import argparse
import base64
import json
import os
import sys
from pathlib import Path

PASSWORD = "123456789012-auth-token"  # what moto's ECR gives
HERE = Path(os.environ["FAKE_DOCKER"])


def main(words: list[str]) -> None:
    """Do what the words say."""
    with (HERE / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps({"words": words, "environment": dict(os.environ)}) + "\n")
    given = parser().parse_args(words)
    down = (HERE / "down").exists()
    if down and given.command not in {"login", "logout"}:
        fail("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")
    {"version": version, "build": build, "tag": tag, "push": push, "login": login, "logout": logout}[given.command](
        given
    )


def parser() -> argparse.ArgumentParser:
    """Return docker's grammar, as far as it is used."""
    docker = argparse.ArgumentParser(prog="docker", allow_abbrev=False)
    commands = docker.add_subparsers(dest="command", required=True)
    commands.add_parser("version", allow_abbrev=False)
    building = commands.add_parser("build", allow_abbrev=False)
    for option in ("--file", "--platform", "--tag", "--network"):
        building.add_argument(option)
    building.add_argument("--build-arg", action="append", default=[])
    building.add_argument("context")
    tagging = commands.add_parser("tag", allow_abbrev=False)
    tagging.add_argument("source")
    tagging.add_argument("target")
    commands.add_parser("push", allow_abbrev=False).add_argument("name")
    signing = commands.add_parser("login", allow_abbrev=False)
    signing.add_argument("--username")
    signing.add_argument("--password-stdin", action="store_true")
    signing.add_argument("registry")
    commands.add_parser("logout", allow_abbrev=False).add_argument("registry")
    return docker


def version(_: argparse.Namespace) -> None:
    """Answer."""
    sys.stdout.write("Client:\n Version: 28.2.2\nServer:\n Version: 28.2.2\n")


def build(given: argparse.Namespace) -> None:
    """Make an image of a Dockerfile that is there."""
    if (HERE / "fail-build").exists():
        fail((HERE / "fail-build").read_text())
    if not Path(given.context, given.file).is_file():
        fail(f"ERROR: failed to read dockerfile: open {given.file}: no such file or directory")
    images(given.tag).write_text(given.platform or "")


def tag(given: argparse.Namespace) -> None:
    """Give an image another name."""
    if not images(given.source).exists():
        fail(f"Error response from daemon: No such image: {given.source}")
    images(given.target).write_text(images(given.source).read_text())


def push(given: argparse.Namespace) -> None:
    """Take an image from somebody who has signed in."""
    if not images(given.name).exists():
        fail(f"An image does not exist locally with the tag: {given.name}")
    notes = json.loads(configuration().read_text()) if configuration().exists() else {}
    if given.name.split("/")[0] not in notes.get("auths", {}):
        fail("no basic auth credentials")
    if (HERE / "fail-push").exists():
        fail((HERE / "fail-push").read_text())
    with (HERE / "pushed").open("a") as pushed:
        pushed.write(f"{given.name}\n")


def login(given: argparse.Namespace) -> None:
    """Note who signed in, as docker does."""
    password = sys.stdin.read()
    if not given.password_stdin or password != PASSWORD:
        fail(f"Error response from daemon: login attempt to https://{given.registry}/v2/ failed with status: 401")
    notes = json.loads(configuration().read_text()) if configuration().exists() else {}
    token = base64.b64encode(f"{given.username}:{password}".encode()).decode()
    notes.setdefault("auths", {})[given.registry] = {"auth": token}
    configuration().write_text(json.dumps(notes))
    sys.stdout.write("Login Succeeded\n")


def logout(given: argparse.Namespace) -> None:
    """Forget it again."""
    notes = json.loads(configuration().read_text())
    notes["auths"].pop(given.registry)
    configuration().write_text(json.dumps(notes))


def configuration() -> Path:
    """Return where docker keeps who signed in."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    folder.mkdir(exist_ok=True)
    return folder / "config.json"


def images(name: str) -> Path:
    """Return the file that stands for an image."""
    (HERE / "images").mkdir(exist_ok=True)
    return HERE / "images" / name.replace("/", "%")


def fail(line: str) -> None:
    """Complain and end."""
    sys.stderr.write(f"{line}\n")
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
