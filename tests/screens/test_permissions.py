"""Role × address × method → status. A new address without a row here fails."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from certificates import storage
from certificates.ephyto.document import Document
from certificates.models import (
    Batch,
    BatchItem,
    Certificate,
    CertificateTemplate,
    Favourite,
    HandIssued,
    Inspection,
    InspectionFile,
    Message,
    NumberRule,
    Print,
    PublicLink,
    Rendering,
    RenderTry,
    Requirement,
    ReservedNumbers,
    Sample,
    SavedFilter,
    Seal,
    Sheet,
    Status,
)
from codelists.models import Code, CodeRequest, Refresh
from gens.accounts import events, roles, sealing
from gens.accounts.models import Invitation, Membership, Nppo
from gens.accounts.tenancy import acting_for
from hubclient import outbox
from hubclient.models import ClientCertificate, Connection, Envelope
from tests.conftest import acting_client
from tests.ephyto.files import png
from tests.factories import NppoFactory, load, make_certificate, make_membership, valid_document
from tests.workflow.test_prints import a_page

pytestmark = pytest.mark.django_db

Row = tuple[str, tuple[str, ...], str]  # name, arguments, method
ROLES = (
    roles.INSPECTOR, roles.CERTIFYING_OFFICER, roles.IMPORT_OFFICER, roles.ADMINISTRATOR, roles.AUDITOR, roles.OPERATOR,
)  # fmt: skip
SAME = 200
OPERATORS = (403, 403, 403, 403, 403, 200)
# (name, arguments, method): the status for each role, in the order above.
TABLE = {
    ("certificates:home", (), "get"): (302, 302, 302, 302, 302, 302),
    ("certificates:search", (), "get"): (200, 200, 200, 200, 200, 200),
    ("certificates:worklist", ("drafts",), "get"): (200, 200, 403, 200, 200, 403),
    ("certificates:worklist", ("submitted",), "get"): (200, 200, 403, 200, 200, 403),
    ("certificates:worklist", ("issued",), "get"): (200, 200, 403, 200, 200, 403),
    ("certificates:worklist", ("received",), "get"): (403, 403, 200, 200, 200, 403),
    ("certificates:worklist", ("decided",), "get"): (403, 403, 200, 200, 200, 403),
    ("certificates:worklist", ("nonsense",), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:export", ("issued", "csv"), "get"): (200, 200, 403, 200, 200, 403),
    ("certificates:export", ("decided", "xlsx"), "get"): (403, 403, 200, 200, 200, 403),
    ("certificates:export", ("issued", "exe"), "get"): (404, 404, 403, 404, 404, 403),
    ("certificates:save_filter", ("issued",), "get"): (405, 405, 403, 405, 405, 403),
    ("certificates:save_filter", ("issued",), "post"): (422, 422, 403, 422, 422, 403),
    ("certificates:save_filter", ("received",), "post"): (403, 403, 422, 422, 422, 403),
    ("certificates:saved_filter", ("filter",), "get"): (404, 404, 404, 404, 404, 404),  # somebody else's
    ("certificates:saved_filter", ("filter",), "post"): (404, 404, 404, 404, 404, 404),
    ("certificates:delete_filter", ("filter",), "post"): (404, 404, 404, 404, 404, 404),
    ("certificates:unreadable", (), "get"): (403, 403, 200, 200, 200, 403),
    ("certificates:unreadable_content", ("envelope",), "get"): (403, 403, 200, 200, 200, 403),
    ("certificates:ruleset", (), "get"): (403, 403, 403, 200, 200, 200),
    ("certificates:operations", (), "get"): (403, 403, 403, 200, 403, 200),
    ("certificates:connection", ("connection",), "get"): (403, 403, 403, 200, 403, 200),
    ("certificates:render_again", ("unprinted",), "get"): (405, 405, 405, 405, 405, 405),
    ("certificates:render_again", ("unprinted",), "post"): (403, 403, 403, 302, 403, 302),
    ("certificates:envelope", ("sent", "again"), "get"): (403, 403, 403, 200, 403, 200),
    ("certificates:envelope", ("sent", "again"), "post"): (403, 403, 403, 302, 403, 302),
    ("certificates:envelope", ("sent", "give-up"), "post"): (403, 403, 403, 422, 403, 422),
    ("certificates:envelope", ("sent", "nonsense"), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:envelope_content", ("sent",), "get"): (403, 403, 403, 403, 403, 200),
    ("certificates:new", (), "get"): (200, 200, 403, 403, 403, 403),
    ("certificates:look_up", ("taxon",), "get"): (200, 200, 403, 403, 403, 403),
    ("certificates:look_up", ("taxon",), "post"): (405, 405, 405, 405, 405, 405),
    ("certificates:look_up", ("nonsense",), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:new", (), "post"): (302, 302, 403, 403, 403, 403),
    ("certificates:re_export", (), "get"): (200, 200, 403, 403, 403, 403),
    ("certificates:re_export", (), "post"): (404, 404, 403, 403, 403, 403),
    ("certificates:verify", ("token",), "get"): (200, 200, 200, 200, 200, 200),
    ("certificates:verify", ("0-nonsense",), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:verify_json", ("token",), "get"): (200, 200, 200, 200, 200, 200),
    ("certificates:verify_file", (), "get"): (200, 200, 200, 200, 200, 200),
    ("certificates:verify_file", (), "post"): (422, 422, 422, 422, 422, 422),
    ("certificates:certificate", ("draft",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:certificate", ("issued",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:certificate", ("received",), "get"): (404, 404, 200, 200, 200, 404),
    ("certificates:section", ("draft", "parties"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:section", ("draft", "parties"), "post"): (409, 409, 404, 403, 403, 404),
    ("certificates:section", ("draft", "nonsense"), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:section", ("issued", "parties"), "get"): (409, 409, 404, 403, 403, 404),
    ("certificates:line", ("draft", "abc"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:copy_line", ("draft", "abc"), "get"): (405, 405, 405, 405, 405, 405),
    ("certificates:copy_line", ("draft", "abc"), "post"): (302, 302, 404, 403, 403, 404),
    ("certificates:delete_line", ("draft", "line"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:section", ("draft", "lines"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:move_line", ("draft", "line"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:move_line", ("draft", "line"), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:lines", ("draft",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:lines", ("issued",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:lines", ("received",), "get"): (404, 404, 200, 200, 200, 404),
    ("certificates:apply_lines", ("draft",), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:apply_lines", ("draft",), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:apply_lines", ("issued",), "get"): (409, 409, 404, 403, 403, 404),
    ("certificates:bring_lines", ("draft",), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:bring_lines", ("draft",), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:bring_lines", ("issued",), "post"): (409, 409, 404, 403, 403, 404),
    ("certificates:lines_template", ("draft", "csv"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:lines_template", ("draft", "xlsx"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:lines_template", ("draft", "exe"), "get"): (404, 404, 404, 403, 403, 404),
    ("certificates:section", ("draft", "attachments"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:section", ("draft", "attachments"), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:detach", ("draft", "none"), "get"): (404, 404, 404, 403, 403, 404),
    ("certificates:check", ("draft",), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:act", ("draft", "submit"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:act", ("submitted", "approve"), "get"): (403, 200, 404, 403, 403, 404),
    ("certificates:act", ("submitted", "approve"), "post"): (403, 302, 404, 403, 403, 404),
    ("certificates:act", ("submitted", "issue"), "post"): (403, 409, 404, 403, 403, 404),
    ("certificates:act", ("received", "accept"), "get"): (404, 404, 200, 403, 403, 404),
    ("certificates:act", ("received", "refuse"), "post"): (404, 404, 422, 403, 403, 404),
    ("certificates:act", ("received", "accept"), "post"): (404, 404, 302, 403, 403, 404),
    ("certificates:act", ("received", "open"), "post"): (404, 404, 404, 404, 404, 404),
    ("certificates:act", ("issued", "withdraw"), "get"): (403, 200, 404, 403, 403, 404),
    ("certificates:act", ("issued", "withdraw"), "post"): (403, 422, 404, 403, 403, 404),
    ("certificates:attend", ("submitted", "take"), "get"): (405, 405, 404, 405, 405, 404),
    ("certificates:attend", ("submitted", "take"), "post"): (403, 409, 404, 403, 403, 404),
    ("certificates:attend", ("submitted", "release"), "post"): (403, 409, 404, 403, 403, 404),
    ("certificates:attend", ("submitted", "wait"), "get"): (403, 200, 404, 403, 403, 404),
    ("certificates:attend", ("submitted", "wait"), "post"): (403, 422, 404, 403, 403, 404),
    ("certificates:attend", ("submitted", "resume"), "post"): (403, 409, 404, 403, 403, 404),
    ("certificates:attend", ("submitted", "nonsense"), "post"): (404, 404, 404, 404, 404, 404),
    ("certificates:attend", ("received", "wait"), "get"): (404, 404, 200, 403, 403, 404),
    ("certificates:attend", ("received", "take"), "post"): (404, 404, 302, 403, 403, 404),
    ("certificates:attend", ("received", "wait"), "post"): (404, 404, 422, 403, 403, 404),
    ("certificates:attend", ("draft", "wait"), "get"): (403, 409, 404, 403, 403, 404),
    ("certificates:replace", ("issued",), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:replace", ("issued",), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:copy", ("issued",), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:copy", ("issued",), "post"): (302, 302, 404, 403, 403, 404),
    ("certificates:copy", ("received",), "post"): (404, 404, 403, 403, 403, 404),
    ("certificates:keep", ("issued",), "get"): (200, 200, 404, 200, 403, 404),
    ("certificates:keep", ("issued",), "post"): (422, 422, 404, 422, 403, 404),
    ("certificates:templates", (), "get"): (200, 200, 403, 200, 403, 403),
    ("certificates:template", ("template",), "get"): (403, 200, 403, 200, 403, 403),
    ("certificates:template", ("template",), "post"): (403, 422, 403, 422, 403, 403),
    ("certificates:delete_template", ("template",), "get"): (403, 200, 403, 200, 403, 403),
    ("certificates:delete_template", ("template",), "post"): (403, 302, 403, 302, 403, 403),
    ("certificates:favourites", (), "get"): (200, 200, 403, 200, 403, 403),
    ("certificates:favourite", ("favourite",), "get"): (200, 200, 403, 200, 403, 403),
    ("certificates:favourite", ("favourite",), "post"): (422, 422, 403, 422, 403, 403),
    ("certificates:delete_favourite", ("favourite",), "get"): (200, 200, 403, 200, 403, 403),
    ("certificates:delete_favourite", ("favourite",), "post"): (302, 302, 403, 302, 403, 403),
    ("certificates:reference", ("issued",), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:reference", ("issued",), "post"): (302, 302, 404, 403, 403, 404),
    ("certificates:split", ("draft",), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:split", ("draft",), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:split", ("issued",), "post"): (409, 409, 404, 403, 403, 404),
    ("certificates:combine", ("draft",), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:combine", ("draft",), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:combine", ("issued",), "get"): (409, 409, 404, 403, 403, 404),
    ("certificates:recall", ("issued",), "get"): (403, 302, 404, 403, 403, 404),
    ("certificates:recall", ("issued",), "post"): (403, 302, 404, 403, 403, 404),
    ("certificates:inspections", (), "get"): (200, 200, 403, 200, 200, 403),
    ("certificates:inspections_of", ("draft",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:inspections_of", ("issued",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:inspections_of", ("received",), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:new_inspection", ("draft",), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:new_inspection", ("draft",), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:new_inspection", ("issued",), "get"): (409, 409, 404, 403, 403, 404),
    ("certificates:inspection", ("inspection",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:inspection", ("inspection",), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:edit_inspection", ("inspection",), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:edit_inspection", ("inspection",), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:call_off", ("inspection",), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:call_off", ("inspection",), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:inspection_file", ("inspection", "photo"), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:take_off_file", ("inspection", "photo"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:take_off_file", ("inspection", "photo"), "post"): (302, 302, 404, 403, 403, 404),
    ("certificates:act", ("submitted", "return"), "get"): (403, 200, 404, 403, 403, 404),
    ("certificates:act", ("submitted", "return"), "post"): (403, 422, 404, 403, 403, 404),
    ("certificates:act", ("submitted", "confirm"), "get"): (403, 403, 404, 403, 403, 404),
    ("certificates:act", ("by-hand", "confirm"), "get"): (403, 200, 404, 403, 403, 404),
    ("certificates:act", ("by-hand", "approve"), "post"): (403, 403, 404, 403, 403, 404),
    ("certificates:certificate", ("by-hand",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:by_hand", (), "get"): (403, 200, 403, 403, 403, 403),
    ("certificates:by_hand", (), "post"): (403, 422, 403, 403, 403, 403),
    ("certificates:scan", ("by-hand",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:scan", ("issued",), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:ask_batch", ("approve",), "get"): (403, 200, 403, 403, 403, 403),
    ("certificates:ask_batch", ("issue",), "get"): (403, 200, 403, 403, 403, 403),
    ("certificates:ask_batch", ("issue",), "post"): (403, 422, 403, 403, 403, 403),
    ("certificates:ask_batch", ("nonsense",), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:batch", ("batch",), "get"): (200, 200, 403, 200, 200, 403),
    ("certificates:start_print", ("issued",), "get"): (405, 405, 405, 405, 405, 405),
    ("certificates:start_print", ("issued",), "post"): (302, 302, 404, 403, 403, 404),
    ("certificates:start_print", ("draft",), "post"): (409, 409, 404, 403, 403, 404),
    ("certificates:print", ("issued", "print"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:print", ("issued", "print"), "post"): (422, 422, 404, 403, 403, 404),
    ("certificates:print", ("draft", "print"), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:print_pdf", ("issued", "print"), "get"): (200, 200, 404, 403, 403, 404),
    ("certificates:certified_copy", ("issued",), "get"): (405, 405, 405, 405, 405, 405),
    ("certificates:certified_copy", ("issued",), "post"): (403, 503, 404, 403, 403, 404),  # the seal is away
    ("certificates:sheets", (), "get"): (200, 200, 403, 200, 200, 403),
    ("certificates:sheet", ("sheet",), "get"): (200, 200, 403, 403, 403, 403),
    ("certificates:sheet", ("sheet",), "post"): (422, 422, 403, 403, 403, 403),
    ("certificates:pdf", ("draft",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:pdf", ("issued",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:pdf", ("received",), "get"): (404, 404, 200, 200, 200, 404),
    ("certificates:archive_copy", ("draft",), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:archive_copy", ("issued",), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:archive_copy", ("received",), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:xml", ("issued", "message"), "get"): (200, 200, 404, 200, 200, 404),
    ("certificates:xml", ("draft", "message"), "get"): (404, 404, 404, 404, 404, 404),
    ("certificates:attachment", ("issued", "a1"), "get"): (404, 404, 404, 404, 404, 404),
    ("administration:index", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:settings", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:settings", (), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:mails", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:mail_texts", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:mail_text", ("waiting", "fr"), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:mail_text", ("waiting", "fr"), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:mail_text", ("waiting", "xx"), "get"): (403, 403, 403, 404, 403, 403),
    ("administration:profile", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:profile", (), "post"): (403, 403, 403, 302, 403, 403),
    ("administration:picture", ("arms", "0"), "get"): (404, 404, 404, 404, 404, 404),
    ("administration:paper", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:paper", (), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:paper_preview", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:paper_preview", (), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:statements", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:statement", ("certifying", "fr"), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:statement", ("certifying", "fr"), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:people", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:invite", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:invite", (), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:person", ("member",), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:person", ("member",), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:end", ("member",), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:end", ("member",), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:reset_second_factor", ("member",), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:reset_second_factor", ("member",), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:back", ("member",), "post"): (403, 403, 403, 302, 403, 403),
    ("administration:invitation", ("invited", "again"), "post"): (403, 403, 403, 302, 403, 403),
    ("administration:invitation", ("invited", "nonsense"), "post"): (403, 403, 403, 404, 403, 403),
    ("administration:offices", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:new_office", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:office", ("office",), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:close_office", ("office",), "post"): (403, 403, 403, 302, 403, 403),
    ("administration:checklist", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:requirements", (), "get"): (200, 200, 403, 200, 200, 403),
    ("administration:new_requirement", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:new_requirement", (), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:requirement", ("requirement",), "get"): (200, 200, 403, 200, 200, 403),
    ("administration:requirement", ("requirement",), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:requirements_changed", (), "get"): (200, 200, 403, 200, 200, 403),
    ("administration:requirements_subscribe", (), "post"): (302, 302, 403, 302, 302, 403),
    ("administration:requirements_upload", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:requirements_upload", (), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:requirements_download", ("csv",), "get"): (200, 200, 403, 200, 200, 403),
    ("administration:connections", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:new_connection", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:new_connection", (), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:connection", ("connection",), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:switch_connection", ("connection",), "post"): (403, 403, 403, 302, 403, 403),
    ("administration:test_connection", ("connection",), "get"): (403, 403, 403, 302, 403, 403),
    ("administration:new_certificate", ("connection",), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:new_certificate", ("connection",), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:end_certificate", ("connection", "pair"), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:end_certificate", ("connection", "pair"), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:seal", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:seal", (), "post"): (403, 403, 403, 302, 403, 403),
    ("administration:new_seal", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:new_seal", (), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:retire_seal", ("seal",), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:retire_seal", ("seal",), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:nppos", (), "get"): (403, 403, 403, 403, 403, 200),
    ("administration:new_nppo", (), "get"): (403, 403, 403, 403, 403, 200),
    ("administration:new_nppo", (), "post"): (403, 403, 403, 403, 403, 422),
    ("administration:nppo", ("nppo",), "get"): (403, 403, 403, 403, 403, 200),
    ("administration:nppo", ("nppo",), "post"): (403, 403, 403, 403, 403, 422),
    ("administration:training", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:training", (), "post"): (403, 403, 403, 302, 403, 403),
    ("administration:partners", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:partner", ("NZ",), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:partner", ("NZ",), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:partner", ("XX",), "get"): (404, 404, 404, 404, 404, 404),
    ("administration:numbers", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:new_rule", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:new_rule", (), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:rule", ("rule",), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:reserve", (), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:reserve", (), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:lists", (), "get"): (200, 200, 200, 200, 200, 200),
    ("administration:codes", ("taxon",), "get"): (200, 200, 200, 200, 200, 200),
    ("administration:codes", ("nonsense",), "get"): (404, 404, 404, 404, 404, 404),
    ("administration:code", ("unit", "KGM"), "get"): (200, 200, 200, 200, 200, 200),
    ("administration:code", ("unit", "KGM"), "post"): (403, 403, 403, 302, 403, 403),
    ("administration:code", ("unit", "nonsense"), "get"): (404, 404, 404, 404, 404, 404),
    ("administration:new_code", ("unit",), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:new_code", ("unit",), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:upload", ("unit", "national"), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:upload", ("unit", "national"), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:upload", ("unit", "shared"), "get"): (403, 403, 403, 403, 403, 200),
    ("administration:upload", ("unit", "nonsense"), "get"): (404, 404, 404, 404, 404, 404),
    ("administration:download", ("unit", "shared", "csv"), "get"): (200, 200, 200, 200, 200, 200),
    ("administration:download", ("unit", "national", "xlsx"), "get"): (200, 200, 200, 200, 200, 200),
    ("administration:download", ("unit", "shared", "exe"), "get"): (404, 404, 404, 404, 404, 404),
    ("administration:requests", (), "get"): (200, 200, 403, 200, 403, 403),
    ("administration:ask", (), "get"): (200, 200, 403, 403, 403, 403),
    ("administration:ask", (), "post"): (422, 422, 403, 403, 403, 403),
    ("administration:answer", ("asked",), "get"): (403, 403, 403, 200, 403, 403),
    ("administration:answer", ("asked",), "post"): (403, 403, 403, 422, 403, 403),
    ("administration:refreshes", (), "get"): (403, 403, 403, 403, 403, 200),
    ("administration:list_source", (), "post"): (403, 403, 403, 403, 403, 302),
    ("administration:refresh", ("held",), "get"): (403, 403, 403, 403, 403, 200),
    ("administration:refresh", ("held",), "post"): (403, 403, 403, 403, 403, 404),
    ("admin:index", (), "get"): OPERATORS,
    ("admin:app_list", ("accounts",), "get"): OPERATORS,
    ("admin:accounts_nppo_changelist", (), "get"): OPERATORS,
    ("admin:accounts_nppo_change", ("nppo",), "get"): OPERATORS,
    ("admin:accounts_office_changelist", (), "get"): OPERATORS,
    ("admin:accounts_office_change", ("office",), "get"): OPERATORS,
    ("admin:accounts_membership_changelist", (), "get"): OPERATORS,
    ("admin:accounts_membership_change", ("member",), "get"): OPERATORS,
    ("admin:accounts_invitation_changelist", (), "get"): OPERATORS,
    ("admin:accounts_invitation_change", ("invited",), "get"): OPERATORS,
    ("admin:accounts_event_changelist", (), "get"): OPERATORS,
    ("admin:accounts_event_change", ("event",), "get"): OPERATORS,
    ("admin:hubclient_connection_changelist", (), "get"): OPERATORS,
    ("admin:hubclient_connection_change", ("connection",), "get"): OPERATORS,
    ("admin:codelists_code_changelist", (), "get"): OPERATORS,
    ("admin:codelists_code_change", ("code",), "get"): OPERATORS,
    ("admin:accounts_office_changelist", (), "post"): OPERATORS,
    ("admin:accounts_office_change", ("office",), "post"): (403, 403, 403, 403, 403, 403),
    ("accounts:invitation", ("1-nonsense",), "get"): (404, 404, 404, 404, 404, 404),
    ("accounts:choose", (), "get"): (302, 302, 302, 302, 302, 302),
    ("accounts:notices", (), "get"): (200, 200, 200, 200, 200, 200),
    ("accounts:notices", (), "post"): (302, 302, 302, 302, 302, 302),
    ("accounts:language", (), "get"): (405, 405, 405, 405, 405, 405),
    ("accounts:language", (), "post"): (302, 302, 302, 302, 302, 302),
    ("healthz", (), "get"): (200, 200, 200, 200, 200, 200),
}
OPEN_TO_ALL = {
    "healthz", "accounts:language", "accounts:invitation", "certificates:verify", "certificates:verify_json",
    "certificates:verify_file",
}  # fmt: skip
OF_LISTS = {"certificates:worklist", "certificates:export", "certificates:save_filter"}  # their arguments are no rows


class World:
    """An NPPO, Samoa's, with one certificate in each state that the table names."""

    def __init__(self, code: str = "WS") -> None:
        load()
        self.nppo: Nppo = NppoFactory(code=code)
        author = make_membership(self.nppo, roles.INSPECTOR)
        self.made: dict[str, object] = {
            "nppo": self.nppo,
            "draft": make_certificate(self.nppo, Status.DRAFT, by=author),
            "submitted": make_certificate(self.nppo, Status.SUBMITTED, by=author),
            "issued": make_certificate(
                self.nppo, Status.ISSUED, by=author, number="WS-1", document=valid_document(number="WS-1")
            ),
            "received": make_certificate(
                self.nppo,
                Status.RECEIVED,
                direction="received",
                number="NZ-1",
                counterpart="NZ",
                document=valid_document(number="NZ-1"),
            ),
        }
        with acting_for(self.nppo.pk):
            self._rows()

    def _rows(self) -> None:
        self._messages()
        self._desk()
        self._people()
        self._exchange()
        self._rules_and_codes()
        self._seals()
        self._inspection()
        self.made["template"] = CertificateTemplate.objects.create(
            nppo=self.nppo, name="Taro to Auckland", document=valid_document(), type="851", destination="NZ"
        )
        self.made["favourite"] = Favourite.objects.create(
            nppo=self.nppo, kind="exporter", name="Upolu Growers Ltd", folded="upolu growers ltd",
            data=Document(exporter=valid_document().exporter),
        )  # fmt: skip

    def _messages(self) -> None:
        """And what became of the issued one: its link, its PDF; and a PDF that is not made."""
        common = {"nppo": self.nppo, "xml": b"<a/>", "sha256": "0"}
        for name in ("issued", "received"):
            certificate = self.made[name]
            self.made[f"{name}-message"] = Message.objects.create(certificate=certificate, status_code="70", **common)
        self.made["message"] = self.made["issued-message"]
        PublicLink.objects.create(nppo=self.nppo, certificate=self.made["issued"], secret=f"s3cret{self.nppo.code}")
        Rendering.objects.create(
            nppo=self.nppo, certificate=self.made["issued"], pdf=a_page("WS-1"), sha256="0", template_version="1"
        )
        self.made["unprinted"] = RenderTry.objects.create(
            nppo=self.nppo, certificate=self.made["draft"], tries=1, error="OSError: no fonts"
        )

    def _people(self) -> None:
        self.made["member"] = make_membership(self.nppo, roles.INSPECTOR)
        Authenticator.objects.create(
            user=self.made["member"].user, type="totp", data={"secret": sealing.seal("A" * 32)}
        )
        self.made["office"] = self.made["member"].office
        self.made["filter"] = SavedFilter.objects.create(
            nppo=self.nppo, membership=self.made["member"], worklist="issued", name="A", query="?partner=NZ"
        )
        self.made["event"] = events.record(self.made["office"], events.ADDED, by=None)
        self.made["invited"] = Invitation.objects.create(
            nppo=self.nppo, email="new@example.org", name="New", office=self.made["office"], roles=[roles.INSPECTOR],
            secret_hash=self.nppo.code, expires_at="2030-01-01T00:00:00Z",
        )  # fmt: skip

    def _rules_and_codes(self) -> None:
        self.made["rule"] = NumberRule.objects.create(nppo=self.nppo, type="657", pattern="RE-{year}-{number}")
        self.made["requirement"] = Requirement.objects.create(
            nppo=self.nppo, destination="NZ", plant="Colocasia esculenta", folded="colocasia esculenta",
            declarations=["Free from {pest}."], text="Roots washed.", source="https://example.org/",
        )  # fmt: skip
        self.made["code"] = Code.objects.get(list="unit", code="KGM")
        self.made["asked"] = CodeRequest.objects.create(
            nppo=self.nppo, list="taxon", text="tamaligi", by=self.made["member"]
        )
        self.made["held"] = Refresh.objects.create(
            list="condition", source="IPPC Hub", state="held", reason="It came without a single code.", wanted=[],
            cleaned=[["C1", "Dry\n", "Dry"]],
        )  # fmt: skip

    def _exchange(self) -> None:
        """A connection, and an envelope each way."""
        connected = Connection.objects.create(
            nppo=self.nppo, kind="pilot", endpoint="https://localhost/", code=self.nppo.code
        )
        self.made["connection"] = connected
        self.made["pair"] = ClientCertificate.objects.create(nppo=self.nppo, connection=connected, certificate="x")
        self.made["sent"] = outbox.enqueue(
            connected, receiver="NZ", certificate_type="851", certificate_status="70", certificate_number="x", content=b"x",
        )  # fmt: skip
        self.made["envelope"] = Envelope.objects.create(
            nppo=self.nppo, connection=connected, is_incoming=True, sender="NZ", receiver="WS", certificate_type="851",
            certificate_status="70", certificate_number="x", content=b"x", sha256="0", state="acknowledged",
            verdict="unreadable", is_taken=True, due_at="2026-01-01T00:00:00Z",
        )  # fmt: skip

    def _inspection(self) -> None:
        """Planned for the draft, with a sample and a photo."""
        planned = Inspection.objects.create(
            nppo=self.nppo, certificate=self.made["draft"], planned_on="2026-12-01", place="Matautu wharf",
            officer=self.made["member"],
        )  # fmt: skip
        self.made["inspection"] = planned
        Sample.objects.create(
            nppo=self.nppo, inspection=planned, number="S-1", what="20 corms", laboratory="Nu'u laboratory",
            reference="NU-26-104",
        )  # fmt: skip
        photo = png(1, 1)
        self.made["photo"] = InspectionFile.objects.create(
            nppo=self.nppo, inspection=planned, sha256=storage.keep_blob(self.nppo.pk, photo), filename="lot.png",
            media_type="image/png", size=len(photo), caption="The lot",
        )  # fmt: skip

    def _seals(self) -> None:
        """One in use that papers wait for, and one before it. Their keys are nowhere: nothing is sealed here."""
        for name, retired, trouble in (("2025", "2026-01-01T00:00:00Z", ""), ("2026", None, "no_key")):
            mark = f"{name}{self.nppo.code}" * 8
            self.made["seal"] = Seal.objects.create(
                nppo=self.nppo, kind="file", name=name, chain="-----BEGIN CERTIFICATE-----", fingerprint=mark, key_hash=mark,
                starts="2025-01-01T00:00:00Z", ends="2029-01-01T00:00:00Z", retired_at=retired, trouble=trouble,
                trouble_since="2026-11-01T00:00:00Z" if trouble else None,
            )  # fmt: skip

    def _desk(self) -> None:
        """A batch of two, a print that nobody told of with a spoiled sheet before it, and one issued by hand."""
        issued, officer = self.made["issued"], make_membership(self.nppo, roles.CERTIFYING_OFFICER)
        self.made["batch"] = Batch.objects.create(nppo=self.nppo, action="issue", by=officer, key=uuid4())
        for name, outcome in (("issued", "done"), ("submitted", "waiting")):
            BatchItem.objects.create(
                nppo=self.nppo, batch=self.made["batch"], certificate=self.made[name], outcome=outcome
            )
        common = {"nppo": self.nppo, "certificate": issued, "copy": 1, "by": officer}
        spoiled = Print.objects.create(outcome="spoiled", **common)
        self.made["sheet"] = Sheet.objects.create(nppo=self.nppo, serial="A-000001", print=spoiled, is_spoiled=True)
        self.made["print"] = Print.objects.create(outcome="asked", **common)
        block = ReservedNumbers.objects.create(
            nppo=self.nppo, kind="certificate", year=2026, first=9001, last=9050, purpose="Book of forms at the port"
        )
        scan = b"%PDF-1.4\n%%EOF"
        self.made["by-hand"] = make_certificate(self.nppo, Status.SUBMITTED, by=issued.drafted_by)  # type: ignore[attr-defined]
        HandIssued.objects.create(
            nppo=self.nppo, certificate=self.made["by-hand"], block=block, number="WS-2026-009001", day="2026-07-01",
            officer=officer, sha256=storage.keep_blob(self.nppo.pk, scan), filename="scan.pdf", by=officer,
        )  # fmt: skip

    def arguments(self, view: str, names: tuple[str, ...]) -> list[object]:
        """Names of what was made become ids; names of worklists stay."""
        if view in OF_LISTS:
            return list(names)
        line = self.made["draft"].document.lines[0].id  # type: ignore[attr-defined]
        found: dict[str, object] = {name: row.pk for name, row in self.made.items()}  # type: ignore[attr-defined]
        found |= {"line": line, "token": f"{self.nppo.pk}-s3cret{self.nppo.code}"}
        return [found.get(name, name) for name in names]


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("row", list(TABLE), ids=str)
def test_the_table(world: World, row: Row) -> None:
    address = reverse(row[0], args=world.arguments(row[0], row[1]))
    found = []
    for role in ROLES:
        before = transaction.savepoint()  # each role meets the same world
        client = acting_client(make_membership(world.nppo, role))
        found.append(getattr(client, row[2])(address).status_code)
        transaction.savepoint_rollback(before)
    assert tuple(found) == TABLE[row]


