"""What a publication says that it was made of, and the key that signs it."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.publish import keys, statement
from pipeline.publish.site import publish
from tests.conftest import Run
from tests.publish.conftest import House


def read(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def sums(site: Path) -> dict[str, str]:
    lines = (site / "SHA256SUMS").read_text("utf-8").splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


def test_the_statement_names_every_file_of_the_edition_and_what_it_was_made_of(house: House) -> None:
    path = house.folder("广东") / "provenance.json"
    record = read(path)
    record["parameters"] = [{"参数": "g_it", "取值": "0.2", "来源": "省文件"}]
    path.write_text(json.dumps(record, ensure_ascii=False), "utf-8")
    publish(house.layout, house.wanted())
    site = house.root / "site"
    told = read(site / "2025-sample" / "statement.json")
    assert (told["_type"], told["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://slsa.dev/provenance/v1",
    )
    subject = {one["name"]: one["digest"]["sha256"] for one in told["subject"]}
    listed = sums(site)
    assert subject == {
        path: digest
        for path, digest in listed.items()
        if path.startswith(("2025-sample/", "downloads/2025-sample/", "assets/"))
        and not path.endswith("statement.json")
    }
    assert len(subject) > 10
    built = told["predicate"]["buildDefinition"]
    assert built["externalParameters"]["regions"] == ["000000", "440000"]
    assert {"name": "input:data/raw/public/energy.csv", "digest": {"sha256": "0" * 64}} in built["resolvedDependencies"]
    assert "某企业" not in json.dumps(told, ensure_ascii=False).replace("sample/某企业.xlsx", "")
    of_guangdong = statement.told(told["predicate"], "440000/plan")
    assert of_guangdong["parameters"] == {"g_it": "0.2"}
    assert statement.told(told["predicate"], "000000/plan")["parameters"] == {}
    assert of_guangdong["inputs"]["data/raw/public/energy.csv"] == "0" * 64


def test_a_signed_site_is_signed_as_the_standard_says_and_the_same_again(house: House, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    file, public = keys.new(tmp_path / "keys" / "publisher")
    publish(house.layout, house.wanted(sign=file))
    site = house.root / "site"
    envelope = read(site / "2025-sample" / "statement.dsse.json")
    payload = base64.b64decode(envelope["payload"])
    assert payload == (site / "2025-sample" / "statement.json").read_bytes()
    # by hand: "DSSEv1" SP length SP type SP length SP body
    kind = b"application/vnd.in-toto+json"
    text = b"DSSEv1 28 " + kind + b" " + str(len(payload)).encode() + b" " + payload
    load_pem_public_key(public.read_bytes()).verify(base64.b64decode(envelope["signatures"][0]["sig"]), text)  # type: ignore[union-attr, call-arg]
    root = json.loads(base64.b64decode(read(site / "statement.dsse.json")["payload"]))
    whole = hashlib.sha256((site / "SHA256SUMS").read_bytes()).hexdigest()
    assert root["subject"] == [{"name": "SHA256SUMS", "digest": {"sha256": whole}}]
    again = publish(house.layout, house.wanted(sign=file))
    assert (again.changed, again.previous) == (0, None)
    assert b"PRIVATE" not in b"".join(one.read_bytes() for one in site.rglob("*") if one.is_file())
    publish(house.layout, house.wanted())
    assert not list(site.rglob("*.dsse.json"))  # nobody vouches for what was published without the key


def test_a_key_is_read_by_its_owner_alone_and_never_written_over(green_report: Run, tmp_path: Path) -> None:
    file = tmp_path / "keys" / "publisher"
    run = green_report("key", "new", str(file))
    assert run.returncode == 0, run.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert file.with_name("publisher.pub").read_text().startswith("-----BEGIN PUBLIC KEY-----")
    again = green_report("key", "new", str(file))
    assert again.returncode == 2
    assert "没有覆盖" in again.stderr


def refusal(call: object, *arguments: object) -> str:
    with pytest.raises(UserError) as caught:
        call(*arguments)  # type: ignore[operator]
    assert "\n" not in caught.value.message
    return caught.value.id


def test_a_key_lies_in_no_repository_and_no_site(house: House, tmp_path: Path) -> None:
    file, public = keys.new(tmp_path / "keys" / "publisher")
    publish(house.layout, house.wanted())
    site = house.root / "site"
    (tmp_path / "link").symlink_to(site, target_is_directory=True)
    (tmp_path / "other" / ".git").mkdir(parents=True)
    for path in (
        site / "key",
        tmp_path / "link" / "key",
        house.root / "data" / "key",
        tmp_path / "other" / "a" / "key",
    ):
        assert refusal(keys.new, path, house.root) == "key.inside"
        assert not path.exists()
    inside = house.root / "key"
    inside.write_bytes(file.read_bytes())
    assert refusal(publish, house.layout, house.wanted(sign=inside)) == "key.inside"
    assert refusal(publish, house.layout, house.wanted(sign=public)) == "key.unreadable"
    assert refusal(publish, house.layout, house.wanted(sign=tmp_path / "none")) == "key.missing"
    file.chmod(0o640)
    assert refusal(publish, house.layout, house.wanted(sign=file)) == "key.open"
