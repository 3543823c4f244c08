"""Which objects lie under an s3:// address? One request per thousand, signed with the keys of the environment.

Polars reads objects but lists neither their sizes nor their hashes, which say whether one has changed. The signature is
AWS Signature Version 4. Keys come from the environment only (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
AWS_SESSION_TOKEN); no message holds them, nor what a store answers, for stores repeat keys in their answers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from pipeline.errors import DataError, shown

WITHIN_S = 30
EMPTY = hashlib.sha256(b"").hexdigest()
_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.\-_]{1,62})(?:/(.*))?", re.DOTALL)


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
    if not os.environ.get("AWS_ACCESS_KEY_ID"):
        told["aws_skip_signature"] = "true"
    return {"storage_options": told | {"aws_region": _region()}, "credential_provider": None}


def listing(source: str) -> list[Object]:
    """The objects at or below an address, by key. Raises DataError."""
    bucket, prefix = bucket_of(source)
    found, token = list[Object](), ""
    while True:
        query = {"list-type": "2", "prefix": prefix} | ({"continuation-token": token} if token else {})
        page = _page(source, bucket, query)
        space = page.tag.partition("}")[0] + "}" if page.tag.startswith("{") else ""
        for one in page.iter(f"{space}Contents"):
            key = one.findtext(f"{space}Key") or ""
            if not prefix or key == prefix or key.startswith(f"{prefix}/"):
                tag = (one.findtext(f"{space}ETag") or "").strip('"')
                found.append(Object(key, int(one.findtext(f"{space}Size") or 0), tag))
        token = page.findtext(f"{space}NextContinuationToken") or ""
        if not token:
            return sorted(found, key=lambda one: one.key)


def _page(source: str, bucket: str, query: Mapping[str, str]) -> ElementTree.Element:
    host = _endpoint() or f"https://s3.{_region()}.amazonaws.com"
    text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(query.items()))
    url = f"{host.rstrip('/')}/{bucket}?{text}"
    try:
        request = urllib.request.Request(url, headers=dict(signed(url, dt.datetime.now(dt.UTC))))
        with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:
            return ElementTree.fromstring(answer.read())
    except urllib.error.HTTPError as error:
        whys = {403: "没有读取权限，或密钥不对", 404: "没有这个桶", 301: "桶在另一个区域"}
        why = whys.get(error.code, f"对象存储应答 {error.code}")
    except (OSError, ValueError):
        why = "连不上对象存储"
    except ElementTree.ParseError:
        why = "应答的不是对象存储"
    raise DataError(
        "rollup.store",
        f"{shown(source)}：{why}；请检查地址，以及环境变量 AWS_ENDPOINT_URL、AWS_REGION、AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY。",
    )


def _endpoint() -> str:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def signed(url: str, now: dt.datetime) -> Iterator[tuple[str, str]]:
    """The headers of a GET of `url`, whose query is sorted and encoded; none without keys in the environment."""
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        return
    parts, stamp, region = urlsplit(url), f"{now:%Y%m%dT%H%M%SZ}", _region()
    headers = {"host": parts.netloc, "x-amz-content-sha256": EMPTY, "x-amz-date": stamp}
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = token
    names = ";".join(headers)
    lines = ["GET", parts.path, parts.query, *(f"{name}:{value}" for name, value in headers.items()), "", names, EMPTY]
    scope = f"{now:%Y%m%d}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256("\n".join(lines).encode()).hexdigest()])
    signing = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    yield from ((name, value) for name, value in headers.items() if name != "host")
    signature = hmac.digest(signing, text.encode(), "sha256").hex()
    yield "authorization", f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
