"""All addresses of the console."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from hubclient.pilothub.console import frame, login, switches, traffic
from hubclient.pilothub.console import nppos as directory

urlpatterns = [
    path("", traffic.traffic, name="traffic"),
    path("envelopes/<str:tracking_number>/", traffic.envelope, name="envelope"),
    path("envelopes/<str:tracking_number>/content", traffic.content, name="content"),
    path("findings/", traffic.findings, name="findings"),
    path("calls/<int:pk>/request", traffic.request_of_call, name="request"),
    path("nppos/", directory.nppos, name="nppos"),
    path("nppos/<str:code>/", directory.nppo, name="nppo"),
    path("nppos/<str:code>/certificate", directory.issue, name="issue"),
    path("nppos/<str:code>/certificates/<int:pk>/remove", directory.remove, name="remove"),
    path("misbehaviour/", switches.misbehaviour, name="misbehaviour"),
    path("misbehaviour/<int:pk>/off", switches.off, name="off"),
    path("misbehaviour/release", switches.release, name="release"),
    path("login/", login.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
handler400, handler403, handler404, handler500 = frame.bad_request, frame.forbidden, frame.not_found, frame.failed
