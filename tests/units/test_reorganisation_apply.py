"""What a plan does when it is carried out: exactly what its preview said, once, and nothing to the past."""

import dataclasses
import datetime as dt

import pytest
from wagtail.models import ModelLogEntry

from lms.accounts.models import User
from lms.units.models import Appointment, Grant, Reorganisation, Succession, Unit, UnitCode, UnitName
from lms.units.queries import Preview, name_on, preview, problems, tree_on
from lms.units.services import reorganising
from lms.units.services.errors import RefusedError
from lms.units.services.reorganising import applying, following
from tests.conftest import NOON, make_person
from tests.factories import units as make

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 12, 1)
EVE = DAY - dt.timedelta(days=1)
TODAY = dt.date(2026, 11, 23)


@pytest.fixture
def kinds(units) -> None:
    for key, name, level in (("xã", "xã", "commune"), ("tỉnh", "tỉnh", "province"), ("huyện", "huyện", "district")):
        make.DivisionTypeFactory(level=make.LevelFactory(key=level), key=key, name=name)


@pytest.fixture
def plan(units, centre, kinds) -> Reorganisation:
    return make_plan(units.centre, centre)


def make_plan(top: Unit, by: User | None, day: dt.date = DAY) -> Reorganisation:
    return reorganising.draft(
        top=top, document_kind="Nghị quyết", document_number="1/NQ", document_issued_on=dt.date(2026, 11, 1),
        document_issuer="Quốc hội", effective_on=day, by=by, at=NOON,
    )  # fmt: skip


def step(plan: Reorganisation, kind: str, *units: Unit, **params: object) -> None:
    reorganising.add_step(reorganisation=plan, kind=kind, units=[unit.pk for unit in units], params=params)


def apply(plan: Reorganisation, by: User | None = None) -> Reorganisation:
    return reorganising.apply(reorganisation=plan, by=by, at=NOON)


def contents() -> list[list[tuple[object, ...]]]:
    models = (Unit, UnitName, UnitCode, Succession, Appointment, Grant)
    return [list(model._default_manager.order_by("pk").values_list()) for model in models]


def comparable(seen: Preview) -> dict[str, object]:
    """A preview without the keys that only the rows have: units that are opened are called by name."""
    text = dataclasses.asdict(seen)

    def plain(value: object) -> object:
        if isinstance(value, dict):
            if set(value) == {"ref", "name", "id"}:
                return value["name"]
            return {key: plain(each) for key, each in value.items()}
        if isinstance(value, tuple | list):
            return sorted((plain(each) for each in value), key=repr)
        return value

    kept = ("effective_on", "closing", "opening", "renaming", "successions", "ending_grants")
    return {key: plain(text[key]) for key in kept}


def serving(person: User) -> list[tuple[object, ...]]:
    rows = Appointment.objects.filter(person=person).order_by("starts_on", "pk")
    return list(rows.values_list("unit_id", "starts_on", "ends_on", "is_primary", "decision"))


def test_what_was_previewed_is_what_was_written(plan, units, officer_p1, officer_p2, manager_p1) -> None:
    district = make.unit("Huyện Bắc", parent=units.p1, level="district", code="001")
    below = make.unit("Xã Yên Bình", parent=district, level="commune", code="00005")
    make_person("yen-binh", "Y Bình", below)
    make.GrantFactory(person=manager_p1, unit=below)
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    step(plan, "dissolve", district, children_to=str(units.p1.pk))
    heirs = [{"name": f"Xã Văn {name}", "type": "xã", "code": name} for name in ("Lăng", "Lang")]
    step(plan, "split", units.p2_a, openings=heirs)
    step(plan, "rename", units.p2, name="Tỉnh Thái", type="tỉnh")
    step(plan, "found", opening={"name": "Xã Mới", "type": "xã", "code": "3", "level": "commune",
                                 "parent": str(units.p2.pk)})  # fmt: skip
    assert [problem.key for problem in problems(plan) if not problem.is_warning] == []
    before = preview(plan)
    done = apply(plan)
    after = preview(done)
    assert done.state == "done"
    assert comparable(after) == comparable(before)
    assert sorted(unit.name for unit in tree_on(DAY)) == [
        "Trung ương", "Tỉnh Quảng Ninh", "Tỉnh Thái", "Xã Mới", "Xã Văn Lang", "Xã Văn Lăng", "Xã Vạn Long",
        "Xã Yên Bình",
    ]  # fmt: skip
    went = {(line.person_id, line.to.name, line.starts_on) for line in before.moving}
    rows = Appointment.objects.filter(decision="Nghị quyết 1/NQ").select_related("unit")
    assert {(row.person_id, name_on(row.unit, DAY), row.starts_on) for row in rows} == went
    assert [line.line.person_id for line in before.doubtful] == [officer_p2.pk]
    assert [(line.line.person_id, line.line.to) for line in after.doubtful] == [(officer_p2.pk, None)]
    assert [sum(1 for _ in found) for found in Unit.find_problems()] == [0, 0, 0, 0, 0]


