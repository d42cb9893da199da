"""Files that learners answer with: what comes in, what an answer may name, who reads them."""

import io
import uuid
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from PIL import Image

from courses.models import Enrolment
from lms.accounts.models import User
from lms.units.models import Grant
from quizzes import types
from quizzes.models import Attempt, AttemptQuestion, Category, ResponseFile
from quizzes.services import responses
from quizzes.services.responses import FileRefusedError, attach, take_files
from quizzes.types.answer_files import clean_name
from tests.conftest import DAY_ONE, NOON, Outline, Units, make_person
from tests.factories.practice import make_picture
from tests.factories.quizzes import CONTENT, make_question, make_quiz


def pdf(*objects: bytes, tail: bytes = b"") -> bytes:
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, each) for number, each in enumerate(objects, start=1))
    return b"%PDF-1.7\n" + body + b"xref\n0 1\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n" + tail


def packed(objects: bytes) -> bytes:
    data = zlib.compress(objects)
    return b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (
        len(data),
        data,
    )


PLAIN_PDF = pdf(b"<< /Type /Catalog >>")


def attempt_of(enrolment: Enrolment, quiz: Any, *names: str) -> list[AttemptQuestion]:
    attempt = Attempt.objects.create(
        enrolment=enrolment, quiz=quiz, number=1, seed=1, pass_percent=70, started_at=NOON, rules={}
    )
    versions = [make_question(Category.objects.get(), name).version for name in names]
    return [
        AttemptQuestion.objects.create(attempt=attempt, position=position, version=version)
        for position, version in enumerate(versions, start=1)
    ]


@pytest.fixture
def quiz_room(outline: Outline, category: Category) -> Any:
    return make_quiz(outline.quiz, {category: 1}, version="1")


@pytest.fixture
def essay(enrolment: Enrolment, quiz_room: Any) -> AttemptQuestion:
    return attempt_of(enrolment, quiz_room, "essay", "upload", "single")[0]


@pytest.fixture
def of_p2(officer_p2: User, outline: Outline, units: Units, quiz_room: Any) -> AttemptQuestion:
    """The same question, answered by somebody else in another province."""
    other = Enrolment.objects.create(user=officer_p2, course=outline.course, unit=units.p2_a, enrolled_at=NOON)
    return attempt_of(other, quiz_room, "essay")[0]


def fresh(question: AttemptQuestion) -> AttemptQuestion:
    return AttemptQuestion.objects.select_related("attempt", "version").get(pk=question.pk)


def sent(*files: tuple[str, bytes], field: str = "answer-1") -> MultiValueDict[str, Any]:
    return MultiValueDict({f"{field}-file": [SimpleUploadedFile(name, data) for name, data in files]})


def posted(**lists: list[str]) -> QueryDict:
    query = QueryDict(mutable=True)
    for key, values in lists.items():
        query.setlist(f"answer-1-{key}" if key != "text" else "answer-1", values)
    return query


def take(user: User, question: AttemptQuestion, files: Any = None, post: QueryDict | None = None) -> responses.Taken:
    return take_files(
        user=user,
        attempt_id=question.attempt_id,
        position=question.position,
        files=files if files is not None else MultiValueDict(),
        post=post if post is not None else posted(),
        name="answer-1",
        at=NOON,
    )


def tokens(taken: responses.Taken) -> list[str]:
    return list(taken.post.getlist("answer-1-files"))


# --- What comes in -----------------------------------------------------------------------------------


def test_a_picture_is_drawn_anew_and_the_same_again_is_the_same_file(essay: AttemptQuestion) -> None:
    exif = Image.Exif()
    exif[0x010F] = "MayCuaToi"
    row = attach(question=essay, data=make_picture(exif=exif), name="C:\\Anh\\Bìa.PNG", at=NOON)
    assert (row.name, row.media_type, row.question) == ("Bìa.jpg", "image/jpeg", essay)
    kept = row.file.read()
    assert b"MayCuaToi" not in kept
    assert row.size == len(kept)
    assert "Bìa" not in row.file.name
    assert attach(question=essay, data=make_picture(exif=exif), name="khac.jpg", at=NOON) == row
    assert ResponseFile.objects.count() == 1


def test_a_pdf_is_kept_as_it_is(essay: AttemptQuestion) -> None:
    row = attach(question=essay, data=PLAIN_PDF, name="Kế hoạch 12.pdf", at=NOON)
    assert (row.name, row.media_type, row.file.read()) == ("Kế hoạch 12.pdf", "application/pdf", PLAIN_PDF)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\x00 program",
        b"PK\x03\x04 archive",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"\xff\xd8\xff broken",
        make_picture()[:200],
        PLAIN_PDF[:-10],
        pdf(b"<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>"),
        pdf(b"<< /AA << /S /J#61vaScript >> >>"),
        pdf(b"<< /S /Launch /F (cmd.exe) >>"),
        pdf(b"<< /EmbeddedFiles 3 0 R >>"),
        pdf(b"<< /Encrypt 5 0 R >>"),
        pdf(packed(b"1 0 << /S /JavaScript >>")),
        pdf(b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\nnot packed at all\nendstream"),
        PLAIN_PDF + b"\0" * (10 * 1024 * 1024),
    ],
    ids=range(16),
)
def test_hostile_and_broken_files_are_refused_in_a_sentence_and_leave_nothing(
    essay: AttemptQuestion, data: bytes
) -> None:
    with pytest.raises(FileRefusedError) as refused:
        attach(question=essay, data=data, name="bai.pdf", at=NOON)
    assert str(refused.value).rstrip(")").endswith((".", ")"))
    assert not ResponseFile.objects.exists()


