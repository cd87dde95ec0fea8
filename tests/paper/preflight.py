"""PDFBox's Preflight, an outside judge of PDF/A-1b: run on many files at once, since its start costs more than a file."""

import subprocess
from pathlib import Path

from lxml import etree

JARS = Path("/usr/share/java")
# Debian's libpdfbox2-java leaves out what Java has brought no more since 11.
PARTS = (
    "preflight",
    "pdfbox2",
    "pdfbox2-tools",
    "fontbox2",
    "xmpbox",
    "commons-logging",
    "javax.activation",
    "jaxb-api",
)


def complaints(files: dict[str, bytes], folder: Path) -> dict[str, list[str]]:
    """What Preflight has against each of these PDFs; [] where it is valid. A file that it does not answer for is missing."""
    for name, data in files.items():
        (folder / f"{name}.pdf").write_bytes(data)
    listed = folder / "files.txt"
    listed.write_text("".join(f"{folder / name}.pdf\n" for name in files), encoding="utf-8")
    command = ["java", "-cp", ":".join(str(JARS / f"{part}.jar") for part in PARTS)]
    command += ["org.apache.pdfbox.preflight.Validator_A1b", "xml", "group", str(listed)]
    subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)
    answer = etree.parse(str(folder / "files.txt.preflight.xml"))
    found = {}
    for judged in answer.getroot().iter("preflight"):
        name = Path(judged.get("name") or "").stem
        valid = judged.findtext("isValid") == "true"
        said = [f"{e.findtext('code')} {e.findtext('details')}" for e in judged.iter("error")]
        found[name] = [] if valid else said or ["not valid"]
    return found
