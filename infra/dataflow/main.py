"""What a Flex Template's launcher runs: submit the mine job and return."""

import sys

from pipelines.template import main

sys.exit(main())
