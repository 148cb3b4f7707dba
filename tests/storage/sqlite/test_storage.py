from contextlib import closing

from gitconfig_server.storage.sqlite.storage import SqliteStorage


def test_a_link_to_the_file_leads_to_the_same_lock(tmp_path):
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "config.db"
    link.symlink_to(tmp_path / "config.db")
    with closing(SqliteStorage(tmp_path / "config.db")) as direct, closing(SqliteStorage(link)) as linked:
        folder = direct.create("one").shared_folder
        assert linked.open("one").shared_folder == folder
    assert [one.name for one in link.parent.iterdir()] == ["config.db"]
