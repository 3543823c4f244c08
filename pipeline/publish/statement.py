"""What an edition was made from and with, as a statement that machines read: in-toto Statement v1 with the predicate of
SLSA Provenance v1. Whoever publishes may sign it with a key of their own (ed25519, in a DSSE envelope).

    <edition>/statement.json         every file of the edition with its SHA-256, and of what they were made
    <edition>/statement.dsse.json    the same, signed
    statement.dsse.json              signed: that SHA256SUMS is the list of all files of the site

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md, https://slsa.dev/spec/v1.0/provenance,
https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.build.provenance import LOCK
from pipeline.publish.taken import AUDIENCE, Edition, Report

NAME, SIGNED = "statement.json", "statement.dsse.json"
STATEMENT, PROVENANCE = "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"
LISTED = "urn:green-report:listed:1"  # the predicate that SHA256SUMS lists a site
BUILD_TYPE = "urn:green-report:edition:1"
PAYLOAD = "application/vnd.in-toto+json"
FILINGS, FILED = "filings", "填报（"  # the filed inputs here, and how the public's record begins to call them


def of_edition(edition: Edition, sums: Mapping[str, str]) -> bytes:
    """The statement of the edition, whose files are `sums`: path on the site -> SHA-256."""
    made = {f"{one.region.code}/{one.scenario}": manifest(one.record) for one in edition.reports}
    first = made[_key(edition.first)]
    different = {key: told for key, one in made.items() if (told := _beyond(one, first))}
    predicate = {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "edition": edition.name,
                "year": edition.year,
                "filings": edition.filings,
                "audience": AUDIENCE,
                "regions": [region.code for region in edition.regions],
                "scenarios": list(edition.scenarios),
                "formats": list(edition.formats),
                "languages": [words.language for words in edition.languages],
                "date": edition.date,
                "publisher": edition.publisher,
            },
            "internalParameters": {"all": {"parameters": first["parameters"]}, "different": different},
            "resolvedDependencies": _dependencies(first),
        },
        "runDetails": {
            "builder": {"id": "urn:green-report", "version": first["toolchain"]},
            "metadata": {"dirty": bool(first["code"].get("dirty"))},
        },
    }
    return _statement(sums, PROVENANCE, predicate)


def manifest(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a report was made from and with, of its provenance.json: inputs (name -> SHA-256), parameters (name -> value),
    code (commit, lock, dirty), toolchain (name -> version), fonts (family -> SHA-256)."""
    code = dict(record.get("code") or {})
    return {
        "inputs": {
            FILINGS if one["path"].startswith(FILED) else one["path"]: one["sha256"] for one in record.get("inputs", [])
        },
        "parameters": {one["参数"]: one["取值"] for one in record.get("parameters", [])},
        "code": {"commit": code.get("commit"), "dirty": code.get("dirty"), "lock": record.get("lock")},
        "toolchain": {"green-report": code.get("version")} | dict(record.get("versions") or {}),
        "fonts": {one["family"]: one["sha256"] for one in record.get("fonts", [])},
    }


def told(predicate: Mapping[str, Any], report: str) -> dict[str, dict[str, Any]]:
    """`manifest` of one report (`440000/plan`), as the predicate of an edition tells it. Raises KeyError, TypeError."""
    built, run = predicate["buildDefinition"], predicate["runDetails"]
    found: dict[str, dict[str, Any]] = {name: {} for name in ("inputs", "parameters", "code", "toolchain", "fonts")}
    found["parameters"] = dict(built["internalParameters"]["all"]["parameters"])
    found["toolchain"] = dict(run["builder"]["version"])
    found["code"] = {"commit": None, "dirty": run["metadata"]["dirty"], "lock": None}
    for one in built["resolvedDependencies"]:
        kind, _, name = one["name"].partition(":")
        if kind == "code":
            found["code"]["commit"] = one["digest"]["gitCommit"]
        elif kind == "lock":
            found["code"]["lock"] = one["digest"]["sha256"]
        else:
            found["fonts" if kind == "font" else "inputs"][name] = one["digest"]["sha256"]
    for part, values in built["internalParameters"]["different"].get(report, {}).items():
        found[part] |= values
        found[part] = {name: value for name, value in found[part].items() if value is not None or part == "code"}
    return found


def _key(report: Report) -> str:
    return f"{report.region.code}/{report.scenario}"


def _beyond(one: Mapping[str, dict[str, Any]], first: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What of a manifest is not that of the first report; None for what it has not."""
    found = {}
    for part, values in one.items():
        names = [*values, *(name for name in first[part] if name not in values)]
        other = {name: values.get(name) for name in names if values.get(name) != first[part].get(name)}
        if other:
            found[part] = other
    return found


def _dependencies(made: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    code, lock = made["code"]["commit"], made["code"]["lock"]
    named = [("input", name, digest) for name, digest in made["inputs"].items()]
    named += [("font", name, digest) for name, digest in made["fonts"].items()] + [("lock", LOCK, lock)]
    found = [{"name": f"{kind}:{name}", "digest": {"sha256": digest}} for kind, name, digest in named if digest]
    return [*found, *([{"name": "code:git", "digest": {"gitCommit": code}}] if code else [])]


def of_site(name: str, content: bytes) -> bytes:
    """The statement that the file `name` lists all files of the site."""
    return _statement({name: hashlib.sha256(content).hexdigest()}, LISTED, {})


def _statement(sums: Mapping[str, str], type: str, predicate: Mapping[str, Any]) -> bytes:
    subject = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(sums.items())]
    content = {"_type": STATEMENT, "subject": subject, "predicateType": type, "predicate": predicate}
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


# --- signatures ----------------------------------------------------------------------------------------------


def signed(statement: bytes, key: Ed25519PrivateKey) -> bytes:
    """The statement in an envelope with its signature. The same statement and key give the same bytes."""
    signature = {"keyid": key_id(key.public_key()), "sig": base64.b64encode(key.sign(_signed_text(statement))).decode()}
    content = {"payloadType": PAYLOAD, "payload": base64.b64encode(statement).decode(), "signatures": [signature]}
    return (json.dumps(content, indent=1) + "\n").encode()


def key_id(key: Ed25519PublicKey) -> str:
    """SHA-256 of the key, by which a signature says whose it is."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()


def opened(envelope: Path) -> tuple[bytes, Sequence[Mapping[str, str]]]:
    """What was signed, and the signatures. Raises ValueError for what is no envelope of a statement."""
    if not envelope.is_file():  # a pipe would be waited for
        raise ValueError(envelope.name)
    try:
        content = json.loads(envelope.read_text("utf-8"))
        if content["payloadType"] != PAYLOAD:
            raise ValueError(content["payloadType"])
        signatures = [{"keyid": str(one["keyid"]), "sig": str(one["sig"])} for one in content["signatures"]]
        return base64.b64decode(content["payload"], validate=True), signatures
    except (OSError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(envelope.name) from error


def holds(payload: bytes, signature: Mapping[str, str], key: Ed25519PublicKey) -> bool:
    """Whether the signature is one of `key` on what was signed."""
    try:
        key.verify(base64.b64decode(signature["sig"], validate=True), _signed_text(payload))
    except (InvalidSignature, ValueError):
        return False
    return True


def _signed_text(payload: bytes) -> bytes:
    """The pre-authentication encoding of DSSE."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)
