"""How text is compared in look-up and search: without accents and without case, in every script."""

import unicodedata


def fold(text: str) -> str:
    """Lower case without combining marks, white space single: "Savai'i  Él" becomes "savai'i el"."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())
