"""Renewing shared lists: from the starting files, EPPO and UN/LOCODE. All or nothing, and everything is kept."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, transaction
from django.db.models import Q

from codelists import eppo, loading, locode, renewing
from codelists.lookup import find
from codelists.models import Code, CodeChange, CodeName, Refresh
from tests.codelists.composing import codes, eppo_file, eppo_name

pytestmark = pytest.mark.django_db


def renew(*wanted: Code, **options) -> Refresh:
    return renewing.renew("condition", wanted, **{"source": "Hub", "replaces": Q()} | options)


def condition(code: str, **fields) -> Code:
    return Code(list="condition", code=code, **{"names": {"en": code.lower()}, "source": "Hub"} | fields)


def test_a_renewal_adds_changes_and_retires_and_tells_each():
    renew(*(condition(f"C{n}") for n in range(20)), is_guarded=False)
    done = renew(condition("C0", names={"en": "fresh"}), *(condition(f"C{n}") for n in range(1, 19)), condition("NEW"))
    assert (done.added, done.changed, done.retired) == (1, 1, 1)
    told = {(c.code.code, c.action): c.changes for c in CodeChange.objects.filter(refresh=done).select_related("code")}
    assert told == {
        ("C0", "changed"): {"names": [{"en": "c0"}, {"en": "fresh"}]}, ("NEW", "added"): {}, ("C19", "retired"): {},
    }  # fmt: skip
    assert not Code.objects.get(code="C19").is_active


def test_what_was_retired_is_not_found_and_comes_back_when_the_source_has_it_again():
    renew(*(condition(f"C{n}") for n in range(20)), is_guarded=False)
    renew(*(condition(f"C{n}") for n in range(19)))
    assert find("condition", "c19") == []
    renew(*(condition(f"C{n}") for n in range(20)))
    assert [code.code for code in find("condition", "c19")] == ["C19"]


def test_a_renewal_that_changes_nothing_writes_no_change():
    renew(condition("C1"), is_guarded=False)
    before = CodeName.objects.get(text="c1").pk
    done = renew(condition("C1"))
    assert (done.added, done.changed, done.retired) == (0, 0, 0)
    assert CodeName.objects.get(text="c1").pk == before


@pytest.mark.parametrize("kept", [0, 17])
def test_a_renewal_that_would_retire_more_than_a_tenth_or_everything_changes_nothing(kept):
    renew(*(condition(f"C{n}") for n in range(20)), is_guarded=False)
    with pytest.raises(renewing.Held):
        renew(condition("NEW"), *(condition(f"C{n}") for n in range(kept)))
    assert Code.objects.filter(list="condition", is_active=True).count() == 20
    assert not Code.objects.filter(code="NEW").exists()
    assert Refresh.objects.count() == 1


def test_a_renewal_without_a_single_code_changes_nothing_even_where_the_list_is_empty():
    with pytest.raises(renewing.Held, match="without a single code"):
        renew()


def test_languages_that_a_source_does_not_have_keep_their_names():
    renew(condition("C1", names={"en": "fresh", "es": "fresco"}, synonyms=[["en", "raw"]]), is_guarded=False)
    renew(condition("C1", names={"en": "Fresh"}))
    kept = Code.objects.get(code="C1")
    assert kept.names == {"en": "Fresh", "es": "fresco"}
    assert [c.code for c in find("condition", "raw")] == ["C1"]


def test_what_happened_to_codes_cannot_be_changed():
    done = renew(condition("C1"), is_guarded=False)
    with pytest.raises(ProgrammingError), transaction.atomic():
        done.changes.update(action="retired")


def test_a_preview_says_what_renewing_does_and_does_nothing():
    renew(condition("C1"), condition("C2"), is_guarded=False)
    wanted = [condition("C1", names={"en": "x"}), condition("C3")]
    found = [(d.code.code, d.action) for d in renewing.preview("condition", wanted, Q())]
    assert found == [("C1", "changed"), ("C3", "added"), ("C2", "retired")]
    assert Code.objects.filter(list="condition", is_active=True).count() == 2


def test_the_starting_lists_load_twice_without_a_change():
    loading.load()
    before = CodeChange.objects.count()
    loading.load()
    assert before == CodeChange.objects.count() == Code.objects.count()


def test_the_starting_lists_leave_what_the_hub_brought():
    loading.load()
    renew(condition("FROM-HUB"), is_guarded=False)
    loading.load()
    assert Code.objects.get(code="FROM-HUB").is_active


# EPPO


def test_eppos_file_gives_each_plant_its_preferred_name_and_the_others_beside(tmp_path):
    file = tmp_path / "eppo.xml"
    file.write_text(
        "<dataroot>"
        + eppo_name(1, "LYPES", "la", False, "Lycopersicon esculentum")
        + eppo_name(2, "BEMITA", "la", True, "Bemisia tabaci", datatype="GAI")
        + eppo_name(3, "LYPES", "en", True, "tomato")
        + eppo_name(4, "LYPES", "la", True, "Solanum lycopersicum")
        + eppo_name(5, "LYPES", "de", True, "Tomate")
        + eppo_name(6, "OLDPL", "la", True, "Planta vetus", status="N")
        + "</dataroot>",
        encoding="utf-8",
    )
    done = eppo.load(file, by_name="Operator")
    assert done.added == 1
    tomato = Code.objects.get(list="taxon")
    assert (tomato.code, tomato.names) == ("LYPES", {"la": "Solanum lycopersicum", "en": "tomato"})
    assert tomato.synonyms == [["de", "Tomate"], ["la", "Lycopersicon esculentum"]]
    assert [c.code for c in find("taxon", "lycopersicon e")] == ["LYPES"]


def test_a_starting_species_gives_way_to_eppos_code(tmp_path):
    Code.objects.create(list="taxon", code="colocasia", names={"la": "Colocasia esculenta"}, source="Starting list")
    from codelists import naming

    naming.write(Code.objects.all())
    file = tmp_path / "eppo.xml"
    file.write_text(f"<dataroot>{eppo_name(1, 'CXSES', 'la', True, 'Colocasia esculenta')}</dataroot>")
    done = eppo.load(file)
    assert (done.added, done.retired) == (1, 1)
    assert [c.code for c in find("taxon", "colocasia")] == ["CXSES"]


@pytest.mark.parametrize(
    "text",
    [
        "", "CODE;NAME", "<dataroot><name><code>LYPES</code>", "<!DOCTYPE x [<!ENTITY e 'e'>]><dataroot/>",
        f"<dataroot>{eppo_name(1, 'LYPES', 'la', True, 'Solanum')}{eppo_name(2, 'ly pes', 'la', True, 'x')}</dataroot>",
        f"<dataroot>{eppo_name(1, 'LYPES', 'la', True, ' ')}</dataroot>",
    ],
)  # fmt: skip
def test_a_file_that_is_not_eppos_changes_nothing(tmp_path, text):
    file = tmp_path / "eppo.xml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises((eppo.NotReadable, renewing.Held)), transaction.atomic():
        eppo.load(file)
    assert not Code.objects.exists()
    assert not Refresh.objects.exists()


def test_a_large_file_of_eppo_is_loaded_by_the_command(tmp_path, capsys):
    call_command("load_codelists", "--eppo", str(eppo_file(tmp_path / "eppo.xml", 3000)))
    assert capsys.readouterr().out == "3000 codes added, 0 changed, 0 retired.\n"
    assert CodeName.objects.filter(language="ar").count() == 3000
    assert next(codes(1)).names == Code.objects.get(code="AAAAA").names


def test_the_command_says_why_a_file_was_not_loaded(tmp_path):
    with pytest.raises(CommandError, match=r"Nothing was changed\. nowhere\.xml cannot be read"):
        call_command("load_codelists", "--eppo", str(tmp_path / "nowhere.xml"))


# UN/LOCODE

LOCODE = (
    ',"WS",,".SAMOA",,,,,,,,\n'
    '+,"WS","APW","Apia","Apia",,"AI","1--45---","0307","APW","1350S 17145W",""\n'
    ',"EC","GYE","Guayaquil","Guayaquil","G","AI","1--45---","0307",,,\n'
    ',"DE","GRE","Görlitz","Goerlitz",,"RL","-----6-B","0307",,,\n'
    ',"DE","RRR","Nur Bahn","Nur Bahn",,"RL","-2------","0307",,,\n'
    'X,"DE","XXX","Gone","Gone",,"RL","1-------","0307",,,\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-8-sig"])
def test_ports_airports_and_crossings_are_read_from_un_locode(tmp_path, encoding):
    file = tmp_path / "part1.csv"
    file.write_text(LOCODE, encoding=encoding)
    assert locode.load([file]).added == 3
    assert set(Code.objects.values_list("code", "kind")) == {("WSAPW", "WS"), ("ECGYE", "EC"), ("DEGRE", "DE")}
    assert Code.objects.get(code="DEGRE").name("en") == "Görlitz"
    assert [c.code for c in find("port", "goerl")] == ["DEGRE"]


@pytest.mark.parametrize("line", ["one,two", ',"Germany","GRE","Görlitz","Goerlitz",,"RL","1-------"', '"'])
def test_a_file_that_is_not_un_locodes_changes_nothing(tmp_path: Path, line):
    file = tmp_path / "part1.csv"
    file.write_text(LOCODE + line, encoding="utf-8")
    with pytest.raises(locode.NotReadable, match=r"part1.csv, line 7"), transaction.atomic():
        locode.load([file])
    assert not Code.objects.exists()
