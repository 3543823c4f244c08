"""Both engines give the same notebooks, and the one in this process leaves no trace in it."""

from __future__ import annotations

import builtins
import importlib.metadata
import itertools
import locale
import logging
import os
import random
import re
import signal
import subprocess
import sys
import threading
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altair as alt
import nbformat
import papermill
import polars as pl
import pytest
from IPython.core.interactiveshell import InteractiveShell

from pipeline.charts import theme  # noqa: F401  (as in every chapter)
from pipeline.reports import engine, in_process
from pipeline.reports.execute import ChapterFailed, execute
from tests.conftest import ROOT, Built, Run

TORTURE = [
    "context = ''",
    "import random, sys, datetime\nfrom IPython.display import HTML, JSON, SVG, Image, Markdown, clear_output, display, update_display\n"
    "print('先打印'); print('in two', end=''); print(' parts'); __name__, sys.modules['__main__'].context is context",
    "display(Markdown('**粗**'), HTML('<b>x</b>')); print('between'); display({'text/plain': 'raw', 'application/vnd.a+json': {'c': (1, None)}}, raw=True)\n_ = 3; 4",
    "Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(40)), Markdown('a')",
    "Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(40))",
    "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')",
    "JSON({'when': [1, 2.5, float(2)], 'what': '字'})",
    "handle = display('first', display_id='one'); display(Markdown('other'), display_id='two'); None",
    "update_display(Markdown('*second*'), display_id='one'); handle.update(datetime.date(2025, 1, 2)); update_display('x', display_id='two')",
    "print('gone'); clear_output(); print('stays')",
    "display('gone'); clear_output(wait=True); display('stays')",
    "import polars as pl\nframe = pl.DataFrame({'省': ['广东', None], 'x': [1.5, 2]}); frame",
    "with pl.Config(tbl_rows=1):\n    print(frame)\nframe.lazy()",
    "import altair as alt\nfrom pipeline.charts import theme\nalt.Chart(frame).mark_bar().encode(x='x', y='省').interactive()",
    "chart = alt.Chart(frame).mark_point().encode(x='x'); display(chart); chart | chart",
    "alt.theme.enable('dark'); chart",
    "%%capture caught\nprint('inside'); display('inside')",
    "caught.stdout, len(caught.outputs)",
    "%%time\nsum(range(10));",
    "%env GREEN_TORTURE=1\n!echo $GREEN_TORTURE {context}x",
    "%%bash\necho from bash",
    "listed = !echo a && echo b\nlisted",
    "%%html\n<i>magic</i>",
    "%who_ls int\n%precision 2\n3.14159",
    "_, _23, len(Out) == len(_oh), In[1]",
    "import asyncio\nawait asyncio.sleep(0, 'awaited')",
    "class Odd:\n    def __repr__(self): return 'odd'\n    def _repr_mimebundle_(self, include=None, exclude=None): return {'text/html': '<u>', 'application/vnd.y+json': [1]}, {'application/vnd.y+json': {'m': 1}}\nOdd()",
    "class Only:\n    def _repr_latex_(self): return '$x$'\n    def __repr__(self): return 'only'\n[Only()], Only()\nOnly()",
    "import pickle; type(pickle.loads(pickle.dumps(Odd()))) is Odd",
    "sys.stdout.write('no newline'); sys.stdout.flush(); sys.stdout.isatty(), sys.stdin.read()",
    "from rich.console import Console; Console(width=30, force_jupyter=False, no_color=True).print('[b]rich[/b]'); get_ipython().__class__.__name__",
    "import warnings; warnings.warn('of this cell'); print('warned', file=sys.stderr)",
    "open",
    "",
    "   \n",
    "# only a comment",
    "def f():\n    '''Doc.'''\n    return 1 / 0",
]  # fmt: skip
FAILURES = {
    "raise": ["def f(x):\n    return 1 / x", "print('before')\nf(0)", "print('never')"],
    "syntax": ["1 +* 2"],
    "indentation": ["if True:\nprint()"],
    "magic": ["%no_such_magic"],
    "usage": ["%%bash\nexit 3"],
    "input": ["input('who? ')"],
    "recursion": ["def f(n):\n    return f(n + 1)", "f(0)"],
    "group": ["raise ExceptionGroup('two', [ValueError(1), TypeError(2)])"],
    "chained": ["try:\n    {}['a']\nexcept KeyError as error:\n    raise ValueError('字') from error"],
    "exit": ["import sys", "sys.exit(3)"],
    "repr": ["class Bad:\n    def __repr__(self): raise OSError('no repr')\nBad()", "1"],
    "expected": ["1 / 0", "print('never')"],
}


def write(path: Path, sources: list[str], kernelspec: bool = True) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    cells.insert(1, nbformat.v4.new_markdown_cell("# Text\n\n`1 / 0`"))
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=python), path)
    return path


