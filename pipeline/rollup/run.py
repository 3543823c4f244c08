"""The roll-up from beginning to end: parts that stand are reused, the others made here or by Dask's workers, then added up.

Everything that is kept lies in the folder of state, `.rollup/<year>` in the folder of filings, which the intake does not
read: parts, the rejected readings, a manifest of it all. What is given to the intake are the tables.
"""

from __future__ import annotations

import json
import queue
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.build.loaded import loaded
from pipeline.build.pool import Cluster, Died, Lost, NoCluster, Pool
from pipeline.errors import DataError, OutputError, UserError, shown
from pipeline.filings.contracts import BY_NAME
from pipeline.guarded import as_text
from pipeline.keeping import digest, file_digest
from pipeline.layout import Layout
from pipeline.output import locked, placed
from pipeline.rollup import duplicates, objects, partition, sources, tables
from pipeline.rollup.readings import RULES, SENTENCES, SUMS, VALUES, readings

STATE, REJECTED, MANIFEST = ".rollup", "退回读数", "manifest.json"
Say = Callable[[str], object]


@dataclass(frozen=True)
class Request:
    """given: a folder, a file or an s3:// address. folder: of filings, where tables go. year: None for the year of most
    readings. generation: of stations, where readings do not tell. centres: the register of data centres."""

    given: str
    folder: Path
    year: int | None = None
    generation: str | None = None
    centres: Path | None = None
    format: str = "csv"
    scheduler: str | None = None


@dataclass(frozen=True)
class Summary:
    """What was done. rejected: rule -> readings. reused: of so many parts. remarks: sentences."""

    year: int
    read: int
    accepted: int
    rejected: dict[str, int]
    parts: int
    reused: int
    written: list[Path] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def roll_up(request: Request, layout: Layout, say: Say) -> Summary:
    """Raises UserError."""
    _check_places(request)
    register = tables.read_register(request.centres) if request.centres else None
    with locked(request.folder / STATE, what="汇总读数", waiting=say):
        found = sources.find(request.given, request.folder / STATE / "hashes.json")
        work = sources.parts(found)
        year = request.year or _year(found)
        state = request.folder / STATE / str(year)
        settings = [year, loaded()]
        keys = {part.key(*settings): part for part in work}
        made, reused = _make(keys, year, state / "parts", request.scheduler, say)
        again = sources.find(request.given, request.folder / STATE / "hashes.json")
        if again != found:
            raise DataError(
                "rollup.changed",
                f"{shown(request.given)} 里的文件在汇总期间变了；请在不再写入后重新运行，已完成的会沿用。",
            )
        outcomes = [(part, state / "parts" / key, made[key]) for key, part in keys.items()]
        twice = _duplicates(outcomes, year, state / "duplicates")
        stamped = found[0].stamped
        told = _tables(request, register, outcomes, twice, year, stamped, layout)
        summary = _written(request, outcomes, twice, told, year, state)
        return Summary(**(vars(summary) | {"reused": reused}))


def _check_places(request: Request) -> None:
    if objects.is_remote(request.given):
        return
    given, folder = Path(request.given).resolve(), request.folder.resolve()
    if given.is_dir() and (folder == given or folder.is_relative_to(given)):
        raise DataError("rollup.inside", f"{shown(request.folder)} 在读数的文件夹里面；请写到另一个文件夹。")


