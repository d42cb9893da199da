"""Pictures of questions: drawn anew, named by their content, kept once, shown to whoever is signed in."""

import hashlib
import io
import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import Form
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageFile

from lms.accounts.models import User
from quizzes.models import QuestionPicture
from quizzes.services import pictures as services
from quizzes.types import pictures
from quizzes.types.pictures import PictureField, PictureRefusedError, draw
from tests.conftest import NOON
from tests.factories.practice import make_picture


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def noise(kind: str, side: int = 200) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((side, side), 80).convert("RGB").save(file, kind)
    return file.getvalue()


def with_gps() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "MayCuaToi", 6
    exif.get_ifd(0x8825)[1] = "N"
    return make_picture(size=(120, 80), exif=exif, comment=b"ghi chu rieng", icc_profile=b"ho so mau")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


# --- Drawing anew ------------------------------------------------------------------------------------


def test_place_device_and_comment_are_gone_and_the_picture_stands_upright() -> None:
    picture = draw(with_gps())
    assert (picture.width, picture.height) == (80, 120) == opened(picture.data).size
    assert dict(opened(picture.data).getexif()) == {}
    for secret in (b"MayCuaToi", b"ghi chu rieng", b"ho so mau", b"Exif"):
        assert secret not in picture.data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_what_was_drawn_once_is_drawn_the_same_again(kind: str) -> None:
    """So an exported bank names the same pictures when it is imported elsewhere."""
    for data in (make_picture(kind), noise(kind)):
        picture = draw(data)
        assert draw(picture.data) == picture
        assert picture.sha256 == hashlib.sha256(picture.data).hexdigest()


def test_a_screen_stays_sharp_and_a_photo_small() -> None:
    assert draw(make_picture("PNG", size=(1200, 800))).media_type == pictures.PNG
    photo = draw(noise("PNG", 900))
    assert photo.media_type == pictures.JPEG
    assert len(photo.data) < len(noise("PNG", 900)) / 2


def test_a_large_picture_is_made_smaller() -> None:
    picture = draw(make_picture(size=(4000, 1000)))
    assert (picture.width, picture.height) == (1600, 400)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_is_added_to_a_picture_of_ours_does_not_stay(kind: str) -> None:
    ours = draw(make_picture(kind)).data
    secret = b"21.03N 105.85E"
    if kind == "JPEG":
        comment = b"\xff\xfe" + struct.pack(">H", len(secret) + 2) + secret
        changed = [ours[:2] + comment + ours[2:], ours[:20] + comment + ours[20:], ours + secret]
    else:
        text = chunk(b"tEXt", b"Place\0" + secret)
        changed = [ours[:33] + text + ours[33:], ours + secret, ours + text]
    for data in changed:
        assert secret not in draw(data).data


