"""Old data is cleaned by rules; a dry run only counts."""

import datetime as dt
from io import StringIO

from django.core.management import call_command

from lms.accounts.models import SignIn, User
from lms.people.models import RetentionRun
from lms.people.services import retention
from tests.conftest import NOON


def test_a_run_cleans_what_a_dry_run_counts_and_nothing_younger(officer_p1: User) -> None:
    for days in (181, 200, 179):
        at = NOON - dt.timedelta(days=days)
        SignIn.objects.create(person=officer_p1, device="d", signed_in_at=at, last_seen_at=at)
    assert retention.dry_run(NOON)["sign_ins"] == 2
    assert SignIn.objects.count() == 3
    run = retention.run(at=NOON, by=None)
    assert (run.counts["sign_ins"], run.failed, SignIn.objects.count()) == (2, [], 1)
    assert retention.run(at=NOON, by=None).counts["sign_ins"] == 0


def test_the_command_says_every_rule_and_writes_nothing_when_dry(db: None) -> None:
    out = StringIO()
    call_command("retention", "--dry-run", stdout=out)
    assert [line.partition(":")[0] for line in out.getvalue().splitlines()] == [rule.key for rule in retention.RULES]
    assert not RetentionRun.objects.exists()
