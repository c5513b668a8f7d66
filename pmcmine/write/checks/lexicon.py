"""Words that any rewrite may use, words that mean the same, and words that mean the opposite."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.tokens import bases, key_of

# Function words, and words about figures, texts, order and amounts that say nothing of the matter itself.
_FREE: Final = """
above according accordingly across additional additionally adjacent aim alike allow almost alone along already alongside although altogether among amount
and annotate another any apart apparent appear appearance applied apply approach approximately around article as aside aspect assess associate assign
at attribute author available away axis axes
bar based basis be because become begin being belong below beneath beside besides best better between beyond both briefly broad broadly by
call came can capture carried carry case category cause caused causing chart choose chosen circumstances clarity clear clearly close closely collectively
collect color coloured column combine combined come common commonly compare comparison complete completely comprise concern condition conduct
consider consist consistent contain content context continue contrast contribute corresponding correspond could count course cover create curve
data dataset date deal define degree demonstrate denote depend depict derive describe description design designate despite detail determine develop develops diagram did differ
difference different differential display distinct distinguish distribute distribution divide do document done drawn due during
each earlier early easily either element else embedded employ enable encompass end ensure entire entirely entry equal especially essentially establish evaluate even evident every
evidence exact exactly examine example except exclusively exhibit exist expect explain explore express extend extent
fact factor fall far feature few figure figures fill final finally find finding first focus follow following for form found four from full fully further furthermore
general generally generate get give given go graph graphic graphical greatly group guide
had half hand have having hence here highlight hold how however
identical identify identification if illustrate illustration image imaging impact impression include included including indeed indicate indication individual inform information initial initially insert inset inspect instance
instead intend interest into introduce investigate involve is issue it item its itself
just keep kind know known
label labelled large largely larger last later latter lay layout lead least left legend length less let letter level lie like likely line link list locate located location look
made magnified mainly major majority make many map mark marked marker markings match material matter may mean meaning means measure measurement meant member mention merge method might mode moreover
most mostly much multiple must
name namely nature near nearby nearly need neither next nine no non nor notable notably note number numerous
observation observe obtain obvious occur of offer often on once one ones only onto onwards open opposite or order origin original other others otherwise out outcome outline over overall overlap overview own
page pair panel panels part partial partially particular particularly parts pass pattern people per percent percentage perform performed perhaps period photo photograph picture piece place plain please plot
plotted point points portion portray position possible possibly potential precede presence present presented previous previously primarily principle prior probably procedure process produce profile pronounced
proper properly property proportion propose prove proven provide purpose put
question quite
rather read reader real receive recognise record refer reference referred reflect regard regarding region relate related relation relationship relative relatively remain report represent representation representative require respective respectively respond response rest result results
retain reveal review role row run running
same sample scale scan schematic second section see seek seem seen select selected selection sense separate separately sequence serve set setting several shape share shift should show shown side sign significance similar
similarly simple simply simultaneously since single site situation six small smaller so some source specific specifically specified spread stage stand standard start state stated statement statistical step still structure study
sub subject subsequent subsequently subset such suggest suggestion suitable summarise summary support symbol
table take taken tell term text than that their them then there thereby therefore these they third this those three through throughout thus time timepoint title to together tool top total toward track
transition trend try turn twice two type typical
under undergo underlying underline unit until upon use used user using usual usually
value various vary variation version versus very via view viewed visible visual visualise visualisation visually
was way well were what when whenever where whereas whether which while who whole whose why wide widely will with within without work would write
year yes yet yield you zero zoom
observed observable discernible noticeable noted seven eight ten five nine eleven twelve
overall indicating suggesting demonstrating displayed depicted visualized illustrates summarises summarizes provides compares presents visualizes highlights
remark remarkable comprehensive detailed key main overall onset replicate comprise enhance feed fed screen enter end plus long longer longest short shorter shortest high low great grown
ability able absolute accommodate accompany accomplish account achieve act active actual actually adapt add address adjust admit adopt advance advantage
agree agreement ahead aid allocate alter alternative always amid ample anticipate anyway applicable arise arrange arrangement arrive ask assign assist
assume attach attain attempt attend attribute avoid await aware beginning behave behaviour belief benefit bound box brief calculate careful cease
certain chance characterise characteristic check circumstance cite claim class classify closer coincide collection compile complement complex component compose
composite composition concept conclude conclusion confirm conform connect connection consequence consequently considerable constant constitute construct convert correct count coverage criterion
critical crucial curve customary cut deal decade decide decision dedicate delineate deliver depth design desire destination device differentiate difficult difficulty
dimension direct direction disappear discover discuss distance distinction distinctive draw driven drive duration ease east effective effectively efficiency efficient effort
elapse eliminate emerge emphasise emphasis encode encounter enhance enough enrol enter equip equipment equivalent era error essential event eventually
examination exceed exclude exclusive execute exemplify expand expectation expose exposure extra extract extreme extremely face facilitate fail failure fairly familiar fashion favour favourable
feature final fit fix flow forth forward foundation fraction frame framework freely frequent frequently fundamental future gain gap gather
gradual gradually grand grid ground grow guess happen hardly head heavily heavy help hint hope hour huge idea ideal imply important importantly impossible improve
in inclusion incorporate independent independently index inherent input intact integrate intended interaction intermediate interpret interpretation interval intrinsic invert issue join joint judge justify
lack language lasting lay learn leave limit limitation literature load logical loose main maintain major manage manifest manner margin maximum medium meet minimum minor mix mixture
modest moment morphology motion move movement mutual mutually narrow natural necessary negligible network neutral noteworthy now objective occasion occasionally occupy
occurrence operate opportunity option ordinary organise orientation orient outline outside overlay overlie overlying owing pace parallel parameter participate peak penetrate perceive
permanent permit persist persistent phase phenomenon physical plan plane pool pose practical practice precise precisely predominant predominantly prefer preparation prepare pressure presumably prevent
principal proceed progress progressive progressively prominent prominently promote prompt protocol quantity quick quickly random randomly range ranging rank rapid rapidly rare rarely ratio
reach react readily ready reason reasonable recent recently recover rectangle reduce reflect relevant reliable rely remainder remarkably render repeat repeatedly replace reportedly reproduce resemble reserve resolution resolve
restrict retrieve return reverse revert rough roughly round rule scale scarce scatter scenario schedule scope scheme score seemingly separate separation shade shaded shading shadow share sharp sharply
simplify slight slow slowly smooth solely solid solution sort sparse spatial spatially speed split spot square stable static steady stem straight strategy strength strict strictly
strike striking strong structural stretch submit substantial substitute succeed success successful successfully sufficient sum superimpose supply surface surround survey sustain switch systematic
tail technique temporal temporally tend tendency thorough tick tie tightly tiny trace tracing traditional trait transfer transform translate treat trial trigger true typify
ultimately unable unaffected unchanged undergo uniform uniformly unique universal unlike unusual upcoming usage useful utilise utility valid validate vast verify vicinity visit vital
volume wait want watch weak weaker weakly week weight whatever whereby wherein widespread win wish word worth worthwhile zone
inside outside southern northern western eastern
alter altogether depiction portrayal schematic snapshot overview summary caption description illustration comparison
reduced reduce rise raise drop decrease increase decline elevate lower upper
enrolled participate participant respond confer exert undergo yield
reveal revealed reveals unveil uncover recording concentration measurement variable treatment therapy dose exposure
stained stain staining smear
capacity capability efficacy
plant cell tissue organism animal human patient person people protein gene
analysis analyses analyze experiment experimental investigation examination assessment evaluation study studies researcher research
quantify quantification calculate calculation compute estimate estimation test tested monitor track
sit sits situated marks marked mark labelled indicated shown
carefully mainly roughly strongly weakly slightly somewhat substantially considerably dramatically notably clearly remarkably
answer question caption
extent magnitude degree outcome change changed altered alteration affect affected effect influence
bring brought build built belong gave grew grow kept led made meet met ran sat saw sought stood told took went won
prepared prepare handled treated treat
"""
# Groups of words of which one may stand for another. Words of opposite meaning are never in one group.
_SAME: Final = """
lung pulmonary pulmonic
heart cardiac
kidney renal
liver hepatic
brain cerebral
stomach gastric
skin cutaneous dermal
bone osseous bony
eye ocular ophthalmic
tumor tumour neoplasm neoplastic mass
cancer carcinoma malignancy malignant cancerous
metastasis metastatic metastasize
swelling swollen swell edema oedema edematous enlarge
bleeding hemorrhage haemorrhage hemorrhagic
narrowing stenosis stenotic narrowed
enhancement enhance reinforcement contrast-enhanced enhanced enhancing
surgery operation surgical operative operated postoperative preoperative perioperative
image imaging micrograph photograph photo photomicrograph picture photomicrographs photographs photographic
picture photos photo photograph
radiograph x-ray radiography radiographic roentgenogram xray
computed tomography ct
magnetic resonance mri mr
ultrasound ultrasonography sonography sonographic ultrasonographic ultrasonic us
echocardiography echocardiogram echocardiographic echo
angiography angiogram angiographic
electrocardiogram electrocardiography ecg ekg
endoscopy endoscopic endoscope
histology histological histopathology histopathological histologic histopathologic microscopic microscopy
immunohistochemistry immunohistochemical immunostaining immunostained immunostain ihc
immunofluorescence immunofluorescent
biopsy biopsies biopsied
staining stain stained
microscopy microscope microscopic micrograph micrographs
sem scanning
tem transmission
mouse mice murine
rat rats
human patient people person individual man woman subject participant case
woman female women girl
man male men boy
child children pediatric paediatric
elderly aged old older geriatric
month monthly months
day daily days
week weekly weeks
year yearly annual years
hour h hr hrs hours
minute min mins minutes
second sec secs
mortality death died deceased fatal
survival survive survivor alive
disease illness disorder condition
drug medication medicine compound
therapy treatment therapeutic treated treat treating
chemotherapy chemotherapeutic
radiotherapy radiation irradiation irradiated
dose dosage dosing
injection injected inject
infection infected infect infectious
inflammation inflammatory inflamed
vessel vascular vasculature
artery arterial
vein venous
nerve neural nervous
neuron neuronal neurons
muscle muscular
tooth teeth dental
fracture fractured
lesion lesions abnormality
nodule nodular
mass masses
cyst cystic
fluid liquid
plant plants
leaf leaves foliar
root roots
seed seeds grain grains kernel
wheat triticum
rice oryza
maize corn zea
barley hordeum
gene genes genetic
protein proteins
rna transcript transcripts transcriptional mrna transcription
expression expressed express expressing
mutant mutation mutated
sequence sequences sequencing
polymorphism snp snps
phylogeny phylogenetic tree
neighbor neighbour
cell cells cellular
bacterium bacteria bacterial
virus viral viruses
fungus fungal fungi
enzyme enzymatic
concentration concentrations level levels content
temperature temperatures thermal
amount quantity quantities number numbers count counts
frequency frequent rate
mean means average averaged
error deviation
significance significant significantly
correlation correlate correlated association associated associate
probability likelihood
replicate replicates replication repeat repeats triplicate repeated
control controls
normal healthy unaffected
abnormal pathological
severe severity serious
mild slight slightly minor mildly minimal
marked markedly pronounced considerable strong obvious evident
diffuse diffusely widespread
scattered sparse dispersed
location located localized localised site position situated lie
near close adjacent next beside neighboring
within inside
outside external
surround surrounding around peripheral
center centre central middle
measure measured measurement measurements quantified determined assessed determination
performed conducted carried done undertaken
shown displayed depicted presented illustrated
comparison compared compare comparing versus
obtained collected acquired recorded taken captured
generated produced made created constructed built
method technique approach procedure
period duration interval
time timepoint
area region zone
map maps mapping
arrow arrows
arrowhead arrowheads
circle circles circular round
square squares
triangle triangles triangular
asterisk asterisks star stars
line lines curve curves
dot dots dotted point points spot spots
vertical vertically
horizontal horizontally
dashed dash broken
gray grey
purple violet
colour color coloured colored
magnification magnified
stock
ultrastructure ultrastructural
prognosis prognostic
diagnosis diagnostic diagnosed diagnose
symptom symptomatic symptoms
admission admitted
discharge discharged
hospital hospitalization
implant implantation implanted
transplant transplantation transplanted graft
resection resected excision excised removal removed
incision incised
rupture ruptured
thrombus thrombosis thrombotic
perforation perforated
obstruction obstructed
dilatation dilated dilation dilatated
necrosis necrotic
fibrosis fibrotic
calcification calcified
atrophy atrophic atrophied
pregnancy pregnant
birth born delivery
infant baby neonate newborn
wild wildtype wt
transgenic transformed transgene
overexpression overexpressing overexpressed
knockdown silenced silencing
deletion deleted
deficiency deficient lack
drought dry
irrigation irrigated watered water
fertilizer fertilisation fertilization fertiliser fertilized
harvest harvested harvesting
yield yields yielded productivity
growth grow grown growing grew
flower flowering flowers
germination germinated germinating germinate
soil soils
country national nation
ocean sea marine
simulation simulated model modelled modeled modelling
prediction predicted forecast
observation observed observations
flowchart workflow scheme schematic diagram flow algorithm chart pipeline
shrink shrunk shrank
resist resistant resistance
susceptible susceptibility sensitive
cultivar variety varieties cultivars genotype
spectrum spectra spectral
peak peaks
axis axes
equatorial equator
kidney glomerular nephron
bowel intestine intestinal gut
belly abdomen abdominal
thorax chest thoracic
trachea airway tracheal
throat pharynx pharyngeal
womb uterus uterine
back dorsal
front ventral
throughout across
maintain maintained
elevation altitude
overweight obese
sleep sleeping
speech voice
grade graded stage staging
nucleus nuclei nuclear
"""
# Pairs of opposites: a word of one side must not stand for one of the other. A word with a star is on its side in what
# was given, but is not questioned in an answer.
_OPPOSITES: Final = """
direction: increase rise rose risen raise higher elevate upregulate gain augment grow* grew* grown* enlarge amplify promote expand expansion accelerate stimulate activate induce* heighten greater stronger improve* better* more* upward boost above exceed upregulation increment enhance* improved* up* high* larger* longer* faster* | decrease decline reduce reduction lower diminish downregulate shrink shrunk shrank suppress inhibit repress attenuate weaken weaker drop fell smaller* worse* fewer* downward impair* lessen below downregulation fall* loss* down* less* low* shorter* slower* deteriorate* deplete* compromise*
time: before prior preoperative pre preceding* earlier* baseline* previously* untreated* initial* start* | after postoperative post posttreatment following* later* subsequent* subsequently* follow* since* when* upon*
side: left | right
height: upper top superior superiorly above* | bottom inferior inferiorly lower below*
front: anterior anteriorly | posterior posteriorly
belly: ventral | dorsal
middle: medial medially | lateral laterally
far: proximal proximally | distal distally
depth: superficial outer external | deep inner internal
malignancy: malignant malignancy cancer* cancerous* carcinoma* | benign
sign: positive positively | negative negatively
acuteness: acute | chronic
sex: male men man boy | female women woman girl
signal: hyperintense hyperintensity hyperintensities high* | hypointense hypointensity hypointensities low*
echo: hyperechoic hyperechogenic | hypoechoic hypoechogenic anechoic
density: hyperdense hyperattenuating hyperdensity | hypodense hypoattenuating hypodensity
prefix: hypermetabolic hyperplasia hypertrophy hypertension hyperglycemia hyperthermia hyperkalemia hypernatremia hypercalcemia hyperthyroidism hypermethylation hypermethylated | hypometabolic hypoplasia hypotension hypoglycemia hypothermia hypokalemia hyponatremia hypocalcemia hypothyroidism hypomethylation hypomethylated
severity: mild mildly slight slightly minor minimal subtle moderate* | severe severely marked markedly massive extensive serious
fill: filled solid closed black* | open empty hollow dashed dotted white*
course: improvement recovery resolution* remission regress regression improve decreased* reduced* | worsening worsen deterioration deteriorate progression* progress* progressive* relapse recurrence aggravate increased* enlarged*
order: first | last final
second: first initial* primary* | second secondary*
direct: horizontal horizontally x* | vertical vertically y*
resist: resistant resistance tolerant tolerance | susceptible susceptibility sensitive
treated: treated treatment* | untreated
early: early | late
large: large larger largest big | small smaller smallest
long: long longer longest | short shorter shortest
many: high highest maximum maximal max increased* higher* | low lowest minimum minimal min decreased* reduced* lower*
thick: thick thickened thicker thickening | thin thinned thinner thinning
wet: wet humid | dry arid
in: intracellular | extracellular
single: single* unilateral | bilateral bilaterally both*
ends: beginning start onset* | end ending* termination*
automatic: automatic automated automatically digital* | manual manually hand*
indirect: indirect | direct
absolute: absolute | relative
complete: complete completely | partial partially incomplete
axial: axial | coronal
sagittal: sagittal | coronal axial
systole: systolic systole | diastolic diastole
symmetric: symmetric symmetrical | asymmetric asymmetrical
regular: regular | irregular
same: homogeneous homogeneously | heterogeneous heterogeneously
aerobic: aerobic | anaerobic
acid: acid acidic | alkaline alkali basic
primary: primary | secondary
anion: anion anionic | cation cationic
old: young younger | old older elderly
winter: winter | spring summer
lack: present* presence with* | absent absence
"""
# After these, "lower" and "upper" tell a place.
PLACES: Final = frozenset(
    "panel row left right part image picture lobe limb extremity lip jaw eyelid leg arm abdomen quadrant pole side half lung tract third "
    "airway respiratory back end corner graph plot boundary bound limit molar incisor urinary pole gi line edge margin surface section".split()
)
COLORS: Final = frozenset(
    "red green blue yellow white black gray orange purple pink cyan magenta brown violet".split()
)


@dataclass(frozen=True, slots=True)
class Side:
    """A side of a pair of opposites.

    Attributes:
        pair: name of the pair.
        side: 0 or 1.
        asked: whether the word is questioned in an answer.
    """

    pair: str
    side: int
    asked: bool


@cache
def free_words() -> frozenset[str]:
    """Return words that any rewrite may use, with what they may be forms of."""
    return frozenset(b for w in (*_FREE.split(), *STOP) for b in bases(w))


@cache
def same_words() -> dict[str, frozenset[str]]:
    """Map a base of a word, or its key, to the words that may stand for it, with their bases and keys."""
    out: dict[str, set[str]] = {}
    for line in _SAME.strip().splitlines():
        words = {x for word in line.split() for x in (word, word.replace("-", ""))}
        group = {b for w in words for b in (*bases(w), key_of(w))}
        for base in group:
            out.setdefault(base, set()).update(group)
    return {key: frozenset(found) for key, found in out.items()}


@cache
def opposites() -> dict[str, tuple[Side, ...]]:
    """Map a word in lower case to the pairs of opposites that it is in, and on which side."""
    out: dict[str, list[Side]] = {}
    for line in _OPPOSITES.strip().splitlines():
        name, sides = line.split(":")
        for n, side in enumerate(sides.split("|")):
            for word in side.split():
                out.setdefault(word.rstrip("*"), []).append(Side(name.strip(), n, not word.endswith("*")))
    return {word: tuple(found) for word, found in out.items()}
