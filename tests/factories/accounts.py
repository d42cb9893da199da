"""Accounts."""

import factory

from lms.accounts.models import User

PASSWORD = "mat-khau-thu-1"


class AccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"canbo{number}")
    full_name = "Nguyễn Văn Bình"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs.setdefault("password", PASSWORD)
        return model_class.objects.create_user(*args, **kwargs)
