"""manage.py ephyto check|show|build: the message on the command line, for the engineers of any NPPO. Needs no database."""

import io
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certificates.ephyto import composing, judging, terminal
from certificates.ephyto.rules.shapes import Stage
from certificates.ephyto.stored import to_json
from certificates.ephyto.xml import DEFAULT_LIMITS, Message, NotReadable, from_xml, indented, to_xml

NO_MESSAGE: Final = 2
PIPE_BROKE: Final = 141  # as a shell tells it of a process that SIGPIPE ended


class Command(BaseCommand):
    """Judge, print and make messages."""

    help = "Judge, print and make ePhyto messages (UN/CEFACT SPSCertificate as the IPPC exchanges it)."
    requires_system_checks = ()  # they would ask for a database

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        check = commands.add_parser("check", help="judge messages; exit code 1: something severe, 2: no message")
        check.add_argument("files", nargs="+", metavar="FILE", help="- for standard input")
        check.add_argument("--stage", choices=judging.STAGES, default="hub", help="who judges (default: hub)")
        check.add_argument("--json", action="store_true", help="as one JSON document")
        show = commands.add_parser("show", help="print a message readably")
        show.add_argument("file", metavar="FILE", help="- for standard input")
        show.add_argument("--json", action="store_true", help="as the JSON that build reads")
        show.add_argument("--pdf", type=Path, metavar="OUT", help="write our reproduction of it")
        show.add_argument("--attachments", type=Path, metavar="DIR", help="write its attachments there")
        show.add_argument("--force", action="store_true", help="write over an existing file")
        build = commands.add_parser("build", help="make a message of JSON")
        build.add_argument("file", metavar="FILE.json", help="- for standard input")
        build.add_argument("--attachments", type=Path, metavar="DIR", help="where the files of the attachments are")
        build.add_argument("-o", "--output", type=Path, metavar="OUT", help="instead of standard output")
        build.add_argument("--indent", action="store_true", help="an element a line, to be read")
        build.add_argument("--force", action="store_true", help="write over an existing file")

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # a terminal that has not all characters
        try:
            {"check": self._check, "show": self._show, "build": self._build}[command](options)
            sys.stdout.flush()
        except BrokenPipeError:  # the reader has seen enough; whoever asks for the outcome hears that not all was told
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(PIPE_BROKE)
        except CommandError as error:
            raise CommandError(terminal.line(str(error)), returncode=error.returncode) from error

    def _check(self, options: dict[str, Any]) -> None:
        found = [(name, _judged(name, options["stage"])) for name in options["files"]]
        if options["json"]:
            self._data({"files": [_as_data(name, judged) for name, judged in found]})
        else:
            self._lines(line for name, judged in found for line in terminal.judged(name, judged))
        if not all(judged.is_message for _name, judged in found):
            sys.exit(NO_MESSAGE)
        if any(judged.count("SEVERE") for _name, judged in found):
            sys.exit(1)

    def _show(self, options: dict[str, Any]) -> None:
        data = _content(options["file"])
        try:
            message = from_xml(data)
        except NotReadable as error:
            raise CommandError(str(error), returncode=NO_MESSAGE) from error
        if not isinstance(message, Message):
            if options["pdf"] or options["attachments"]:
                raise CommandError("An acknowledgement has neither paper nor attachments.", returncode=NO_MESSAGE)
            return self._data(asdict(message)) if options["json"] else self._lines(terminal.acknowledgement(message))
        if options["attachments"]:
            _save_files(message, options["attachments"])
        if options["pdf"]:
            _write(options["pdf"], _paper(message, data), options["force"])
        elif options["json"]:
            self._data(to_json(message.document))
        else:
            self._lines((*terminal.certificate(message.document), *terminal.files(message.blobs)))
        return None

    def _build(self, options: dict[str, Any]) -> None:
        try:
            data = composing.json_of(_content(options["file"]))
            document, blobs = composing.with_files(composing.document_of(data), options["attachments"])
            made = to_xml(document, blobs)
            made = indented(made) if options["indent"] else made
        except (composing.NotADocument, ValueError) as error:
            raise CommandError(f"{options['file']}: {error}", returncode=NO_MESSAGE) from error
        for further in document.further:
            self.stderr.write(terminal.line(f"not written, no field holds it: {further.path}"))
        if options["output"]:
            _write(options["output"], made, options["force"])
        else:
            sys.stdout.buffer.write(made)  # the bytes, not a byte more

    def _lines(self, lines: Any) -> None:
        for line in lines:
            self.stdout.write(line)

    def _data(self, data: dict[str, Any]) -> None:
        self.stdout.write(terminal.json_text(data))


def _judged(name: str, stage: Stage) -> judging.Judged:
    """The judgement on a file; one that cannot be read stops no other."""
    try:
        return judging.judge(_bytes(name), stage)
    except OSError as error:
        return judging.unreadable("no file", f"{error.strerror}.")


def _content(name: str) -> bytes:
    try:
        return _bytes(name)
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}.", returncode=NO_MESSAGE) from error


def _bytes(name: str) -> bytes:
    """The bytes of a file, one more than may be read at most: that is enough to refuse it."""
    if name == "-":
        return sys.stdin.buffer.read(DEFAULT_LIMITS.bytes + 1)
    with Path(name).open("rb") as file:
        return file.read(DEFAULT_LIMITS.bytes + 1)


def _write(path: Path, data: bytes, force: bool) -> None:
    try:
        with path.open("wb" if force else "xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise CommandError(f"{path} is there already. Say --force to write over it.", returncode=NO_MESSAGE) from error
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.", returncode=NO_MESSAGE) from error


def _save_files(message: Message, folder: Path) -> None:
    try:
        composing.save_files(message.blobs, folder)
    except OSError as error:
        raise CommandError(f"{folder}: {error.strerror}.", returncode=NO_MESSAGE) from error


def _paper(message: Message, data: bytes) -> bytes:
    """Our reproduction. The printer is loaded for this only: it takes longer than all the rest."""
    from certificates.printing import reproduced

    return reproduced(message.document, data, message.document.export_country.code or "–")


def _as_data(name: str, judged: judging.Judged) -> dict[str, Any]:
    return {
        "file": name,
        "outcome": judged.outcome,
        "type": judged.type,
        "status": judged.status,
        "number": judged.number,
        "problems": [asdict(finding) for finding in judged.findings],
    }
