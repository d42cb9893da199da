"""What remains of a certificate when its person is erased, and how a paper is still checked."""

import hashlib

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client

from certificates import numbering, services
from certificates.models import Certificate
from lms.accounts.models import User
from tests.certificates.test_views import PDF, client_of, make_ready, pdf_of
from tests.conftest import NOON

NAME = "ĐẶNG THỊ NGUYỆT ÁNH"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def erased(certificate: Certificate) -> Certificate:
    make_ready(certificate)
    services.erase(certificate=certificate, at=NOON)
    certificate.refresh_from_db()
    return certificate


def test_erasing_keeps_number_code_digest_and_initials_and_nothing_that_is_readable(certificate: Certificate) -> None:
    make_ready(certificate)
    before = (certificate.number, certificate.verify_code, certificate.register_id, certificate.issued_at)
    remains = services.erase(certificate=certificate, at=NOON)
    assert remains.files == (str(certificate.file),)
    certificate.refresh_from_db()
    assert (certificate.number, certificate.verify_code, certificate.register_id, certificate.issued_at) == before
    assert (certificate.payload, str(certificate.file), certificate.state) == ({}, "", "erased")
    assert (certificate.initials, certificate.sha256) == ("Đ.T.N.Á.", hashlib.sha256(PDF).hexdigest())
    assert NAME not in certificate.words_hash


def test_erasing_twice_changes_nothing(erased: Certificate) -> None:
    kept = erased.words_hash
    assert services.erase(certificate=erased, at=NOON).files == ()
    erased.refresh_from_db()
    assert (erased.words_hash, erased.initials) == (kept, "Đ.T.N.Á.")


def test_a_certificate_whose_file_is_not_yet_made_is_never_made_after_erasing(certificate: Certificate) -> None:
    taken = services.claim(certificate_id=certificate.pk, at=NOON)
    assert taken
    assert services.erase(certificate=certificate, at=NOON).files == (f"certificates/2026/{certificate.pk}.1.pdf",)
    assert services.keep(certificate=taken, pdf=PDF, at=NOON) is False
    assert services.due(at=NOON) == []
    assert services.claim(certificate_id=certificate.pk, at=NOON) is None


def test_the_words_of_an_erased_certificate_never_come_back(erased: Certificate) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Certificate.objects.filter(pk=erased.pk).update(payload={"name": NAME})
    with pytest.raises(ValueError, match="erased"):
        services.supersede(certificate=erased, at=NOON, actor=None, reason="Sai tên")


def test_initials_hold_at_most_what_the_register_holds() -> None:
    assert numbering.initials("nguyễn văn ân") == "N.V.Â."
    assert len(numbering.initials("A " * 30)) == 20


def test_the_public_page_says_what_stands_in_the_register_and_that_the_rest_was_erased(erased: Certificate) -> None:
    page = Client().get(f"/verify/{erased.verify_code}/").content.decode()
    for word in ("0001/2026/GCN-MTTW-BTT", "Đ.T.N.Á.", "Trang cộng đồng", "23/11/2026", erased.sha256):
        assert word in page
    assert "Nguyệt Ánh".upper() not in page.upper()
    assert "Vạn Yên" not in page


@pytest.mark.parametrize(
    ("typed", "agrees"), [(NAME, True), ("  đặng thị  nguyệt ánh ", True), ("Đặng Thị Nguyệt Anh", False)]
)
def test_the_name_on_a_paper_can_still_be_compared(erased: Certificate, typed: str, agrees: bool) -> None:
    response = Client().post(f"/verify/{erased.verify_code}/", {"name": typed})
    assert response.context["name_agrees"] is agrees


@pytest.mark.parametrize(("content", "agrees"), [(PDF, True), (PDF + b" ", False)])
def test_the_file_of_a_paper_can_still_be_compared(erased: Certificate, content: bytes, agrees: bool) -> None:
    response = Client().post(f"/verify/{erased.verify_code}/", {"file": SimpleUploadedFile("giay.pdf", content)})
    assert response.context["file_agrees"] is agrees
    assert "name_agrees" not in response.context


def test_without_a_file_no_file_agrees(certificate: Certificate) -> None:
    services.erase(certificate=certificate, at=NOON)
    response = Client().post(f"/verify/{certificate.verify_code}/", {"file": SimpleUploadedFile("a.pdf", b"")})
    assert response.context.get("file_agrees") is not True


def test_an_erased_certificate_that_was_revoked_still_says_so(certificate: Certificate) -> None:
    services.revoke(certificate=certificate, at=NOON, actor=None, reason="Cấp nhầm cho Nguyệt Ánh")
    services.erase(certificate=certificate, at=NOON)
    certificate.refresh_from_db()
    assert certificate.revoke_reason == ""
    response = Client().get(f"/verify/{certificate.verify_code}/")
    assert response.context["certificate"].status == "revoked"


def test_asking_too_often_is_refused_for_names_as_well(erased: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("certificates.views.CHECKS_PER_MINUTE", 2)
    address = f"/verify/{erased.verify_code}/"
    codes = [Client().post(address, {"name": NAME}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_the_file_of_an_erased_certificate_leads_to_the_list(erased: Certificate, officer_p1: User) -> None:
    response = client_of(officer_p1).get(pdf_of(erased))
    assert (response.status_code, response["Location"]) == (302, "/certificates/")
    assert "0001/2026/GCN-MTTW-BTT" in client_of(officer_p1).get("/certificates/").content.decode()
