"""A pool of Python workers for `--runner spark`: Beam's, on an address of one's choice.

    python -m pipelines.worker_pool --bind 127.0.0.1 --service_port 50000

Beam's own `worker_pool_main` listens on every interface; whoever reaches it may have any code run. It has no
authentication: where the pool must serve another machine, `--bind` names the interface of the cluster's own network,
and a firewall keeps everyone else from the port.
"""

from __future__ import annotations

import argparse
import sys

from apache_beam.runners.worker import worker_pool_main

from pmcmine.run.grpc_loopback import loopback_only


def main(argv: list[str]) -> None:
    """Serve until interrupted; what is not known here goes to Beam's pool."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--bind", default="127.0.0.1")
    known, rest = parser.parse_known_args(argv)
    with loopback_only(lambda address: f"{known.bind}:{address.rpartition(':')[2]}"):
        worker_pool_main.main(rest)


if __name__ == "__main__":
    main(sys.argv[1:])
