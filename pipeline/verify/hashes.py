"""Is every file the one that was published? SHA256SUMS, the statement of each edition, and who signed it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipeline.disclosure import record
from pipeline.errors import DataError
from pipeline.keeping import file_digest
from pipeline.publish import crate, page, statement
from pipeline.publish.datapackage import DESCRIPTOR
from pipeline.publish.home import DOWNLOADS
from pipeline.publish.site import SUMS
from pipeline.verify.site import LARGEST, Found, Site, parsed, readable, summed

NAMED = 3
TELLING = (".html", crate.NAME, DESCRIPTOR)  # files that tell the hashes of others
_cited = re.compile(r"([a-z][a-z0-9-]*\.csv) SHA-256 ([0-9a-f]{64})")
CODE = {"commit": "提交", "dirty": "未提交的改动", "lock": "锁文件"}
KINDS = {"inputs": "输入", "parameters": "参数", "code": "代码", "toolchain": "软件", "fonts": "字体"}


def check(site: Site, key: Ed25519PublicKey | None) -> Iterator[Found]:
    """What is not as it was published in the scope of a site, each as one sentence."""
    yield from _listed(site)
    yield from _claimed(site)
    yield from _beside(site)
    for edition in site.wanted():
        yield from _stated(site, edition, key)
    yield from _signed(site.root / statement.SIGNED, statement.of_site(SUMS, site.read(SUMS)), key, SUMS)


def _listed(site: Site) -> Iterator[Found]:
    """Files that are missing, swapped or altered."""
    whole = 0
    names = {digest: path for path, digest in site.sums.items()}
    for path, digest in site.sums.items():
        if not site.inside(path):
            continue
        if site.outside(path):
            yield Found(f"{SUMS} 列的 {path} 指到网站文件夹以外，没有读它")
            continue
        now = site.digests[path]
        if now == digest:
            whole += 1
            if path.count("/") == 2 and (said := _of_record(site, path)):
                yield Found(f"{path} 与声明不符{said}")
        elif now is None:
            large = (site.root / path).is_file()
            yield Found(
                f"{path} 超过 {LARGEST >> 20} MB，没有读它：发布的文件没有这样大的" if large else f"缺少 {path}"
            )
        elif now in names:
            yield Found(f"{path} 的内容是 {names[now]} 的：文件被调换")
        elif path not in site.papers:
            yield Found(f"{path} 被改动过：内容与 {SUMS} 不符{_of_record(site, path)}")
    told = f"{whole} 个文件与 {SUMS} 相符" if whole else "这里没有发布的文件，没有什么可核对"
    yield Found(told, fault=False)


def _claimed(site: Site) -> Iterator[Found]:
    """Hashes that the crate, the data packages and the pages tell of files, where the list of all files has others."""
    for by in site.paths:
        said, broken = list[tuple[str, str]](), False
        try:
            said = _claims(by, site.read(by)) if by.endswith(TELLING) else []
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            broken = True
        if broken and site.inside(by) and not by.endswith(".html"):
            yield Found(f"{by} 读不出来")
        in_scope = [(path, digest) for path, digest in dict.fromkeys(said) if site.inside(by) or site.inside(path)]
        for path, _ in in_scope:
            if site.outside(path):
                yield Found(f"{by} 列的 {path} 指到网站文件夹以外，没有读它")
        others = [path for path, digest in in_scope if site.sums.get(path) != digest and not site.outside(path)]
        yield from summed(by, f"个哈希与 {SUMS} 不同", others)


def _claims(by: str, content: bytes) -> list[tuple[str, str]]:
    """Path on the site and SHA-256 of what a file tells of others. Raises ValueError, KeyError, TypeError, AttributeError."""
    edition = by.split("/")[0]
    if by.endswith(".html"):
        return [(f"{DOWNLOADS}/{edition}/{name}", digest) for name, digest in _cited.findall(content.decode())]
    if by == crate.NAME:
        return [(unquote(one["@id"]), one["sha256"]) for one in parsed(content)["@graph"] if one["@type"] == "File"]
    if by.endswith(f"/{DESCRIPTOR}"):
        folder = by.removesuffix(DESCRIPTOR)
        return [(folder + one["path"], one["hash"].removeprefix("sha256:")) for one in parsed(content)["resources"]]
    return []


def _of_record(site: Site, path: str) -> str:
    """What a report's record says otherwise than the statement of its edition."""
    edition, _, report = path.partition("/")
    predicate = site.predicate(edition)
    if not path.endswith(".json") or path.endswith(statement.NAME) or predicate is None:
        return ""
    try:
        now = statement.manifest(parsed(site.read(path)))
        said = differences(statement.told(predicate, report.removesuffix(".json")), now, own=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    return f"，{'；'.join(said[:NAMED])}" if said else ""


def differences(
    before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]], own: bool = False
) -> list[str]:
    """What two manifests say differently, each in a few words. own: only inputs of ours, for a site tells no others."""
    said = []
    for part, kind in KINDS.items():
        names = dict.fromkeys((*before[part], *now[part]))
        for name in names:
            one, other = before[part].get(name), now[part].get(name)
            if one == other or (own and part == "inputs" and not name.startswith("data/raw/")):
                continue
            if part in ("inputs", "fonts") and one and other:
                said.append(f"{kind} {name} 的内容不同")
            else:
                said.append(f"{kind} {CODE.get(name, name)} 原为 {_short(one)}，现为 {_short(other)}")
    return said


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "有" if value else "没有"
    return str(value)[:40] if value not in (None, "") else "无"


