"""The ten code lists: one table, ten item types of the WSDL. What an item type does not have is not written."""

from collections.abc import Callable
from typing import Final

from hubclient.pilothub.messages import safe
from hubclient.pilothub.models import CodeItem

Fields = tuple[tuple[str, Callable[[CodeItem], object]], ...]

_SENSE: Final[Fields] = (
    ("active", lambda item: str(item.is_active).lower()),
    ("lastModified", lambda item: item.modified_at.isoformat(timespec="seconds")),
    ("lastModifiedBy", lambda item: item.modified_by),
)
_LANG: Final[Fields] = (("lang", lambda item: item.lang),)
_CODE: Final[Fields] = (("code", lambda item: item.code),)
_NAME: Final[Fields] = (("name", lambda item: item.text),)
_TEXT: Final[Fields] = (("text", lambda item: item.text),)
_DESCRIPTION: Final[Fields] = (("description", lambda item: item.text),)

# operation: (item element, children beyond active, lastModified and lastModifiedBy)
CODE_LISTS: Final[dict[str, tuple[str, Fields]]] = {
    "GetStatements": ("Statement", (*_CODE, *_LANG, *_TEXT, ("docTypeOnly", lambda item: item.kind or "0"))),
    "GetAdditionalDeclarations": ("AdditionalDeclaration", (*_CODE, *_LANG, *_TEXT)),
    "GetTreatmentTypes": (
        "TreatmentType",
        (*_CODE, *_DESCRIPTION, *_LANG, ("level", lambda item: item.level), ("parentCode", lambda item: item.parent)),
    ),
    "GetIntendedUses": ("IntendedUse", (*_CODE, *_LANG, *_NAME)),
    "GetProductDescriptions": ("ProductDescription", (*_CODE, *_LANG, *_NAME)),
    "GetConditions": ("Condition", (*_CODE, *_LANG, *_NAME)),
    "GetMeanOfTransports": (
        "MeanOfTransport",
        (*_LANG, ("modeCode", lambda item: item.code), ("usedTransportMean", lambda item: item.text)),
    ),
    "GetPackageTypes": ("PackageType", (*_CODE, *_DESCRIPTION, *_LANG)),
    "GetPesticides": ("Pesticide", (*_CODE, *_DESCRIPTION)),
    "GetUnitMeasures": (
        "UnitMeasure",
        (*_CODE, *_NAME, ("symbol", lambda item: item.symbol), ("type", lambda item: item.kind)),
    ),
}


def items(operation: str) -> list[str]:
    """The items of one list as XML: the element is qualified, its children are not; in the order of the WSDL's names."""
    element, own = CODE_LISTS[operation]
    fields = sorted((*_SENSE, *own))
    return [_item(element, fields, item) for item in CodeItem.objects.filter(list=element)]


def _item(element: str, fields: list[tuple[str, Callable[[CodeItem], object]]], item: CodeItem) -> str:
    values = ((name, str(value(item))) for name, value in fields)
    return f"<h:{element}>{''.join(f'<{n}>{safe(text)}</{n}>' for n, text in values if text)}</h:{element}>"
