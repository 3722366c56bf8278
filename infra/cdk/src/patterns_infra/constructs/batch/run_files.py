"""Files of a run, as the state machine reads and writes them."""

from collections.abc import Mapping

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from patterns_infra.constructs.batch.retried_call import retried

__all__ = ["NOTE", "RunFiles"]

NOTE = "given-up.json"
"""Why a step was given up, as the state machine knows it."""


class RunFiles:
    """Makes the states; each goes by the variable ``run``, or another one that has the run's name."""

    def __init__(self, reports: s3.IBucket) -> None:
        """Take the bucket of reports."""
        self._reports = reports

    def read(self, scope: Construct, name: str, file: str, assign: Mapping[str, object]) -> tasks.CallAwsService:
        """Return the state that reads a file, of at most 256 KiB, and assigns what follows from it."""
        return retried(
            tasks.CallAwsService.jsonata(
                scope,
                name,
                service="s3",
                action="getObject",
                parameters={"Bucket": self._reports.bucket_name, "Key": f"{{% 'runs/' & $run & '/{file}' %}}"},
                iam_resources=[self._reports.arn_for_objects("runs/*")],
                # Only to who may list does S3 say that a key is missing; to others it says 403, which is tried again.
                additional_iam_statements=[
                    iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self._reports.bucket_arn])
                ],
                assign=dict(assign),
            ),
            but=["S3.NoSuchKeyException"],
        )

    def note(self, scope: Construct, reason: str, *, run: str) -> tasks.CallAwsService:
        """Return the state ``note``, which writes the variable ``reason`` for an execution that is not told of it."""
        return retried(
            tasks.CallAwsService.jsonata(
                scope,
                "note",
                service="s3",
                action="putObject",
                parameters={
                    "Bucket": self._reports.bucket_name,
                    "Key": f"{{% 'runs/' & {run} & '/{NOTE}' %}}",
                    "Body": {"cause": f"{{% ${reason} %}}"},
                },
                iam_resources=[self._reports.arn_for_objects("runs/*")],
            )
        )
