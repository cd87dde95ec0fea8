"""Addresses of choosing for whom one acts."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from gens.accounts import views

app_name = "accounts"
urlpatterns = [
    path("choose/", views.choose, name="choose"),
    path("invitation/<str:token>/", login_not_required(views.invitation), name="invitation"),
    path("notices/", views.notices, name="notices"),
    path("language/", login_not_required(views.language), name="language"),
]
