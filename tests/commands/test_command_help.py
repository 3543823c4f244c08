"""What `--help` prints is Chinese, whatever typer's own words are."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from pipeline.commands.cli import app

NAMES = sorted(get_command(app).commands)  # type: ignore[attr-defined]
ENGLISH = re.compile(
    r"Usage|OPTIONS|COMMAND|ARGS|Options|Arguments|Commands|Show this|default|required|<[a-z]|KEY|\bstr\b"
)


@pytest.mark.parametrize("name", ["", *NAMES])
def test_no_english_words_are_left(name: str) -> None:
    run = CliRunner().invoke(app, [*name.split(), "--help"])
    assert run.exit_code == 0
    assert not ENGLISH.search(run.output), run.output
    assert f"用法：green-report {name}".strip() in run.output.replace("root ", "green-report ", 1)
    assert "显示这段说明" in run.output
