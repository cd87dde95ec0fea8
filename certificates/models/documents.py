"""A column of JSON whose value is a Document."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.types.json import Jsonb

from certificates.ephyto.document import Document, from_text, to_text

if TYPE_CHECKING:
    Field = models.Field[Document, Document]
else:
    Field = models.Field  # takes no parameters at run time


class DocumentField(Field):
    """Reads and writes the JSON of a document without a second copy of it in Python: a large one is half a megabyte."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "jsonb"

    def from_db_value(self, value: str | None, *_column: object) -> Document | None:
        return None if value is None else from_text(value)

    def get_db_prep_value(
        self, value: Document | None, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Jsonb | None:
        return None if value is None else Jsonb(value, dumps=to_text)
