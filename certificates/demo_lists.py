"""The demo's requirements, national choices, requested codes and numbers: what an administrator keeps, with data in it."""

from typing import Any, Final

from certificates import numbering
from certificates.models import NumberRule, Requirement, ReservedNumbers
from codelists.files import searched
from codelists.folding import fold
from codelists.models import Choice, CodeRequest, ListSource
from gens.accounts import changes, roles
from gens.accounts.models import Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient.models import Connection

_DEMANDED: Final[tuple[dict[str, Any], ...]] = (
    {
        "destination": "NZ", "plant": "Colocasia esculenta", "part": "Bulbs and tubers", "kind": "conditions",
        "text": "Corms washed free of soil, without leaves. Fumigated on arrival if live pests are found.",
        "declarations": [
            "The taro corms were inspected and found free from {pest}.",
            "The taro was grown in {place}, where {disease} is not known to occur.",
        ],
        "documents": "Packing list.", "validity_days": 7,
    },
    {
        "destination": "NZ", "plant": "Artocarpus altilis", "kind": "permit",
        "text": "High temperature forced air, 47.2 °C for 20 minutes.", "treatments": "Hot air treatment",
        "documents": "Treatment record of the facility.",
    },
    {"destination": "AU", "plant": "Musa", "kind": "prohibited", "text": "Fresh fruit is not admitted."},
    {"destination": "NZ", "kind": "conditions", "text": "Packages are new or cleaned, and free from soil."},
)  # fmt: skip


def make(nppo: Nppo) -> None:
    """For Samoa, once, by its administrator. Call it inside acting_for(nppo.pk)."""
    admin = Membership.objects.select_related("nppo", "user", "office").get(nppo=nppo, roles=[roles.ADMINISTRATOR])
    inspector = Membership.objects.get(nppo=nppo, roles=[roles.INSPECTOR])
    for said in _DEMANDED:
        entry = Requirement(nppo=nppo, folded=fold(said.get("plant", "")), **said)
        changes.save(entry, by=admin)
    for code, fields in (
        ("WS-UMU", {"is_own": True, "names": {"en": "smoked in an umu"}}),
        ("frozen", {"position": -1}),
    ):
        choice = Choice(nppo=nppo, list="condition", code=code, **fields)
        choice.folded = searched(choice.code, choice.names)
        changes.save(choice, by=admin)
    changes.save(
        CodeRequest(
            nppo=nppo, by=inspector, list="taxon", text="Tamaligi", note="Timber for a yacht builder in Auckland"
        ),
        by=inspector,
    )
    changes.save(NumberRule(nppo=nppo, type="657", pattern="{code}-RE-{year}-{number:04d}"), by=admin)
    block = ReservedNumbers(
        nppo=nppo, kind=numbering.CERTIFICATE, year=numbering.this_year(nppo), first=9001, last=9050,
        purpose="Book of forms at Faleolo airport",
    )  # fmt: skip
    changes.save(block, by=admin)


def name_source(nppo: Nppo) -> None:
    """The Hub's lists come through this NPPO's connection."""
    with acting_for(nppo.pk):
        connection = Connection.objects.get(nppo=nppo, is_active=True)
    ListSource.objects.get_or_create(pk=1, defaults={"nppo_key": nppo.pk, "connection": connection, "by_name": "Demo"})
