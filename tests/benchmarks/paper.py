"""The paper: what a PDF costs in each kind, language and length, beside Chromium and Typst setting the same words.

Each figure from a process of its own, which the database has no part in: codes are named by the lists of the files.
`python -m tests.benchmarks.paper KIND LANGUAGE BESIDE LINES TIMES [BY]` is the process that is measured. Chromium and Typst
are no part of GeNS: `pip install --target FOLDER typst` and PYTHONPATH=FOLDER; where one is not there, its row says so.
"""

import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
AIM_MS, AIM_KB, AIM_RATE = 170, 120, 10
QUIET = 0.14  # seconds of that loop on the quiet machine the aims are for
LINES_OF_TWO_PAGES, TIMES = 12, 7
LENGTHS = (1, 10, 100, 500)
LANGUAGES = [
    ("en", ""),
    ("es", ""),
    ("fr", ""),
    ("ar", ""),
    ("ru", ""),
    ("zh-hans", ""),
    ("en", "ar"),
    ("en", "zh-hans"),
]
KINDS = {"851": "export", "657": "re-export"}


def show() -> None:
    """All of it. Times on a busy machine are to be read with what its loop says."""
    print(f"\na loop of Python takes {_quiet():.1f} times as long as on a quiet machine")
    print(
        f"\n{'PDF/A-3a, with its XML':44}{'first':>10}{'warm':>10}{'cpu':>10}{'pages':>7}{'size':>10}{'peak':>10}",
        flush=True,
    )
    for kind in KINDS:
        for language, beside in LANGUAGES:
            _row(kind, language, beside, LINES_OF_TWO_PAGES, TIMES)
    for lines in LENGTHS:
        _row("851", "en", "", lines, TIMES if lines < 100 else 2)
    for by in ("sealed", "chromium", "typst"):
        _row("851", "en", "", LINES_OF_TWO_PAGES, TIMES, by)
    for by in ("gens", "sealed"):
        one, two = (_rate(processes, by) for processes in (1, 2))
        print(
            f"\ncertificates of two pages a second, {by}: {one:.1f} by one process, {two:.1f} by two on {os.cpu_count()} cores"
            f" (aim {AIM_RATE})"
        )


def _row(kind: str, language: str, beside: str, lines: int, times: int, by: str = "gens") -> None:
    spoken = f"{language} and {beside}" if beside else language
    name = f"{KINDS[kind]}, {spoken}, {lines} lines" + (f", by {by}" if by != "gens" else "")
    found = _child(kind, language, beside, lines, times, by)
    if "missing" in found:
        print(f"{name:44}{found['missing']}", flush=True)
        return
    over = _over(found, language, lines) if by in ("gens", "sealed") else ""
    print(
        f"{name:44}{found['first'] * 1000:7.0f} ms{found['warm'] * 1000:7.0f} ms{found['cpu'] * 1000:7.0f} ms{found['pages']:7}"
        f"{found['size'] / 1000:7.1f} kB{found['peak'] / 1e6:7.0f} MB{over}",
        flush=True,
    )


def _over(found: dict[str, Any], language: str, lines: int) -> str:
    """What misses its aim."""
    missed = []
    if lines == LINES_OF_TWO_PAGES and found["warm"] * 1000 > AIM_MS:
        missed.append(f"above {AIM_MS} ms")
    if language.startswith("zh") and found["size"] / 1000 > AIM_KB:
        missed.append(f"above {AIM_KB} kB")
    return f"  {', '.join(missed)}" if missed else ""


def _start(*arguments: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.paper", *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE
    )


def _child(*arguments: object) -> dict[str, Any]:
    with _start(*arguments) as process:
        said, _nothing = process.communicate()
    if process.returncode:
        raise RuntimeError(f"The measured process ended with {process.returncode}.")
    found: dict[str, Any] = json.loads(said)
    return found


def _rate(processes: int, by: str) -> float:
    """Certificates a second of so many processes side by side, once each is warm."""
    running = [_start("851", "en", "", LINES_OF_TWO_PAGES, 12, by) for _ in range(processes)]
    answers = [json.loads(process.communicate()[0]) for process in running]
    return sum(1 / answer["mean"] for answer in answers)


def measure(kind: str, language: str, beside: str, lines: str, times: str, by: str = "gens") -> dict[str, Any]:
    """The first of this process, then so many more."""
    import django

    django.setup()
    from certificates.ephyto.xml import to_xml
    from certificates.paper import example
    from codelists.loading import shipped
    from codelists.lookup import Names
    from tests.benchmarks.memory import held

    document = example.document(kind, issuer="NPPO of Samoa", country="Samoa", lines=int(lines))
    names = Names(language, [code for code in shipped() if code.list in ("country", "unit", "package", "transport")])
    makers: dict[str, Callable[..., Callable[[], bytes]]] = {
        "gens": _ours,
        "sealed": _sealed,
        "chromium": _chromium,
        "typst": _typst,
    }
    try:
        make = makers[by](document, to_xml(document, {}), names, language, beside)
    except ImportError as error:
        return {"missing": f"not measured: {error.name} is not installed"}
    taken, spent = zip(*_taken(make, int(times)), strict=True)
    warm, data = sorted(taken[1:]), make()
    return {
        "first": taken[0], "warm": statistics.median(warm), "mean": statistics.mean(warm), "cpu": statistics.median(spent[1:]),
        "size": len(data), "pages": _pages(data), "peak": held(),
    }  # fmt: skip


