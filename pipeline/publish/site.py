"""The whole site: what is in it, and how it takes the place of the last one.

A new site is made beside the old one, file by file; what has not changed is the old file itself. Editions that are
not published now are taken over as they are, if they still match their checksums.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.disclosure import record
from pipeline.errors import DataError, OutputError, ParameterError
from pipeline.keeping import file_digest
from pipeline.language.words import CHINESE, Words
from pipeline.layout import Layout
from pipeline.output import resolved
from pipeline.publish import (
    archive,
    around,
    cite,
    clearance,
    downloads,
    explore,
    frame,
    home,
    jsonld,
    keys,
    method,
    page,
    province,
    series,
    statement,
    swap,
    whole,
)  # fmt: skip
from pipeline.publish.around import EDITIONS
from pipeline.publish.tables import Published as Table
from pipeline.publish.taken import Edition, Report, Wanted, take
from pipeline.reports.parts import PARTS

SUMS = "SHA256SUMS"
PROVENANCE = ("report", "parameters", "code", "lock", "versions", "fonts")
OWN_INPUTS = "data/raw/"  # inputs below it are ours; the others are files that enterprises filed


@dataclass(frozen=True)
class Published:
    """What was done. changed: files that are new or different; edition: its address; corrects: that of the publication which
    it corrects, "" where there is none; withdrawn: reports that this had; previous: where the last site is kept, None
    where nothing changed or there was none."""

    index: Path
    files: int
    changed: int
    edition: str
    corrects: str
    withdrawn: list[str]
    previous: Path | None


@dataclass
class _Site:
    """A site in the making, in `stage`, and the one that it follows on. sums: path -> SHA-256."""

    stage: Path
    old: Path
    old_sums: Mapping[str, str]
    secrets: tuple[str, ...]
    sums: dict[str, str] = field(default_factory=dict)
    changed: int = 0

    def put(self, path: str, content: bytes | str) -> None:
        """Write a file, or take over the old one where it is the same."""
        data = content.encode() if isinstance(content, str) else content
        for secret in self.secrets:
            if secret.encode() in data:
                raise DataError(
                    "publish.leak", f"没有发布：{path} 里有本机的路径 {secret}；请查明它从哪里来，去掉以后重新生成报告"
                )
        digest = hashlib.sha256(data).hexdigest()
        if not self._take_over(path, digest):
            (self.stage / path).write_bytes(data)

    def copy(self, path: str, source: Path) -> None:
        """Like `put`, from a file."""
        if not self._take_over(path, file_digest(source)):
            shutil.copyfile(source, self.stage / path)

    def carry(self, path: str) -> None:
        """Take over a file of the old site, which must be what its checksum says. Raises OutputError."""
        if not self._take_over(path, self.old_sums[path]):
            raise OutputError(
                "publish.altered",
                f"没有发布：{self.old / path} 与 {SUMS} 不符，被改动过或已不在；请恢复它，或用 --out 写到别处",
            )

    def made(self, path: str) -> str:
        """What is in a file of the new site."""
        return (self.stage / path).read_text("utf-8")

    def _take_over(self, path: str, digest: str) -> bool:
        self.sums[path] = digest
        old, new = self.old / path, self.stage / path
        new.parent.mkdir(parents=True, exist_ok=True)
        if self.old_sums.get(path) != digest or not old.is_file() or file_digest(old) != digest:
            self.changed += 1
            return False
        try:
            os.link(old, new)
        except OSError:  # a file system without links
            shutil.copy2(old, new)
        return True


def publish(layout: Layout, wanted: Wanted) -> Published:
    """Make the site `wanted.out`. Raises UserError, and then nothing has changed."""
    edition = take(layout, wanted)
    clearance.check(layout, edition)
    base_url = _base_url(wanted.base_url)
    out = resolved(wanted.out)
    if not out.name:
        raise OutputError("output.root", f"--out {out}：不能写成整个磁盘；请换一个文件夹，如 site")
    key = keys.private(wanted.sign, layout.root, out) if wanted.sign is not None else None
    with swap.beside(out) as stage:  # which puts back what a killed run has moved away
        old_sums, editions = _read(out)
        made = archive.contents(layout, edition)
        edition = archive.placed(edition, made, editions)
        _recorded(layout, edition, out, editions)
        secrets = tuple({str(layout.root), str(wanted.reports.resolve() if wanted.reports else layout.reports)})
        site = _Site(stage, out, old_sums, secrets)
        theme, assets = around.theme(layout)
        for name, content in assets.items():
            site.put(f"{page.FOLDER}/{name}", content)
        entry = _edition(layout, edition, site, theme, base_url) | {"contents": made}
        _state(site, edition, entry, key)
        others = [one for one in editions if one["name"] != edition.name]
        for one in others:
            _carry(site, one)
        listed = sorted([entry, *others], key=_newest, reverse=True)
        for path, text in around.files(listed, site.made, site.sums, theme, base_url):
            site.put(path, text)
        sums = "".join(f"{digest}  {path}\n" for path, digest in sorted(site.sums.items()))
        (stage / SUMS).write_text(sums, "utf-8", newline="\n")
        envelope = statement.signed(statement.of_site(SUMS, sums.encode()), key) if key else None
        if envelope:
            (stage / statement.SIGNED).write_bytes(envelope)
        unchanged = site.changed == 0 and site.sums == old_sums and envelope == _old(out / statement.SIGNED)
        if not unchanged:
            _keep_others(out, stage, {*old_sums, SUMS, statement.SIGNED})
        kept = None if unchanged else swap.replace(stage, out)
    last = archive.corrected(edition, editions)
    corrects = last["name"] if last else ""
    return Published(
        out / "index.html", len(site.sums) + 1, site.changed, edition.name, corrects, _withdrawn(last, entry), kept
    )


def _recorded(layout: Layout, edition: Edition, out: Path, editions: list[dict[str, Any]]) -> None:
    """Keep the record of this publication. Raises DataError where the site has published the edition before and there is no
    record of it: what was shown then could be compared with what is shown now."""
    if not clearance.tables(layout, edition):
        return
    known = [path for path in record.files(layout, edition.filings) if path.stem.startswith(f"{edition.year}-")]
    if not known and archive.earlier(edition.built, editions):
        raise DataError(
            "publish.no_record",
            f"没有发布：{out} 已公布过 {edition.built}，而 {layout.published / edition.filings} 里没有它的公布记录，两次公布的数值相减会泄露数据；"
            f"请先运行 green-report publish --import-record {out}，再重新生成公开版并发布",
        )
    record.keep(layout, edition.filings, edition.year, clearance.now(layout, edition))


def _keep_others(out: Path, stage: Path, ours: set[str]) -> None:
    """What somebody has put beside the pages of the site (a CNAME, a favicon) goes with it."""
    for path in out.rglob("*"):
        place = path.relative_to(out)
        if path.is_file() and place.as_posix() not in ours and not (stage / place).exists():
            (stage / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, stage / place)


def _base_url(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text)
    if (
        parts.scheme not in ("http", "https")
        or not parts.netloc
        or parts.query
        or parts.fragment
        or re.search(r"[\s\"<>\\]", text)
    ):
        raise ParameterError(
            "publish.base_url", f"--base-url {text}：应为网站的完整地址，如 https://example.org/green-report/"
        )
    whole = parts._replace(path=quote(parts.path, safe="/%")).geturl()  # a sitemap holds no other characters
    return whole if whole.endswith("/") else f"{whole}/"


def _read(out: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Checksums and editions of the site at `out`; nothing where there is none. Raises OutputError for a folder that
    is something else: it would be put away."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return {}, []
    try:
        lines = (out / SUMS).read_text("utf-8").splitlines()
        sums = {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
        editions: list[dict[str, Any]] = json.loads((out / EDITIONS).read_text("utf-8"))["editions"]
        twice = [name for name, count in Counter(one["name"] for one in editions).items() if count > 1]
    except (OSError, ValueError, KeyError, TypeError):
        raise OutputError(
            "publish.other", f"--out {out}：这里已有别的文件，不是 publish 生成的网站；请换一个文件夹，或先移走它们"
        ) from None
    if twice:
        raise OutputError("publish.twice", f"没有发布：{out / EDITIONS} 把 {twice[0]} 列了两次，一个地址只能有一版；请恢复它，或用 --out 写到别处")  # fmt: skip
    return sums, editions


def _edition(layout: Layout, edition: Edition, site: _Site, theme: frame.Theme, base_url: str) -> dict[str, Any]:
    """Everything of this edition; returns how editions.json lists it."""
    assets = {path.split("/")[1] for path in site.sums}
    texts = {name: (layout.reports / "theme" / name).read_text("utf-8") for name in (around.STYLES[1], cite.SCRIPT)}
    shared = dict(page.asset(text, name.split(".")[1]) for name, text in texts.items())
    data = f"{home.DOWNLOADS}/{edition.name}"
    made = downloads.downloads(layout, edition)
    for file, content in made.files.items():
        site.put(f"{data}/{file}", content)
    told = _series(layout, edition, site, made.listed)
    sources = cite.Sources(site.sums, made.fields, base_url, data)

    def put(path: str, text: str, words: Words, region: str = edition.first.region.name_zh) -> None:
        site.put(path, jsonld.told(text, edition, path, words, region, site.sums, base_url))

    for report in edition.reports:
        place = f"{edition.name}/{report.region.code}"
        for one in (report, report.english):
            if one is None:
                continue
            for part, files in one.parts.items():
                bar = _bar(edition, one, report if one is not report else report.english, part)
                where = f"{place}/{home.file_of(one.scenario, part, one.words, 'html')}"
                text = cite.marked(_linked(one, one.page(part)), edition, one, where, sources)
                text, needed = page.shared(text, "../../", shared, bar)
                for file, content in needed.items():
                    if file not in assets:
                        site.put(f"{page.FOLDER}/{file}", content)
                        assets.add(file)
                put(where, text, one.words, one.region.name_zh)
                for format, path in files.items():
                    if format != "html":
                        site.copy(f"{place}/{home.file_of(one.scenario, part, one.words, format)}", path)
        site.put(f"{place}/{report.scenario}.json", _record(report))
    explored = explore.made(layout, edition, made, theme)
    for file, content in explored.assets.items():
        site.put(f"{page.FOLDER}/{file}", content)
        assets.add(file)
    if explored.data:
        site.put(f"{edition.name}/{explore.DATA}", explored.data)
    for words in edition.languages:
        if explored.data:
            put(f"{edition.name}/{frame.file(explore.PAGE, words)}", explored.page(words), words)
        front = explored.fronted(home.front(layout, edition, theme, words, explored.box(words)))
        put(f"{edition.name}/{frame.file(frame.INDEX, words)}", front, words)
        put(f"{edition.name}/{frame.file(frame.METHOD, words)}", method.method(edition, theme, words), words)
        put(f"{data}/{frame.file(frame.INDEX, words)}", downloads.index(edition, made, theme, words), words)
    _pages(edition, told, site, theme, base_url, put)
    for path in record.files(layout, edition.filings):
        site.copy(f"{record.FOLDER}/{edition.filings}/{path.name}", path)
    return {
        "name": edition.name,
        "of": edition.built,
        "number": edition.number,
        "year": edition.year,
        "kind": edition.kind,
        "date": edition.date,
        "publisher": edition.publisher,
        "sample": edition.sample,
        "regions": {region.code: region.short_zh for region in edition.regions},
        "scenarios": edition.scenarios,
        "formats": list(edition.formats),
        "languages": [words.language for words in edition.languages],
        "parts": [part for part in PARTS if any(part in report.parts for report in edition.reports)],
        "assets": sorted(assets),
    }


def _series(layout: Layout, edition: Edition, site: _Site, listed: Sequence[Table]) -> series.Series | None:
    """The series of the edition, whose files are put; None where it has no values."""
    values = next((table.frame for table in listed if table.id == whole.VALUES), None)
    if values is None:
        return None
    told = series.of_edition(layout, edition, values)
    for path, content in told.files():
        site.put(f"{edition.name}/{path}", content)
    return told


def _pages(
    edition: Edition,
    told: series.Series | None,
    site: _Site,
    theme: frame.Theme,
    base_url: str,
    put: Callable[..., None],
) -> None:
    """The pages of indicators and of provinces."""
    for words in edition.languages:
        index = frame.file(frame.INDEX, words)
        if told:
            put(f"{edition.name}/{series.FOLDER}/{index}", series.index(told, edition, theme, words), words)
            for id in told.indicators:
                text = series.page(told, id, edition, site.sums, theme, base_url, words)
                put(f"{edition.name}/{series.path(id, index)}", text, words)
        for region in edition.regions:
            if not region.is_nation:
                report = next(one for one in edition.reports if one.region == region)
                text = province.page(told, edition, report, site.sums, theme, words)
                put(f"{edition.name}/{region.code}/{index}", text, words, region.name_zh)


def _state(site: _Site, edition: Edition, entry: Mapping[str, Any], key: Ed25519PrivateKey | None) -> None:
    """The statement of the edition, signed where there is a key. entry: of editions.json."""
    own = {path: digest for path, digest in site.sums.items() if _belongs(path, entry)}
    content = statement.of_edition(edition, own)
    site.put(f"{edition.name}/{statement.NAME}", content)
    if key:
        site.put(f"{edition.name}/{statement.SIGNED}", statement.signed(content, key))


def _belongs(path: str, entry: Mapping[str, Any]) -> bool:
    """Whether the file is one of the edition that editions.json lists so, or of the assets of its pages."""
    folder, _, name = path.partition("/")
    inside = path.startswith((f"{entry['name']}/", f"{home.DOWNLOADS}/{entry['name']}/"))
    return inside or (folder == page.FOLDER and name in entry["assets"])


def _old(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _linked(report: Report, text: str) -> str:
    """A page with its links to the report's other parts as the site calls these."""
    for part, files in report.parts.items():
        there = frame.address(home.file_of(report.scenario, part, report.words, "html"))
        text = text.replace(f'href="{quote(files["html"].name)}', f'href="{there}')
    return text


