"""What the tests of filings share: the command without a process of its own, and LibreOffice with one profile."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.commands import cli
from tests.conftest import ROOT

Call = Callable[..., tuple[int, str, str]]
Office = Callable[..., list[Path]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """`green-report` with streams of an encoding: exit status, what went to stdout and to stderr."""

    def run(*arguments: str, encoding: str = "utf-8") -> tuple[int, str, str]:
        monkeypatch.setenv("GREEN_REPORT_ROOT", str(ROOT))
        monkeypatch.setattr(sys, "argv", ["green-report", *arguments])
        streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = []
        for stream in streams:
            stream.flush()
            said.append(stream.buffer.getvalue().decode(encoding))  # type: ignore[attr-defined]
        assert isinstance(ended.value.code, int)
        return ended.value.code, said[0], said[1]

    return run


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Files as LibreOffice writes them in another format: `office("xlsx", folder, *paths)`."""
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    profile = f"-env:UserInstallation={(tmp_path_factory.mktemp('office') / 'profile').as_uri()}"

    def convert(kind: str, folder: Path, *paths: Path) -> list[Path]:
        command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(folder), *map(str, paths)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return [folder / f"{path.stem}.{kind}" for path in paths]

    probe = tmp_path_factory.mktemp("office") / "probe.csv"
    probe.write_text("1\n", "utf-8")
    if not convert("xlsx", probe.parent, probe)[0].is_file():
        pytest.skip("LibreOffice is here without Calc")
    return convert
