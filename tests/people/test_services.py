import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.accounts.models import User
from lms.people import queries
from lms.people.enums import BatchState, Outcome, Refusal
from lms.people.formats import FileRefusedError
from lms.people.models import RosterBatch, RosterRow
from lms.people.queries import BatchCounts
from lms.people.services import codes
from lms.people.services import rosters as services
from lms.units.models import Appointment, Grant, Unit, UnitCode
from tests.conftest import make_unit
from tests.people.conftest import ANH, HEAD, as_csv, as_xlsx

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
BINH = ["Bùi Văn Bình", "1990", "0983 111 222", "binh@example.vn", "Chuyên viên", "", "Phường Hạ Long", ""]
HA = ["Lê Thị Hà", "01/02/1988", "", "", "Chủ tịch", "Không", "06967", ""]


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(AT)


@pytest.fixture(autouse=True)
def _code(units):
    UnitCode.objects.create(unit=units.p1_b, code="06967")


def stage(by, unit, *rows, **kwargs):
    return services.stage(data=as_csv(*rows, **kwargs), file_name="ds.csv", unit=unit, by=by, at=AT)


def bring_in(by, unit, *rows):
    batch = stage(by, unit, *rows)
    services.confirm(batch=batch, by=by, at=AT)
    services.write(batch_id=batch.pk, at=AT)
    batch.refresh_from_db()
    return batch


def outcomes(batch):
    return [(row.number, row.outcome, row.refusal) for row in batch.rows.order_by("number")]


def people():
    return {person.pk: (person.username, person.full_name, person.phone, person.email) for person in User.objects.all()}


def test_nothing_is_written_before_somebody_confirms(manager_p1, units):
    before = people(), Appointment.objects.count()
    batch = stage(manager_p1, units.p1, ANH, BINH, HA, ["", "", "", "", "", "", "Xã X", ""])
    assert outcomes(batch) == [(2, "new", ""), (3, "new", ""), (4, "new", ""), (5, "refused", "no_name")]
    assert (people(), Appointment.objects.count(), batch.state) == (*before, BatchState.STAGED)


def test_a_confirmed_roster_makes_accounts_with_names_and_appointments(manager_p1, units):
    batch = bring_in(manager_p1, units.p1, ANH, BINH, HA)
    assert batch.state == BatchState.DONE
    made = User.objects.get(phone="+84912345678")
    assert (made.username, made.full_name, made.born_on, made.must_change_password) == (
        "anhdt", "Đặng Thị Ánh", dt.date(1985, 8, 5), True,
    )  # fmt: skip
    post = made.appointments.get()
    assert (post.unit, post.position, post.page_duty, post.starts_on) == (units.p1_a, "Phó Chủ tịch", "officer", TODAY)
    by_code = User.objects.get(full_name="Lê Thị Hà").appointments.get()
    assert by_code.unit == units.p1_b


def test_the_same_file_twice_is_no_change(manager_p1, units):
    rows = [ANH, BINH, HA, [*HA[:1], "1979", *HA[2:6], "Xã Vạn Yên", "01/07/2026"]]
    bring_in(manager_p1, units.p1, *rows)
    before = people(), Appointment.objects.count()
    again = stage(manager_p1, units.p1, *rows)
    assert queries.counts(again) == BatchCounts(unchanged=4)
    services.confirm(batch=again, by=manager_p1, at=AT)
    assert services.write(batch_id=again.pk, at=AT) == 0
    assert (people(), Appointment.objects.count()) == before


def test_a_start_in_the_future_is_no_change_the_second_time(manager_p1, units):
    row = [*ANH[:7], "01/01/2027"]
    bring_in(manager_p1, units.p1, row)
    assert queries.counts(stage(manager_p1, units.p1, row)) == BatchCounts(unchanged=1)


def test_two_clicks_on_confirm_write_once(manager_p1, units):
    batch = stage(manager_p1, units.p1, ANH)
    assert services.confirm(batch=batch, by=manager_p1, at=AT) is True
    assert services.confirm(batch=batch, by=manager_p1, at=AT) is False
    assert [services.write(batch_id=batch.pk, at=AT), services.write(batch_id=batch.pk, at=AT)] == [1, 0]
    assert User.objects.filter(phone="+84912345678").count() == 1


