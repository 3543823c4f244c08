"""The page on method and revisions: how indicators are computed, what was revised, how files are checked."""

from __future__ import annotations

from pipeline.publish import frame, home, policy
from pipeline.publish.taken import Block, Edition
from pipeline.reports import markup
from pipeline.reports.front import TITLE
from pipeline.reports.markup import text_html

METHODS, REVISIONS = "t-method-", "t-revision-"


def method(edition: Edition, theme: frame.Theme) -> str:
    """`<edition>/method.html`: the tables on method and on revisions of the report on the front page."""
    first = edition.first
    where = home.report_path(first, "html")
    methods = [block for block in first.blocks if block.id.startswith(METHODS)]
    revisions = [block for block in first.blocks if block.id.startswith(REVISIONS)]
    none = "<p>这一版没有列出修订。</p>"
    told = [
        '<section id="about"><h2>报告依据什么，怎样生成</h2>'
        f"<p>{text_html(TITLE)}依据企业填报和公开统计，由程序按声明的指标目录计算；每个地区、每个情景各一份报告，"
        "文字中的数、图和表都由同一份数据生成。没有填报的目标写“未报送”，不以别的数代替。"
        f'各份报告的附录列出方法、数据质量、修订、参数和来源，例如<a href="{where}">{text_html(first.region.name_zh)}报告</a>。</p>'
        "<p>网站只发布为公众生成的报告：对外不显示的数在报告中写〔保密〕，所依据的规则见附录。</p></section>",
        f'<section id="methods"><h2>指标的口径与方法</h2>{_tables(methods)}</section>' if methods else "",
        f'<section id="revisions"><h2>修订</h2>{_tables(revisions) or none}</section>',
        '<section id="check"><h2>核对文件</h2><p>SHA256SUMS 列出全部文件的 SHA-256；下载整个网站后在其文件夹中运行 '
        "<code>sha256sum -c SHA256SUMS</code> 可核对有没有缺少或改动。相同的输入生成相同的文件。</p>"
        '<p><a href="../SHA256SUMS">SHA256SUMS</a></p></section>',
        '<section id="safety"><h2>网页的安全策略</h2><p>页面不从别处加载任何内容，不收集任何信息。'
        f"内容安全策略：<code>{text_html(policy.POLICY)}</code></p></section>",
    ]
    ways = [("首页", "index.html"), ("数据下载", f"../{frame.address(home.DOWNLOADS, edition.name, 'index.html')}")]
    return frame.page(
        f"方法与修订（{edition.year} 年）",
        frame.head(edition, "方法与修订", ways),
        "\n".join(filter(None, told)),
        "../",
        theme,
    )


def _tables(blocks: list[Block]) -> str:
    return "".join(markup.to_html(dict(block.payload), block.number.split(" ", 1)[-1]) for block in blocks)
