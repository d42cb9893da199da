"""First parts of an address that belong to the product, so that no page may take them."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

RESERVED = frozenset(
    {
        "accounts",
        "certificates",
        "cms",
        "documents",
        "fanpages",
        "files",
        "healthz",
        "join",
        "learn",
        "plans",
        "quizzes",
        "readyz",
        "reports",
        "static",
        "t",
        "units",
        "verify",
        "_util",
    }
)


def refuse_reserved(slug: str | None) -> None:
    """ValidationError on the field ``slug`` when the product itself answers at ``/<slug>/``."""
    if slug and slug.lower() in RESERVED:
        message = _("The address “/%(slug)s/” belongs to the site itself. Choose another slug.") % {"slug": slug}
        raise ValidationError({"slug": message})
