"""Which objects lie under an s3:// address?

Polars reads objects but lists neither their sizes nor their hashes, which say whether one has changed; obstore, which stands
on the same Rust crate, lists both. Keys come from the environment only (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
AWS_SESSION_TOKEN); no message holds them, nor what a store answers, for stores repeat keys in their answers.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError, InvalidPathError
from obstore.store import S3Store

from pipeline.errors import DataError, shown

if TYPE_CHECKING:
    from obstore.store import S3Config  # in its stubs only

_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.\-_]{1,62})(?:/(.*))?", re.DOTALL)
_SAID = re.compile(r"status code: ([0-9]{3})|(redirect|invalid list response|Missing SecretAccessKey)")
_WHYS = {
    "403": "没有读取权限，或密钥不对",
    "404": "没有这个桶",
    "redirect": "桶在另一个区域",
    "invalid list response": "应答的不是对象存储",
    "Missing SecretAccessKey": "没有给出 AWS_SECRET_ACCESS_KEY",
}


@dataclass(frozen=True)
class Object:
    """key: within the bucket. tag: the store's own hash of the content."""

    key: str
    size: int
    tag: str


def is_remote(source: str) -> bool:
    return "://" in source


def bucket_of(source: str) -> tuple[str, str]:
    """The bucket and the prefix of an address. Raises DataError."""
    found = _ADDRESS.fullmatch(source)
    if found is None:
        raise DataError("rollup.address", f"{shown(source)} 不是可用的地址；应是本机的文件夹、文件，或 s3://桶/前缀。")
    return found[1], (found[2] or "").strip("/")


def options() -> dict[str, Any]:
    """What polars is told of the store; keys it finds in the environment by itself, and nowhere else."""
    endpoint, told = _endpoint(), dict[str, str]()
    if endpoint:
        told["aws_endpoint_url"] = endpoint
    if endpoint.startswith("http://"):
        told["aws_allow_http"] = "true"
    if not _has_keys():
        told["aws_skip_signature"] = "true"
    return {"storage_options": told | {"aws_region": _region()}, "credential_provider": None}


def listing(source: str) -> list[Object]:
    """The objects at or below an address, by key. Raises DataError."""
    bucket, prefix = bucket_of(source)
    try:
        where: S3Config = {"endpoint": _endpoint()} if _endpoint() else {}
        store = S3Store(
            bucket,
            config={**where, "region": _region(), "skip_signature": not _has_keys()},
            client_options={"allow_http": True, "timeout": "30s"},
            retry_config={"max_retries": 3},
        )
        found = [one for page in obstore.list(store, prefix or None) for one in page]
        if prefix and not found:
            found = [obstore.head(store, prefix)]
    except FileNotFoundError:
        return []
    except InvalidPathError:
        why = "里有对象的名称不能用（如连续两个 /）"
    except BaseError as error:
        said = _SAID.search(str(error))
        why = _WHYS.get(said[0] if said[2] else said[1], f"对象存储应答 {said[1]}") if said else "连不上对象存储"
    else:
        return sorted(
            (Object(one["path"], one["size"], (one["e_tag"] or "").strip('"')) for one in found),
            key=lambda one: one.key,
        )
    raise DataError(
        "rollup.store",
        f"{shown(source)}：{why}；请检查地址，以及环境变量 AWS_ENDPOINT_URL、AWS_REGION、AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY。",
    )


def _endpoint() -> str:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def _has_keys() -> bool:
    return bool(os.environ.get("AWS_ACCESS_KEY_ID"))


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
