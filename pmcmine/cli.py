"""The command line. Each command imports the heavy packages that it needs."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from types import TracebackType
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from pmcmine._version import __version__
from pmcmine.commands import browse as browse_command
from pmcmine.commands import curate as curate_command
from pmcmine.commands import demo as demo_command
from pmcmine.commands import doctor as doctor_command
from pmcmine.commands import eval as eval_command
from pmcmine.commands import export as export_command
from pmcmine.commands import label as label_command
from pmcmine.commands import link as link_command
from pmcmine.commands import mine as mine_command
from pmcmine.commands import plan as plan_command
from pmcmine.commands import publish as publish_command
from pmcmine.commands import rehydrate as rehydrate_command
from pmcmine.commands import score as score_command
from pmcmine.commands import search as search_command
from pmcmine.commands import slurm as slurm_command
from pmcmine.commands import stats as stats_command
from pmcmine.commands import status as status_command
from pmcmine.commands import subset as subset_command
from pmcmine.commands import train as train_command
from pmcmine.commands import update as update_command
from pmcmine.commands import vocab as vocab_command
from pmcmine.commands.help_text import write_commands
from pmcmine.commands.options import ConfigCommand, UpdateCommand
from pmcmine.commands.output import listing
from pmcmine.errors import EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, PmcmineError
from pmcmine.io.extras import extra_of
from pmcmine.io.folder import describe
from pmcmine.plugins.load import EXPORTERS, SCORERS, VIEWS
from pmcmine.text.clean import CleanFormatter, for_terminal
from pmcmine.text.redact import hide, learn_environment

# All commands in the order of the work, by section of the help and of docs/cli.md.
SECTIONS: Final = {
    "Make a release": ("demo", "doctor", "plan", "mine", "status", "update"),
    "Check and publish": ("verify", "publish"),
    "Use a release": ("browse", "search", "stats", "subset", "export", "rehydrate"),
    "Add to a release": ("score", "index", "curate"),
    "Vocabularies and models": ("vocab", "link", "label", "train", "eval"),
}


class _InOrder(TyperGroup):
    """The commands in the order of the work."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [name for names in SECTIONS.values() for name in names]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands by section."""
        write_commands(self.commands, SECTIONS, formatter)


app = typer.Typer(
    name="pmcmine",
    cls=_InOrder,
    help="Mine PubMed Central's open-access articles into a licensed, streamable image-text corpus.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 110},
)
app.add_typer(vocab_command.app, name="vocab")
app.add_typer(eval_command.app, name="eval")
app.add_typer(train_command.app, name="train")
app.command("demo")(demo_command.demo)
app.command("doctor")(doctor_command.doctor)
app.command("plan")(plan_command.plan)
app.command("mine", cls=ConfigCommand, no_args_is_help=True)(mine_command.mine)
app.command("update", cls=UpdateCommand)(update_command.update)
app.command("status")(status_command.status)
app.command("slurm-job", hidden=True)(slurm_command.slurm_job)
app.command("verify")(publish_command.verify)
app.command("publish")(publish_command.publish)
app.command("browse")(browse_command.browse)
app.command("stats")(stats_command.stats)
app.command("subset", cls=listing("Views", VIEWS))(subset_command.subset)
app.command("export", cls=listing("Formats", EXPORTERS))(export_command.export)
app.command("score", cls=listing("Scorers", SCORERS))(score_command.score)
app.command("index")(search_command.index)
app.command("search")(search_command.search)
app.command("curate")(curate_command.curate)
app.command("rehydrate")(rehydrate_command.rehydrate)
app.command("link")(link_command.link)
app.command("label")(label_command.label)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"pmcmine {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log progress and details to stderr.")] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log as JSON lines.")] = False,
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
        code = app(args=argv, standalone_mode=False)
    except PmcmineError as error:
        _print_error(str(error))
        code = EXIT_FAILED
    except OSError as error:
        named = f"{error.filename}: " if error.filename is not None else ""
        _print_error(f"{named}{describe(error)}")
        code = EXIT_FAILED
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("pmcmine", "pipelines", "schemas", "classifiers"):
            raise
        extra = extra_of(error.name or "")
        _print_error(f"this command needs more packages ({error}): pip install 'pmcmine[{extra}]'")
        code = EXIT_FAILED
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("click", "typer"):
            sys.excepthook = _print_traceback  # typer set its own
            raise
        show = getattr(error, "format_message", None)
        said = str(show() if show else error)
        if type(error).__name__ == "NoArgsIsHelpError":  # a command without arguments shows its help
            print(said)
            code = EXIT_DONE
        else:
            _print_error(said, lines=True)
            code = EXIT_FAILED
    if code == EXIT_INTERRUPTED:  # typer turns an interrupt into this code itself
        print("pmcmine: interrupted; the same command resumes", file=sys.stderr)
    sys.exit(code or 0)
