"""Seeing the site as an officer: who may, that nothing at all is written, and every way out."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from wagtail.models import ModelLogEntry

from courses.models import Bookmark, ProgressEvent
from lms.core import origin
from lms.people import middleware
from lms.people.models import Viewing
from lms.people.services import viewing as service
from lms.people.services.rosters import NotAllowedError
from lms.units.models import Appointment, Grant
from tests.conftest import DAY_ONE, NOON, make_person

pytestmark = pytest.mark.django_db

WHY = "Hỏi qua điện thoại vì sao bài 3 không mở"


@pytest.fixture(autouse=True)
def noon(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def staff(client, manager_p1, settings):
    settings.LMS_DEMO = True
    type(manager_p1).objects.filter(pk=manager_p1.pk).update(is_demo=True)
    manager_p1.refresh_from_db()
    client.force_login(manager_p1)
    return client


@pytest.fixture
def seeing(staff, officer_p1):
    answer = staff.post(reverse("people:view_as", args=[officer_p1.pk]), {"reason": WHY})
    assert answer.url == reverse("home:learn")
    return staff


def logged(action):
    return list(ModelLogEntry.objects.filter(action=action).values_list("user__username", "object_id", "data__reason"))


# --- Who may ----------------------------------------------------------------------------------------


def test_who_approves_where_somebody_serves_may_see_the_site_as_that_person(manager_p1, officer_p1, officer_p2, centre):
    assert service.may_view_as(manager_p1, officer_p1)
    assert service.may_view_as(centre, officer_p1)
    assert not service.may_view_as(manager_p1, officer_p2)
    assert not service.may_view_as(officer_p1, officer_p2)
    assert not service.may_view_as(manager_p1, manager_p1)


@pytest.mark.parametrize("right", [right for right in Grant.Right.values if right != "approve"])
def test_no_other_right_opens_it(right, units, officer_p1):
    other = make_person("khac", "Trần Văn Khác", units.p1)
    Grant.objects.create(person=other, unit=units.p1, right=right, starts_on=DAY_ONE)
    assert not service.may_view_as(other, officer_p1)


def test_nobody_sees_the_site_as_somebody_who_may_more(units, manager_p1, officer_p1, trainer_like, django_user_model):
    above = make_person("tren", "Phạm Thị Trên", units.p1_a)
    Grant.objects.create(person=above, unit=units.centre, right="view", starts_on=DAY_ONE)
    below = make_person("duoi", "Phạm Thị Dưới", units.p1_a)
    Grant.objects.create(person=below, unit=units.p1_a, right="view", starts_on=DAY_ONE)
    root = django_user_model.objects.create_superuser("goc", full_name="Gốc", password="x")
    Appointment.objects.create(person=root, unit=units.p1_a, position="x", starts_on=DAY_ONE)
    assert not service.may_view_as(manager_p1, above)
    assert service.may_view_as(manager_p1, below)
    assert not service.may_view_as(manager_p1, trainer_like)
    assert not service.may_view_as(manager_p1, root)
    assert service.may_view_as(root, manager_p1)
    other_root = django_user_model.objects.create_superuser("goc2", full_name="Gốc", password="x")
    assert not service.may_view_as(root, other_root)


@pytest.fixture
def trainer_like(units):
    from django.contrib.auth.models import Permission

    person = make_person("bien_soan", "Lý Thị Soạn", units.p1_a)
    person.user_permissions.add(Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"))
    return type(person).objects.get(pk=person.pk)


def test_a_closed_account_is_not_looked_at(manager_p1, officer_p1):
    officer_p1.is_active = False
    officer_p1.save()
    assert not service.may_view_as(manager_p1, officer_p1)


def test_strangers_find_no_page(client, officer_p1, officer_p2, manager_p2, settings):
    address = reverse("people:view_as", args=[officer_p1.pk])
    assert client.get(address).status_code == 302
    client.force_login(officer_p2)
    assert client.get(address).status_code == 404
    assert client.post(address, {"reason": WHY}).status_code == 404
    assert not Viewing.objects.exists()
    with pytest.raises(NotAllowedError):
        service.begin(viewer=manager_p2, person=officer_p1, reason=WHY, at=NOON)


def test_without_a_reason_nothing_begins(staff, officer_p1):
    answer = staff.post(reverse("people:view_as", args=[officer_p1.pk]), {"reason": "  "})
    assert (answer.status_code, Viewing.objects.count()) == (200, 0)


# --- While it lasts ---------------------------------------------------------------------------------


def test_the_page_is_the_other_persons_and_says_so(seeing, officer_p1):
    page = seeing.get(reverse("home:learn"))
    assert page.context["request"].viewing.person == officer_p1
    assert b'class="viewing"' in page.content
    assert officer_p1.full_name in page.content.decode()


def test_after_the_answer_the_request_is_the_real_persons_again(seeing, manager_p1):
    page = seeing.get(reverse("certificates:mine"))
    assert page.wsgi_request.user == manager_p1
    assert seeing.session["_auth_user_id"] == str(manager_p1.pk)


def test_both_sides_find_it_in_the_log(seeing, manager_p1, officer_p1):
    seeing.post(reverse("people:view_as_end"))
    assert logged("people.view_as") == [("manager_p1", str(officer_p1.pk), WHY)]
    assert logged("people.end_view_as") == [("manager_p1", str(officer_p1.pk), None)]
    assert [row.person for row in Viewing.objects.visible_to(officer_p1)] == [officer_p1]
    assert [row.viewer for row in Viewing.objects.visible_to(manager_p1)] == [manager_p1]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "address", ["/learn/", "/", "/units/people/", "/cms/", "/accounts/password/change/", "/khong-co/"]
)
def test_no_unsafe_method_gets_through(seeing, method, address):
    counted = ModelLogEntry.objects.count()
    assert getattr(seeing, method)(address).status_code in {403, 404}
    assert ModelLogEntry.objects.count() == counted


def test_a_refused_post_is_403_and_says_why(seeing):
    answer = seeing.post("/learn/guides/hoc-vien/hide/")
    assert answer.status_code in {403, 404}
    known = seeing.post(reverse("people:view_as", args=[1]), {"reason": WHY})
    assert known.status_code == 403


def test_viewing_is_never_nested(seeing, officer_p1, units):
    other = make_person("khac", "Trần Văn Khác", units.p1_a)
    assert seeing.post(reverse("people:view_as", args=[other.pk]), {"reason": WHY}).status_code == 403
    assert seeing.get(reverse("people:view_as", args=[other.pk])).status_code == 404
    assert [row.person for row in Viewing.objects.all()] == [officer_p1]


def test_a_part_of_a_page_is_refused_so_that_it_is_read(seeing):
    answer = seeing.post(
        reverse("people:view_as", args=[1]),
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/learn/"},
    )
    assert (answer.status_code, answer["HX-Redirect"]) == (403, "http://testserver/learn/")
    away = seeing.post(
        reverse("people:view_as", args=[1]), headers={"HX-Request": "true", "HX-Current-URL": "https://xau.example/"}
    )
    assert away["HX-Redirect"] == reverse("home:learn")


@pytest.mark.parametrize(
    "address",
    ["/accounts/", "/accounts/email/", "/accounts/2fa/", "/accounts/password/change/", "/cms/", "/cms/pages/"],
)
def test_account_and_cms_stay_closed(seeing, address):
    assert seeing.get(address).status_code == 403


def test_files_are_not_handed_out(staff, units, manager_p1):
    """A manager below: the list of the own units is seen, its file is not."""
    below = make_person("duoi", "Phạm Thị Dưới", units.p1_a)
    for right in ("view", "import"):
        Grant.objects.create(person=below, unit=units.p1_a, right=right, starts_on=DAY_ONE)
    assert staff.post(reverse("people:view_as", args=[below.pk]), {"reason": WHY}).status_code == 302
    counted = ModelLogEntry.objects.count()
    assert staff.get(reverse("people:people")).status_code == 200
    assert staff.get(reverse("people:people_csv")).status_code == 403
    assert staff.get(reverse("people:template_csv")).status_code == 403
    assert ModelLogEntry.objects.count() == counted


def test_whatever_a_view_writes_is_refused_by_the_connection(seeing, officer_p1):
    before = officer_p1.last_login
    for write in (officer_p1.save, ModelLogEntry.objects.all().delete, Viewing.objects.all().delete):
        refusing = connection.execute_wrapper(middleware._refuse_writes)
        with pytest.raises(middleware.WritingRefusedError), transaction.atomic(), refusing:
            write()
    officer_p1.refresh_from_db()
    assert officer_p1.last_login == before


def test_main_pages_of_an_officer_open_and_leave_no_mark(seeing, officer_p1, enrolment):
    counted = (ProgressEvent.objects.count(), Bookmark.objects.count(), ModelLogEntry.objects.count())
    for name in ("home:learn", "certificates:mine", "reports:programme"):
        assert seeing.get(reverse(name)).status_code == 200, name
    assert (ProgressEvent.objects.count(), Bookmark.objects.count(), ModelLogEntry.objects.count()) == counted


def test_readers_are_told_that_nothing_is_to_be_written(manager_p1):
    assert not origin.is_read_only()
    with origin.seen_by(manager_p1.pk):
        assert origin.is_read_only()
        assert origin.told()["as"] == manager_p1.pk
    assert not origin.is_read_only()


def test_the_duties_of_the_viewed_person_do_not_stand_in_the_way(staff, officer_p1):
    type(officer_p1).objects.filter(pk=officer_p1.pk).update(must_change_password=True)
    staff.post(reverse("people:view_as", args=[officer_p1.pk]), {"reason": WHY})
    assert staff.get(reverse("home:learn")).status_code == 200


# --- Ways out ---------------------------------------------------------------------------------------


def test_the_button_ends_it_and_a_second_click_says_the_same(seeing, officer_p1, manager_p1):
    answer = seeing.post(reverse("people:view_as_end"))
    assert answer.url == reverse("people:person", args=[officer_p1.pk])
    assert middleware.SESSION_KEY not in seeing.session
    assert seeing.post(reverse("people:view_as_end")).status_code == 302
    assert len(logged("people.end_view_as")) == 1
    assert seeing.get(reverse("home:learn")).context["request"].viewing is None


def test_after_a_quarter_of_an_hour_it_is_over_and_nothing_is_done_in_anybodys_name(seeing, time_machine, manager_p1):
    time_machine.move_to(NOON + service.LASTS, tick=False)
    answer = seeing.post(reverse("people:view_as", args=[1]), {"reason": WHY})
    assert (answer.status_code, answer.url) == (302, reverse("home:learn"))
    assert Viewing.objects.get().ended_at == NOON + service.LASTS
    assert seeing.get(reverse("people:people")).status_code == 200


def test_who_loses_the_right_leaves_at_once(seeing, manager_p1):
    Grant.objects.filter(person=manager_p1, right="approve").update(ends_on=dt.date(2026, 11, 23))
    assert seeing.get(reverse("home:learn")).status_code == 302
    assert Viewing.objects.get().ended_at == NOON
    assert middleware.SESSION_KEY not in seeing.session


def test_who_is_given_more_meanwhile_is_no_longer_looked_at(seeing, officer_p1, units):
    Grant.objects.create(person=officer_p1, unit=units.centre, right="view", starts_on=DAY_ONE)
    assert seeing.get(reverse("home:learn")).status_code == 302


def test_signing_out_signs_the_real_person_out_and_ends_it(seeing, officer_p1):
    assert seeing.post(reverse("account_logout")).status_code == 302
    assert "_auth_user_id" not in seeing.session
    assert Viewing.objects.get().ended_at == NOON
    officer_p1.refresh_from_db()


def test_a_form_of_a_page_opened_before_is_refused_afterwards(officer_p1, manager_p1, settings):
    """Two tabs: what was filled in as the other person must not be sent as oneself."""
    from django.test import Client

    type(manager_p1).objects.filter(pk=manager_p1.pk).update(is_demo=True)
    settings.LMS_DEMO = True
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(manager_p1)
    begin = reverse("people:view_as", args=[officer_p1.pk])
    browser.get(begin)
    token = browser.cookies["csrftoken"].value
    assert browser.post(begin, {"reason": WHY, "csrfmiddlewaretoken": token}).status_code == 302
    browser.get(reverse("home:learn"))
    seen = browser.cookies["csrftoken"].value
    assert seen != token
    assert browser.post(reverse("people:view_as_end"), {"csrfmiddlewaretoken": token}).status_code == 403
    assert browser.post(reverse("people:view_as_end"), {"csrfmiddlewaretoken": seen}).status_code == 302
    assert browser.post(begin, {"reason": WHY, "csrfmiddlewaretoken": seen}).status_code == 403


def test_a_session_cannot_borrow_anothers_viewing(seeing, client, centre, officer_p1):
    from django.test import Client

    other = Client()
    other.force_login(officer_p1)
    session = other.session
    session[middleware.SESSION_KEY] = Viewing.objects.get().pk
    session.save()
    assert other.get(reverse("certificates:mine")).status_code == 302
    assert Viewing.objects.get().ended_at is None


def test_beginning_twice_leaves_one_at_a_time(manager_p1, officer_p1, units):
    other = make_person("khac", "Trần Văn Khác", units.p1_a)
    first = service.begin(viewer=manager_p1, person=officer_p1, reason=WHY, at=NOON)
    service.begin(viewer=manager_p1, person=other, reason=WHY, at=NOON + dt.timedelta(minutes=1))
    first.refresh_from_db()
    assert first.ended_at == NOON + dt.timedelta(minutes=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Viewing.objects.create(
            viewer=manager_p1, person=officer_p1, reason=WHY, began_at=NOON, ends_at=NOON + service.LASTS
        )


def test_the_sweep_ends_what_nobody_ended(manager_p1, officer_p1, time_machine):
    service.begin(viewer=manager_p1, person=officer_p1, reason=WHY, at=NOON)
    assert service.expire() == 0
    time_machine.move_to(NOON + dt.timedelta(hours=5))
    assert service.expire() == 1
    assert service.expire() == 0
    assert Viewing.objects.get().ended_at == NOON + service.LASTS
    assert logged("people.end_view_as") == [("manager_p1", str(officer_p1.pk), None)]