def test_a_cancelled_roster_cannot_be_confirmed_and_keeps_no_rows(manager_p1, units):
    batch = stage(manager_p1, units.p1, ANH)
    assert services.cancel(batch=batch) is True
    assert services.confirm(batch=batch, by=manager_p1, at=AT) is False
    assert RosterRow.objects.filter(batch=batch).count() == 0


def test_what_a_killed_worker_left_is_written_by_the_sweep(manager_p1, units, monkeypatch):
    batch = stage(manager_p1, units.p1, ANH, BINH, HA)
    services.confirm(batch=batch, by=manager_p1, at=AT)
    monkeypatch.setattr(services, "WRITE_AT_ONCE", 1)

    real = services._write_rows
    calls = []

    def killed(*args):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(services, "_write_rows", killed)
    with pytest.raises(KeyboardInterrupt):
        services.write(batch_id=batch.pk, at=AT)
    assert RosterRow.objects.filter(batch=batch, written_at__isnull=False).count() == 1
    assert services.take_up() == 2
    assert RosterBatch.objects.get(pk=batch.pk).state == BatchState.DONE
    assert User.objects.filter(full_name__in=["Đặng Thị Ánh", "Bùi Văn Bình", "Lê Thị Hà"]).count() == 3


def test_a_batch_that_was_never_read_to_its_end_is_dropped(manager_p1, units):
    old = RosterBatch.objects.create(
        unit=units.p1, uploaded_by=manager_p1, uploaded_at=AT - dt.timedelta(hours=2), file_name="x"
    )
    new = RosterBatch.objects.create(unit=units.p1, uploaded_by=manager_p1, uploaded_at=AT, file_name="y")
    services.take_up()
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == (BatchState.CANCELLED, BatchState.READING)


# --- Units ------------------------------------------------------------------------------------------


def unit_row(text):
    return [*ANH[:6], text, ""]


@pytest.mark.parametrize(
    "written",
    ["Xã Vạn Yên", "xã vạn yên", "Vạn Yên", "MTTQ xã Vạn Yên", "Ủy ban MTTQ Việt Nam xã Vạn Yên",
     "Xã Vạn Yên, Tỉnh Quảng Ninh", "Vạn Yên, Quảng Ninh"],
)  # fmt: skip
def test_a_unit_is_known_by_its_exact_name(manager_p1, units, written):
    batch = stage(manager_p1, units.p1, unit_row(written))
    assert (outcomes(batch), batch.rows.get().unit) == ([(2, "new", "")], units.p1_a)


def test_matching_units_never_folds_diacritics(manager_p1, units):
    assert outcomes(stage(manager_p1, units.p1, unit_row("Xa Van Yen"))) == [(2, "refused", "unknown_unit")]


def test_a_unit_outside_the_scope_refuses_the_row(manager_p1, units):
    batch = stage(manager_p1, units.p1, unit_row("Xã Văn Lăng"), unit_row("Tỉnh Thái Nguyên"), unit_row("Xã Không Có"))
    assert [row.refusal for row in batch.rows.order_by("number")] == ["unit_outside", "unit_outside", "unknown_unit"]


def test_an_ambiguous_unit_names_its_candidates(centre, units):
    make_unit("Xã Vạn Yên", parent=units.p2, level="commune", rank=30)
    row = stage(centre, units.centre, unit_row("Vạn Yên")).rows.get()
    assert row.refusal == Refusal.AMBIGUOUS_UNIT
    assert "Xã Vạn Yên, Tỉnh Quảng Ninh; Xã Vạn Yên, Tỉnh Thái Nguyên" in row.sentence
    clear = stage(centre, units.centre, unit_row("Xã Vạn Yên, Tỉnh Thái Nguyên")).rows.get()
    assert clear.outcome == Outcome.NEW


def test_a_closed_unit_takes_nobody(manager_p1, units):
    Unit.objects.filter(pk=units.p1_a.pk).update(closed_on=dt.date(2026, 1, 1))
    assert outcomes(stage(manager_p1, units.p1, ANH)) == [(2, "refused", "unit_ended")]


