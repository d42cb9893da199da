"""Pictures of questions are kept here: once for each content, never changed, never removed."""

import datetime as dt

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from lms.accounts.models import User
from lms.core import clock
from quizzes.models import QuestionPicture
from quizzes.types.pictures import SUFFIXES, Picture, PictureRefusedError, draw

__all__ = ["Picture", "PictureRefusedError", "draw", "keep", "keep_from_form", "store"]


def store(*, data: bytes, by: User | None, at: dt.datetime) -> QuestionPicture:
    """The row of the picture in ``data``, drawn anew (types.pictures.draw); PictureRefusedError says why not.

    The same content again, or what an earlier call had stored, is the same row.
    """
    return keep(picture=draw(data), by=by, at=at)


def keep(*, picture: Picture, by: User | None, at: dt.datetime) -> QuestionPicture:
    """The row of a picture that ``draw`` has drawn; a second call changes nothing."""
    found = QuestionPicture.objects.filter(sha256=picture.sha256).first()
    if found is not None:
        return found
    row = QuestionPicture(
        sha256=picture.sha256,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        created_by=by,
        created_at=at,
    )
    # Written before the row: a row without its file would be a broken picture, a file without a row is nothing.
    row.file.save(f"{picture.sha256}.{SUFFIXES[picture.media_type]}", ContentFile(picture.data), save=False)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # The same picture came in at the same moment.
        row.file.storage.delete(str(row.file.name))
        return QuestionPicture.objects.get(sha256=picture.sha256)
    return row


def keep_from_form(picture: Picture) -> None:
    keep(picture=picture, by=None, at=clock.now())
