"""The real site for journeys and browser tests: gunicorn and a Celery worker on a copy of the demonstration.

``live_site``: one for the whole run of this process, for tests that only look, or that change what is their own.
``own_site``: one for this test alone, for tests that kill, stop or reorganise.
With DATABASE_URL and REDIS_URL set (make test-services) they run on PostgreSQL and Redis.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.plugins import postgres, prepared

BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(happened: Callable[[], object], *, what: str, seconds: float = 30) -> None:
    """Ask ``happened`` until it answers something true; fail naming ``what`` when the time is over."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            pytest.fail(f"{what}: not within {seconds:g} s")
        time.sleep(0.1)


@dataclass
class LiveSite:
    """``url`` has no slash at its end. Processes belong to the site and end with it."""

    port: int
    var: Path
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        # Passkeys and cookies want the name, not the number.
        return f"http://localhost:{self.port}"

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py on this site's data and return what it printed."""
        return prepared.manage(self.environment, *arguments)

    def python(self, code: str) -> str:
        """Run ``code`` in a Django shell on this site's data; for looking at rows, seconds each: ask much at once."""
        return self.manage("shell", "--no-imports", "--command", code).strip()

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.url + path, timeout=30) as response:  # noqa: S310  our own address
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def log(self, name: str) -> str:
        return (self.var / "log" / f"{name}.log").read_text(errors="replace")

    def start_web(self) -> None:
        self._start(
            "web",
            str(BIN / "gunicorn"), "lms.wsgi:application", "--bind", f"127.0.0.1:{self.port}", "--workers", "1",
            "--threads", "4", "--worker-class", "gthread", "--no-control-socket",
        )  # fmt: skip
        wait_for(
            lambda: self.status("/readyz") == 200 or self.processes["web"].poll() is not None,
            what="/readyz",
            seconds=90,
        )
        if self.processes["web"].poll() is not None:
            pytest.fail("gunicorn ended at once:\n" + self.log("web"))

    def start_worker(self) -> None:
        """Returns when the worker takes tasks."""
        self._start(
            "worker",
            str(BIN / "celery"), "--app", "lms.celery", "worker", "--concurrency", "1", "--loglevel", "INFO",
            "--without-gossip", "--without-mingle", "--without-heartbeat", "--pidfile=",
            "--hostname", f"site{self.port}@localhost",
        )  # fmt: skip
        wait_for(lambda: " ready." in self.log("worker"), what="the worker is ready", seconds=90)

    def kill_worker(self) -> None:
        """As a power cut would: SIGKILL, to the worker and the process that renders for it."""
        self._end("worker", signal.SIGKILL)

    def stop(self) -> None:
        for name in list(self.processes):
            self._end(name, signal.SIGTERM)

    def _start(self, name: str, *command: str) -> None:
        (self.var / "log").mkdir(exist_ok=True)
        with (self.var / "log" / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=prepared.ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def _end(self, name: str, how: signal.Signals) -> None:
        """The whole process group: a worker's children would outlive it."""
        process = self.processes.pop(name)
        try:
            os.killpg(process.pid, how)
            process.wait(timeout=15)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def a_site(*, worker: bool = True, start: bool = True, holds: str = "demo") -> Iterator[LiveSite]:
    """Start a site on a copy of the demonstration; with its processes and data it is gone at the end.

    ``holds`` "installed" (PostgreSQL only): units and the course, as after `make install`, and no account; "nothing":
    an empty database without tables. ``start`` False starts nothing yet.
    """
    folder = Path(tempfile.mkdtemp(prefix="lms-site-"))
    var = folder / "var"
    database, source, extra = _services(holds)
    if source:
        shutil.copytree(source, var)
    else:
        var.mkdir()
    (var / "static").symlink_to(prepared.static_folder(), target_is_directory=True)
    port = free_port()
    # People whom a test makes on the demonstration are in the middle of something: the notice about their data is met
    # where an installation begins empty, as in life.
    environment = prepared.site_environment(
        var,
        LMS_DEMO=str(int(holds == "demo")),
        LMS_PRIVACY_NOTICE=str(int(holds != "demo")),
        PORT=str(port),
        LMS_PUBLIC_URL=f"http://localhost:{port}",
        **extra,
    )
    site = LiveSite(port=port, var=var, environment=environment)
    try:
        if start:
            site.start_web()
        if start and worker:
            site.start_worker()
        yield site
    finally:
        site.stop()
        if database:
            postgres.drop(database)
        shutil.rmtree(folder, ignore_errors=True)


def _services(holds: str) -> tuple[str, Path | None, dict[str, str]]:
    """The site's own PostgreSQL database ("" on SQLite), the data folder to copy, and what else its processes need.

    Its own numbered Redis database too: the worker of another site of this process would take its tasks.
    """
    extra: dict[str, str] = {}
    if os.environ.get("REDIS_URL"):
        extra["REDIS_URL"] = prepared.redis_of_its_own()
    if not os.environ.get("DATABASE_URL"):
        return "", prepared.demo_folder() if holds == "demo" else None, extra
    files: Path | None = None
    template = "template0"
    if holds != "nothing":
        template, files = postgres.demo() if holds == "demo" else postgres.installed()
    database = postgres.copy_of(template)
    return database, files, {**extra, "DATABASE_URL": postgres.url_of(database)}


@pytest.fixture(scope="session")
def live_site() -> Iterator[LiveSite]:
    """The demonstration site of this run, worker included: look at it, or change only what your test made."""
    with a_site() as site:
        yield site


@pytest.fixture
def own_site() -> Iterator[LiveSite]:
    """A site for one test alone (some seconds to start): kill its worker, run its commands, reorganise its units."""
    with a_site() as site:
        yield site
