"""Addresses of administration. Each stands in the permission table test."""

from django.urls import path

from certificates.administration import index

app_name = "administration"
urlpatterns = [
    path("", index.index, name="index"),
]