def test_a_unit_that_was_not_yet_open_takes_nobody_before_its_day(manager_p1, units):
    Unit.objects.filter(pk=units.p1_a.pk).update(opened_on=dt.date(2025, 7, 1))
    batch = stage(manager_p1, units.p1, [*ANH[:7], "30/06/2025"])
    assert outcomes(batch) == [(2, "refused", "unit_not_open")]


def test_nobody_imports_without_the_right(officer_p1, manager_p2, units):
    for person in (officer_p1, manager_p2):
        with pytest.raises(services.NotAllowedError):
            stage(person, units.p1, ANH)
    assert RosterBatch.objects.count() == 0


def test_a_right_that_was_taken_away_confirms_nothing(manager_p1, units):
    batch = stage(manager_p1, units.p1, ANH)
    Grant.objects.filter(person=manager_p1).delete()
    with pytest.raises(services.NotAllowedError):
        services.confirm(batch=batch, by=manager_p1, at=AT)


# --- Who is who -------------------------------------------------------------------------------------


def test_the_same_name_is_never_the_same_person(manager_p1, units):
    batch = bring_in(
        manager_p1,
        units.p1,
        ["Nguyễn Văn An", "1980", "0912 000 001", "", "Chuyên viên", "", "Xã Vạn Yên", ""],
        ["Nguyễn Văn An", "1981", "0912 000 002", "", "Chuyên viên", "", "Xã Vạn Yên", ""],
    )
    assert queries.counts(batch).new == 2
    names = User.objects.filter(full_name="Nguyễn Văn An").order_by("pk").values_list("username", flat=True)
    assert list(names) == ["annv", "annv2"]


def test_old_and_new_tone_marks_are_two_people(manager_p1, units):
    rows = [["Lê Thị Hoà", "1980", "", *ANH[3:]], ["Lê Thị Hòa", "1980", "", *ANH[3:]]]
    assert queries.counts(bring_in(manager_p1, units.p1, *rows)).new == 2


def test_name_birth_and_unit_together_are_one_person(manager_p1, units):
    bring_in(manager_p1, units.p1, HA)
    batch = stage(manager_p1, units.p1, ["Lê Thị Hà", "01/02/1988", "0977 123 456", "", "", "", "Phường Hạ Long", ""])
    row = batch.rows.get()
    assert (row.outcome, row.changes) == (Outcome.CHANGED, {"phone": ["", "0977 123 456"]})


def test_one_person_stands_in_one_row(manager_p1, units):
    rows = [
        ANH,
        BINH,
        [*BINH[:2], "0912.345.678", *BINH[3:]],
        ["Ai Khác", "1990", "", "BINH@example.vn", *BINH[4:]],
        HA,
        HA,
    ]
    batch = stage(manager_p1, units.p1, *rows)
    assert outcomes(batch) == [
        (2, "new", ""), (3, "new", ""), (4, "refused", "twice_in_file"), (5, "refused", "twice_in_file"),
        (6, "new", ""), (7, "refused", "twice_in_file"),
    ]  # fmt: skip
    assert batch.rows.get(number=7).refusal_words == {"row": 6}


def test_an_account_of_another_province_is_not_touched_nor_named(manager_p1, officer_p2, units):
    officer_p2.phone = "+84912345678"
    officer_p2.save()
    row = stage(manager_p1, units.p1, [officer_p2.full_name, *ANH[1:]]).rows.get()
    assert row.refusal == Refusal.BEYOND_SCOPE
    other = stage(manager_p1, units.p1, ANH).rows.get()
    assert other.refusal == Refusal.BEYOND_SCOPE
    assert officer_p2.full_name not in other.sentence


def test_nobody_takes_over_the_account_of_staff(manager_p1, units):
    chief = User.objects.create_user(
        "truong", full_name="Trần Thị Ánh", password="x", phone="+84912345678", is_superuser=True
    )
    Appointment.objects.create(person=chief, unit=units.p1_a, position="Chủ tịch", starts_on=dt.date(2022, 1, 1))
    row = stage(
        manager_p1, units.p1, ["Trần Thị Ánh", "", "0912345678", "ketan@example.vn", "", "", "Xã Vạn Yên", ""]
    ).rows.get()
    assert (row.outcome, row.refusal) == (Outcome.REFUSED, Refusal.STAFF)


