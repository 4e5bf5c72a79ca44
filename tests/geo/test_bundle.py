"""Packing files and restoring them: everything, proven, or nothing."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.geo.bundle import MANIFEST, create_bundle, restore_bundle

FILES = {"config/config.yaml": b"a: 1\n", "resources/geo/GSE5/matrix/x.gz": bytes(range(256)) * 50, "empty": b""}


def put(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def content(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    root = put(tmp_path / "here", FILES)
    assert create_bundle(FILES, tmp_path / "run.tar", root=root) == sorted(FILES)
    return tmp_path / "run.tar"


def test_what_goes_in_comes_out(bundle: Path, tmp_path: Path) -> None:
    assert restore_bundle(bundle, tmp_path / "there") == sorted(FILES)
    assert content(tmp_path / "there") == FILES
    assert restore_bundle(bundle, tmp_path / "there") == sorted(FILES)  # again, over the same files


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.text("abc.é- ", min_size=1, max_size=12).map(lambda s: f"d/{s.strip('. ')}x"), st.binary(), min_size=1
    )
)
def test_any_names_and_bytes(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    root = put(tmp_path_factory.mktemp("in"), files)
    create_bundle(files, root / "run.tar", root=root)
    out = tmp_path_factory.mktemp("out")
    restore_bundle(root / "run.tar", out)
    assert content(out) == files


def test_the_same_files_give_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    other = put(tmp_path / "elsewhere", FILES)
    create_bundle(list(FILES)[::-1], tmp_path / "again.tar", root=other)
    assert (tmp_path / "again.tar").read_bytes() == bundle.read_bytes()


def test_a_file_that_is_there_and_differs_is_kept(bundle: Path, tmp_path: Path) -> None:
    there = put(tmp_path / "there", {"empty": b"mine"})
    with pytest.raises(InputError, match="empty exists and differs"):
        restore_bundle(bundle, there)
    assert content(there) == {"empty": b"mine"}


@pytest.mark.parametrize("where", [0.2, 0.6, 0.95])
def test_a_flipped_byte_or_a_cut_archive_restores_nothing(bundle: Path, tmp_path: Path, where: float) -> None:
    data = bytearray(bundle.read_bytes())
    inside = data.find(bytes(range(256)) * 50) + int(where * 256 * 50)
    data[inside] ^= 1
    for bad in (bytes(data), bundle.read_bytes()[:inside], b"", b"no archive at all" * 100):
        bundle.write_bytes(bad)
        with pytest.raises(InputError, match="cannot be restored"):
            restore_bundle(bundle, tmp_path / "there")
        assert content(tmp_path / "there") == {}


def made(path: Path, entries: list[tuple[tarfile.TarInfo, bytes]], announced: list[dict[str, object]]) -> None:
    with tarfile.open(path, "w") as archive:
        text = json.dumps({"files": announced}).encode()
        first = tarfile.TarInfo(MANIFEST)
        first.size = len(text)
        archive.addfile(first, io.BytesIO(text))
        for info, data in entries:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def linked(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return info


@pytest.mark.parametrize(
    ("name", "change"), [("../x", lambda i: i), ("/x", lambda i: i), ("a/../../x", lambda i: i), ("a", linked)]
)
def test_nothing_leads_outside(tmp_path: Path, name: str, change: Callable) -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    path = tmp_path / "bad.tar"
    made(path, [(change(tarfile.TarInfo(name)), b"")], [{"path": name, "size": 0, "sha256": empty}])
    with pytest.raises(InputError, match="cannot be restored"):
        restore_bundle(path, tmp_path / "a" / "b")
    assert content(tmp_path) == {"bad.tar": path.read_bytes()}


def test_what_cannot_be_packed_is_named(tmp_path: Path) -> None:
    root = put(tmp_path / "here", {"a": b"1"})
    put(tmp_path, {"outside": b"2"})
    for files, message in ((["b"], "b is not a file"), (["../outside"], "outside is outside")):
        with pytest.raises(InputError, match=message):
            create_bundle(files, tmp_path / "run.tar", root=root)
    assert not (tmp_path / "run.tar").exists()