def _beside(site: Site) -> Iterator[Found]:
    """Files that nobody published: in the folders of editions they have no place, elsewhere the publisher may have them."""
    ours = (*(one["name"] for one in site.editions), DOWNLOADS, page.FOLDER, record.FOLDER)
    known = {*site.sums, SUMS, statement.SIGNED}
    others = []
    for file in sorted(site.root.rglob("*")):
        path = file.relative_to(site.root).as_posix()
        if (file.is_file() or file.is_symlink()) and path not in known and site.inside(path):
            if path.split("/")[0] in ours:
                yield Found(f"多出 {path}：它不是发布的文件")
            else:
                others.append(path)
    if others:
        yield Found(f"另有 {len(others)} 个文件不是发布的，没有核对：{'、'.join(others[:NAMED])}", fault=False)


def _stated(site: Site, edition: str, key: Ed25519PublicKey | None) -> Iterator[Found]:
    """What the statement of an edition says otherwise than its files, and its signature."""
    name = f"{edition}/{statement.NAME}"
    if site.file(name) is None:
        if name not in site.sums:  # else it is missing, which was said
            yield Found(f"{edition} 没有声明：它是以前的版本发布的，或声明被去掉了", fault=key is not None)
        return
    content = site.read(name)
    try:
        subject, built = _subject(content)
    except ValueError:
        yield Found(f"{name} 不是完整的声明（in-toto Statement v1）")
        return
    folders = tuple(f"{folder}/" for folder in (edition, f"{DOWNLOADS}/{edition}"))
    own = {path for path in site.sums if path.startswith(folders) and path.split("/")[-1] not in (statement.NAME, statement.SIGNED)}  # fmt: skip
    other = [path for path, digest in subject.items() if site.sums.get(path) != digest]
    of = built.get("edition")
    if of != edition or (subject and len(other) > len(subject) / 2):
        yield Found(f"{name} 是另一次发布（{of}）的声明：{len(subject)} 个文件中有 {len(other)} 个不符")
    else:
        for path in other:
            if any(part == ".." for part in path.split("/")) or path.startswith("/"):
                yield Found(f"{name} 列的 {path} 指到网站文件夹以外，没有读它")
            elif site.inside(path):
                yield Found(f"{path} 与声明不符，而与 {SUMS} 相符或不在其中：{SUMS} 被改过")
        for path in sorted(own - subject.keys()):
            if site.inside(path):
                yield Found(f"{path} 不在 {edition} 的声明里：{SUMS} 被改过")
        if not other:
            yield Found(f"{edition} 的声明完整：{len(subject)} 个文件", fault=False)
    yield from _signed(site.root / edition / statement.SIGNED, content, key, name)


def _subject(content: bytes) -> tuple[dict[str, str], Mapping[str, Any]]:
    """The files of a statement, and for what it was made. Raises ValueError."""
    try:
        said = parsed(content)
        if (said["_type"], said["predicateType"]) != (statement.STATEMENT, statement.PROVENANCE):
            raise ValueError(said["predicateType"])
        built = said["predicate"]["buildDefinition"]["externalParameters"]
        return {str(one["name"]): str(one["digest"]["sha256"]) for one in said["subject"]}, dict(built)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(str(error)) from error


def _signed(envelope: Path, content: bytes, key: Ed25519PublicKey | None, name: str) -> Iterator[Found]:
    """Whether what is signed is this content, and by whom."""
    if readable(envelope) is None:
        told = "：各处彼此相符，只说明没有人漏改；若有人处处改得一致，只有发布人的签名能证明" if name == SUMS else ""
        yield Found(f"{name} 没有签名{told}", fault=key is not None)
        return
    try:
        payload, signatures = statement.opened(envelope)
    except ValueError:
        yield Found(f"{name} 的签名 {envelope.name} 读不出来")
        return
    if payload != content:
        yield Found(f"{name} 的签名是旧的：签的是另一份内容，不是现在的这一份")
    elif key is None:
        keys = "、".join(one["keyid"][:16] for one in signatures)
        yield Found(f"{name} 有签名（钥匙 {keys}），没有给出公钥（--key），签名没有核对", fault=False)
    elif any(statement.holds(payload, one, key) for one in signatures):
        yield Found(f"{name} 的签名是所给公钥的", fault=False)
    elif statement.key_id(key) in [one["keyid"] for one in signatures]:
        yield Found(f"{name} 的签名不成立：说是所给公钥的，但被改动过")
    else:
        yield Found(f"{name} 的签名是别的钥匙签的，不是所给的公钥")


def alone(file: Path, key: Ed25519PublicKey | None) -> list[Found]:
    """The same of a file that lies in no site, with the statement beside it. Raises DataError where there is none."""
    digest = file_digest(file)
    beside = file.parent / statement.NAME
    signed = file.parent / statement.SIGNED
    content = b""
    try:
        whole = readable(beside)
        content = whole.read_bytes() if whole else statement.opened(readable(signed) or file)[0]
        subject, built = _subject(content)
    except (ValueError, OSError):
        raise DataError(
            "verify.alone",
            f"{file} 不在网站里，旁边也没有完整的声明；请把网站上这一版的 {statement.NAME}（签了名的还有 {statement.SIGNED}）下载到同一个文件夹",
        ) from None
    names = [path for path, one in subject.items() if one == digest]
    of = built.get("edition")
    if names:
        found = [Found(f"{file.name} 就是 {of} 的 {names[0]}", fault=False)]
    else:
        found = [Found(f"{file.name} 不是 {of} 的文件：声明里没有这样的内容，被改动或另存过，或属于另一次发布")]
    return [*found, *_signed(signed, content, key, statement.NAME)]
