"""Documents in their normal form: any text that XML can carry, no empty text where a list holds texts."""

from hypothesis import strategies as st

from certificates.ephyto.document import (
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

# The XML 1.0 alphabet, with what breaks writers: markup, CDATA's end, carriage returns, other scripts, beyond the BMP.
_FORBIDDEN = "".join(chr(n) for n in range(0x20) if n not in (0x9, 0xA, 0xD)) + "\ufffe\uffff"
alphabet = st.characters(exclude_categories=["Cs"], exclude_characters=_FORBIDDEN)
nasty = st.sampled_from(["]]>", "<a>&amp;", "\r\n", " ", "\t", "NULL", "𐍈", "شحنة", "芋头", "Savai'i", '"', "&#0;"])
words = st.one_of(st.text(alphabet, min_size=1, max_size=12), nasty)
maybe = st.one_of(st.just(""), words)
languages = st.sampled_from(["", "en", "es", "ar", "zh"])
texts = st.lists(st.builds(Text, words, languages), max_size=2).map(tuple)
one_text = st.one_of(st.just(Text()), st.builds(Text, words, languages))
notes = st.lists(st.builds(Note, maybe, maybe, languages), max_size=3).map(tuple)
units = st.sampled_from(["", "KGM", "MTQ"])
measures = st.one_of(st.just(Measure()), st.builds(Measure, words, units))
parties = st.builds(
    Party,
    maybe,
    st.lists(words, max_size=5).map(tuple),
    st.lists(st.builds(Registration, words, words), max_size=2).map(tuple),
)
countries = st.builds(Country, maybe)
treatments = st.builds(
    Treatment,
    start=maybe,
    end=maybe,
    duration=measures,
    kind=one_text,
    method=one_text,
    chemicals=texts,
    temperature=measures,
    concentration=measures,
    information=texts,
    full_text=texts,
)
lines = st.builds(
    TradeLine,
    descriptions=texts,
    common_names=texts,
    scientific_names=texts,
    batch=maybe,
    intended_uses=texts,
    net_weight=measures,
    gross_weight=measures,
    net_volume=measures,
    gross_volume=measures,
    notes=notes,
    classifications=st.lists(st.builds(Classification, maybe, maybe, texts), max_size=2).map(tuple),
    packages=st.lists(st.builds(Package, maybe, maybe, maybe), max_size=2).map(tuple),
    origins=st.lists(st.builds(Origin, countries, st.lists(words, max_size=2).map(tuple)), max_size=2).map(tuple),
    treatments=st.lists(treatments, max_size=2).map(tuple),
)
attachments = st.builds(
    Attachment,
    filename=maybe,
    kind=maybe,
    number=maybe,
    date=maybe,
    descriptions=texts,
    undecoded=st.sampled_from(["", "not base64!", "VBERi0"]),
)
documents = st.builds(
    Document,
    type=maybe,
    status=maybe,
    number=maybe,
    issued=maybe,
    issuer=maybe,
    notes=notes,
    attachments=st.lists(attachments, max_size=2).map(tuple),
    place_of_issue=maybe,
    officer=maybe,
    statements=st.lists(maybe, max_size=2).map(tuple),
    exporter=parties,
    consignee=parties,
    export_country=countries,
    reexport_country=countries,
    import_country=countries,
    transit_countries=st.lists(countries, max_size=2).map(tuple),
    entry=st.builds(Location, maybe, maybe),
    movements=st.lists(st.builds(Movement, maybe, texts, maybe), max_size=2).map(tuple),
    equipment=st.lists(st.builds(Equipment, maybe, st.lists(words, max_size=2).map(tuple)), max_size=2).map(tuple),
    lines=st.lists(lines, max_size=2).map(tuple),
)
