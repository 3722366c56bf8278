"""What a report of very many lines costs by this pattern, and by the engines that one leaves it for."""

from decimal import Decimal

from patterns_cli.costs.inputs import Inputs
from patterns_cli.costs.lines import Line, Usage

__all__ = ["MANY_LINES", "leaving_lines"]

MANY_LINES = (10**9, 10**10)
_SHARD = 10**7
_STEPS = 3
"""Tasks beside the shards: plan, merge, publish."""
_TRANSITIONS = 8
"""Of a shard that nothing happens to, its execution's start among them."""
_MOST = 4 * 10**9
"""Lines of which each may be an order: the merge compares all ids on its disk."""
_TB = Decimal(10**12)
_HOUR = Decimal(3600)


def leaving_lines(lines: int, inputs: Inputs, *, vcpu: Decimal, memory: Decimal) -> list[Line]:
    """Return a line for each engine, of one report of so many lines; a task has ``vcpu`` and ``memory`` GB."""
    stored = lines * inputs["batch.line_bytes"].value
    ours = lines * inputs["batch.processor_seconds"].value / _SHARD
    shards = -(-lines // _SHARD)
    groups = -(-shards // 32) if shards > 32 else 0  # noqa: PLR2004 - as the plan has it
    start = inputs["batch.start_seconds"].value
    hours = (ours / vcpu + (shards + groups + _STEPS) * start) / _HOUR
    spark = ours * inputs["batch.spark_factor"].value / _HOUR
    return [
        Line(
            "this pattern, Fargate",
            f"{shards:,} shards, {groups} groups; {hours:,.1f} task hours"
            + (", but one report of so many is refused" if lines > _MOST else ""),
            (
                Usage("fargate.arm_vcpu_hour", hours * vcpu),
                Usage("fargate.arm_gb_hour", hours * memory),
                Usage("stepfunctions.transition", (shards + groups) * _TRANSITIONS),
            ),
        ),
        Line("Athena", f"{stored / 10**9:,.1f} GB, read by one query", (Usage("athena.scanned_tb", stored / _TB),)),
        Line(
            "EMR Serverless, arm64",
            f"{spark:,.1f} vCPU hours, 4 GB each",
            (Usage("emr_serverless.arm_vcpu_hour", spark), Usage("emr_serverless.arm_gb_hour", spark * 4)),
        ),
        Line("Glue for Spark", f"the same, {spark / 4:,.2f} DPU hours", (Usage("glue.dpu_hour", spark / 4),)),
    ]