def test_a_packed_pdf_without_anything_active_is_taken(essay: AttemptQuestion) -> None:
    attach(question=essay, data=pdf(packed(b"1 0 << /Type /Catalog /Names 3 0 R >>")), name="a.pdf", at=NOON)


def test_a_pdf_that_unpacks_without_end_is_refused(essay: AttemptQuestion) -> None:
    with pytest.raises(FileRefusedError):
        attach(question=essay, data=pdf(packed(b" " * (65 * 1024 * 1024))), name="a.pdf", at=NOON)


def test_only_what_the_question_asks_for_is_taken(essay: AttemptQuestion) -> None:
    upload, single = essay.attempt.questions.exclude(pk=essay.pk).order_by("position")
    with pytest.raises(FileRefusedError):
        attach(question=upload, data=PLAIN_PDF, name="a.pdf", at=NOON)
    with pytest.raises(FileRefusedError):
        attach(question=single, data=make_picture(), name="a.jpg", at=NOON)


def test_nobody_fills_the_disk_by_trying(essay: AttemptQuestion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MOST_EVER", 2)
    for red in (10, 90):
        attach(question=essay, data=make_picture(colour=(red, 0, 0)), name="a.jpg", at=NOON)
    with pytest.raises(FileRefusedError):
        attach(question=essay, data=make_picture(colour=(200, 0, 0)), name="a.jpg", at=NOON)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("a\u202egnp.exe", "a gnp.pdf"),
        ("<script>.pdf", "script.pdf"),
        ("Nguye\u0302\u0303n – bài 1.docx", "Nguyễn bài 1.pdf"),
        ("x" * 300, "x" * 100 + ".pdf"),
    ],
)
def test_names_are_cleaned(name: str, cleaned: str) -> None:
    assert clean_name(name, "application/pdf") == cleaned


def test_a_name_of_nothing_gets_one() -> None:
    assert clean_name("...", "application/pdf").endswith(".pdf")
    assert len(clean_name("...", "application/pdf")) > 4


# --- What an answer names ----------------------------------------------------------------------------


def test_without_files_nothing_is_asked_and_nothing_changes(
    essay: AttemptQuestion, django_assert_num_queries: Any
) -> None:
    post = posted(text=["Bài làm"])
    with django_assert_num_queries(0):
        assert take(essay.attempt.enrolment.user, essay, post=post) == responses.Taken(post)


def test_files_come_with_the_form_and_the_answer_names_them(essay: AttemptQuestion, officer_p1: User) -> None:
    taken = take(officer_p1, essay, sent(("a.jpg", make_picture()), ("b.pdf", PLAIN_PDF)), posted(text=["Bài"]))
    assert (taken.attached, taken.problems) == (2, ())
    answer = types.get("essay").parse(taken.post, "answer-1", CONTENT["essay"])
    assert answer is not None
    assert answer["text"] == "Bài"
    assert [file["name"] for file in answer["files"]] == ["a.jpg", "b.pdf"]
    again = take(officer_p1, essay, post=posted(files=tokens(taken)))
    assert tokens(again) == tokens(taken)
    without = take(officer_p1, essay, post=posted(files=tokens(taken), remove=[answer["files"][0]["id"]]))
    assert tokens(without) == tokens(taken)[1:]


def test_a_file_that_is_refused_is_told_and_the_others_stay(essay: AttemptQuestion, officer_p1: User) -> None:
    taken = take(officer_p1, essay, sent(("a.exe", b"MZ"), ("b.pdf", PLAIN_PDF)))
    assert taken.attached == 1
    assert [problem.startswith("a.exe: ") for problem in taken.problems] == [True]
    assert [token.rpartition("|")[2] for token in tokens(taken)] == ["b.pdf"]


def test_no_more_files_than_the_question_takes(essay: AttemptQuestion, officer_p1: User) -> None:
    three = [(f"{red}.jpg", make_picture(colour=(red, 0, 0))) for red in (10, 90, 200)]
    taken = take(officer_p1, essay, sent(*three))
    assert taken.attached == len(tokens(taken)) == 2
    assert len(taken.problems) == 1


def test_what_a_browser_claims_of_a_file_does_not_count(essay: AttemptQuestion, officer_p1: User) -> None:
    row = attach(question=essay, data=PLAIN_PDF, name="that.pdf", at=NOON)
    taken = take(
        officer_p1, essay, post=posted(files=[f"{row.pk}|image/png|1|gia-mao.png", "nonsense", f"{uuid.uuid4()}|"])
    )
    assert tokens(taken) == [responses.token_of(row)]


