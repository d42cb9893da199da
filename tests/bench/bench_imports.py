"""Five thousand questions from a file into the bank: reading, entering as drafts, and what the list then costs."""

import time
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile

from lms.accounts.models import User
from lms.core import clock
from quizzes.models import ImportBatch, Question
from quizzes.services import imports
from tests.factories.quizzes import make_category

COUNT = 5_000
BUDGET_SECONDS = 60


def gift() -> bytes:
    return "\n\n".join(
        f"// [id:k-{number}] [level:nhan_biet]\n::k-{number}::Câu hỏi số {number} về Trang cộng đồng?"
        f"{{\n=Phương án đúng {number}#Đúng quy chế.\n~Phương án sai {number}\n~Phương án khác {number}\n"
        "####Vì quy chế nói vậy.}"
        for number in range(COUNT)
    ).encode()


def spent(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of CPU and by the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


@pytest.mark.django_db
def bench_a_bank_from_a_file(centre: User) -> None:
    batch = imports.receive(
        file=ContentFile(gift()), name="kho.gift", category=make_category(), by=centre, at=clock.now()
    )
    read = spent(lambda: imports.read(batch_id=batch.pk))
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.READ, batch.report
    assert imports.confirm(batch=batch, by=centre, at=clock.now())
    entered = spent(lambda: imports.enter(batch_id=batch.pk))
    assert Question.objects.count() == COUNT
    print(  # noqa: T201
        f"\n{COUNT} questions: read {read[0]:.1f} s of CPU ({read[1]:.1f} s by the clock),"
        f" entered {entered[0]:.1f} s ({entered[1]:.1f} s); budget {BUDGET_SECONDS} s by the clock"
    )
