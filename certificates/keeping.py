"""Templates: kept from a draft or an issued certificate, used, renamed, deleted. The NPPO's or a person's own."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates import copying, drafts, storage, workflow
from certificates.models import Certificate, CertificateTemplate, Direction
from codelists.folding import fold
from gens.accounts import changes, events, roles
from gens.accounts.models import Membership


class NameTaken(Exception):
    """Another template of the same people has this name. Carries it."""

    def __init__(self, template: CertificateTemplate) -> None:
        super().__init__(template.name)
        self.template = template


def may_keep_own(by: Membership) -> bool:
    return by.may(roles.DRAFT)


def may_keep_for_all(by: Membership) -> bool:
    """Certifying officers and administrators keep the NPPO's."""
    return by.may(roles.APPROVE) or by.may(roles.ADMINISTER)


def may_change(template: CertificateTemplate, by: Membership) -> bool:
    return may_keep_own(by) if template.membership_id == by.pk else may_keep_for_all(by)


def keep(
    certificate: Certificate,
    name: str,
    *,
    by: Membership,
    for_all: bool = False,
    with_quantities: bool = False,
    instead: bool = False,
) -> CertificateTemplate:
    """Keep what this certificate of ours says under a name. instead: of the template that has the name already.

    Raises NotAllowed, NameTaken.
    """
    may = may_keep_for_all(by) if for_all else may_keep_own(by)
    if certificate.direction != Direction.ISSUED or not may:
        raise workflow.NotAllowed
    document = copying.for_template(certificate.document, with_quantities=with_quantities)
    with transaction.atomic():
        template = CertificateTemplate(nppo=by.nppo, membership=None if for_all else by, name=name)
        if (same := _namesake(template)) is not None:
            if not instead:
                raise NameTaken(same)
            template = same
        template.document, template.type = document, document.type
        template.destination = document.import_country.code[:2]
        template.exporter = document.exporter.name[: storage.LISTED]
        template.commodity = storage.commodity(document)[: storage.LISTED]
        _save(template, by)
    return template


def _namesake(template: CertificateTemplate) -> CertificateTemplate | None:
    """Another one of the same people under this name, locked."""
    same = CertificateTemplate.objects.filter(nppo=template.nppo_id, membership=template.membership, name=template.name)
    return same.exclude(pk=template.pk).select_for_update(of=("self",)).first()


def _save(template: CertificateTemplate, by: Membership) -> None:
    template.folded = fold(f"{template.name}\n{template.exporter}\n{template.commodity}")[:1000]
    try:
        with transaction.atomic():
            changes.save(template, by=by, secret=("document", "folded"))
    except IntegrityError as error:  # somebody took the name at the same moment
        raise NameTaken(template) from error


def rename(template: CertificateTemplate, name: str, *, by: Membership) -> None:
    """Raises NotAllowed, NameTaken."""
    if not may_change(template, by):
        raise workflow.NotAllowed
    with transaction.atomic():
        template.name = name
        if (same := _namesake(template)) is not None:
            raise NameTaken(same)
        _save(template, by)


def delete(template: CertificateTemplate, *, by: Membership) -> None:
    """Certificates that were started from it stay as they are; who deleted it stays told. Raises NotAllowed."""
    if not may_change(template, by):
        raise workflow.NotAllowed
    with transaction.atomic():
        events.record(template, events.ENDED, by=by, reason=template.name)
        template.delete()


def use(template: CertificateTemplate, *, by: Membership) -> Certificate:
    """A new draft that says what the template says. Raises NotAllowed."""
    with transaction.atomic():
        said = _("From the template “%(name)s”") % {"name": template.name}
        # once more through the one place, should it name more than when the template was kept
        made = drafts.create(by=by, document=copying.for_another(template.document), reason=said)
        CertificateTemplate.objects.filter(pk=template.pk).update(used_at=timezone.now())
    return made
