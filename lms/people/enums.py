"""States and sentences of a roster. A sentence is kept as its key and the words it needs, and read in any language."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BatchState(models.TextChoices):
    READING = "reading", _("being read")
    STAGED = "staged", _("waits for confirmation")
    APPLYING = "applying", _("being written")
    DONE = "done", _("written")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("could not be read")
    UNDOING = "undoing", _("being taken back")
    UNDONE = "undone", _("taken back")


class Outcome(models.TextChoices):
    """What becomes of a row. ``CONFLICT``: only a person can say, and until then it is not written."""

    NEW = "new", _("new")
    CHANGED = "changed", _("changed")
    MOVED = "moved", _("moved")
    UNCHANGED = "unchanged", _("unchanged")
    CONFLICT = "conflict", _("to be decided")
    REFUSED = "refused", _("refused")


# What a confirmed roster writes.
WRITTEN = (Outcome.NEW, Outcome.CHANGED, Outcome.MOVED)


class Sync(models.TextChoices):
    """What it means that somebody who serves is not in the file."""

    ADD = "add", _("Nothing: the file adds people and changes them")
    NAMED = "named", _("They leave: the file is the full list of every unit that it names")
    ALL = "all", _("They leave: the file is the full list of the whole unit, with all units below")


class Answer(models.TextChoices):
    """What a person has said of a doubtful row."""

    PERSON = "person", _("this person")
    NEW = "new", _("a new person")
    OUT = "out", _("leave out")


# What the fields of a row are called.
FIELDS = {
    "full_name": _("full name"), "phone": _("phone"), "email": _("e-mail"), "born": _("born"), "unit": _("unit"),
    "position": _("position"), "page_duty": _("page duty"), "page": _("unit's page"),
    "starts_on": _("from"), "position_unit": _("position and unit"), "post_kind": _("main or further post"),
    "is_acting": _("acting or in charge"), "last_day": _("last day"), "decision": _("decision number"),
    "further": _("further post"),
}  # fmt: skip


class FileFault(models.TextChoices):
    """Why a whole file cannot be read. Nothing of it is kept."""

    EMPTY = "empty", _("The file has no rows.")
    TOO_BIG = "too_big", _("The file is larger than 25 MB.")
    UNPACKED = (
        "unpacked",
        _(
            "Unpacked, the file is larger than %(limit)s MB: it holds far more than a list. Copy the list alone, as "
            "values without formatting and pictures, into a new file."
        ),
    )
    TOO_MANY_ROWS = "too_many_rows", _("The file has more than 100,000 rows: split it.")
    OPEN_DOCUMENT = "open_document", _("This is an OpenDocument file (.ods). Open it and save it as .xlsx.")
    WEB_PAGE = (
        "web_page",
        _("This is a web page or an XML file, whatever its name ends in. Open it in Excel and save it as .xlsx."),
    )
    NO_TABLE = "no_table", _("This is no table but a document or a picture: send an .xlsx or .csv file.")
    OLD_EXCEL = "old_excel", _("This is an old Excel file (.xls). Open it and save it as .xlsx.")
    ENCRYPTED = (
        "encrypted",
        _(
            "This file is locked with a password. In Excel, remove the password (File, Info, Protect) "
            "and save it again."
        ),
    )
    ENDLESS = (
        "endless",
        _(
            "The sheet “%(sheet)s” goes on beyond row %(last)s although nothing stands there: delete the empty rows "
            "below the list, or copy the list into a new file."
        ),
    )
    BROKEN = "broken", _("The file cannot be opened: it is damaged, or no .xlsx or .csv file.")
    NOT_UTF8 = "not_utf8", _("The file is not in UTF-8. In Excel, save it as “CSV UTF-8”, or send the .xlsx file.")
    OLD_FONT = (
        "old_font",
        _(
            "The names in this file are in an old code table (TCVN3 or VNI, fonts .VnTime, VNI-Times), for example "
            "“%(sample)s”. Convert the file to Unicode first."
        ),
    )
    NO_HEADER = (
        "no_header",
        _("No header row was found: one row among the first 30 must hold “Họ và tên” and “Đơn vị”. Use our template."),
    )
    NO_NAME_COLUMN = (
        "no_name_column",
        _("No column “Họ và tên” was found beside others that we know. The headings seen in row %(row)s: %(seen)s."),
    )
    NO_UNIT_COLUMN = (
        "no_unit_column",
        _(
            "Nothing in the file says of which unit the people are: there is no column “Đơn vị” and no row like “II. "
            "Phường Hạ Long” above them. The headings seen: %(seen)s."
        ),
    )
    NOT_ALLOWED = "not_allowed", _("The right to bring in people was taken away before the file was read.")
    DOUBLE_HEADER = "double_header", _("Two columns are both headed “%(column)s”.")


class Refusal(models.TextChoices):
    """Why one row is not brought in."""

    NO_NAME = "no_name", _("The full name is missing.")
    NAME_TOO_LONG = "name_too_long", _("The full name is longer than 100 characters.")
    ODD_NAME = "odd_name", _("The full name holds a character that no name has: “%(char)s”.")
    CELL_TOO_LONG = "cell_too_long", _("The cell “%(column)s” is longer than %(limit)s characters.")
    BAD_PHONE = "bad_phone", _("“%(value)s” is no Vietnamese mobile number.")
    CUT_PHONE = (
        "cut_phone",
        _("Excel has cut the phone number to “%(value)s”: make the column text and type the number again."),
    )
    BAD_EMAIL = "bad_email", _("“%(value)s” is no e-mail address.")
    BAD_DATE = "bad_date", _("“%(value)s” in “%(column)s” is no date: write 05/08/1985.")
    SHORT_YEAR = "short_year", _("“%(value)s” has a year of two digits: write all four.")
    ODD_BIRTH = "odd_birth", _("The year of birth %(value)s cannot be right.")
    BAD_DUTY = "bad_duty", _("“%(value)s” is no page duty: choose one of the list in the template.")
    BAD_PAGE = "bad_page", _("“%(value)s” says nothing about a page: write “có”, “chưa”, “chưa rõ” or its address.")
    BAD_PAGE_ADDRESS = "bad_page_address", _("“%(value)s” is no address of a page: %(why)s")
    BAD_KIND = "bad_kind", _("“%(value)s” is no kind of post: write “Chính” or “Kiêm nhiệm”.")
    BAD_ACTING = "bad_acting", _("“%(value)s” does not say whether the post is an acting one: write “Có” or “Không”.")
    LAST_DAY_BEFORE = "last_day_before", _("The last day, %(day)s, comes before the first.")
    LAST_DAY_OVER = (
        "last_day_over",
        _("The last day, %(day)s, is over: the list is for posts held now. End the post on the person's card."),
    )
    LATER_MAIN = (
        "later_main",
        _("The next main post begins on %(day)s: the present one must have a last day before it."),
    )
    ALONE = (
        "alone",
        _("A further post of somebody who is not known yet: the row of the main post must stand above it in the file."),
    )
    MAIN_OUT = (
        "main_out",
        _("A further post of the person in row %(row)s, which itself stays out so far: decide or mend that row first."),
    )
    SEVERAL_ABOVE = (
        "several_above",
        _("Several rows above have this name and birth: give the phone number to say whose post this is."),
    )
    IS_MAIN = "is_main", _("This is the person's main post at present: write “Chính”, or leave the cell empty.")
    PAGE_TAKEN = "page_taken", _("The page %(value)s has already been reported for another unit.")
    PAGE_SAID_OTHERWISE = (
        "page_said_otherwise",
        _("Row %(row)s says otherwise about the page of “%(unit)s”."),
    )
    FORMULA = (
        "formula",
        _("The cell %(cell)s holds a formula without a result: copy the column and paste it as values."),
    )
    MERGED = "merged", _("The cell %(cell)s is merged with %(first)s: unmerge it, each person has a row.")
    NO_UNIT = "no_unit", _("The unit is missing.")
    UNKNOWN_UNIT = "unknown_unit", _("No unit is called “%(value)s” on %(day)s.")
    UNKNOWN_GROUP = "unknown_group", _("No unit is called “%(value)s”, the heading in row %(row)s, on %(day)s.")
    UNIT_DIVIDED = (
        "unit_divided",
        _(
            "“%(value)s” was divided: parts of it went to %(candidates)s. Write the unit in which this person "
            "serves now."
        ),
    )
    UNIT_ENDED = (
        "unit_ended",
        _("“%(value)s” ended, and the list of units does not say what it went into. Write the unit of today."),
    )
    UNIT_OUTSIDE = "unit_outside", _("“%(value)s” lies outside the unit of this roster.")
    UNIT_NOT_OPEN = "unit_not_open", _("“%(value)s” was not yet open on %(day)s.")
    AMBIGUOUS_UNIT = "ambiguous_unit", _("“%(value)s” may be: %(candidates)s. Write the code, or add the unit above.")
    NO_POSITION = "no_position", _("The position is missing.")
    NOTHING_TO_TELL_APART = (
        "nothing_to_tell_apart",
        _("Give a phone number, an e-mail or a date of birth: the name alone does not tell two people apart."),
    )
    TWICE_IN_FILE = "twice_in_file", _("The same person, phone or e-mail already stands in row %(row)s.")
    TWICE_ON_SHEET = (
        "twice_on_sheet",
        _("The same person, phone or e-mail already stands on the sheet “%(sheet)s” in row %(row)s."),
    )
    TWO_PEOPLE = "two_people", _("The phone belongs to one account and the e-mail to another.")
    OTHER_NAME = "other_name", _("This phone or e-mail belongs to “%(name)s”, who bears another name.")
    BEYOND_SCOPE = (
        "beyond_scope",
        _("This phone or e-mail belongs to an account outside your units: ask the level above."),
    )
    STAFF = "staff", _("“%(name)s” has rights over others: only an administrator changes the name, phone or e-mail.")
    INACTIVE = "inactive", _("The account of “%(name)s” is closed: ask an administrator.")
    SEVERAL = "several", _("Several accounts have this name, birth and unit: give the phone number.")
    MOVE_TOO_EARLY = "move_too_early", _("“From” must be later than %(day)s, when the present appointment began.")
    CHANGED_MEANWHILE = "changed_meanwhile", _("The accounts have changed since the check: load the file again.")
    LOOKS_LIKE = (
        "looks_like",
        _("Somebody whose name and birth agree, as far as both are known, already serves in this unit."),
    )
    OTHER_CONTACT = (
        "other_contact",
        _("Somebody of this name and birth serves in this unit with another phone or e-mail."),
    )
    ELSEWHERE = "elsewhere", _("Somebody of this name and date of birth serves in another unit: moved, or two people?")
    LEFT_OUT = "left_out", _("Left out, as was said of this row.")
    UNIT_LEFT_OUT = "unit_left_out", _("Left out, as was said of the unit “%(value)s”.")


class Left(models.TextChoices):
    """What taking a roster back leaves alone, because it has changed since."""

    FIELD = "field", _("%(field)s is now “%(value)s”: changed since, left as it is.")
    TAKEN = "taken", _("%(field)s cannot be “%(value)s” again: another account has it now.")
    SIGNED_IN = "signed_in", _("The person has signed in since: the account stays open.")
    EVIDENCE = "evidence", _("There are results of learning or other records of this person: the account stays open.")
    RIGHTS = "rights", _("The person has rights over others now: the account is left alone.")
    LATER_POST = "later_post", _("There is a later appointment: the appointments are left as they are.")
    POST_CHANGED = "post_changed", _("The appointment was changed since: it is left as it is.")
    UNIT_CLOSED = "unit_closed", _("“%(unit)s” is closed now: the earlier appointment does not come back.")
    PAGE_CHANGED = "page_changed", _("What is known of the unit's page was changed since: it is left as it is.")
    CLOSED = "closed", _("The account was closed or united with another one since: it is left alone.")


class Back(models.TextChoices):
    """What taking a roster back does."""

    CLOSED = "closed", _("The account is closed; its phone and e-mail are free again.")
    FIELD = "field", _("%(field)s: “%(now)s” becomes “%(before)s” again.")
    POST_GONE = "post_gone", _("The appointment “%(position)s”, %(unit)s, is removed.")
    POST_ENDED = (
        "post_ended",
        _("The appointment “%(position)s”, %(unit)s, ends on %(day)s; it has counted on days before."),
    )
    POST_BACK = "post_back", _("The appointment “%(position)s”, %(unit)s, holds on.")
    POST_AGAIN = "post_again", _("The appointment “%(position)s”, %(unit)s, holds again from %(day)s on.")
    POST_WORDS = "post_words", _("The appointment is again: “%(position)s”, page duty: %(duty)s.")
    PAGE = "page", _("The page of %(unit)s is again: %(before)s.")


class Remark(models.TextChoices):
    """What was understood in a row otherwise than it stands there. The row goes in all the same."""

    SUCCEEDED = "succeeded", _("“%(value)s” is now “%(unit)s”, since %(day)s.")
    SUCCEEDED_BY = "succeeded_by", _("“%(value)s” is now “%(unit)s”, since %(day)s, by %(basis)s.")
    RENAMED = "renamed", _("“%(value)s” is now called “%(unit)s”.")
    OF_GROUP = "of_group", _("The unit is that of the heading “%(value)s” in row %(row)s.")
    OF_SHEET = "of_sheet", _("The unit is that of the sheet “%(value)s”.")
    OF_TOP = "of_top", _("The row names no unit: taken for “%(unit)s”.")
    FIRST_PHONE = "first_phone", _("Of “%(value)s” the first mobile number was taken.")
    OF_ANOTHER = "of_another", _("“%(value)s” belongs to another account and is not taken over.")
    CHOSEN = "chosen", _("“%(value)s” is “%(unit)s”, as was said of this name.")
    OF_ROW = "of_row", _("A further post of the person in row %(row)s.")
    OF_ROW_ON_SHEET = "of_row_on_sheet", _("A further post of the person in row %(row)s of the sheet “%(sheet)s”.")
    OLD_PHONE = "old_phone", _("The old number “%(value)s” is now %(phone)s.")


class Skip(models.TextChoices):
    """Why a row below the header is no row of a person."""

    GROUP = "group", _("headings of groups")
    TOTAL = "total", _("totals")
    SIGNATURE = "signature", _("signatures and closing lines")
    HEADER = "header", _("the header again")
    HIDDEN = "hidden", _("hidden rows")
    BLANK = "blank", _("blank rows")


class ApprovalState(models.TextChoices):
    WAITING = "waiting", _("waiting for a second person")
    APPROVED = "approved", _("confirmed")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("taken back")
    EXPIRED = "expired", _("too old")


class JoinState(models.TextChoices):
    """Of a request to join by a unit's link. ``EXPIRED``: nobody decided for so long that it was closed."""

    WAITING = "waiting", _("waits for approval")
    APPROVED = "approved", pgettext_lazy("join", "approved")
    REFUSED = "refused", pgettext_lazy("join", "refused")
    EXPIRED = "expired", pgettext_lazy("join", "closed without an answer")


class RequestKind(models.TextChoices):
    """What can be asked about one's data."""

    CORRECTION = "correction", _("correction")
    EXPORT = "export", _("copy of the data")
    ERASURE = "erasure", _("erasure")
    OBJECTION = "objection", _("objection")


class RequestState(models.TextChoices):
    """``AT_WORK``: somebody has begun; of an erasure, a second person has to confirm."""

    WAITING = "waiting", pgettext_lazy("data request", "waits for an answer")
    AT_WORK = "at_work", pgettext_lazy("data request", "being dealt with")
    DONE = "done", pgettext_lazy("data request", "done")
    REFUSED = "refused", pgettext_lazy("data request", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("data request", "taken back")

    @classmethod
    def open(cls) -> tuple["RequestState", ...]:
        return cls.WAITING, cls.AT_WORK


class ExportState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("data package", "waits")
    MAKING = "making", pgettext_lazy("data package", "being made")
    READY = "ready", pgettext_lazy("data package", "ready")
    FAILED = "failed", pgettext_lazy("data package", "could not be made")
    DELETED = "deleted", pgettext_lazy("data package", "deleted")
