"""A build that is killed, starved, hindered or interrupted leaves nothing half, and the next one goes on from there."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import time
from contextlib import suppress

import pytest
from distributed import LocalCluster

from tests.build import toy
from tests.build.toy import Project, wait_for

pytestmark = pytest.mark.slow

WITHIN_S = 60  # for what takes a second or two on a machine with nothing else to do


@pytest.mark.parametrize("workers", ["1", "2"])
def test_killed_at_any_moment(project: Project, timed: tuple[dict[str, bytes], float], workers: str) -> None:
    (undisturbed, seconds), dice = timed, random.Random(int(workers))
    killed = 0
    for part in (0.05, 0.3, 0.4, 0.5):
        running = project.start("--workers", workers)
        time.sleep(seconds * part * dice.uniform(0.5, 1.5))
        killed += running.poll() is None
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL) if workers == "1" else running.kill()
        running.communicate()
        for name, content in project.reports().items():  # each file is whole, or not there
            assert name.endswith(".part") or content == undisturbed[name]
        if running.returncode == 0:  # the machine has less to do than it had for the undisturbed build
            seconds /= 4
            for made in (project.out, project.root / "data/processed"):
                shutil.rmtree(made, ignore_errors=True)
    assert killed >= 2
    assert project.run("--workers", workers)[0] == 0
    assert {name: content for name, content in project.reports().items() if ".part" not in name} == undisturbed
    assert not list((project.root / "data/processed/2025-filings/.stage").glob("tmp*"))


def test_a_notebook_that_raises(project: Project) -> None:
    toy.notebook(
        project.root / "notebooks/02_beta.ipynb", "乙", 'if chapter.region.short_zh == "广东":\n    1 / 0', *toy.BETA
    )
    status, said = project.run("--workers", "2")
    assert status == 1
    assert "失败：广东·plan：02_beta：运行失败：ZeroDivisionError: division by zero" in said
    assert "生成 1 份，沿用 0 份，失败 1 份" in said
    assert len(list(project.out.rglob("*.html"))) == 2  # one report in two volumes
    kept = project.root / "data/processed/2025-filings/internal/440000-广东/plan/failed/02_beta.ipynb"
    assert "ZeroDivisionError" in kept.read_text("utf-8")


def test_a_worker_that_dies_is_replaced(project: Project, undisturbed: dict[str, bytes]) -> None:
    """It dies once, of its own: the chapter is run by another, and gives what it always gives."""
    died = project.root / "died"
    path = project.root / "notebooks/02_beta.ipynb"
    whole = path.read_bytes()
    toy.notebook(
        path, "乙", *toy.BETA, f'if not os.path.exists("{died}"):\n    open("{died}", "w").close()\n    os._exit(9)'
    )
    status, said = project.run("--workers", "2")
    assert (status, died.exists()) == (0, True), said
    path.write_bytes(whole)
    assert project.run("--workers", "2")[0] == 0
    assert project.reports() == undisturbed


def test_a_report_that_kills_every_worker_takes_no_other_with_it(project: Project) -> None:
    path = project.root / "notebooks/02_beta.ipynb"
    toy.notebook(path, "乙", 'if chapter.region.short_zh == "广东":\n    os._exit(9)', *toy.BETA)
    status, said = project.run("--workers", "2")
    assert status == 1
    assert "失败：广东·plan：02_beta：运行它的进程几次被终止" in said
    assert "生成 1 份，沿用 0 份，失败 1 份" in said


def test_a_full_disk(project: Project, undisturbed: dict[str, bytes]) -> None:
    """No file may be longer than 300 KB: the page, with its scripts, is; the chapters are not."""
    assert project.run("--workers", "1", "--to", "docx")[0] == 0
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))  # noqa: E731
    status, said = project.run("--workers", "1", limit=limit)
    assert status == 1, said
    assert said.count("失败：") == 2
    assert "文件大小超过限制" in said
    assert "Traceback" not in said
    assert not project.half()
    assert not list(project.out.rglob("*.html"))
    assert project.run("--workers", "1")[0] == 0
    assert {name: one for name, one in project.reports().items() if not name.endswith(".docx")} == undisturbed


def test_on_the_workers_of_a_scheduler(project: Project, undisturbed: dict[str, bytes]) -> None:
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, memory_limit=0) as cluster:
        status, said = project.run("--scheduler", cluster.scheduler_address)
    assert status == 0, said
    assert project.reports() == undisturbed


def test_a_scheduler_that_is_not_there(project: Project) -> None:
    status, said = project.run("--scheduler", "tcp://127.0.0.1:1")
    assert status == 2
    assert "连不上 Dask 调度器" in said
    assert "Traceback" not in said
    assert not project.reports()


def test_an_output_folder_that_cannot_be_written(project: Project) -> None:
    project.out.write_text("a file")
    status, said = project.run("--workers", "2")
    assert status == 2
    assert "不能写入" in said
    assert "01_alpha" not in said


def test_a_machine_that_cannot_reach_itself(project: Project, undisturbed: dict[str, bytes]) -> None:
    alone = ["unshare", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("no network of its own can be made for a process here")
    status, said = project.run("--workers", "2", within=alone)
    assert status == 0, said
    assert "改在一个进程里生成" in said
    assert project.reports() == undisturbed


def test_two_builds_at_once(project: Project, undisturbed: dict[str, bytes]) -> None:
    """The second one waits for the first, which is held until that is seen, and finds its work done."""
    first = project.start("--workers", "1")
    stage = project.root / "data/processed/2025-filings/.stage"
    wait_for(stage.is_dir, first, "the first build has begun")
    first.send_signal(signal.SIGSTOP)
    second = project.start("--workers", "1")
    assert second.stderr is not None
    said = next(line for line in second.stderr if "正在写" in line)
    assert f"另一个生成任务（进程 {first.pid}，" in said
    assert "开始，生成 广东·plan 等 2 份）正在写" in said
    assert f"它被暂停了，用 kill -CONT {first.pid} 让它继续" in said
    first.send_signal(signal.SIGCONT)
    answers = [running.communicate(timeout=600) for running in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), answers
    assert "生成 0 份，沿用 2 份" in answers[1][1]
    assert project.reports() == undisturbed


@pytest.mark.parametrize("workers", ["1", "2"])
def test_interrupted(project: Project, undisturbed: dict[str, bytes], workers: str) -> None:
    path = project.root / "notebooks/90_end.ipynb"
    whole = path.read_bytes()
    toy.notebook(path, "附录", f'open("{project.root / "asleep"}", "w").close()\ntime.sleep(600)', *toy.END)
    running = project.start("--workers", workers)
    wait_for((project.root / "asleep").exists, running, "a chapter is running")
    at = time.monotonic()
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=600)
    took = time.monotonic() - at
    print(f"stopped after {took:.2f} s")
    assert running.returncode == 130, errors
    assert took < WITHIN_S
    assert "已中断" in errors
    assert "Traceback" not in errors
    assert not project.half()
    path.write_bytes(whole)
    assert project.run("--workers", "1")[0] == 0
    assert project.reports() == undisturbed
