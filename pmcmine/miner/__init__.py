"""Mine one PMCID: from its versions to its rows and images; all of a worker's operations on an article.

`article` reads an article, `graphics` chooses the media file of each figure, `pictures` reads and checks the files,
`figures` builds rows, and `samples` builds the content of shards. The entry point is `mine_pmcid`.
"""

from pmcmine.miner.article import mine_pmcid
from pmcmine.miner.result import Mined, StagedSample

__all__ = ["Mined", "StagedSample", "mine_pmcid"]
