"""Which code has this process loaded? Known from when it did, for files may change while it runs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pipeline
from pipeline.build.sources import versions

LOCK = "requirements.lock"


def _hash(folder: Path, *paths: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _now() -> dict[str, str]:
    package = Path(pipeline.__file__).resolve().parent
    code = [path for path in package.rglob("*") if path.suffix in (".py", ".yml")]
    lock = [path for path in [package.parent / LOCK] if path.is_file()]
    return {"代码": _hash(package, *code), LOCK: _hash(package.parent, *lock)} | {
        f"{name} 的版本": version for name, version in versions().items()
    }


_LOADED = _now()


def loaded() -> dict[str, str]:
    """What the results of this process depend on, by name: the hashes of its code and of the lock file beside it, the
    versions of packages, all as they were when this module was imported."""
    return _LOADED


def other(found: object) -> str:
    """What another process has that is not as here, in a few words; empty where all is. found: what `loaded` said there."""
    if not isinstance(found, dict):
        return "没有本项目的代码，或是旧版本"
    differs = [name for name in sorted({*found, *_LOADED}) if found.get(name) != _LOADED.get(name)]
    return f"{'、'.join(differs[:3])}{'等' if len(differs) > 3 else ''}与这里不同" if differs else ""
