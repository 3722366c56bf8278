"""The batch's part of the demo: a file of orders is dropped, a task is killed on purpose, a report comes out."""

import asyncio
import csv
import io
import json
import secrets
from typing import Any

from patterns_infra.demo.executions import Execution
from patterns_infra.demo.scene import Scene, eventually
from patterns_shared.domain.catalogue import CATALOGUE, CURRENCY
from patterns_shared.testing.orders_generator import OrderGenerator

__all__ = ["play"]

_COLUMNS = ("order_id", "customer_id", "placed_at", "status", "currency", "sku", "quantity", "unit_price")
_STATUSES = ("FULFILLED", "FULFILLED", "FULFILLED", "CANCELLED")
_SECONDS = 180.0


async def play(scene: Scene) -> None:
    """Report on a file, on a file that is no file of orders, and on a file while its task is killed."""
    lines = _order_lines(scene)
    await _report_on_a_file(scene, lines)
    await _survive_a_killed_task(scene, lines)
    await _refuse_a_bad_file(scene)


async def _report_on_a_file(scene: Scene, lines: list[dict[str, Any]]) -> None:
    name = f"orders-{secrets.token_hex(3)}.csv"
    async with scene.part("a file of orders, dropped into the inbox", seconds=_SECONDS):
        execution = await _drop(scene, name, _as_csv(lines))
        scene.checks.equal("drop a file: its execution", expected="SUCCEEDED", seen=await execution.follow())
        await _compare(scene, name, lines)


async def _survive_a_killed_task(scene: Scene, lines: list[dict[str, Any]]) -> None:
    name = f"killed-{secrets.token_hex(3)}.csv"
    async with scene.part("a task that is killed on purpose", seconds=_SECONDS):
        execution = await _drop(scene, name, _as_csv(lines))
        killed = await execution.kill_a_task(scene.outputs["cluster_arn"])
        scene.progress.say(f"killed the task of the state {killed!r}")
        scene.checks.equal("kill a task: its execution", expected="SUCCEEDED", seen=await execution.follow())
        await _compare(scene, name, lines)


async def _refuse_a_bad_file(scene: Scene) -> None:
    name = f"bad-{secrets.token_hex(3)}.csv"
    async with scene.part("a file that is no file of orders", seconds=_SECONDS):
        execution = await _drop(scene, name, b"order_id,colour\n1,green\n")
        scene.checks.equal("drop a bad file: its execution", expected="FAILED", seen=await execution.follow())
        cause = await execution.cause()
        named = "customer_id" in cause or "column" in cause
        scene.checks.equal("ask it why", expected="a missing column", seen="a missing column" if named else cause)
        scene.checks.equal("look for tries after that", expected=1, seen=await execution.tries("Plan on Spot"))


async def _drop(scene: Scene, name: str, content: bytes) -> Execution:
    bucket = scene.outputs["inbox_bucket"]
    await asyncio.to_thread(lambda: scene.client("s3").put_object(Bucket=bucket, Key=name, Body=content))
    return await Execution.of_input(scene, f"s3://{bucket}/{name}")


async def _compare(scene: Scene, name: str, lines: list[dict[str, Any]]) -> None:
    """Compare the published report with what plain loops make of the same lines."""
    report = await eventually(
        lambda: asyncio.to_thread(_published, scene, name), until=lambda found: found is not None, seconds=10
    )
    sold = [line for line in lines if line["status"] != "CANCELLED"]
    expected = {
        "orders": len({line["order_id"] for line in sold}),
        "units": sum(line["quantity"] for line in sold),
        "revenue": sum(line["quantity"] * line["unit_price"] for line in sold),
        "cancellations": len({line["order_id"] for line in lines} - {line["order_id"] for line in sold}),
    }
    found = report["currencies"][0] if report else {}
    scene.checks.equal(
        "compare the report with plain loops over the file",
        expected=expected,
        seen={name: found.get(name) for name in expected},
    )


def _published(scene: Scene, name: str) -> dict[str, Any] | None:
    s3, bucket = scene.client("s3"), scene.outputs["report_bucket"]
    found = [
        each["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="reports/input=")
        for each in page.get("Contents", [])
    ]
    pages = [key for key in found if f"input={name}" in key and key.endswith("sales.json")]
    html = [key for key in found if f"input={name}" in key and key.endswith(".html")]
    if not pages:
        return None
    scene.progress.say(f"the report for people: s3://{bucket}/{html[0]}")
    document: dict[str, Any] = json.load(s3.get_object(Bucket=bucket, Key=pages[0])["Body"])
    return document


def _order_lines(scene: Scene) -> list[dict[str, Any]]:
    """Return the lines of as many orders as the demo has, all of one day."""
    lines = []
    for number, basket in zip(range(scene.orders), OrderGenerator(scene.seed), strict=False):
        order = {
            "order_id": f"demo-{number:06}",
            "customer_id": f"customer-{number % 7}",
            "placed_at": f"2026-01-05T{number % 24:02}:{number % 60:02}:00Z",
            "status": _STATUSES[number % len(_STATUSES)],
            "currency": CURRENCY,
        }
        lines += [
            {**order, "sku": x.sku, "quantity": x.quantity, "unit_price": CATALOGUE[x.sku].unit_price} for x in basket
        ]
    return lines


def _as_csv(lines: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS)
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()
