"""Would the suite notice a wrong product? Changes constants and comparisons one at a time and lists what no test noticed.

    python -m tests.mutation                         the modules of formulas, rules and keys
    python -m tests.mutation pipeline/given/units.py       one of them, with the tests beside it

Not part of `make test`: a change costs a few seconds. Ends with 1 where more than one change in twenty survives. Each runs
in a process forked from one that has imported the libraries; the changed source exists in memory only.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import os
import signal
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).resolve().parents[2]
TESTS = {
    "pipeline/given/units.py": "tests/given/test_units.py",
    "pipeline/wording.py": "tests/test_wording.py",
    "pipeline/findings/series.py": "tests/findings/test_findings.py",
    "pipeline/findings/provinces.py": "tests/findings/test_findings.py",
    "pipeline/indicators/cases.py": "tests/indicators/test_cases.py",
    "pipeline/indicators/carbon.py": "tests/indicators/test_carbon.py",
    "pipeline/indicators/centres.py": "tests/indicators/test_centres.py",
    "pipeline/indicators/expressions.py": "tests/indicators/test_expressions.py",
    "pipeline/filings/frame.py": "tests/indicators/test_coverage.py",
    "pipeline/indicators/coverage.py": "tests/indicators/test_coverage.py",
    "pipeline/indicators/evaluate.py": "tests/indicators/test_evaluate.py",
    "pipeline/indicators/intervals.py": "tests/indicators/test_intervals.py",
    "pipeline/indicators/levels.py": "tests/indicators/test_evaluate.py",
    "pipeline/indicators/panel.py": "tests/indicators/test_panel.py tests/indicators/test_energy.py",
    "pipeline/indicators/prices.py": "tests/indicators/test_panel.py tests/indicators/test_energy.py",
    "pipeline/indicators/progress.py": "tests/indicators/test_progress.py",
    "pipeline/indicators/quality.py": "tests/indicators/test_quality.py",
    "pipeline/indicators/scorecard.py": "tests/indicators/test_scorecard.py",
    "pipeline/indicators/sums.py": "tests/indicators/test_evaluate.py",
    "pipeline/scenarios/decomposition.py": "tests/scenarios/test_decomposition.py",
    "pipeline/scenarios/projection.py": "tests/scenarios/test_projection.py",
    "pipeline/scenarios/drivers.py": "tests/scenarios/test_drivers.py",
    "pipeline/disclosure/attack.py": "tests/disclosure/test_unsafe.py tests/disclosure/test_attack.py",
    "pipeline/disclosure/rules.py": "tests/disclosure/test_rules.py",
    "pipeline/filings/corrections.py": "tests/filings/test_corrections.py",
    "pipeline/filings/rules.py": "tests/filings/test_rules.py",
}
MOST = 0.05  # of the changes may go unnoticed
LONGEST = 300  # seconds; what hangs is noticed
OTHER = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
SIGN = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """Of a source, the characters from `start` to `end`, which are `old`, become `new`."""

    line: int
    start: int
    end: int
    old: str
    new: str


def changes(source: str) -> list[Change]:
    """Every number becomes another one and every comparison its neighbour, from the first to the last."""
    data = source.encode()
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def at(line: int | None, column: int | None) -> int:
        """The place among the characters; ast counts bytes."""
        return len(data[: starts[(line or 1) - 1] + (column or 0)].decode())

    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            span = at(node.lineno, node.col_offset), at(node.end_lineno, node.end_col_offset)
            new = repr(node.value + 1 if isinstance(node.value, int) else node.value * 1.5 or 0.5)
            found.append(Change(node.lineno, *span, source[slice(*span)], new))
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            left, right, op = node.left, node.comparators[0], type(node.ops[0])
            span = at(left.end_lineno, left.end_col_offset), at(right.lineno, right.col_offset)
            between = source[slice(*span)]
            if between.count(SIGN[op]) == 1:
                begin = span[0] + between.index(SIGN[op])
                found.append(Change(node.lineno, begin, begin + len(SIGN[op]), SIGN[op], OTHER[op]))
    return sorted(found, key=lambda one: (one.start, one.new))


class _Changed(SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.source, self.path, "exec", dont_inherit=True)


class _Finder:
    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, path, source

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        loader = _Changed(self.name, str(self.path), self.source)
        return importlib.util.spec_from_file_location(self.name, self.path, loader=loader)


def passes(file: str, source: str, tests: str) -> bool:
    """Whether the tests pass with the module as `source` has it."""
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST)
        sys.meta_path.insert(0, _Finder(file.removesuffix(".py").replace("/", "."), ROOT / file, source))  # type: ignore[arg-type]
        out = io.StringIO()
        status = 1
        with contextlib.suppress(BaseException), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            import pytest

            beside = [str(ROOT / one) for one in tests.split()]
            status = pytest.main(["-x", "-q", "-n0", "-p", "no:cacheprovider", "-m", "not slow", *beside])
        os._exit(min(int(status), 9))
    return os.waitpid(child, 0)[1] == 0


def main(files: list[str]) -> int:
    import hypothesis  # noqa: F401
    import numpy  # noqa: F401
    import polars  # noqa: F401
    import pydantic  # noqa: F401
    import pytest  # noqa: F401
    import scipy.stats  # noqa: F401

    os.chdir(ROOT)
    tried = survived = 0
    for file in files or TESTS:
        source = (ROOT / file).read_text("utf-8")
        if not passes(file, source, TESTS[file]):
            print(f"{file}: the tests fail without a change")
            return 2
        for one in changes(source):
            tried += 1
            if passes(file, source[: one.start] + one.new + source[one.end :], TESTS[file]):
                survived += 1
                print(
                    f"{file}:{one.line}: {one.old} -> {one.new}: {source.splitlines()[one.line - 1].strip()}",
                    flush=True,
                )
    print(f"{tried} changes, {survived} not noticed ({survived / max(tried, 1):.1%})")
    return int(survived > MOST * tried)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
