"""What a whole attempt costs: twenty questions, every answer saved by the script, handed in, the result looked at.

CPU of the process, all layers but the network; beside it the floor: the same number of statements, sent bare.
"""

import random
import time
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from courses.models import Enrolment
from lms.accounts.models import User
from quizzes import types
from quizzes.models import Attempt
from quizzes.rules import drawing
from tests.conftest import Outline
from tests.factories.quizzes import RIGHT, make_category, make_question, make_quiz
from tests.quizzes.conftest import SIX

QUESTIONS = 20
BUDGET_MS = 150
ROUNDS = 5
SCRIPT = {"HTTP_X_REQUESTED_WITH": "quiz"}


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds."""
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000


@pytest.mark.django_db
def bench_a_whole_attempt(client: Client, officer_p1: User, enrolment: Enrolment, outline: Outline) -> None:
    category = make_category()
    for number in range(QUESTIONS * 3):
        make_question(category, SIX[number % len(SIX)])
    quiz = make_quiz(outline.quiz, {category: QUESTIONS}, max_attempts=0, pass_percent=100)
    client.force_login(officer_p1)

    def whole() -> None:
        client.post(f"/quizzes/{outline.quiz.pk}/start/")
        attempt = Attempt.objects.latest("number")
        rows = list(attempt.questions.select_related("version"))
        for row in rows:
            url = f"/quizzes/attempts/{attempt.pk}/?q={row.position}"
            client.get(url)
            wrong = row.position == 1
            answer = None if wrong else RIGHT[row.version.type]
            fields = dict(types.get(row.version.type).fields(answer, f"q{row.position}"))
            save = f"/quizzes/attempts/{attempt.pk}/answers/{row.position}/"
            client.post(save, {**fields, f"s{row.position}": "1"}, **SCRIPT)
        client.post(f"/quizzes/attempts/{attempt.pk}/submit/")
        client.get(f"/quizzes/attempts/{attempt.pk}/result/")

    whole()
    statements: list[str] = []

    def count(execute: Callable[..., object], sql: str, *rest: object) -> object:
        statements.append(sql)
        return execute(sql, *rest)

    # The test client empties Django's own list of queries with every request.
    with connection.execute_wrapper(count):
        whole()

    def bare() -> None:
        with connection.cursor() as cursor:
            for _ in statements:
                cursor.execute("SELECT 1")
                cursor.fetchall()

    measured = sorted(cpu(whole) for _ in range(ROUNDS))[ROUNDS // 2]
    floor = sorted(cpu(bare) for _ in range(ROUNDS))[ROUNDS // 2]
    print(  # noqa: T201
        f"\nattempt of {QUESTIONS} questions in {2 * QUESTIONS + 3} requests: {measured:.0f} ms of CPU"
        f" (budget {BUDGET_MS}), {len(statements)} statements, bare {floor:.1f} ms, ratio {measured / floor:.0f}"
    )
    assert quiz.attempts.exists()


def bench_a_draw_from_a_large_bank() -> None:
    """Fifty questions in ten overlapping slots out of 5,000."""
    rng = random.Random(1)
    slots = [drawing.Slot(n, 5, frozenset(rng.sample(range(5000), 800))) for n in range(1, 11)]
    uses = {question: rng.randrange(3) for question in range(5000)}
    found = sorted(cpu(lambda: drawing.draw(slots, uses, random.Random(2))) for _ in range(ROUNDS))[ROUNDS // 2]
    pool = sorted(cpu(lambda: sorted(uses, key=uses.__getitem__)) for _ in range(ROUNDS))[ROUNDS // 2]
    print(f"\ndraw of 50 out of 5.000: {found:.1f} ms of CPU, sorting the pool alone {pool:.1f} ms")  # noqa: T201
