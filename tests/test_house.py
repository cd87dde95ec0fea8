"""The rules of the house, run: style, types, imports, migrations, deployment, languages, lengths."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
TREES = ("gens", "certificates", "codelists", "hubclient")
OURS = sorted(path for tree in TREES for path in (ROOT / tree).rglob("*.py") if "migrations" not in path.parts)


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=600
    )


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports",)],
    ids=["ruff", "format", "mypy", "imports"],
)
def test_checks_are_clean(command: tuple[str, ...]) -> None:
    done = run(str(BIN / command[0]), *command[1:])
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    done = run(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout


def test_check_deploy_is_clean() -> None:
    done = run(
        sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING",
        SECRET_KEY="k" * 30 + "".join(map(chr, range(65, 90))), BEHIND_TLS="true", DJANGO_ALLOW_ASYNC_UNSAFE="", GENS_DEMO="false", DEBUG="false",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _functions() -> list[tuple[str, int]]:
    found = []
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append((f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1))
    return found


def test_functions_are_short() -> None:
    lengths = sorted(length for _name, length in _functions())
    assert lengths[int(len(lengths) * 0.95)] <= 28
    assert [name for name, length in _functions() if length > 50] == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        p for p in OURS if p.stat().st_size and ast.get_docstring(ast.parse(p.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def test_the_top_level_holds_what_was_agreed() -> None:
    agreed = {"manage.py", "pyproject.toml", "README.md", *TREES, "templates", "static", "locale", "tests", "deploy"}
    tracked = run("git", "ls-files").stdout.split()
    assert {path.split("/")[0] for path in tracked if not path.startswith(".")} <= agreed


def test_the_locks_carry_hashes_and_no_index() -> None:
    for name in ("requirements.txt", "requirements-test.txt"):
        text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "index-url" not in text
        pinned = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==\S+.*$", text, re.MULTILINE)
        assert len(pinned) > 40
        assert all(line.rstrip().endswith("\\") for line in pinned)


def test_templates_carry_no_inline_script_or_style() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        if "paper" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*src=)", text), path


LANGUAGES = ("ar", "es", "fr", "ru", "zh_Hans")


def _entries(text: str) -> dict[str, list[str]]:
    """msgid to its translations, of a .po file."""
    found = {}
    for block in text.split("\n\n")[1:]:
        lines = re.findall(r'^(msg\w+(?:\[\d\])?) "|^"', block, re.MULTILINE)
        assert lines
        parts = re.findall(r'^(msgid|msgstr)(?:_plural|\[\d\])? ((?:".*"\n?)+)', block, re.MULTILINE)
        words = [(kind, "".join(ast.literal_eval(line) for line in text.strip().split("\n"))) for kind, text in parts]
        found[words[0][1]] = [text for kind, text in words if kind == "msgstr"]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_with_its_parameters(language: str) -> None:
    text = (ROOT / f"locale/{language}/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    assert "#, fuzzy" not in text
    for msgid, translations in _entries(text).items():
        assert translations, msgid
        for parameter in re.findall(r"%\(\w+\)s|\{\w+\}", msgid):
            assert all(parameter in translation for translation in translations), (msgid, parameter)
        assert all(translations), msgid


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_one_of_its_source(language: str, tmp_path: Path) -> None:
    folder = ROOT / f"locale/{language}/LC_MESSAGES"
    run("msgfmt", "-o", str(tmp_path / "x.mo"), str(folder / "django.po"))
    assert (tmp_path / "x.mo").read_bytes() == (folder / "django.mo").read_bytes()


def test_no_text_of_the_code_is_missing_in_the_catalogues(tmp_path: Path) -> None:
    import shutil

    place = tmp_path / "gens"
    ignored = shutil.ignore_patterns(".venv", ".local", ".git", "tests", "*cache*", "*.ttf", "*.mo")
    shutil.copytree(ROOT, place, ignore=ignored)
    options = ["-l", "es", "--no-location", "--no-obsolete", "-v", "0"]
    done = subprocess.run(
        [sys.executable, "manage.py", "makemessages", *options], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    fresh = _entries((place / "locale/es/LC_MESSAGES/django.po").read_text(encoding="utf-8"))
    assert fresh.keys() == _entries((ROOT / "locale/es/LC_MESSAGES/django.po").read_text(encoding="utf-8")).keys()


def test_our_words_do_not_take_the_place_of_django_s_months_and_days() -> None:
    """A button called “May” would be the fifth month in every date: Django looks both up by the same word."""
    from django.utils import dates

    calendar = {
        str(word)
        for table in (dates.MONTHS, dates.WEEKDAYS, dates.MONTHS_3, dates.WEEKDAYS_ABBR)
        for word in table.values()
    }
    ours = _entries((ROOT / "locale/es/LC_MESSAGES/django.po").read_text(encoding="utf-8")).keys()
    assert not ours & calendar
