"""One PMCID from its versions to its rows and images: everything that a worker does with an article.

`article` reads an article, `choice` says which picture each figure means, `media` reads the pictures, `figures` makes
rows of them, and `samples` what shards hold. `mine_pmcid` is the way in.
"""

from pmcmine.miner.article import mine_pmcid
from pmcmine.miner.result import Mined, StagedSample

__all__ = ["Mined", "StagedSample", "mine_pmcid"]
