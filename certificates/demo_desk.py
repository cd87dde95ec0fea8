"""The demo's desk: a certificate returned with remarks, many done together, prints on numbered sheets, one issued by hand."""

from typing import Final
from uuid import uuid4

from django.utils import timezone

from certificates import batches, by_hand, numbering, prints, storage, workflow
from certificates.ephyto.document import Document
from certificates.models import Certificate, ReservedNumbers
from certificates.paper import pdf
from gens.accounts import changes, roles
from gens.accounts.models import Membership

PORT: Final = "Book of forms at Matautu wharf"


def make(officer: Membership, issued: list[Certificate], *, together: list[Certificate], on_paper: Document) -> None:
    """For Samoa, once. Call it inside acting_for(nppo.pk)."""
    people = Membership.objects.select_related("nppo", "user", "office").filter(nppo=officer.nppo_id).order_by("pk")
    admin = people.filter(roles=[roles.ADMINISTRATOR])[0]
    second = people.filter(roles=[roles.CERTIFYING_OFFICER]).exclude(pk=officer.pk)[0]
    batches.start("issue", together, by=officer, key=uuid4())  # the worker of the demo does it
    _print(issued, by=officer, admin=admin)
    _issue_by_hand(on_paper, by=officer, confirmed_by=second, admin=admin)


def remark(certificate: Certificate, *, by: Membership) -> Certificate:
    """Returned, with what is to be mended beside its sections."""
    said = {
        "lines": "The packing list says 320 kg of breadfruit. Correct line 2.",
        "transport": "The voyage of the bill of lading is 215S.",
    }
    reason = "Two things do not agree with the papers of the exporter."
    return workflow.perform("return", certificate, by=by, reason=reason, remarks=said)


def _print(certificates: list[Certificate], *, by: Membership, admin: Membership) -> None:
    """On numbered paper: one at once; one after a spoiled sheet; one that nobody told of yet."""
    admin.nppo.prints_on_security_paper = True
    changes.save(admin.nppo, by=admin)
    first, second, third = certificates
    prints.tell(prints.start(first, by=by), ["WS-A-004411"], is_good=True, by=by)
    prints.tell(prints.start(second, by=by), ["WS-A-004412"], is_good=False, by=by)
    prints.tell(prints.start(second, by=by), ["WS-A-004413"], is_good=True, by=by)
    prints.start(third, by=by)


def _issue_by_hand(document: Document, *, by: Membership, confirmed_by: Membership, admin: Membership) -> None:
    """Written on a form of the book while the power was off, registered, and confirmed by another officer."""
    nppo = by.nppo
    year = numbering.this_year(nppo)
    block = ReservedNumbers(nppo=nppo, kind=numbering.CERTIFICATE, year=year, first=9101, last=9120, purpose=PORT)
    changes.save(block, by=admin)
    paper = by_hand.Paper(
        block=block,
        number=numbering.within(block, "9101"),
        day=timezone.localdate(timezone=nppo.zone),
        officer=by,
        scan=pdf.render(document, xml=b"", mark="SPECIMEN SCAN"),
        filename="scan.pdf",
    )
    draft = by_hand.register(paper, kind=document.type, by=by)
    storage.store(draft, document, author=by)
    submitted = workflow.perform("submit", draft, by=by)
    workflow.perform("confirm", submitted, by=confirmed_by)
