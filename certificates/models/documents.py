"""A column of JSON whose value is a Document."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler
from psycopg.types.json import Json

from certificates.ephyto.document import Document
from certificates.ephyto.stored import from_text, to_text

if TYPE_CHECKING:
    Field = models.Field[Document, Document]
else:
    Field = models.Field  # takes no parameters at run time


class DocumentField(Field):
    """Reads and writes the JSON of a document without a second copy of it in Python: a large one is half a megabyte.

    Kept as it was written (json, not jsonb): it is read whole, as text, and what was saved is known again by its text.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "json"

    def select_format(self, compiler: SQLCompiler, sql: str, params: Any) -> tuple[str, Any]:
        return f"{sql}::text", params

    def from_db_value(self, value: str | None, *_column: object) -> Document | None:
        return None if value is None else from_text(value)

    def get_db_prep_value(
        self, value: Document | None, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Json | None:
        return None if value is None else Json(value, dumps=to_text)
