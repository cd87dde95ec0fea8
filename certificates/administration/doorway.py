"""Who may come in here, and how rows of the NPPO are got: out of it is 404, lacking the permission 403."""

from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.shortcuts import get_object_or_404

from gens.accounts import roles
from gens.accounts.middleware import ActingRequest

Row = TypeVar("Row", bound=Model)


def administrators_only(request: ActingRequest) -> None:
    """Raises PermissionDenied for everybody else."""
    if not request.membership.may(roles.ADMINISTER):
        raise PermissionDenied


def operators_only(request: ActingRequest) -> None:
    """Raises PermissionDenied for everybody who does not run the installation."""
    if not request.membership.may(roles.OPERATE):
        raise PermissionDenied


def own_or_404(request: ActingRequest, model: type[Row], pk: int) -> Row:
    """The row of this NPPO."""
    return get_object_or_404(model, pk=pk, nppo=request.membership.nppo_id)
