"""Certificates as an NPPO issues them: every kind, every field now and then, nothing that a rule finds wrong at issue.

`full(kind)` is one that fills every field, every list twice.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from certificates.ephyto.document import (
    EXPORT,
    ISSUED,
    RE_EXPORT,
    WITHDRAWN,
    Attachment,
    Classification,
    Country,
    Document,
    Equipment,
    Location,
    Measure,
    Movement,
    Note,
    Origin,
    Package,
    Party,
    Registration,
    Text,
    TradeLine,
    Treatment,
)
from certificates.ephyto.media import media_type
from certificates.ephyto.treatments import with_full_texts
from tests.ephyto import files

Valid = tuple[Document, Mapping[str, bytes]]  # with the attachments' bytes by sha256

FILES = {
    "letter.pdf": files.pdf(),
    "leaf.png": files.image("PNG"),
    "lot.jpg": files.image("JPEG"),
    "علامة.gif": files.image("GIF"),
}
SAID = (
    "taro corms Savai'i <fresh> & “clean” 芋头 شحنة папайя piña été Ω 12,5 no. 7 (lot) ]]> free from Ceratitis capitata"
)
WORDS = SAID.split()
LANGUAGES = ("", "en", "es", "fr", "ar", "zh", "ru", "nn")
ISSUE_DAY = date(2026, 7, 15)
TICKS = (("RPCOR", "RPCTC"), ("RPCPK", "RPCRP"), ("RPCOC", "RPCNC"))

languages = st.sampled_from(LANGUAGES)


def words(longest: int) -> st.SearchStrategy[str]:
    """Some words, or now and then as many characters as there may be."""
    some = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(lambda said: " ".join(said)[:longest].strip())
    return st.one_of(some, some, st.just("芋" * longest))


def few(items: st.SearchStrategy, least: int = 0, most: int = 2) -> st.SearchStrategy:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


def texts(longest: int, least: int = 0) -> st.SearchStrategy[tuple[Text, ...]]:
    return few(st.builds(Text, words(longest), languages), least)


def codes(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def decimals(digits: int, least: str = "0.0001") -> st.SearchStrategy[str]:
    most = "9" * (digits - 4) + ".9999"
    return st.one_of(
        st.sampled_from([least, most, "1", "12.50", "0.5"]), st.decimals(least, most, places=4).map(lambda d: f"{d:f}")
    )


countries = st.builds(Country, codes("WS", "NZ", "BE", "AR", "EC", "CN"))
moments = codes("2026-07-15T10:42:00+13:00", "2026-07-15T00:00:00Z", "2026-07-15T23:59:59.5-11:00")
addresses = few(words(200), 1, 5)
parties = st.builds(Party, words(450), addresses, few(st.builds(Registration, words(40), words(40))))
movements = st.builds(Movement, st.sampled_from("0123456789"), texts(256), st.one_of(st.just(""), words(256)))
equipment = st.builds(Equipment, st.one_of(st.just(""), words(40)), few(words(256)))
entries = st.one_of(
    st.builds(Location, codes("", "NZAKL", "ECGYE", "USNY3"), words(256)),
)
packages = st.builds(Package, st.sampled_from("12345"), codes("BG", "BX", "4H", "1A"), decimals(20))
origins = st.builds(Origin, countries, few(words(256)))
quantities = st.builds(Measure, decimals(20), codes("KGM", "TNE", "MTQ"))
treatment_measures = st.builds(Measure, decimals(14, "-99.5000"), codes("HUR", "CEL", "KX", "P1", "59"))


@st.composite
def treatments(draw: st.DrawFn) -> Treatment:
    start = ISSUE_DAY - timedelta(days=draw(st.integers(1, 400)))
    end = start + timedelta(days=draw(st.integers(0, 1)))
    form = draw(codes("{}", "{}T10:00:00", "{}T10:00:00+13:00", "{}T10:00:00Z"))
    maybe = st.one_of(st.just(Measure()), treatment_measures)
    return Treatment(
        start=form.format(start) if draw(st.booleans()) else "",
        end=form.format(end) if draw(st.booleans()) else "",
        duration=draw(maybe),
        kind=Text(draw(codes("CHT", "HT")), draw(languages)),
        method=draw(st.one_of(st.just(Text()), st.builds(Text, words(256), languages))),
        chemicals=draw(few(st.builds(Text, codes("238", "methyl bromide"), languages))),
        temperature=draw(maybe),
        concentration=draw(maybe),
        information=draw(texts(400)),
        full_text=draw(texts(8000)),
    )


@st.composite
def classifications(draw: st.DrawFn) -> tuple[Classification, ...]:
    made = []
    if draw(st.booleans()):
        made.append(Classification("HS", draw(codes("0714", "071440", "06029048", "0602904812"))))
    if draw(st.booleans()):
        made.append(Classification("IPPCPCVP", "", draw(texts(70, 1))))
    made += [Classification("IPPCPCC", "", (text,)) for text in draw(texts(70))]
    return tuple(made)


@st.composite
def line_notes(draw: st.DrawFn, packed: bool, kind: str) -> tuple[Note, ...]:
    notes = [Note("ADTLIL", t.text, t.language) for t in draw(texts(8000))]
    notes += [Note("ADAOTLIL", t.text, t.language) for t in draw(texts(8000))]
    notes += [Note("DMTLIL", t.text, t.language) for t in draw(texts(1024))]
    if draw(st.booleans()):
        notes += [Note("ADIPTLIL", draw(words(256))), Note("ADDITLIL", draw(codes("2026-07-14", "14 and 15 July")))]
    if draw(st.booleans()):
        notes += [Note("OQV", draw(decimals(20))), Note("OQU", draw(words(50)))]
    if not packed:
        notes.append(Note("OPTND", draw(words(512)), draw(languages)))
    if kind == RE_EXPORT:
        notes += [Note("RPCST", "3"), Note("RPCPC", "True"), Note("RPCAI", draw(codes("True", "False")))]
        notes += [Note("RPCCO", "BE"), Note("RPCRF", draw(words(60)))]
        for pair in TICKS:
            first = draw(st.booleans())
            notes += [Note(pair[0], str(first)), Note(pair[1], str(not first))]
    return tuple(draw(st.permutations(notes)))


@st.composite
def trade_lines(draw: st.DrawFn, kind: str) -> TradeLine:
    packed = draw(st.booleans())
    maybe = st.one_of(st.just(Measure()), quantities)
    return TradeLine(
        descriptions=draw(texts(256, 1)),
        common_names=draw(texts(256)),
        scientific_names=(Text("Colocasia esculenta"), *draw(texts(256))),
        batch=draw(codes("", "LOT 8888")),
        intended_uses=draw(texts(256)),
        net_weight=draw(quantities),
        gross_weight=Measure("9999999999999999", "DTN") if draw(st.booleans()) else Measure(),
        net_volume=draw(maybe),
        gross_volume=Measure("9999999999999999.9999", "CMQ") if draw(st.booleans()) else Measure(),
        notes=draw(line_notes(packed, kind)),
        classifications=draw(classifications()),
        packages=draw(few(packages, 1, 3)) if packed else (),
        origins=draw(few(origins, 1)),
        treatments=draw(few(treatments())),
    )


@st.composite
def document_notes(draw: st.DrawFn) -> tuple[Note, ...]:
    notes = [Note("ADEDL", t.text, t.language) for t in draw(texts(8000))]
    notes += [Note("ADAOEDL", t.text, t.language) for t in draw(texts(8000))]
    notes += [Note("DMCL", text) for text in draw(few(words(512)))[:1]]
    if draw(st.booleans()):
        notes += [Note("SPSFL", "5"), Note("ADIPEDL", draw(words(256))), Note("ADDIEDL", draw(words(60)))]
    if draw(st.booleans()):  # a replacement
        notes += [Note("ADRP", "4"), Note("ADRPN", draw(words(59)) + "R"), Note("ADRD", "2026-07-01T09:00:00+13:00")]
        notes += [Note("ADRPR", draw(words(512)), language) for language in draw(st.sets(languages, min_size=1))]
    return tuple(draw(st.permutations(notes)))


@st.composite
def attachments(draw: st.DrawFn, kind: str) -> tuple[tuple[Attachment, ...], dict[str, bytes]]:
    made, blobs = [], {}
    for name in draw(st.lists(st.sampled_from(sorted(FILES)), min_size=kind == RE_EXPORT, max_size=3)):
        data = FILES[name] + b"\0" * draw(st.integers(0, 40))
        sha256 = hashlib.sha256(data).hexdigest()
        blobs[sha256] = data
        made.append(
            Attachment(
                sha256=sha256,
                filename=name,
                kind=draw(codes("AWR", "ZZZ")) if made else "AWR",
                number=draw(words(60)),
                date=draw(codes("", "2026-07-01", "2026-07-01T09:00:00+13:00")),
                descriptions=draw(texts(8000)),
                media_type=media_type(data),
            )
        )
    return tuple(made), blobs


@st.composite
def valid(draw: st.DrawFn) -> Valid:
    """A document that may leave as it is, and its files."""
    kind = draw(codes(EXPORT, RE_EXPORT))
    attached, blobs = draw(attachments(kind))
    document = Document(
        type=kind,
        status=draw(codes(ISSUED, WITHDRAWN)),
        number=draw(words(60)),
        issued=draw(moments),
        issuer=draw(words(256)),
        notes=draw(document_notes()),
        attachments=attached,
        place_of_issue=draw(words(256)),
        officer=draw(words(256)),
        statements=draw(st.sampled_from([("1",), ("1", "2")])) if kind == EXPORT else ("",),
        exporter=draw(parties),
        consignee=draw(parties),
        export_country=draw(countries),
        reexport_country=draw(st.one_of(st.just(Country()), countries)),
        import_country=draw(countries),
        transit_countries=draw(few(countries)),
        entry=draw(entries),
        movements=draw(few(movements, 1)),
        equipment=draw(few(equipment)),
        lines=draw(few(trade_lines(kind), 1)),
    )
    return with_full_texts(document), blobs


def full(kind: str) -> Valid:
    """A certificate that replaces another one: every field is filled, every list has two."""
    twice = (Text("Taro", "en"), Text("Talo", "sm"))
    blobs = {hashlib.sha256(data).hexdigest(): data for data in FILES.values()}
    attached = tuple(
        Attachment(f"a{n}", sha256, name, "AWR", f"BE-{n}", "2026-07-01", twice, media_type=media_type(FILES[name]))
        for n, (name, sha256) in enumerate(zip(FILES, blobs, strict=True), start=1)
    )
    party = Party("Upolu Growers Ltd", ("a", "b", "c", "d", "e"), (Registration("VAT", "1"), Registration("GLN", "2")))
    said = ("ADEDL", "ADEDL", "ADIPEDL", "ADDIEDL", "ADAOEDL", "DMCL", "ADRPN", "ADRPR")
    line = _full_line(kind)
    document = Document(
        type=kind, status=ISSUED, number="WS-2026-000001", issued="2026-07-15T10:42:00+13:00", issuer="NPPO of Samoa",
        notes=(
            *(Note(subject, f"said of {subject}", "en") for subject in said),
            Note("SPSFL", "5"), Note("ADRP", "4"), Note("ADRD", "2026-07-01T09:00:00+13:00"),
        ),
        attachments=attached, place_of_issue="Apia", officer="Sina", statements=("1", "2") if kind == EXPORT else ("",),
        exporter=party, consignee=party, export_country=Country("WS"), reexport_country=Country("WS"),
        import_country=Country("NZ"), transit_countries=(Country("FJ"), Country("TO")),
        entry=Location("NZAKL", "Auckland"),
        movements=(Movement("1", twice, "214S"), Movement("3", twice, "truck 7")),
        equipment=(Equipment("MSKU1", ("G1", "G2")), Equipment("MSKU2", ("G3", "G4"))),
        lines=(line, replace(line, id="l2")),
    )  # fmt: skip
    return document, blobs


def _full_line(kind: str) -> TradeLine:
    twice = (Text("Taro", "en"), Text("Talo", "sm"))
    said = {
        "OQV": "33", "OQU": "units", "DMTLIL": "Lot 1", "ADTLIL": "free", "ADIPTLIL": "IP 1", "ADDITLIL": "2026-07-14",
        "ADAOTLIL": "tested",
    }  # fmt: skip
    if kind == RE_EXPORT:
        said |= {
            "RPCST": "3", "RPCCO": "BE", "RPCRF": "BE-1", "RPCOR": "False", "RPCTC": "True", "RPCPK": "True",
            "RPCRP": "False", "RPCOC": "True", "RPCNC": "False", "RPCPC": "True", "RPCAI": "False",
        }  # fmt: skip
    treatment = Treatment(
        start="2026-07-12", end="2026-07-13", duration=Measure("3", "HUR"), kind=Text("CHT", "en"), method=Text("OP", "en"),
        chemicals=(Text("238", "en"), Text("240")), temperature=Measure("32", "CEL"), concentration=Measure("2.5", "KX"),
        information=twice, full_text=twice,
    )  # fmt: skip
    return TradeLine(
        id="l1", descriptions=twice, common_names=twice, scientific_names=(Text("Colocasia"), Text("Alocasia", "la")),
        batch="LOT 1", intended_uses=twice, net_weight=Measure("10", "KGM"), gross_weight=Measure("11", "KGM"),
        net_volume=Measure("1", "MTQ"), gross_volume=Measure("2", "MTQ"),
        notes=tuple(Note(subject, text) for subject, text in said.items()),
        classifications=(Classification("HS", "071440"), Classification("IPPCPCVP", "", twice), Classification("IPPCPCC", "", twice)),
        packages=(Package("1", "BG", "620"), Package("2", "BX", "20")),
        origins=(Origin(Country("BE"), ("A", "B")), Origin(Country("WS"), ("C", "D"))),
        treatments=(replace(treatment, id="t1"), replace(treatment, id="t2")),
    )  # fmt: skip
