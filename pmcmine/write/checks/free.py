"""General words that any rewrite may use: they name no finding, organ, substance, species, side or sign."""

from __future__ import annotations

from typing import Final

FREE: Final = """
akin analogous analogously backdrop boldface booklet caret chunk dagger digit fare fared fares fortnight goes gone hash
hue hues italic italics layperson leftover midway newcomer numeral numerals outset palette quartet quintet sift sifted
sifting sizeable subheading tempo tilde tint tinted tweak underpin underpinned underpins vignette weekend whittle
whittled winnow winnowed
abandon abbreviate abbreviated abbreviation abbreviations ability able above abrupt absolute absorb abstract abundance
abundant academic accept acceptable access accessible accidental accommodate accompanied accompany accompanying
accomplish according accordingly account accumulate accumulated accuracy accurate accurately achieve acknowledge
across act action activation active activity actual actually adapt add additional additionally address adequate adhere
adherence adjacent adjust administer administered administration admission admit adopt adult advance advantage
advantageous adverse advertise advised advocate aesthetically affect affected afford aforementioned afternoon
afterward afterwards against agent aggressively agree agreement ahead aid aide aim alarmingly albeit alert algorithm
align alike aliquot alive all allocate allocated allow almost alone along alongside already alter alteration altered
alternative although altogether always amaze ambient amend amid among amount ample amplification amplify analyses
analysis analytical analyze and angle animal annotate announce annoy annual anonymous another answer antibody
anticipate any anything anyway apart apologize apparatus apparent appeal appear appearance applicable application
applied apply appoint appreciate approach appropriate approval approved approximate approximately aptly arbitrarily
arbitrary architecture arguably argue argument arise arms around arouse arrange arrangement array arrive arrow
arrowhead article artificially as ascertain aside ask aspect assay assemble assembly assert assess assessment assign
assigned assist assistance associate association assume assumption assure asterisk asterisks astonishingly at ate atop
attach attached attain attempt attend attention attest attracted attractive attribute author authority authorize
availability available average avert avoid await aware away axes axis background bad balance ban band bar barely
bargain barrier based baseline basic basically basis batter be beam bear bearing bears became because become
beforehand began begin beginning begun behave behaviour behind being belief believe belong below benchmark bend
beneath beneficial benefit bent beside besides best bestow better between beyond bias big bigger billion bind
biologically biology bit blame blank blanket blend blindly block blunt board boast bond border bore born borrow both
bound boundary box boxplot brace brake branch brand break brief briefly brightest brightly bring broad broaden broadly
broker broth brought budget buffer build built bulk burden buy by cable calculate calculation calibrated calibration
call calm came campaign can cancel candidate cane cannot capability capable capacity caption capture care careful
carefully carried carrier carries carry carrying case catalogue catch categorically category cater cause caused
causing caution cautiously cease celebrate cell center central centre certain chain challenge chance change changed
channel chaperone characterise characteristic characterization charge chart chase cheaply check chemically chiefly
choice choose chose chosen circle circulation circumstance circumstances citation cite city claim clamp clarify
clarity class classification classify clean clear clearance clearly climb clinic clip close closely closer closest
cluster coat coated code coexist coincide collaborate collaboration collect collection collectively collide colony
color coloured column combination combine combined come comfortably commence comment commercial committee common
commonly communities compact comparable comparative comparatively compare compared compares comparison compelling
compensate compete competition competitive compile complain complement complete completely complex complexity
complicate comply component compose composite composition compound comprehend comprehensive comprise comprised
comprises compute computer conceivable concentration concept concern conclude conclusion conclusive concurrent
concurrently condition conduct confer confidence confidently confine confirm conflict conform confront conjunction
connect connection conscious consecutive consensus consent consequence consequently conservatively conserve consider
considerable considerably consideration consist consistency consistent conspicuous conspicuously constant constituent
constitute construct construction construe consult consultation consume consumption contact contain contaminate
contemplate contemporary contend content contest context continent continual continually continue continuously
contract contradict contradictory contrary contrast contribute contribution controlled controversial convenience
convenient conventionally converge conversion convert convey convincing cool cooled cooperate cope copy core corn
correct correction correspond corresponding corroborate cost could counsel count counteract counterpart counterparts
country couple course cover coverage cradle create credibility criteria criterion critical criticize crop cross
crucial crumble cultivar cultivate culturally cumulative curiously current currently curse curve curved customary cut
cuts cycle daily danger dangerous darkest dashed data database dataset date dawn day deactivate dead deal death debate
decade decide decision decisive declare decline decorate decrease dedicate deduce deep deeper deepest default defeat
defend define definitely definition definitively deflect degree delay delayed delete delineate delineated delineates
deliver demand demographic demonstrate demonstrating dendrogram denote dense deny depart depend dependence depict
depicted depiction depicts deploy deprived depth derive derived describe description deserve design designate
desirable desire desperately despite destination destroy detail detailed detect detectable detected determination
determine develop developmentally develops deviation device devoted diagnose diagnosis diagonally diagram diagrammatic
diameter diametrically diamond dictate did die died differ difference different differential differentiate difficult
difficulty digitally dimension diminish direct direction disable disadvantage disagreement disappear disappoint
discard discern discerned discernible disclose discount discourage discover discovery discriminate discuss disengage
dislike dispense dispersed display displayed dispose dispute disregard disrupt disruption dissolve distance distantly
distinct distinction distinctive distinguish distribute distribution disturb divergence diverse divert divide do dock
doctor document dominance dominant dominate donate done dos dosage dose dot double doubt download draft drag
dramatically drastically draw drawn drill drink drive driven drop drug dry dual due duly duplicate duration during
dwell dynamics each earlier earliest early earn ease easily east eastern easy eat eaten economic edge edit education
effect effective effectively effectiveness efficacy efficiency efficient effort eight eighty either elaborate elapse
elapsed electronically elegantly element elevate elevation eleven elicit eligibility eligible eliminate elimination
else elsewhere elucidate embark embedded embrace emerge emergency emit emphasis emphasise empirically employ empty
enable encode encompass encompassed encompasses encounter encourage encouraging end endanger endeavor endorsement
endure energetic enforce engineer enhance enjoy enlarge enlighten enlist enormous enough enrol enroll enrolled
enrolment ensure enter enthusiastically entire entirely entry environment enzyme equal equation equip equipment
equivalent era eradicate erase erroneously error escalate escape especially essence essential essentially establish
estimate estimation ethically ethnically evade evaluate evaluation even evening event eventually every everyday
evidence evident evoke evolution evolve exact exactly examination examine example exceed exceedingly excellent except
exception excess exchange exciting exclude exclusion exclusive exclusively execute execution exemplify exert
exhaustive exhibit exist existence exit expand expect expectancy expectation expel expensive experience experienced
experiment experimental expert explain explanation explicit explicitly exploit exploration explore exponentially
expose exposed exposing exposure express extend extensive extensively extent external extra extract extraction
extraordinarily extraordinary extreme extremely eye face facilitate facility fact factor fade fail failure fairly
faithfully fall false familiar far farthest fashion fast faster fastest father favor favorably favour favourable
feature fed feed feedback fell fence few fewer fewest fidelity field fifty figure figures file fill filter final
finally finance financial find finding findings fine finish firmly first fit five fix flag flat flexible flip flock
flow flowchart fluently focus foil fold follow followed following for force forced forecast forget form format former
formerly forth fortunately forty forward foster foul found foundation four fourth fraction fragment frame framework
freely freeze frequent frequently fresh freshen friendly from frozen fuel fulfil fulfill full fully function
fundamental funding further furthermore fuse fused future gain gap gather gauge gave gear gel gene general generally
generate generation generous gentle genuinely geographically geometric get gift give given glance glide global go goal
going gone good govern grab grade graded gradient gradual gradually grand graph graphic graphical grateful gray great
greater greatest greatly grew grid grill gross ground group grow grown growth guaranteed guard guess guidance guide
guidelines habitually had half halt hand handful handled happen harbor harboring harbour hard hardly harmful harsh
harvest hasten have having head heal heat heated heatmap heavily heavy height held help helpful hence here hereafter
hermetically hidden high higher higher-level highest highlight highlighted highlights hinder hint histogram historical
historically history hit hold home honestly hope hopefully horizontal hospital host hotly hour house housed household
how however huge human hundred hundreds hunt hybrid hypothesis hypothetical idea ideal identical identification
identify if ignite ignored illness illuminate illustrate illustrates illustration image imaging imitate immense impact
impair impart impede imperative implant implement implementation implicate implication implicitly imply import
importance important importantly impose impossible impression impressive improperly improve in inadvertently
incidentally incite include included including inclusion incomplete inconsistent inconvenience incorporate incorrectly
increase increasingly incredibly indeed indefinitely independent independently index indicate indicated indicating
indication indicative indicator indirectly indiscriminately individual induce industry ineligible inevitable
inevitably inexpensive inextricably infancy infer inference inferred inflict influence inform information inhabit
inherent inhibitory initial initially initiate inner innovative input inquire insert insertion inset inside insight
insignificant insist inspect inspire install instance instantaneously instantly instead institute institution
instructed instructions instrument insufficient insult insure intact integrate integration integrity intend intended
intensely intensity intensive intentionally interaction interactive intercept interest interestingly interface
interfere interference intermediate intermittently internal internationally interpret interpretation interval
intervention interview intimately into intricate intrigue intrinsic introduce introduction intrude intuitive invade
invariably invasion invent invert investigate investigation investigator invite invoke involuntarily involve irregular
irrelevant irreversibly irritate is isolation issue it item its itself jeopardize job join joint journey judge jump
just justify juxtapose juxtaposed keep kept key kind kinetics know knowledge known label labelled lack laid landscape
lane lanes language large largely larger largest last lasted lasting lasts late later latest latter launch lay layer
layout lead lean learn least leave lecture led left legally legend length less let letter level liberate library
license lie lies life lifespan lifetime lift light like likelihood likely likewise limit limitation line linger link
linked linking list listen literally literature litter little live living load locally locate located location lock
log logical long longer longest look loop loose loosen lose loses loss lost lot low lower lowest lying machine made
magnetically magnified magnitude main mainly maintain maintained major majority make malfunction manage mandate
manifest manifold manner manufacture manufacturer manuscript many map margin mark marked marker market markings marks
match matched matching material mathematical matter maximal maximize may mean meaning meaningful means meant meanwhile
measure measurement mechanical mechanism median medically medium meet member menace mention merely merge merit message
met method methodology meticulously microbe microscope microwave middle might mil million min mind minimal minimize
minimum minor minority minutes misleading miss missing mistakenly mix mixture mobile mobilize mock mode model moderate
modest modestly modification modify moment monitor monitored monitoring monthly moreover morning morphology most
mostly motion motivate move movement much multiple must mutual mutually name namely narrow nation natural nature near
nearby nearest nearly neatly necessarily necessary necessity need negligible negotiate neighbor neither net network
neutral never new newly next nicely night nine ninety no non none nonetheless noon nor normally north northern notable
notably note noted noteworthy nothing notice noticeable noticed notify notoriously novelty now nowadays number
numerical numerous nurture obey objective oblige obscure observable observation observe observed observer obtain
obvious occasion occasionally occupy occur occurrence odd odds of offend offer official often old oldest on once one
ones online only onset onto onwards open operate operation opportunity opposite optimization optimize optimum option
or order ordinarily ordinary organ organise organism organization organize organized orient orientation origin
original originally originate originated other others otherwise out outcome outline outside outstanding outweigh over
overall overcome overestimate overlaid overlap overlay overlays overlie overlook overlying overnight overview
overwhelm overwhelmingly owe owing own pace pack package page paint pair paired panel panels paper parallel parameter
part partial partially participant participate participation particle particular particularly partner parts pass
passively past paste path patient pattern pause peak peck peculiar pedigree penetrate penetration people per perceive
percent percentage perfect perform performance performed perhaps period permanent permit persist persisted persistence
persistent person perspective pertinent phase phenomenon photo photograph phrase physical physician physiologically
pick picture piece pile pilot pinpoint pipeline place plague plain plan plane plant plate platform plausible play
please plenty plot plotted plough plow plus point points policy ponder pool pooled poor poorly popular popularity
population portion portray portrayal portrayed portrays pose position possess possibility possible possibly post
posterior postpone potential pound pour power powerful practical practice practise precede precise precisely precision
predict predicted predictor predominant predominantly prefer preferable preference preliminary preparation prepare
prepared prescribed presence present presentation presented presents preserve pressure presumably presume pretreat
pretreated pretreatment prevailing prevent previous previously prick primarily principal principle print prior
priority private probability probably problem procedure proceed process produce production productivity profile profit
profoundly prognosis program progress progressive progressively project prolonged prominent prominently promise
promising promote promotion prompt prone pronounced proof proper properly property proportion proportional propose
proposition prospect prospective protect protein protocol prototype prove proven provide provides provision provoke
proximity psychologically public publication published puddle pull pulse purchase purely purify purity purpose
purposefully pursue push put puzzle qualified quality quantification quantify quantitative quantity quarter question
quick quickly quit quite quote race rack radically raise ramp ran random randomise randomised randomized randomly
range ranging rank rapid rapidly rare rarely rate rather ratio rational raw reach react read reader readily ready real
realise realistic realize reap rearrange reason reasonable recall receive recent recently recognise recognition
recognize recommend recommendation reconcile reconstruct reconstructed reconstruction record recording recover recruit
recruited recruitment rectangle recycle redirect reduce reduced refer reference referred refill refined reflect
reflective reform regain regard regarding regardless region register regret regular regularly regulation reinforce
reject relate related relates relating relation relationship relative relatively release relevance relevant
reliability reliable relief relieve relocate rely remain remainder remained remaining remark remarkable remarkably
remedy remember remind reminiscent remotely removal remove removed render renew repair repeat repeatedly repel
repetitive replace replacement replicate reply report reportedly reporter represent representation representative
reproduce reprogram request require requirement requirements rescue research researcher resemble reserve reside
residual resist resolution resolve resort resource respect respective respectively respond response responsibility
responsible responsive rest restart restrain restrict restriction result results resume retain retire retreat retrieve
return reveal revealed reveals reverse revert review revive revolve reward rich right rightly rigorous rinse rise
robust role room rose rotating rotation rough roughly round route routine routinely row ruin rule run running
sacrifice safe safeguard safety same sample sanction sat satisfactorily satisfactory satisfy save saw say scale scan
scarce scare scatter scatterplot scenario schedule schematic schematically scheme scientific scoop scope score
scramble scrap scrape screen screw script scrub seamlessly search seated second section secure securely see seed
seeded seek seem seemingly seen segment seldom select selected selection selectively sell send sense sensitivity sent
sentence separate separately separation sequence sequential seriously serve service session set setting settled seven
seventy several shade shaded shading shadow shallow shape share sharp sharpen sharply shatter sheet shelter shift ship
short shortage shorter shortest should shout show showcase showcased showcases shown shred shrink shut shuttle side
sign signal signature significance significant signify signs silence silently similar similarity similarly simple
simpler simplicity simplify simply simulate simulation simultaneously since sincerely single singular sink sit site
sits sitting situated situation six sixty size sketch skim slice sliced slight slightly slot slow slower slowest
slowly small smaller smallest smart smear smooth snapshot so soak social society soft software solely solid solution
solve solved some something sometimes somewhat sonicate sonication soothe sophisticated sort sought source south
southern span spare spark sparse spatial spatially speak special specialize specialized species specific specifically
specified specimen speculate speed spend spends spent spill spite split spoil sponsor spontaneously spot spread
sprinkle sprint spruce square stabilize stable stack staff stage stain stained staining stake stand standard staple
star start state stated statement static statistic statistical statistically statistics status steadily steady stem
step stepwise still stimulus stir stood stop storage store straight straightforward strain strand strange strategic
strategy stream strength strengthen stretch strict strictly strike striking strikingly strip strive strong stronger
strongest strongly structural structure struggle studies study stunt style sub subject submission submit subscribe
subsequent subsequently subset substance substantial substantially substantiate substitute subtly succeed success
successful successfully successive succumb such suction sudden suffer sufficient suggest suggesting suggestion
suggestive suit suitable suite sum summarise summarises summarizes summary superficially superimpose superimposed
supernatant supervise supplement supplier supply support suppose sure surface surge surgeon surprise surprising
surprisingly surround surveillance survey survive suspect suspected suspicion sustain swab swap sway swim switch
symbol system systematic table tackle tag tail take taken talk tall tap tape target task taste team tease technical
technique technologically tedious tell temporal temporally temporarily tempt ten tend tendency tenfold tentatively
term terminate terribly test tested text than thankfully thanks that their them then theoretical theory therapy there
thereafter thereby therefore these they thick thickest thin think third thirty this thorough those though thought
thousand thousands thread threaten threatening three threefold threshold through throughout throw thus tick tie tied
tight tighten tightly time timeline timepoint tiny tip tissue title to together told tolerate ton took tool top topic
total touch toward town trace tracer tracing track trade traditional trail trained training trait trajectory transcend
transfer transform transient transition translate translation transmit transparent transport travel treat treated
treatment tremendous trend trial trial-eligible triangle trigger triple triplicate true truly trust truth try tumble
tune turn twelve twenty twice two twofold type typical typify ultimately unable unaffected unanimously uncertain
uncertainty unchanged unclear uncover under underestimate underestimated undergo undergone underline underlying
undermine underneath underscore underscored underscores understand understanding understood undertake undertaken
underwent undesirable undoubtedly undue unequivocally unexpectedly unexposed unfold unfortunately unidentified uniform
uniformly unilaterally unintentionally unique unit unite universal unknowingly unknown unless unlike unload unlock
unpaired unpredictable unravel unrelated unsuccessfully until untreated unusual unveil upcoming updated upgrade upload
upon upper urgently usage use used useful usefulness user usher using usual usually utilise utility utilization
utilizing vague valid validate validity valuable value variability variable variance variant variation various vary
vast verbally verification verify versatile version versus vertical very via viable vicinity videotape view viewed
vigorously village violate virtually virus visible visibly visit visual visualisation visualise visualization
visualize visualized visualizes visually vital volume voluntarily volunteer vulnerable wait walk walkthrough wall want
warm warning warrant was wash watch way weak weaker weakest weakly weather weave week weekday weigh weight welcome
weld well went were western what whatever when whenever where whereabouts whereas whereby wherein whether which while
whisker whiskers who whole wholly whose why wide widely widespread widest width wildly will willingly willingness win
window wipe wise wish with within without witnessed won wonder word work worker workflow world worse worship worst
worth worthwhile would wrap write written wrong wrote year yes yet yield you young youngest zero zone zoom
"""

