"""The manifest of fetched files."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from fatescore.errors import InputError
from fatescore.geo.accession_files import FILE_NAME, Manifest


def test_a_manifest_comes_back_and_an_absent_one_is_empty(tmp_path: Path) -> None:
    manifest = Manifest.read(tmp_path, "GSE5", "https://x.example")
    assert manifest == Manifest("GSE5", "https://x.example")
    manifest.kinds["counts"], manifest.notes["counts"] = [], ["none"]
    manifest.files["a"] = {"url": "u", "size": 1, "sha256": "0", "date": ""}
    manifest.write(tmp_path)
    assert Manifest.read(tmp_path, "GSE5", "https://x.example") == manifest


@pytest.mark.parametrize("text", ["", "[]", '{"accession": "GSE5", "base_url": "", "files": {}}', '{"files": 3}'])
def test_what_is_not_a_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(InputError, match=r"manifest\.json is not a manifest .*; remove it to pin the files anew"):
        Manifest.read(tmp_path, "GSE5", "")


def test_only_the_pinned_bytes_are_intact(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"bone")
    manifest = Manifest("GSE5", "", {"a": {"size": 4, "sha256": sha256(b"bone").hexdigest()}})
    assert manifest.is_intact(tmp_path, "a")
    assert not manifest.is_intact(tmp_path, "b")
    for content in (b"bony", b"fat"):
        (tmp_path / "a").write_bytes(content)
        assert not manifest.is_intact(tmp_path, "a")
