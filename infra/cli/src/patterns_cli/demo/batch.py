"""The batch's part of the demo: a file is dropped, a task killed on purpose, the schedule fires, reports come out."""

import asyncio
import csv
import io
import secrets
from typing import Any

from patterns_cli.demo.executions import DemoExecution
from patterns_cli.demo.nightly import NightlyReport
from patterns_cli.demo.scene import Scene
from patterns_deploy.folder import LocalFolder
from patterns_shared.domain.catalogue import CATALOGUE, CURRENCY
from patterns_shared.testing.orders_generator import OrderGenerator

__all__ = ["play"]

_COLUMNS = ("order_id", "customer_id", "placed_at", "status", "currency", "sku", "quantity", "unit_price")
_STATUSES = ("FULFILLED", "FULFILLED", "FULFILLED", "CANCELLED")
_SECONDS = 180.0


async def play(scene: Scene) -> None:
    """Report on a file, on one while its task is killed, on one that has no orders, and by the schedule."""
    lines = _order_lines(scene)
    async with NightlyReport.scheduled(scene) as nightly:
        await _report_on_a_file(scene, lines)
        await _survive_a_killed_task(scene, lines)
        await _refuse_a_bad_file(scene)
        await nightly.check()


async def _report_on_a_file(scene: Scene, lines: list[dict[str, Any]]) -> None:
    name = f"orders-{secrets.token_hex(3)}.csv"
    async with scene.part("a file of orders, dropped into the inbox", seconds=_SECONDS):
        execution = await _drop(scene, name, _as_csv(lines))
        scene.checks.equal("drop a file: its execution", expected="SUCCEEDED", seen=(await execution.follow()).status)
        await _compare(scene, execution, lines)
        await _keep_page(scene, execution)


async def _survive_a_killed_task(scene: Scene, lines: list[dict[str, Any]]) -> None:
    name = f"killed-{secrets.token_hex(3)}.csv"
    async with scene.part("a task that is killed on purpose", seconds=_SECONDS):
        execution = await _drop(scene, name, _as_csv(lines))
        killed = await execution.kill_a_task(scene.outputs["cluster_arn"])
        scene.progress.say(f"killed the task of the state {killed!r}")
        scene.checks.equal("kill a task: its execution", expected="SUCCEEDED", seen=(await execution.follow()).status)
        await _compare(scene, execution, lines)


async def _refuse_a_bad_file(scene: Scene) -> None:
    name = f"bad-{secrets.token_hex(3)}.csv"
    async with scene.part("a file that is no file of orders", seconds=_SECONDS):
        execution = await _drop(scene, name, b"order_id,colour\n1,green\n")
        ended = await execution.follow()
        scene.checks.equal("drop a bad file: its execution", expected="FAILED", seen=ended.status)
        told = "a missing column" if "column customer_id: is missing" in ended.reason else ended.reason
        scene.checks.equal("ask it why", expected="a missing column", seen=told)
        scene.checks.equal("look for tries after that", expected=1, seen=await execution.tries("Plan on Spot"))


async def _drop(scene: Scene, name: str, content: bytes) -> DemoExecution:
    bucket = scene.outputs["inbox_bucket"]
    await asyncio.to_thread(lambda: scene.client("s3").put_object(Bucket=bucket, Key=name, Body=content))
    return await DemoExecution.of_input(scene, f"s3://{bucket}/{name}")


async def _compare(scene: Scene, execution: DemoExecution, lines: list[dict[str, Any]]) -> None:
    """Compare the published report with what plain loops make of the same lines."""
    s3, report = scene.client("s3"), await execution.published()
    found = (await asyncio.to_thread(report.figures, s3))["currencies"][0]
    sold = [line for line in lines if line["status"] != "CANCELLED"]
    expected = {
        "orders": len({line["order_id"] for line in sold}),
        "units": sum(line["quantity"] for line in sold),
        "revenue": sum(line["quantity"] * line["unit_price"] for line in sold),
        "cancellations": len({line["order_id"] for line in lines} - {line["order_id"] for line in sold}),
    }
    scene.checks.equal(
        "compare the report with plain loops over the file",
        expected=expected,
        seen={name: found.get(name) for name in expected},
    )


async def _keep_page(scene: Scene, execution: DemoExecution) -> None:
    """Leave the report's page where a person can open it when the platform is gone."""
    report, folder = await execution.published(), LocalFolder.default().reports
    page = await asyncio.to_thread(report.save_page, scene.client("s3"), folder)
    scene.left.append(f"a sales report, for a browser: {page}")


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
