"""List the long forms of abbreviations that are rarely spelled out: methods, medical units, chemical elements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

# "SEM" means "scanning electron microscopy" or "standard error of the mean": a text may say either, and a reader has to
# judge which is wrong in context. A semicolon separates two meanings.
_KNOWN: Final = """
CT: computed tomography tomographic scan
CTA: computed tomography angiography tomographic
HRCT: high resolution computed tomography
CBCT: cone beam computed tomography
PET: positron emission tomography
SPECT: single photon emission computed tomography
MRI: magnetic resonance imaging
MR: magnetic resonance imaging
fMRI: functional magnetic resonance imaging
MRA: magnetic resonance angiography
MRCP: magnetic resonance cholangiopancreatography
FLAIR: fluid attenuated inversion recovery
DWI: diffusion weighted imaging
ADC: apparent diffusion coefficient
DTI: diffusion tensor imaging
STIR: short tau inversion recovery
US: ultrasound ultrasonography sonography
EUS: endoscopic ultrasound ultrasonography
IVUS: intravascular ultrasound
OCT: optical coherence tomography
OCTA: optical coherence tomography angiography
DSA: digital subtraction angiography
ERCP: endoscopic retrograde cholangiopancreatography
TTE: transthoracic echocardiography echocardiogram
TEE: transesophageal echocardiography echocardiogram
ECG: electrocardiogram electrocardiography electrocardiographic
EKG: electrocardiogram electrocardiography electrocardiographic
EEG: electroencephalogram electroencephalography electroencephalographic
EMG: electromyogram electromyography electromyographic
MEG: magnetoencephalography
HE: hematoxylin eosin haematoxylin
IHC: immunohistochemistry immunohistochemical
IF: immunofluorescence immunofluorescent
FISH: fluorescence in situ hybridization
ISH: in situ hybridization
DAPI: nucleus nuclei nuclear
GFP: green fluorescent protein
EGFP: enhanced green fluorescent protein
YFP: yellow fluorescent protein
RFP: red fluorescent protein
SEM: scanning electron microscopy microscope micrograph; standard error mean
TEM: transmission electron microscopy microscope micrograph
HRTEM: high resolution transmission electron microscopy micrograph
FESEM: field emission scanning electron microscopy micrograph
STEM: scanning transmission electron microscopy micrograph
AFM: atomic force microscopy microscope
EDS: energy dispersive spectroscopy x-ray elemental
EDX: energy dispersive spectroscopy x-ray elemental
XRD: x-ray diffraction diffractogram
XPS: x-ray photoelectron spectroscopy
FTIR: fourier transform infrared spectroscopy
UV: ultraviolet
IR: infrared
NMR: nuclear magnetic resonance
MS: mass spectrometry
LC: liquid chromatography
GC: gas chromatography
HPLC: high performance pressure liquid chromatography
UPLC: ultra performance liquid chromatography
TLC: thin layer chromatography
DSC: differential scanning calorimetry
TGA: thermogravimetric analysis
CD: circular dichroism
PCR: polymerase chain reaction
qPCR: quantitative real time polymerase chain reaction
RT: reverse transcription transcriptase; room temperature; real time
ELISA: enzyme linked immunosorbent assay immunoassay
SDS: sodium dodecyl sulfate sulphate
PAGE: polyacrylamide gel electrophoresis
EMSA: electrophoretic mobility shift assay
DNA: deoxyribonucleic acid genetic
RNA: ribonucleic acid transcript
mRNA: messenger rna transcript transcripts transcriptional
miRNA: microrna micrornas micro rna rnas
lncRNA: long non-coding noncoding rna
siRNA: small interfering rna knockdown
shRNA: short hairpin rna knockdown
sgRNA: guide rna
cDNA: complementary dna
SNP: single nucleotide polymorphism variant mutation
SNV: single nucleotide variant variation polymorphism mutation
indel: insertion deletion mutation
QTL: quantitative trait locus loci
GWAS: genome wide association study
GO: gene ontology
KEGG: kyoto encyclopedia genes genomes pathway
DEG: differentially expressed gene
ROS: reactive oxygen species
ATP: adenosine triphosphate
LPS: lipopolysaccharide
TNF: tumor tumour necrosis factor
IL: interleukin
IFN: interferon
TGF: transforming growth factor
VEGF: vascular endothelial growth factor
EGF: epidermal growth factor
NO: nitric oxide
WT: wild type
KO: knockout knock-out
OE: overexpression overexpressing
PBS: phosphate buffered saline
DMSO: dimethyl sulfoxide sulphoxide
EDTA: ethylenediaminetetraacetic acid
BSA: bovine serum albumin
FBS: fetal bovine serum
OD: optical density; odds
OR: odds ratio
HR: hazard ratio; heart rate
RR: relative risk; respiratory rate
CI: confidence interval
SD: standard deviation
SE: standard error
IQR: interquartile range
ROC: receiver operating characteristic
AUC: area under curve
ANOVA: analysis variance
PCA: principal component analysis
PC: principal component
PCoA: principal coordinate analysis
RDA: redundancy analysis
NMDS: nonmetric multidimensional scaling
LDA: linear discriminant analysis
OS: overall survival
PFS: progression free survival
DFS: disease free survival
RFS: relapse recurrence free survival
KM: kaplan meier survival
RCT: randomised randomized controlled trial
BMI: body mass index
BP: blood pressure
SBP: systolic blood pressure
DBP: diastolic blood pressure
EF: ejection fraction
LVEF: left ventricular ejection fraction
CPR: cardiopulmonary resuscitation
ICU: intensive care unit
CSF: cerebrospinal fluid
CNS: central nervous system
PNS: peripheral nervous system
GI: gastrointestinal
IV: intravenous
LV: left ventricle ventricular
RV: right ventricle ventricular
LA: left atrium atrial
RA: right atrium atrial; rheumatoid arthritis
LAD: left anterior descending artery coronary
RCA: right coronary artery
IVC: inferior vena cava
SVC: superior vena cava
COPD: chronic obstructive pulmonary disease
HIV: human immunodeficiency virus
HBV: hepatitis b virus
HCV: hepatitis c virus
HPV: human papillomavirus
CMV: cytomegalovirus
EBV: epstein barr virus
TB: tuberculosis
AML: acute myeloid leukemia leukaemia
ALL: acute lymphoblastic leukemia leukaemia
CLL: chronic lymphocytic leukemia leukaemia
CML: chronic myeloid leukemia leukaemia
HCC: hepatocellular carcinoma
RCC: renal cell carcinoma
SCC: squamous cell carcinoma
NSCLC: non-small small cell lung cancer
CRC: colorectal cancer
AD: alzheimer disease
PD: parkinson disease
ALS: amyotrophic lateral sclerosis
LDL: low density lipoprotein cholesterol lipid
HDL: high density lipoprotein cholesterol lipid
TC: total cholesterol lipid
TG: triglyceride triglycerides lipid
HbA1c: glycated hemoglobin haemoglobin
CRP: c-reactive protein
ALT: alanine aminotransferase transaminase
AST: aspartate aminotransferase transaminase
BUN: blood urea nitrogen
WBC: white blood cell leukocyte
RBC: red blood cell erythrocyte
NK: natural killer
DC: dendritic cell
NOx: nitrogen oxides
GHG: greenhouse gas
DO: dissolved oxygen
COD: chemical oxygen demand
BOD: biochemical biological oxygen demand
TN: total nitrogen
TP: total phosphorus
TOC: total organic carbon
DOC: dissolved organic carbon
SOC: soil organic carbon
NDVI: normalized difference vegetation index
GIS: geographic information system
GPS: global positioning system
cv: cultivar cultivars
cvs: cultivar cultivars
sp: species
spp: species
ssp: subspecies
subsp: subspecies
var: variety varieties
dpi: days post after inoculation infection
hpi: hours post after inoculation infection
DAF: days after flowering
DAP: days after planting
DAT: days after transplanting treatment
DAI: days after inoculation
"""
_ELEMENTS: Final = """
Ag silver Al aluminium,aluminum Ar argon As arsenic Au gold Ba barium Be beryllium Bi bismuth Br bromine Ca calcium
Cd cadmium Ce cerium Cl chlorine,chloride Co cobalt Cr chromium Cs caesium,cesium Cu copper Eu europium Fe iron
Ga gallium Gd gadolinium Ge germanium Hg mercury In indium Ir iridium La lanthanum Li lithium Mg magnesium
Mn manganese Mo molybdenum Na sodium Nb niobium Nd neodymium Ni nickel Pb lead Pd palladium Pt platinum Rb rubidium
Ru ruthenium Sb antimony Se selenium Si silicon Sn tin Sr strontium Ti titanium Tl thallium Zn zinc Zr zirconium
""".split()


_SINGLE: Final = {"K": "potassium", "P": "phosphorus", "N": "nitrogen", "C": "carbon", "S": "sulfur", "B": "boron"}
_SALTS: Final = {"Cl": "chloride", "NO3": "nitrate", "SO4": "sulfate", "PO4": "phosphate", "CO3": "carbonate"}
_PART: Final = re.compile(r"NO3|SO4|PO4|CO3|[A-Z][a-z]?")
_FORMULA: Final = re.compile(r"(?:(?:NO3|SO4|PO4|CO3|[A-Z][a-z]?)\d{0,2}){1,6}[+-]?")


@lru_cache(maxsize=10_000)
def elements_of(text: str) -> frozenset[str]:
    """Return the names of the elements and salts in a formula ("NaCl": sodium, chloride); empty if it is not one."""
    if not _FORMULA.fullmatch(text):
        return frozenset()
    known = dict(zip(_ELEMENTS[::2], _ELEMENTS[1::2], strict=True))
    out: set[str] = set()
    for part in _PART.findall(text):
        if (name := _SALTS.get(part) or _SINGLE.get(part) or known.get(part)) is not None:
            out.update(name.split(","))
        elif part not in ("H", "O"):
            return frozenset()
    return frozenset(out)


@cache
def long_forms() -> Mapping[str, frozenset[str]]:
    """Map abbreviations, as written, to the words that they may stand for."""
    out = dict(zip(_ELEMENTS[::2], (frozenset(names.split(",")) for names in _ELEMENTS[1::2]), strict=True))
    for line in _KNOWN.strip().splitlines():
        short, long = line.split(": ")
        out[short] = frozenset(long.replace(";", "").split())
    return out
