"""Readings in an object store: moto's server, which speaks S3, on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from pipeline.errors import DataError
from pipeline.rollup import objects
from tests.conftest import Run
from tests.rollup.made import results, rolled, write

SECRET, KEY = "a-secret-that-nobody-may-see", "AKIAOFTHETEST"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket `meters` behind the endpoint of the environment."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="meters")
    yield client
    server.stop()


def put(client: Any, folder: Path, prefix: str) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            client.upload_file(str(path), "meters", f"{prefix}{path.relative_to(folder).as_posix()}")


@pytest.fixture
def readings(tmp_path: Path) -> Path:
    for month in range(1, 4):
        rows = [{"facility_id": f"S{n}", "energy_kwh": 20 + n} for n in range(30)]
        write(tmp_path / "in" / "year=2025" / f"month={month}" / "a.parquet", *rows, rows[0], {"energy_kwh": -1})
    return tmp_path / "in"


def test_a_store_gives_what_a_folder_gives(store: Any, readings: Path, tmp_path: Path, green_report: Run) -> None:
    put(store, readings, "2025/readings/")
    store.put_object(Bucket="meters", Key="2025/readings-of-others/a.parquet", Body=b"not asked for")
    store.put_object(Bucket="meters", Key="2025/readings/_SUCCESS", Body=b"")
    rolled(readings, tmp_path / "local")
    run = green_report("rollup", "s3://meters/2025/readings", str(tmp_path / "out"))
    assert run.returncode == 0, run.stderr
    tables = [{name: one for name, one in results(folder).items() if name.startswith(("能源", ".rollup/2025/退回"))}
              for folder in (tmp_path / "local", tmp_path / "out")]  # fmt: skip
    assert tables[0] == tables[1]
    assert len(tables[0]) == 2
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    for word in (SECRET, KEY):
        assert word not in run.stdout + run.stderr
        assert word.encode() not in written


def test_one_object_and_one_that_has_changed(store: Any, readings: Path, tmp_path: Path) -> None:
    put(store, readings, "own/")
    address = "s3://meters/own/year=2025/month=1/a.parquet"
    assert rolled(address, tmp_path / "one", year=2025).read == 32
    assert rolled("s3://meters/own", tmp_path / "out").reused == 0
    assert rolled("s3://meters/own/", tmp_path / "out").reused == 1
    path = write(readings / "year=2025" / "month=1" / "a.parquet", {})
    store.upload_file(str(path), "meters", "own/year=2025/month=1/a.parquet")
    done = rolled("s3://meters/own", tmp_path / "out")
    assert (done.reused, done.read) == (0, 65)


def test_more_than_one_page_of_objects(store: Any) -> None:
    for at in range(1003):
        store.put_object(Bucket="meters", Key=f"many/{at:04} +%.parquet", Body=b"x")
    found = objects.listing("s3://meters/many")
    assert len(found) == 1003
    assert found[-1] == objects.Object("many/1002 +%.parquet", 1, "9dd4e461268c8034f5c8564e155c67a6")  # MD5 of x


def test_what_a_store_refuses_is_one_sentence(store: Any, tmp_path: Path, green_report: Run) -> None:
    store.put_object(Bucket="meters", Key="x/a.parquet", Body=b"no parquet")
    store.put_object(Bucket="meters", Key="y//a.parquet", Body=b"")
    for address, says in (
        ("s3://none/x", "没有这个桶"),
        ("s3://meters/none", "里没有 Parquet 文件"),
        ("s3://meters/y", "里有对象的名称不能用"),
        ("s3://meters/x", "a.parquet 不是完好的 Parquet 文件"),
    ):
        run = green_report("rollup", address, str(tmp_path / "out"))
        assert (run.returncode, run.stderr.count("\n")) == (2, 1), run.stderr
        assert says in run.stderr
        assert SECRET not in run.stderr


def test_a_store_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(DataError, match="连不上对象存储"):
        rolled("s3://meters/x", tmp_path / "out")


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (403, b"<Error><Message>a-secret-that-nobody-may-see</Message></Error>", "没有读取权限，或密钥不对"),
        (301, b"", "桶在另一个区域"),
        (418, b"", "对象存储应答 418"),
        (200, b"<html><p>a page", "应答的不是对象存储"),
        (200, b"no XML", "应答的不是对象存储"),
    ],
)
def test_what_a_store_may_answer(monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, says: str) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(DataError, match=f"s3://meters/x：{says}；") as told:
            objects.listing("s3://meters/x")
        server.shutdown()
    assert SECRET not in str(told.value)


def test_half_a_key_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(DataError, match="没有给出 AWS_SECRET_ACCESS_KEY"):
        objects.listing("s3://meters/x")