def test_pixels_packed_with_something_behind_them_are_packed_anew() -> None:
    rows = zlib.compress(b"".join(b"\0" + b"\xff" * 12 for _row in range(4)))
    head = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows + b"<script>") + chunk(b"IEND", b"")
    assert b"<script>" not in draw(data).data


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG"),
        (b"<!doctype html><script>alert(1)</script>", "JPEG"),
        (b"%PDF-1.7\n", "JPEG"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "JPEG"),
        (b"", "JPEG"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC"),
        (b"\xff\xd8\xff<script>alert(1)</script>", "damaged"),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "damaged"),
        (b"GIF89a" + b"\x00" * 40, "damaged"),
        (b"BM" + b"\x00" * 60, "damaged"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(data: bytes, word: str) -> None:
    from django.utils import translation

    with translation.override("en"), pytest.raises(PictureRefusedError, match=word) as refused:
        draw(data)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_cut_off_on_the_way_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # As a web process is once it has printed something: WeasyPrint sets this when it is imported.
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = noise(kind)
    with pytest.raises(PictureRefusedError):
        draw(data[: len(data) // 2])
    ours = draw(data).data
    with pytest.raises(PictureRefusedError):
        draw(ours[: len(ours) // 2])


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    for side in (8_000, 60_000):
        head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        pixels = chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        with pytest.raises(PictureRefusedError):
            draw(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + pixels + chunk(b"IEND", b""))


def test_more_than_eight_megabytes_is_refused() -> None:
    with pytest.raises(PictureRefusedError):
        draw(make_picture() + b"\0" * (8 * 1024 * 1024))


# --- Keeping and showing -----------------------------------------------------------------------------


def test_the_same_picture_is_one_row_and_one_file(centre: User) -> None:
    # Another test's rows are rolled back, its file stays.
    storage = QuestionPicture._meta.get_field("file").storage
    storage.delete(f"questions/{draw(with_gps()).sha256}.jpg")
    first = services.store(data=with_gps(), by=centre, at=NOON)
    again = services.store(data=with_gps(), by=None, at=NOON)
    from_export = services.store(data=first.file.read(), by=None, at=NOON)
    assert first.pk == again.pk == from_export.pk
    assert QuestionPicture.objects.count() == 1
    assert (first.created_by, first.media_type, first.width, first.height) == (centre, "image/jpeg", 80, 120)
    assert first.file.name == f"questions/{first.sha256}.jpg"


def test_a_picture_is_shown_to_whoever_is_signed_in_and_asked_for_once(client: Client, officer_p1: User) -> None:
    row = services.store(data=make_picture("PNG"), by=None, at=NOON)
    address = reverse("quizzes:picture", args=[row.sha256])
    assert client.get(address).status_code == 302
    client.force_login(officer_p1)
    response = client.get(address)
    assert b"".join(response.streaming_content) == draw(make_picture("PNG")).data  # type: ignore[attr-defined]
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert set(response["Cache-Control"].split(", ")) == {"private", "max-age=31536000", "immutable"}
    assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert client.post(address).status_code == 405
    assert client.get(reverse("quizzes:picture", args=["0" * 64])).status_code == 404
    assert client.get(address.upper()).status_code == 404


# --- In the form of the CMS --------------------------------------------------------------------------


class Asked(Form):
    picture = PictureField()


class Optional(Form):
    picture = PictureField(required=False)


def upload(data: bytes, name: str = "anh.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/png")


def test_a_form_draws_the_picture_anew_and_keeps_it_even_if_it_is_refused_for_something_else(db: None) -> None:
    form = Asked({}, {"picture": upload(with_gps())})
    assert form.is_valid()
    picture = form.cleaned_data["picture"]
    assert b"MayCuaToi" not in picture.data
    assert QuestionPicture.objects.get().sha256 == picture.sha256
    assert reverse("quizzes:picture", args=[picture.sha256]) in form.as_p()
    assert f'value="{picture}"' in form.as_p()


def test_without_another_file_the_picture_stays(db: None) -> None:
    picture = draw(make_picture())
    form = Asked({"picture-kept": str(picture)}, {}, initial={"picture": picture})
    assert form.is_valid()
    assert form.cleaned_data["picture"] == pictures.Picture(picture.sha256, 120, 80)
    assert not form.has_changed()
    cleared = Optional({"picture-kept": str(picture), "picture-clear": "1"}, {}, initial={"picture": picture})
    assert cleared.is_valid()
    assert cleared.cleaned_data["picture"] is None


@pytest.mark.parametrize(
    ("data", "files"),
    [({}, {}), ({"picture-kept": "../../etc/passwd:1x1"}, {}), ({}, {"picture": b"<svg/>"}), ({}, {"picture": b"x"})],
)
def test_a_form_without_a_picture_says_so(db: None, data: dict[str, Any], files: dict[str, bytes]) -> None:
    form = Asked(data, {name: upload(content) for name, content in files.items()})
    assert not form.is_valid()
    assert set(form.errors) == {"picture"}
    assert str(form.as_p())
    assert not QuestionPicture.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        {"picture": "x", "width": 1, "height": 1, "alt": "Ảnh"},
        {"picture": "a" * 64, "width": 0, "height": 1, "alt": "Ảnh"},
        {"picture": "a" * 64, "width": "1", "height": 1, "alt": "Ảnh"},
        {"picture": ["a" * 64], "width": 1, "height": 1, "alt": "Ảnh"},
        {"picture": "a" * 64, "width": 9, "height": 9, "alt": " "},
        {"picture": "a" * 64, "width": 9, "height": 9},
    ],
)
def test_a_content_names_a_picture_wholly_or_is_told_so(content: dict[str, Any]) -> None:
    assert len(pictures.problems(content, required=False)) == 1
