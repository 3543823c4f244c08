"""Kept texts that are used only as they were written: the hash of the content stands before it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.output import placed


def write(path: Path, content: str) -> None:
    """Keep `content` at `path`. Raises OutputError."""
    text = content.encode("utf-8", "surrogatepass")
    with placed(path) as beside:
        beside.write_bytes(f"{hashlib.sha256(text).hexdigest()}\n".encode() + text)


def read(path: Path) -> str | None:
    """What was kept at `path`; None where there is nothing, or not what was written."""
    try:
        seal, _, text = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    whole = seal == hashlib.sha256(text).hexdigest().encode()
    return text.decode("utf-8", "surrogatepass") if whole else None
