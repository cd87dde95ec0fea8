"""First run: a virtual environment with the locked packages, and the system packages they need. Called by manage.py.

Standard library only, and in words that an old Python can read, so that it can say what is missing.
"""

import hashlib
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
OLDEST = (3, 11)
ROOM = 1200000000  # bytes that packages and a database need


class Problem(Exception):
    """Set-up cannot go on; the text is one plain sentence with what to do."""


def ensure(argv: list) -> None:  # type: ignore[type-arg]  # an old Python has no list[str]
    """Return when this process can run the command; else set up and run it again inside .venv. Exits 1 with a sentence."""
    if os.environ.get("GENS_NO_BOOTSTRAP") or sys.prefix != getattr(sys, "base_prefix", sys.prefix):
        return
    try:
        check_python(sys.version_info)
        set_up(argv[1])
    except Problem as problem:
        sys.stderr.write("%s\n" % problem)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Start the same command again to go on.\n")
        sys.exit(130)
    python = venv_python()
    os.execv(python, [python, os.path.join(ROOT, "manage.py")] + argv[1:])


def venv_python() -> str:
    return os.path.join(VENV, "bin", "python")


def check_python(version: tuple) -> None:  # type: ignore[type-arg]  # sys.version_info
    if tuple(version[:2]) < OLDEST:
        raise Problem(
            "GeNS needs Python 3.11 or newer and this is Python %d.%d: install a newer python3, "
            "or name one, as in: python3.12 manage.py demo" % tuple(version[:2])
        )


def set_up(command: str) -> None:
    lock = os.path.join(ROOT, "deploy", "requirements-test.txt" if command == "test" else "requirements.txt")
    stamp = os.path.join(VENV, "set-up-for-" + command)
    fingerprint = _fingerprint(lock, system_list())
    if _read(stamp) == fingerprint:
        return
    _check_room()
    system_packages(command)
    _make_venv()
    _install(lock)
    with open(stamp, "w") as file:
        file.write(fingerprint)


def system_list() -> str:
    return os.path.join(ROOT, "deploy", "system-packages.txt")


def _fingerprint(*paths: str) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in paths:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def _check_room() -> None:
    if not os.access(ROOT, os.W_OK):
        raise Problem("GeNS cannot write into %s: give yourself the right to, or copy the project elsewhere." % ROOT)
    disk = os.statvfs(ROOT)
    if disk.f_bavail * disk.f_frsize < ROOM:
        raise Problem("There is too little disk space in %s: free at least 1.2 GB and start again." % ROOT)


def wanted_packages(command: str) -> list:  # type: ignore[type-arg]
    """Debian packages of a command: those of [run], for tests those of [test] as well."""
    sections = ("run", "test") if command == "test" else ("run",)
    section, wanted = "", []
    for line in _read(system_list()).splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line and section in sections:
            wanted.append(line)
    return wanted


def system_packages(command: str) -> None:
    """Install what is missing as root on Debian or Ubuntu; else say the one command and stop."""
    if not os.path.exists("/usr/bin/dpkg-query"):
        return  # another system: its administrator knows; what is missing shows itself by name
    missing = [name for name in wanted_packages(command) if not _is_installed(name)]
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends"] + missing
    if os.geteuid() != 0:
        raise Problem("GeNS needs system packages; install them with: sudo apt-get update && sudo " + " ".join(install))
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    print("Installing system packages: " + " ".join(missing))
    for arguments in (["apt-get", "update", "-q"], install):
        if _run(arguments, environment) != 0:
            raise Problem("The system packages could not be installed; check the network and try: " + " ".join(install))


def _is_installed(name: str) -> bool:
    process = subprocess.Popen(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    return process.communicate()[0].strip() == b"installed"


def _make_venv() -> None:
    if os.path.exists(venv_python()) and _run([venv_python(), "-c", "import pip"], dict(os.environ)) == 0:
        return
    print("Making .venv")
    if _run([sys.executable, "-m", "venv", "--clear", VENV], dict(os.environ)) != 0:
        raise Problem(
            "The virtual environment could not be made: install python3-venv (sudo apt-get install python3-venv) "
            "and start again."
        )


def _install(lock: str) -> None:
    print("Installing the locked packages (a few minutes the first time)")
    arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    if _run([venv_python()] + arguments + ["-r", lock], dict(os.environ)) != 0:
        raise Problem(
            "The packages could not be installed; see %s, check the network to your package registry "
            "and the disk space, and start again." % _log()
        )


def _log() -> str:
    return os.path.join(ROOT, ".local", "set-up.log")


def _run(arguments: list, environment: dict) -> int:  # type: ignore[type-arg]
    """Exit status of a command; what it says goes to the log."""
    folder = os.path.dirname(_log())
    try:
        if not os.path.isdir(folder):
            os.makedirs(folder)
        with open(_log(), "ab") as log:
            return subprocess.call(arguments, stdout=log, stderr=subprocess.STDOUT, env=environment)
    except OSError as error:
        raise Problem(
            "%s could not be started or logged (%s): free disk space or check its rights." % (arguments[0], error)
        ) from error
