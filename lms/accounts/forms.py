"""The sign-in form with one field for three kinds of name, and the CMS forms for accounts."""

from functools import cached_property
from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ResetPasswordForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.users.forms import UserForm

from lms.accounts import phones, queries, rules
from lms.accounts.models import User, code_issued_on
from lms.accounts.receivers import SHARED


class PhoneFormField(forms.CharField):
    """Takes a number as people type it, gives "+84…"; None when empty."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})
    default_error_messages = {"invalid": _("Enter a Vietnamese mobile number, for example 0912 345 678.")}

    def prepare_value(self, value: Any) -> Any:
        return phones.display(value) if isinstance(value, str) else value

    def clean(self, value: Any) -> str | None:
        typed = super().clean(value)
        if not typed:
            return None
        try:
            return phones.parse(typed)
        except phones.NotAPhoneError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class SignInForm(LoginForm):  # type: ignore[misc]
    """Resolves username, phone or e-mail to one username, so that limits and checks see one name per account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("Username, phone number or e-mail"),
            max_length=254,
            widget=forms.TextInput(
                attrs={
                    "autocomplete": "username",
                    "autocapitalize": "none",
                    "autocorrect": "off",
                    "spellcheck": "false",
                }
            ),
        )
        self._take_name_from_slip()
        self.fields["password"].widget.attrs.pop("placeholder", None)
        # The page itself says where to turn; the link stands beside the button.
        self.fields["password"].help_text = ""
        self.fields["remember"].label = _("Stay signed in on this device")
        self.fields["shared"] = forms.BooleanField(
            label=_("Shared device"),
            required=False,
            help_text=_("Signs you out when the browser is closed, and locks the screen after 10 minutes without use."),
        )
        self.order_fields(["login", "password", "remember", "shared"])

    def _take_name_from_slip(self) -> None:
        """The QR on an account's slip opens this page with the username; the code is typed, never in an address."""
        name = self.request.GET.get("login", "") if self.request else ""
        if name and not self.is_bound:
            self.fields["login"].initial = name[:254]
            self.fields["password"].widget.attrs["autofocus"] = True

    @cached_property
    def _username(self) -> str:
        typed = self.cleaned_data["login"]
        person = queries.account_named(typed)
        return person.username if person else typed.lower()

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except forms.ValidationError as error:
            if error.code == "username_password_mismatch" and self._is_old_code():
                raise forms.ValidationError(
                    _("This one-time code has run out. Ask your unit's manager for a new slip."), code="old_code"
                ) from error
            raise
        return cleaned

    def _is_old_code(self) -> bool:
        """Told only to who holds the right slip; the attempt is counted already."""
        person = User.objects.filter(username=self._username, is_active=True).first()
        if person is None or code_issued_on(person.password) is None:
            return False
        return check_password(self.cleaned_data.get("password", ""), person.password)

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """What is said of the device waits in the session, since a second factor may come in between."""
        request.session[SHARED] = self.cleaned_data["shared"]
        if self.cleaned_data["shared"]:
            self.cleaned_data["remember"] = False
        response: HttpResponse = super().login(request, redirect_url)
        return response

    def user_credentials(self) -> dict[str, str]:
        return {"username": self._username, "password": self.cleaned_data["password"]}


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["oldpassword"].help_text = ""
        if self.user and queries.must_change_password(self.user):
            self.fields["oldpassword"].label = _("The code you were given")


class ResetByEmailForm(ResetPasswordForm):  # type: ignore[misc]
    """Looks at the account's e-mail only: allauth's own table of addresses is not used here and may be stale."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        person = queries.account_with_email(email)
        self.users = [person] if person and person.is_active else []
        return email


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the passkey")
        self.fields["passwordless"].label = _("Sign in with it alone, without the password")
        self.fields["passwordless"].help_text = ""
        self.fields["passwordless"].initial = True


class PasskeyNameForm(EditWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the passkey")


class PinForm(forms.Form):
    """``person``: whose password is asked, since a PIN set by whoever finds the screen open would be worth nothing."""

    password = forms.CharField(
        label=_("Your password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    pin = forms.RegexField(
        r"^[0-9]{4,6}$",
        label=_("PIN, 4 to 6 digits"),
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": "6"}),
        error_messages={"invalid": _("A PIN is 4 to 6 digits.")},
    )
    again = forms.CharField(
        label=_("The same PIN again"),
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": "6"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.person.check_password(password):
            raise forms.ValidationError(_("The password is not right."))
        return password

    def clean_pin(self) -> str:
        pin: str = self.cleaned_data["pin"]
        if rules.is_easy_pin(pin):
            raise forms.ValidationError(_("This PIN is guessed at once: take digits that do not follow each other."))
        return pin

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("pin") and cleaned.get("again") and cleaned["pin"] != cleaned["again"]:
            self.add_error("again", _("The two PINs differ."))
        return cleaned


class UnlockForm(forms.Form):
    words = forms.CharField(
        label=_("PIN or password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


# --- CMS ------------------------------------------------------------------------------------------


class AccountForm(UserForm):  # type: ignore[misc]
    first_name = None
    last_name = None
    full_name = forms.CharField(label=_("full name"), max_length=100)
    email = forms.EmailField(label=_("e-mail"), required=False)
    phone = PhoneFormField(label=_("mobile phone"), required=False)

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"].lower()
        if phones.looks_like_phone(username) or "@" in username:
            raise forms.ValidationError(_("A username may not look like a phone number or an e-mail."))
        return username

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        other = queries.account_with_email(email)
        if other and other.pk != self.instance.pk:
            raise forms.ValidationError(_("Another account has this e-mail."))
        return email

    def save(self, commit: bool = True) -> User:
        # Whoever is given a password by somebody else must replace it.
        if self.cleaned_data.get("password1") and not getattr(self, "editing_self", False):
            self.instance.must_change_password = True
        saved: User = super().save(commit=commit)
        return saved


class AccountCreationForm(AccountForm):
    class Meta:
        model = User
        fields = ["username", "full_name", "phone", "email", "is_superuser", "groups"]
        widgets = {"groups": forms.CheckboxSelectMultiple}


class AccountEditForm(AccountForm):
    password_required = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.editing_self = kwargs.pop("editing_self", False)
        super().__init__(*args, **kwargs)
        if self.editing_self:
            for name in ("is_active", "is_superuser", "must_change_password"):
                del self.fields[name]

    class Meta:
        model = User
        fields = [
            "username", "full_name", "phone", "email", "is_active", "must_change_password", "is_superuser", "groups",
        ]  # fmt: skip
        widgets = {"groups": forms.CheckboxSelectMultiple}


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person's own name on the CMS account page."""

    class Meta:
        model = User
        fields = ["full_name"]
