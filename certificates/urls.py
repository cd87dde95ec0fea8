"""Addresses of certificates. Each stands in the permission table test."""

from django.urls import path

from certificates.views import (
    actions,
    certificate,
    downloads,
    drafting,
    looking_up,
    operations,
    re_exporting,
    recalling,
    replacing,
    ruleset,
    worklists,
)

app_name = "certificates"
urlpatterns = [
    path("", worklists.home, name="home"),
    path("search/", worklists.search, name="search"),
    path("list/<slug:name>/", worklists.worklist, name="worklist"),
    path("unreadable/", worklists.unreadable, name="unreadable"),
    path("unreadable/<int:pk>/content", downloads.unreadable, name="unreadable_content"),
    path("rules/", ruleset.ruleset, name="ruleset"),
    path("operations/", operations.operations, name="operations"),
    path("operations/<int:pk>/", operations.connection, name="connection"),
    path("operations/envelope/<int:pk>/content", operations.content, name="envelope_content"),
    path("operations/envelope/<int:pk>/<slug:name>/", operations.envelope, name="envelope"),
    path("look-up/<slug:name>/", looking_up.look_up, name="look_up"),
    path("new/", drafting.new, name="new"),
    path("new/re-export/", re_exporting.choose, name="re_export"),
    path("certificate/<int:pk>/", certificate.certificate, name="certificate"),
    path("certificate/<int:pk>/edit/<slug:name>/", drafting.section, name="section"),
    path("certificate/<int:pk>/line/<slug:line_id>/", drafting.line, name="line"),
    path("certificate/<int:pk>/line/<slug:line_id>/copy/", drafting.copy_line, name="copy_line"),
    path("certificate/<int:pk>/line/<slug:line_id>/delete/", drafting.delete_line, name="delete_line"),
    path("certificate/<int:pk>/detach/<slug:attachment_id>/", drafting.detach, name="detach"),
    path("certificate/<int:pk>/check/", drafting.check, name="check"),
    path("certificate/<int:pk>/do/<slug:name>/", actions.act, name="act"),
    path("certificate/<int:pk>/replace/", replacing.replacement, name="replace"),
    path("certificate/<int:pk>/recall/", recalling.recall, name="recall"),
    path("certificate/<int:pk>/pdf", downloads.pdf, name="pdf"),
    path("certificate/<int:pk>/xml/<int:message_pk>", downloads.xml, name="xml"),
    path("certificate/<int:pk>/attachment/<slug:attachment_id>", downloads.attachment, name="attachment"),
]
