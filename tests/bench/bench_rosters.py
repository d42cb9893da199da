"""A hundred thousand officers from one Excel file over the national tree: the dry run, the writing, the second time.

Each step is a process of its own (`import_roster`), so that its memory can be told; seconds depend on the machine and
on what else it does, so each is also given as a ratio to reading the same file with calamine and nothing else.
"""

import csv
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from lms.units.formats import PROJECT_DATA

ROWS = int(os.environ.get("ROWS", "100000"))
BAD_EVERY = 20
BUDGET_SECONDS, BUDGET_MB = 90, 600
HEADS = ["STT", "Họ và tên", "Ngày sinh", "Điện thoại", "Email", "Chức vụ", "Nhiệm vụ Trang", "Đơn vị", "Từ ngày"]
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Lò", "Giàng")
MIDDLE = ("Văn", "Thị", "Hữu", "Đức", "Ngọc", "Minh", "Thị Thu", "Quốc", "Thanh", "Xuân", "A", "Thị Mỹ")
GIVEN = ("An", "Bình", "Cường", "Dung", "Hà", "Hạnh", "Hoà", "Hùng", "Lan", "Mai", "Nam", "Oanh", "Phúc", "Thảo", "Yến")
POSITIONS = ("Chủ tịch Ủy ban MTTQ xã", "Phó Chủ tịch", "Ủy viên Thường trực", "Chuyên viên", "Trưởng ban Công tác")
# What is wrong with every twentieth row → the key of the refusal.
FAULTS = ({"phone": "0123"}, {"name": ""}, {"born": "31/02/1980"}, {"unit": "Xã Không Có Thật"}, {"email": "a@@b"})


def communes() -> list[str]:
    """ "Phường Hạ Long, Tỉnh Quảng Ninh" for each commune of today."""
    with (PROJECT_DATA / "units-2025-07-01.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    named = {row["code"]: row["name"] for row in rows if row["level"] == "province"}
    return [f"{row['name']}, {named[row['parent_code']]}" for row in rows if row["level"] == "commune"]


def people() -> Iterator[list[str]]:
    chance, places = random.Random(5), communes()
    for number in range(ROWS):
        told = {
            "name": f"{chance.choice(FAMILY)} {chance.choice(MIDDLE)} {chance.choice(GIVEN)}",
            "born": f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}/{chance.randint(1965, 2000)}",
            "phone": f"09{number:08}",
            "email": f"canbo{number}@example.vn" if number % 3 == 0 else "",
            "unit": places[number % len(places)],
        }
        if number % BAD_EVERY == BAD_EVERY - 1:
            told |= FAULTS[number // BAD_EVERY % len(FAULTS)]
        yield [
            str(number + 1), told["name"], told["born"], told["phone"], told["email"], chance.choice(POSITIONS), "",
            told["unit"], "",
        ]  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("roster") / "ca-nuoc.xlsx"
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Danh sách")
    sheet.append(HEADS)
    for row in people():
        sheet.append(row)
    book.save(path)
    return path


@dataclass(frozen=True)
class Spent:
    out: str
    code: int
    wall: float
    cpu: float
    peak_mb: float


_MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024}", file=sys.stderr)
sys.exit(code)
"""


def spent(env: dict[str, str], *command: str) -> Spent:
    """A process of its own, and what it took."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, sys.executable, *command],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    cpu, peak = done.stderr.strip().splitlines()[-1].split()
    return Spent(done.stdout, done.returncode, time.perf_counter() - begun, float(cpu), float(peak))


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An installation with the national tree and the demonstration's accounts."""
    ready = os.environ.get("ROSTER_BENCH_VAR")
    env = {
        **os.environ,
        "LMS_VAR": ready or str(tmp_path_factory.mktemp("var")),
        "DJANGO_SETTINGS_MODULE": "lms.settings.dev",
    }
    if not ready:
        subprocess.run([sys.executable, "manage.py", "prepare"], env=env, check=True, capture_output=True)
    return env


def bench_a_hundred_thousand_rows(file: Path, nation: dict[str, str]) -> None:
    floor = spent(
        nation, "-c", f"import python_calamine as c; c.load_workbook({str(file)!r}).get_sheet_by_index(0).to_python()"
    )
    asked = "from lms.units.models import Unit; print(Unit.get_root_nodes().first().pk)"
    root = spent(nation, "manage.py", "shell", "-v", "0", "-c", asked).out.split()[-1]
    told = ["manage.py", "import_roster", str(file), "--unit", root, "--by", "quantri"]
    show("calamine alone", floor, floor)
    dry = spent(nation, *told, "--dry-run")
    show(f"dry run of {ROWS} rows", dry, floor)
    bad = [number + 2 for number in range(ROWS) if number % BAD_EVERY == BAD_EVERY - 1]
    assert [int(found) for found in re.findall(r"^dòng (\d+): .*: .+$", dry.out, re.M)] == bad
    assert dry.code == 0, dry.out[-500:]
    if os.environ.get("ROSTER_DRY"):
        return
    written = spent(nation, *told, "--skip-refused")
    show("written", written, floor)
    again = spent(nation, *told, "--dry-run")
    show("the same file again", again, floor)
    assert again.out.splitlines()[-2].startswith("0 ")
    assert dry.wall < BUDGET_SECONDS
    assert max(dry.peak_mb, again.peak_mb) < BUDGET_MB


def show(what: str, took: Spent, floor: Spent) -> None:
    print(  # noqa: T201
        f"\n{what}: {took.wall:.1f} s by the clock, {took.cpu:.1f} s of CPU"
        f" ({took.cpu / floor.cpu:.1f} times calamine), {took.peak_mb:.0f} MB at its peak"
    )
