"""Mine one PMCID: from its versions to its rows and images. Everything that a worker does with an article.

`article` reads an article, `graphics` chooses the media file of each figure, `pictures` reads and checks the files,
`figures` builds rows, and `samples` builds what shards store. The entry point is `mine_pmcid`.
"""

from pmcmine.miner.article import mine_pmcid
from pmcmine.miner.result import Mined, StagedSample

__all__ = ["Mined", "StagedSample", "mine_pmcid"]
