"""Look-up as the acting NPPO sees the lists."""

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from codelists import lookup, renewing
from codelists.folding import fold
from codelists.models import Choice, Code, Used
from gens.accounts import roles
from gens.accounts.tenancy import acting_for
from tests.factories import NppoFactory, make_membership

pytestmark = pytest.mark.django_db

PLANTS = {
    "LYPES": ({"la": "Solanum lycopersicum", "en": "tomato", "es": "tomate", "ar": "طماطم"}, [["la", "Lycopersicon esculentum"]]),
    "SOLTU": ({"la": "Solanum tuberosum", "en": "potato", "es": "papa", "fr": "pomme de terre"}, []),
    "DIUAL": ({"la": "Dioscorea alata", "en": "water yam", "es": "ñame de agua"}, []),
}  # fmt: skip


@pytest.fixture(autouse=True)
def plants():
    made = [Code(list="taxon", code=c, names=n, synonyms=s, source="EPPO") for c, (n, s) in PLANTS.items()]
    renewing.renew("taxon", made, source="EPPO", replaces=Q())


@pytest.fixture
def samoa():
    nppo = NppoFactory(code="WS")
    with acting_for(nppo.pk):
        yield nppo


def found(text: str, **options) -> list[str]:
    return [code.code for code in lookup.find("taxon", text, **options)]


def choose(nppo, code: str, **fields) -> Choice:
    names = fields.get("names", {})
    folded = "\n".join(fold(text) for text in (*names.values(), code))
    return Choice.objects.create(nppo=nppo, list="taxon", code=code, folded=folded, **fields)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("tom", ["LYPES"]), ("TOMATE", ["LYPES"]), ("طما", ["LYPES"]), ("lyp", ["LYPES"]),
        ("Lycopersicon e", ["LYPES"]), ("name de", ["DIUAL"]), ("ÑAME", ["DIUAL"]), ("yam", ["DIUAL"]),
        ("solanum", ["LYPES", "SOLTU"]), ("terre", ["SOLTU"]), ("solanum tuberrosum", ["SOLTU"]),
        ("zzqx", []), ("", []), ("   ", []), ("%", []), ("to_a", []), ("\\", []), ("\U0010ffff", []),
    ],
)  # fmt: skip
def test_names_are_found_in_every_language_without_accents_by_words_and_with_a_wrong_letter(text, codes):
    assert sorted(found(text)) == codes


def test_names_that_start_so_stand_before_words_within():
    made = Code(list="taxon", code="AAAAA", names={"en": "tuberous tomato"}, source="EPPO")
    renewing.renew("taxon", [made], source="x", replaces=Q(source="none"))
    assert found("tom") == ["LYPES", "AAAAA"]


def test_this_persons_recent_ones_come_first(samoa):
    sina, mele = make_membership(samoa, roles.INSPECTOR), make_membership(samoa, roles.INSPECTOR)
    assert found("solanum", by=sina) == ["LYPES", "SOLTU"]
    lookup.used("taxon", ["SOLTU", ""], by=sina)
    lookup.used("taxon", ["SOLTU"], by=sina)
    assert found("solanum", by=sina) == ["SOLTU", "LYPES"]
    assert found("solanum", by=mele) == ["LYPES", "SOLTU"]
    assert Used.objects.count() == 1


def test_what_the_nppo_hid_is_not_offered_and_keeps_its_name(samoa):
    choose(samoa, "LYPES", is_hidden=True)
    assert found("tom") == []
    assert "LYPES" not in dict(lookup.choices("taxon", "en"))
    assert lookup.name_of("taxon", "LYPES", "en") == "tomato"
    assert lookup.Names("en").name("taxon", "LYPES") == "tomato"


def test_what_the_nppo_renamed_has_its_name_everywhere_and_is_found_by_both(samoa):
    choose(samoa, "DIUAL", names={"en": "ufi"})
    assert found("ufi") == found("water") == ["DIUAL"]
    assert lookup.name_of("taxon", "DIUAL", "en") == "ufi"
    assert lookup.by_name("taxon", "UFI") == "DIUAL"
    assert dict(lookup.choices("taxon", "en"))["DIUAL"] == "ufi"


def test_what_the_nppo_added_is_found_and_what_it_ordered_stands_first(samoa):
    choose(samoa, "WS-1", is_own=True, names={"en": "tamaligi"})
    choose(samoa, "SOLTU", position=-5)
    assert found("tama") == ["WS-1"]
    assert lookup.choices("taxon", "en")[0] == ("SOLTU", "potato")
    assert lookup.Codes().known("taxon", "WS-1") is True
    assert lookup.by_code("taxon", "WS-1").name("fr") == "tamaligi"


def test_the_choices_of_one_nppo_are_nothing_to_another(samoa):
    choose(samoa, "LYPES", is_hidden=True)
    choose(samoa, "WS-1", is_own=True, names={"en": "tamaligi"})
    with acting_for(NppoFactory(code="NZ").pk):
        assert found("tom") == ["LYPES"]
        assert found("tama") == []
        assert lookup.Codes().known("taxon", "WS-1") is False


def test_codes_out_of_their_dates_are_not_offered():
    Code.objects.filter(code="LYPES").update(valid_until="2020-01-01")
    Code.objects.filter(code="SOLTU").update(valid_from="2999-01-01")
    assert found("solanum") == []
    assert lookup.name_of("taxon", "LYPES", "en") == "tomato"


def test_a_browser_is_offered_a_hundred_plants_those_used_lately_first(samoa):
    sina = make_membership(samoa, roles.INSPECTOR)
    many = (Code(list="taxon", code=f"ZZ{n:03}", names={"la": f"Planta n{n}"}, source="x") for n in range(400))
    renewing.renew("taxon", many, source="x", replaces=Q(source="none"))
    lookup.used("taxon", ["ZZ399"], by=sina)
    offered = lookup.offered("taxon", "la", sina)
    assert offered[0] == "Planta n399"
    assert len(offered) == 100


def test_looking_up_takes_the_same_few_queries_however_much_is_found():
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert found("s")
        return len(asked)

    few = queries()
    many = (Code(list="taxon", code=f"ZZ{n:03}", names={"la": f"Sola n{n}"}, source="x") for n in range(40))
    renewing.renew("taxon", many, source="x", replaces=Q(source="none"))
    assert queries() <= few <= 6
