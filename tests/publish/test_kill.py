"""Killed at any moment, `publish` leaves a whole site: the old one, or the new one."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.publish.conftest import House
from tests.publish.test_site import digests

KILLS = 12


def start(house: House) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).with_name("green-report")), "publish", "--region", "全国,广东", "--to", "html"]
    env = os.environ | {"GREEN_REPORT_ROOT": str(house.root)}
    return subprocess.Popen([*command, "--out", str(house.root / "site")], env=env, stdout=-3, stderr=-3)


def whole(site: Path) -> str:
    """The site's digest of all files, after its checksums have been seen to match."""
    found = digests(site)
    said = dict(reversed(line.split("  ", 1)) for line in (site / "SHA256SUMS").read_text().splitlines())
    sums = found.pop("SHA256SUMS")
    assert found == said
    return sums


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_killed_at_random_moments_the_site_is_the_old_or_the_new_one(house: House) -> None:
    site, chance = house.root / "site", random.Random(20251231)
    begun = time.monotonic()
    assert start(house).wait() == 0
    took = time.monotonic() - begun
    seen = {whole(site)}
    survived = 0
    for attempt in range(KILLS):
        house.make("广东", value=70.0 + attempt)
        running = start(house)
        time.sleep(chance.uniform(0.3, 1.1) * took)
        survived += running.poll() is not None
        running.kill()
        running.wait()
        seen.add(whole(site))
    assert survived < KILLS
    assert start(house).wait() == 0
    newest, *others = [one["name"] for one in json.loads((site / "editions.json").read_text("utf-8"))["editions"]]
    assert (site / newest / "440000/plan.html").read_text("utf-8").count(f"{70.0 + KILLS - 1}")
    assert others[-1] == "2025-sample"
    assert "80.1" in (site / "2025-sample/440000/plan.html").read_text("utf-8")
    whole(site)
    assert {path.name for path in house.root.glob("*site*")} | {path.name for path in house.root.glob(".site*")} == {
        "site", "site.previous",
    }  # fmt: skip
    whole(site.with_name("site.previous"))
