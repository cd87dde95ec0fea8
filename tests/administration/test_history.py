"""What happened to a person, in the reader's words and direction: no names of columns, no codes."""

import pytest
from django.urls import reverse

from gens.accounts import changes, roles
from gens.accounts.tenancy import acting_for
from tests.conftest import acting_client
from tests.factories import NppoFactory, make_membership

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Roles: <bdi>Inspector</bdi> → <bdi>Auditor</bdi>"), ("ar", "<bdi>مفتش</bdi> ← <bdi>مدقق</bdi>")],
)
def test_a_change_is_told_with_labels_and_names(language: str, words: str) -> None:
    nppo = NppoFactory(code="WS")
    administrator, member = make_membership(nppo, roles.ADMINISTRATOR), make_membership(nppo, roles.INSPECTOR)
    administrator.user.language = language
    administrator.user.save()
    with acting_for(nppo.pk):
        member.roles = [roles.AUDITOR]
        changes.save(member, by=administrator)
    page = acting_client(administrator).get(reverse("administration:person", args=[member.pk])).content.decode()
    assert words in page
    assert "national_administrator</bdi>" not in page