def test_nobody_sees_anything_before_the_day(plan, units, officer_p1) -> None:
    before = tree_on(EVE)
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    apply(plan)
    assert tree_on(EVE) == before
    assert [row.unit for row in Appointment.objects.on(EVE).filter(person=officer_p1)] == [units.p1_a]


def test_people_of_a_merged_unit_go_along_with_everything_their_appointment_says(plan, units, officer_p1) -> None:
    Appointment.objects.filter(person=officer_p1).update(is_acting=True, ends_on=dt.date(2027, 5, 1))
    second = make.AppointmentFactory(person=officer_p1, unit=units.p1_b, is_primary=False, position="Ủy viên")
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    apply(plan)
    new = Unit.objects.get(opened_on=DAY)
    assert [
        (row.unit, row.position, row.page_duty, row.is_primary, row.is_acting, row.starts_on, row.ends_on)
        for row in Appointment.objects.on(DAY).filter(person=officer_p1).order_by("-is_primary")
    ] == [
        (new, "Phó Chủ tịch", "officer", True, True, DAY, dt.date(2027, 5, 1)),
        (new, "Ủy viên", second.page_duty, False, False, DAY, None),
    ]
    assert Appointment.objects.get(pk=second.pk).ends_on == DAY


def test_a_second_apply_changes_nothing(plan, units, officer_p1) -> None:
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    apply(plan)
    before, logged = contents(), ModelLogEntry.objects.count()
    apply(plan)
    assert reorganising.carry_on(reorganisation_id=plan.pk, at=NOON) == 0
    assert reorganising.take_up() == 0
    assert (contents(), ModelLogEntry.objects.count()) == (before, logged)


def test_the_log_tells_document_before_and_after(plan, units, centre, officer_p1) -> None:
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    apply(plan, centre)
    entry = ModelLogEntry.objects.get(action="units.reorganise")
    assert (entry.user, entry.data["document"], entry.data["path"]) == (centre, "Nghị quyết 1/NQ", units.centre.path)
    assert entry.data["before"] == {"units": ["Xã Vạn Yên", "Phường Hạ Long"]}
    assert entry.data["after"] == {"units": ["Xã Vạn Long"]}
    went = ModelLogEntry.objects.get(action="units.follow")
    assert (went.data["before"], went.data["after"]) == ({"unit": "Xã Vạn Yên"}, {"unit": "Xã Vạn Long"})


def test_the_absorbing_unit_goes_on_under_a_new_row_with_its_own_name(plan, units) -> None:
    UnitCode.objects.create(unit=units.p1_a, code="06673")
    step(plan, "merge", units.p1_a, units.p1_b, absorbing=units.p1_a.pk, opening={"type": "xã"})
    apply(plan)
    new = Unit.objects.get(opened_on=DAY)
    assert (name_on(new, DAY), new.codes.get().code) == ("Xã Vạn Yên", "06673")
    assert sorted(new.predecessions.values_list("old_id", "share")) == sorted(
        [(units.p1_a.pk, "whole"), (units.p1_b.pk, "whole")]
    )


def test_merged_provinces_take_their_communes_along(plan, units, officer_p1) -> None:
    step(plan, "merge", units.p1, units.p2, opening={"name": "Tỉnh Hợp Nhất", "type": "tỉnh", "code": "01"})
    apply(plan)
    assert [unit.name for unit in tree_on(DAY)] == [
        "Trung ương", "Tỉnh Hợp Nhất", "Xã Vạn Yên", "Phường Hạ Long", "Xã Văn Lăng"
    ]  # fmt: skip
    heir = Succession.objects.get(old=units.p1_a)
    assert (heir.share, heir.new.get_parent()) == ("whole", Unit.objects.get(opened_on=DAY, level__key="province"))
    assert serving(officer_p1)[1][:2] == (heir.new_id, DAY)


