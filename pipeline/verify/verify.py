"""What is verified, by what the user names: a site or a part of it, the folder of a report, a file by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipeline.build.standing import records_of_folder
from pipeline.errors import DataError, ParameterError
from pipeline.given import regions
from pipeline.keeping import Records, file_digest
from pipeline.layout import Layout
from pipeline.publish.taken import payloads
from pipeline.verify import explored, fronts, hashes, numbers, places, prose, rebuild, rewritten, texts
from pipeline.verify import site as sites
from pipeline.verify.site import PAPER, Found, parsed, readable
from pipeline.verify.texts import Known, Number

RECORD = "provenance.json"
FORMATS = (".html", ".pdf", ".docx")


def verify(
    layout: Layout, path: Path, key: Ed25519PublicKey | None, again: bool, filings: Path | None
) -> Iterator[Found]:
    """What is found of a site or a part of it, a report's folder, or a file. again: whether it is built again, from
    `filings`. Raises UserError for what cannot be verified."""
    if not (path.is_file() or path.is_dir()):  # nor a pipe, which would be waited for
        raise ParameterError(
            "verify.missing", f"{path}：没有这个文件或文件夹；应为网站、报告的文件夹，或其中的一个文件"
        )
    site = sites.of(path)
    if site is not None:
        yield from hashes.check(site, key)
        told = list[str]()
        for found in chain(*(one(site) for one in (numbers.check, places.check, fronts.check, explored.check))):
            told += [found.said] if found.fault else []
            yield found
        yield from rewritten.check(layout, site, told)
        yield from prose.check(site)
        if again:
            yield from rebuild.of_site(layout, site, filings)
        return
    folder = path if path.is_dir() else path.parent
    if (folder / RECORD).is_file():
        yield from _report(layout, folder.resolve(), None if path.is_dir() else path.name, again, filings)
    elif path.is_dir():
        raise DataError(
            "verify.folder",
            f"{path} 既不是网站（有 SHA256SUMS、editions.json），也不是报告的文件夹（有 {RECORD}）；请换一个",
        )
    else:
        yield from hashes.alone(path, key)


def _report(layout: Layout, folder: Path, name: str | None, again: bool, filings: Path | None) -> Iterator[Found]:
    """A report where `build` put it; name: of the only file that is looked at."""
    try:
        said = parsed((folder / RECORD).read_bytes())
        report, inputs = dict(said["report"]), [dict(one) for one in said["inputs"]]
        made = _made(layout, folder, report)
        files = {
            path.name: path
            for path in sorted(folder.iterdir())
            if path.suffix in FORMATS and name in (None, path.name) and readable(path)
        }
        pages = {path.stem: texts.read(path) for path in sorted(folder.glob("*.html"))}
        known = Known(pages.values(), _on_paper(folder))
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError("verify.record", f"{folder / RECORD} 读不出来或不完整；请重新生成这份报告") from None
    if not made:
        yield Found("这里没有生成这份报告的记录，不能核对哈希", fault=False)
    whole = {path for path, digest in made.items() if path.is_file() and file_digest(path) == digest}
    for path in made:
        if path in whole or not path.is_relative_to(folder) or name not in (None, path.name):
            continue
        if not path.is_file():
            yield Found(f"缺少 {path.name}")
        elif path.suffix not in PAPER:
            yield Found(f"{path.name} 被改动过：内容与生成时的记录不符")
    for file in files.values():
        if made and file not in made:
            yield Found(f"多出 {file.name}：它不是这次生成的")
        elif file.suffix in PAPER:
            is_whole = file in whole or not made
            count, found = numbers.on_paper(file.name, file.read_bytes(), known, pages.get(file.stem), is_whole)
            yield from found
            yield Found(f"{file.name} 的 {count} 个数都核对过", fault=False)
        else:
            yield from numbers.of_cells(file.name, pages[file.stem])
    if made:
        yield Found(f"{len(whole)} 个文件与生成时的记录相符", fault=False)
    for one in inputs:
        path = layout.root / one["path"]
        if one["path"].startswith("data/raw/") and path.is_file() and file_digest(path) != one["sha256"]:
            yield Found(f"输入 {one['path']} 在生成以后有变化", fault=False)
    if again:
        yield from rebuild.of_folder(layout, folder, list(files.values()), said, filings)


def _on_paper(folder: Path) -> list[Number]:
    """The numbers of tables that stand on paper only, instead of longer ones (`blocks.Table.brief`)."""
    notebooks = [path for path in sorted((folder / "notebooks").glob("*.ipynb")) if readable(path)]
    chapters = (parsed(path.read_bytes()) for path in notebooks)
    briefs = [block["brief"] for one in chapters for *_, block in payloads(one) if "brief" in block]
    return texts.numbers("\n".join(" ".join(row) for one in briefs for row in one["rows"]), "")


def _made(layout: Layout, folder: Path, report: Mapping[str, Any]) -> dict[Path, str]:
    """The files that the newest record of building the report names, with their hashes; nothing without a record."""
    region = regions.resolve(str(report["region"]), layout)
    edition, audience, scenario = (str(report[name]) for name in ("edition", "audience", "scenario"))
    found = Records(records_of_folder(layout, edition, audience, region, scenario, folder)).all[:1]
    return {Path(path): digest for one in found for path, digest in one.files.items()}
