"""`python -m pipeline.filings.sample [OUT]`: write the sample filings, by default to data/raw/sample."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.errors import UserError
from pipeline.filings.sample import generate
from pipeline.layout import Layout

if __name__ == "__main__":
    layout = Layout.current()
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else layout.reference.parent / "sample"
    try:
        planted = generate(out, layout)
    except UserError as error:
        sys.exit(str(error))
    print(f"{out}：已写入，有意留下的差错 {len(planted)} 处")