def test_the_file_of_another_learner_or_another_question_falls_out(
    essay: AttemptQuestion, of_p2: AttemptQuestion, officer_p1: User
) -> None:
    theirs = attach(question=fresh(of_p2), data=PLAIN_PDF, name="cua-nguoi-khac.pdf", at=NOON)
    upload = essay.attempt.questions.get(position=2)
    elsewhere = attach(question=upload, data=make_picture(), name="cau-khac.jpg", at=NOON)
    post = posted(files=[responses.token_of(theirs), responses.token_of(elsewhere)])
    assert tokens(take(officer_p1, essay, post=post)) == []


def test_nothing_is_kept_for_somebody_else_or_after_handing_in(
    essay: AttemptQuestion, officer_p1: User, officer_p2: User
) -> None:
    assert tokens(take(officer_p2, essay, sent(("a.pdf", PLAIN_PDF)))) == []
    Attempt.objects.update(state=Attempt.State.SUBMITTED)
    assert tokens(take(officer_p1, essay, sent(("a.pdf", PLAIN_PDF)))) == []
    assert not ResponseFile.objects.exists()


# --- Sent by a script --------------------------------------------------------------------------------


def upload_address(question: AttemptQuestion) -> str:
    return reverse("quizzes:response-upload", args=[question.attempt_id, question.position])


def send(client: Client, question: AttemptQuestion, data: bytes, name: str = "a.pdf") -> Any:
    return client.post(upload_address(question), {"file": SimpleUploadedFile(name, data)})


def test_a_script_sends_a_file_and_gets_what_the_form_has_to_post(
    client: Client, essay: AttemptQuestion, officer_p1: User
) -> None:
    client.force_login(officer_p1)
    told = send(client, essay, PLAIN_PDF).json()
    row = ResponseFile.objects.get()
    assert told == {
        "id": str(row.pk), "token": responses.token_of(row), "name": "a.pdf", "size": len(PLAIN_PDF),
        "url": reverse("quizzes:response-file", args=[row.pk]),
    }  # fmt: skip
    assert tokens(take(officer_p1, essay, post=posted(files=[told["token"]]))) == [told["token"]]
    refused = send(client, essay, b"MZ")
    assert refused.status_code == 422
    assert refused.json()["problem"].endswith(".")
    assert client.post(upload_address(essay)).status_code == 422


def test_nobody_sends_into_the_attempt_of_somebody_else(
    client: Client, essay: AttemptQuestion, officer_p2: User, manager_p1: User
) -> None:
    assert send(client, essay, PLAIN_PDF).status_code == 401
    for stranger in (officer_p2, manager_p1):
        client.force_login(stranger)
        assert send(client, essay, PLAIN_PDF).status_code == 404
    assert not ResponseFile.objects.exists()


# --- Who reads ---------------------------------------------------------------------------------------


def status_for(client: Client, person: User, row: ResponseFile) -> int:
    client.force_login(person)
    return int(client.get(reverse("quizzes:response-file", args=[row.pk])).status_code)


def test_the_learner_and_whoever_may_mark_read_it_and_nobody_else(
    client: Client, essay: AttemptQuestion, units: Units, officer_p1: User, officer_p2: User, manager_p1: User,
    manager_p2: User, centre: User,
) -> None:  # fmt: skip
    row = attach(question=essay, data=make_picture(), name="anh.jpg", at=NOON)
    viewer = make_person("viewer_p1", "Người Xem", units.p1)
    Grant.objects.create(person=viewer, unit=units.p1, right=Grant.Right.VIEW, starts_on=DAY_ONE)
    neighbour = make_person("neighbour_p1", "Người Cùng Xã", units.p1_a)
    found = {person.username: status_for(client, person, row) for person in
             (officer_p1, manager_p1, centre, viewer, neighbour, officer_p2, manager_p2)}  # fmt: skip
    assert found == {
        "officer_p1": 200, "manager_p1": 200, "centre": 200,
        "viewer_p1": 404, "neighbour_p1": 404, "officer_p2": 404, "manager_p2": 404,
    }  # fmt: skip
    client.logout()
    assert client.get(reverse("quizzes:response-file", args=[row.pk])).status_code == 302


def test_the_file_runs_nothing_in_the_browser_of_the_marker(
    client: Client, essay: AttemptQuestion, manager_p1: User
) -> None:
    client.force_login(manager_p1)
    picture = attach(question=essay, data=make_picture(), name="anh.jpg", at=NOON)
    paper = attach(question=essay, data=PLAIN_PDF, name="Kế hoạch.pdf", at=NOON)
    shown = client.get(reverse("quizzes:response-file", args=[picture.pk]))
    saved = client.get(reverse("quizzes:response-file", args=[paper.pk]))
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["Content-Disposition"].startswith("inline")
    assert Image.open(io.BytesIO(b"".join(shown.streaming_content))).size == (120, 80)  # type: ignore[attr-defined]
    assert saved["Content-Type"] == "application/pdf"
    assert saved["Content-Disposition"].startswith("attachment")
    for response in (shown, saved):
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]
        assert {"private", "no-cache"} <= set(response["Cache-Control"].split(", "))
