"""Every file that leaves the site, with hostile words in it: a cell is text, never a formula; every file opens."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator

import openpyxl
import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from lxml import etree

from courses.models import Activity, Course
from lms.accounts.models import User
from lms.core.cells import LONGEST, neutral, plain, restored
from lms.fanpages.models import PageRecord
from lms.people import exports
from lms.people.models import JoinRequest, RosterBatch, RosterRow
from lms.plans.models import Assignment, BasisDocument
from lms.units.models import Appointment, Reorganisation, UnitName
from tests.architecture.rights import RULES
from tests.conftest import NOON
from tests.factories.world import World, make_world

FORMULAE = [
    '=HYPERLINK("http://x.vn","y")', "+cmd|' /C calc'!A0", "@SUM(1+1)", "-1+1", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1",
    "＠SUM(1)", " =1+1", "\u200b=1+1", "\u202e=1+1", "\ufeff+1+1", "\u2066\u200b @SUM(1)",
]  # fmt: skip
NUMBER = re.compile(r"-?\d[\d.,]*%?")
ILLEGAL = "\x0b"
OFFICE = ("spreadsheetml", "wordprocessingml")


@pytest.mark.parametrize("words", FORMULAE)
def test_what_might_become_a_formula_stays_text_and_comes_back_as_it_was(words):
    assert neutral(words) == f"'{words}"
    assert restored(neutral(words)) == words


def test_a_cell_holds_no_half_characters_no_control_characters_and_never_too_many():
    assert plain("Á\x00\x0b\ud800\uffffÀ") == "ÁÀ"
    assert (len(plain("x" * 1_000_000)), len(neutral("=" * 1_000_000))) == (LONGEST, LONGEST)


# --- Every address that answers with a file ---------------------------------------------------------


def _poison(words: str) -> None:
    """``words`` into whatever people write that any file tells."""
    for number, person in enumerate(User.objects.order_by("pk")):
        person.full_name = f"{words} {number}"[:100]
        person.save()
    Appointment.objects.update(position=words[:150], decision=words[:100])
    UnitName.objects.update(full_name=words[:200], short_name=words[:100])
    Course.objects.update(title=words[:200])
    Activity.objects.update(title=words[:200])
    Assignment.objects.update(note=words[:300], contact_name=words[:100])
    BasisDocument.objects.update(title=words[:300])
    PageRecord.objects.update(name=words[:100])
    Reorganisation.objects.update(document_number=words[:50])
    JoinRequest.objects.update(full_name=words[:100], position=words[:150])
    RosterBatch.objects.update(file_name=words[:200])
    for row in RosterRow.objects.all():
        row.full_name, row.unit_text = words[:100], words[:300]
        row.original = dict.fromkeys(row.original, words)
        row.save()


@pytest.fixture
def world(units) -> Iterator[World]:
    with time_machine.travel(NOON, tick=False):
        yield make_world(units)


def _files(client: Client, world: World) -> Iterator[tuple[str, str, bytes]]:
    """(route, kind, bytes) of every address that answers a GET with a file."""
    for name, rule in sorted(RULES.items()):
        if rule.is_action or "_path" in rule.ids or name == "wagtail_serve":
            continue
        known = {key: world.ids.get(each, each) if isinstance(each, str) else each for key, each in rule.ids.items()}
        answer: HttpResponse = client.get(reverse(name, kwargs=known) + rule.query(world), headers=rule.headers)
        assert answer.status_code < 500, name
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code == 200 and not kind.startswith(("text/html", "application/json", "image/")):
            yield name, kind, b"".join(answer.streaming_content) if answer.streaming else answer.content


def _cells_of_csv(data: bytes) -> list[str]:
    text = data.decode("utf-8-sig")
    first = text.splitlines()[0]
    delimiter = ";" if ";" in first else ","
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert {len(row) for row in rows if row} == {len(rows[0])}
    return [cell for row in rows for cell in row]


def _is_dangerous(cell: str) -> bool:
    return cell[:1] not in ("", "'") and neutral(cell) != cell and not NUMBER.fullmatch(cell)


def _faults(kind: str, data: bytes) -> list[str]:
    if "csv" in kind:
        return [f"{cell!r}" for cell in _cells_of_csv(data) if _is_dangerous(cell)]
    if "spreadsheetml" in kind:
        book = openpyxl.load_workbook(io.BytesIO(data))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
        return [f"{cell.coordinate} {cell.value!r}" for cell in cells if cell.data_type == "f"]
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {each: archive.read(each) for each in archive.namelist() if each.endswith((".xml", ".rels"))}
        read = {each: etree.fromstring(part) for each, part in parts.items()}
        codes = [node for root in read.values() for node in root.iter("{*}instrText", "{*}fldSimple")]
        return [etree.tostring(code).decode() for code in codes if b"SUM" in etree.tostring(code)]
    return []


@pytest.mark.parametrize("words", ['=HYPERLINK("http://x.vn","y")@SUM', f"\u200b＝SUM(1){ILLEGAL}\u202e;=SUM(2)"])
def test_no_file_of_the_site_holds_a_formula_that_somebody_wrote(client, world, words):
    _poison(words)
    client.force_login(world.people["superuser"])
    faults, kinds = {}, {}
    for name, kind, data in _files(client, world):
        kinds[name] = kind.split(";")[0]
        if found := _faults(kind, data):
            faults[name] = found
    assert faults == {}
    # What must be among them, so that this goes on looking at something.
    assert {
        "people:people_csv", "people:people_xlsx", "people:refused_csv", "people:refused_xlsx", "people:template_xlsx",
        "people:trace_csv", "people:change_csv", "reports:units-csv", "reports:units-xlsx", "reports:people-csv",
        "reports:people-xlsx", "reports:report-docx", "reports:minutes-docx",
    } <= kinds.keys()  # fmt: skip


@pytest.mark.parametrize("words", [*FORMULAE, "x" * 1_000_000, f"a{ILLEGAL}b"])
def test_slips_with_codes_hold_text_only(manager_p1, words):
    manager_p1.full_name = words[:100] if len(words) < 1000 else words
    book = openpyxl.load_workbook(io.BytesIO(exports.slips_xlsx([(manager_p1, "=1+1")])))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row if cell.value} == {"s"}


@pytest.mark.parametrize("words", [*FORMULAE, "x" * 1_000_000, f"a{ILLEGAL}b", "a\ud800b"])
def test_refused_rows_go_out_as_they_came_and_as_text(words):
    row = RosterRow(sheet=words, number=7, refusal="no_name", original={"full_name": words, "position": words})
    book = openpyxl.load_workbook(io.BytesIO(exports.refused_xlsx([row], ())))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell for cell in _cells_of_csv(exports.refused_csv([row], ())) if _is_dangerous(cell)] == []


@pytest.mark.django_db
def test_every_sheet_of_the_template_fits_the_width_of_its_paper_and_the_guide_shows_all_its_lines(units):
    book = openpyxl.load_workbook(io.BytesIO(exports.template_xlsx(units.p1)))
    assert [sheet.page_setup.orientation for sheet in book] == ["landscape", "landscape", "landscape", "portrait"]
    assert {(sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) for sheet in book} == {
        (True, 0)
    }
    guide = book["Hướng dẫn"]
    width = guide.column_dimensions["A"].width
    for row in range(1, guide.max_row + 1):
        assert guide.row_dimensions[row].height >= 15 * len(guide.cell(row, 1).value) / width
    assert "xóa" in " ".join(guide.cell(row, 1).value for row in range(1, guide.max_row + 1))
    ranges = {str(each.sqref).split(":")[0] for each in book["Danh sách"].data_validations.dataValidation}
    assert ranges == {"F2", "G2", "H2", "J2", "K2", "L2"}
