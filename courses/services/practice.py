"""Handing in a practical task, and what is said to it. What was handed in is never changed: the next is a new row."""

import datetime as dt
import hashlib
import uuid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses import rules
from courses.enums import EventKind
from courses.models import Activity, Enrolment, Submission
from courses.services.progress import note_opened, record_activity
from courses.signals import practice_confirmed, practice_submitted
from lms.accounts.models import User
from lms.core import audit, clock, text
from lms.core.facebook import NotAPageAddressError, page_address
from lms.core.facebook import Reason as PageReason
from lms.units.models import Unit
from lms.units.queries import primary_appointment
from media.rules import PictureRefusedError, Problem, clean_picture

RULE = "practice"
SENTENCE_LENGTH = 500


class HandInRefusedError(Exception):
    """``errors``: what is wrong with "link" or "picture", or with the whole (""), as sentences to the learner."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class AlreadyMarkedError(Exception):
    """Somebody else was faster, or the learner has sent a newer one: ``submission`` as it stands now."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(submission.state)
        self.submission = submission


class OwnWorkError(Exception):
    """Nobody marks what they handed in themselves."""


def hand_in(
    *,
    enrolment: Enrolment,
    activity: Activity,
    names_page: bool,
    link: str = "",
    picture: bytes | None = None,
    note: str = "",
    version: str = "",
    at: dt.datetime,
    number: int | None = None,
) -> Submission:
    """A new row that waits; what waited before is returned by the learner's own hand (``was_replaced``).

    The same content again while it waits is the same row, so a second click sends nothing. ``number``: the one that the
    form was made for; HandInRefusedError where another was sent meanwhile, where link or picture are not what they
    should be, and where the task is confirmed already. ``picture``: the uploaded bytes, drawn anew here.
    """
    checked, drawn = _checked(link=link, picture=picture, names_page=names_page)
    submission = Submission(
        enrolment=enrolment,
        activity=activity,
        link=checked,
        sha256=hashlib.sha256(drawn).hexdigest() if drawn else "",
        note=text.clean(note)[:SENTENCE_LENGTH],
        names_page=names_page,
        version=version,
        submitted_at=at,
    )
    # Written before anything is locked; taken back when it is not needed.
    stored = _store(drawn, at) if drawn else ""
    submission.screenshot = stored
    kept = None
    try:
        kept = _enter(submission, expected=number)
        return kept
    finally:
        if stored and kept is not submission:
            Submission._meta.get_field("screenshot").storage.delete(stored)


def _store(drawn: bytes, at: dt.datetime) -> str:
    """Nothing of the name on somebody's phone, and nothing to be guessed."""
    name = f"practice/{clock.day_of(at):%Y}/{uuid.uuid4().hex}.jpg"
    return Submission._meta.get_field("screenshot").storage.save(name, ContentFile(drawn))


@transaction.atomic
def _enter(new: Submission, *, expected: int | None) -> Submission:
    """``new`` with its number, or the one that stands and says the same."""
    # One after the other: two tabs at once are one submission.
    enrolment = Enrolment.objects.select_for_update(of=("self",)).select_related("user").get(pk=new.enrolment_id)
    earlier = list(
        Submission.objects.of_enrolment(enrolment).filter(activity=new.activity).order_by("submitted_at", "number")
    )
    standing = next((row for row in earlier if row.state != Submission.State.RETURNED), None)
    if standing and standing.state == Submission.State.CONFIRMED:
        raise HandInRefusedError({"": _("This task is confirmed already; nothing more is to be sent.")})
    if standing and _says_the_same(standing, new):
        return standing
    new.number = max((row.number for row in earlier), default=0) + 1
    if expected is not None and expected != new.number:
        raise HandInRefusedError({"": str(_SENT_MEANWHILE)})
    if standing:
        _return(standing, by=enrolment.user, feedback=_("Replaced by the learner."), at=new.submitted_at)
    new.enrolment, new.unit = enrolment, _unit_of(enrolment, new.submitted_at)
    new.save()
    note_opened(enrolment=enrolment, activity=new.activity, is_new=True, moves_bookmark=False, at=new.submitted_at)
    practice_submitted.send(sender=Submission, submission=new)
    return new


