"""Readings reduced: parts that stand are reused, the others made here or by Dask's workers, then held against each other."""

from __future__ import annotations

import json
import queue
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.build.loaded import loaded
from pipeline.build.pool import Cluster, Died, Lost, NoCluster, Pool
from pipeline.errors import DataError, OutputError, UserError
from pipeline.keeping import digest, file_digest
from pipeline.output import placed
from pipeline.rollup import duplicates, partition, sources
from pipeline.rollup.partition import Wanted
from pipeline.rollup.readings import VALUES, readings

Say = Callable[[str], object]


@dataclass(frozen=True)
class Reduced:
    """The outcomes of all parts, and files of readings that stand twice, which the outcomes still count."""

    wanted: Wanted
    stamped: bool
    outcomes: Sequence[duplicates.Outcome]
    twice: list[Path]
    reused: int

    @property
    def year(self) -> int:
        return self.wanted.year

    @property
    def read(self) -> int:
        return sum(manifest["read"] for *_, manifest in self.outcomes)

    @property
    def rounded(self) -> int:
        return sum(manifest["rounded"] for *_, manifest in self.outcomes)

    @property
    def rejected(self) -> Counter[str]:
        """Rule -> readings."""
        found = Counter[str]()
        for _, _, manifest in self.outcomes:
            found.update(manifest["rejected"])
        for path in self.twice:
            found.update(dict(pl.scan_parquet(path, glob=False).group_by("rule").len().collect().iter_rows()))
        return found

    def rows_rejected(self) -> pl.LazyFrame | None:
        """Every rejected reading with its file, its row and its rule."""
        own = [path / partition.REJECTED for _, path, _ in self.outcomes]
        paths = [*(path for path in own if path.is_file()), *self.twice]
        columns = ["file", "row", *VALUES, "rule"]
        return pl.concat([pl.scan_parquet(path, glob=False).select(columns) for path in paths]) if paths else None

    def each(self, name: str) -> list[pl.LazyFrame]:
        """Sums by the keys of `name` (see `partition.KEYS`) that add up to those of all readings that hold."""
        keys = partition.KEYS[name]
        given = [pl.scan_parquet(path / f"{name}.parquet", glob=False) for _, path, _ in self.outcomes]
        for path in self.twice:
            less = partition.reductions(pl.scan_parquet(path, glob=False), self.stamped, self.wanted)[name]
            given.append(less.with_columns(-pl.col(one) for one in partition.ADDED).select(*keys, *partition.ADDED))
        return given

    def sums(self, name: str) -> pl.LazyFrame:
        """Sums of all readings that hold by the keys of `name`."""
        wide = [one.with_columns(pl.col(partition.ADDED).cast(pl.Int128)) for one in self.each(name)]
        return pl.concat(wide).group_by(partition.KEYS[name]).agg(pl.col(partition.ADDED).sum()).filter(pl.col("n") > 0)


def reduced(found: list[sources.Source], wanted: Wanted, state: Path, scheduler: str | None, say: Say) -> Reduced:
    """The sources, reduced into the folder `state`. Raises UserError."""
    work = {part.key(vars(wanted), loaded()): part for part in sources.parts(found)}
    made, reused = _make(work, wanted, state / "parts", scheduler, say)
    outcomes = [(part, state / "parts" / key, made[key]) for key, part in work.items()]
    return Reduced(wanted, found[0].stamped, outcomes, _duplicates(outcomes, wanted, state / "duplicates"), reused)


def usual_year(found: Sequence[sources.Source]) -> int:
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
    keys: dict[str, sources.Part], wanted: Wanted, folder: Path, scheduler: str | None, say: Say
) -> tuple[dict[str, dict[str, Any]], int]:
    """The manifest of every part, and how many stood already."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {key: told for key in keys if (told := partition.stands(folder / key)) is not None}
    reused, missing = len(made), [key for key in keys if key not in made]
    if missing:
        pool = _pool(scheduler, folder, say)
        try:
            for key in missing:
                pool.submit(key, partition.reduce, keys[key], key, wanted, folder.resolve())
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


def _duplicates(outcomes: Sequence[duplicates.Outcome], wanted: Wanted, folder: Path) -> list[Path]:
    """Files of readings to reject, of groups of parts; what stands is reused."""
    found, kept = list[Path](), set[str]()
    for group in duplicates.together(outcomes):
        key = digest([[path.name for _, path, _ in group], vars(wanted)])[:32]
        place = folder / key
        told = partition.stands(place)
        if told is None:
            frames = duplicates.find(group, wanted)
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
