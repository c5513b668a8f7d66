"""`python -m pmcmine`, also in a folder that holds modules of our names."""

import sys
from pathlib import Path

if sys.path and sys.path[0] in ("", str(Path.cwd())) and not (Path.cwd() / "pmcmine" / "__main__.py").is_file():
    del sys.path[0]

from pmcmine.cli import main

main()