def test_a_commune_goes_over_to_another_province(plan, units, officer_p1) -> None:
    step(plan, "transfer", units.p1_a, parent=str(units.p2.pk))
    apply(plan)
    new = Succession.objects.get(old=units.p1_a).new
    assert (new.get_parent(), name_on(new, DAY)) == (units.p2, "Xã Vạn Yên")
    assert serving(officer_p1) == [
        (units.p1_a.pk, dt.date(2022, 1, 1), DAY, True, ""), (new.pk, DAY, None, True, "Nghị quyết 1/NQ"),
    ]  # fmt: skip


def test_undecided_people_of_a_divided_unit_stay_until_somebody_decides(plan, units, officer_p2, centre) -> None:
    step(plan, "split", units.p2_a, openings=[
        {"name": "Xã Một", "type": "xã", "code": "1"}, {"name": "Xã Hai", "type": "xã", "code": "2"}])  # fmt: skip
    apply(plan)
    assert serving(officer_p2) == [(units.p2_a.pk, dt.date(2022, 1, 1), None, True, "")]
    post = Appointment.objects.get(person=officer_p2)
    with pytest.raises(RefusedError, match="not there"):
        decide(plan, centre, {post.pk: "1/7"})
    for number in (1, 0):
        assert decide(plan, centre, {post.pk: "1/1"}) == number
    second = Unit.objects.get(names__full_name="Xã Hai")
    assert serving(officer_p2)[1] == (second.pk, DAY, None, True, "Nghị quyết 1/NQ")
    assert preview(plan).doubtful == ()


def decide(plan: Reorganisation, by: User, decisions: dict[int, str | None]) -> int:
    plan.refresh_from_db()
    return reorganising.decide_moves(reorganisation=plan, decisions=decisions, by=by, at=NOON)


def test_what_was_decided_before_happens_with_the_switch(plan, units, officer_p2, centre) -> None:
    other = make_person("other", "Y Bình", units.p2_a)
    step(plan, "split", units.p2_a, openings=[
        {"name": "Xã Một", "type": "xã", "code": "1"}, {"name": "Xã Hai", "type": "xã", "code": "2"}])  # fmt: skip
    posts = [Appointment.objects.get(person=person).pk for person in (officer_p2, other)]
    decide(plan, centre, {posts[0]: "1/1", posts[1]: "1/0"})
    decide(plan, centre, {posts[1]: None})
    assert [(line.line.to and line.line.to.name, line.is_decided) for line in preview(plan).doubtful] == [
        ("Xã Hai", True), (None, True)
    ]  # fmt: skip
    assert serving(officer_p2) == [(units.p2_a.pk, dt.date(2022, 1, 1), None, True, "")]
    apply(plan)
    assert name_on(Appointment.objects.on(DAY).get(person=officer_p2).unit, DAY) == "Xã Hai"
    assert serving(other) == [(units.p2_a.pk, dt.date(2022, 1, 1), DAY, True, "")]
    assert preview(plan).doubtful == ()


def test_only_doubtful_appointments_are_decided(plan, units, officer_p1, centre) -> None:
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    with pytest.raises(RefusedError, match="not to be decided"):
        decide(plan, centre, {Appointment.objects.get(person=officer_p1).pk: "1/0"})
    assert plan.moves.count() == 0


def test_a_dissolved_unit_may_name_where_its_people_go(plan, units, officer_p1) -> None:
    step(plan, "dissolve", units.p1_a, people_to=str(units.p1_b.pk))
    apply(plan)
    assert serving(officer_p1)[1][:2] == (units.p1_b.pk, DAY)
    assert not Succession.objects.exists()


def test_an_appointment_made_for_a_later_day_is_corrected(plan, units, officer_p1) -> None:
    later = dt.date(2026, 12, 20)
    newcomer = make_person("newcomer", "Y Bình", units.p1_a)
    Appointment.objects.filter(person=newcomer).update(starts_on=later)
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    apply(plan)
    new = Unit.objects.get(opened_on=DAY)
    assert serving(newcomer) == [(new.pk, later, None, True, "")]


def test_who_was_entered_for_a_closing_unit_afterwards_is_swept_along(plan, units) -> None:
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    apply(plan)
    newcomer = make_person("newcomer", "Y Bình", units.p1_a)
    assert (reorganising.take_up(), reorganising.take_up()) == (1, 0)
    new = Unit.objects.get(opened_on=DAY)
    assert [row[:3] for row in serving(newcomer)] == [(units.p1_a.pk, dt.date(2022, 1, 1), DAY), (new.pk, DAY, None)]


