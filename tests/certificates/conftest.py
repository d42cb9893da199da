import pytest
from django.core.files.storage import InMemoryStorage, storages

from certificates.models import Certificate
from courses.models import Completion
from lms.accounts.models import User
from tests.conftest import Outline, Units
from tests.factories.certificates import make_certificate, make_completion


@pytest.fixture(autouse=True)
def private(monkeypatch: pytest.MonkeyPatch) -> InMemoryStorage:
    """Private files of this test, gone with it. A field asks for its storage once, so it is told, too."""
    storage = InMemoryStorage()
    monkeypatch.setitem(storages._storages, "private", storage)
    monkeypatch.setattr(Certificate._meta.get_field("file"), "storage", storage)
    return storage


@pytest.fixture
def completion(officer_p1: User, outline: Outline, units: Units) -> Completion:
    return make_completion(officer_p1, outline.course, units.p1_a, position="Phó Chủ tịch")


@pytest.fixture
def certificate(officer_p1: User, outline: Outline, units: Units) -> Certificate:
    return make_certificate(officer_p1, outline.course, units.p1_a, position="Phó Chủ tịch")
