"""`make run`: three processes that come back when they die, and all go when they are told to."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins import prepared
from tests.plugins.site import LiveSite, free_port, wait_for

pytestmark = pytest.mark.journey


def children(parent: int) -> dict[str, int]:
    """Program name → pid of the processes that ``parent`` started, by what they are called with."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text().rpartition(")")[2].split()
            words = (folder / "cmdline").read_text().split("\0")
        except OSError:
            continue
        if int(status[1]) == parent and status[0] != "Z":
            for name, word in (("web", "lms.wsgi:application"), ("worker", "worker"), ("beat", "beat")):
                if word in words:
                    found[name] = int(folder.name)
    return found


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[LiveSite, subprocess.Popen[str]]]:
    """The supervisor as `make run` starts it, without the demonstration, on an already migrated database."""
    var = tmp_path / "var"
    var.mkdir()
    shutil.copy(prepared.migrated(), var / "db.sqlite3")
    (var / "static").symlink_to(prepared.static_folder(), target_is_directory=True)
    (var / "static.stamp").write_text((prepared.cache_folder() / "static" / "static.stamp").read_text())
    port = free_port()
    environment = prepared.site_environment(var, LMS_DEMO="0", PORT=str(port))
    process = subprocess.Popen(
        ["lms/ops/run.sh"],
        cwd=prepared.ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )  # fmt: skip
    site = LiveSite(port=port, var=var, environment=environment)
    try:
        wait_for(
            lambda: site.status("/readyz") == 200 or process.poll() is not None, what="make run answers", seconds=240
        )
        assert process.poll() is None, process.communicate()[0]
        yield site, process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_each_process_comes_back_when_it_dies_and_all_stop_together(
    running: tuple[LiveSite, subprocess.Popen[str]],
) -> None:
    site, supervisor = running
    wait_for(lambda: len(children(supervisor.pid)) == 3, what="three processes")
    before = children(supervisor.pid)
    assert sorted(before) == ["beat", "web", "worker"]

    for name in ("worker", "beat", "web"):
        os.kill(before[name], signal.SIGKILL)
    wait_for(
        lambda: set(before.values()).isdisjoint(now := children(supervisor.pid).values()) and len(now) == 3,
        what="all are back",
    )
    wait_for(lambda: site.status("/readyz") == 200, what="the site answers again", seconds=60)

    last = children(supervisor.pid)
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(timeout=40) == 0
    wait_for(lambda: not any(alive(pid) for pid in last.values()), what="nothing is left")
    assert site.status("/healthz") == 0


def test_even_a_killed_supervisor_leaves_no_orphans(running: tuple[LiveSite, subprocess.Popen[str]]) -> None:
    site, supervisor = running
    wait_for(lambda: len(children(supervisor.pid)) == 3, what="three processes")
    started = children(supervisor.pid)
    supervisor.kill()
    supervisor.wait()
    wait_for(lambda: not any(alive(pid) for pid in started.values()), what="all have ended", seconds=40)
    assert site.status("/healthz") == 0
