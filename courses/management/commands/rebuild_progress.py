import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _
from tqdm import tqdm

from courses.models import Course, Enrolment
from courses.services import progress


class Command(BaseCommand):
    help = "Make the states of learners again from the log of events, and say how many were not what the log says."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count the differences and change nothing")
        parser.add_argument("--course", type=int, help="number of one course; default: all")

    def handle(self, *args: Any, dry_run: bool, course: int | None, **options: Any) -> None:
        enrolments = Enrolment.objects.order_by("pk")
        if course is not None:
            if not Course.objects.filter(pk=course).exists():
                raise CommandError(_("There is no course number %(number)s.") % {"number": course})
            enrolments = enrolments.filter(course_id=course)
        total = enrolments.count()
        changed = 0
        with tqdm(total=total, unit=" learners", delay=2, disable=not sys.stderr.isatty()) as bar:
            # One short transaction for each learner: nobody's answers wait for the whole of it.
            for enrolment in enrolments.iterator():
                changed += _rebuild(enrolment, dry_run=dry_run)
                bar.update()
        parts = {"changed": changed, "total": total}
        if dry_run:
            self.stdout.write(_("%(changed)s of %(total)s would change; nothing has been written.") % parts)
        else:
            self.stdout.write(_("%(changed)s of %(total)s were made again.") % parts)


def _rebuild(enrolment: Enrolment, *, dry_run: bool) -> bool:
    with transaction.atomic():
        changed = progress.rebuild(enrolment=enrolment)
        if dry_run:
            transaction.set_rollback(True)
    return changed
