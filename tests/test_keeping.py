"""Found again by what it was made from: hashes by content, records by what was read, folders by what is in them."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from pipeline.keeping import MISSING, RIPE_NS, Hashes, Record, Records, Store, digest, files_below


def old(path: Path, content: str) -> None:
    """A file that was written a while ago."""
    path.write_text(content, "utf-8")
    then = time.time() - 10 * RIPE_NS / 1e9
    os.utime(path, (then, then))


def test_a_hash_is_of_the_content(tmp_path: Path) -> None:
    files = Hashes(tmp_path / "memory.json")
    path = tmp_path / "a"
    assert files.file(path) == MISSING
    for content in ("one", "two", "two"):  # also of the same length, within the same moment
        path.write_text(content)
        assert files.file(path) == hashlib.sha256(content.encode()).hexdigest()
    assert files.file(tmp_path).startswith("mode")
    os.mkfifo(tmp_path / "pipe")  # is not waited for
    assert files.file(tmp_path / "pipe").startswith("mode")


def test_what_is_remembered_holds_while_size_times_and_inode_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, memory = tmp_path / "a", tmp_path / "memory.json"
    old(path, "one")
    monkeypatch.setattr(time, "time_ns", lambda: time.clock_gettime_ns(time.CLOCK_REALTIME) + 2 * RIPE_NS)
    files = Hashes(memory)
    first = files.file(path)
    files.save()
    monkeypatch.undo()
    assert str(path) in memory.read_text()
    assert Hashes(memory).file(path) == first
    state = path.stat()
    path.write_text("two")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))  # as before, for who looks at size and time alone
    assert Hashes(memory).file(path) == hashlib.sha256(b"two").hexdigest()
    memory.write_text("{damaged")
    assert Hashes(memory).file(path) == hashlib.sha256(b"two").hexdigest()


def test_a_tree_is_names_and_contents(tmp_path: Path) -> None:
    folder, files = tmp_path / "tree", Hashes(tmp_path / "memory.json")
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "1.csv").write_text("x")
    (folder / "2.txt").write_text("y")
    assert [name for name, _ in files_below(folder)] == ["2.txt", "b/1.csv"]
    seen = {files.tree(folder)}
    for change in (
        lambda: (folder / "b" / "1.csv").write_text("z"),
        lambda: (folder / "b" / "1.csv").rename(folder / "b" / "2.csv"),
        lambda: (folder / "2.txt").unlink(),
    ):
        change()
        seen.add(files.tree(folder))
    assert len(seen) == 4
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "1.csv").write_text("x")
    assert files.tree(folder) not in seen
    only = files.tree(folder, ".csv")
    (folder / "3.txt").write_text("w")
    assert files.tree(folder, ".csv") == only


def test_a_record_is_found_by_all_that_it_read(tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    for number in ("1", "2"):
        Records(path).add(Record({"a": number, "b": "x"}, result=f"made of {number}"))
    now = {"a": "1", "b": "x", "c": "whatever"}
    found = Records(path).find(now.__getitem__)
    assert found is not None
    assert found.result == "made of 1"
    assert Records(path).find({"a": "1", "b": "y"}.__getitem__) is None
    assert found.changed({"a": "3", "b": "x"}.__getitem__) == ["a"]
    Records(path, kept=1).add(Record({"a": "3"}))
    assert Records(path).all == [Record({"a": "3"})]
    whole = path.read_bytes()
    for damaged in (whole.replace(b'"3"', b'"4"'), whole[: len(whole) // 2], b"", b'[{"of": "another version"}]'):
        path.write_bytes(damaged)
        assert Records(path).all == []
    path.write_bytes(whole)
    assert Records(path).all == [Record({"a": "3"})]


def test_a_folder_in_the_store_is_as_it_was_put(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    names = []
    for content in ("x", "x", "y"):
        made = tmp_path / "made"
        (made / "deep").mkdir(parents=True)
        (made / "deep" / "file").write_text(content)
        names.append(store.put(made))
        if made.exists():  # it was there already
            (made / "deep" / "file").unlink()
            (made / "deep").rmdir()
            made.rmdir()
    assert names[0] == names[1] != names[2]
    whole = store.get(names[0])
    assert whole is not None
    assert (whole / "deep" / "file").read_text() == "x"
    (whole / "deep" / "file").write_text("altered")
    assert store.get(names[0]) is None
    assert store.get("") is None
    store.keep_only({names[2]})
    assert [path.name for path in (tmp_path / "store").iterdir()] == [names[2]]


def test_a_digest_does_not_depend_on_order() -> None:
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest([1, 2]) != digest([2, 1])
