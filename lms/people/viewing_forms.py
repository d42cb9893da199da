from django import forms
from django.utils.translation import gettext_lazy as _


class ViewingForm(forms.Form):
    reason = forms.CharField(
        label=_("Why do you look?"),
        max_length=300,
        help_text=_("The person reads it in the own log, for example: asked on the phone why lesson 3 does not open."),
    )