def _bar(edition: Edition, report: Report, other: Report | None, part: str) -> str:
    """The links of the site on a page of a report; other: the report in another language."""
    words = report.words
    files = "".join(
        f'<a href="{frame.address(home.file_of(report.scenario, part, words, format))}">{home.FORMAT_NAMES[format]}</a>'
        for format in edition.formats
        if format != "html"
    )
    if other is not None and part in other.parts:
        there, tag = frame.address(home.file_of(report.scenario, part, other.words, "html")), other.words.tag
        files += f'<a href="{there}" lang="{tag}" hreflang="{tag}">{other.words("language_name")}</a>'
    told = words if words in edition.languages else CHINESE
    index, method_ = (frame.file(name, told) for name in (frame.INDEX, frame.METHOD))
    data = f"../../{frame.address(home.DOWNLOADS, edition.name, index)}"
    sheet = "" if report.region.is_nation else f'<a href="{index}">{words("region_sheet")}</a>'
    return (
        f'<nav class="bar" aria-label="{words("site_this")}"><a href="../{index}">{words("site_all_regions")}</a>{sheet}'
        f'{files}<a href="{data}">{words("site_data")}</a><a href="../{method_}">{words("site_method")}</a>'
        f'<a href="../../{index}#editions">{words("site_editions")}</a></nav>'
    )


def _record(report: Report) -> str:
    """provenance.json for the public: without the files that enterprises filed."""
    told = {name: report.record[name] for name in PROVENANCE if name in report.record}
    told["inputs"] = [one for one in report.record["inputs"] if one["path"].startswith(OWN_INPUTS)]
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _carry(site: _Site, one: Mapping[str, Any]) -> None:
    for path in site.old_sums:
        if path not in site.sums and (path.startswith(f"{record.FOLDER}/") or _belongs(path, one)):
            site.carry(path)


def _newest(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return one["year"], one["date"], archive.number(one), one["name"]


def _withdrawn(last: Mapping[str, Any] | None, now: Mapping[str, Any]) -> list[str]:
    if last is None:
        return []
    return [
        f"{name}·{scenario}"
        for code, name in last["regions"].items()
        for scenario in last["scenarios"]
        if code not in now["regions"] or scenario not in now["scenarios"]
    ]
