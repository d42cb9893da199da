"""Names that two rooms must agree on. No database."""


def guide_cookie(who: str) -> str:
    """The cookie that says: this guide has been put away on this device."""
    return f"lms_guide_{who}"
