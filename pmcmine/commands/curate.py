"""`pmcmine curate`: choose figures of a release by a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pmcmine.commands.declare import Argument, Option
from pmcmine.commands.output import Json, Overwrite, check_file, print_json
from pmcmine.commands.tables import TerminalTable, show
from pmcmine.errors import PmcmineError


def curate(
    release: Annotated[Path, Argument(help="Release folder.")],
    recipe: Annotated[Path, Option(help="Recipe, a TOML file.")],
    out: Annotated[Path, Option(help="List to write: a Parquet file of figure ids.")],
    seconds: Annotated[float, Option(help="Time limit of the queries, in seconds.", min=0.001)] = 3600.0,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Choose figures by filters, quantiles, near duplicates and quotas; write the list, with recipe and yield."""
    from hashlib import sha256

    from pmcmine._version import __version__
    from pmcmine.curate.choose import curate as choose_figures
    from pmcmine.curate.recipe import read_recipe
    from pmcmine.io.folder import check_writable, describe
    from pmcmine.io.safe_files import replacing
    from pmcmine.release.lists import write_list
    from pmcmine.release.tables import check_release
    from pmcmine.release.unlabelled import unlabelled_in

    check_release(release)
    check_file(out, overwrite)
    asked = read_recipe(recipe)
    check_writable(out)
    found = choose_figures(release, asked, str(recipe), seconds)
    if not len(found.ids) and (why := unlabelled_in(release, "figures", asked.columns)):
        raise PmcmineError(f"{recipe}: chooses nothing: {why}")
    funnel = [{"step": s.step, "in": s.rows_in, "out": s.rows_out} for s in found.steps]
    of = sha256((release / "release.json").read_bytes()).hexdigest()
    about = {"recipe": asked.text, "funnel": funnel, "release_sha256": of, "pmcmine": __version__}
    try:
        with replacing(out) as stream:
            write_list(stream, found.ids, about)
    except OSError as error:
        raise PmcmineError(f"--out {out}: can't write ({describe(error)})") from None
    if as_json:
        print_json({"out": str(out), "rows": len(found.ids), "funnel": funnel})
        return
    plain = [f"{s.rows_in:>12,} {s.rows_out:>12,}  {s.step}" for s in found.steps]
    cells = [(f"{s.rows_in:,}", f"{s.rows_out:,}", s.step) for s in found.steps]
    last = f"{out}: {len(found.ids):,} figures"
    if asked.size is not None and len(found.ids) < asked.size:
        last += f", fewer than the {asked.size:,} that the recipe wants"
    elif not len(found.ids):
        last += "; nothing is chosen"
    show([*plain, last], TerminalTable(("in", "out", "step"), cells, numbers=(0, 1)), last)
