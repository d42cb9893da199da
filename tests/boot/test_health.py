"""/healthz says that the process lives, /readyz that it may be sent visitors; neither says more to anybody."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lms.core import readiness


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_migrated", False)


def test_healthz_answers_without_the_database(client: Client) -> None:
    # No database fixture: a query would be refused.
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_answers_when_everything_is_there(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert response.cookies == {}


@pytest.mark.django_db
def test_readyz_looks_up_the_migrations_only_until_they_were_all_there(client: Client) -> None:
    client.get("/readyz")
    with CaptureQueriesContext(connection) as queries:
        client.get("/readyz")
    assert [query["sql"] for query in queries] == ["SELECT 1"]


@pytest.mark.django_db
def test_readyz_refuses_while_a_migration_is_missing_and_keeps_the_reason_to_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'home'")
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"not ready\n")
    assert caplog.messages[0] == "not ready: migrations"


@pytest.mark.django_db
@pytest.mark.skipif(settings.CELERY_BROKER_URL != "filesystem://", reason="Redis has no folders")
def test_readyz_refuses_when_the_brokers_folder_is_gone(client: Client, tmp_path: Path, settings) -> None:
    options = dict.fromkeys(("data_folder_in", "data_folder_out", "control_folder"), str(tmp_path))
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = options
    assert client.get("/readyz").status_code == 200
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {**options, "control_folder": str(tmp_path / "gone")}
    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db
def test_a_post_is_refused(client: Client) -> None:
    assert [client.post(path).status_code for path in ("/healthz", "/readyz")] == [405, 405]