def _says_the_same(one: Submission, other: Submission) -> bool:
    return (one.link, one.sha256, one.note) == (other.link, other.sha256, other.note)


def _unit_of(enrolment: Enrolment, at: dt.datetime) -> Unit | None:
    appointment = primary_appointment(enrolment.user, on=clock.day_of(at))
    return appointment.unit if appointment else enrolment.unit


def was_replaced(submission: Submission) -> bool:
    """Taken back by the learner, who has sent a newer one; not returned by anybody."""
    return submission.state == Submission.State.RETURNED and submission.marked_by_id == submission.enrolment.user_id


@transaction.atomic
def confirm(*, submission: Submission, by: User, at: dt.datetime) -> Submission:
    """The task is done, and with it the course if nothing else is left: one event, however often it is told.

    A second call by the same person changes nothing. Raises AlreadyMarkedError where somebody else has marked it or
    the learner has sent a newer one, OwnWorkError for one's own.
    """
    locked = _locked(submission, by)
    if locked.state == Submission.State.CONFIRMED and locked.marked_by_id == by.pk:
        return locked
    if locked.state != Submission.State.SUBMITTED:
        raise AlreadyMarkedError(locked)
    locked.state, locked.marked_by, locked.marked_at = Submission.State.CONFIRMED, by, at
    locked.save(update_fields=["state", "marked_by", "marked_at"])
    record_activity(
        enrolment=locked.enrolment,
        activity=locked.activity,
        kind=EventKind.DONE,
        source_key=f"practice:{locked.pk}",
        at=at,
        rule=RULE,
        version=locked.version,
    )
    practice_confirmed.send(sender=Submission, submission=locked)
    audit.record("courses.confirm_practice", locked, actor=by, learner=locked.enrolment.user_id, **_where(locked))
    return locked


@transaction.atomic
def return_to_learner(*, submission: Submission, by: User, feedback: str, at: dt.datetime) -> Submission:
    """Back to the learner with one sentence, who then sends again. ValueError without a sentence.

    The same again by the same person changes nothing. Raises as ``confirm`` does.
    """
    feedback = text.clean(feedback)
    if not feedback or len(feedback) > SENTENCE_LENGTH:
        raise ValueError("a returned task says why, in one sentence")
    locked = _locked(submission, by)
    if (locked.state, locked.marked_by_id, locked.feedback) == (Submission.State.RETURNED, by.pk, feedback):
        return locked
    if locked.state != Submission.State.SUBMITTED:
        raise AlreadyMarkedError(locked)
    _return(locked, by=by, feedback=feedback, at=at)
    audit.record(
        "courses.return_practice", locked, actor=by, learner=locked.enrolment.user_id, feedback=locked.feedback,
        **_where(locked),
    )  # fmt: skip
    return locked


def _where(submission: Submission) -> dict[str, Any]:
    """Under whose managers' eyes the entry comes: those of the unit for which it was handed in."""
    return {"unit": submission.unit.pk, "path": submission.unit.path} if submission.unit else {}


def _return(submission: Submission, *, by: User, feedback: str, at: dt.datetime) -> None:
    submission.state, submission.marked_by, submission.marked_at = Submission.State.RETURNED, by, at
    submission.feedback = feedback
    submission.save(update_fields=["state", "marked_by", "marked_at", "feedback"])


def _locked(submission: Submission, by: User) -> Submission:
    """The row as it stands now, with nobody else writing it: held by its enrolment, as in ``hand_in``."""
    enrolment = Enrolment.objects.select_for_update().get(pk=submission.enrolment_id)
    if enrolment.user_id == by.pk:
        raise OwnWorkError
    return Submission.objects.select_related("enrolment__user", "activity", "unit", "marked_by").get(pk=submission.pk)


# --- What may be handed in ---------------------------------------------------------------------------


