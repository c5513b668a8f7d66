"""Map irregular verb forms and plurals of general English to their base words."""

from __future__ import annotations

from typing import Final

_FORMS: Final = """
arise arose arisen | awake awoke | bear bore borne | become became | begin began begun | bend bent | bind bound | bite
bit bitten | bleed bled | blow blew blown | break broke broken | breed bred | bring brought | build built | burn burnt
| buy bought | catch caught | choose chose chosen | come came | deal dealt | dig dug | do did done | draw drew drawn |
drink drank drunk | drive drove driven | eat ate eaten | fall fell fallen | feed fed | feel felt | fight fought | find
found | fly flew flown | forget forgot forgotten | freeze froze frozen | get got gotten | give gave given | go went
gone | grind ground | grow grew grown | hang hung | hear heard | hide hid hidden | hold held | keep kept | know knew
known | lead led | learn learnt | leave left | lend lent | lie lay lain | lose lost | make made | mean meant | meet
met | overlie overlay overlain | ride rode ridden | rise rose risen | run ran | say said | see saw seen | seek sought
| sell sold | send sent | shake shook shaken | shine shone | shoot shot | show shown | shrink shrank shrunk | sink
sank sunk | sit sat | sleep slept | slide slid | speak spoke spoken | spend spent | spin spun | split splitting |
spring sprang | stand stood | stick stuck | strike struck stricken | swell swollen | swim swam swum | take took taken
| teach taught | tear tore torn | tell told | think thought | throw threw thrown | undergo underwent undergone |
understand understood | uptake uptook | wake woke | wear wore worn | weave wove woven | win won | wind wound |
withdraw withdrew withdrawn | write wrote written | datum data | genus genera | locus loci | nucleus nuclei | focus
foci | axis axes | basis bases | analysis analyses | hypothesis hypotheses | stimulus stimuli | bacterium bacteria |
fungus fungi | ovum ova | criterion criteria | phenomenon phenomena | matrix matrices | index indices | vertex
vertices | appendix appendices | leaf leaves | half halves | foot feet | tooth teeth | child children | woman women |
man men | mouse mice | goose geese | larva larvae | alga algae | vertebra vertebrae | metastasis metastases |
diagnosis diagnoses | septum septa | stoma stomata | spectrum spectra | mitochondrion mitochondria | spermatozoon
spermatozoa
"""
# "left" is a side, "wound" an injury; "saw", "bore", "lay" and "ground" are words in their own right.
_OTHER: Final = frozenset("left wound saw bore lay ground found bit shot".split())
IRREGULAR: Final = {
    form: line.split()[0]
    for line in _FORMS.replace("\n", " ").split("|")
    for form in line.split()[1:]
    if form not in _OTHER
}
