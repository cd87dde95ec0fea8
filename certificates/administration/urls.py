"""Addresses of administration. Each stands in the permission table test."""

from django.urls import path

from certificates.administration import connections, index, mails, offices, people, settings

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
    path("connections/", connections.connections, name="connections"),
    path("connections/new/", connections.new_connection, name="new_connection"),
    path("connections/<int:pk>/", connections.connection, name="connection"),
    path("connections/<int:pk>/switch/", connections.switch, name="switch_connection"),
    path("connections/<int:pk>/test/", connections.test_connection, name="test_connection"),
    path("connections/<int:pk>/certificates/new/", connections.new_certificate, name="new_certificate"),
    path("connections/<int:pk>/certificates/<int:which>/end/", connections.end_certificate, name="end_certificate"),
]
