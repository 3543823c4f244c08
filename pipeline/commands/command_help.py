"""How does a command show its help in Chinese? typer's own words are English; this puts others in their place."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import typer
from typer import rich_utils
from typer.core import TyperCommand, TyperGroup

KINDS = {"int": "整数", "int range": "整数", "str": "文字", "Path": "路径", "path": "路径", "float": "数", "bool": ""}

rich_utils.OPTIONS_PANEL_TITLE, rich_utils.ARGUMENTS_PANEL_TITLE = "选项", "参数"
rich_utils.COMMANDS_PANEL_TITLE, rich_utils.ERRORS_PANEL_TITLE = "命令", "错误"
rich_utils.DEFAULT_STRING, rich_utils.REQUIRED_LONG_STRING = "[默认：{}]", "[必填]"


class _Words:
    """What a command and a group of commands have in common."""

    def get_usage(self, ctx: Any) -> str:
        usage: str = super().get_usage(ctx)  # type: ignore[misc]
        english = {"Usage: ": "用法：", "[OPTIONS]": "[选项]", "COMMAND [ARGS]...": "命令 [参数]..."}
        for word, chinese in english.items():
            usage = usage.replace(word, chinese)
        return usage

    def get_params(self, ctx: Any) -> list[Any]:
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for one in params:
            if "--help" in one.opts:
                one.help = "显示这段说明"
            kind = re.sub(r"[<>]|list\[|\]", "", one.display_type(ctx) or "")
            if kind in KINDS and (one.metavar is None or one.param_type_name == "argument"):
                one.display_type_rich = functools.partial(_said, KINDS[kind])
        return params


def _said(kind: str, ctx: Any) -> str:
    return kind


class Command(_Words, TyperCommand):
    """A command whose help is in Chinese."""


class Group(_Words, TyperGroup):
    """A group of commands whose help is in Chinese."""


class App(typer.Typer):
    """A typer application in Chinese."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(cls=Group, **settings)

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        return super().command(name, cls=Command, **settings)