# Kinds of things, under which a text sums up what was given by name: "lipids" for triglycerides.
KINDS: Final = """
analyte celsius fahrenheit kelvin minus plus markedly
acid adjuvant agonist algae allele amphibian antagonist antibiotic antigen anybody anyone aromatic arthropod bacteria
bacterial bacterium base biomarker biomolecule biota bird body capital carbohydrate cereal chemokine chromosome clade
clone compound contaminant crop cultivar cytokine dairy dataset derivative disease disorder dye element embryo enzyme
everybody everyone extract farm fat fatty feed fiber fibre fish flora fluid fluorophore forest fruit fungal fungi
fungus fusion gas gene genera genetic genome genotype genus germ grain grass haplotype herb homolog homologue hormone
host immune immunoassay inhibitor insect invertebrate ion isoform isolate isotope larva larvae legume ligand lipid
lipids liquid livestock localise localize loci locus macromolecule mammal mammalian marker meal metabolite metal
microbe microbial microbiota microorganism mineral molecule monomer mutant mutation nanoparticle nobody nutrient
nutritional oil oligomer operon organ organelle organic organism ortholog parasite particle pathogen peptide pest
pesticide phenotype pigment plant plasmid pollutant polymer polymorphism polysaccharide precursor predator prey primer
probe product prokaryote promoter protein radiotracer reagent rearrangement receptor reptile residue rodent seed
seedling serotype solvent somebody someone species spore strain substance substrate sugar supplement surfactant
symbiont syndrome taxa taxon taxonomic therapeutic tissue toxin tracer trait transcript transgene transgenic
transporter variant vector vegetable vertebrate viewer viral virus vitamin weed whatever whenever wherever whichever
whoever
"""