def outputs(path: Path) -> list[tuple[Any, ...]]:
    """Cells as they can be compared: without stderr, ids, addresses, and how often Python says that it recurses."""
    told = []
    for cell in nbformat.read(path, as_version=4).cells:
        found = [one for one in cell.get("outputs", []) if one.get("name") != "stderr"]
        merged: list[Any] = []
        for one in found:  # a kernel sends what is printed in as many pieces as it has time for
            if merged and one.output_type == "stream" == merged[-1]["output_type"]:
                merged[-1]["text"] += one.text
            else:
                merged.append(one)
            # Of a traceback the notebook's frames: Python and the engine have others below them, and a limit for all.
            if "traceback" in one:
                one.traceback = list(dict.fromkeys(frame for frame in one.traceback if "In[" in frame))
        text = re.sub(r"altair-viz-\w+|0x[0-9A-Fa-f]{6,}|(?:Wall|CPU) time.*?\\n|total: .*?\\n", "…", repr(merged))
        told.append((cell.cell_type, cell.get("execution_count"), cell.source, text))
    return told


def both(notebook: Path) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[str]]:
    """What the two engines make of `notebook`, and the errors that they report."""
    errors, told = [], []
    for isolated in (False, True):
        made = notebook.with_name(f"made-{isolated}.ipynb")
        try:
            execute(notebook, made, {"context": "given"}, isolated=isolated)
        except ChapterFailed as failed:
            errors.append(failed.reason)
        told.append(outputs(made))
    return told[0], told[1], errors


@pytest.mark.slow
def test_the_same_outputs_as_with_a_kernel(tmp_path: Path) -> None:
    here, there, errors = both(write(tmp_path / "torture.ipynb", TORTURE))
    assert not errors
    for mine, theirs in itertools.zip_longest(here, there):
        assert mine == theirs


@pytest.mark.slow
@pytest.mark.parametrize("how", FAILURES)
def test_the_same_failures_as_with_a_kernel(tmp_path: Path, how: str) -> None:
    here, there, errors = both(write(tmp_path / f"{how}.ipynb", ["context = ''", *FAILURES[how]]))
    assert here == there
    assert len(errors) in (0, 2)
    assert len(set(errors)) == min(len(errors), 1)


@pytest.mark.slow
def test_real_chapters_are_the_same_to_the_byte(built: Built, green_report: Run, tmp_path: Path) -> None:
    run = green_report("build", "--region", "广东", "--to", "html", "--isolated", "--out", str(tmp_path))
    assert run.returncode == 0, run.stderr
    page, _ = map(Path, run.stdout.splitlines())
    ours = built.folder("440000-广东")
    assert page.read_bytes() == (ours / page.name).read_bytes()
    notebooks = sorted((page.parent / "notebooks").iterdir())
    assert len(notebooks) >= 10
    for notebook in notebooks:
        assert notebook.read_bytes() == (ours / "notebooks" / notebook.name).read_bytes(), notebook.name


def state() -> dict[str, Any]:
    """All that a notebook might leave behind."""
    registries = (alt.theme._themes, alt.renderers, alt.data_transformers, alt.vegalite_compilers)
    return {
        "sys": {name: id(value) for name, value in vars(sys).items() if not name.startswith("last_")},
        "builtins": dict(vars(builtins)),
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "folder": Path.cwd(),
        "path": [*sys.path, *sys.argv, *map(id, sys.meta_path)],
        "main": id(sys.modules["__main__"]),
        "polars": pl.Config.save(),
        "charts": [registry._get_state() for registry in registries],
        "warnings": (list(warnings.filters), warnings.showwarning),
        "locale": locale.setlocale(locale.LC_ALL),
        "dice": random.getstate(),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "limit": sys.getrecursionlimit(),
        "logging": (logging.root.level, list(logging.root.handlers)),
        "shell": InteractiveShell._instance,
    }


@pytest.fixture
def untouched(tmp_path: Path) -> Iterator[None]:
    before = state()
    yield
    after = state()
    for what, value in before.items():
        assert after[what] == value, what


MESS = """\
import builtins, getpass, json, locale, logging, os, random, signal, sys, warnings
from pathlib import Path
import altair as alt, polars as pl
os.environ["POLARS_FMT_MAX_ROWS"] = os.environ["GREEN_MESS"] = "3"; os.environ.pop("PATH")
folder = Path(context); (folder / "green_mess.py").write_text(f"where = {str(folder)!r}")
os.chdir(folder); sys.path.insert(0, str(folder)); sys.argv.append("x"); sys.meta_path.append(type("Finder", (), {"find_spec": lambda *_: None})())
import green_mess
print(green_mess.where == str(folder))
pl.Config.set_tbl_rows(2); pl.Config.set_fmt_float("full"); pl.set_random_seed(1)
alt.theme.enable("dark"); alt.renderers.enable("mimetype"); alt.data_transformers.disable_max_rows()
alt.theme.register("mess", enable=True)(lambda: {})
warnings.simplefilter("once"); warnings.showwarning = print
locale.setlocale(locale.LC_ALL, "C"); random.seed(1); sys.setrecursionlimit(3000)
signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.excepthook = sys.displayhook = print; sys.modules["json"] = None; del sys.modules["decimal"]
builtins.mess = 1; logging.basicConfig(level="DEBUG", force=True)
sys.stdout, sys.stderr = sys.__stdout__, __import__("io").StringIO()
%load_ext autoreload
"""


