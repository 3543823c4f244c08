"""green-report: parses, calls, prints. Exit status 0: done; 1: a report failed or something is missing; 2: wrong input."""

from __future__ import annotations

import io
import os
import re
import sys
from contextlib import suppress
from typing import NoReturn

import typer

from pipeline.commands import (
    build,
    check,
    compare,
    doctor,
    evaluate,
    explain,
    indicators,
    key,
    lab,
    params,
    publish,
    rollup,
    template,
    verify,
    what_if,
)
from pipeline.commands.command_help import App
from pipeline.errors import UserError, shown
from pipeline.output import why_not_written

USAGE = {  # typer's words for wrong calls
    r"No such command '(.*?)'": "没有命令 {}，可用的是 build、check、template、rollup、indicators、explain、evaluate、compare、what-if、lab、publish、verify、key、params、doctor",
    r"unexpected extra argument(?:s|\(s\))? \((.*)\)": "多出了 {}，选项要写成 --名称 取值",
    r"requires an argument": "后面缺少取值",
    r"valid integer": "取值不是整数，应如 2025",
    r"greater than or equal to (\d+)": "取值太小，应不小于 {}",
}


INTERRUPTED = 130  # also what typer makes of Ctrl-C


UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # typer keeps the class itself to itself


app = App(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="信息通信行业绿色低碳发展年度报告：从填报数据和公开统计到 HTML、PDF。",
)
app.command("build")(build.build)
app.command("check")(check.check)
app.command("template")(template.template)
app.command("rollup")(rollup.rollup)
app.command("indicators")(indicators.indicators)
app.command("explain")(explain.explain)
app.command("evaluate")(evaluate.evaluate)
app.command("publish")(publish.publish)
app.command("verify")(verify.verify)
app.add_typer(key.app, name="key")
app.command("compare")(compare.compare)
app.command("what-if")(what_if.what_if)
app.command("lab")(lab.lab)
app.command("params")(params.show_parameters)
app.command("doctor")(doctor.doctor)


def main() -> NoReturn:
    """The entry point: a user's error is one Chinese sentence on stderr and exit status 2.

    A character that the console's encoding lacks is written as an escape; it never ends the command. So does what the
    machine refuses: a full disk behind stdout, too many open files, no memory.
    """
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    for text in sys.argv[1:] if sys.argv[1:2] != ["check"] else ():  # of which any folder can be asked
        if re.search(r"[\ud800-\udfff]", text):  # what Python makes of bytes that it cannot read
            _refuse(f"“{text}”里有不是 UTF-8 的字节；请改用 UTF-8 编码的文字和文件名")
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.stdout.flush()
    except UserError as error:
        _refuse(error.message)
    except UsageError as error:
        _refuse(_usage(error))
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:  # whoever read it has had enough
        _forget_stdout()
        status = 1
    except (OSError, MemoryError) as error:
        _forget_stdout()
        what = f"（{error.filename}）" if isinstance(error, OSError) and error.filename else ""
        reason = "内存不足" if isinstance(error, MemoryError) else why_not_written(error) or str(error)
        _refuse(f"没有完成：{reason}{what}；请排除后重新运行，已完成的会沿用")
    if status == INTERRUPTED:
        print("已中断。", file=sys.stderr)
    sys.exit(status if isinstance(status, int) else 0)


def _open_streams() -> None:
    """Where the caller has closed one (`2>&-`), nothing that is opened later may be taken for it."""
    while (opened := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(opened)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _forget_stdout() -> None:
    """What could not be written to it is not tried again when Python ends."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(sentence: str) -> NoReturn:
    print(shown(f"错误：{sentence}"), file=sys.stderr)
    sys.exit(2)


def _usage(error: Exception) -> str:
    """What typer says in English of a wrong call, as a Chinese sentence."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "green-report"
    option, near = getattr(error, "option_name", ""), getattr(error, "possibilities", None)
    if near is not None or type(error).__name__ == "NoSuchOption":
        hint = f"；是不是 {'、'.join(near)}" if near else ""
        return f"没有选项 {option}{hint}；运行 {command} --help 可查看全部选项"
    parameter = getattr(error, "param", None)
    if type(error).__name__ == "MissingParameter" and parameter is not None:
        return f"缺少{parameter.help or parameter.name}；运行 {command} --help 可查看用法"
    name = "/".join(parameter.opts) if parameter is not None else option
    message = str(getattr(error, "message", ""))
    for pattern, sentence in USAGE.items():
        if found := re.search(pattern, message):
            message = sentence.format(*found.groups())
    return f"{name or command}：{message}；运行 {command} --help 可查看用法"
