import pytest

from lms.accounts import rules


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Đặng Thị Nguyệt Ánh", "anhdtn"),
        ("Nguyễn Văn Ân", "annv"),
        ("H'Hen Niê", "nieh"),
        ("A Lý", "lya"),
        ("Đạt", "dat"),
        ("  ", "canbo"),
        ("李 明", "canbo"),
        ("Anh 3", "cb3a"),
    ],
)
def test_a_username_is_made_of_the_given_name_and_initials(name, stem):
    assert rules.username_stem(name) == stem


def test_a_taken_username_gets_the_first_free_number():
    assert rules.free_username("anhdtn", set()) == "anhdtn"
    assert rules.free_username("anhdtn", {"anhdtn"}) == "anhdtn2"
    assert rules.free_username("anhdtn", {"anhdtn", "anhdtn2", "anhdtn4"}) == "anhdtn3"