def answers(world: World, rows: list[Row], client: Client) -> Iterator[tuple[Row, Any]]:
    """What this browser gets for each row; the world stays as it was."""
    for name, arguments, method in rows:
        before = transaction.savepoint()
        yield (name, arguments, method), getattr(client, method)(reverse(name, args=world.arguments(name, arguments)))
        transaction.savepoint_rollback(before)


def test_nobody_gets_in_without_signing_in(world: World, client: Client) -> None:
    wrong = []
    for row, response in answers(world, list(TABLE), client):
        if row[0] in OPEN_TO_ALL:
            is_right = response.status_code in (200, 302, 404, 405, 422)
        else:
            is_right = response.status_code == 405 or (
                response.status_code == 302 and response.url.startswith("/account/login/")
            )
        wrong += [] if is_right else [(row, response.status_code)]
    assert wrong == []


OURS_ALONE = {
    "inspection", "draft", "submitted", "filter", "issued", "received", "envelope", "member", "office", "invited", "pair",
    "seal", "event", "template", "favourite", "batch", "by-hand", "sheet",
}  # fmt: skip


def test_another_country_gets_404(world: World, signed_in: Any) -> None:
    stranger: Membership = make_membership(NppoFactory(code="NZ"), *ROLES)
    rows = [row for row in TABLE if row[0] not in OF_LISTS and OURS_ALONE & set(row[1])]
    assert len(rows) > 100
    wrong = [
        (row, response.status_code)
        for row, response in answers(world, rows, signed_in(stranger))
        if response.status_code not in (404, 405)
    ]
    assert wrong == []


