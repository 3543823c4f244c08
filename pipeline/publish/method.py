"""The page on method and revisions: how indicators are computed, what was revised, how files are checked."""

from __future__ import annotations

from pipeline.language.words import Words
from pipeline.publish import frame, home, policy, statement
from pipeline.publish.taken import Block, Edition
from pipeline.reports import markup
from pipeline.reports.markup import text_html

METHODS, REVISIONS = "t-method-", "t-revision-"


def method(edition: Edition, theme: frame.Theme, words: Words) -> str:
    """`<edition>/method.html`: the tables on method and on revisions of the report on the front page."""
    first = edition.first.told(words)
    link = f'<a href="{home.report_path(first, "html")}">{text_html(words.say(first.region.name_zh))}</a>'
    methods = [block for block in first.blocks if block.id.startswith(METHODS)]
    revisions = [block for block in first.blocks if block.id.startswith(REVISIONS)]
    none = f"<p>{words('site_no_revision')}</p>"
    about = words("site_about_said", title=words("report_title"), report=link)
    told = [
        f'<section id="about"><h2>{words("site_about")}</h2><p>{about}</p>'
        f"<p>{words('site_cleared', hidden=words.hidden)}</p></section>",
        f'<section id="methods"><h2>{words("site_methods")}</h2>{_tables(methods, words)}</section>' if methods else "",
        f'<section id="revisions"><h2>{words("site_revisions")}</h2>{_tables(revisions, words) or none}</section>',
        f'<section id="check"><h2>{words("site_check")}</h2><p>{words("site_check_said")}</p>'
        f'<p><code>sha256sum -c SHA256SUMS</code></p><p><a href="../SHA256SUMS">SHA256SUMS</a>{words.gap}<a href="{statement.NAME}">{statement.NAME}</a></p></section>',
        f'<section id="safety"><h2>{words("site_safety")}</h2><p>{words("site_safety_said")}'
        f"<code>{text_html(policy.POLICY)}</code></p></section>",
    ]
    index, title = frame.file(frame.INDEX, words), words("site_method")
    data = f"../{frame.address(home.DOWNLOADS, edition.name, index)}"
    ways = [(words("site_front"), index), (words("site_data"), data)]
    return frame.page(
        f"{title}{words('in_brackets', text=words('in_year', year=edition.year))}",
        frame.head(edition, title, frame.METHOD, words, ways),
        "\n".join(filter(None, told)),
        "../",
        theme,
        words,
    )


def _tables(blocks: list[Block], words: Words) -> str:
    return "".join(markup.to_html(dict(block.payload), block.number.split(" ", 1)[-1], words=words) for block in blocks)
