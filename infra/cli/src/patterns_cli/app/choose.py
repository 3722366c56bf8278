"""The options of `patterns choose`, one for each question of the guide; the work is imported when it runs."""

from typing import Annotated

import typer

__all__ = ["choose"]

_Reply = str | None


def _option(text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(metavar="WORD", help=text)
    return option


def choose(
    *,
    trigger: Annotated[_Reply, _option("what starts the work: request, connection, event, schedule, service")] = None,
    duration: Annotated[_Reply, _option("of one piece of work, at most: 29s, 15min, 90min, 8h, days")] = None,
    state: Annotated[_Reply, _option("what is kept between steps: none, waits, memory")] = None,
    idle: Annotated[_Reply, _option("how much of the time there is no work: mostly, half, hardly")] = None,
    burst: Annotated[_Reply, _option("how fast load grows: steady, minutes, seconds")] = None,
    payload: Annotated[_Reply, _option("of one piece of work, at most: 64KB, 128KB, 256KB, 1MB, 6MB, 10MB, GB")] = None,
    latency: Annotated[_Reply, _option("of 99 in 100: 100ms, 1s, seconds, minutes")] = None,
    order: Annotated[_Reply, _option("that must be kept: none, key, all")] = None,
    concurrency: Annotated[_Reply, _option("at once, at most: 10, 1000, more")] = None,
    kubernetes: Annotated[_Reply, _option("is there already: none, estate, wanted")] = None,
    team: Annotated[_Reply, _option("that looks after it: developers, some, platform")] = None,
    compliance: Annotated[_Reply, _option("rules: none, private, tenants, machine")] = None,
    budget: Annotated[_Reply, _option("what matters most: idle, volume, predictable")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs, on standard output")] = False,
    language: Annotated[str, _option("of questions and answer: en, ja")] = "en",
) -> None:
    """Find the service that fits a part of your system, and why; asks for what is not given. Needs no network."""
    from patterns_cli.commands import choose as command  # noqa: PLC0415 - each command imports only its own

    given = {
        "trigger": trigger,
        "duration": duration,
        "state": state,
        "idle": idle,
        "burst": burst,
        "payload": payload,
        "latency": latency,
        "order": order,
        "concurrency": concurrency,
        "kubernetes": kubernetes,
        "team": team,
        "compliance": compliance,
        "budget": budget,
    }
    command.choose(given, as_json=as_json, language=language)
