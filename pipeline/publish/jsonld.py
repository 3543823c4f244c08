"""What a page of the site is about, for machines that index: a schema.org Dataset as JSON-LD in its head.

It is data, which a page's policy lets be: nothing of it is run.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from pipeline.language.words import Words
from pipeline.publish import datapackage, frame, sdmx, whole, workbook
from pipeline.publish.taken import Edition, licence

DISTRIBUTED = {
    datapackage.DESCRIPTOR: "application/json",
    workbook.NAME: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    f"{whole.VALUES}.csv": "text/csv",
    sdmx.DATA: "application/vnd.sdmx.data+csv;version=2.0.0",
    f"{whole.SCENARIOS}.csv": "text/csv",
}
"""Of the downloads, what is named on every page."""


def told(
    page: str, edition: Edition, path: str, words: Words, region: str, there: Collection[str], base_url: str
) -> str:
    """`page`, which will stand at `path` below the root, with what its data are. region: in Chinese; there: the paths
    of the site."""
    return page.replace("</head>", f"{script(edition, path, words, region, there, base_url)}</head>", 1)


def script(edition: Edition, path: str, words: Words, region: str, there: Collection[str], base_url: str) -> str:
    """What a page's data are, as it stands in its head; see `told`."""
    root = base_url or "../" * path.count("/")
    where = {name: f"downloads/{edition.name}/{name}" for name in DISTRIBUTED}
    files = [
        {
            "@type": "DataDownload",
            "name": name,
            "encodingFormat": DISTRIBUTED[name],
            "contentUrl": root + frame.address(*place.split("/")),
        }
        for name, place in where.items()
        if place in there
    ]
    about: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": datapackage.called(edition, words) + words("in_brackets", text=words.say(region)),
        "description": words("site_one_table"),
        "version": edition.name,
        "datePublished": edition.date,
        "inLanguage": words.tag,
        "temporalCoverage": str(edition.year),
        "spatialCoverage": {"@type": "Place", "name": words.say(region)},
        "publisher": {"@type": "Organization", "name": words.say(edition.publisher)},
        "license": {"@type": "CreativeWork", "text": licence(edition.first.record) or words("site_rights")},
        "isAccessibleForFree": True,
        "distribution": files,
    }
    if base_url:
        about["url"] = base_url + frame.address(*path.split("/"))
    data = json.dumps(about, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{data}</script>\n'
