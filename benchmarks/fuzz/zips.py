"""Workbooks as zips whose bytes don't depend on when they are made, so that a number is always the same input."""

import io
import re
import zipfile
from collections.abc import Mapping

MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def parts(content: bytes) -> dict[str, bytes]:
    """Its members. Raises what zipfile raises on a broken one."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Mapping[str, bytes]) -> bytes:
    """A zip of these members, all of 1980."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return out.getvalue()


def settled(content: bytes) -> bytes:
    """The same workbook, without the moment it was made at; other files as they are."""
    if not content.startswith(b"PK"):
        return content
    members = parts(content)
    if properties := members.get("docProps/core.xml"):
        members["docProps/core.xml"] = MOMENT.sub(b"2021-11-25T09:00:00Z", properties)
    return packed(members)