@pytest.mark.parametrize(
    "ends",
    [
        "1",
        "1 / 0",
        "raise SystemExit(1)",
        "raise SystemExit",
        "1 +* 2",
        "sys.setrecursionlimit(500); f = lambda: f(); f()",
    ],
)
@pytest.mark.usefixtures("untouched")
def test_the_process_is_as_before_however_a_notebook_ends(tmp_path: Path, ends: str) -> None:
    mess = write(tmp_path / "mess.ipynb", ["context = ''", MESS, ends])
    try:
        execute(mess, tmp_path / "out.ipynb", {"context": str(tmp_path)})
        assert ends in ("1", "raise SystemExit")
    except ChapterFailed:
        assert ends not in ("1", "raise SystemExit")
    assert "green_mess" not in sys.modules
    assert sys.modules["decimal"] is __import__("decimal")
    follower = write(
        tmp_path / "next.ipynb", ["context = ''", "import json, sys; 'ends' in dir(), len(context), json.dumps(1)"]
    )
    execute(follower, tmp_path / "next-out.ipynb", {})
    assert "(False, 0, '1')" in (tmp_path / "next-out.ipynb").read_text("utf-8")


@pytest.mark.usefixtures("untouched")
def test_an_interrupt_is_passed_on(tmp_path: Path) -> None:
    path = write(tmp_path / "stop.ipynb", ["context = ''", "raise KeyboardInterrupt", "1"])
    with pytest.raises(KeyboardInterrupt):
        execute(path, tmp_path / "out.ipynb", {})


@pytest.mark.usefixtures("untouched")
def test_it_runs_in_a_thread_and_threads_beside_it_keep_their_streams(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, beside = threading.Event(), threading.Event()

    def other() -> None:
        while not begun.is_set():
            (tmp_path / "begun").exists() and begun.set()
        print("from beside", flush=True)
        (tmp_path / "printed").touch()

    wait = "import time, pathlib\npathlib.Path(context, 'begun').touch()\nwhile not pathlib.Path(context, 'printed').exists():\n    time.sleep(0.01)\nprint('from the notebook')\nawait __import__('asyncio').sleep(0)"
    path = write(tmp_path / "thread.ipynb", ["context = ''", wait])
    threads = [threading.Thread(target=other)]
    threads += [
        threading.Thread(target=execute, args=(path, tmp_path / f"{n}.ipynb", {"context": str(tmp_path)}))
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not beside.is_set()
    assert capsys.readouterr().out == "from beside\n"
    for n in range(3):
        [*_, (_, count, _, told)] = outputs(tmp_path / f"{n}.ipynb")
        assert (count, "from the notebook\\n" in told) == (3, True)


def test_what_a_notebook_held_is_free_afterwards(tmp_path: Path) -> None:
    hold = "import sys\nclass Held:\n    def __del__(self, freed=sys.modules['tests_freed'].freed): freed.append(1)\nheld = Held()\nheld"
    shown = "more = Held()\nget_ipython().display_formatter.mimebundle_formatter.for_type(Held, lambda thing, more=more, **_: {})"  # as a chapter does
    sys.modules["tests_freed"] = holder = type(sys)("tests_freed")
    holder.freed = []  # type: ignore[attr-defined]
    try:
        execute(write(tmp_path / "hold.ipynb", ["context = ''", hold, shown]), tmp_path / "out.ipynb", {})
        assert holder.freed == [1, 1]  # type: ignore[attr-defined]
    finally:
        del sys.modules["tests_freed"]


def test_no_home_is_read_or_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    startup = home / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("leaked = True")
    (startup.parent / "ipython_config.py").write_text("c.InteractiveShell.ast_node_interactivity = 'all'")
    before = sorted(home.rglob("*"))
    path = write(tmp_path / "home.ipynb", ["context = ''", "1\n'leaked' in dir()\n%bookmark here\n%store"])
    code = f"from pathlib import Path; from pipeline.reports.execute import execute; execute(Path({str(path)!r}), Path({str(tmp_path / 'out.ipynb')!r}), {{}})"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("IPYTHON", "JUPYTER", "XDG"))}
    for where in (str(home), ""):
        run = subprocess.run([sys.executable, "-c", code], env=env | {"HOME": where, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, text=True)  # fmt: skip
        assert run.returncode == 0, run.stderr
        assert sorted(home.rglob("*")) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "home.ipynb", "out.ipynb"]


def test_papermill_finds_it(tmp_path: Path) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"][
        "papermill.engine"
    ]
    entry = importlib.metadata.EntryPoint("in-process", declared["in-process"], "papermill.engine")
    assert entry.load() is in_process
    assert in_process.execute_notebook == engine.InProcess.execute_notebook
    path = write(tmp_path / "plain.ipynb", ["context = ''", "print(context)"])
    made = papermill.execute_notebook(path, None, {"context": "x"}, engine_name="in-process", progress_bar=False)
    assert made.cells[-1].outputs[0].text == "x\n"
