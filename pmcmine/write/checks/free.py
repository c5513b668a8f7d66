"""List general words that any rewrite may use: they name no finding, organ, substance, species, side or sign."""

from __future__ import annotations

from typing import Final

FREE: Final = """
abandon abbreviate abbreviated abbreviation abbreviations ability able above abovementioned abrupt absolute absorb
abstract abundance abundant academic accept acceptability acceptable access accessibility accessible accidental
accommodate accompanied accompany accompanying accomplish accomplishment according accordingly account accountable
accumulate accumulated accuracy accurate accurately achieve acknowledge across act action activation active activity
actual actually adapt add additional additionally address adequate adhere adherence adjacent adjust adjustment
administer administered administration administrative admission admit adopt adoption adult advance advancement
advantage advantageous adverse advertise advisable advised advocate aesthetically affect affected afford affordable
aforementioned afternoon afterward afterwards against agent aggressively agree agreement ahead aid aide aim akin
alarmingly albeit alert algorithm align alignment alike aliquot alive all allocate allocated allocation allow almost
alone along alongside already alter alteration altered alternate alternating alternative although altitude altogether
always amateur amaze ambient ambiguous amenable amend amid among amongst amount ample amplification amplify analogous
analogously analyser analyses analysis analytical analyze analyzer ancestral ancient and angle animal annotate
annotation announce annoy annual anonymous another answer antibody anticipate any anything anyway apart apologize
apparatus apparent appeal appear appearance applicability applicable application applied apply appoint appointment
appreciable appreciate approach appropriate approval approved approximate approximately approximation aptly arbitrarily
arbitrary architecture archive area arguably argue argument arise arms around arouse arrange arrangement array arrival
arrive arrow arrowhead article artificially as ascertain aside ask aspect assay assemble assembly assert assess
assessment assign assigned assist assistance assistant associate association assume assumption assure asterisk
asterisks astonishingly at ate atop attach attached attachment attain attempt attend attention attest attracted
attractive attributable attribute authentic author authority authorize authorship auxiliary availability available
avenue average avert avoid avoidance await aware away axes axis backdrop background bad balance ban band bar barely
bargain barrier based baseline basic basically basis batter be beam bear bearing bears became because become beforehand
began begin beginning begun behave behaviour behind being belief believe belong below bench benchmark bend beneath
beneficial benefit bent beside besides best bestow better between beyond bias big bigger billion binary bind
biologically biology bit blame blank blanket blend blindly block blunt board boast boldface bond booklet border bore
born borrow both bottleneck bound boundary box boxplot brace brake branch brand break breakthrough brief briefly
brightest brightly brightness bring broad broaden broader broadly broker broth brought budget buffer build built bulk
burden buy by cable calculate calculation calibrated calibration call calm came camera campaign can cancel candidate
cane cannot canonical capability capable capacity caption capture care careful carefully caret carried carrier carries
carry carrying case catalogue catch categorically category cater cause caused causing caution cautiously cease
celebrate cell center central centre certain chain challenge chance change changed channel chaperone characterise
characteristic characterization charge chart chase cheaply check chemically chiefly choice choose chose chosen chunk
circle circulation circumference circumstance circumstances citation cite city claim clamp clarify clarity class
classic classical classification classify clean clear clearance clearly client climb clinic clip close closely closer
closest closure cluster coat coated code coexist coherent coincide collaborate collaboration collaborative colleague
collect collection collectively collide colony color colorful coloured colourful column combination combine combined
come comfortably commence comment commercial commitment committee common commonly communities compact comparable
comparative comparatively compare compared compares comparison compartment compatibility compatible compelling
compensate compete competition competitive compile complain complement complementary complete completely completeness
complex complexity complicate comply component compose composite composition compound comprehend comprehensive comprise
comprised comprises computational compute computer conceivable concentration concept conceptual conceptualized concern
conclude conclusion conclusive concomitant concomitantly concurrent concurrently condition conditional conducive
conduct confer confidence confidentiality confidently configuration confine confirm confirmation conflict conform
confront conjunction connect connection conscious consecutive consensus consent consequence consequently conservatively
conserve consider considerable considerably consideration consist consistency consistent consolidation conspicuous
conspicuously constant constituent constitute construct construction constructive construe consult consultation consume
consumption contact contain contaminate contemplate contemporary contend content contest context continent continual
continually continuation continue continuously continuum contract contradict contradictory contrary contrast contribute
contribution contributor controlled controversial convenience convenient conventionally converge conversion convert
convey convincing cool cooled cooperate cooperative cope copy core corn correct correction correlate correspond
corresponding corroborate cost could counsel count counteract counterpart counterparts countless country couple course
cover coverage cradle create creation creative credibility criteria criterion critical criticize crop cross crossover
crucial crumble cultivar cultivate culturally cumulative curiously current currently curse curve curved customary cut
cuts cycle dagger daily danger dangerous darkest dashed data database dataset date dawn day deactivate dead deal death
debate decade decide decision decisive declare decline decorate decrease dedicate deduce deep deeper deepest default
defeat defend define definitely definition definitively deflect degree delay delayed delete delineate delineated
delineates deliver delivery demand demographic demonstrate demonstrating dendrogram denominator denote dense deny
depart depend dependable dependence depict depicted depiction depicts deploy deprived depth derive derived describe
description descriptive deserve design designate desirable desire desperately despite destination destroy detail
detailed detect detectable detected determinant determination determine develop developmentally develops deviation
device devoted diagnose diagnosis diagonally diagram diagrammatic diameter diametrically diamond dictate did die died
differ difference different differential differentiate difficult difficulty digit digitally dimension dimensional
diminish direct direction disable disadvantage disagreement disappear disappoint discard discern discerned discernible
discipline disclose discount discourage discover discovery discrepancy discrete discriminate discuss disengage dislike
disparity dispense dispersed display displayed dispose dispute disregard disrupt disruption dissemination dissolve
distance distantly distinct distinction distinctive distinguish distinguishable distribute distribution disturb
divergence divergent diverse divert divide do dock doctor document documentation dominance dominant dominate donate
done dos dosage dose dot double doubt doubtful download draft drag dramatically drastically draw drawback drawn drill
drink drive driven drop drug dry dual due duly duplicate duration during dwell dynamics each earlier earliest early
earn ease easily east eastern easy eat eaten economic economical edge edit editor editorial education effect effective
effectively effectiveness efficacy efficiency efficient effort eight eighth eighty either elaborate elapse elapsed
electronically elegantly element elevate elevation eleven elicit eligibility eligible eliminate elimination else
elsewhere elucidate elucidation elusive embark embedded embrace emerge emergency emergent emit emphasis emphasise
empirically employ empty enable encode encompass encompassed encompasses encounter encourage encouraging end endanger
endeavor endorsement endpoint endure energetic enforce engineer enhance enjoy enlarge enlighten enlist enormous enough
enrol enroll enrolled enrolment ensure enter enthusiastically entire entirely entry environment enzyme epidemiological
equal equation equip equipment equivalent era eradicate erase erroneously error escalate escape especially essence
essential essentially establish estimate estimation estimator ethically ethnically evade evaluate evaluation even
evening event eventually every everyday evidence evident evoke evolution evolve exact exactly examination examine
example exceed exceedingly excellent except exception exceptional excess exchange exciting exclude exclusion exclusive
exclusively execute execution exemplify exemption exert exhaustive exhibit exist existence exit exotic expand expect
expectancy expectation expel expenditure expensive experience experienced experiment experimental experimentation
expert expertise explain explanation explicit explicitly exploit exploration exploratory explore exponentially expose
exposed exposing exposure express extend extensive extensively extent exterior external extra extract extraction
extraordinarily extraordinary extreme extremely eye face facilitate facility fact factor fade fail failure fairly
faithfully fall false familiar famous far fare fared fares farthest fashion fast faster fastest father favor favorably
favour favourable feasibility feasible feature fed feed feedback fell fence few fewer fewest fidelity field fifth fifty
figure figures file fill filter final finally finance financial find finding findings fine finish finite firmly first
fit five fix flag flat flexible flip flock flow flowchart fluently focus foil fold follow followed following for force
forced forecast forget form formal format former formerly formula formulation forth fortnight fortunately forty forward
foster foul found foundation four fourth fraction fragment frame framework freedom freely freeze frequent frequently
fresh freshen friendly from frozen fuel fulfil fulfill full fully function functionality fundamental funding further
furthermore fuse fused future gain gap gather gauge gave gear gel gene general generalization generally generate
generation generic generous gentle genuinely geographically geometric get gift give given glance glide global go goal
goes going gone good govern grab grade graded gradient gradual gradually grammatical grand graph graphic graphical
grateful gray great greater greatest greatly grew grid grill gross ground group grow grown growth guaranteed guard
guess guidance guide guidelines habitually had half hallmark halt hand handful handled happen harbor harboring harbour
hard hardly harmful harsh harvest hash hasten have having head headline heal heat heated heatmap heavily heavy height
held help helper helpful hence here hereafter hermetically hidden hierarchical hierarchy high higher higher-level
highest highlight highlighted highlights hinder hindrance hint histogram historical historically history hit hoc hold
home honestly hope hopefully horizontal hospital host hotly hour house housed household how however http hue hues huge
human hundred hundreds hunt hybrid hypothesis hypothetical idea ideal identical identification identifier identify if
ignite ignored illness illuminate illumination illustrate illustrates illustration image imaging imitate immense impact
impair impart impede imperative implant implement implementation implicate implication implicitly imply import
importance important importantly impose impossible impression impressive improperly improve in inadvertently
inappropriate incentive incidentally incite include included including inclusion inclusive incomplete inconsistency
inconsistent inconvenience incorporate incorporation incorrectly increase increasingly incredibly incremental indeed
indefinitely independent independently index indicate indicated indicating indication indicative indicator indirectly
indiscriminately indispensable individual induce industrial industry ineligible inevitable inevitably inexpensive
inextricably infancy infer inference inferred infinite inflict influence influential inform informal information
informative infrastructure ingredient inhabit inherent inhibitory initial initially initiate initiation initiative
inner innovation innovative input inquire inscribed insert insertion inset inside insight insignificant insist inspect
inspire install instance instantaneously instantly instead institute institution institutional instructed instructions
instrument instrumental insufficient insult insure intact integral integrate integration integrative integrity
intelligible intend intended intensely intensity intensive intentionally interaction interactive intercept interest
interestingly interface interfere interference interim interior intermediate intermittently internal internationally
interplay interpolate interpolated interpolation interpret interpretation intersect intersection interspersed interval
intervention interview intimately into intricate intrigue intrinsic introduce introduction intrude intuitive invade
invaluable invariably invasion invent invention inventory invert investigate investigation investigational investigator
investment invite invoke involuntarily involve irregular irrelevant irreversibly irritate is isolation issue it italic
italics item its itself jeopardize job join joint journey judge jump just justify juxtapose juxtaposed keep kept key
keyword kind kinetics know knowledge known lab label labelled laboratory laborious lack laid landscape lane lanes
language large largely larger largest last lasted lasting lasts late later latest latitude latter launch lay layer
layout layperson lead lean learn least leave lecture led left leftover legally legend legislative length lengthy less
let letter level liberate library license lie lies life lifespan lifestyle lifetime lift light like likelihood likely
likewise limit limitation line linger link linked linking list listen literally literature litter little live living
load locally locate located location lock log logical logistical long longer longest longitude look lookup loop loose
loosen lose loses loss lost lot low lower lowest lying machine machinery made magnetically magnified magnitude main
mainly maintain maintained major majority make malfunction manage mandate mandatory manifest manifold manipulation
manner manufacture manufacturer manuscript many map margin marginal mark marked marker market markings marks mask
masked masking match matched matching material mathematical matter maximal maximize may mean meaning meaningful
meaningless means meant meanwhile measurable measure measurement mechanical mechanism mechanistic median medically
medium meet member membership menace mention merely merge merit message met method methodology meticulously metric
microbe microscope microwave middle midway might mil million mimic min mind minimal minimize minimum minor minority
minutes mirror mirrored mirrors misleading mismatch miss missing mistakenly mix mixture mobile mobilize mock modality
mode model moderate modernization modest modestly modification modify module moment momentum monitor monitored
monitoring monthly moreover morning morphology most mostly motion motivate motivation move movement much multiple
multiplicity must mutual mutually myriad name namely narrow narrower nation national nationwide natural nature near
nearby nearest nearly neatly necessarily necessary necessity need negligible negotiate neighbor neither net network
neutral never new newcomer newly next nicely niche night nine ninety ninth no nomenclature nominal non none nonetheless
noon nor normality normalization normally north northern notable notably notch note noted noteworthy nothing notice
noticeable noticed notify notoriously novelty now nowadays number numeral numerals numerical numerous nurture obey
objective oblige obscure observable observation observational observe observed observer obtain obvious occasion
occasionally occupation occupy occur occurrence odd odds of offend offer official often old oldest on once one ones
ongoing online only onset onto onwards open operate operation operational opportunity opposite optimization optimize
optimum option or order ordinarily ordinary organ organise organism organization organize organized orient orientation
origin original originality originally originate originated other others otherwise out outcome outlet outlier outline
outset outside outstanding outweigh over overall overcome overestimate overlaid overlap overlay overlays overlie
overlook overlying overnight overview overwhelm overwhelmingly owe owing own ownership pace pack package page paint
pair paired pairwise palette panel panels paper parallel parameter parametric part partial partially participant
participate participation particle particular particularly partition partner parts pass passage passively past paste
path patient pattern pause peak peck peculiar pedigree penetrate penetration people per perceive percent percentage
percentile perfect perform performance performed perhaps period periodic permanent permit persist persisted persistence
persistent person personal personalized perspective pertinent perturbation phase phenomenon photo photograph phrase
physical physician physiologically pick pictorial picture piece pile pilot pinpoint pipeline pivotal place plague plain
plan plane plant plate platform plausible play please plenty plot plotted plough plow plus point points policy
political polymorphic ponder pool pooled poor poorly popular popularity population portable portion portray portrayal
portrayed portrays pose position possess possibility possible possibly post posterior postpone potential pound pour
power powerful practicable practical practice practise practitioner precede precise precisely precision predetermined
predict predictability predictable predicted prediction predictive predictor predominant predominantly prefer
preferable preference preliminary preparation prepare prepared prerequisite prescribed presence present presentation
presented presents preserve pressure presumably presume pretreat pretreated pretreatment prevailing prevent previous
previously price prick primarily principal principle print prior prioritize priority private probability probably
problem problematic procedure proceed process produce production productive productivity professional profile profit
profoundly prognosis program programme progress progressive progressively project prolonged prominent prominently
promise promising promote promotion prompt prone pronounced proof propagation proper properly property proportion
proportional propose proposition prospect prospective protect protein protocol prototype prove proven provide provider
provides provision provisional provoke proximity psychologically public publication published puddle pull pulse
purchase purely purify purity purpose purposefully pursue pursuit push put puzzle qualified qualitative quality
quantification quantify quantitative quantity quarter quartet question quick quickly quintet quit quite quote race rack
radically raise ramp ran random randomise randomised randomization randomized randomly range ranging rank rapid rapidly
rare rarely rate rather ratio rational rationale raw reach react read reader readily ready real realise realistic
realize reap rearrange reason reasonable recall receive recent recently recipe reciprocal recognise recognition
recognizable recognize recommend recommendation reconcile reconstruct reconstructed reconstruction record recording
recover recruit recruited recruitment rectangle recycle redirect reduce reduced refer reference referral referred
refill refined reflect reflective reform regain regard regarding regardless region regional register registration
regret regular regularly regulation reinforce reject relate related relatedness relates relating relation relationship
relative relatively release relevance relevant reliability reliable reliance relief relieve religious relocate rely
remain remainder remained remaining remark remarkable remarkably remedy remember remind reminiscent remotely removal
remove removed render renew repair repeat repeatedly repel repertoire repetitive replace replacement replicate reply
report reportedly reporter repository represent representation representative reproduce reproducibility reproducible
reprogram request require requirement requirements rescue research researcher resemblance resemble reserve reside
resident residual resist resolution resolve resort resource respect respective respectively respond response
responsibility responsible responsive rest restart restrain restrict restriction result resultant results resume retain
retire retreat retrieve return reveal revealed reveals reversal reverse revert review reviewer revive revolve reward
rich right rightly rigorous rinse rise robust robustness role room rose rotating rotation rough roughly round route
routine routinely row ruin rule run running rural sacrifice safe safeguard safety same sample sanction sat
satisfactorily satisfactory satisfy save saw say scale scan scarce scare scatter scatterplot scenario schedule
schematic schematically scheme scholar scientific scientist scoop scope score scramble scrap scrape screen screw script
scrub scrutiny seamlessly search seated second section secure securely see seed seeded seek seem seemingly seen segment
seldom select selected selection selectively selectivity sell send senior sense sensitivity sent sentence separate
separately separation sequence sequential serial seriously serve server service session set setting settled setup seven
seventh seventy several shade shaded shading shadow shallow shape share sharp sharpen sharply shatter sheet shelter
shift ship short shortage shorter shortest should shout show showcase showcased showcases shown shred shrink shut
shuttle side sift sifted sifting sign signal signature significance significant signify signs silence silently similar
similarity similarly simple simpler simplicity simplify simply simulate simulation simultaneously since sincerely
single singular sink sit site sits sitting situated situation six sixth sixty size sizeable sketch skim slice sliced
slight slightly slot slow slower slowest slowly small smaller smallest smart smear smooth snapshot so soak social
society soft software solely solid solution solve solved some something sometimes somewhat sonicate sonication soothe
sophisticated sort sought source south southern span spare spark sparse spatial spatially speak special specialist
specialize specialized species specific specifically specification specified specimen spectacular speculate speed spend
spends spent spill spite split spoil sponsor spontaneously spot spread sprinkle sprint spruce square stabilize stable
stack staff stage stain stained staining stake stakeholder stand standard standardize standardized staple star start
state stated statement static statistic statistical statistically statistics status steadily steady stem step stepwise
still stimulus stir stochastic stood stop storage store straight straightforward strain strand strange strategic
strategy stratification stream strength strengthen stretch strict strictly strike striking strikingly stringent strip
strive strong stronger strongest strongly structural structure struggle studies study stunt style sub subdivide
subdivided subgroup subheading subject submission submit subscribe subsequent subsequently subset substance substantial
substantially substantiate substitute subsystem subtly succeed success successful successfully succession successive
succumb such suction sudden suffer sufficient suggest suggesting suggestion suggestive suit suitable suite sum
summarise summarises summarizes summary sundry superficially superimpose superimposed supernatant supervise supervision
supplement supplementary supplier supply support suppose sure surface surge surgeon surprise surprising surprisingly
surrogate surround surroundings surveillance survey survive suspect suspected suspicion sustain sustainability
sustainable swab swap sway swim switch symbol system systematic table tackle tactic tag tail take taken talk tall tap
tape target task taste team tease technical technique technologically tedious tell template tempo temporal temporally
temporarily temporary tempt ten tend tendency tenfold tentatively tenth term terminate terribly test tested text
textural than thankfully thanks that their them thematic themselves then theoretical theory therapy there thereafter
thereby therefore these they thick thickest thin think third thirty this thorough those though thought thousand
thousands thread threaten threatening three threefold threshold through throughout throughput throw thus tick tie tied
tight tighten tightly tilde time timeline timepoint tint tinted tiny tip tissue title to together told tolerate ton
took tool top topic topology total touch toward town trace tracer tracing track trade traditional trail trained
training trait trajectory transcend transfer transform transient transition translate translation transmit transparency
transparent transport travel treat treated treatment tremendous trend trial trial-eligible triangle trigger triple
triplicate true truly trust truth try tumble tune turn tweak twelve twenty twice two twofold type typical typify
ubiquitous ultimately unable unaffected unanimously unavoidable unbiased uncertain uncertainty unchanged unclear
uncommon uncover under underestimate underestimated undergo undergone underline underlying undermine underneath
underpin underpinned underpins underscore underscored underscores understand understanding understood undertake
undertaken underway underwent undesirable undoubtedly undue unequivocally unexpectedly unexplored unexposed unfamiliar
unfavorable unfavourable unfold unfortunately unidentified uniform uniformly unilaterally unintended unintentionally
unique unit unite universal unknowingly unknown unless unlike unload unlock unnecessary unpaired unprecedented
unpredictable unpublished unravel unrelated unsuccessfully until untreated unusual unveil upcoming updated upgrade
upload upon upper urban urgently usage use used useful usefulness user usher using usual usually utilise utility
utilization utilizing utmost vague valid validate validation validity valuable value variability variable variance
variant variation various vary vast verbally verification verify versa versatile version versus vertical very via
viable vice vicinity videotape view viewed vignette vigorously village violate virtually virus visible visibly visit
visual visualisation visualise visualization visualize visualized visualizes visually vital viz volume voluntarily
voluntary volunteer vulnerable wait walk walkthrough wall want warm warning warrant was wash watch way weak weaker
weakest weakly wealth weather weave website week weekday weekend weigh weight welcome weld well went were western what
whatever when whenever where whereabouts whereas whereby wherein whether which while whilst whisker whiskers whittle
whittled who whole wholly whose why wide widely widespread widest width wildly will willingly willingness win window
winnow winnowed wipe wise wish with within without witnessed won wonder word work workable worker workflow world
worldwide worse worship worst worth worthwhile would wrap write written wrong wrote year yes yet yield you young
youngest zero zone zoom
"""

