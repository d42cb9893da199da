"""The guides for a first visit."""

import pytest
from django.urls import reverse

from lms.home.models import HomePage, TextPage
from lms.home.services.guides import ensure_guides, read_guides


def test_there_is_one_guide_for_each_kind_of_user():
    assert sorted(guide.guide_for for guide in read_guides()) == ["manager", "officer", "trainer"]


def test_they_are_published_once_and_a_trainers_change_stays(db):
    ensure_guides()
    page = TextPage.objects.get(guide_for="officer")
    page.title = "Cẩm nang của tỉnh"
    page.slug = "cam-nang"
    page.save_revision().publish()
    TextPage.objects.get(guide_for="manager").unpublish()
    assert ensure_guides() == 0
    assert TextPage.objects.get(guide_for="officer").title == "Cẩm nang của tỉnh"
    assert TextPage.objects.get(guide_for="manager").live is False


@pytest.fixture
def guides(db):
    assert HomePage.objects.exists()
    ensure_guides()


def test_an_officer_is_shown_the_guide_until_it_is_put_away(client, guides, officer_p1):
    client.force_login(officer_p1)
    title = TextPage.objects.get(guide_for="officer").title
    assert title in client.get(reverse("home:learn")).content.decode()
    assert client.post(reverse("home:hide_guide", args=["officer"])).status_code == 302
    assert title not in client.get(reverse("home:learn")).content.decode()


def test_an_unknown_guide_is_not_put_away(client, guides, officer_p1):
    client.force_login(officer_p1)
    assert client.post(reverse("home:hide_guide", args=["khac"])).status_code == 404
    assert client.get(reverse("home:hide_guide", args=["officer"])).status_code == 405


def test_a_visitor_may_read_a_guide(client, guides):
    page = client.get(TextPage.objects.get(guide_for="officer").url)
    assert "phiếu tài khoản" in page.content.decode()
