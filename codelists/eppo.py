"""EPPO's codes from its bulk file, for system operators: names in every language, the accepted one first.

Layout: EPPO Data Services, "XML full": <dataroot dateexport> with a <name> for each name of each code: datatype (PFL and
SPT are plants), code ([A-Z0-9]{5,6}), lang ("la" is scientific), preferred (1), status (A is active), fullname.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from django.db import connection, transaction
from django.db.models import Q
from lxml import etree

from codelists import naming, renewing
from codelists.models import LANGUAGES, Code, CodeChange, Refresh

SOURCE: Final = "EPPO"
AFTER_STARTING: Final = 1000  # position: the species that our users trade most stand first
_PLANTS: Final = ("PFL", "SPT")
_CODE: Final = re.compile(r"[A-Z0-9]{5,6}")
_COLUMNS: Final = ("code", "lang", "preferred", "fullname")


class NotReadable(Exception):
    """The file is none of EPPO's, or one of its names cannot be read; the message says which."""


def load(path: Path, by_name: str = "") -> Refresh:
    """Renew the list of plants with EPPO's file. A starting species under a code of our own gives way to EPPO's code.

    The names of a code lie anywhere in the file: they are gathered in a table of this transaction. Raises NotReadable,
    renewing.Held.
    """
    with transaction.atomic():
        _gather(path)
        refresh = renewing.renew(Code.List.TAXON, _codes(), source=SOURCE, replaces=Q(source=SOURCE), by_name=by_name)
        _give_way(refresh)
    return refresh


def _gather(path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE eppo_name (code text, lang text, preferred text, fullname text) ON COMMIT DROP"
        )
    try:
        with path.open("rb") as file:
            naming.copied("eppo_name", _COLUMNS, _names(file))
    except (etree.XMLSyntaxError, OSError) as error:
        raise NotReadable(f"{path.name} cannot be read: {error}") from error


def _names(file: IO[bytes]) -> Iterator[tuple[str, ...]]:
    """The active names of plants, one at a time: the file is larger than the memory it may take."""
    found = etree.iterparse(file, events=("end",), tag="name", resolve_entities=False, no_network=True)
    for number, (_event, element) in enumerate(found, 1):
        said = {child.tag: (child.text or "").strip() for child in element}
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
        if said.get("datatype") not in _PLANTS or said.get("status") != "A":
            continue
        code, name = said.get("code", ""), " ".join(said.get("fullname", "").split())
        if not _CODE.fullmatch(code) or not name:
            raise NotReadable(f"Name {number} of the file has the code “{code}” and the name “{name}”.")
        yield code, said.get("lang", "").lower()[:2], said.get("preferred", ""), name


def _codes() -> Iterator[Code]:
    """One code after the other, with its names: the preferred one of each language, the others beside them."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT code, array_agg(ARRAY[lang, fullname] ORDER BY preferred DESC, fullname) FROM eppo_name"
            " GROUP BY code ORDER BY code"
        )
        for code, spoken in cursor:
            names: dict[str, str] = {}
            others: list[list[str]] = []
            for language, name in spoken:
                if language in LANGUAGES and language not in names:
                    names[language] = name
                else:
                    others.append([language, name])
            yield Code(
                list=Code.List.TAXON, code=code, names=names, synonyms=others, position=AFTER_STARTING, source=SOURCE
            )


def _give_way(refresh: Refresh) -> None:
    """Retire our own codes of species whose accepted name EPPO has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ours.id FROM codelists_code ours"
            " JOIN codelists_codename mine ON mine.code_id = ours.id AND mine.language = 'la'"
            " JOIN codelists_codename theirs ON theirs.list = 'taxon' AND theirs.folded = mine.folded"
            " JOIN codelists_code eppo ON eppo.id = theirs.code_id AND eppo.source = %s"
            " WHERE ours.list = 'taxon' AND ours.is_active AND ours.source <> %s AND eppo.id <> ours.id"
            " AND mine.text = ours.names->>'la' GROUP BY ours.id",
            [SOURCE, SOURCE],
        )
        keys = [key for (key,) in cursor.fetchall()]
    Code.objects.filter(pk__in=keys).update(is_active=False)
    CodeChange.objects.bulk_create(CodeChange(refresh=refresh, code_id=key, action="retired") for key in keys)
    refresh.retired += len(keys)
    refresh.save(update_fields=["retired"])
