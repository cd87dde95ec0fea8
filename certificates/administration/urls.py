"""Addresses of administration. Each stands in the permission table test."""

from django.urls import path

from certificates.administration import (
    checklist,
    index,
    list_files,
    lists,
    mails,
    numbers,
    offices,
    people,
    refreshes,
    requests,
    settings,
)

app_name = "administration"
urlpatterns = [
    path("", index.index, name="index"),
    path("ready/", checklist.checklist, name="checklist"),
    path("settings/", settings.settings, name="settings"),
    path("numbers/", numbers.numbers, name="numbers"),
    path("numbers/new/", numbers.new_rule, name="new_rule"),
    path("numbers/<int:pk>/", numbers.rule, name="rule"),
    path("numbers/reserve/", numbers.reserve, name="reserve"),
    path("mails/", mails.mails, name="mails"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/end/", people.end, name="end"),
    path("people/<int:pk>/back/", people.back, name="back"),
    path("invitations/<int:pk>/<slug:verb>/", people.invitation, name="invitation"),
    path("offices/", offices.offices, name="offices"),
    path("offices/new/", offices.new_office, name="new_office"),
    path("offices/<int:pk>/", offices.office, name="office"),
    path("offices/<int:pk>/close/", offices.close, name="close_office"),
    path("lists/", lists.lists, name="lists"),
    path("lists/refreshes/", refreshes.refreshes, name="refreshes"),
    path("lists/refreshes/source/", refreshes.source, name="list_source"),
    path("lists/refreshes/<int:pk>/", refreshes.refresh, name="refresh"),
    path("lists/requests/", requests.requests, name="requests"),
    path("lists/requests/new/", requests.ask, name="ask"),
    path("lists/requests/<int:pk>/", requests.answer, name="answer"),
    path("lists/<slug:name>/", lists.codes, name="codes"),
    path("lists/<slug:name>/new/", lists.new_code, name="new_code"),
    path("lists/<slug:name>/file/<slug:whose>/", list_files.upload, name="upload"),
    path("lists/<slug:name>/<slug:whose>.<slug:kind>", list_files.download, name="download"),
    path("lists/<slug:name>/codes/<path:code>/", lists.code, name="code"),
]
