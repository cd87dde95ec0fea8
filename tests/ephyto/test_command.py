"""manage.py ephyto as an engineer uses it: in a shell, without a database, on whatever file there is."""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from certificates.ephyto.document import Attachment, Further, Note, Text
from certificates.ephyto.stored import from_json
from certificates.ephyto.xml import Message, from_xml, to_xml
from tests.conftest import ROOT
from tests.factories import re_export_document, valid_document

FILLED = {
    "number": "WS-2026-000123", "issued": "2026-11-20T10:42:00+13:00", "issuer": "NPPO of Samoa", "place_of_issue": "Apia",
    "officer": "Sina",
}  # fmt: skip
PDF = b"%PDF-1.4\n%%EOF\n"


def run(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command in a folder, on a machine whose database does not answer."""
    nowhere = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "SECRET_KEY": "x",
        "GENS_LOCAL": str(folder / "local"),
    }
    command = [sys.executable, str(ROOT / "manage.py"), "ephyto", *arguments]
    return subprocess.run(command, cwd=folder, env=os.environ | nowhere, input=given, capture_output=True, timeout=60)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.xml"
    path.write_bytes(to_xml(valid_document(**FILLED), {}))
    return path


def test_a_good_message_is_good(tmp_path: Path, good: Path) -> None:
    done = run(tmp_path, "check", "good.xml", "--stage", "issue")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == (
        "good.xml: certificate WS-2026-000123 (type 851, status 70): severe 0, warnings 0, information 0\n"
    )


def test_what_is_severe_is_told_with_its_line_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(json.dumps({"type": "851", "status": "70", "number": "1"}))
    assert run(tmp_path, "build", "bad.json", "--indent", "-o", "bad.xml").returncode == 0
    done = run(tmp_path, "check", "bad.xml", "--json")
    assert done.returncode == 1
    (judged,) = json.loads(done.stdout)["files"]
    assert (judged["file"], judged["outcome"], judged["number"]) == ("bad.xml", "certificate", "1")
    issuer = next(problem for problem in judged["problems"] if problem["rule"] == "issuer")
    line = (tmp_path / "bad.xml").read_text().splitlines()[issuer["line"] - 1]
    assert line.strip() == "<ram:Name/>"
    assert issuer["xpath"] == "/SPSCertificate/SPSExchangedDocument/IssuerSPSParty/Name"
    assert issuer["level"] == "SEVERE"


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (b"", "not xml"),
        (b"\x00\xff\x80 rubbish", "not xml"),
        (b"<html/>", "other document"),
        (b"<!DOCTYPE a><a/>", "refused"),
        (b" " * 20_000_000, "too much"),
    ],
)
def test_what_is_no_message_has_its_outcome_and_exit_code_2(tmp_path: Path, content: bytes, outcome: str) -> None:
    done = run(tmp_path, "check", "-", "--json", given=content)
    assert (done.returncode, json.loads(done.stdout)["files"][0]["outcome"]) == (2, outcome)
    assert run(tmp_path, "show", "-", given=content).returncode == 2


def test_an_acknowledgement_is_a_message(tmp_path: Path) -> None:
    content = (
        b"<SPSAcknowledgement><SPSAcknowledgementDocument><StatusCode>41</StatusCode><ReasonInformation>pest found"
        b"</ReasonInformation></SPSAcknowledgementDocument></SPSAcknowledgement>"
    )
    done = run(tmp_path, "check", "-", given=content)
    assert (done.returncode, b"acknowledgement" in done.stdout) == (0, True)
    assert "pest found" in run(tmp_path, "show", "-", given=content).stdout.decode()


def test_one_file_that_is_not_there_stops_no_other(tmp_path: Path, good: Path) -> None:
    done = run(tmp_path, "check", "nowhere.xml", str(tmp_path), "good.xml")
    assert done.returncode == 2
    assert "nowhere.xml: no file" in done.stdout.decode()
    assert "good.xml: certificate" in done.stdout.decode()
    missing = run(tmp_path, "show", "nowhere.xml")
    assert (missing.returncode, missing.stderr.decode()) == (
        2,
        "CommandError: nowhere.xml: No such file or directory.\n",
    )


def test_shown_as_data_and_built_again_it_is_the_same(tmp_path: Path) -> None:
    fingerprint = hashlib.sha256(PDF).hexdigest()
    paper = Attachment("a1", fingerprint, "../../original.pdf", "AWR", "BE-677636", descriptions=(Text("copy", "en"),))
    document = re_export_document(**(FILLED | {"notes": (Note("ADEDL", "شحنة خالية", "ar"),)}))
    document = replace(document, attachments=(paper,))
    (tmp_path / "in.xml").write_bytes(to_xml(document, {fingerprint: PDF}))
    shown = run(tmp_path, "show", "in.xml", "--json", "--attachments", "files")
    assert [path.stem for path in (tmp_path / "files").iterdir()] == [fingerprint]
    (tmp_path / "again.json").write_bytes(shown.stdout)
    built = run(tmp_path, "build", "again.json", "--attachments", "files")
    assert built.stdout == (tmp_path / "in.xml").read_bytes()
    message = from_xml(built.stdout)
    assert isinstance(message, Message)
    assert message.document == document == from_json(json.loads(shown.stdout))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("[]", "not an object"),
        ("{", "Expecting property name"),
        ('{"nummer": "1", "lines": [{"herkunft": 1}]}', "No field is called nummer, lines.0.herkunft."),
        ('{"lines": [{"packages": "many"}]}', "lines.0.packages"),
        ('{"number": "a\\u0000"}', "XML compatible"),
        ('{"attachments": [{"filename": "letter.pdf"}]}', "name the folder of letter.pdf"),
        ("[" * 200_000, "nested too deep"),
        ('{"number": "1", "number": "2"}', "The key number stands twice"),
        ('{"version": 999}', "version: 999 is not known here"),
        ('{"attachments": [{"sha256": "%s", "undecoded": "?"}]}' % ("0" * 64), "cannot stand together"),
    ],
)
def test_json_that_is_no_document_names_the_place(tmp_path: Path, data: str, words: str) -> None:
    done = run(tmp_path, "build", "-", given=data.encode())
    assert (done.returncode, done.stdout) == (2, b"")
    assert words in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_a_file_that_is_another_than_the_json_says_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(PDF)
    data = json.dumps({"attachments": [{"filename": "letter.pdf", "sha256": "0" * 64}]})
    done = run(tmp_path, "build", "-", "--attachments", ".", given=data.encode())
    assert (done.returncode, "with these contents" in done.stderr.decode()) == (2, True)


@pytest.mark.parametrize("pattern", ["*", "[0-9]", "../*", "A" * 64])
def test_a_fingerprint_is_no_pattern_of_names(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "letter.pdf").write_bytes(PDF)
    data = json.dumps({"attachments": [{"sha256": pattern}]})
    done = run(tmp_path, "build", "-", "--attachments", ".", given=data.encode())
    assert (done.returncode, "64 hexadecimal digits" in done.stderr.decode()) == (2, True)


def test_a_folder_that_is_a_file_is_told(tmp_path: Path, good: Path) -> None:
    data = json.dumps({"attachments": [{"filename": "letter.pdf"}]})
    built = run(tmp_path, "build", "-", "--attachments", "good.xml", given=data.encode())
    assert (built.returncode, built.stderr) == (2, b"CommandError: -: good.xml is no folder.\n")
    shown = run(tmp_path, "show", "good.xml", "--attachments", "good.xml")
    assert (shown.returncode, shown.stderr) == (2, b"CommandError: good.xml: File exists.\n")


def test_what_no_field_holds_is_told_when_it_is_not_written(tmp_path: Path) -> None:
    data = json.dumps({"further": [{"path": "/SPSCertificate/Odd", "xml": "<Odd/>"}]})
    done = run(tmp_path, "build", "-", given=data.encode())
    assert (done.returncode, done.stderr) == (0, b"not written, no field holds it: /SPSCertificate/Odd\n")


def test_an_acknowledgement_has_no_paper(tmp_path: Path) -> None:
    done = run(tmp_path, "show", "-", "--pdf", "out.pdf", given=b"<SPSAcknowledgement/>")
    assert (done.returncode, (tmp_path / "out.pdf").exists()) == (2, False)


def test_nothing_is_written_over_without_being_told(tmp_path: Path, good: Path) -> None:
    before = good.read_bytes()
    done = run(tmp_path, "show", "good.xml", "--pdf", "good.xml")
    assert (done.returncode, good.read_bytes()) == (2, before)
    assert "--force" in done.stderr.decode()


def test_the_reproduction_is_printed_without_a_database(tmp_path: Path, good: Path) -> None:
    done = run(tmp_path, "show", "good.xml", "--pdf", "out.pdf")
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF-")


def test_a_message_cannot_command_the_terminal(tmp_path: Path) -> None:
    hostile = valid_document(**(FILLED | {"officer": "Sina\x85\x9b2J\u202egnp.exe", "further": (Further("/a", "b"),)}))
    (tmp_path / "hostile.xml").write_bytes(to_xml(hostile, {}).replace(b"Apia<", b"Apia &#x9b;31m<"))
    shown = run(tmp_path, "show", "hostile.xml").stdout.decode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert "Sina\ufffd\ufffd2J\ufffdgnp.exe" in shown
    hostile_name = run(tmp_path, "check", "\x1b[31mno.xml").stdout.decode()
    assert "\x1b" not in hostile_name


def test_a_number_forges_no_line_of_the_table(tmp_path: Path) -> None:
    forged = valid_document(**(FILLED | {"number": "1\ngood.xml: certificate 2 (type 851, status 70): severe 0"}))
    (tmp_path / "forged.xml").write_bytes(to_xml(forged, {}))
    shown = run(tmp_path, "check", "forged.xml").stdout.decode()
    assert [line for line in shown.splitlines() if not line.startswith(("forged.xml: ", "  "))] == []


def test_as_data_too_it_commands_no_terminal_and_stays_itself(tmp_path: Path) -> None:
    words = "Sina\x9b2J\u202egnp.exe"
    (tmp_path / "hostile.xml").write_bytes(to_xml(valid_document(**(FILLED | {"officer": words})), {}))
    shown = run(tmp_path, "show", "hostile.xml", "--json").stdout.decode()
    assert not re.search("[\x7f-\x9f\u202e]", shown)
    assert json.loads(shown)["officer"] == words
    told = run(tmp_path, "show", "\x1b[31mno.xml").stderr.decode()
    assert "no.xml" in told
    assert "\x1b" not in told


def test_a_terminal_without_all_characters_is_served(tmp_path: Path) -> None:
    (tmp_path / "arabic.xml").write_bytes(to_xml(valid_document(**(FILLED | {"officer": "سينا"})), {}))
    command = [sys.executable, str(ROOT / "manage.py"), "ephyto", "show", "arabic.xml"]
    plain = os.environ | {"SECRET_KEY": "x", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=tmp_path, env=plain, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u0633" in done.stdout


def test_the_files_in_a_message_are_told_with_their_sizes(tmp_path: Path) -> None:
    fingerprint = hashlib.sha256(PDF).hexdigest()
    document = valid_document(**FILLED, attachments=(Attachment("a1", fingerprint, "copy.pdf", "ZZZ"),))
    (tmp_path / "in.xml").write_bytes(to_xml(document, {fingerprint: PDF}))
    shown = run(tmp_path, "show", "in.xml").stdout.decode()
    assert re.search(rf"15 bytes +application/\S+\s+{fingerprint}", shown)


def test_a_judgement_that_nobody_read_is_no_success(tmp_path: Path, good: Path) -> None:
    line = f"{shlex.quote(sys.executable)} {shlex.quote(str(ROOT / 'manage.py'))} ephyto check good.xml | :; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=os.environ | {"SECRET_KEY": "x"}, capture_output=True, timeout=60
    )
    assert (done.stdout, done.stderr) == (b"141\n", b"")


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path, good: Path) -> None:
    line = f"{shlex.quote(sys.executable)} {shlex.quote(str(ROOT / 'manage.py'))} ephyto show {'good.xml'} | head -1"
    done = subprocess.run(
        line, shell=True, cwd=tmp_path, env=os.environ | {"SECRET_KEY": "x"}, capture_output=True, timeout=60
    )
    assert (done.stdout, done.stderr) == (b"Certificate\n", b"")


def test_what_the_readme_shows_is_what_the_command_prints(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```json\n(.*?)```", readme, re.DOTALL)
    shown = re.search(r"```console\n(.*?)```", readme, re.DOTALL)
    assert example
    assert shown
    (tmp_path / "taro.json").write_text(example[1], encoding="utf-8")
    commands = re.findall(r"^\$ manage\.py ephyto (.*)\n((?:[^$\n].*\n|\n)*)", shown[1], re.MULTILINE)
    assert len(commands) == 4
    for arguments, output in commands:
        assert run(tmp_path, *shlex.split(arguments)).stdout.decode() == output, arguments
