from gitconfig_server.storage.conformance.objects import blob, write_pack_in
from gitconfig_server.storage.disk.objects import packs
from gitconfig_server.storage.disk.objects.packs import PackFiles

BLOBS = [blob(b"line\n" * 300 + b"%d" % number) for number in range(40)]


def placed(folder, name, some):
    """A pack of this name among those of a repository."""
    written = write_pack_in(folder, some).path
    written.with_suffix(".idx").rename(folder / f"{name}.idx")
    return written.rename(folder / f"{name}.pack")


def test_packs_that_come_are_found_and_a_broken_one_is_opened_anew(tmp_path):
    folder = tmp_path / "pack"
    packs = PackFiles(folder)
    assert packs.open() == []
    folder.mkdir()
    pack = write_pack_in(tmp_path, BLOBS).path
    sound = pack.read_bytes()
    (folder / "pack-1.idx").write_bytes(pack.with_suffix(".idx").read_bytes())
    assert packs.open() == []
    (folder / "pack-1.pack").write_bytes(sound[:12] + bytes(len(sound) - 12))
    assert len(packs.open()) == 1
    assert packs.read(bytes.fromhex(BLOBS[0].id.decode())) is None
    (folder / "pack-1.pack").unlink()
    (folder / "pack-1.pack").write_bytes(sound)
    assert len(packs.open()) == 1
    assert packs.read(bytes.fromhex(BLOBS[0].id.decode())) == (BLOBS[0].type, BLOBS[0].raw)
    packs.close()


def test_a_pack_replaced_between_the_listing_and_its_opening_leaves_no_gap(tmp_path, monkeypatch):
    old = placed(tmp_path, "pack-old", BLOBS[:3])
    real = packs.PackFile

    def repacked_first(path, *more):
        if old.exists():
            placed(tmp_path, "pack-new", BLOBS)
            old.with_suffix(".idx").unlink()
            old.unlink()
        return real(path, *more)

    monkeypatch.setattr(packs, "PackFile", repacked_first)
    files = PackFiles(tmp_path)
    assert [one.count for one in files.open()] == [len(BLOBS)]
    assert files.complete


def test_an_index_without_its_pack_is_left_out(tmp_path):
    whole = placed(tmp_path, "pack-whole", BLOBS)
    placed(tmp_path, "pack-orphan", BLOBS[:3]).unlink()
    files = PackFiles(tmp_path)
    assert [one.path for one in files.open()] == [whole]
    assert not files.complete
