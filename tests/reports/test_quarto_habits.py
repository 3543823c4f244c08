"""What Quarto does that a build must know: one list, true of the stand-in of the tests and of a real Quarto.

`pytest -k real_quarto` holds it against the `quarto` on the PATH or at QUARTO_PATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.layout import Layout
from pipeline.reports.render.quarto import Quarto
from tests.reports import stand_in
from tests.reports.conftest import staged


def write(path: str, text: str) -> Callable[[Path], object]:
    def append(stage: Path) -> None:
        with (stage / path).open("a", encoding="utf-8") as file:
            file.write(text)

    return append


def remove(path: str) -> Callable[[Path], object]:
    return lambda stage: (stage / path).unlink()


@dataclass(frozen=True)
class Habit:
    """seen: the versions in which; change: what is done to a stage before; status: of the exit; made: whether all
    files are there afterwards; said: a part of what it says, escapes included; stems: the documents."""

    seen: str
    change: Callable[[Path], object] = lambda stage: None
    status: int = 0
    made: bool = True
    said: str = ""
    within: str = "project"
    arguments: tuple[str, ...] = ()
    stems: tuple[str, ...] = ("one",)
    environment: tuple[tuple[str, str], ...] = ()


def filter_says(body: str) -> Callable[[Path], object]:
    return write("theme/report.lua", f"\nfunction Para(para) {body} end\n")


HABITS = {
    "all formats of all documents in one call": Habit("1.10.18", stems=("one", "two"), said="\x1b[1m\x1b[34m\r[1/2] "),
    "tells what it was asked where there is one document": Habit("1.10.18", said="\x1b[1mmetadata\x1b[22m\n  "),
    "several formats after --to are refused": Habit(
        "1.10.18", arguments=("--to", "html,docx"), status=1, made=False, said="\x1b[91mERROR: Unknown format html,docx"
    ),
    "sees nothing below a dot, in silence": Habit("1.7.34, 1.10.18", within=".cache/project", made=False),
    "goes on after error() in a filter": Habit(
        "1.7.34, 1.10.18",
        filter_says('error("坏了")'),
        said="\x1b[31mERROR (theme/report.lua:",
        environment=(("NO_COLOR", "1"),),
    ),
    "names an error in a filter after a line of its own": Habit(
        "1.10.18", filter_says("local x = nil; x.y = 1"), status=1, made=False, said="main.lua:\ntheme/report.lua:"
    ),
    "does not read a filter that is not Lua": Habit(
        "1.10.18", remove("theme/report.lua"), status=1, made=False, said="cannot open theme/report.lua"
    ),
    "goes on without a part of the page": Habit(
        "1.10.18", remove("theme/head.html"), said="An error occurred:\nError resolving header-includes- unable to open"
    ),
    "refuses a missing partial": Habit(
        "1.10.18", remove("theme/typst-show.typ"), status=1, made=False, said="typst-show.typ was not found"
    ),
    "refuses a missing reference document without a label": Habit(
        "1.10.18", remove("theme/reference.docx"), status=1, made=False, said="File theme/reference.docx not found"
    ),
    "refuses a project file that is no YAML": Habit(
        "1.10.18", write("_quarto.yml", "\nbad: [\n"), status=1, made=False, said="\x1b[91mERROR: "
    ),
    "warns of an identifier given twice": Habit(
        "1.10.18", write("one.qmd", "\n# 一 {#zz}\n\n# 二 {#zz}\n"), said="[WARNING] Duplicate identifier 'zz' at line"
    ),
    "warns of a fence too many": Habit(
        "1.10.18", write("one.qmd", "\n文字\n\n:::\n"), said="\nThe following string was found in the document: :::"
    ),
    "warns of the same in a text": Habit(
        "1.10.18", write("one.qmd", "\n文字\\:\\:\\:文字\n"), said="string was found in the document: 文字:::文字"
    ),
    "warns of a div without an end": Habit(
        "1.10.18", write("one.qmd", "\n::: {.note}\n\n文字\n"), said="[WARNING] Div at line"
    ),
    "warns of a picture that is not there": Habit(
        "1.10.18", write("one.qmd", "\n![图](nothing.png)\n"), said="[WARNING] Could not fetch resource nothing.png"
    ),
    "warns of a reference to nothing": Habit(
        "1.10.18", write("one.qmd", "\n见 @fig-zz\n"), said="Unable to resolve crossref @fig-zz"
    ),
}


@pytest.fixture(params=["stand_in", "real_quarto"])
def command(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "stand_in":
        return str(stand_in.install(tmp_path))
    found = Quarto.find()
    if found is None or not found.serves:
        pytest.skip("这台机器上没有 Quarto 1.7 以上")
    return found.command


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, layout: Layout) -> Path:
    folder = staged(tmp_path_factory.mktemp("stages") / "whole", layout)
    (folder / "theme" / "tail.html").write_text("<script></script>\n")  # the real one takes a second each time
    return folder


@pytest.mark.parametrize("habit", HABITS.values(), ids=HABITS)
def test_habit(command: str, habit: Habit, whole: Path, tmp_path: Path) -> None:
    project = tmp_path / habit.within
    shutil.copytree(whole, project)
    for other in {"one", "two"} - set(habit.stems):
        (project / f"{other}.qmd").unlink()
    habit.change(project)
    run = subprocess.run(
        [command, "render", ".", *habit.arguments, "--no-execute"],
        cwd=project,
        env={key: value for key, value in os.environ.items() if key != "NO_COLOR"} | dict(habit.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    said = run.stderr.decode("utf-8")
    assert run.returncode == habit.status, said
    made = {path.name for path in (project / "_out").glob("*")}
    expected = {f"{stem}.{suffix}" for stem in habit.stems for suffix in ("html", "typ", "docx")}
    assert made == (expected if habit.made else set())
    assert habit.said in said
    if not habit.made and habit.status == 0:
        assert said == ""


def test_commands_inside(command: str) -> None:
    for inside, answer in (("pandoc", "pandoc "), ("typst", "typst ")):
        run = subprocess.run([command, inside, "--version"], capture_output=True, text=True)
        said = run.stdout or run.stderr  # 1.10.18 passes on what typst says as an error
        assert (run.returncode, said[: len(answer)]) == (0, answer)
