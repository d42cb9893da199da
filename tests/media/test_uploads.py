"""The other ways in: the chooser inside a lesson, several files at once, videos; and documents on their way out."""

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from wagtail.models import UploadedFile

from lms.accounts.models import User
from media import forms
from media.models import LibraryDocument, LibraryImage, Video
from tests.media.test_rules import DRAWING, inside

pytestmark = pytest.mark.django_db
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:02.000\nXin chào đồng chí".encode()
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def trainer(db) -> Client:
    person = User.objects.create_user(username="trainer", full_name="Giảng viên", password="mat-khau-thu-1")
    person.groups.add(Group.objects.get(name="Giảng viên"))
    client = Client()
    client.force_login(person)
    return client


def drawing(content: bytes = DRAWING) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.svg", content, "image/svg+xml")


def choose(trainer: Client, **fields) -> str:
    """The step that the chooser comes to."""
    data = {f"image-chooser-upload-{name}": value for name, value in fields.items()}
    data["image-chooser-upload-collection"] = "1"
    answer = trainer.post("/cms/images/chooser/create/", data)
    assert answer.status_code == 200
    return answer.json()["step"]


def test_the_chooser_takes_no_picture_without_alternative_text(trainer):
    assert choose(trainer, title="Hình", description="", file=drawing()) == "reshow_creation_form"
    assert LibraryImage.objects.count() == 0
    assert choose(trainer, title="Hình", description="Một hình vuông", file=drawing()) == "chosen"
    assert LibraryImage.objects.get().description == "Một hình vuông"


def test_the_chooser_takes_no_drawing_with_a_script(trainer):
    bad = drawing(inside("<script>x()</script>"))
    assert choose(trainer, title="Hình", description="Một hình", file=bad) == "reshow_creation_form"
    assert LibraryImage.objects.count() == 0


def test_several_at_once_wait_for_their_alternative_text(trainer):
    answer = trainer.post("/cms/images/multiple/add/", {"title": "Hình", "collection": "1", "files[]": drawing()})
    waiting = answer.json()
    assert waiting["success"] is True
    assert LibraryImage.objects.count() == 0
    number = waiting["uploaded_file_id"]
    address = f"/cms/images/multiple/create_from_uploaded_image/{number}/"
    prefix = f"uploaded-image-{number}"
    said = {f"{prefix}-title": "Hình", f"{prefix}-collection": "1", f"{prefix}-tags": ""}
    assert trainer.post(address, {**said, f"{prefix}-description": ""}).json()["success"] is False
    assert LibraryImage.objects.count() == 0
    assert trainer.post(address, {**said, f"{prefix}-description": "Một hình vuông"}).json()["success"] is True
    assert LibraryImage.objects.get().description == "Một hình vuông"


def test_several_at_once_take_no_drawing_with_a_script(trainer):
    bad = drawing(inside("<script>x()</script>"))
    answer = trainer.post("/cms/images/multiple/add/", {"title": "Hình", "collection": "1", "files[]": bad}).json()
    assert answer["success"] is False
    # Nothing is left waiting that a second step could take in.
    assert UploadedFile.objects.count() == 0
    assert LibraryImage.objects.count() == 0


def film(trainer: Client, **files) -> Client:
    data = {"title": "Phim", "transcript": "", "seconds": "", "poster": "", **files}
    return trainer.post("/cms/snippets/media/video/add/", data)


def test_a_video_comes_with_captions(trainer):
    answer = film(trainer, file=SimpleUploadedFile("a.mp4", MP4, "video/mp4"))
    assert list(answer.context["form"].errors) == ["captions"]
    film(
        trainer,
        file=SimpleUploadedFile("a.mp4", MP4, "video/mp4"),
        captions=SimpleUploadedFile("a.vtt", CAPTIONS, "text/vtt"),
    )
    assert Video.objects.get().title == "Phim"


def test_a_video_over_the_limit_is_refused(trainer, monkeypatch):
    monkeypatch.setattr(forms, "MAX_VIDEO_BYTES", 10)
    answer = film(
        trainer,
        file=SimpleUploadedFile("a.mp4", MP4, "video/mp4"),
        captions=SimpleUploadedFile("a.vtt", CAPTIONS, "text/vtt"),
    )
    assert list(answer.context["form"].errors) == ["file"]
    assert Video.objects.count() == 0


def test_a_document_is_downloaded_and_never_run(trainer):
    document = LibraryDocument(title="Phiếu")
    document.file.save("phieu.docx", ContentFile(b"x"))
    answer = trainer.get(document.url)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
