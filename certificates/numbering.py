"""Register numbers, dates as documents write them, and verification codes. No Django."""

import datetime as dt
import secrets

# No letter that is read as another sign: I L O U S Z B are missing, and are taken for what they resemble when typed.
# 29 is a prime, so that the check character finds every single wrong sign and every two signs changed round.
ALPHABET = "0123456789ACDEFGHJKMNPQRTVWXY"
_VALUE = {sign: value for value, sign in enumerate(ALPHABET)}
_RESEMBLES = str.maketrans("OILZSBU", "011258V")
_RANDOM_SIGNS = 11
_GROUP = 4


def full_number(number: int, year: int, symbol: str) -> str:
    """ "0001/2026/GCN-MTTW-BTT": what stands after "Số:"; five digits when four do not hold it."""
    return f"{short_number(number, year)}/{symbol}"


def short_number(number: int, year: int) -> str:
    """ "0001/2026": what stands after "Vào sổ cấp giấy chứng nhận số:"."""
    return f"{number:04d}/{year}"


def in_words(day: dt.date) -> str:
    """ "ngày 05 tháng 8 năm 2022": a leading zero for days below 10 and for January and February only
    (Nghị định 30/2020/NĐ-CP, Phụ lục I)."""
    month = f"{day.month:02d}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def _check_sign(signs: str) -> str:
    return ALPHABET[sum(weight * _VALUE[sign] for weight, sign in enumerate(signs, start=2)) % len(ALPHABET)]


def new_code() -> str:
    """A code "XXXX-XXXX-XXXX" that nobody can guess (53 random bits) and whose last sign checks the others."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM_SIGNS))
    return _grouped(signs + _check_sign(signs))


def _grouped(signs: str) -> str:
    return "-".join(signs[start : start + _GROUP] for start in range(0, len(signs), _GROUP))


def read_code(typed: str) -> str | None:
    """The code as it stands on the paper, from what was typed; None when it cannot be one (a slip of the finger).

    Small letters, spaces, any dashes or none, and O for 0, I or L for 1, Z for 2, S for 5, B for 8, U for V are
    forgiven.
    """
    signs = "".join(sign for sign in typed.upper() if sign.isalnum()).translate(_RESEMBLES)
    if len(signs) != _RANDOM_SIGNS + 1 or any(sign not in _VALUE for sign in signs):
        return None
    return _grouped(signs) if _check_sign(signs[:-1]) == signs[-1] else None


def initials(name: str) -> str:
    """ "ĐẶNG THỊ NGUYỆT ÁNH" → "Đ.T.N.Á.": at most ten words, which is what the register's column holds."""
    return "".join(f"{word[0].upper()}." for word in name.split()[:10])
