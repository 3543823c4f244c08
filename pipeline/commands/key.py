"""`green-report key`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.command_help import App
from pipeline.commands.printing import terminal
from pipeline.errors import shown
from pipeline.layout import Layout

app = App(help="发布人签名用的钥匙。", no_args_is_help=True)


@app.command("new")
def new(
    file: Annotated[Path, typer.Argument(metavar="文件", help="私钥写到哪里，如 ~/keys/publisher", show_default=False)],
) -> None:
    """做一对 ed25519 钥匙：私钥只有自己能读，公钥（.pub）交给核对的人。"""
    from pipeline.publish import keys

    private, public = keys.new(file.expanduser(), Layout.current().root)
    terminal(stderr=True).print(shown(f"私钥 {private} 请妥善保管，丢了不能再做；公钥可以公开"))
    print(shown(public))


@app.callback()
def key() -> None:
    """发布人签名用的钥匙。"""
