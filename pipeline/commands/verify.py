"""`green-report verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.printing import terminal
from pipeline.errors import shown
from pipeline.layout import Layout


def verify(
    path: Annotated[
        Path, typer.Argument(metavar="路径", help="网站或其中的文件夹、报告的文件夹，或一个文件", show_default=False)
    ],
    key: Annotated[Path | None, typer.Option(help="发布人的公钥（.pub）：签名须是它的")] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="在新取出的代码里重新生成，逐字节比较")] = False,
    filings: Annotated[Path | None, typer.Option(help="重新生成所用的填报文件夹；默认是 data/raw 里同名的")] = None,
) -> None:
    """核对：文件是不是发布的那一份，数字是否与公布的数据一致，重新生成是否相同。

    每处不符一句话。退出码：0 相符，1 有不符，2 输入有误。
    """
    from pipeline.publish import keys
    from pipeline.verify import verify as verifying

    layout = Layout.current()
    public = keys.public(key) if key is not None else None
    console, faults = terminal(), 0
    for found in verifying.verify(layout, path, public, rebuild, filings):
        faults += found.fault
        console.print(shown(f"{'✗' if found.fault else '·'} {found.said}"), style="red" if found.fault else None)
    console.print(f"不相符：{faults} 处" if faults else "相符", style="red" if faults else "green")
    if faults:
        raise typer.Exit(1)
