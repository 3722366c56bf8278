"""Links that people follow, in each of AWS's partitions."""

import pytest

from patterns_infra.console_links import console_link


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "eu-central-1.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_console_is_that_of_the_region(region: str, host: str) -> None:
    """The key comes last."""
    assert console_link(region, "reports") == f"https://{host}/s3/object/reports?region={region}&prefix="
