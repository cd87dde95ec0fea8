"""Addresses of administration. Each stands in the permission table test."""

from django.urls import path

from certificates.administration import index, mails, offices, people, settings

app_name = "administration"
urlpatterns = [
    path("", index.index, name="index"),
    path("settings/", settings.settings, name="settings"),
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
]
