"""The shell scripts, where they must say one plain sentence instead of doing something."""

import fcntl
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from tests.plugins.prepared import ROOT
from tests.plugins.site import free_port


def run(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"PORT", "LMS_VAR"}}
    return subprocess.run(
        [f"lms/ops/{script}", *arguments],
        cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("run.sh", PORT=str(port), LMS_VAR=str(tmp_path / "var"))
    assert done.returncode == 1
    assert done.stderr == f"Port {port} is taken by another program. Choose another one: make run PORT={port + 1}\n"


def test_a_data_folder_in_use_is_not_used_twice(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run("run.sh", PORT=str(free_port()), LMS_VAR=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == (
        f"The data folder {tmp_path} is already in use by a running site. Another one: make run LMS_VAR=… PORT=…\n"
    )


def test_a_port_must_be_a_number(tmp_path: Path) -> None:
    done = run("run.sh", PORT="80a", LMS_VAR=str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "PORT must be a number, not '80a'.\n")


@pytest.fixture
def bare_machine(tmp_path: Path) -> Path:
    """A PATH on which no package is installed and nobody is root."""
    folder = tmp_path / "bin"
    folder.mkdir()
    executable(folder / "dpkg-query", "#!/bin/sh\nexit 1\n")
    executable(folder / "id", "#!/bin/sh\necho 1000\n")
    executable(folder / "sudo", "#!/bin/sh\nexit 1\n")
    executable(folder / "python3", "#!/bin/sh\nexit 1\n")
    return folder


def test_without_rights_the_one_line_to_type_is_printed(bare_machine: Path) -> None:
    done = run("system.sh", "services", PATH=f"{bare_machine}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Some system packages are missing. Please type this line, then run make again:\n"
        "  sudo apt-get update && sudo apt-get install -y --no-install-recommends postgresql redis-server\n"
    )


def test_with_sudo_that_asks_nothing_the_packages_are_installed(bare_machine: Path, tmp_path: Path) -> None:
    record = tmp_path / "record"
    executable(bare_machine / "sudo", f'#!/bin/sh\necho "$*" >>{record}\n')
    done = run("system.sh", "services", PATH=f"{bare_machine}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (0, "Installing system packages: postgresql redis-server\n")
    calls = record.read_text().splitlines()
    assert calls[-1].endswith("install -y --no-install-recommends postgresql redis-server")


def test_when_nothing_is_missing_nothing_is_said() -> None:
    done = run("system.sh", "run")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_python_that_is_chosen_can_build_an_environment() -> None:
    done = run("python.sh")
    assert done.returncode == 0
    found = done.stdout.strip()
    assert subprocess.run([found, "-c", "import ensurepip, venv"], check=False).returncode == 0
