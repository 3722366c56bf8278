"""The tables that Athena reads: columns as the program writes them, and who may read what."""

import ast
import json
from typing import Any

from patterns_infra.paths import REPOSITORY
from patterns_infra.synthesized import SynthesizedStack

_ENGINE = REPOSITORY / "patterns/batch/src/patterns_batch/engine/day_files.py"
_TYPES = {"INTEGER": "int", "BIGINT": "bigint", "VARCHAR": "string"}


def written() -> dict[str, dict[str, str]]:
    """Return the columns of the program's files, whose own tests hold the files against them."""
    (tables,) = (
        ast.literal_eval(each.value)
        for each in ast.parse(_ENGINE.read_text()).body
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "TABLES"
    )
    found: dict[str, dict[str, str]] = tables
    return found


def tables(stack: SynthesizedStack) -> dict[str, dict[str, Any]]:
    """Return what is declared of each table, by its name."""
    return {x["TableInput"]["Name"]: x["TableInput"] for x in stack.all("Glue::Table")}


def test_a_table_has_the_columns_of_its_files(anywhere_batch: SynthesizedStack) -> None:
    """In their order, of their types; the day and the source are in the folder's name."""
    found = tables(anywhere_batch)
    assert found.keys() == {*written(), "published"}
    for name, columns in written().items():
        storage = found[name]["StorageDescriptor"]
        assert [(x["Name"], x["Type"]) for x in storage["Columns"]] == [(x, _TYPES[y]) for x, y in columns.items()]
        assert [(x["Name"], x["Type"]) for x in found[name]["PartitionKeys"]] == [
            ("day", "string"),
            ("source", "string"),
        ]
        assert storage["SerdeInfo"]["SerializationLibrary"].endswith(".parquet.serde.ParquetHiveSerDe")
        assert json.dumps(storage["Location"]).endswith(f'"/analytics/{name}/"]]}}')


def test_partitions_follow_from_the_folders_names(anywhere_batch: SynthesizedStack) -> None:
    """No crawler; and no query adds up sources that it does not name."""
    assert not anywhere_batch.of_type("Glue::Crawler")
    for name in written():
        parameters = tables(anywhere_batch)[name]["Parameters"]
        assert parameters["projection.enabled"] == "true"
        assert (parameters["projection.day.type"], parameters["projection.source.type"]) == ("date", "injected")
        template = json.dumps(parameters["storage.location.template"])
        assert f"/analytics/{name}/day=${{day}}/source=${{source}}/" in template


def test_the_workgroup_ends_what_is_too_dear_and_goes_with_its_stack(anywhere_batch: SynthesizedStack) -> None:
    """Results are encrypted and in the stack's own bucket, for a week."""
    group = anywhere_batch.only("Athena::WorkGroup")
    configuration = group["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == 10**10
    results = configuration["ResultConfiguration"]
    assert results["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    assert json.dumps(results["OutputLocation"]).endswith('"/athena/"]]}')
    assert group["RecursiveDeleteOption"] is True
    rules = [rule for x in anywhere_batch.all("S3::Bucket") for rule in x["LifecycleConfiguration"]["Rules"]]
    assert {x["Prefix"]: x.get("ExpirationInDays") for x in rules if "Prefix" in x}.items() >= {
        ("athena/", 7),
        ("analytics/", None),
    }


def test_an_analyst_reads_the_tables_and_nothing_else(anywhere_batch: SynthesizedStack) -> None:
    """Neither other workgroups and databases, nor what else is in the bucket."""
    statements = anywhere_batch.only("IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    found: dict[str, list[str]] = {}
    for each in statements:
        resources = each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]]
        for action in each["Action"] if isinstance(each["Action"], list) else [each["Action"]]:
            found.setdefault(action, []).extend(json.dumps(resource) for resource in resources)
    assert not any("*" in action for action in found)
    assert {text.split('"/')[-1].partition('"')[0] for text in found["s3:GetObject"]} == {"analytics/*", "athena/*"}
    assert {text.split('"/')[-1].partition('"')[0] for text in found["s3:PutObject"]} == {"athena/*"}
    (listing,) = (each for each in statements if each["Action"] == "s3:ListBucket")
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["analytics/*", "athena/*"]}}
    (group,) = set(found["athena:StartQueryExecution"])
    assert anywhere_batch.only("Athena::WorkGroup")["Name"] in group
