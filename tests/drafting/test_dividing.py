"""A line in parts: the parts come to the whole, whatever is typed; what cannot be divided is left out, never guessed."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates import dividing
from certificates.ephyto.document import Measure, Note, Package, TradeLine, Treatment, note_texts

KG = "KGM"


def line(net: str = "12400", **changes: object) -> TradeLine:
    return replace(TradeLine(id="x", net_weight=Measure(net, KG)), **changes)  # type: ignore[arg-type]


def parted(before: TradeLine, *amounts: str) -> list[TradeLine]:
    return dividing.parted(before, [Decimal(amount) for amount in amounts])


def test_what_counts_is_what_the_line_states_first() -> None:
    assert dividing.quantity(line(gross_weight=Measure("9", KG))) == ("net_weight", Measure("12400", KG))
    assert dividing.quantity(line("", gross_volume=Measure("9", "MTQ"))) == ("gross_volume", Measure("9", "MTQ"))
    pieces = line("", notes=(Note("OQV", "500"), Note("OQU", "plants")))
    assert dividing.quantity(pieces) == ("OQV", Measure("500", "", "plants"))
    assert dividing.quantity(line("", packages=(Package("4", "5H", "20"),))) == ("packages", Measure("20", "5H"))


@pytest.mark.parametrize(
    "bare",
    [
        line(""), line("about 5"), line("0"), line("", packages=(Package("4", "5H", "20"), Package("3", "PX", "2"))),
        line("", packages=(Package("4", "5H", "some"),)),
    ],
)  # fmt: skip
def test_a_line_that_says_no_number_goes_whole(bare: TradeLine) -> None:
    assert dividing.quantity(bare) is None
    assert dividing.left(bare, [Decimal(1)]) < 0
    with pytest.raises(ValueError, match="no parts"):
        parted(bare, "1")


@pytest.mark.parametrize("amounts", [["12400.1"], ["12400", "0"], ["12401", "-1"], ["1", "2"]])
def test_only_what_comes_to_the_whole_are_parts(amounts: list[str]) -> None:
    with pytest.raises(ValueError, match="no parts"):
        parted(line(), *amounts)


def test_packages_of_every_level_are_whole_or_left_out() -> None:
    before = line(packages=(Package("4", "5H", "620"), Package("3", "PX", "31"), Package("2", "CT", "some")))
    even = parted(before, "4000", "8400")
    assert [[each.quantity for each in part.packages] for part in even] == [["200", "10", ""], ["420", "21", ""]]
    uneven = parted(before, "4133", "8267")
    assert [[each.quantity for each in part.packages] for part in uneven] == [["", "", ""], ["", "", ""]]
    assert [each.kind for each in uneven[0].packages] == ["5H", "PX", "CT"]


def test_words_that_tell_of_the_whole_line_are_left_out_and_pieces_divided() -> None:
    notes = (Note("OQV", "300"), Note("OQU", "plants"), Note("OPTND", "300 pots"), Note("DMTLIL", "UGL"))
    parts = parted(line("30", notes=notes), "10", "20")
    assert [[text.text for text in note_texts(part.notes, "OQV")] for part in parts] == [["100"], ["200"]]
    assert not any(note_texts(part.notes, "OPTND") for part in parts)
    assert all(note_texts(part.notes, "DMTLIL") for part in parts)


def test_thirds_are_rounded_where_most_was_cut_and_come_to_the_whole() -> None:
    thirds = parted(line("9", gross_weight=Measure("12500", KG), net_volume=Measure("1", "MTQ")), "3", "3", "3")
    assert [part.gross_weight.value for part in thirds] == ["4167", "4167", "4166"]
    assert [part.net_volume.value for part in thirds] == ["0.334", "0.333", "0.333"]
    assert thirds[0].gross_weight.unit == KG


def test_parts_have_ids_of_their_own_and_what_the_line_was_drawn_from() -> None:
    before = line(treatments=(Treatment(id="t", start="2026-07-12"),), drawn_from="7.l1", batch="L-1")
    one, two = parted(before, "400", "12000")
    assert len({"x", one.id, two.id}) == len({"t", one.treatments[0].id, two.treatments[0].id}) == 3
    assert one.treatments == before.treatments
    assert (one.drawn_from, two.drawn_from, one.batch) == ("7.l1", "7.l1", "L-1")


AMOUNTS = st.integers(1, 10**24).map(lambda units: Decimal(f"{units}e-4"))


@given(st.lists(AMOUNTS, min_size=2, max_size=20), AMOUNTS, st.integers(1, 10**30))
def test_the_parts_come_to_the_whole_to_the_last_digit(amounts: list[Decimal], gross: Decimal, bags: int) -> None:
    total = Decimal(0)
    for amount in amounts:
        total = dividing.added(total, amount)
    before = line(f"{total:f}", gross_weight=Measure(f"{gross:f}", KG), packages=(Package("4", "5H", str(bags)),))
    assert dividing.left(before, amounts) == 0
    parts = dividing.parted(before, amounts)
    assert sums([part.net_weight for part in parts]) == total
    assert sums([part.gross_weight for part in parts]) == gross
    counts = [part.packages[0].quantity for part in parts]
    assert not any(counts) or sum(map(int, counts)) == bags


def sums(measures: list[Measure]) -> Decimal:
    total = Decimal(0)
    for measure in measures:
        assert "E" not in measure.value
        total = dividing.added(total, measure.number or Decimal(0))
    return total
