import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from lms.accounts.models import User
from media.models import LibraryImage
from tests.media.test_rules import DRAWING, inside

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    person = User.objects.create_superuser("admin_media", "", "x", full_name="Quản trị", is_demo=True)
    assert Permission.objects.filter(codename="add_libraryimage").exists()
    client.force_login(person)
    return client


@pytest.fixture
def stored(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_bytes(bytes(range(100)))
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "secret.docx").write_bytes(b"x")
    (tmp_path.parent / "outside.txt").write_bytes(b"x")
    return tmp_path


def upload(admin, **fields):
    data = {"title": "Hình", "description": "", "collection": 1, "tags": "", **fields}
    return admin.post("/cms/images/add/", data)


def test_a_picture_without_alternative_text_is_refused(admin, settings):
    settings.LMS_DEMO = True
    answer = upload(admin, file=SimpleUploadedFile("a.svg", DRAWING, "image/svg+xml"))
    assert answer.status_code == 200
    assert "description" in answer.context["form"].errors
    assert LibraryImage.objects.count() == 0


def test_a_drawing_with_a_script_is_refused_with_a_sentence(admin, settings):
    settings.LMS_DEMO = True
    bad = SimpleUploadedFile("a.svg", inside("<script>x()</script>"), "image/svg+xml")
    answer = upload(admin, file=bad, description="Một hình")
    assert "file" in answer.context["form"].errors
    assert LibraryImage.objects.count() == 0


def test_a_drawing_with_its_text_is_taken(admin, settings):
    settings.LMS_DEMO = True
    upload(admin, file=SimpleUploadedFile("a.svg", DRAWING, "image/svg+xml"), description="Một hình vuông")
    assert LibraryImage.objects.get().description == "Một hình vuông"


@pytest.mark.parametrize(
    ("asked", "status", "body", "shown"),
    [
        ("bytes=0-9", 206, bytes(range(10)), "bytes 0-9/100"),
        ("bytes=90-", 206, bytes(range(90, 100)), "bytes 90-99/100"),
        ("bytes=-5", 206, bytes(range(95, 100)), "bytes 95-99/100"),
        ("bytes=50-999", 206, bytes(range(50, 100)), "bytes 50-99/100"),
        ("bytes=100-", 416, b"", "bytes */100"),
    ],
)
def test_a_video_is_served_in_ranges(client, stored, asked, status, body, shown):
    answer = client.get("/files/videos/a.mp4", headers={"Range": asked})
    content = b"".join(answer) if answer.streaming else answer.content
    assert (answer.status_code, content, answer["Content-Range"]) == (status, body, shown)


def test_a_file_may_run_nothing_and_is_what_it_says(client, stored):
    answer = client.get("/files/videos/a.mp4")
    assert b"".join(answer) == bytes(range(100))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["documents/secret.docx", "videos/../documents/secret.docx", "../outside.txt", "videos/"]
)
def test_what_is_not_public_is_not_found(client, stored, path):
    assert client.get(f"/files/{path}").status_code == 404


def test_the_names_under_which_uploads_lie_are_served():
    name = default_storage.save("original_images/kiem-thu.svg", ContentFile(DRAWING))
    default_storage.delete(name)
    assert name.startswith("original_images/")
