"""Archives that mean harm or came damaged: refused, and nothing is left on the disk."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.ingest import archive

GOOD = {"GSM1_a.txt": b"one" * 400, "x/GSM2_b.txt.gz": gzip.compress(b"two", mtime=0)}


@pytest.fixture(autouse=True)
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put temporary files where the test sees them."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def pack(path: Path, *extra: tarfile.TarInfo, mode: str = "w") -> Path:
    with tarfile.open(path, mode) as out:  # type: ignore[call-overload]
        for name, data in GOOD.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
        for info in extra:
            out.addfile(info)
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tgz"])
def test_whole_archives_are_read_in_place(tmp_path: Path, disk: Path, suffix: str) -> None:
    path = pack(tmp_path / f"a.{suffix}", member(".hidden"), mode="w" if suffix == "tar" else "w:gz")
    assert archive.names(path) == sorted(GOOD)
    assert archive.read(path, "GSM1_a.txt") == GOOD["GSM1_a.txt"]
    assert archive.read(path, "x/GSM2_b.txt.gz") == b"two"
    with archive.as_file(path, "x/GSM2_b.txt.gz") as file:
        assert file.read_bytes() == b"two"
        assert disk in file.parents
    assert not list(disk.iterdir())


@pytest.mark.parametrize(
    "bad",
    [
        member("../GSM3.txt"),
        member("a/../../GSM3.txt"),
        member("/tmp/GSM3.txt"),
        member("GSM3.txt", tarfile.SYMTYPE, "/etc/passwd"),
        member("GSM3.txt", tarfile.SYMTYPE, "GSM1_a.txt"),
        member("GSM3.txt", tarfile.LNKTYPE, "GSM1_a.txt"),
        member("GSM3.txt", tarfile.CHRTYPE),
        member("GSM3.txt", tarfile.BLKTYPE),
        member("GSM3.txt", tarfile.FIFOTYPE),
    ],
    ids=lambda info: f"{info.name}-{info.type.decode()}",
)
def test_unsafe_members(tmp_path: Path, bad: tarfile.TarInfo) -> None:
    path = pack(tmp_path / "a.tar", bad)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(
        InputError, match=rf"has the member {bad.name}, which points outside .* do not use this archive"
    ):
        archive.names(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_bombs(tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.tar"
    pack(path).write_bytes(path.read_bytes()[:-10240] + member("huge", size=10**12).tobuf())
    with pytest.raises(InputError, match="holds more than .* bytes; expected at most 200 times its own size"):
        archive.names(path)
    monkeypatch.setattr(archive, "_FLOOR", 1000)
    zeros = tmp_path / "zeros.tgz"
    with tarfile.open(zeros, "w:gz") as out:
        out.addfile(member("z", size=10**7), io.BytesIO(bytes(10**7)))
    with pytest.raises(InputError, match="holds more than"):
        archive.names(zeros)
    inner = tmp_path / "inner.tar"
    data = gzip.compress(bytes(10**7), mtime=0)
    with tarfile.open(inner, "w") as out:
        out.addfile(member("z.gz", size=len(data)), io.BytesIO(data))
    with pytest.raises(InputError, match="holds more than"):
        archive.read(inner, "z.gz")
    with pytest.raises(InputError, match="holds more than"), archive.as_file(inner, "z.gz"):
        pass
    assert not list(disk.iterdir())


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_cut_anywhere(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cut")
    path = pack(folder / "a.tar")
    whole = path.read_bytes()
    members = whole.rstrip(b"\0")
    end = -(-len(members) // 512) * 512  # where the end mark begins
    path.write_bytes(whole[: data.draw(st.integers(0, end))])
    with pytest.raises(InputError, match=r"cannot be read as an archive .*fetch it again"):
        archive.names(path)
    assert [p.name for p in folder.iterdir()] == ["a.tar"]


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.tar")
    data = bytearray(path.read_bytes())
    data[512 + 1536 + 3] ^= 0xFF  # in the name of the second member
    path.write_bytes(data)
    with pytest.raises(InputError, match="cannot be read as an archive"):
        archive.names(path)


@pytest.mark.parametrize("cut", [12, 40, -3])
def test_a_cut_gzip_leaves_nothing(tmp_path: Path, disk: Path, cut: int) -> None:
    path = tmp_path / "m.h5.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 9, mtime=0)[:cut])
    with pytest.raises(InputError, match="is damaged .*fetch it again"), archive.as_file(path, path.name):
        pass
    assert not list(disk.iterdir())


def test_a_pattern_chooses_in_a_folder(tmp_path: Path, disk: Path) -> None:
    disk.rmdir()
    (tmp_path / "x").mkdir()
    for name in ("a.txt", "x/b.txt", ".part-1-c.txt"):
        (tmp_path / name).write_text("1")
    assert archive.names(tmp_path) == ["a.txt", "x/b.txt"]
    assert archive.names(tmp_path, "x/*") == ["x/b.txt"]
    assert archive.inputs(tmp_path, ["a.txt"]) == [tmp_path / "a.txt"]


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.sampled_from(["..", ".", "a", "GSM1.txt", "...", "b..c"]), min_size=1, max_size=5),
    absolute=st.booleans(),
)
def test_no_name_leads_outside(parts: list[str], absolute: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("names")
    path = pack(folder / "a.tar", member("/" * absolute + "/".join(parts)))
    if absolute or ".." in parts:
        with pytest.raises(InputError, match="points outside the archive"):
            archive.names(path)
    else:
        assert set(GOOD) <= set(archive.names(path))
    assert [p.name for p in folder.iterdir()] == ["a.tar"]