def test_a_killed_large_plan_is_taken_up_and_nobody_moves_twice(plan, units, officer_p1, monkeypatch) -> None:
    monkeypatch.setattr(applying, "SMALL", 0)
    monkeypatch.setattr(following, "BATCH", 2)
    people = [make_person(f"p{number}", "Y Bình", units.p1_b) for number in range(4)]
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    assert apply(plan).state == "applying"
    assert Unit.objects.filter(opened_on=DAY).count() == 0

    def die(people: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reorganising.carry_on(reorganisation_id=plan.pk, at=NOON, progress=die)
    plan.refresh_from_db()
    new = Unit.objects.get(opened_on=DAY)
    assert (plan.state, plan.people_moved, plan.people_total) == ("applying", 2, 5)
    assert Appointment.objects.filter(unit=new).count() == 2
    assert reorganising.take_up() == 3
    plan.refresh_from_db()
    assert (plan.state, plan.people_moved) == ("done", 5)
    assert sorted(Appointment.objects.filter(unit=new).values_list("person_id", flat=True)) == sorted(
        person.pk for person in (*people, officer_p1)
    )
    assert Unit.objects.filter(opened_on=DAY).count() == 1


def test_a_plan_that_is_not_sound_is_refused_and_writes_nothing(plan, units) -> None:
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    step(plan, "dissolve", units.p1_a)
    before = contents()
    with pytest.raises(RefusedError, match="more than one step"):
        apply(plan)
    plan.refresh_from_db()
    assert (contents(), plan.state) == (before, "draft")


def test_a_large_plan_that_turns_out_unsound_is_a_draft_again(plan, units, monkeypatch) -> None:
    monkeypatch.setattr(applying, "SMALL", 0)
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    assert apply(plan).state == "applying"
    reorganising.close(unit=units.p1_a, on=EVE, actor=None)
    assert reorganising.carry_on(reorganisation_id=plan.pk, at=NOON) == 0
    plan.refresh_from_db()
    assert plan.state == "draft"
    assert "not open on 01/12/2026" in plan.failure


def test_rights_over_a_closed_unit_are_given_anew_only_when_somebody_does_so(plan, units, officer_p1, centre) -> None:
    end = dt.date(2027, 6, 1)
    grant = make.GrantFactory(person=officer_p1, unit=units.p1_a, ends_on=end)
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    assert [(line.grant_id, line.candidates[0].name) for line in preview(plan).ending_grants] == [
        (grant.pk, "Xã Vạn Long")
    ]
    apply(plan)
    new = Unit.objects.get(opened_on=DAY)
    assert not Grant.objects.filter(unit=new).exists()
    for _ in range(2):
        (given,) = reorganising.renew_grants(reorganisation=plan, grant_ids=[grant.pk], by=centre, at=TODAY)
        assert (given.unit, given.starts_on, given.ends_on) == (new, DAY, end)
    grant.refresh_from_db()
    assert (grant.ends_on, Grant.objects.filter(person=officer_p1).count()) == (DAY, 2)


def test_a_late_entry_says_whose_reports_change(units, centre, kinds, officer_p1) -> None:
    day = dt.date(2026, 10, 1)
    plan = make_plan(units.p1, centre, day)
    newcomer = make_person("newcomer", "Y Bình", units.p1_a)
    Appointment.objects.filter(person=newcomer).update(starts_on=dt.date(2026, 11, 1))
    step(plan, "merge", units.p1_a, units.p1_b, opening={"name": "Xã Vạn Long", "type": "xã", "code": "06673"})
    late = preview(plan, today=TODAY).late
    assert late is not None
    assert (late.since, late.units, late.appointments) == (day, ("Trung ương", "Tỉnh Quảng Ninh"), 1)
    assert preview(make_plan(units.p1, centre), today=TODAY).late is None


@pytest.mark.parametrize("communes", [1, 3])
def test_a_preview_asks_the_database_the_same_number_of_times(plan, units, communes, django_assert_num_queries) -> None:
    made = [make.unit(f"Xã Số {number}", parent=units.p2, level="commune") for number in range(communes)]
    for number, unit in enumerate(made):
        make_person(f"p{number}", "Y Bình", unit)
        make.GrantFactory(person=make_person(f"g{number}", "Y Bình", None), unit=unit)
    step(plan, "merge", *made, units.p2_a, opening={"name": "Xã Gộp", "type": "xã", "code": "1"})
    with django_assert_num_queries(12):
        preview(plan)
