"""Addresses as officers copy them out of Zalo, a phone, an old browser."""

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lms.core.facebook import NotAPageAddressError, Reason, page_address

NAME, NUMBER = "https://www.facebook.com/mattran.quangninh", "https://www.facebook.com/profile.php?id=100064567890123"


@pytest.mark.parametrize(
    "typed",
    [
        "https://www.facebook.com/mattran.quangninh",
        "http://facebook.com/mattran.quangninh/",
        "facebook.com/mattran.quangninh?mibextid=ZbWKwL",
        "https://m.facebook.com/mattran.quangninh?ref=share&__tn__=C",
        "https://web.facebook.com/mattran.quangninh#",
        "https://mbasic.facebook.com/mattran.quangninh/about",
        "https://vi-vn.facebook.com/mattran.quangninh",
        "HTTPS://WWW.FACEBOOK.COM/mattran.quangninh",
        "fb.com/mattran.quangninh",
        "https://fb.me/mattran.quangninh",
        "www.facebook.com/pg/mattran.quangninh/posts/",
        "@mattran.quangninh",
        "  https://www.facebook.com/mattran.quangninh\u200b ",
        "Trang của xã: https://www.facebook.com/mattran.quangninh, mời các đồng chí theo dõi",
        "<https://www.facebook.com/mattran.quangninh>",
        "facebook.com/mattran.quangninh.",
    ],
)
def test_every_spelling_of_a_name_is_one_address(typed):
    assert page_address(typed) == page_address(NAME)
    assert page_address(typed).url == NAME


@pytest.mark.parametrize(
    "typed",
    [
        "https://www.facebook.com/profile.php?id=100064567890123",
        "https://m.facebook.com/profile.php?mibextid=LQQJ4d&id=100064567890123&_rdr",
        "facebook.com/people/M%E1%BA%B7t-tr%E1%BA%ADn-H%E1%BA%A1-Long/100064567890123/",
        "https://www.facebook.com/p/Mặt-trận-Hạ-Long-100064567890123/",
        "https://www.facebook.com/pages/Mat-tran/100064567890123",
        "https://www.facebook.com/pages/category/Government/Mat-tran-100064567890123/",
        "https://www.facebook.com/M%E1%BA%B7t-tr%E1%BA%ADn-H%E1%BA%A1-Long-100064567890123/",
        "fb.com/100064567890123",
    ],
)
def test_every_spelling_of_a_number_is_one_address(typed):
    assert page_address(typed) == page_address(NUMBER)
    assert (page_address(typed).url, page_address(typed).key) == (NUMBER, "id:100064567890123")


