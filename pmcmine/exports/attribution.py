"""Attribution of all that a release holds, to print or to put beside a copy of some of its rows."""

from __future__ import annotations

from typing import Final

from pmcmine.exports.reader import Export, ReleaseReader
from pmcmine.rights.attribution import COLUMNS, tsv_line

# A figure has its own line only if its rights differ from its article's.
_LINES: Final = """
SELECT article_id AS id, license_group, license, attribution, source_url AS url, article_id AS _article, -1 AS _place
FROM articles
UNION ALL
SELECT f.figure_id, f.license_group, f.license, f.attribution, a.source_url, f.article_id, f.ordinal
FROM figures f JOIN articles a USING (article_id)
WHERE f.shard IS NOT NULL AND (f.attribution <> a.attribution OR f.license <> a.license)
ORDER BY _article, _place
"""


class Attribution:
    """Attribution of all that a release holds, as TSV."""

    name = "attribution"
    meaning = "attribution of all that a release holds, as TSV"

    def export(self, release: ReleaseReader, out: Export) -> None:
        """Write `ATTRIBUTION.tsv`: a line for each article, and for each published figure with rights of its own."""
        path = out.folder / "ATTRIBUTION.tsv"
        with path.open("w", encoding="utf-8") as stream:
            stream.write(tsv_line(COLUMNS))
            for row in release.rows(_LINES):
                stream.write(tsv_line(row[c] for c in COLUMNS))
                out.counts[path.name] += 1
