"""List groups of words that may replace each other; opposites are never in one group."""

from __future__ import annotations

from typing import Final

SAME: Final = """
lung pulmonary pulmonic
heart cardiac myocardium myocardial cardiomyocyte cardiomyocytes
muscle muscular myocardium myocardial
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
differ difference different differed change changed alter altered alteration
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
ileum ileal
cecum cecal caecum caecal
cortex cortical
dermis dermal
rumen ruminal
femur femoral
jaw mandibular mandible
urine urinary
pupa pupae pupal
flower floral flowers
pollen pollinic
mitosis mitotic
meiosis meiotic
osmosis osmotic
obesity obese
oxidation oxidised oxidized oxidise oxidize oxidative
hydrolysis hydrolysed hydrolyzed hydrolyse hydrolyze hydrolytic
fever febrile
birth natal neonatal
blood hematologic haematologic hematological haematological
solar sun
avian bird birds
bovine cow cows cattle
porcine pig pigs swine
ovine sheep
caprine goat goats
equine horse horses
canine dog dogs
feline cat cats
progeny offspring descendants
parent parents parental
phylogeny phylogenetic evolutionary evolution
degradation degrade degraded breakdown decomposition decompose decomposed
redundant surplus excess extra
uneven unequal unbalanced nonuniform
temperature warmth
variation variations fluctuation fluctuations
tomato lycopersicum
cotton gossypium
tobacco nicotiana
pea pisum
bean phaseolus
oat oats avena
rye secale
rapeseed canola
yeast saccharomyces cerevisiae
zebrafish danio
drosophila fruitfly
honeybee apis
millet setaria miliaceum
apple malus
grape grapevine vitis
banana musa
poplar populus
pine pinus
oak quercus
spruce picea
alfalfa medicago
chickpea cicer
peanut groundnut arachis
lettuce lactuca
carrot daucus
sugarcane saccharum
cassava manihot
chestnut castanea
walnut juglans
chicken gallus
"""

# Wider words: each may replace the narrower words behind it, but not the reverse.
WIDER: Final = """
blood: plasma serum erythrocyte leukocyte leucocyte lymphocyte platelet hemoglobin haemoglobin
heart: ventricle ventricular atrium atrial coronary mitral
brain: cortical hippocampus hippocampal cerebellum cerebellar thalamus thalamic striatum striatal neuron neuronal
liver: hepatocyte hepatocellular
kidney: glomerulus glomerular podocyte nephron
lung: alveolus alveolar bronchus bronchial bronchiole
eye: retina retinal cornea corneal
skin: epidermis epidermal dermis dermal keratinocyte
bone: femur femoral tibia tibial vertebra vertebral
intestine: ileum ileal jejunum jejunal duodenum duodenal colon colonic cecum caecum
mosquito: aedes anopheles culex
"""