def _year(found: Sequence[sources.Source]) -> int:
    """The year of most readings, of two the later."""
    counted = Counter[int]()
    known = [one.period for one in found]
    if None not in known:
        for one, period in zip(found, known, strict=True):
            counted[period[0] if period else 0] += one.rows
    else:
        rows = pl.concat([readings(one, 0, one.rows).select(year=pl.col("month") // 12) for one in found])
        counted.update(dict(rows.drop_nulls().group_by("year").len().collect(engine="streaming").iter_rows()))
    if not counted:
        raise DataError("rollup.none", "没有一个读数带时间；应有 timestamp，或 year 和 month。")
    return max(counted, key=lambda one: (counted[one], one))


def _make(
    keys: dict[str, sources.Part], year: int, folder: Path, scheduler: str | None, say: Say
) -> tuple[dict[str, dict[str, Any]], int]:
    """The manifest of every part, and how many stood already."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {key: told for key in keys if (told := partition.stands(folder / key)) is not None}
    reused, missing = len(made), [key for key in keys if key not in made]
    if missing:
        pool = _pool(scheduler, folder, say)
        try:
            for key in missing:
                pool.submit(key, partition.reduce, keys[key], key, year, folder.resolve())
            for _ in missing:
                key, outcome = pool.next()
                if isinstance(outcome, BaseException):
                    raise _failed(outcome)
                told = partition.stands(folder / key)
                if told is None:
                    raise OutputError(
                        "rollup.not_shared",
                        f"--scheduler {scheduler}：工作进程没有写到 {folder}；它们应与本机共用文件系统。",
                    )
                made[key] = told
                say(f"已汇总 {len(made)}/{len(keys)} 份")
        finally:
            pool.close(at_once=len(made) < len(keys))
    for path in folder.iterdir():
        if path.name not in keys:
            shutil.rmtree(path, ignore_errors=True)
    return made, reused


class Threads:
    """Two parts at a time in this process: while one waits for a file or sorts, the other computes."""

    at_once = 2

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(self.at_once)
        self._done: queue.Queue[tuple[str, Any]] = queue.Queue()

    def submit(self, key: str, function: Callable[..., Any], *arguments: Any) -> None:
        future = self._threads.submit(function, *arguments)
        future.add_done_callback(lambda done: self._done.put((key, None if done.cancelled() else done.exception())))

    def next(self) -> tuple[str, Any]:
        return self._done.get()

    def close(self, at_once: bool = False) -> None:
        self._threads.shutdown(wait=True, cancel_futures=at_once)


def _pool(scheduler: str | None, folder: Path, say: Say) -> Pool:
    if scheduler is None:
        return Threads()
    try:
        return Cluster(1, scheduler, folder, say)
    except NoCluster as error:
        raise UserError(
            "rollup.no_cluster", f"本机不能启动工作进程（{error}）；请不用 --scheduler 重新运行。"
        ) from error


def _failed(error: BaseException) -> BaseException:
    if isinstance(error, Died):
        return UserError(
            "rollup.died", "汇总一份读数的两个工作进程先后中断，可能是内存不足；请检查后重新运行，已完成的会沿用。"
        )
    if isinstance(error, Lost):
        return UserError("rollup.lost", f"{error}；请检查后重新运行，已完成的会沿用。")
    return error


def _duplicates(outcomes: Sequence[duplicates.Outcome], year: int, folder: Path) -> list[Path]:
    """Files of readings to reject, of groups of parts; what stands is reused."""
    found, kept = list[Path](), set[str]()
    for group in duplicates.together(outcomes):
        key = digest([[path.name for _, path, _ in group], year])[:32]
        place = folder / key
        told = partition.stands(place)
        if told is None:
            frames = duplicates.find(group, year)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            for at, frame in enumerate(frames):
                frame.write_parquet(place / f"{at:06}.parquet")
            hashes = {path.name: file_digest(path) for path in sorted(place.glob("*.parquet"))}
            with placed(place / partition.MANIFEST) as beside:
                beside.write_text(json.dumps({"outputs": hashes}), "utf-8")
        kept.add(key)
        found.extend(sorted(place.glob("*.parquet")))
    for path in folder.glob("*"):
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)
    return found


def sums(name: str, outcomes: Sequence[duplicates.Outcome], twice: Sequence[Path], stamped: bool) -> pl.LazyFrame:
    """Sums of all parts by the keys of `name` (see `partition.KEYS`), without readings that stand twice."""
    keys = partition.KEYS[name]
    added = [pl.col(one).cast(pl.Int128) for one in partition.ADDED]
    given = [pl.scan_parquet([path / f"{name}.parquet" for _, path, _ in outcomes], glob=False).with_columns(added)]
    if twice:
        rows = pl.scan_parquet(list(twice), glob=False)
        less = partition.reductions(rows, stamped)[name]
        given.append(
            less.with_columns((-pl.col(one)).cast(pl.Int128) for one in partition.ADDED).select(*keys, *partition.ADDED)
        )
    return pl.concat(given).group_by(keys).agg(pl.col(partition.ADDED).sum()).filter(pl.col("n") > 0)


def _tables(
    request: Request,
    register: pl.DataFrame | None,
    outcomes: Sequence[duplicates.Outcome],
    twice: Sequence[Path],
    year: int,
    stamped: bool,
    layout: Layout,
) -> dict[str, tables.Told]:
    of = {name: sums(name, outcomes, twice, stamped) for name in ("energy", "centres")}
    stations = sums("stations", outcomes, twice, stamped) if stamped else None
    return {
        "energy": tables.energy(of["energy"], layout),
        "data_centres": tables.data_centres(of["centres"], register, year, layout),
        "base_stations": tables.base_stations(of["energy"], stations, request.generation, layout),
    }


def _written(
    request: Request,
    outcomes: Sequence[duplicates.Outcome],
    twice: Sequence[Path],
    told: dict[str, tables.Told],
    year: int,
    state: Path,
) -> Summary:
    stamped = outcomes[0][0].pieces[0][0].stamped
    rejected = Counter[str]()
    for _, _, manifest in outcomes:
        rejected.update(manifest["rejected"])
    for path in twice:
        rejected.update(dict(pl.scan_parquet(path, glob=False).group_by("rule").len().collect().iter_rows()))
    read = sum(manifest["read"] for *_, manifest in outcomes)
    remarks = [sentence for one in told.values() for sentence in one.remarks]
    if rounded := sum(manifest["rounded"] for *_, manifest in outcomes):
        remarks.append(f"{rounded:,} 个读数不是整瓦时或整 MB，每个各自四舍五入到整数后再相加。")
    before = _before(state / MANIFEST)
    written = {name: _table(request, name, one.rows, year, before) for name, one in told.items() if one.rows.height}
    for path in (request.folder / name for name in before if name not in {one.name for one in written.values()}):
        if path.is_file() and file_digest(path) == before[path.name]:
            path.unlink()  # of an earlier run, and as that wrote it
    rows = _rejected(outcomes, twice, stamped)
    place = state / f"{REJECTED}.{request.format}"
    if rows is None:
        place.unlink(missing_ok=True)
    else:
        with placed(place) as beside:
            _sink(rows, beside, request.format)
    added = sums("energy", outcomes, twice, stamped).select(pl.col(SUMS).sum()).collect()
    total = {name: int(value or 0) for name, value in added.row(0, named=True).items()}
    told_all = {
        "year": year,
        "read": read,
        "accepted": read - sum(rejected.values()),
        "rejected": {rule: rejected[rule] for rule in RULES if rejected[rule]},
        "sums": total,
        "parts": {path.name: [one["name"] for one in manifest["files"]] for _, path, manifest in outcomes},
        "tables": {path.name: file_digest(path) for path in written.values()},
    }
    with placed(state / MANIFEST) as beside:
        beside.write_text(json.dumps(told_all, ensure_ascii=False, indent=1), "utf-8")
    files = [*written.values(), *([place] if rows is not None else [])]
    return Summary(year, read, told_all["accepted"], told_all["rejected"], len(outcomes), 0, files, remarks)


def _before(manifest: Path) -> dict[str, str]:
    try:
        return dict(json.loads(manifest.read_text("utf-8"))["tables"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _table(request: Request, name: str, rows: pl.DataFrame, year: int, before: dict[str, str]) -> Path:
    path = request.folder / f"{BY_NAME[name].zh}-读数汇总-{year}.{request.format}"
    if path.exists() and before.get(path.name) != file_digest(path):
        raise OutputError("output.exists", f"已有 {path}，不是汇总写出的，或后来改过；请先移走它。")
    with placed(path) as beside:
        _sink(rows.lazy(), beside, request.format)
    return path


def _rejected(outcomes: Sequence[duplicates.Outcome], twice: Sequence[Path], stamped: bool) -> pl.LazyFrame | None:
    """Every rejected reading with its file, its row and why; sums of Wh and MB as they were read."""
    paths = [path / partition.REJECTED for _, path, _ in outcomes if (path / partition.REJECTED).is_file()]
    if not (paths or twice):
        return None
    columns = ["file", "row", *VALUES, "rule"]
    given = pl.concat([pl.scan_parquet(path, glob=False).select(columns) for path in (*paths, *twice)])
    month = pl.format("{}-{}", pl.col("month") // 12, (pl.col("month") % 12 + 1).cast(pl.String).str.zfill(2))
    time = pl.from_epoch("time", "us").cast(pl.String) if stamped else month
    given = given.with_columns(time=time).drop("month")
    return given.with_columns(reason=pl.col("rule").replace_strict(SENTENCES, return_dtype=pl.String))


def _sink(rows: pl.LazyFrame, path: Path, format: str) -> None:
    if format == "parquet":
        rows.sink_parquet(path)
    else:
        rows.with_columns(as_text(pl.col(pl.String))).sink_csv(path, include_bom=True)
