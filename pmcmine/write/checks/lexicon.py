"""Words that any rewrite may use, words that mean the same, and words that mean the opposite."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from pmcmine.vocabulary.normalise import token_key
from pmcmine.vocabulary.word_classes import STOP
from pmcmine.write.checks.tokens import bases, key_of

# Function words, and words about figures, texts, order and amounts that say nothing of the matter itself.
_FREE: Final = """
largest smallest highest lowest greatest longest shortest strongest weakest fastest slowest widest thickest nearest farthest earliest latest fewest oldest youngest brightest darkest closest deepest country city town village place nation continent world
enzyme virus drug compound species antibody sign signs finding findings
untreated spend spent spends whereabouts throughout meant saw seen gone went came
higher lower greater fewer larger smaller longer shorter stronger weaker closer faster slower higher-level
abbreviation abbreviations ability able above absolute absorb abundant accept acceptable access accessible accommodate
accompanied accompany accompanying accomplish according accordingly account accumulate accumulated accuracy accurate
accurately achieve acknowledge across act action activation active activity actual actually adapt add additional
additionally address adequate adherence adjacent adjust administer administered administration admit adopt adult
advance advantage adverse affect affected aforementioned afternoon afterward afterwards against agent agree agreement
ahead aid aim alike aliquot alive all allocate allocated allow almost alone along alongside already alter alteration
altered alternative although altogether always ambient amid among amount ample amplification amplify analyses analysis
analyze and angle animal annotate announce anonymous another answer anticipate any anyway apart apparatus apparent
appear appearance applicable application applied apply approach appropriate approximate approximately architecture
argue arise arms around arrange arrangement array arrive arrow arrowhead article as aside ask aspect assay assemble
assembly assess assessment assign assigned assist assistance associate association assume assumption asterisk
asterisks at ate atop attach attached attain attempt attend attention attribute author availability available average
avoid await aware away axes axis background bad balance band bar barrier based baseline basic basis be bear bearing
bears became because become beforehand begin beginning behave behaviour behind being belief believe belong below bend
beneath beneficial benefit bent beside besides best better between beyond bias big bind biology blank block blunt
board bond border born both bound boundary box boxplot branch brand break brief briefly bring broad broadly broth
brought build built burden buy by calculate calculation calibration call came can candidate cannot capability capable
capacity caption capture careful carefully carried carrier carries carry carrying case catch category cause caused
causing caution cease cell center central centre certain chain challenge chance change changed channel characterise
characteristic characterization charge chart chase check choice choose chose chosen circle circulation circumstance
circumstances cite claim clarity class classification classify clean clear clearance clearly climb close closely
closer cluster coat coated code coexist coincide collect collection collectively colony color coloured column
combination combine combined come commence comment commercial common commonly communities compact comparable compare
compared compares comparison compete competition compile complement complete completely complex complicate component
compose composite composition comprehensive comprise compute concentration concept concern conclude conclusion
concurrent concurrently condition conduct confer confidence confirm conflict conform connect connection consecutive
consensus consequence consequently conserve consider considerable considerably consist consistency consistent constant
constituent constitute construct construction construe consume consumption contact contain content context continue
contract contrary contrast contribute contribution controlled conversion convert cool cooled copy core corn correct
correction correspond corresponding cost could count counterpart course cover coverage create criteria criterion
critical crop cross crucial cumulative current currently curve curved customary cut cuts cycle daily dashed data
database dataset date dead deal death decade decide decision declare decline decrease dedicate deduce deep deeper
define definition degree delay delayed delineate deliver demand demonstrate demonstrating dendrogram denote dense deny
depend dependence depict depicted depiction depth derive derived describe description design designate desirable
desire despite destination detail detailed detect detectable detected determination determine develop develops
deviation device diagram diameter diamond did die died differ difference different differential differentiate
difficult difficulty dimension diminish direct direction disappear discard discernible discover discovery discuss
dislike dispersed display displayed disrupt disruption distance distinct distinction distinctive distinguish
distribute distribution divergence diverse divide do document dominant done dosage dose dot double dramatically draw
drawn drink drive driven drop dry dual due duplicate duration during dynamics each earlier early ease easily east
eastern easy eat eaten edge edit education effect effective effectively effectiveness efficacy efficiency efficient
effort eight either elapse elapsed element elevate elevation eleven elicit eligibility eligible eliminate else
embedded emerge emphasis emphasise employ empty enable encode encompass encounter end endure enhance enlarge enough
enrol enroll enrolled enrolment ensure enter entire entirely entry environment equal equip equipment equivalent era
error escape especially essential essentially establish estimate estimation evaluate evaluation even evening event
eventually every evidence evident evoke evolution evolve exact exactly examination examine example exceed excellent
except exception excess exchange exclude exclusive exclusively execute exemplify exert exhibit exist existence expand
expect expectation experience experienced experiment experimental explain explanation exploit explore expose exposed
exposing exposure express extend extensive extent external extra extract extraction extreme extremely eye face
facilitate facility fact factor fail failure fairly fall false familiar far fashion fast faster favor favour
favourable feature fed feed fell few field figure figures fill filter final finally financial find finding fine finish
first fit five fix flat flexible flow flowchart focus fold follow followed following for force forced forget form
former formerly forth forward found foundation four fourth fraction fragment frame framework freely freeze frequent
frequently fresh from frozen full fully function fundamental further furthermore fuse fused future gain gap gather
gave gel gene general generally generate generation get give given global go goal good grade graded gradient gradual
gradually grand graph graphic graphical gray great greatly grew grid gross ground group grow grown growth guard guess
guidance guide had half halt hand handled happen harbor harboring harbour hard hardly have having head heal heat
heated heatmap heavily heavy height held help helpful hence here hidden high highlight highlights hint histogram
history hit hold home hope horizontal host hour house housed household how however huge human hunt hypothesis idea
ideal identical identification identify if illness illustrate illustrates illustration image imaging impact impair
implementation implicate implication imply importance important importantly impossible impression improve in include
included including inclusion incomplete inconsistent incorporate increase increasingly indeed independent
independently index indicate indicated indicating indication indicator indirectly individual induce industry
ineligible infancy infer inference inferred influence inform information inherent inhibitory initial initially
initiate inner input insert insertion inset inside insight insignificant inspect instance instead instrument
insufficient intact integrate integration intend intended intensity interaction interest interface intermediate
internal interpret interpretation interval intervention into intrinsic introduce introduction invasion invert
investigate investigation investigator involve irregular is isolation issue it item its itself join joint judge jump
just justify keep kept key kind kinetics know knowledge known label labelled lack landscape lane lanes language large
largely larger last lasted lasting lasts late later latter launch lay layer layout lead learn least leave led left
legend length less let letter level library lie lies life lifespan lifetime lift light like likely limit
limitation line link linked linking list literature little live living load locally locate located location lock
logical long longer longest look loop loose lose loses loss lost lot low lower lying made magnified magnitude main
mainly maintain maintained major majority make manage manifest manifold manner manufacture manufacturer manuscript
many map margin mark marked marker market markings marks match matched matching material matter maximal may
mean meaning meaningful means meant meanwhile measure measurement mechanical mechanism median medium meet member
mention merely merge met method methodology microbe microscope middle might min minimal minimum minor minutes miss
missing mix mixture mobile mode model moderate modest modification modify moment monitor monitored monitoring monthly
moreover morning morphology most mostly motion move movement much multiple must mutual mutually name namely narrow
natural nature near nearby nearly necessary need negligible neither net network neutral never new newly next night
nine no non none noon nor normally north northern notable notably note noted noteworthy notice noticeable noticed now
number numerous objective observable observation observe observed observer obtain obvious occasion occasionally occupy
occur occurrence odd odds of offer often old on once one ones only onset onto onwards open operate operation
opportunity opposite optimization optimize optimum option or order ordinary organ organise organism organization
organize organized orient orientation origin original originally originate originated other others otherwise out
outcome outline outside over overall overcome overlaid overlap overlay overlays overlie overlying overnight overview
owing own pace package page paint pair paired panel panels paper parallel parameter part partial partially participant
participate participation particle particular particularly partner parts pass past paste path patient pattern peak
pedigree penetrate penetration people per perceive percent percentage perfect perform performance performed perhaps
period permanent permit persist persisted persistence persistent person perspective phase phenomenon photo photograph
physical pick picture piece place plain plan plane plant plate platform play please plot plotted plus point points
policy pool pooled poor poorly popular population portion portray portrayal pose position possess possibility possible
possibly post posterior potential pour power powerful practical practice precede precise precisely precision predict
predicted predictor predominant predominantly prefer preference preliminary preparation prepare prepared presence
present presentation presented presents preserve pressure presumably pretreat pretreated pretreatment prevent previous
previously primarily principal principle print prior probability probably problem procedure proceed process produce
production profile program progress progressive progressively project prolonged prominent prominently promote
promotion prompt prone pronounced proper properly property proportion proportional propose prospective protect protein
protocol prove proven provide provides provision provoke proximity publication pull pulse purchase purely purity
purpose push put quality quantification quantify quantitative quantity quarter question quick quickly quite race raise
ran random randomise randomised randomized randomly range ranging rank rapid rapidly rare rarely rate rather ratio raw
reach react read reader readily ready real realise realize reason reasonable recall receive recent recently recognise
recognition recognize recommend recommendation record recording recover recruit recruited recruitment rectangle reduce
reduced refer reference referred reflect regard regarding region regular regularly regulation reject relate related
relates relating relation relationship relative relatively release relevance relevant reliability reliable rely remain
remainder remained remaining remark remarkable remarkably remember removal remove removed render repair repeat
repeatedly repetitive replace replacement replicate reply report reportedly reporter represent representation
representative reproduce request require research researcher resemble reserve residual resolution resolve resource
respective respectively respond response responsible responsive rest restrict restriction result results retain
retrieve return reveal revealed reveals reverse revert review rich right rinse rise role rose rotation rough roughly
round routine routinely row rule run running safe safety same sample sat satisfactory save saw say scale scan scarce
scatter scatterplot scenario schedule schematic scheme scientific scope score screen search seated second section see
seed seeded seek seem seemingly seen segment select selected selection sell send sense sensitivity sent separate
separately separation sequence sequential serve set setting seven several shade shaded shading shadow shallow shape
share sharp sharply sheet shift short shorter shortest should show shown shrink shut side sign signal signature
significance similar similarity similarly simple simplify simply simultaneously since single sink sit site sits
sitting situated situation six size sketch slice sliced slight slightly slot slow slowly small smaller smear smooth
snapshot so soak social soft software solely solid solution some sometimes somewhat sonicate sonication sort sought
source south southern span spare sparse spatial spatially speak special specialize specialized species specific
specifically specified speed split spot spread square stable staff stage stain stained staining stand standard star
start state stated statement static statistic statistical statistically statistics status steady stem step stepwise
still stimulus stir stood stop storage store straight strain strand strange strategy stream strength stretch strict
strictly strike striking strip strong strongly structural structure studies study sub subject submit subsequent
subsequently subset substance substantial substantially substitute succeed success successful successfully successive
such sudden sufficient suggest suggesting suggestion suitable sum summarise summarises summarizes summary superimpose
superimposed supernatant supervise supplement supplier supply support suppose sure surface surround surveillance
survey survive sustain swim switch symbol system systematic table tag tail take taken talk tall target task taste team
technique tell temporal temporally ten tend tendency tenfold term terminate test tested text than that their them then
theoretical theory therapy there thereafter thereby therefore these they thick thin think third this thorough those
though thought thousand three threefold threshold through throughout throw thus tick tie tied tight tightly time
timeline timepoint tiny tip tissue title to together told ton took tool top total touch toward trace tracing track
traditional trait trajectory transfer transform transient transition translate translation transparent transport treat
treated treatment trend trial trial-eligible triangle trigger triple triplicate true try turn twelve twice two twofold
type typical typify ultimately unable unaffected unchanged uncover under undergo undergone underline underlying
underneath understand understanding understood undertake underwent unexposed unfold uniform uniformly unique unit
unite universal unknown unlike unload unpaired until untreated unusual unveil upcoming upon upper usage use used
useful usefulness user using usual usually utilise utility utilization utilizing vague valid validate valuable value
variability variable variance variant variation various vary vast verification verify version versus vertical very via
vicinity view viewed visible visit visual visualisation visualise visualization visualize visualized visualizes
visually vital volume volunteer wait walk wall want warm was wash watch way weak weaker weakly week weekday weigh
weight well went were western what whatever when whenever where whereas whereby wherein whether which while whisker
whiskers who whole whose why wide widely widespread width will win window wish with within without won word work
worker workflow world worse worst worth worthwhile would wrap write wrong wrote year yes yet yield you young zero zone
zoom
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
immunofluorescence immunofluorescent immunostaining immunostained immunostain staining stain
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
mass masses lesion lesions nodule tumor tumour swelling
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
na sodium
ca calcium
cl chloride
co2 carbon
nh3 ammonia
n2o nitrous
no3 nitrate
histopathology pathology histology pathological
excluded ruled
"""
# Pairs of opposites: a word of one side must not stand for one of the other. A word with a star is on its side in what
# was given, but is not questioned in an answer.
_OPPOSITES: Final = """
direction: increase rise rose risen raise higher elevate upregulate gain augment grow* grew* grown* enlarge amplify promote expand expansion accelerate stimulate activate induce* heighten greater stronger improve* better* more* upward boost above exceed upregulation increment enhance* improved* up* high* larger* longer* faster* | decrease decline reduce reduction lower diminish downregulate shrink shrunk shrank suppress inhibit repress attenuate weaken weaker drop fell smaller* worse* fewer* downward impair* lessen below downregulation fall* loss* down* less* low* shorter* slower* deteriorate* deplete* compromise*
time: before prior preoperative pre pretreatment* preintervention presurgical prenatal beforehand preceding* earlier* previously* | after postoperative post posttreatment postintervention postsurgical postnatal afterwards following* later* thereafter* subsequent* subsequently* follow* since* when* upon*
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
axis: x abscissa horizontal* | y ordinate vertical*
resist: resistant resistance tolerant tolerance | susceptible susceptibility sensitive
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
# Pairs whose words any rewrite may use where neither side was given.
_LOOSE: Final = frozenset(
    "direction time height order second early large long many ends complete thick in old same lack fill absolute direct".split()
)
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
    strict = {w for w, found in opposites().items() if any(f.asked and f.pair not in _LOOSE for f in found)}
    words = (w for w in (*_FREE.split(), *STOP) if w not in strict and w not in COLORS)
    return frozenset(b for w in words for b in (*bases(w), token_key(w))) - strict


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
