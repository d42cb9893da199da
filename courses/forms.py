from typing import Any

from django import forms


class SelfCheckForm(forms.Form):
    """``option``: the index of the chosen option, as an int."""

    def __init__(self, *args: Any, options: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(index), str(index)) for index in range(options)]
        self.fields["option"] = forms.TypedChoiceField(choices=choices, coerce=int)
