"""A PDF of one empty page, to try a key out on."""

import io
from functools import cache

import pikepdf


@cache
def page() -> bytes:
    made, out = pikepdf.new(), io.BytesIO()
    made.add_blank_page(page_size=(595, 842))
    made.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()
