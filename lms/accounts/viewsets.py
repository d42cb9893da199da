from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.users.views.users import IndexView, UserViewSet

from lms.accounts import phones
from lms.accounts.forms import AccountCreationForm, AccountEditForm
from lms.accounts.models import User
from lms.core import text


def _phone_of(person: User) -> str:
    return phones.display(person.phone) if person.phone else ""


class AccountIndexView(IndexView):  # type: ignore[misc]
    @property
    def columns(self) -> list[Any]:
        columns = list(super().columns)
        columns[1].sort_key = "name"
        columns.insert(3, Column("phone", accessor=_phone_of, label=_("mobile phone"), width="15%"))
        return columns

    def order_queryset(self, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.ordering in ("name", "-name"):
            return queryset.order_by(self.ordering.replace("name", "name_sort_key"))
        ordered: QuerySet[User] = super().order_queryset(queryset)
        return ordered

    def search_queryset(self, queryset: QuerySet[User]) -> QuerySet[User]:
        """Names without diacritics; phones as people type them."""
        if not self.is_searching:
            return queryset
        typed = self.search_query
        found = Q(name_folded__contains=text.fold(typed)) | Q(username__icontains=typed) | Q(email__icontains=typed)
        if phones.looks_like_phone(typed):
            found |= Q(phone=phones.parse(typed))
        return queryset.filter(found)


class AccountViewSet(UserViewSet):  # type: ignore[misc]
    index_view_class = AccountIndexView
    ordering = "name_sort_key"

    def get_form_class(self, for_update: bool = False) -> type:
        return AccountEditForm if for_update else AccountCreationForm