def test_case_and_dots_do_not_make_another_page_and_letters_do():
    assert page_address("fb.com/MatTran.QuangNinh").key == page_address("fb.com/mattranquang.ninh").key
    assert page_address("fb.com/mattranquangninh2").key != page_address("fb.com/mattranquangninh").key


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", Reason.NOT_AN_ADDRESS),
        ("Mặt trận Quảng Ninh", Reason.NOT_AN_ADDRESS),
        ("mattranquangninh", Reason.NOT_AN_ADDRESS),
        ("javascript:alert(1)//facebook.com/x", Reason.NOT_AN_ADDRESS),
        ("ftp://facebook.com/mattran", Reason.NOT_AN_ADDRESS),
        ("https://[facebook.com/mattran", Reason.NOT_AN_ADDRESS),
        ("https://facebook.com:99999/mattran", Reason.NOT_AN_ADDRESS),
        ("facebook.com/mattran facebook.com/khac", Reason.NOT_AN_ADDRESS),
        ("facebook.com/<script>", Reason.NOT_AN_ADDRESS),
        ("facebook.com/Mặt-trận", Reason.NOT_AN_ADDRESS),
        ("https://facebook.com@evil.example/mattran", Reason.NOT_FACEBOOK),
        ("https://facebook.com.evil.example/mattran", Reason.NOT_FACEBOOK),
        ("https://notfacebook.com/mattran", Reason.NOT_FACEBOOK),
        ("https://zalo.me/0912345678", Reason.NOT_FACEBOOK),
        ("https://mattran.org.vn", Reason.NOT_FACEBOOK),
        ("https://www.facebook.com/share/1AbCdEfGh/?mibextid=wwXIfr", Reason.SHARE_LINK),
        ("https://www.facebook.com/share/p/1AbCdEfGh/", Reason.SHARE_LINK),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.facebook.com%2Fmattran", Reason.SHARE_LINK),
        ("https://www.facebook.com/login/?next=https%3A%2F%2Fwww.facebook.com%2Fmattran", Reason.LOGIN),
        ("facebook.com/profile.php", Reason.PROFILE),
        ("facebook.com/me", Reason.PROFILE),
        ("facebook.com/people/Le-Van-An", Reason.PROFILE),
        ("facebook.com/groups/mattranquangninh", Reason.GROUP),
        ("facebook.com/share/g/1AbC", Reason.GROUP),
        ("facebook.com/watch/?v=123456", Reason.VIDEO),
        ("https://fb.watch/abcdef/", Reason.VIDEO),
        ("facebook.com/mattran.quangninh/videos/123456789", Reason.VIDEO),
        ("facebook.com/reel/123456789", Reason.VIDEO),
        ("facebook.com/mattran.quangninh/posts/pfbid02abc", Reason.POST),
        ("facebook.com/permalink.php?story_fbid=1&id=100064567890123", Reason.POST),
        ("facebook.com/photo/?fbid=123", Reason.POST),
        ("facebook.com", Reason.OTHER),
        ("facebook.com/events/123456", Reason.OTHER),
        ("facebook.com/help/anything.php", Reason.OTHER),
        ("facebook.com/anything.php?x=1", Reason.OTHER),
        ("https://business.facebook.com/latest/home?asset_id=1", Reason.OTHER),
        ("https://developers.facebook.com/docs", Reason.OTHER),
        ("https://m.me/mattran.quangninh", Reason.OTHER),
    ],
)
def test_what_is_no_page_says_what_it_is(typed, reason):
    with pytest.raises(NotAPageAddressError) as refused:
        page_address(typed)
    assert refused.value.reason == reason


_LETTERS = string.ascii_letters + string.digits
names = st.builds(
    lambda first, middle, last: f"{first}{middle}{last}",
    st.sampled_from(string.ascii_letters),
    st.text(_LETTERS + ".", max_size=40),
    st.sampled_from(_LETTERS),
)
numbers = st.integers(10**8, 10**17).map(str)


def _or_none(typed):
    try:
        return page_address(typed)
    except NotAPageAddressError:
        return None


@settings(deadline=None)
@given(st.one_of(names, numbers.map(lambda number: f"profile.php?id={number}"), st.text(max_size=60)))
@example("https://www.facebook.com/0100064567890123")
def test_of_its_own_answer_it_makes_the_same_answer(path):
    for typed in (path, f"facebook.com/{path}"):
        found = _or_none(typed)
        if found:
            assert page_address(found.url) == found
            assert found.url.startswith("https://www.facebook.com/")
            assert (len(found.url) <= 300, len(found.key) <= 120) == (True, True)


_HOSTS = ["www.facebook.com", "facebook.com", "m.facebook.com", "web.facebook.com", "mbasic.facebook.com", "fb.com"]
_TRACKING = ["", "/", "?mibextid=ZbWKwL", "/?ref=page_internal", "?fbclid=IwAR0_x&__tn__=%2Cd", "/about", "#"]


@settings(deadline=None)
@given(names, st.sampled_from(_HOSTS), st.sampled_from(["https://", "http://", ""]), st.sampled_from(_TRACKING))
def test_host_scheme_tracking_and_case_never_make_another_page(name, host, scheme, tail):
    plain = _or_none(f"https://www.facebook.com/{name}")
    spelled = _or_none(f" {scheme}{host}/{name.swapcase()}{tail} ")
    assert (plain and plain.key) == (spelled and spelled.key)


@settings(deadline=None)
@given(numbers, names)
def test_the_forms_that_carry_a_number_are_one_page(number, name):
    forms = [f"profile.php?id={number}", f"people/{name}/{number}", f"p/{name}-{number}", f"pages/{name}/{number}"]
    assert {page_address(f"facebook.com/{form}").key for form in forms} == {f"id:{number}"}


@settings(deadline=None)
@given(st.text(max_size=80))
def test_nothing_that_can_be_typed_breaks_it(typed):
    _or_none(typed)
    _or_none(f"https://www.facebook.com/{typed}")
    _or_none(f"https://{typed}")
