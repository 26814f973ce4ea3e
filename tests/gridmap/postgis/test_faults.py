"""Servers that were killed, that cannot start, that are not installed."""

from __future__ import annotations

import math
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from gridmap.errors import NotConfigured, Unavailable
from gridmap.postgis import PrivatePostgis, cluster, programs, server_binaries
from tests.gridmap.postgis.conftest import adopting, kill


def test_committed_rows_outlive_the_kill_of_the_server(tree: Path) -> None:
    """Durable as in production; eight writers, the postmaster killed among them, the next user recovers."""
    private = PrivatePostgis(tree / "durable")
    acknowledged: set[int] = set()
    with adopting(), private:
        with private.superuser() as server:
            server.execute("create table written (n int primary key)")

        def write(offset: int) -> None:
            with suppress(psycopg.Error), private.superuser() as server:
                for n in range(offset, 1_000_000, 8):
                    server.execute("insert into written values (%s)", [n])
                    acknowledged.add(n)

        writers = [threading.Thread(target=write, args=(offset,)) for offset in range(8)]
        for writer in writers:
            writer.start()
        while len(acknowledged) < 200:
            time.sleep(0.01)
        pid = kill(private)
        reaper = threading.Timer(1.0, os.waitpid, (pid, 0))
        reaper.start()
        for writer in writers:
            writer.join()
        with PrivatePostgis(tree / "durable"), private.superuser() as server:
            found = {row[0] for row in server.execute("select n from written")}
        reaper.join()
    assert acknowledged <= found
    assert not private.running


def test_a_machine_that_reaps_nothing_is_told_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "START_PATIENCE", 0.5)
    with adopting():
        private = PrivatePostgis(home, durable=False).acquire()
        pid = kill(private)
        with pytest.raises(Unavailable, match=rf"process {pid}\) and nothing on this machine reaps.*init: true"):
            PrivatePostgis(home, durable=False).acquire()
        os.waitpid(pid, 0)
        monkeypatch.undo()
        with PrivatePostgis(home, durable=False) as again:
            assert again.running
        private.release()


def test_a_server_that_another_process_is_starting_is_waited_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = PrivatePostgis(home, durable=False)
    answers = iter(["starting", "starting"])
    answer = private._answer
    monkeypatch.setattr(private, "_answer", lambda: next(answers, None) or answer())
    with private:
        assert private.running


def test_a_start_that_cannot_succeed_says_why_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = PrivatePostgis(home, durable=False)
    settings = private.data / "postgresql.auto.conf"
    sound = settings.read_text()
    settings.write_text(sound + "nonsense = 1\n")
    monkeypatch.setattr(cluster, "START_PATIENCE", math.inf)  # to wait would be for ever
    try:
        with pytest.raises(Unavailable, match=r'its log ends: .*unrecognized configuration parameter "nonsense"'):
            private.acquire()
    finally:
        settings.write_text(sound)
    assert not private.running


def test_the_log_names_the_constraint_but_not_the_row(private: PrivatePostgis) -> None:
    with private.superuser("gridmap") as database:
        database.execute("create temp table t (phone text constraint too_short check (length(phone) > 20))")
        with pytest.raises(psycopg.errors.CheckViolation):
            database.execute("insert into t values (%s)", ["13800000000"])
    log = (private.data / "log").read_text()
    assert "too_short" in log
    assert "13800000000" not in log


def test_a_long_log_makes_room_when_the_server_starts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "LOG_LIMIT", 10)
    with PrivatePostgis(home, durable=False) as private:
        assert (private.data / "log.old").exists()
        assert "starting PostgreSQL" in (private.data / "log").read_text()


def test_data_of_another_version_ask_for_that_version(tree: Path) -> None:
    private = PrivatePostgis(tree / "old", durable=False)
    private.data.mkdir(parents=True, mode=0o700)
    (tree / "old").chmod(0o711)
    if private.user:
        os.chown(private.data, private.user.pw_uid, private.user.pw_gid)
    (private.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(
        NotConfigured, match="written by PostgreSQL 9, which is not installed; install postgresql-9 and"
    ):
        private.acquire()


def installed(folder: Path, *versions: str, postgis: tuple[str, ...]) -> None:
    for version in versions:
        (folder / "servers" / version / "bin").mkdir(parents=True)
        (folder / "servers" / version / "bin" / "initdb").touch()
        (folder / "extensions" / version / "extension").mkdir(parents=True)
        if version in postgis:
            (folder / "extensions" / version / "extension" / "postgis.control").touch()


def test_the_newest_server_with_postgis_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "9", "15", "16", "17", postgis=("15", "16"))
    monkeypatch.setattr(programs, "DEBIAN_SERVERS", tmp_path / "servers")
    monkeypatch.setattr(programs, "DEBIAN_EXTENSIONS", tmp_path / "extensions")
    assert server_binaries() == tmp_path / "servers" / "16" / "bin"
    assert server_binaries("15") == tmp_path / "servers" / "15" / "bin"


def test_a_machine_without_a_server_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "DEBIAN_SERVERS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotConfigured, match="no PostgreSQL server is installed; run `make setup`"):
        server_binaries()


def test_a_server_without_postgis_is_told_what_to_install(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "EXTENSIONS", ("postgis", "no_such_extension"))
    with pytest.raises(NotConfigured, match=r"without no_such_extension; on Debian: apt-get install postgresql-\d+ "):
        PrivatePostgis(home, durable=False).acquire()
    later = PrivatePostgis(home, durable=False)
    monkeypatch.undo()
    with later:
        assert later.running
