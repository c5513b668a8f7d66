"""The command line. A command's module is imported when it is used, and imports the heavy packages that it needs."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from types import TracebackType
from typing import Annotated

import click

from pmcmine._version import __version__
from pmcmine.commands.declare import LateGroup, Option, parameters
from pmcmine.commands.index import COMMANDS, SECTIONS
from pmcmine.errors import EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, PmcmineError
from pmcmine.text.clean import CleanFormatter, for_terminal
from pmcmine.text.redact import hide, learn_environment

_SHELLS = ("bash", "zsh", "fish")


def _version(_: bool) -> None:
    click.echo(f"pmcmine {__version__}")
    raise click.exceptions.Exit


def _completion(shell: str) -> None:
    """Print the script that makes a shell complete commands and options."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None or shell not in _SHELLS:
        raise PmcmineError(f"--completion {shell}: choose from {', '.join(_SHELLS)}")
    click.echo(found(app, {}, "pmcmine", "_PMCMINE_COMPLETE").source())
    raise click.exceptions.Exit


def _main(
    version: Annotated[bool, Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
    completion: Annotated[
        str | None,
        Option(
            "--completion",
            callback=_completion,
            is_eager=True,
            metavar="SHELL",
            help="Print the completion script of bash, zsh or fish.",
        ),
    ] = None,
    verbose: Annotated[bool, Option("--verbose", "-v", help="Log progress and details to stderr.")] = False,
    log_json: Annotated[bool, Option("--log-json", help="Log as JSON lines.")] = False,
) -> None:
    # Beam logs the traceback of every error that it then raises; the user gets one line, and a file.
    level = logging.INFO if verbose or log_json else logging.CRITICAL
    to_stderr = logging.StreamHandler()
    to_stderr.setFormatter(CleanFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[to_stderr])
    if log_json:
        from pmcmine.run.metrics import JsonLines

        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines())
        logging.getLogger("apache_beam").setLevel(logging.WARNING)
    elif not verbose:
        logging.getLogger("pmcmine").setLevel(logging.ERROR)


app = LateGroup(
    COMMANDS,
    SECTIONS,
    name="pmcmine",
    help="Mine PubMed Central's open-access articles into a licensed, streamable image-text corpus.",
    no_args_is_help=True,
    params=parameters(_main),
    callback=_main,
    context_settings={"max_content_width": 110},
)


def _print_error(text: str, *, lines: bool = False) -> None:
    """Print why a command failed, without control characters and credentials."""
    print(f"pmcmine: {for_terminal(hide(text), lines=lines)}", file=sys.stderr)


def _print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of a bug as Python does, without credentials."""
    text = "".join(traceback.format_exception(kind, error, trace))
    print(for_terminal(hide(text), lines=True), end="", file=sys.stderr)


def main(argv: list[str] | None = None) -> None:
    """Run the console script; report any failure as one line and an exit code."""
    learn_environment()
    if threading.current_thread() is threading.main_thread():
        # Schedulers of containers end a job with SIGTERM: as Ctrl-C does, so that the next run loses no start.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Arrow's own allocators keep what they freed: a fifth of the peak. Read when Arrow is first imported, here and in
    # worker processes; readers and Parquet's writer know no other way.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    try:
        code = app(args=argv, prog_name="pmcmine", standalone_mode=False)
    except PmcmineError as error:
        _print_error(str(error))
        code = EXIT_FAILED
    except OSError as error:
        from pmcmine.io.folder import describe

        named = f"{error.filename}: " if error.filename is not None else ""
        _print_error(f"{named}{describe(error)}")
        code = EXIT_FAILED
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("pmcmine", "pipelines", "schemas", "classifiers"):
            raise
        from pmcmine.io.extras import extra_of

        extra = extra_of(error.name or "")
        _print_error(f"this command needs more packages ({error}): pip install 'pmcmine[{extra}]'")
        code = EXIT_FAILED
    except (KeyboardInterrupt, click.Abort):
        code = EXIT_INTERRUPTED
    except Exception as error:
        if type(error).__module__.split(".")[0] != "click":
            sys.excepthook = _print_traceback
            raise
        show = getattr(error, "format_message", None)
        said = str(show() if show else error)
        if type(error).__name__ == "NoArgsIsHelpError":  # a command without arguments shows its help
            print(said)
            code = EXIT_DONE
        else:
            _print_error(said, lines=True)
            code = EXIT_FAILED
    if code == EXIT_INTERRUPTED:
        print("pmcmine: interrupted; the same command resumes", file=sys.stderr)
    sys.exit(code or 0)
