"""Archives that mean harm or came damaged: refused, and nothing is left on the disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore import packed
from fatescore.errors import InputError
from fatescore.ingest import archive
from fatescore.ingest.locate import locate, read_raw

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
    monkeypatch.setattr(packed, "_FLOOR", 1000)
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


# --- archives within archives, and zip ---------------------------------------------------------------


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zip_:
        for name, data in members.items():
            zip_.writestr(name, data)
    return out.getvalue()


PACKERS = {
    "tar": lambda tarred, files: tarred(files),
    "tar.gz": lambda tarred, files: gzip.compress(tarred(files), mtime=0),
    "tgz": lambda tarred, files: gzip.compress(tarred(files), mtime=0),
    "tar.bz2": lambda tarred, files: bz2.compress(tarred(files)),
    "tar.xz": lambda tarred, files: lzma.compress(tarred(files)),
    "zip": lambda tarred, files: zipped(files),
}


@pytest.mark.parametrize("outer", PACKERS)
@pytest.mark.parametrize("inner", PACKERS)
def test_archives_within_archives(tmp_path: Path, disk: Path, tarred: Any, outer: str, inner: str) -> None:
    parts = {f"GSM{n}_x.{inner}": PACKERS[inner](tarred, {f"b/{n}.txt": b"%d" % n, "a.gz": gzip.compress(b"a")})
             for n in (2, 1)}  # fmt: skip
    path = tmp_path / f"GSE5_RAW.{outer}"
    path.write_bytes(PACKERS[outer](tarred, {**parts, "z/last.txt": b"z"}))
    assert archive.is_archive(path)
    listed = ["GSM1_x/a.gz", "GSM1_x/b/1.txt", "GSM2_x/a.gz", "GSM2_x/b/2.txt", "z/last.txt"]
    assert archive.names(path) == listed
    assert archive.names(path, "GSM2_x/*") == listed[2:4]
    with archive.opened(path) as files:
        assert [files.read(name) for name in listed] == [b"a", b"1", b"a", b"2", b"z"]
        assert [files.read(name) for name in reversed(listed)] == [b"z", b"2", b"a", b"1", b"a"]
        with files.as_file("GSM1_x/a.gz") as file:
            assert file.read_bytes() == b"a"
    assert not list(disk.iterdir())


def test_a_zip_of_one_file_is_that_file(tmp_path: Path, tarred: Any) -> None:
    path = tmp_path / "GSE5_all.zip"
    path.write_bytes(zipped({"folder/": b"", "folder/counts.csv": b"x", "__MACOSX/._counts.csv": b"y"}))
    assert not archive.is_archive(path)
    assert archive.plain_name(path) == "folder/counts.csv"
    assert archive.read(path, path.name) == b"x"
    path.write_bytes(zipped({"one.tar": tarred({"a": b"1"})}))
    assert archive.is_archive(path)
    assert archive.plain_name(path) == path.name
    assert archive.names(path) == ["one/a"]


@pytest.mark.parametrize("names", [("a.txt", "a.txt"), ("a.txt", "./a.txt"), ("x/b", "a", "x//b")])
@pytest.mark.parametrize("kind", ["tar", "zip"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name(tmp_path: Path, names: tuple[str, ...], kind: str) -> None:
    path = tmp_path / f"r.{kind}"
    if kind == "tar":
        with tarfile.open(path, "w") as tar:
            for n, name in enumerate(names):
                tar.addfile(member(name, size=n), io.BytesIO(bytes(n)))
    else:
        with zipfile.ZipFile(path, "w") as zip_:
            for name in names:
                zip_.writestr(name, b"")
    twice = "a.txt" if names[0] == "a.txt" else "x/b"
    with pytest.raises(InputError, match=rf"several members of one name: {twice}; .*unpack it into a folder"):
        archive.names(path)


def test_an_archive_and_a_folder_of_one_name(tmp_path: Path, tarred: Any) -> None:
    path = tmp_path / "r.tar"
    path.write_bytes(tarred({"GSM1.tar": tarred({"a": b"1"}), "GSM1/a": b"2"}))
    with pytest.raises(InputError, match="several members of one name: GSM1/a"):
        archive.names(path)


@pytest.mark.parametrize("name", ["../a", "/a", "x/../../a", "..\\a"])
def test_unsafe_members_of_a_zip(tmp_path: Path, name: str) -> None:
    path = tmp_path / "r.zip"
    path.write_bytes(zipped({"b": b"", "c": b"", name: b""}))
    with pytest.raises(InputError, match="points outside the archive"):
        archive.names(path)
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as zip_:
        zip_.writestr("b", b"")
        zip_.writestr("c", b"")
        zip_.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="the member link, which points outside"):
        archive.names(path)


def test_names_of_windows(tmp_path: Path) -> None:
    path = tmp_path / "r.zip"
    path.write_bytes(zipped({"x\\a.txt": b"1", "x\\b.txt": b"2"}))
    assert archive.names(path) == ["x/a.txt", "x/b.txt"]
    assert archive.read(path, "x/a.txt") == b"1"


def test_bombs_within(tmp_path: Path, disk: Path, tarred: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_FLOOR", 1000)
    zeros = bytes(4 * 10**6)
    for name, data in {
        "a.zip": zipped({"a": zeros, "b": b""}),
        "b.tar": tarred({"z.tar.gz": gzip.compress(tarred({"z": zeros}))}),
        "c.zip": zipped({"z.zip": zipped({"a": zeros, "b": zeros}), "b": b""}),
        "d.tar.xz": lzma.compress(tarred({"z": zeros})),
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match="holds more than .* bytes"):
            archive.names(tmp_path / name)
    assert not list(disk.iterdir())


def test_too_deep(tmp_path: Path, tarred: Any) -> None:
    data = b"x"
    for name in ("leaf.txt", "c.tar", "b.zip", "a.tar"):
        data = tarred({name: data}) if name != "c.tar" else zipped({name: data, "x": b""})
    (tmp_path / "r.tar").write_bytes(data)
    with pytest.raises(InputError, match="is an archive in 3 others; .*unpack the outermost"):
        archive.names(tmp_path / "r.tar")


def test_an_archive_of_many_is_walked_once(tmp_path: Path, tarred: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.tar"
    path.write_bytes(tarred({f"GSM{n}_x.txt": b"gene\tn\nRUNX2\t1\n" for n in range(1, 41)}))
    read: list[int] = []
    walk = tarfile.TarInfo.fromtarfile
    monkeypatch.setattr(tarfile.TarInfo, "fromtarfile", classmethod(lambda _, tar: read.append(1) or walk(tar)))
    raw = read_raw(locate(path), "human")
    assert len(raw.columns) == 40
    assert len(read) <= 3 * 42  # to choose the layout, to list and to read: not once for every member


@pytest.mark.parametrize(("name", "command"), [("a.7z", "7z x"), ("a.rar", "unrar x"), ("a.tar.zst", "unzstd")])
def test_what_is_packed_otherwise_is_refused_with_the_command(tmp_path: Path, name: str, command: str) -> None:
    (tmp_path / name).write_bytes(b"\x28\xb5\x2f\xfd")
    for source in (tmp_path, tmp_path / name):
        with pytest.raises(InputError, match=rf'run "{command} .*{name}" and give what comes out'):
            locate(source)
