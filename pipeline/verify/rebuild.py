"""Does a report come out again? It is built in a fresh clone of the commit that made it, from the inputs that are named, and
compared byte for byte. Where it differs, the two manifests say why: an input, a parameter, the code, the software."""

from __future__ import annotations

import datetime as dt
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.build.plan import NO_FILINGS, PUBLIC
from pipeline.disclosure import record
from pipeline.errors import DataError
from pipeline.given.params import COMMAND_LINE
from pipeline.layout import Layout
from pipeline.publish import statement
from pipeline.verify import hashes, texts
from pipeline.verify.site import Found, Site

NAMED = 3
KEPT = ("disclosure.parquet", ".made", "history", f"{PUBLIC}/history")  # what an edition has of the one of last year


@dataclass(frozen=True)
class Wanted:
    """What is built again. options: of `build` and `publish`; made: manifest of one report, see `statement.manifest`."""

    year: int
    filings: str
    audience: str
    date: str
    options: Sequence[str]
    made: Mapping[str, Mapping[str, Any]]


def of_site(layout: Layout, site: Site, filings: Path | None) -> Iterator[Found]:
    """Every report in the scope of the site, built and published again. Raises DataError where that cannot begin."""
    for edition in site.wanted():
        reports = [(code, scenario) for name, code, scenario in site.pages() if name == edition]
        listed = next(one for one in site.editions if one["name"] == edition)
        try:
            predicate = site.predicate(edition) or {}
            told = predicate["buildDefinition"]["externalParameters"]
            made = {one: statement.told(predicate, "/".join(one)) for one in reports}
            where, which = (",".join(dict.fromkeys(names)) for names in zip(*reports, strict=True))
            options = ["--region", where, "--scenario", which, "--to", ",".join(told["formats"])]
            parts = ["--part", ",".join(listed["parts"]), "--lang", ",".join(listed["languages"])]
            first = site.root / edition / reports[0][0] / f"{reports[0][1]}.json"
            parts += _overrides(json.loads(first.read_text("utf-8")))
            wanted = Wanted(told["year"], told["filings"], told["audience"], told["date"], options, made[reports[0]])
        except (KeyError, TypeError, ValueError, IndexError, OSError):
            raise DataError("rebuild.statement", f"{edition} 没有完整的声明和记录，不知道由什么重新生成；请重新下载，或只核对哈希和数字") from None  # fmt: skip
        with _clone(layout, wanted, filings) as fresh:
            yield Found(f"在新取出的代码里重新生成 {edition} 的 {len(reports)} 份报告（要几分钟）…", fault=False)
            problem = fresh.run("build", *options, *parts, "--audience", PUBLIC) or fresh.run(
                "publish", *options, "--out", str(fresh.root / "site")
            )
            if problem:
                yield Found(f"{edition} 没有重新生成出来：{problem}")
                continue
            new = Site(fresh.root / "site")
            for code, scenario in reports:
                pairs = {
                    path: site.root / path for path in site.of_report(edition, code, scenario) if site.inside(path)
                }
                built = listed.get("of", edition)
                again = {path: _renamed(new.root, path, edition, built) for path in pairs}
                provenance = next((fresh.root / "reports" / built / PUBLIC).glob(f"{code}-*/{scenario}/provenance.json"), None)  # fmt: skip
                yield from _compared(f"{edition}/{code}/{scenario}", pairs, again, made[code, scenario], provenance)


def _renamed(root: Path, path: str, edition: str, built: str) -> Path:
    """A file of the new site, which is a first publication: with the name of `edition` where it is built as another's correction."""
    file = root / path.replace(edition, built, 1)
    if edition != built and file.suffix == ".html" and file.is_file():
        file.write_bytes(file.read_bytes().replace(built.encode(), edition.encode()))
    return file


def of_folder(
    layout: Layout, folder: Path, files: Sequence[Path], said: Mapping[str, Any], filings: Path | None
) -> Iterator[Found]:
    """The report in a folder, of which `files` are compared. said: its provenance.json."""
    report, made = said["report"], statement.manifest(said)
    formats = sorted({file.suffix[1:] for file in files})
    options = ["--region", report["region"], "--scenario", report["scenario"], "--audience", report["audience"]]
    options += ["--to", ",".join(formats or ["html"]), "--part", "all", *_overrides(said)]
    options += ["--lang", "en"] if folder.name == "en" else []
    name = report["edition"].partition("-")[2].partition("+")[0]
    options += ["--plan", report["plan"]] if "+" in report["edition"] else []
    wanted = Wanted(report["year"], name, report["audience"], report["date"], options, made)
    with _clone(layout, wanted, filings) as fresh:
        if problem := fresh.run("build", *options):
            yield Found(f"没有重新生成出来：{problem}")
            return
        found = list((fresh.root / "reports" / report["edition"] / report["audience"]).glob(f"{report['region']}-*/{report['scenario']}"))  # fmt: skip
        new = found[0] / "en" if folder.name == "en" else found[0]
        pairs = {file.name: file for file in files}
        yield from _compared(folder.name, pairs, {name: new / name for name in pairs}, made, new / "provenance.json")


def _overrides(said: Mapping[str, Any]) -> list[str]:
    """The parameters that stood on the command line, of a report's record."""
    given = [one for one in said["parameters"] if one.get("来源") == COMMAND_LINE]
    return [text for one in given for text in ("-p", f"{one['参数']}={_asked(one['取值'])}")]


def _asked(shown: str) -> str:
    """A parameter's value as it is written after -p, of how a report prints it."""
    return shown.replace("低 ", "").replace("，中 ", ",").replace("，高 ", ",").replace("、", ",").replace("−", "-")