def test_a_move_ends_the_old_appointment_where_the_new_begins(manager_p1, officer_p1, units):
    officer_p1.phone = "+84912345678"
    officer_p1.save()
    batch = bring_in(
        manager_p1,
        units.p1,
        [officer_p1.full_name, "", "0912345678", "", "Chủ tịch", "", "Phường Hạ Long", "01/12/2026"],
    )
    assert batch.rows.get().changes == {
        "unit": ["Xã Vạn Yên", "Phường Hạ Long"],
        "position": ["Phó Chủ tịch", "Chủ tịch"],
    }
    posts = officer_p1.appointments.order_by("starts_on").values_list("unit_id", "starts_on", "ends_on", "page_duty")
    day = dt.date(2026, 12, 1)
    assert list(posts) == [
        (units.p1_a.pk, dt.date(2022, 1, 1), day, "officer"), (units.p1_b.pk, day, None, "officer"),
    ]  # fmt: skip


def test_accounts_that_changed_since_the_check_are_left_alone(manager_p1, units):
    batch = stage(manager_p1, units.p1, ANH, BINH)
    User.objects.create_user("khac", full_name="Người Khác", password="x", phone="+84912345678")
    services.confirm(batch=batch, by=manager_p1, at=AT)
    assert services.write(batch_id=batch.pk, at=AT) == 1
    assert outcomes(batch) == [(2, "refused", "changed_meanwhile"), (3, "new", "")]
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE


def test_two_rosters_with_the_same_person_make_one_account(manager_p1, centre, units):
    first, second = stage(manager_p1, units.p1, ANH), stage(centre, units.centre, ANH)
    for batch, by in ((first, manager_p1), (second, centre)):
        services.confirm(batch=batch, by=by, at=AT)
        services.write(batch_id=batch.pk, at=AT)
    assert User.objects.filter(full_name="Đặng Thị Ánh").count() == 1
    assert outcomes(second) == [(2, "unchanged", "")]


# --- Codes ------------------------------------------------------------------------------------------


def test_codes_are_issued_once_and_open_the_account(client, manager_p1, units):
    batch = bring_in(manager_p1, units.p1, ANH, BINH)
    issued = codes.issue_codes(batch=batch, by=manager_p1, at=AT)
    assert [person.full_name for person, _ in issued] == ["Đặng Thị Ánh", "Bùi Văn Bình"]
    assert codes.issue_codes(batch=batch, by=manager_p1, at=AT) is None
    response = client.post("/accounts/login/", {"login": "0912 345 678", "password": issued[0][1]})
    assert response["Location"] == "/learn/"
    assert client.get("/learn/")["Location"].startswith("/accounts/password/change/")


def test_new_codes_never_touch_who_has_signed_in(client, manager_p1, units):
    batch = bring_in(manager_p1, units.p1, ANH, BINH)
    first = {person.full_name: code for person, code in codes.issue_codes(batch=batch, by=manager_p1, at=AT)}
    client.post("/accounts/login/", {"login": "anhdt", "password": first["Đặng Thị Ánh"]})
    again = codes.issue_codes(batch=batch, by=manager_p1, at=AT, again=True)
    assert [person.full_name for person, _ in again] == ["Bùi Văn Bình"]
    binh = User.objects.get(full_name="Bùi Văn Bình")
    assert (binh.check_password(first["Bùi Văn Bình"]), binh.check_password(again[0][1])) == (False, True)


def test_codes_stand_nowhere_in_the_database(manager_p1, units):
    batch = bring_in(manager_p1, units.p1, ANH)
    [(person, code)] = codes.issue_codes(batch=batch, by=manager_p1, at=AT)
    person.refresh_from_db()
    assert code not in person.password
    assert person.password.startswith("pbkdf2_sha256$")


# --- Sizes ------------------------------------------------------------------------------------------


def queries_to_check(by, units, rows):
    with CaptureQueriesContext(connection) as captured:
        batch = stage(by, units.p1, *rows)
    return len(captured), batch


