"""One shop in all four patterns: its customers' orders from the API to the night's report, then every book of them."""

__all__ = ["NEEDS", "SCENARIO"]

NEEDS = frozenset({"web_api", "async", "k8s"})
"""The patterns that an order passes through; with the batch the night's report is made, too."""
SCENARIO = "patterns_cli.demo.end_to_end.scenario:play"
