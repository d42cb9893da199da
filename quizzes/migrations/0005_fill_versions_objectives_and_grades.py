"""Status goes from the entry to its versions, objectives become rows, marked attempts get their grade."""

import secrets

from django.db import migrations

BATCH = 500


def fill(apps, schema_editor):
    Question = apps.get_model("quizzes", "Question")
    Version = apps.get_model("quizzes", "QuestionVersion")
    Objective = apps.get_model("quizzes", "Objective")
    objectives = {}
    for question in Question.objects.all():
        versions = list(Version.objects.filter(question=question).order_by("number"))
        if question.objective_text:
            key = question.objective_text
            if key not in objectives:
                objectives[key] = Objective.objects.get_or_create(key=key, defaults={"name": key})[0]
            question.objective = objectives[key]
        for version in versions:
            is_last = version is versions[-1]
            version.status = question.status if is_last or question.status == "retired" else "ready"
            version.search_text = version.stem_folded
            version.save(update_fields=["status", "search_text"])
        question.latest = versions[-1] if versions else None
        ready = [version for version in versions if version.status == "ready"]
        # What was a draft was not drawn, whatever came before it.
        question.ready = ready[-1] if ready and question.status == "ready" else None
        question.save(update_fields=["objective", "latest", "ready"])
    _grades(apps)


def _grades(apps):
    Attempt = apps.get_model("quizzes", "Attempt")
    GradeChange = apps.get_model("quizzes", "GradeChange")
    QuizGrade = apps.get_model("quizzes", "QuizGrade")
    best = {}
    for attempt in Attempt.objects.order_by("number").iterator(chunk_size=BATCH):
        attempt.key = secrets.token_hex(32)
        attempt.save(update_fields=["key"])
        if attempt.state != "graded" or attempt.is_preview:
            continue
        GradeChange.objects.get_or_create(
            source_key=f"graded:{attempt.pk}",
            defaults={
                "enrolment_id": attempt.enrolment_id,
                "quiz_id": attempt.quiz_id,
                "attempt": attempt,
                "kind": "graded",
                "score": attempt.score,
                "passed": attempt.passed,
                "at": attempt.submitted_at,
            },
        )
        place = (attempt.enrolment_id, attempt.quiz_id)
        if place not in best or (attempt.passed, attempt.score) > (best[place].passed, best[place].score):
            best[place] = attempt
    for (enrolment, quiz), attempt in best.items():
        QuizGrade.objects.get_or_create(
            enrolment_id=enrolment,
            quiz_id=quiz,
            defaults={
                "attempt": attempt,
                "score": attempt.score,
                "passed": bool(attempt.passed),
                "changed_at": attempt.submitted_at,
            },
        )


def back(apps, schema_editor):
    Question = apps.get_model("quizzes", "Question")
    for question in Question.objects.select_related("latest", "objective"):
        question.objective_text = question.objective.key[:200] if question.objective else ""
        question.status = "ready" if question.ready_id else question.latest.status if question.latest else "draft"
        question.save(update_fields=["objective_text", "status"])


class Migration(migrations.Migration):
    dependencies = [("quizzes", "0004_bank_versions_attempts_and_grades")]

    operations = [migrations.RunPython(fill, back)]
