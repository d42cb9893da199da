"""Why a statement about a page is refused, as sentences for whoever made it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Problem(models.TextChoices):
    # Of the address: the keys are those of lms.core.facebook.Reason.
    NOT_AN_ADDRESS = "not_an_address", _("This is no address. Open the page on Facebook and copy its address.")
    NOT_FACEBOOK = "not_facebook", _("This address does not belong to Facebook. Copy the address of the page.")
    SHARE_LINK = (
        "share_link",
        _("This is a share link, and where it leads cannot be seen. Open it, then copy the page's own address."),
    )
    LOGIN = "login", _("This is Facebook's sign-in page. Sign in first, open the page, then copy its address.")
    PROFILE = "profile", _("This is a personal account, not a page. Copy the address of the unit's page.")
    GROUP = "group", _("This is a group, not a page. Copy the address of the unit's page.")
    VIDEO = "video", _("This is a video, not a page. Press the page's name above it, then copy the address.")
    POST = "post", _("This is a single post, not a page. Press the page's name above it, then copy the address.")
    OTHER = "other", _("This is on Facebook but is not a page. Copy the address of the unit's page.")
    # Of the rest.
    TAKEN = "taken", _("This page has already been reported for another unit. Check the address.")
    TAKEN_BY = "taken_by", _("This page has already been reported for %(unit)s. Check the address.")
    UNIT_CLOSED = "unit_closed", _("The unit is not open on that day.")
    NO_ADDRESS = "no_address", _("Without the address of the page there is nothing to confirm.")
    OWN_REPORT = "own_report", _("You reported this page yourself; somebody else has to confirm it.")
    REPLACED = "replaced", _("Something else has been reported since. Look at it again.")


class Choice(models.TextChoices):
    """What a list of pages shows: the words of its address."""

    YES = "co", _("Has a page")
    NO = "chua-co", _("No page yet")
    UNKNOWN = "chua-ro", _("Not known")
    WAITING = "cho-xac-nhan", _("Waits for confirmation")
