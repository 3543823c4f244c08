"""`green-report check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.printing import known_format, print_frame, print_json, print_table, terminal
from pipeline.errors import shown
from pipeline.layout import Layout


def check(
    folder: Annotated[
        Path, typer.Argument(metavar="文件夹", help="填报文件所在的文件夹，可按填报年份分子文件夹", show_default=False)
    ],
    year: Annotated[int | None, typer.Option(help="报告年份，晚于它的行退回；默认是有数据的最近一年")] = None,
    format: Annotated[str, typer.Option(help="table（表格）或 json")] = "table",
    remarks: Annotated[Path | None, typer.Option(help="另把审核意见写成工作簿，放入这个文件夹")] = None,
) -> None:
    """检查填报数据：逐表说明读到、接受、退回多少行，哪里不对，应当怎样。

    退出码：0 没有问题，1 有需要核实的地方，2 有退回的行或没有读全的文件。
    """
    from pipeline.filings import answer
    from pipeline.filings.intake import take_in

    known_format(format, "table", "json")
    layout = Layout.current()
    intake = take_in(folder, layout, year)
    written = []
    if remarks:
        from pipeline.filings.remarks import write_remarks

        written = write_remarks(intake, remarks)
    if format == "json":
        print_json(answer.as_data(intake))
        raise typer.Exit(intake.status)
    console = terminal()
    print_frame(answer.by_table(intake.counts), f"填报检查：{folder}（报告年份 {intake.report_year}）")
    broken = list(answer.not_read(intake.files))
    for status, sentence in broken[: answer.SHOWN]:
        console.print(shown(sentence), style="red" if status == "unreadable" else "yellow")
    if len(broken) > answer.SHOWN:
        console.print(f"还有 {len(broken) - answer.SHOWN} 个没有读全的文件没有列出，见 --format json。", style="red")
    kinds = answer.alike(intake.findings)
    for severity, sentence in kinds.head(answer.SHOWN).iter_rows():
        said = shown(f"{answer.SEVERITIES[severity]}  {sentence}")
        console.print(said, style="red" if severity == "error" else "yellow")
    if kinds.height > answer.SHOWN:
        by_rule = answer.by_rule(intake.findings).rows()
        title = f"还有 {kinds.height - answer.SHOWN} 类没有列出；全部按规则计"
        print_table(by_rule, ["性质", "规则", "表", "处"], title)
        console.print("全部内容见 --format json，或用 --remarks 文件夹 写成审核意见。")
    for note in answer.notes(intake):
        console.print(shown(note))
    for path in written[: answer.SHOWN]:
        console.print(shown(f"审核意见：{path}"))
    if len(written) > answer.SHOWN:
        console.print(shown(f"审核意见共 {len(written)} 份，都在 {remarks}"))
    console.print(answer.verdict(intake))
    raise typer.Exit(intake.status)
