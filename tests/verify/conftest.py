"""A small signed site, published by the product, for tests to tamper with."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import polars as pl
import pytest

from pipeline.indicators.evaluate import TABLE
from pipeline.publish import keys
from pipeline.publish.site import publish
from pipeline.verify.verify import verify
from tests.publish.conftest import House, bare
from tests.publish.test_formats import VALUES

IAMC = (
    "model,scenario,region,variable,unit,year,value\n"
    "green-report 0.1.0,plan,全国,Final Energy|Electricity|ICT,GWh/yr,2025,1.5\n"
)
FONT = {"family": "Noto Sans CJK SC", "sha256": "a" * 64}


@dataclass
class Copy:
    """A copy of the site. house: what it was published from; key: the private key."""

    root: Path
    house: House
    key: Path

    def faults(self, scope: str = "", key: bool = True) -> list[str]:
        public = keys.public(self.key.with_name(f"{self.key.name}.pub")) if key else None
        found = list(verify(self.house.layout, self.root / scope, public, False, None))
        assert all("\n" not in one.said for one in found)
        return [one.said for one in found if one.fault]

    def text(self, path: str, before: str, after: str) -> None:
        """Tamper with a file."""
        content = (self.root / path).read_bytes()
        assert before.encode() in content
        self.write(path, content.replace(before.encode(), after.encode(), 1))

    def write(self, path: str, content: bytes) -> None:
        (self.root / path).unlink(missing_ok=True)  # a link to another site's file, perhaps
        (self.root / path).write_bytes(content)

    def mend(self) -> None:
        """What a forger does next: SHA256SUMS as the files are now."""
        lines = (self.root / "SHA256SUMS").read_text("utf-8").splitlines()
        paths = [line.split("  ", 1)[1] for line in lines]
        now = {path: hashlib.sha256((self.root / path).read_bytes()).hexdigest() for path in paths}
        self.write("SHA256SUMS", "".join(f"{digest}  {path}\n" for path, digest in now.items()).encode())

    def restate(self) -> None:
        """And the statement too."""
        path = self.root / "2025-sample" / "statement.json"
        said = json.loads(path.read_text("utf-8"))
        for one in said["subject"]:
            one["digest"]["sha256"] = hashlib.sha256((self.root / one["name"]).read_bytes()).hexdigest()
        self.write("2025-sample/statement.json", json.dumps(said, ensure_ascii=False).encode())

    def retell(self) -> None:
        """And whatever else tells hashes: citations on the pages, data packages, the crate."""
        old = dict(line.split("  ", 1)[::-1] for line in (self.root / "SHA256SUMS").read_text("utf-8").splitlines())
        path = self.root / "ro-crate-metadata.json"
        crate = json.loads(path.read_text("utf-8"))
        gone = {one["@id"] for one in crate["@graph"] if one["@type"] == "File" and unquote(one["@id"]) not in old}
        crate["@graph"] = [one for one in crate["@graph"] if one["@id"] not in gone]
        for one in crate["@graph"]:
            if one["@id"] == "./":
                one["hasPart"] = [part for part in one["hasPart"] if part["@id"] not in gone]
        self.write(path.name, f"{json.dumps(crate, ensure_ascii=False, indent=1)}\n".encode())
        for pattern in ("downloads/2025-sample/datapackage.json", "2025-sample/*/*.html", "ro-crate-metadata.json"):
            for file in sorted(self.root.glob(pattern)):
                text = file.read_text("utf-8")
                for path, digest in old.items():
                    text = text.replace(digest, hashlib.sha256((self.root / path).read_bytes()).hexdigest())
                self.write(file.relative_to(self.root).as_posix(), text.encode())

    def forge(self) -> None:
        """And no signature: nothing but the numbers themselves can tell."""
        for path in ("statement.dsse.json", "2025-sample/statement.dsse.json"):
            (self.root / path).unlink()
        lines = (self.root / "SHA256SUMS").read_text("utf-8").splitlines()
        self.write("SHA256SUMS", "".join(f"{line}\n" for line in lines if ".dsse." not in line).encode())
        self.retell()
        self.restate()
        self.retell()
        self.mend()


def described(house: House) -> None:
    """What the reports were made with, as builds tell it."""
    for region in ("全国", "广东"):
        path = house.folder(region) / "provenance.json"
        said = json.loads(path.read_text("utf-8"))
        said |= {
            "parameters": [{"参数": "g_it", "取值": "0.12", "来源": "defaults.yml"}],
            "code": {"version": "0.1.0", "commit": "c" * 40, "dirty": False},
            "lock": "d" * 64,
            "versions": {"polars": "2.1.0", "typst": "0.15.2"},
            "fonts": [FONT],
        }
        path.write_text(json.dumps(said, ensure_ascii=False), "utf-8")


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Published and signed: the nation and 广东 in 2025, HTML, PDF and Word. Not to be changed."""
    house = bare(tmp_path_factory.mktemp("signed") / "house")
    for region in ("全国", "广东"):
        house.make(region, formats=("html", "pdf", "docx"))
    public = house.root / "data/processed/2025-sample/public"
    pl.DataFrame(VALUES, schema=TABLE).write_parquet(public / "indicators.parquet")
    (public / "scenarios").mkdir()
    (public / "scenarios" / "iamc.csv").write_text(IAMC, "utf-8")
    house.pass_audit()
    described(house)
    key, _ = keys.new(house.root.parent / "keys" / "publisher")
    publish(house.layout, house.wanted(to="html,pdf,docx", sign=key))
    return Copy(house.root / "site", house, key)


@pytest.fixture
def site(signed: Copy, tmp_path: Path) -> Copy:
    """A copy of it, free to be changed."""
    shutil.copytree(signed.root, tmp_path / "site")
    return Copy(tmp_path / "site", signed.house, signed.key)


@pytest.fixture
def house(signed: Copy, tmp_path: Path) -> House:
    """A copy of what it was published from."""
    shutil.copytree(signed.house.root, tmp_path / "house", ignore=shutil.ignore_patterns("site"))
    return House(tmp_path / "house")
