import re
import uuid

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from certificates import services, views
from certificates.models import Certificate
from lms.accounts.models import User
from tests.conftest import NOON, Outline, Units
from tests.factories.certificates import make_certificate

PDF = b"%PDF-1.7 one"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def ready(certificate: Certificate) -> Certificate:
    return make_ready(certificate)


def make_ready(certificate: Certificate) -> Certificate:
    taken = services.claim(certificate_id=certificate.pk, at=NOON)
    assert taken
    assert services.keep(certificate=taken, pdf=PDF, at=NOON)
    certificate.refresh_from_db()
    return certificate


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def pdf_of(certificate: Certificate) -> str:
    return reverse("certificates:pdf", args=[certificate.pk])


def words(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode().partition("<main")[2]).split())


# --- Mine ------------------------------------------------------------------------------------------------


def test_a_certificate_that_is_being_made_says_so_and_asks_again(certificate: Certificate, officer_p1: User) -> None:
    response = client_of(officer_p1).get("/certificates/")
    page = response.content.decode()
    assert f'hx-get="/certificates/{certificate.pk}/"' in page
    assert "0001/2026/GCN-MTTW-BTT" in page
    assert pdf_of(certificate) not in page


def test_a_ready_certificate_is_one_link_and_asks_no_more(ready: Certificate, officer_p1: User) -> None:
    page = client_of(officer_p1).get("/certificates/").content.decode()
    assert page.count(f'href="{pdf_of(ready)}"') == 1
    assert f'data-copy="http://localhost:8000{pdf_of(ready)}"' in page
    assert "hx-get" not in page


def test_the_card_alone_comes_to_htmx_and_the_list_to_everybody_else(ready: Certificate, officer_p1: User) -> None:
    address = reverse("certificates:row", args=[ready.pk])
    card = client_of(officer_p1).get(address, headers={"HX-Request": "true"})
    assert card.content.decode().lstrip().startswith("<article")
    assert client_of(officer_p1).get(address)["Location"] == "/certificates/"
    assert Client().get(address, headers={"HX-Request": "true"})["HX-Redirect"] == "/certificates/"


def test_a_file_that_could_not_be_made_is_told_with_its_number(certificate: Certificate, officer_p1: User) -> None:
    Certificate.objects.update(state=Certificate.State.FAILED, last_error="secret of the house")
    page = client_of(officer_p1).get("/certificates/").content.decode()
    assert "0001/2026/GCN-MTTW-BTT" in page
    assert "hx-get" not in page
    assert "secret of the house" not in page


def test_nobody_else_finds_my_certificate_in_their_list(ready: Certificate, officer_p2: User, manager_p1: User) -> None:
    for person in (officer_p2, manager_p1):
        assert ready.payload["number"] not in client_of(person).get("/certificates/").content.decode()
        address = reverse("certificates:row", args=[ready.pk])
        assert client_of(person).get(address, headers={"HX-Request": "true"}).status_code == 404


def test_the_list_takes_as_many_queries_for_three_as_for_one(officer_p1: User, outline: Outline, units: Units) -> None:
    client = client_of(officer_p1)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get("/certificates/").status_code == 200
        return len(captured)

    make_ready(make_certificate(officer_p1, outline.course, units.p1_a))
    queries()
    one = queries()
    for _ in range(2):
        make_ready(make_certificate(officer_p1, outline.course, units.p1_a))
    assert client.get("/certificates/").content.decode().count("<article") == 3
    assert queries() == one


# --- The file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["officer_p1", "manager_p1", "centre"])
def test_the_holder_and_those_who_answer_for_the_unit_receive_the_file(
    ready: Certificate, role: str, request: pytest.FixtureRequest
) -> None:
    response = client_of(request.getfixturevalue(role)).get(pdf_of(ready))
    assert response.status_code == 200
    assert b"".join(response) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Content-Disposition"] == (
        'inline; filename="Giay-chung-nhan-0001-2026-GCN-MTTW-BTT-dang-thi-nguyet-anh.pdf"; '
        "filename*=utf-8''Gi%E1%BA%A5y%20ch%E1%BB%A9ng%20nh%E1%BA%ADn%200001-2026-GCN-MTTW-BTT%20"
        "%C4%90%E1%BA%B6NG%20TH%E1%BB%8A%20NGUY%E1%BB%86T%20%C3%81NH.pdf"
    )


@pytest.mark.parametrize("role", ["officer_p2", "manager_p2"])
def test_others_do_not_find_the_file(ready: Certificate, role: str, request: pytest.FixtureRequest) -> None:
    assert client_of(request.getfixturevalue(role)).get(pdf_of(ready)).status_code == 404


def test_who_is_not_signed_in_is_led_to_sign_in(ready: Certificate) -> None:
    for address in ("/certificates/", pdf_of(ready)):
        response = Client().get(address)
        assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={address}")