def _checked(*, link: str, picture: bytes | None, names_page: bool) -> tuple[str, bytes | None]:
    """The link as it is kept and the picture drawn anew; all that is wrong at once as HandInRefusedError."""
    errors: dict[str, str] = {}
    checked, drawn = "", None
    if link.strip():
        try:
            checked = _checked_link(link, names_page=names_page)
        except NotAPageAddressError as refusal:
            errors["link"] = str(_PAGE_SENTENCES.get(refusal.reason, _PAGE_SENTENCES[PageReason.NOT_AN_ADDRESS]))
        except rules.LinkRefusedError as refusal:
            errors["link"] = str(_LINK_SENTENCES[refusal.problem])
    if picture is not None:
        try:
            drawn = clean_picture(picture)
        except PictureRefusedError as refusal:
            errors["picture"] = str(_PICTURE_SENTENCES[refusal.problem])
    if not errors and not checked and drawn is None:
        errors[""] = _("Give a link or a screenshot.")
    if errors:
        raise HandInRefusedError(errors)
    return checked, drawn


def _checked_link(link: str, *, names_page: bool) -> str:
    if names_page:
        link = page_address(link[: 4 * rules.LINK_LENGTH]).url
    return rules.checked_link(link, own_hosts=_own_hosts())


def _own_hosts() -> list[str]:
    """Names of this site. A host of the form ".example.vn" stands for itself only."""
    public = urlsplit(settings.PUBLIC_URL).hostname
    return [*filter(None, [public]), *(host for host in settings.ALLOWED_HOSTS if host != "*")]


_SENT_MEANWHILE = gettext_lazy(
    "You have sent this task from another window meanwhile. Look at what stands above, and send again only if "
    "something is to be changed."
)
_LINK_SENTENCES: dict[rules.LinkProblem, Promise] = {
    rules.LinkProblem.TOO_LONG: gettext_lazy("The link is longer than 500 characters. Copy the short one."),
    rules.LinkProblem.NOT_A_LINK: gettext_lazy("This is not a link. Copy it from the address bar and paste it here."),
    rules.LinkProblem.NOT_HTTPS: gettext_lazy("The link must begin with https://."),
    rules.LinkProblem.OUR_OWN: gettext_lazy(
        "This is a link to the training site itself. Give the link of what you have done."
    ),
}
_PAGE_SENTENCES: dict[PageReason, Promise] = {
    PageReason.NOT_AN_ADDRESS: gettext_lazy(
        "This is not the address of a page. Open the page, copy its link and paste it here; for example "
        "https://www.facebook.com/mattran.vanyen."
    ),
    PageReason.NOT_FACEBOOK: gettext_lazy("This is not a Facebook address. Give the link of the unit's page."),
    PageReason.SHARE_LINK: gettext_lazy(
        "This is a sharing link, which does not say whose page it is. Open the page in a browser and copy the address "
        "from the address bar."
    ),
    PageReason.LOGIN: gettext_lazy("This link leads to Facebook's sign-in. Open the page and copy its own link."),
    PageReason.PROFILE: gettext_lazy(
        "This link is that of a personal profile. Give the link of the unit's page, not of your own account."
    ),
    PageReason.GROUP: gettext_lazy("This link is that of a group. Give the link of the unit's page."),
    PageReason.VIDEO: gettext_lazy("This link is that of one video. Give the link of the page itself."),
    PageReason.POST: gettext_lazy("This link is that of one post. Give the link of the page itself."),
    PageReason.OTHER: gettext_lazy(
        "This link leads to another part of Facebook. Open the unit's page and copy its own link."
    ),
}
_PICTURE_SENTENCES: dict[Problem, Promise] = {
    Problem.TOO_BIG: gettext_lazy("The picture is larger than 8 MB. Take a screenshot, or send a smaller copy."),
    Problem.TOO_MANY_PIXELS: gettext_lazy(
        "The picture has too many pixels. Take a screenshot instead of a photo, or send a smaller copy."
    ),
    Problem.HEIC: gettext_lazy(
        "Pictures of the kind HEIC cannot be read here. Take a screenshot, or set the phone's camera to JPEG "
        "(“Most compatible”) and take it again."
    ),
    Problem.NOT_A_PICTURE: gettext_lazy("This file is not a JPEG, PNG or WebP picture. Choose a screenshot."),
    Problem.BROKEN_PICTURE: gettext_lazy("The picture is damaged or was cut off on the way. Choose it again."),
}
