"""ro-crate-metadata.json: the whole publication as an RO-Crate 1.2 (https://w3id.org/ro/crate/1.2), with terms of W3C PROV.

Every file with its hash; for each edition what made it: sources, parameters, code, by whom and when. What the files were made
from is named with its hash and is no part of the crate, so no path leads out of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from pipeline.language.words import CHINESE
from pipeline.publish.taken import licence
from pipeline.reports.front import TITLE

NAME = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/crate/1.2"
Entity = dict[str, Any]
_KINDS = {
    "html": "text/html", "css": "text/css", "js": "text/javascript", "json": "application/json", "csv": "text/csv",
    "txt": "text/plain", "xml": "application/xml", "yaml": "application/yaml", "pdf": "application/pdf",
    "parquet": "application/vnd.apache.parquet", "conf": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip


def metadata(
    editions: Sequence[Mapping[str, Any]], sums: Mapping[str, str], records: Mapping[str, Mapping[str, Any]]
) -> str:
    """editions: the newest first, as editions.json lists them; sums: path -> SHA-256 of every file; records: edition -> what
    its first report was made of (its provenance as published)."""
    newest = editions[0]
    made: dict[str, Entity] = {}
    actions = [_action(one, records[one["name"]], made) for one in editions]
    of = {path: next((one["name"] for one in editions if path.startswith(_folders(one))), "") for path in sums}
    files = [_file(path, digest, of[path]) for path, digest in sorted(sums.items())]
    folders = [
        {"@id": folder, "@type": ["Dataset", "prov:Entity"], "name": f"{TITLE} {one['name']}", "version": one["name"]}
        | {"datePublished": one["date"], "license": {"@id": "#rights"}, "publisher": {"@id": _who(one)}}
        | {"prov:wasGeneratedBy": {"@id": _what(one)}, "prov:wasAttributedTo": {"@id": _who(one)}}
        for one in editions
        for folder in map(quote, _folders(one))
    ]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": TITLE,
        "description": CHINESE("site_about_crate"),
        "datePublished": newest["date"],
        "license": {"@id": "#rights"},
        "publisher": {"@id": _who(newest)},
        "inLanguage": newest.get("languages", ["zh"]),
        "hasPart": [_link(part["@id"]) for part in (*folders, *files)],
        "mentions": [_link(action["@id"]) for action in actions],
    }
    about = {"@id": NAME, "@type": "CreativeWork", "conformsTo": {"@id": PROFILE}, "about": {"@id": "./"}}
    rights = {
        "@id": "#rights",
        "@type": "CreativeWork",
        "name": licence(records[newest["name"]]) or CHINESE("site_rights"),
    }
    graph = [about, root, rights, *folders, *actions, *made.values(), *files]
    context = [f"{PROFILE}/context", {"prov": "http://www.w3.org/ns/prov#"}]
    return json.dumps({"@context": context, "@graph": graph}, ensure_ascii=False, indent=1) + "\n"


def _folders(one: Mapping[str, Any]) -> tuple[str, str]:
    return f"{one['name']}/", f"downloads/{one['name']}/"


def _action(one: Mapping[str, Any], record: Mapping[str, Any], made: dict[str, Entity]) -> Entity:
    """What made an edition; what it names is put into `made`."""

    def put(entity: Entity) -> dict[str, str]:
        return _link(made.setdefault(entity["@id"], entity)["@id"])

    who = put({"@id": _who(one), "@type": ["Organization", "prov:Agent"], "name": one["publisher"]})
    code = record.get("code", {})
    version = {"version": code["version"]} if "version" in code else {}
    commit = {"identifier": code["commit"]} if code.get("commit") else {}
    tool = {"@type": "SoftwareSourceCode", "name": "green-report", "programmingLanguage": "Python", **version, **commit}
    used = [
        put({"@id": f"#input-{file['sha256']}", "@type": ["CreativeWork", "prov:Entity"], "name": file["path"], "sha256": file["sha256"]})
        for file in record.get("inputs", [])
    ]  # fmt: skip
    chosen = [
        put({"@id": f"#parameter-{quote(one['name'])}-{at}", "@type": "PropertyValue", "name": told["参数"], "value": told["取值"]})
        for at, told in enumerate(record.get("parameters", []), 1)
    ]  # fmt: skip
    return {
        "@id": _what(one),
        "@type": ["CreateAction", "prov:Activity"],
        "name": f"{TITLE} {one['name']}",
        "endTime": one["date"],
        "agent": who,
        "instrument": put({"@id": f"#code-{code.get('commit') or 'green-report'}", **tool}),
        "object": [*used, *chosen],
        "result": [_link(quote(folder)) for folder in _folders(one)],
        "prov:used": used,
        "prov:wasAssociatedWith": who,
    }


def _file(path: str, digest: str, edition: str) -> Entity:
    kind = _KINDS.get(PurePosixPath(path).suffix[1:], "application/octet-stream")
    made = {"prov:wasGeneratedBy": {"@id": f"#made-{quote(edition)}"}} if edition else {}
    return {"@id": quote(path), "@type": "File", "name": path, "encodingFormat": kind, "sha256": digest, **made}


def _who(one: Mapping[str, Any]) -> str:
    return f"#publisher-{quote(one['publisher'], safe='')}"


def _what(one: Mapping[str, Any]) -> str:
    return f"#made-{quote(one['name'])}"


def _link(id: str) -> dict[str, str]:
    return {"@id": id}
