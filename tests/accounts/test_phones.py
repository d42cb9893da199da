import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.accounts import phones

mobiles = st.tuples(st.sampled_from("35789"), st.text("0123456789", min_size=8, max_size=8)).map("".join)


@pytest.mark.parametrize(
    "typed",
    [
        "0912345678", "0912 345 678", "0912.345.678", "0912-345-678", "(0912) 345678", "+84 912345678", "+84912345678",
        "84912345678", "84 912 345 678", "0084912345678", "+84 (0)912 345 678", "912345678", " 0912\u00a0345\u200b678 ",
        "０９１２３４５６７８",
    ],
)  # fmt: skip
def test_a_number_is_read_however_it_is_typed(typed):
    assert phones.parse(typed) == "+84912345678"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("01621234567", "+84321234567"), ("01631234567", "+84331234567"), ("01641234567", "+84341234567"),
        ("01651234567", "+84351234567"), ("01661234567", "+84361234567"), ("01671234567", "+84371234567"),
        ("01681234567", "+84381234567"), ("01691234567", "+84391234567"), ("01201234567", "+84701234567"),
        ("01211234567", "+84791234567"), ("01221234567", "+84771234567"), ("01261234567", "+84761234567"),
        ("01281234567", "+84781234567"), ("01231234567", "+84831234567"), ("01241234567", "+84841234567"),
        ("01251234567", "+84851234567"), ("01271234567", "+84811234567"), ("01291234567", "+84821234567"),
        ("01861234567", "+84561234567"), ("01881234567", "+84581234567"), ("01991234567", "+84591234567"),
        ("1621234567", "+84321234567"), ("+841621234567", "+84321234567"), ("841621234567", "+84321234567"),
    ],
)  # fmt: skip
def test_eleven_digits_of_before_2018_become_ten(old, new):
    assert phones.parse(old) == new


@pytest.mark.parametrize(
    "typed",
    [
        "", "0", "tinh", "hocvien", "091234567", "09123456789", "02033123456", "+85 912345678", "+1 912345678",
        "0612345678", "0912 345 678 / 0983 111 222", "0912x45678", "a@b.vn", "٠٩١٢٣٤٥٦٧٨x", "01601234567", "-",
        "+84", "84",
    ],
)  # fmt: skip
def test_what_is_no_mobile_number_is_refused(typed):
    with pytest.raises(phones.NotAPhoneError):
        phones.parse(typed)


@given(mobiles, st.sampled_from(["0", "+84", "84", "0084", "", "+84 0"]), st.sampled_from(["", " ", ".", "-"]))
def test_every_spelling_of_a_number_is_the_same_number(digits, prefix, separator):
    typed = prefix + separator.join([digits[:3], digits[3:6], digits[6:]])
    assert phones.parse(typed) == f"+84{digits}"


@given(mobiles)
def test_what_is_shown_reads_back(digits):
    stored = f"+84{digits}"
    shown = phones.display(stored)
    assert phones.parse(shown) == stored
    assert phones.parse(stored) == stored


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_never_fails_otherwise(typed):
    assert phones.looks_like_phone(typed) in (True, False)


def test_a_number_is_shown_in_groups():
    assert phones.display("+84912345678") == "0912 345 678"
    assert phones.display("something else") == "something else"
