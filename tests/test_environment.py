"""pyproject.toml is where dependencies stand; environment.yml and requirements.lock must agree with it."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ONLY_CONDA = {"python", "git", "make", "quarto", "pip"}


def name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def conda() -> dict[str, str]:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    listed = [line for line in environment if isinstance(line, str)]
    listed += next(line["pip"] for line in environment if isinstance(line, dict))
    parts = (re.fullmatch(r"([\w.-]+)\s*(.*)", line) for line in listed if line != "-e .")
    return {name(part[1]): part[2].replace(" ", "") for part in parts if part}


def declared() -> dict[str, str]:
    lines = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["lab"]
    requirements = [Requirement(line) for line in lines]
    return {name(requirement.name): str(requirement.specifier) for requirement in requirements}


def sides(specifier: str) -> set[str]:
    return set(filter(None, specifier.split(",")))


def test_conda_has_the_same_packages_and_ranges() -> None:
    theirs, ours = conda(), declared()
    assert set(theirs) - ONLY_CONDA == set(ours)
    for package, specifier in ours.items():
        assert sides(theirs[package]) == sides(specifier), package


def test_conda_python_is_the_one_of_the_project() -> None:
    assert conda()["python"] == PROJECT["requires-python"]


def pinned_in(lock: str) -> dict[str, str]:
    return {name(found[1]): found[2] for found in re.finditer(r"^([\w.-]+)==([\w.+-]+)", lock, re.M)}


@pytest.mark.parametrize(
    ("file", "extras"), [("requirements.lock", ["install", "lab", "dev"]), ("requirements-run.lock", ["install"])]
)
def test_lock_holds_every_dependency_within_its_range_with_hashes_and_no_address(file: str, extras: list[str]) -> None:
    lock = (ROOT / file).read_text("utf-8")
    pinned = pinned_in(lock)
    lines = PROJECT["dependencies"] + [line for extra in extras for line in PROJECT["optional-dependencies"][extra]]
    for requirement in map(Requirement, lines):
        assert requirement.specifier.contains(Version(pinned[name(requirement.name)]), prereleases=True), requirement
    assert "://" not in lock
    assert lock.count("--hash=sha256:") >= len(pinned)


def test_what_reports_need_is_locked_as_in_the_lock_of_all_and_without_the_tools() -> None:
    run, whole = (
        pinned_in((ROOT / file).read_text("utf-8")) for file in ("requirements-run.lock", "requirements.lock")
    )
    assert set(PROJECT["optional-dependencies"]) == {"install", "lab", "dev"}
    assert run.items() < whole.items()
    assert not run.keys() & {"pytest", "mypy", "ruff", "jupyterlab", "playwright", "duckdb", "pyam-iamc", "hypothesis"}
    assert len(run) < 0.6 * len(whole)
