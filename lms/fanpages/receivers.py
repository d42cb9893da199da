"""A practical task names the unit's page → the record of that page follows, in the same transaction."""

import logging
from typing import Any

from django.dispatch import receiver

from courses.models import Submission
from courses.signals import practice_confirmed, practice_submitted
from lms.fanpages import rules, services
from lms.fanpages.models import PageRecord

logger = logging.getLogger(__name__)


@receiver(practice_submitted)
def report_page(sender: Any, submission: Submission, **kwargs: Any) -> None:
    """What cannot be recorded (another unit's page, a closed unit) does not stop the learner from handing in: whoever
    marks the task looks at the link.
    """
    if not (submission.names_page and submission.link and submission.unit):
        return
    try:
        services.report(
            unit=submission.unit,
            status=rules.YES,
            url=submission.link,
            source=PageRecord.Source.PRACTICE,
            by=submission.enrolment.user,
            at=submission.submitted_at,
        )
    except services.RefusedError as refused:
        logger.info("Submission %s names no page to record: %s", submission.pk, refused.problem.value)


@receiver(practice_confirmed)
def confirm_page(sender: Any, submission: Submission, **kwargs: Any) -> None:
    """Confirms the record if it still names the page of the task and whoever marked it approves in that unit. A trainer
    who may only mark leaves it waiting for the manager.
    """
    if not (submission.names_page and submission.link and submission.unit_id):
        return
    if submission.marked_by is None or submission.marked_at is None:
        return
    key = rules.key_of(submission.link)
    standing = PageRecord.objects.standing().filter(unit=submission.unit_id, page_key=key).first()
    if not key or standing is None:
        return
    try:
        services.confirm(record=standing, by=submission.marked_by, at=submission.marked_at)
    except (services.RefusedError, services.NotAllowedError) as refused:
        logger.info("The page of submission %s waits for confirmation: %s", submission.pk, refused)
