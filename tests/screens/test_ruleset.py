"""The page of rules: a line for each, of one stage when asked, in plain words."""

import pytest
from django.test import Client

from certificates.ephyto import rules
from gens.accounts import roles
from tests.factories import NppoFactory, make_membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(signed_in) -> Client:
    return signed_in(make_membership(NppoFactory(code="WS"), roles.ADMINISTRATOR))


def test_every_rule_has_its_line_without_placeholders(administrator: Client) -> None:
    page = administrator.get("/rules/").content.decode()
    for rule in rules.RULES:
        assert page.count(f">{rule.id}<") == 1
    assert "Line …: write a quantity." in page
    assert "{line}" not in page


def test_one_stage_shows_its_rules_only(administrator: Client) -> None:
    page = administrator.get("/rules/", {"stage": "hub"}).content.decode()
    assert ">exporter.name<" in page
    assert ">line.botanical_name<" not in page
    assert administrator.get("/rules/", {"stage": "never"}).status_code == 404


def test_the_menu_leads_there(administrator: Client) -> None:
    assert 'href="/rules/"' in administrator.get("/list/drafts/").content.decode()
