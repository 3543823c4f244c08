"""A file is there whole or not at all, and what stands in the way is one sentence."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from xlsxwriter.exceptions import FileCreateError

from pipeline.errors import OutputError
from pipeline.output import check_writable, place, placed


def test_a_file_is_placed_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.txt"
    for text in ("old", "new"):
        with placed(target) as beside:
            beside.write_text(text)
            assert not target.exists() or target.read_text() == "old"
        assert target.read_text() == text
    place(target, tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_text() == "new"
    assert [path.name for path in target.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "x"), "磁盘已满"),
        (OSError(errno.EROFS, "x"), "只读的文件系统"),
        (PermissionError(errno.EACCES, "x"), "没有写入权限"),
        (FileCreateError(OSError(errno.ENOSPC, "x")), "磁盘已满"),
        (OSError(errno.ELOOP, "循环"), "循环"),
    ],
)
def test_what_stands_in_the_way_is_told_and_nothing_stays(tmp_path: Path, error: Exception, reason: str) -> None:
    def write() -> None:
        with placed(tmp_path / "a.txt", "模板") as beside:
            beside.write_text("half")
            raise error

    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(OutputError) as refused:
        write()
    assert refused.value.id == "output.unwritable"
    assert refused.value.message == (
        f"模板不能写到 {tmp_path / 'a.txt'}（{reason}）；"
        "应是一个有写入权限、磁盘未满的文件夹，同名文件没有被别的程序打开。"
    )
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_file_that_is_open_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(errno.EACCES, "as Windows says of a file that Excel has open")

    monkeypatch.setattr(Path, "replace", refuse)
    (tmp_path / "a.txt").write_text("old")
    for name, reason in (("a.txt", "文件正被别的程序使用"), ("b.txt", "没有写入权限")):
        with pytest.raises(OutputError, match=f"（{reason}）"):
            place(tmp_path / "a.txt", tmp_path / name)


def test_a_folder_or_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    for target, reason in (
        ("folder", "同名的文件夹挡住了文件"),
        ("file/a.txt", "路径中有一段是文件，不是文件夹|同名的文件挡住了文件夹"),
        ("长" * 300, "路径太长"),
    ):
        with pytest.raises(OutputError, match=f"（{reason}）"):
            place(tmp_path / "file", tmp_path / target)
    with pytest.raises(OutputError, match=r"不能写入（.*）；请改权限，或用 --out"):
        check_writable(tmp_path / "file")
    check_writable(tmp_path / "new" / "er")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["er", "file", "folder", "new"]