@dataclass(frozen=True)
class _Fresh:
    root: Path
    wanted: Wanted
    filings: str

    def run(self, command: str, *options: str) -> str:
        """Run a command there; empty, or why it failed."""
        day = dt.datetime.fromisoformat(self.wanted.date).replace(tzinfo=dt.UTC)
        own = {"GREEN_REPORT_ROOT": str(self.root), "PYTHONPATH": str(self.root), "SOURCE_DATE_EPOCH": f"{day.timestamp():.0f}"}  # fmt: skip
        more = ["--workers", "1"] if command == "build" else []
        call = [sys.executable, "-m", "pipeline.commands.start", command, "--year", str(self.wanted.year)]
        call += ["--filings", self.filings, *options, *more]
        done = subprocess.run(call, cwd=self.root, env=os.environ | own, capture_output=True, text=True, encoding="utf-8")  # fmt: skip
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return "" if done.returncode == 0 else (lines[-1] if lines else f"退出码 {done.returncode}")


@contextmanager
def _clone(layout: Layout, wanted: Wanted, filings: Path | None) -> Iterator[_Fresh]:
    """A fresh clone at the commit of the report, with the record of what had been published before. Raises DataError."""
    commit = str(wanted.made["code"].get("commit") or "")
    if not re.fullmatch(r"[0-9a-f]{40,64}", commit) or _git(layout.root, "cat-file", "-e", f"{commit}^{{commit}}"):
        raise DataError(
            "rebuild.commit",
            f"没有重新生成：{layout.root} 里没有生成这份报告的代码（提交 {commit or '未记录'}）；请在有它的仓库里运行，或先 git fetch",
        )
    where = NO_FILINGS
    if wanted.filings != NO_FILINGS:
        folder = filings or layout.root / "data" / "raw" / wanted.filings
        if not folder.is_dir() or folder.resolve().name != wanted.filings:
            raise DataError(
                "rebuild.filings",
                f"没有重新生成：{folder} 不是填报文件夹 {wanted.filings}；请用 --filings 给出生成这一版的填报文件夹（名称相同）",
            )
        where = str(folder.resolve())
    with tempfile.TemporaryDirectory(prefix="green-report-verify-", ignore_cleanup_errors=True) as above:
        root = Path(os.path.realpath(above)) / "checkout"
        problem = _git(layout.root, "clone", "-q", "--no-checkout", str(layout.root), str(root))
        if problem := problem or _git(root, "checkout", "-q", "--detach", commit):
            raise DataError("rebuild.clone", f"没有重新生成：代码取不出来（{problem}）")
        _earlier(layout, root, wanted)
        yield _Fresh(root, wanted, where)


def _earlier(layout: Layout, root: Path, wanted: Wanted) -> None:
    """Bring what the report knew of earlier publications and of the edition of last year."""
    own = [(int(found[1]), int(found[2]), path) for path in record.files(layout, wanted.filings) if (found := record.NAME.fullmatch(path.name))]  # fmt: skip
    this = max((number for year, number, _ in own if year == wanted.year), default=0)  # which this publication wrote
    for year, number, path in own if wanted.audience == PUBLIC else ():
        if year < wanted.year or (year == wanted.year and number < this):
            target = root / path.relative_to(layout.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    if any(name.startswith("data/processed/") for name in wanted.made["inputs"]):
        last = f"{wanted.year - 1}-{wanted.filings}"
        for name in KEPT:
            source, target = layout.processed / last / name, root / "data" / "processed" / last / name
            if source.is_dir():
                shutil.copytree(source, target)
            elif source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


def _git(folder: Path, *arguments: str) -> str:
    """Empty, or what git said against it."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8")
    except OSError:
        return "这台机器上没有 git"
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "git"


# --- comparing -------------------------------------------------------------------------------------------------


def _compared(
    report: str,
    old: Mapping[str, Path],
    new: Mapping[str, Path],
    made: Mapping[str, Mapping[str, Any]],
    provenance: Path | None,
) -> Iterator[Found]:
    """Files of a report and those that were built again: which differ, where, and why."""
    apart = [name for name in old if not new[name].is_file() or old[name].read_bytes() != new[name].read_bytes()]
    if not apart:
        yield Found(f"{report}：重新生成的 {len(old)} 个文件逐字节相同", fault=False)
        return
    try:
        now = statement.manifest(json.loads(provenance.read_text("utf-8"))) if provenance else made
    except (OSError, ValueError, KeyError):
        now = made
    why = hashes.differences(made, now)
    more = f"等 {len(why)} 处" if len(why) > NAMED else ""
    cause = f"原因：{'；'.join(why[:NAMED])}{more}" if why else "两次的清单没有不同：文件在生成以后被改动过"
    where = next((text for name in apart if (text := _where(old[name], new[name]))), "")
    yield Found(
        f"{report}：重新生成的 {len(old)} 个文件中 {len(apart)} 个不同（{'、'.join(apart[:NAMED])}）{where}；{cause}"
    )


def _where(old: Path, new: Path) -> str:
    """The first chapter of two pages with another number, and the numbers."""
    if old.suffix != ".html" or not new.is_file():
        return ""
    try:
        one, other = texts.read(old), texts.read(new)
    except UnicodeDecodeError:
        return ""
    for chapter in dict.fromkeys((*one.chapters, *other.chapters)):
        a, b = ([x.text for x in texts.numbers("".join(page.chapters.get(chapter, [])), "")] for page in (one, other))
        for kind, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            if kind != "equal":
                return f"，“{chapter or '卷首'}”中 {'、'.join(a[i:j][:NAMED]) or '无'}，重新生成的为 {'、'.join(b[k:m][:NAMED]) or '无'}"  # fmt: skip
    return "，各章的数字都相同"