def _names(resolver: URLResolver, prefix: str = "") -> set[str]:
    found = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            found |= _names(pattern, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.add(prefix + pattern.name)
    return found


def test_every_address_of_ours_stands_in_the_table() -> None:
    ours = {name for name in _names(get_resolver()) if not name.startswith(("account_", "mfa_"))}
    assert ours == {name for name, _arguments, _method in TABLE}


def test_sign_up_is_closed(client: Client) -> None:
    response = client.post(
        reverse("account_signup"),
        {"email": "x@example.org", "password1": "Long-Enough-1", "password2": "Long-Enough-1"},
    )
    assert b"x@example.org" not in response.content
    from gens.accounts.models import User

    assert not User.objects.filter(email="x@example.org").exists()


def test_nobody_changes_the_address_that_was_invited(world: World, signed_in: object) -> None:
    member = make_membership(world.nppo, roles.INSPECTOR)
    client: Client = signed_in(member)  # type: ignore[operator]
    for data in ({}, {"action_add": "", "email": "x@example.org"}, {"action_change": "", "email": "x@example.org"}):
        assert client.post("/account/email/", data).url == "/"
    assert client.get("/account/email/").url == "/"
    member.user.refresh_from_db()
    assert member.user.email != "x@example.org"
    assert not EmailAddress.objects.filter(email="x@example.org").exists()


def test_an_ended_membership_opens_nothing(world: World, signed_in: object) -> None:
    membership = make_membership(world.nppo, roles.INSPECTOR)
    client: Client = signed_in(membership)  # type: ignore[operator]
    with acting_for(world.nppo.pk):
        membership.is_active = False
        membership.save(update_fields=["is_active"])
    assert client.get("/").url.startswith("/people/choose/")


def test_a_membership_of_someone_else_cannot_be_chosen(world: World, client: Client) -> None:
    mine, theirs = make_membership(world.nppo, roles.INSPECTOR), make_membership(world.nppo, roles.CERTIFYING_OFFICER)
    client.force_login(mine.user)
    assert client.post("/people/choose/", {"membership": theirs.pk}).status_code == 200
    assert "nppo" not in client.session


def test_strict_content_security_policy_on_every_page(world: World, client: Client) -> None:
    policy = client.get(reverse("account_login")).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(("rows", "direction"), [(1, "issued"), (3, "issued")])
def test_a_list_costs_the_same_with_one_row_and_with_three(
    world: World, signed_in: object, django_assert_num_queries: object, rows: int, direction: str
) -> None:
    author = make_membership(world.nppo, roles.INSPECTOR)
    for _ in range(rows - 1):
        make_certificate(world.nppo, Status.DRAFT, by=author)
    client: Client = signed_in(author)  # type: ignore[operator]
    client.get("/list/drafts/")
    with django_assert_num_queries(14):  # type: ignore[operator]
        assert client.get("/list/drafts/").status_code == 200


def test_pages_follow_each_other_by_key(world: World, signed_in: object) -> None:
    author = make_membership(world.nppo, roles.INSPECTOR)
    for _ in range(60):
        make_certificate(world.nppo, Status.DRAFT, by=author)
    client: Client = signed_in(author)  # type: ignore[operator]
    first = client.get("/list/drafts/")
    second = client.get("/list/drafts/" + first.context["next_url"])
    shown = [{row.pk for row in page.context["rows"]} for page in (first, second)]
    assert (len(shown[0]), len(shown[1])) == (50, 11)
    assert not shown[0] & shown[1]
    assert client.get("/list/drafts/?after=garbage").status_code == 200


def test_search_finds_without_accents(world: World, signed_in: object) -> None:
    from certificates.ephyto.document import Party

    author = make_membership(world.nppo, roles.INSPECTOR)
    wanted = make_certificate(
        world.nppo, Status.DRAFT, by=author, document=valid_document(exporter=Party("Bananera Peñafiel S.A.", ("x",)))
    )
    response = signed_in(author).get("/search/?q=penafiel")  # type: ignore[operator]
    assert response.url == reverse("certificates:certificate", args=[wanted.pk])


def test_two_clicks_on_approve_are_one_answer_and_one_409(world: World, signed_in: object) -> None:
    client: Client = signed_in(make_membership(world.nppo, roles.CERTIFYING_OFFICER))  # type: ignore[operator]
    submitted: Certificate = world.made["submitted"]  # type: ignore[assignment]
    address = reverse("certificates:act", args=[submitted.pk, "approve"])
    assert client.post(address).status_code == 302
    again = client.post(address)
    assert again.status_code == 409
    assert "Somebody was faster" in again.content.decode()


def test_a_missing_pdf_says_that_it_is_being_made(world: World, signed_in: object) -> None:
    author = make_membership(world.nppo, roles.INSPECTOR)
    fresh = make_certificate(world.nppo, Status.ISSUED, by=author, number="WS-2")
    response = signed_in(author).get(reverse("certificates:pdf", args=[fresh.pk]))  # type: ignore[operator]
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"


def test_downloads_are_never_rendered_by_the_browser(world: World, signed_in: object) -> None:
    client: Client = signed_in(make_membership(world.nppo, roles.AUDITOR))  # type: ignore[operator]
    issued, message = world.made["issued"], world.made["message"]
    response = client.get(reverse("certificates:xml", args=[issued.pk, message.pk]))  # type: ignore[attr-defined]
    assert response.content == b"<a/>"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