def _taken(make: Callable[[], bytes], times: int) -> Iterator[tuple[float, float]]:
    """Seconds of the clock and of this process's processor; of Chromium the latter are elsewhere."""
    for _ in range(times + 1):
        start, spent = time.perf_counter(), time.process_time()
        make()
        yield time.perf_counter() - start, time.process_time() - spent


def _quiet() -> float:
    """How many times slower this machine is now than one of this kind that does nothing else: a loop, by the clock."""
    start, total = time.perf_counter(), 0
    for each in range(3_000_000):
        total += each
    return (time.perf_counter() - start) / QUIET


def _pages(data: bytes) -> int:
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as pdf:
        return len(pdf.pages)


def _letterhead() -> Any:
    from certificates import public
    from certificates.paper import pdf

    address = "https://gens.example/verify/4Qk2"
    return pdf.Letterhead(address="P.O. Box 1874, Apia, Samoa", verify=address, code=public.qr(address))


def _ours(document: Any, xml: bytes, names: Any, language: str, beside: str) -> Callable[[], bytes]:
    from certificates.paper import pdf

    head = _letterhead()
    return lambda: pdf.render(document, xml=xml, names=names, language=language, beside=beside, letterhead=head)


def _sealed(document: Any, xml: bytes, names: Any, language: str, beside: str) -> Callable[[], bytes]:
    """Ours, with the NPPO's seal on it (P-256, no time-stamp server) and its check."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    from certificates.seals import making, signing
    from certificates.seals.keys import Key
    from gens.accounts.models import Nppo

    private = ec.generate_private_key(ec.SECP256R1())
    nppo = Nppo(code="WS", name="NPPO of Samoa", country="WS")
    chain = making.self_signed(nppo, private).public_bytes(Encoding.PEM).decode()
    key = Key(lambda data: private.sign(data, ec.ECDSA(hashes.SHA256())), private.public_key(), chain)
    make = _ours(document, xml, names, language, beside)
    return lambda: signing.sealed(make(), key, chain).data


def _chromium(document: Any, xml: bytes, names: Any, language: str, beside: str) -> Callable[[], bytes]:
    """Debian's Chromium, started once, printing the same HTML in the same fonts; its PDF is no PDF/A and holds no XML."""
    from playwright.sync_api import sync_playwright

    from certificates.paper import pdf, sheets, skins
    from certificates.paper.face import face
    from tests.browsing import CHROMIUM

    style = sheets.written(skins.USUAL, is_rtl=language == "ar")
    fonts = (
        (sheets.HERE / "fonts.css")
        .read_text(encoding="utf-8")
        .replace("url(fonts/", f"url(file://{sheets.HERE}/fonts/")
    )
    browser = sync_playwright().start().chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    tab, place = browser.new_page(), Path("/tmp") / f"gens-benchmark-{os.getpid()}.html"

    def make() -> bytes:
        html = pdf.page(face(document, language, names=names, beside=beside), document)
        place.write_text(html.replace("</head>", f"<style>{fonts}{style}</style></head>"), encoding="utf-8")
        tab.goto(f"file://{place}")
        printed: bytes = tab.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
        return printed

    return make


def _typst(document: Any, xml: bytes, names: Any, language: str, beside: str) -> Callable[[], bytes]:
    """Typst, setting the same words in boxes of the same widths, as PDF/A-3b with the XML inside."""
    import typst

    from certificates.paper import sheets
    from certificates.paper.face import face

    folder = Path("/tmp") / f"gens-benchmark-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    (folder / "a.xml").write_bytes(xml)

    def make() -> bytes:
        (folder / "a.typ").write_text(typst_of(face(document, language, names=names)), encoding="utf-8")
        made: bytes = typst.compile(
            str(folder / "a.typ"),
            font_paths=[str(sheets.HERE / "fonts")],
            pdf_standards=["a-3b"],
            ignore_system_fonts=True,
        )
        return made

    return make


def typst_of(face: Any) -> str:
    """The face in Typst's language."""

    def said(text: str) -> str:
        return '#"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def box(each: Any) -> str:
        words = " \\\n".join(said(text.text) for text in each.texts) or said(face.none)
        return f"[#text(size: 7pt, fill: green.darken(40%))[{said(each.label)}] \\\n{words}]"

    lines = [
        '#set page("a4", margin: 13mm)', '#set text(font: ("GensSans", "GensArabic", "GensSC"), size: 8.6pt)',
        '#pdf.attach("a.xml", relationship: "source", mime-type: "application/xml", description: "ePhyto")',
        f"= {said(face.title)} #h(1fr) {said(face.number)}",
    ]  # fmt: skip
    for each in face.boxes:
        if each.kind == "table":
            cells = "".join(
                f"[{said(str(row.number))}], [{said(row.name)}], [{said(row.quantity)}], [{said(row.botanical)}],\n"
                for row in each.rows
            )
            lines.append(f"#table(columns: (auto, 1fr, auto, 1fr), stroke: 0.5pt,\n{cells})")
        elif each.kind == "fixed":
            lines += [f"{said(text.text)}\n" for text in each.texts]
        else:
            wide = {"half": "50%", "third": "33%"}.get(each.width, "100%")
            lines.append(f"#box(width: {wide}, stroke: 0.5pt, inset: 4pt, {box(each)})")
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gens.settings")
    print(json.dumps(measure(*sys.argv[1:])))
