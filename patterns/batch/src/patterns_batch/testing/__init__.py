"""Stand-ins for buckets, the orders table and the secret, order lines to fill them with, and their contracts.

The contract suites (``contracts``) need pytest and are imported from their own module; the rest needs nothing more.
"""

from patterns_batch.testing.exports import EXPORT_ID, data_file, export_of, export_of_files
from patterns_batch.testing.fakes import FixedPseudonyms, InMemoryInputs, InMemoryObjects, InMemoryOrdersTable
from patterns_batch.testing.order_lines import COLUMNS, csv_of, json_lines_of, lines_of, make_orders, parquet_of

__all__ = [
    "COLUMNS",
    "EXPORT_ID",
    "FixedPseudonyms",
    "InMemoryInputs",
    "InMemoryObjects",
    "InMemoryOrdersTable",
    "csv_of",
    "data_file",
    "export_of",
    "export_of_files",
    "json_lines_of",
    "lines_of",
    "make_orders",
    "parquet_of",
]
