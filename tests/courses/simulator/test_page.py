"""The simulator in a lesson: what a learner gets with and without a script, what the server notes, what is refused."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from courses.models import ActivityState, Bookmark, Enrolment, LessonPage
from courses.services.enrolment import enrol
from tests.conftest import NOON
from tests.courses.simulator.samples import BLOCK_ID, SOLVED, UNSOLVED, items, simulator
from tests.factories.pages import TEXT, Pages, publish, small_course

pytestmark = pytest.mark.django_db
BLOCK = LessonPage._meta.get_field("body").stream_block.child_blocks["simulator"]


@pytest.fixture
def pages(db: None) -> Pages:
    pages = small_course()
    pages.lesson_1.body = [TEXT, simulator()]
    publish(pages.lesson_1)
    return pages


@pytest.fixture
def officer(officer_p1, pages, client) -> Client:
    client.force_login(officer_p1)
    return client


@pytest.fixture
def enrolled(officer_p1, pages) -> Enrolment:
    return enrol(user=officer_p1, course=pages.record, at=NOON)


def address(pages: Pages, block: str = BLOCK_ID) -> str:
    return f"/learn/activities/{pages.activity(pages.lesson_1).pk}/simulator/{block}/"


def html_of(client: Client, pages: Pages) -> str:
    return client.get(pages.lesson_1.url).content.decode()


def noted(enrolment: Enrolment) -> dict[str, dict[str, int]]:
    bookmark = Bookmark.objects.filter(enrolment=enrolment).first()
    return bookmark.checks if bookmark else {}


def test_without_a_script_the_page_describes_the_exercise_and_keeps_its_solution_closed(pages, officer, enrolled):
    html = html_of(officer, pages)
    described = html.split('class="sim-told"')[1].split("<form")[0]
    for words in ("Một bà mẹ", "Nộp hồ sơ ở đâu?", "Chỉ nơi nộp hồ sơ.", "Tổ trưởng"):
        assert words in described
    assert described.index("<details") < described.index("Chỉ nơi nộp hồ sơ.")
    assert "Trả lời người hỏi" in html.split('class="sim-told"')[0]


def test_the_form_is_hidden_until_a_script_shows_it(pages, officer, enrolled):
    assert '<form class="sim-board" data-board hidden' in html_of(officer, pages)


def test_nothing_of_it_needs_an_inline_script_or_style(pages, officer, enrolled):
    html = html_of(officer, pages)
    section = html.split("data-simulator")[1].split("</section>")[0]
    assert " style=" not in section
    assert " onclick=" not in section
    assert section.count("<script") == 1
    assert '<script type="application/json">' in section


def test_the_script_gets_the_task_with_its_rules(pages, officer, enrolled):
    html = html_of(officer, pages)
    data = json.loads(html.split('<script type="application/json">')[1].split("</script>")[0])
    assert (data["kind"], data["comments"][0]["key"]) == ("inbox", "hoi")
    assert data["rules"][0]["wrong"] == "Người hỏi vẫn đang chờ."


def test_a_solved_exercise_is_noted_and_shown_as_solved_and_finishes_no_lesson(pages, officer, enrolled):
    answer = officer.post(address(pages), {"state": SOLVED})
    assert answer.json() == {"solved": True}
    activity = pages.activity(pages.lesson_1)
    assert noted(enrolled) == {str(activity.pk): {BLOCK_ID: 1}}
    assert " data-solved" in html_of(officer, pages)
    assert not ActivityState.objects.filter(activity=activity, state="done").exists()


def test_the_server_judges_itself(pages, officer, enrolled):
    assert officer.post(address(pages), {"state": UNSOLVED}).json() == {"solved": False}
    assert noted(enrolled) == {}
    assert " data-solved" not in html_of(officer, pages)


@pytest.mark.parametrize("state", ["", "{", "[" * 40_000, "x" * 50_001])
def test_what_is_no_state_is_refused_and_notes_nothing(pages, officer, enrolled, state):
    assert officer.post(address(pages), {"state": state}).status_code == 400
    assert noted(enrolled) == {}


def test_another_block_is_not_found_nor_is_a_course_of_others(pages, officer, officer_p2):
    assert officer.post(address(pages), {"state": SOLVED}).status_code == 404, "not enrolled"
    enrolment = enrol(user=officer_p2, course=pages.record, at=NOON)
    other = Client()
    other.force_login(officer_p2)
    assert other.post(address(pages, TEXT["id"]), {"state": SOLVED}).status_code == 404
    assert other.get(address(pages)).status_code == 405
    assert noted(enrolment) == {}


def test_an_exercise_that_is_not_complete_says_so_and_breaks_no_page(pages, officer, enrolled):
    pages.lesson_1.body = [TEXT, simulator(rules=[])]
    publish(pages.lesson_1)
    html = html_of(officer, pages)
    assert "Tập trả lời" in html
    assert "data-board" not in html
    assert officer.post(address(pages), {"state": SOLVED}).status_code == 404


def cleaned(**changes: object) -> object:
    return BLOCK.clean(BLOCK.to_python(simulator(**changes)["value"]))


def test_a_trainer_saves_a_good_exercise():
    assert cleaned()["heading"] == "Tập trả lời"


@pytest.mark.parametrize(
    "changes",
    [
        {"rules": []},
        {"kind": "access"},
        {"rules": items({"check": "person_removed", "subject": "hoi", "words": [], "right": "a", "wrong": "b"})},
        {"rules": items({"check": "comment_handled_as", "subject": "ai", "words": items("reply"), "right": "a",
                         "wrong": "b"})},
        {"rules": items({"check": "comment_handled_as", "subject": "hoi", "words": items("answer"), "right": "a",
                         "wrong": "b"})},
        {"rules": items({"check": "length_between", "subject": "hoi", "words": [], "most": 90, "right": "a",
                         "wrong": "b"})},
    ],
    ids=["no rule", "wrong part", "wrong check", "unknown subject", "unknown word", "solved untouched"],
)  # fmt: skip
def test_a_trainer_is_told_what_the_rules_cannot_look_at(changes):
    with pytest.raises(ValidationError) as raised:
        cleaned(**changes)
    assert raised.value.as_json_data()["messages"], "a sentence, not only a mark"


def test_a_draft_may_be_anything():
    value = BLOCK.to_python(simulator(rules=[])["value"])
    BLOCK.defer_required_validation()
    try:
        assert BLOCK.clean(value)["heading"] == "Tập trả lời"
    finally:
        BLOCK.restore_deferred_validation()