@pytest.mark.parametrize("first_day", ["", "02/07/2025"])
def test_the_same_roster_again_costs_the_same_however_many_accounts_there_are(manager_p1, units, first_day):
    rows = [
        [f"Nguyễn Văn {letter}", "1980", f"091200000{number}", "", "Chuyên viên", "", "Xã Vạn Yên", first_day]
        for number, letter in enumerate("ABC")
    ]
    bring_in(manager_p1, units.p1, *rows)
    before, batch = queries_to_check(manager_p1, units, rows)
    assert queries.counts(batch).unchanged == 3
    for number in range(30):
        someone = User.objects.create(username=f"x{number}", full_name="Nguyễn Văn A", birth_year=1980)
        Appointment.objects.create(person=someone, unit=units.p1_b, position="Chuyên viên", starts_on=TODAY)
    after, batch = queries_to_check(manager_p1, units, rows)
    assert (queries.counts(batch).unchanged, after) == (3, before)


@pytest.mark.parametrize("first_day", ["", "02/07/2025"])
def test_a_longer_roster_costs_no_more_queries_to_check(manager_p1, units, first_day):
    def rows(number):
        return [
            [f"Nguyễn Văn {chr(65 + i)}", "1980", f"09120000{i:02d}", "", "Chuyên viên", "", "Xã Vạn Yên", first_day]
            for i in range(number)
        ]

    counts = [queries_to_check(manager_p1, units, rows(number))[0] for number in (1, 20)]
    assert counts[0] == counts[1]


# --- The command ------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "ds.xlsx"
    path.write_bytes(as_xlsx(ANH, BINH))
    return path


def test_the_command_checks_writes_and_gives_codes(file, manager_p1, units, tmp_path, capsys):
    import openpyxl

    call_command("import_roster", file, unit=units.p1.pk, by="MANAGER_P1", dry_run=True)
    assert capsys.readouterr().out.splitlines()[-2].startswith("2 ")
    assert not User.objects.filter(phone="+84912345678").exists()
    codes = tmp_path / "ma.xlsx"
    call_command("import_roster", file, unit=units.p1.pk, by="manager_p1", codes=codes)
    told = capsys.readouterr().out.splitlines()[-3:]
    assert ["2" in line.split() for line in told] == [True, True, True]
    rows = list(openpyxl.load_workbook(codes).active.iter_rows(values_only=True))
    assert [row[:4] for row in rows[1:]] == [
        ("Đặng Thị Ánh", "Xã Vạn Yên", "0912 345 678", "anhdt"),
        ("Bùi Văn Bình", "Phường Hạ Long", "0983 111 222", "binhbv"),
    ]  # fmt: skip
    assert codes.stat().st_mode & 0o077 == 0


def test_the_command_writes_nothing_where_a_row_is_refused(tmp_path, manager_p1, units, capsys):
    path = tmp_path / "ds.csv"
    path.write_bytes(as_csv(ANH, ["", *BINH[1:]]))
    with pytest.raises(CommandError, match="1 dòng bị từ chối hoặc cần quyết định, không ghi gì"):
        call_command("import_roster", path, unit=units.p1.pk, by="manager_p1")
    assert " 3: : " in capsys.readouterr().out
    assert not User.objects.filter(phone="+84912345678").exists()
    call_command("import_roster", path, unit=units.p1.pk, by="manager_p1", skip_refused=True)
    assert User.objects.filter(phone="+84912345678").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"a;b\n1;2", as_csv(["NguyÔn V¨n An", *ANH[1:]], head=HEAD)])
def test_the_command_refuses_a_bad_file_with_one_sentence(tmp_path, manager_p1, units, content):
    path = tmp_path / "hong.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=r"hong\.csv: "):
        call_command("import_roster", path, unit=units.p1.pk, by="manager_p1")
    assert RosterBatch.objects.count() == 0


def test_the_command_refuses_strangers(file, officer_p1, units):
    for unit, by in ((units.p1.pk, "officer_p1"), (units.p1.pk, "khongco"), (10**9, "officer_p1")):
        with pytest.raises(CommandError):
            call_command("import_roster", file, unit=unit, by=by)


def test_a_file_that_is_refused_leaves_no_batch(manager_p1, units):
    with pytest.raises(FileRefusedError):
        services.stage(data=b"", file_name="x", unit=units.p1, by=manager_p1, at=AT)
    assert RosterBatch.objects.count() == 0
