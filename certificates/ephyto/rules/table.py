"""The table of rules: id, area, level, stages, source, what is wrong in words with {params}, and how it is found.

Rules that judge what others send (stages received and hub) come from the Hub, the schema or the IPPC mapping.
"""

from typing import Final

from certificates.ephyto.document import EXPORT, RE_EXPORT
from certificates.ephyto.rules import checks, kinds, lines, notes
from certificates.ephyto.rules.shapes import (
    ARRIVED,
    AT_ISSUE,
    COMPLETE,
    EVERYWHERE,
    INFO,
    MANDATORY,
    MAPPING,
    OURS,
    RECEIVED,
    SCHEMA,
    SEVERE,
    WARNING,
    Rule,
    blank,
)
from certificates.ephyto.rules.shapes import gettext_noop as _

_ISPM: Final = "ISPM 12, 5"
_ISPM_RE: Final = "ISPM 12, 6"
_HUB: Final = "IPPC Hub"
_MAPPED: Final = "IPPC mapping"
_SCHEMA: Final = "SPSCertificate 17A"

# fmt: off
RULES: Final[tuple[Rule, ...]] = (
    # found by whoever writes the message, who holds it against the profile (judging.unfit)
    Rule("profile", SCHEMA, SEVERE, AT_ISSUE, _SCHEMA, _("The message does not keep to the schema: {words}")),
    # What it is
    Rule("type.known", MANDATORY, SEVERE, OURS, _HUB, _("Choose the kind of certificate: for export or for re-export."), kinds.unknown_type),
    Rule("type.other", MANDATORY, SEVERE, ARRIVED, _HUB, _("The document is of type {code}. It is no phytosanitary certificate."), kinds.unknown_type),
    Rule("status.ours", MANDATORY, SEVERE, AT_ISSUE, _HUB, _("The status is {code}. A certificate leaves as 70 (issued) or 40 (withdrawn)."), kinds.not_our_status),
    Rule("status.other", MAPPING, INFO, RECEIVED, "UNCL 4405", _("The status is {code}, not 70 (issued)."), kinds.other_status),
    Rule("number", MANDATORY, SEVERE, COMPLETE, _SCHEMA, _("The certificate has no number."), blank("number", lambda d: d.number)),
    Rule("issued", MANDATORY, SEVERE, COMPLETE, _SCHEMA, _("“{value}” is not a date and time of issue with an offset."), checks.unparsed_issue_date),
    Rule("issuer", MANDATORY, SEVERE, COMPLETE, _SCHEMA, _("The name of the issuing NPPO is missing."), blank("issuer", lambda d: d.issuer)),
    Rule("place_of_issue", MANDATORY, SEVERE, AT_ISSUE, _ISPM, _("The place of issue is missing."), blank("place_of_issue", lambda d: d.place_of_issue)),
    Rule("officer", MANDATORY, SEVERE, COMPLETE, _SCHEMA, _("The name of the authorized officer is missing."), blank("officer", lambda d: d.officer)),
    Rule("statement", MANDATORY, SEVERE, COMPLETE, "IPPC V.2b", _("The certifying statement is missing."), kinds.no_statement),
    Rule("statement.clause", SCHEMA, SEVERE, COMPLETE, _SCHEMA, _("A certificate for re-export needs one empty clause."), kinds.no_clause),
    Rule("statement.re_export", MAPPING, SEVERE, OURS, "IPPC V.2b", _("A certificate for re-export carries no statement of a certificate for export."), kinds.foreign_clause),
    Rule("statement.known", MAPPING, WARNING, ARRIVED, _MAPPED, _("The statement {code} is not known."), kinds.unknown_statement),
    # Parties and countries
    Rule("exporter.name", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("The name of the exporter is missing."), blank("exporter.name", lambda d: d.exporter.name)),
    Rule("exporter.address", MANDATORY, SEVERE, OURS, _ISPM, _("Write the address of the exporter."), checks.no_address("exporter")),
    Rule("consignee.name", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("The name of the consignee is missing."), blank("consignee.name", lambda d: d.consignee.name)),
    Rule("consignee.address", MANDATORY, SEVERE, OURS, _ISPM, _("Write the full address of the consignee."), checks.no_address("consignee")),
    Rule("address.lines", MAPPING, SEVERE, OURS, _SCHEMA, _("Write the address in five lines or fewer."), checks.too_many_address_lines),
    Rule("export_country", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("The exporting country is missing."), blank("export_country", lambda d: d.export_country.code)),
    Rule("import_country", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("The importing country is missing."), blank("import_country", lambda d: d.import_country.code)),
    Rule("country.alpha2", MAPPING, SEVERE, EVERYWHERE, _HUB, _("“{code}” is not a country code of two capital letters."), checks.wrong_country_codes, lines.wrong_country_codes),
    Rule("code.known", MAPPING, SEVERE, OURS, "Code lists", _("“{code}” is not in the list. Choose an entry of the list."), checks.unknown_codes, codes=lines.codes),
    # Transport
    Rule("entry.name", MANDATORY, WARNING, OURS, _ISPM, _("Write the declared point of entry, or leave it if the importing country does not ask for it."), checks.no_entry),
    Rule("entry.unnamed", SCHEMA, SEVERE, EVERYWHERE, _SCHEMA, _("The point of entry {code} has no name."), checks.unnamed_entry),
    Rule("entry.locode", MAPPING, WARNING, OURS, "UN/LOCODE", _("“{code}” is not a UN/LOCODE: two letters for the country, three for the place."), checks.no_locode),
    Rule("movement.any", MANDATORY, SEVERE, EVERYWHERE, _HUB, _("The declared means of conveyance is missing. “Not specified” is a mode too."), checks.no_movement),
    Rule("movement.mode", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("The mode of transport is missing."), checks.no_mode),
    Rule("movement.known", MAPPING, SEVERE, EVERYWHERE, "UN/ECE Rec 19", _("“{code}” is not a mode of transport. Modes are numbered 0 to 9."), checks.unknown_mode),
    # Commodity lines
    Rule("line.any", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("The certificate has no commodity line."), checks.no_lines),
    Rule("line.description", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("Line {line}: the name of the produce is missing."), of_line=lines.no_description),
    Rule("line.botanical_name", MANDATORY, WARNING, OURS, _ISPM, _("Line {line}: write the botanical name, at least the genus, if the commodity has one."), of_line=lines.no_botanical_name),
    Rule("line.quantity", MANDATORY, WARNING, OURS, _ISPM, _("Line {line}: write a quantity."), of_line=lines.no_quantity),
    Rule("line.other_quantity", MAPPING, SEVERE, EVERYWHERE, _HUB, _("Line {line}: the other quantity needs both a number and a unit."), of_line=lines.other_quantity_pair),
    Rule("line.net_above_gross", MAPPING, WARNING, OURS, _ISPM, _("Line {line}: the gross quantity {value} is less than the net one."), of_line=lines.net_above_gross),
    Rule("line.packages", MANDATORY, SEVERE, EVERYWHERE, _HUB, _("Line {line}: packages stand either by kind and number or in words, not both, and not neither."), of_line=lines.packages_either_or),
    Rule("line.package", MANDATORY, SEVERE, EVERYWHERE, _SCHEMA, _("Line {line}: each kind of package needs a level, a kind and a number above zero."), of_line=lines.incomplete_packages),
    Rule("package.level", MAPPING, WARNING, EVERYWHERE, _MAPPED, _("Line {line}: “{code}” is not a level of packaging. Levels are numbered 1 to 5."), of_line=lines.unknown_levels),
    Rule("line.origin", MANDATORY, SEVERE, EVERYWHERE, _HUB, _("Line {line}: the country of origin is missing."), of_line=lines.no_origin),
    Rule("line.hs", MAPPING, WARNING, EVERYWHERE, _MAPPED, _("Line {line}: “{code}” is not a customs (HS) code of 4 to 10 digits."), of_line=lines.no_hs_code),
    Rule("classification.once", MAPPING, WARNING, EVERYWHERE, _MAPPED, _("Line {line}: the class {code} stands more than once."), of_line=lines.classified_twice),
    Rule("classification.term", MAPPING, WARNING, EVERYWHERE, _MAPPED, _("Line {line}: the class {code} has no term."), of_line=lines.class_without_term),
    Rule("measure.number", SCHEMA, SEVERE, EVERYWHERE, _SCHEMA, _("Line {line}: “{value}” is not a number that fits. Write digits, with at most four after the point."), of_line=lines.no_number),
    Rule("measure.unit", SCHEMA, SEVERE, EVERYWHERE, _SCHEMA, _("Line {line}: choose a unit for {value}."), of_line=lines.no_unit),
    Rule("unit.known", MAPPING, SEVERE, OURS, "UN/ECE Rec 20", _("Line {line}: the unit “{code}” is not in the list. Choose a unit of the list."), codes=lines.units),
    # Treatments
    Rule("treatment.date", SCHEMA, SEVERE, OURS, _SCHEMA, _("Line {line}: “{value}” is not a date. Write the day of the treatment."), of_line=lines.undated_treatments),
    Rule("treatment.period", MAPPING, SEVERE, OURS, _ISPM, _("Line {line}: the treatment ends on {value}, before it starts."), of_line=lines.ended_before_start),
    Rule("treatment.future", MAPPING, WARNING, AT_ISSUE, _ISPM, _("Line {line}: the treatment on {value} is later than the certificate."), checks.later_treatments),
    Rule("treatment.kind", MAPPING, WARNING, OURS, _ISPM, _("Line {line}: say what kind of treatment it was."), of_line=lines.unnamed_treatments),
    Rule("treatment.full_text", MANDATORY, SEVERE, AT_ISSUE, _HUB, _("Line {line}: the treatment has no full text."), of_line=lines.no_full_text),
    # Declarations, notes, languages
    Rule("declaration.commercial", MAPPING, WARNING, OURS, _ISPM, _("“{words}” looks like a commercial reference. A certificate carries none."), checks.commercial_references, lines.commercial_references),
    Rule("declaration.treatment", MAPPING, WARNING, OURS, _ISPM, _("“{words}” repeats a treatment. Treatments stand in section III only."), checks.repeated_treatments),
    Rule("note.once", MAPPING, WARNING, EVERYWHERE, _MAPPED, _("The note {code} may stand only once."), notes.repeated, notes.repeated_in_line),
    Rule("marks.once", MAPPING, WARNING, OURS, _MAPPED, _("Write the distinguishing marks of the consignment in one text."), notes.marks_more_than_once),
    Rule("note.place", MAPPING, WARNING, EVERYWHERE, _MAPPED, _("The note {code} stands in the wrong place: at the line instead of the consignment, or the reverse."), notes.misplaced, notes.misplaced_in_line),
    Rule("note.subject", MAPPING, INFO, ARRIVED, _MAPPED, _("The note {code} is not known. It is shown as it came."), notes.unknown_subjects, notes.unknown_subjects_in_line),
    Rule("language.code", MAPPING, WARNING, EVERYWHERE, "ISO 639-1", _("“{code}” is not a language code of two letters."), notes.unknown_languages, notes.unknown_languages_in_line),
    Rule("text.length", MAPPING, SEVERE, OURS, _MAPPED, _("This text has {length} characters. Shorten it to {limit}."), checks.too_long, checks.too_long_in_line),
    Rule("text.unprintable", MAPPING, SEVERE, OURS, _ISPM, _("The printed certificate has no letter for {characters}. Write it in another way."), checks.unprintable, checks.unprintable_in_line),
    # Attachments
    Rule("attachment.number", SCHEMA, SEVERE, EVERYWHERE, _SCHEMA, _("The attachment {name} has no number."), notes.no_number_of_attachment),
    Rule("attachment.kind", MAPPING, WARNING, EVERYWHERE, _MAPPED, _("The attachment {name} is of the kind “{code}”. Kinds are AWR (original certificate) and ZZZ (other)."), notes.unknown_kinds_of_attachment),
    Rule("attachment.file", MAPPING, SEVERE, OURS, _HUB, _("The attachment {name} has no file."), notes.no_file),
    Rule("attachment.type", MAPPING, SEVERE, OURS, _HUB, _("The attachment {name} is not a PDF, PNG, JPEG or GIF file. Partners accept no others."), notes.other_files),
    Rule("attachment.download", MAPPING, INFO, RECEIVED, _HUB, _("The attachment {name} is not a PDF, PNG, JPEG or GIF file. It can be downloaded, with care."), notes.other_files),
    Rule("attachment.decoded", SCHEMA, WARNING, EVERYWHERE, _SCHEMA, _("The attachment {name} is not valid Base64 and could not be decoded."), notes.undecoded_files),
    # Replacement
    Rule("replacement.complete", MAPPING, SEVERE, OURS, _ISPM, _("A replacement needs the number and the date of the replaced certificate, the reason and the statement ({code} is missing)."), kinds.incomplete_replacement),
    Rule("replacement.date", MAPPING, SEVERE, OURS, _MAPPED, _("“{value}” is not the date of issue of the replaced certificate."), kinds.undated_replacement),
    Rule("replacement.itself", MAPPING, SEVERE, AT_ISSUE, _ISPM, _("The certificate {value} cannot replace itself. A replacement has a new number."), kinds.replaces_itself),
    # Re-export
    Rule("re_export.statement", MANDATORY, SEVERE, OURS, _ISPM_RE, _("Line {line}: the statement of re-export is missing."), of_line=kinds.no_re_export_statement, type=RE_EXPORT),
    Rule("re_export.original", MANDATORY, SEVERE, OURS, _ISPM_RE, _("Line {line}: the number of the original certificate or its country of origin is missing."), of_line=kinds.no_original_certificate, type=RE_EXPORT),
    Rule("re_export.attached", MANDATORY, SEVERE, OURS, _ISPM_RE, _("Line {line}: tick whether the original or a certified true copy is attached, one of the two."), of_line=kinds.one_of("RPCOR", "RPCTC"), type=RE_EXPORT),
    Rule("re_export.packed", MANDATORY, SEVERE, OURS, _ISPM_RE, _("Line {line}: tick packed or repacked, one of the two."), of_line=kinds.one_of("RPCPK", "RPCRP"), type=RE_EXPORT),
    Rule("re_export.containers", MANDATORY, SEVERE, OURS, _ISPM_RE, _("Line {line}: tick original or new containers, one of the two."), of_line=kinds.one_of("RPCOC", "RPCNC"), type=RE_EXPORT),
    Rule("re_export.basis", MANDATORY, SEVERE, OURS, _ISPM_RE, _("Line {line}: tick that it is based on the original phytosanitary certificate."), of_line=kinds.no_basis, type=RE_EXPORT),
    Rule("re_export.tick", MAPPING, SEVERE, EVERYWHERE, _MAPPED, _("Line {line}: “{value}” is neither True nor False."), of_line=kinds.unread_ticks),
    Rule("re_export.copy", MAPPING, WARNING, OURS, _ISPM_RE, _("Attach the original certificate or its certified true copy."), kinds.original_not_attached),
    Rule("re_export.elsewhere", MAPPING, WARNING, EVERYWHERE, _MAPPED, _("Line {line}: {code} belongs to a certificate for re-export."), of_line=kinds.re_export_notes, type=EXPORT),
)
# fmt: on
