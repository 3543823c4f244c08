"""Where things stand: one answer to "which folder", relative to the project's root."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

SAMPLE = "data/raw/sample"  # the filings that a build takes by default, below the root


@dataclass(frozen=True)
class Layout:
    """The folders of one checkout. `root` is absolute."""

    root: Path

    @classmethod
    def current(cls) -> Layout:
        """The checkout that this package stands in, or the one named by GREEN_REPORT_ROOT."""
        named = os.environ.get("GREEN_REPORT_ROOT")
        return cls(Path(named).resolve() if named else Path(__file__).resolve().parent.parent)

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def texts(self) -> Path:
        """What the chapters say: a folder for each language, in it a file with the name of each notebook."""
        return self.notebooks / "text"

    @property
    def params(self) -> Path:
        return self.notebooks / "params"

    @property
    def policy(self) -> Path:
        """The rules of disclosure control, which stand among the parameters."""
        return self.params / "disclosure.yml"

    @property
    def reference(self) -> Path:
        return self.root / "data" / "raw" / "reference"

    @property
    def public(self) -> Path:
        return self.root / "data" / "raw" / "public"

    @property
    def processed(self) -> Path:
        return self.root / "data" / "processed"

    @property
    def published(self) -> Path:
        """What has been published of each filings folder, which no later pattern may forget: never cleaned."""
        return self.root / "data" / "published"

    @property
    def charts(self) -> Path:
        """Drawn charts, kept between builds."""
        return self.processed / "charts"

    @property
    def reports(self) -> Path:
        return self.root / "reports"
