"""The publisher's key: made where the publisher says, read by its owner alone, never in the repository or in a site."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.errors import DataError, OutputError
from pipeline.output import why_not_read, why_not_written

PUBLIC = ".pub"
LONGEST = 1 << 16  # bytes
MARKS = (".git", "SHA256SUMS")  # what a folder has that goes to others


def new(file: Path, *others: Path) -> tuple[Path, Path]:
    """Make a key: the private one in `file`, which nobody else may read, the public one beside it. Returns both paths.
    others: further folders that no key may lie in. Raises OutputError."""
    file = _outside(file, *others)
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    beside = file.with_name(file.name + PUBLIC)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        for path, content, mode in ((file, private, 0o600), (beside, public, 0o644)):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as opened:
                opened.write(content)
    except FileExistsError as error:
        raise OutputError(
            "key.exists", f"{error.filename} 已经有了，没有覆盖：旧钥匙丢了，以前的签名就无法再核对；请换一个文件名"
        ) from None
    except OSError as error:
        reason = why_not_written(error) or error.strerror
        raise OutputError("key.unwritable", f"钥匙不能写到 {file}（{reason}）；应是一个有写入权限的文件夹") from error
    return file, beside


def private(file: Path, *others: Path) -> Ed25519PrivateKey:
    """The private key in `file`. others: see `new`. Raises DataError, OutputError."""
    file = _outside(file, *others)
    found: Ed25519PrivateKey = _key(file, _read(file), Ed25519PrivateKey, "私钥")
    if os.name != "nt" and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise DataError("key.open", f"私钥 {file} 别人也能读；请运行 chmod 600 {file}，或另做一把")
    return found


def public(file: Path) -> Ed25519PublicKey:
    """The public key in `file`. Raises DataError."""
    found: Ed25519PublicKey = _key(file, _read(file), Ed25519PublicKey, "公钥")
    return found


def _outside(file: Path, *others: Path) -> Path:
    """`file` without links, which lies in no repository, site or one of `others`. Raises OutputError."""
    file = Path(os.path.realpath(file))
    for folder in file.parents:
        if folder in others or any((folder / mark).exists() for mark in MARKS):
            raise OutputError(
                "key.inside", f"私钥不能放在 {folder} 里：仓库和网站会交给别人；请放在只有发布人能读的文件夹，如 ~/keys"
            )
    return file


def _read(file: Path) -> bytes:
    try:
        if file.exists() and not file.is_file():  # a pipe would be waited for
            return b""
        with file.open("rb") as opened:
            return opened.read(LONGEST)
    except OSError as error:
        raise DataError("key.missing", f"钥匙 {file} 读不出来（{why_not_read(error) or error.strerror}）") from None


def _key(file: Path, content: bytes, kind: type[Any], name: str) -> Any:
    try:
        if kind is Ed25519PublicKey:
            found: object = serialization.load_pem_public_key(content)
        else:
            found = serialization.load_pem_private_key(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, kind):
        raise DataError(
            "key.unreadable", f"{file} 不是 ed25519 {name}（PEM）；应为 green-report key new 写的文件，公钥以 .pub 结尾"
        )
    return found
