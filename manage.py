#!/usr/bin/env python3
"""The command line. `demo` and `test` first set the project up; every other command uses the interpreter it is given."""

import os
import sys


def main():
    if sys.argv[1:2] in (["demo"], ["test"]):
        from gens import bootstrap

        bootstrap.ensure(sys.argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gens.settings")
    if sys.argv[1:2] == ["test"]:
        from gens import testing

        sys.exit(testing.run(sys.argv[2:]))
    if sys.argv[1:2] == ["demo"]:
        from gens import demo

        sys.exit(demo.run(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
