"""Processes that come and go, and are killed, around one server."""

from __future__ import annotations

from pathlib import Path

from gridmap.postgis import PrivatePostgis
from tests.gridmap.postgis.conftest import Child, processes_in


def test_the_last_one_out_stops_the_server(home: Path) -> None:
    private = PrivatePostgis(home, durable=False)
    one, other = Child(home), Child(home)
    assert one.says() == other.says()
    one.leaves()
    assert private.running
    other.leaves()
    assert not private.running
    assert processes_in(home) == []


def test_a_killed_user_leaves_the_others_their_server(home: Path) -> None:
    private = PrivatePostgis(home, durable=False)
    one, other = Child(home), Child(home)
    one.says()
    other.says()
    one.is_killed()
    assert private.running
    other.leaves()
    assert not private.running


def test_a_server_whose_last_user_was_killed_is_taken_over(home: Path) -> None:
    private = PrivatePostgis(home, durable=False)
    killed = Child(home)
    identity = killed.says()
    killed.is_killed()
    assert private.running
    later = Child(home)
    assert later.says() == identity
    later.leaves()
    assert not private.running


def test_a_forked_child_does_not_leave_for_its_parent(home: Path) -> None:
    script = """
    private.acquire()
    child = os.fork()
    if child == 0:
        private.release()
        os._exit(0)
    os.waitpid(child, 0)
    print(private.running, flush=True)
    private.release()
    print(private.running, flush=True)
    """
    child = Child(home, script)
    assert (child.says(), child.says()) == ("True", "False")
    child.leaves()


def test_of_four_that_start_at_once_one_starts_the_server(tree: Path) -> None:
    """On a new folder, in which somebody was killed while making the cluster."""
    base = tree / "four"
    (base / "postgres.making").mkdir(parents=True)
    base.chmod(0o711)
    (base / "postgres.making" / "PG_VERSION").write_text("15\n")
    children = [Child(base) for _ in range(4)]
    said = {child.says() for child in children}
    assert len(said) == 1
    for child in children:
        child.leaves()
    assert not (base / "postgres.making").exists()
    assert processes_in(base) == []


# --- throw-away clusters ----------------------------------------------------------------------------------------------


def test_a_destroyed_cluster_leaves_no_file_and_no_process(tree: Path) -> None:
    private = PrivatePostgis(tree / "gone", durable=False).acquire()
    assert not private.destroy_abandoned()
    user = Child(tree / "gone")
    user.says()
    with private.superuser() as connection:
        connection.execute("select 1")
        private.destroy()
    assert not (tree / "gone").exists()
    assert processes_in(tree / "gone") == []
    user.is_killed()


def test_the_cluster_of_a_killed_run_is_destroyed_by_the_next(tree: Path) -> None:
    private = PrivatePostgis(tree / "left", durable=False)
    assert not private.destroy_abandoned()
    run = Child(tree / "left")
    run.says()
    assert not private.destroy_abandoned()
    run.is_killed()
    assert private.running
    assert private.destroy_abandoned()
    assert not (tree / "left").exists()
    assert processes_in(tree / "left") == []