# Hypernyms that may sum up named things: "lipids" for triglycerides.
KINDS: Final = """
acid adjuvant agonist algae allele amphibian analyte antagonist antibiotic antigen anybody anyone aromatic arthropod
bacteria bacterial bacterium base biomarker biomolecule biota bird body capital carbohydrate celsius cereal chemokine
chromosome clade clone compound contaminant crop cultivar cytokine dairy dataset derivative disease disorder dye
element embryo enzyme everybody everyone extract fahrenheit farm fat fatty feed fiber fibre fish flora fluid
fluorophore forest fruit fungal fungi fungus fusion gas gene genera genetic genome genotype genus germ grain grass
haplotype herb homolog homologue hormone host immune immunoassay inhibitor insect invertebrate ion isoform isolate
isotope kelvin larva larvae legume ligand lipid lipids liquid livestock localise localize loci locus macromolecule
mammal mammalian markedly marker meal metabolite metal microbe microbial microbiota microorganism mineral minus
molecule monomer mutant mutation nanoparticle nobody nutrient nutritional oil oligomer operon organ organelle organic
organism ortholog parasite particle pathogen peptide pest pesticide phenotype pigment plant plasmid plus pollutant
polymer polymorphism polysaccharide precursor predator prey primer probe product prokaryote promoter protein
radiotracer reagent rearrangement receptor reptile residue rodent seed seedling serotype solvent somebody someone
species spore strain substance substrate subtype sugar supplement surfactant symbiont syndrome taxa taxon taxonomic
therapeutic tissue toxin tracer trait transcript transgene transgenic transporter variant vector vegetable vertebrate
viewer viral virus vitamin weed whatever whenever wherever whichever whoever
"""
