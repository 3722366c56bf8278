"""The published reports as tables: a database of Glue, a workgroup of Athena, and who may ask."""

from collections.abc import Mapping

from aws_cdk import Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from patterns_infra.constructs.common.acknowledgement import acknowledge, arn_in_findings
from patterns_infra.settings import Settings

__all__ = ["ANALYTICS", "QUERY_RESULTS", "TABLES", "SalesTables"]

ANALYTICS, QUERY_RESULTS = "analytics/", "athena/"
"""Where in the bucket the tables' files are, and where Athena puts what it answers."""
_AT = {"hour": "int", "currency": "string", "status": "string"}
_OF_PRODUCT = {"hour": "int", "sku": "string", "currency": "string", "status": "string"}
TABLES: Mapping[str, Mapping[str, str]] = {
    "orders": {**_AT, "orders": "bigint", "revenue": "bigint", "version": "string"},
    "products": {**_OF_PRODUCT, "orders": "bigint", "units": "bigint", "revenue": "bigint", "version": "string"},
    "returns": {**_OF_PRODUCT, "lines": "bigint", "units": "bigint", "amount": "bigint", "version": "string"},
}
"""Columns of the tables of Parquet files, as the program writes them."""
_PUBLISHED = {
    "source": "string",
    "version": "string",
    "report": "string",
    "days": "int",
    "first_day": "string",
    "last_day": "string",
}
_MOST_SCANNED = 10 * 10**9
"""Bytes of one query: five cents."""
_HIVE = "org.apache.hadoop.hive.ql.io"
_PARQUET = (
    f"{_HIVE}.parquet.MapredParquetInputFormat",
    f"{_HIVE}.parquet.MapredParquetOutputFormat",
    f"{_HIVE}.parquet.serde.ParquetHiveSerDe",
)
_JSON = (
    "org.apache.hadoop.mapred.TextInputFormat",
    f"{_HIVE}.HiveIgnoreKeyTextOutputFormat",
    "org.openx.data.jsonserde.JsonSerDe",
)


class SalesTables(Construct):
    """Tables by day and source. Partitions follow from the folders' names: nothing has to be added to a catalog."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, bucket: s3.IBucket) -> None:
        """Declare the tables on the bucket's folders."""
        super().__init__(scope, construct_id)
        self._bucket = bucket
        account = Stack.of(self).account
        # Names that people write in queries; Athena wants the workgroup's.
        self.database = f"patterns_{settings.stage.replace('-', '_')}_batch"
        self.workgroup = f"patterns-{settings.stage}-batch"
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database, description="Published sales reports; amounts in minor units"
            ),
        )
        for name, columns in TABLES.items():
            table = self._table(
                name, columns, _PARQUET, partitions=("day", "source"), parameters=self._projection(name)
            )
            table.add_resource_dependency(database)
        self._table("published", _PUBLISHED, _JSON).add_resource_dependency(database)
        self._workgroup(settings)
        self.analysts = self._policy()

    def _table(
        self,
        name: str,
        columns: Mapping[str, str],
        formats: tuple[str, str, str],
        *,
        partitions: tuple[str, ...] = (),
        parameters: Mapping[str, str] | None = None,
    ) -> glue.CfnTable:
        reads, writes, serde = formats
        return glue.CfnTable(
            self,
            name.title(),
            catalog_id=Stack.of(self).account,
            database_name=self.database,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                table_type="EXTERNAL_TABLE",
                parameters={"EXTERNAL": "TRUE", **(parameters or {})},
                partition_keys=[glue.CfnTable.ColumnProperty(name=key, type="string") for key in partitions],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[glue.CfnTable.ColumnProperty(name=each, type=kind) for each, kind in columns.items()],
                    location=self._address(name),
                    input_format=reads,
                    output_format=writes,
                    serde_info=glue.CfnTable.SerdeInfoProperty(serialization_library=serde),
                ),
            ),
        )

    def _projection(self, name: str) -> dict[str, str]:
        """Return which partitions there are; ``injected`` has every query name the sources that it means."""
        return {
            "classification": "parquet",
            "projection.enabled": "true",
            "projection.day.type": "date",
            "projection.day.format": "yyyy-MM-dd",
            # An order may be a day ahead, and zones are: that day's folder is empty, or is not there.
            "projection.day.range": "2000-01-01,NOW+2DAYS",
            "projection.source.type": "injected",
            "storage.location.template": f"{self._address(name)}day=${{day}}/source=${{source}}/",
        }

    def _address(self, name: str) -> str:
        return f"s3://{self._bucket.bucket_name}/{ANALYTICS}{name}/"

    def _workgroup(self, settings: Settings) -> None:
        athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=self.workgroup,
            description=f"Questions about the sales reports of stage {settings.stage}",
            # What was asked goes with the stack; the bucket has the answers, and is emptied with it.
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                bytes_scanned_cutoff_per_query=_MOST_SCANNED,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{self._bucket.bucket_name}/{QUERY_RESULTS}",
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_S3"
                    ),
                ),
            ),
        )

    def _policy(self) -> iam.ManagedPolicy:
        """Return what lets a person ask: of this workgroup, these tables, and their part of the bucket alone."""
        stack = Stack.of(self)
        catalog = [
            stack.format_arn(service="glue", resource="catalog"),
            stack.format_arn(service="glue", resource="database", resource_name=self.database),
            stack.format_arn(service="glue", resource="table", resource_name=f"{self.database}/*"),
        ]
        group = stack.format_arn(service="athena", resource="workgroup", resource_name=self.workgroup)
        files, results = (self._bucket.arn_for_objects(f"{prefix}*") for prefix in (ANALYTICS, QUERY_RESULTS))
        listed = {"StringLike": {"s3:prefix": [f"{ANALYTICS}*", f"{QUERY_RESULTS}*"]}}
        policy = iam.ManagedPolicy(
            self,
            "Analysts",
            description="Asks Athena about the published sales reports",
            statements=[
                iam.PolicyStatement(actions=[f"athena:{each}" for each in _QUERIES], resources=[group]),
                iam.PolicyStatement(actions=[f"glue:{each}" for each in _CATALOG], resources=catalog),
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[files]),
                iam.PolicyStatement(
                    actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"], resources=[results]
                ),
                iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self._bucket.bucket_arn], conditions=listed),
                iam.PolicyStatement(actions=["s3:GetBucketLocation"], resources=[self._bucket.bucket_arn]),
            ],
        )
        name = stack.get_logical_id(self._bucket.node.default_child)  # type: ignore[arg-type] # a CfnBucket
        for prefix in (ANALYTICS, QUERY_RESULTS):
            acknowledge(
                policy,
                f"AwsSolutions-IAM5[Resource::<{name}.Arn>/{prefix}*]",
                "Days, sources and queries come and go below a prefix of this stack's own bucket, which is the grant.",
            )
        acknowledge(
            policy,
            f"AwsSolutions-IAM5[Resource::{arn_in_findings(self, 'glue', f'table/{self.database}/*')}]",
            "All tables of this database are declared here, and are what the policy is for.",
        )
        return policy


_QUERIES = (
    "GetWorkGroup",
    "StartQueryExecution",
    "StopQueryExecution",
    "GetQueryExecution",
    "GetQueryResults",
    "GetQueryResultsStream",
    "ListQueryExecutions",
)
_CATALOG = ("GetDatabase", "GetTable", "GetTables", "GetPartition", "GetPartitions")
