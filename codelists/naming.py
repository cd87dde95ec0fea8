"""The rows that look-up reads, made of the names that codes have. Whoever writes codes calls it in the same transaction."""

from collections.abc import Iterable, Iterator

from codelists.folding import fold
from codelists.models import Code, CodeName


def searched(code: Code) -> Iterator[CodeName]:
    """A row for each different name, and the code itself."""
    seen: set[str] = set()
    for language, text in (*code.names.items(), ("", code.code)):
        folded = fold(text)
        if folded and folded not in seen:
            seen.add(folded)
            yield CodeName(code_id=code.pk, list=code.list, language=language, text=text, folded=folded)


def write(codes: Iterable[Code]) -> None:
    """Replace the rows of these stored codes."""
    stored = list(codes)
    CodeName.objects.filter(code__in=[code.pk for code in stored]).delete()
    CodeName.objects.bulk_create((row for code in stored for row in searched(code)), batch_size=5000)
