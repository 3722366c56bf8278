"""A part of one version of an object: GetObject with both a version id and a range.

AWS answers 206 with that part. The emulator answers 200 with the whole object, so that whoever reads the end of a
Parquet file, for one, is handed its beginning.
"""

from typing import Any

from ministack.services import s3

__all__ = ["correct"]

_get = s3._get_object
_OK, _PART, _NOT_THERE = 200, 206, 416


def correct() -> None:
    """Cut the part out."""
    s3._get_object = _part


def _part(bucket_name: str, key: str, headers: dict[str, str], query_params: Any = None) -> Any:
    status, answered, body = _get(bucket_name, key, headers, query_params)
    asked = headers.get("range", "")
    if status != _OK or not asked or not s3._qp(query_params or {}, "versionId", ""):
        return status, answered, body
    part = s3._parse_range(asked, len(body))
    if part is None:
        error = s3._xml_body(s3._range_error_xml(bucket_name, key))
        return _NOT_THERE, {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}, error
    begin, last = part
    told = {"Content-Length": str(last - begin + 1), "Content-Range": f"bytes {begin}-{last}/{len(body)}"}
    # Their sums are of the whole object, which a client would find the part not to have.
    kept = {name: value for name, value in answered.items() if not name.lower().startswith("x-amz-checksum")}
    return _PART, {**kept, **told}, body[begin : last + 1]
