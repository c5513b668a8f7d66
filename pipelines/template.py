"""Entry of the Dataflow Flex Template: the mine job, submitted and left to run.

python -m pipelines.template metadata > infra/dataflow/metadata.json
python -m pipelines.template spec --image IMAGE > template.json    # as `gcloud dataflow flex-template build` does
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Sequence

from pmcmine.errors import PmcmineError
from pmcmine.run.template import configuration, metadata, spec


def main(argv: Sequence[str] | None = None) -> int:
    """Submit the job and return; `metadata` and `spec` print instead."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["metadata"]:
        print(json.dumps(metadata(), indent=1))
        return 0
    if arguments[:2] == ["spec", "--image"] and len(arguments) == 3:
        print(json.dumps(spec(arguments[2]), indent=1))
        return 0
    logging.basicConfig(level=logging.INFO)
    from pipelines.job import submit_mine

    try:
        result = submit_mine(configuration(arguments))
    except PmcmineError as error:
        print(f"pmcmine: {error}", file=sys.stderr)
        return 2
    print(
        f"pmcmine: submitted {result}" if result is not None else "pmcmine: every block is committed", file=sys.stderr
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