def test_a_file_that_the_browser_has_is_not_sent_again(ready: Certificate, officer_p1: User) -> None:
    client = client_of(officer_p1)
    etag = client.get(pdf_of(ready))["ETag"]
    assert etag == f'"{ready.sha256}"'
    assert client.get(pdf_of(ready), headers={"If-None-Match": etag}).status_code == 304


def test_a_file_that_is_not_made_yet_leads_back_to_the_list(certificate: Certificate, officer_p1: User) -> None:
    assert client_of(officer_p1).get(pdf_of(certificate))["Location"] == "/certificates/"


def test_the_file_lies_outside_what_the_site_serves(settings) -> None:
    private = settings.STORAGES["private"]["OPTIONS"]
    assert private["base_url"] is None
    assert not private["location"].is_relative_to(settings.MEDIA_ROOT)


# --- The public check ------------------------------------------------------------------------------------


def test_anybody_with_the_code_reads_what_the_paper_says_and_no_more(officer_p1: User, outline: Outline, units: Units):
    officer_p1.birth_year = 1985
    officer_p1.save()
    certificate = make_certificate(officer_p1, outline.course, units.p1_a, position="Phó Chủ tịch")
    response = Client().get(f"/verify/{certificate.verify_code}/")
    shown = words(response)
    for word in (
        "0001/2026/GCN-MTTW-BTT", "ĐẶNG THỊ NGUYỆT ÁNH", "Trang cộng đồng", "Xã Vạn Yên, tỉnh Quảng Ninh", "23/11/2026",
        certificate.verify_code,
    ):  # fmt: skip
        assert word in shown
    assert "1985" not in shown
    assert "Phó Chủ tịch" not in shown
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert 'class="answer good"' in response.content.decode()


def test_a_revoked_certificate_is_shown_as_revoked(ready: Certificate, centre: User, officer_p1: User) -> None:
    services.revoke(certificate=ready, at=NOON, actor=centre, reason="Cấp nhầm người")
    response = Client().get(f"/verify/{ready.verify_code}/")
    assert response.context["certificate"].status == "revoked"
    assert 'class="answer bad"' in response.content.decode()
    assert "23/11/2026" in words(response)
    assert "Cấp nhầm người" not in words(response)
    assert "Cấp nhầm người" in words(client_of(officer_p1).get("/certificates/"))


def test_a_replaced_certificate_leads_to_the_one_that_is_valid(ready: Certificate, centre: User) -> None:
    newer = services.supersede(certificate=ready, at=NOON, actor=centre, reason="Sai tên")
    old = Client().get(f"/verify/{ready.verify_code}/")
    assert old.context["certificate"].status == "superseded"
    assert f'href="/verify/{newer.verify_code}/"' in old.content.decode()
    assert Client().get(f"/verify/{newer.verify_code}/").context["certificate"].status == "valid"


def test_a_code_is_found_however_it_was_typed(certificate: Certificate) -> None:
    right = f"/verify/{certificate.verify_code}/"
    typed = certificate.verify_code.lower().replace("-", " ").replace("0", "o")
    assert Client().get("/verify/", {"code": typed})["Location"] == right
    assert Client().get(f"/verify/{typed.replace(' ', '')}/")["Location"] == right


def test_a_slip_in_the_code_is_told_without_looking_anything_up(certificate: Certificate) -> None:
    last = certificate.verify_code[-1]
    wrong = certificate.verify_code[:-1] + ("3" if last != "3" else "4")
    response = Client().get("/verify/", {"code": wrong})
    assert (response.status_code, response.context["is_mistyped"]) == (200, True)
    page = Client().get(f"/verify/{wrong}/")
    assert (page.status_code, page.context["is_mistyped"]) == (404, True)
    assert page["X-Robots-Tag"] == "noindex, nofollow"


def test_a_code_that_no_certificate_has_is_not_found_with_the_form_to_try_again(certificate: Certificate) -> None:
    from certificates.numbering import new_code

    response = Client().get(f"/verify/{new_code()}/")
    assert (response.status_code, response.context["is_unknown"]) == (404, True)
    assert 'action="/verify/"' in response.content.decode()


def test_an_address_that_asks_without_end_has_to_wait(certificate: Certificate, monkeypatch) -> None:
    monkeypatch.setattr(views, "CHECKS_PER_MINUTE", 3)
    address = f"/verify/{certificate.verify_code}/"
    assert [Client().get(address).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert Client().get(address)["Retry-After"] == "60"
    assert Client(REMOTE_ADDR="10.0.0.9").get(address).status_code == 200


def test_an_unknown_certificate_is_not_found(officer_p1: User) -> None:
    assert client_of(officer_p1).get(f"/certificates/{uuid.uuid4()}.pdf").status_code == 404
