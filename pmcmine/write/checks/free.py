"""General words that any rewrite may use: they name no finding, organ, substance, species, side or sign."""

from __future__ import annotations

from typing import Final

FREE: Final = """
abbreviate abbreviated abbreviation abbreviations ability able above abrupt absolute absorb abundance abundant
academic accept acceptable access accessible accidental accommodate accompanied accompany accompanying accomplish
according accordingly account accumulate accumulated accuracy accurate accurately achieve acknowledge across act
action activation active activity actual actually adapt add additional additionally address adequate adherence
adjacent adjust administer administered administration admission admit adopt adult advance advantage advantageous
adverse advised affect affected aforementioned afternoon afterward afterwards against agent agree agreement ahead aid
aim albeit algorithm align alike aliquot alive all allocate allocated allow almost alone along alongside already alter
alteration altered alternative although altogether always ambient amid among amount ample amplification amplify
analyses analysis analytical analyze and angle animal annotate announce annual anonymous another answer antibody
anticipate any anything anyway apart apparatus apparent appear appearance applicable application applied apply
approach appropriate approval approved approximate approximately arbitrary architecture argue argument arise arms
around arrange arrangement array arrive arrow arrowhead article as ascertain aside ask aspect assay assemble assembly
assess assessment assign assigned assist assistance associate association assume assumption asterisk asterisks at ate
atop attach attached attain attempt attend attention attracted attractive attribute author authority availability
available average avoid await aware away axes axis background bad balance band bar barrier based baseline basic basis
be bear bearing bears became because become beforehand began begin beginning begun behave behaviour behind being
belief believe belong below benchmark bend beneath beneficial benefit bent beside besides best better between beyond
bias big bigger billion bind biology bit blank block blunt board bond border born both bound boundary box boxplot
branch brand break brief briefly brightest bring broad broaden broadly broth brought build built burden buy by
calculate calculation calibrated calibration call came can candidate cannot capability capable capacity caption
capture care careful carefully carried carrier carries carry carrying case catch category cause caused causing caution
cease cell center central centre certain chain challenge chance change changed channel characterise characteristic
characterization charge chart chase check choice choose chose chosen circle circulation circumstance circumstances
citation cite city claim clarify clarity class classification classify clean clear clearance clearly climb clinic
close closely closer closest cluster coat coated code coexist coincide collaboration collect collection collectively
colony color coloured column combination combine combined come commence comment commercial committee common commonly
communities compact comparable comparative comparatively compare compared compares comparison compelling compensate
compete competition competitive compile complement complete completely complex complexity complicate component compose
composite composition compound comprehensive comprise comprised comprises compute computer conceivable concentration
concept concern conclude conclusion conclusive concurrent concurrently condition conduct confer confidence confirm
conflict conform conjunction connect connection conscious consecutive consensus consent consequence consequently
conserve consider considerable considerably consideration consist consistency consistent conspicuous conspicuously
constant constituent constitute construct construction construe consultation consume consumption contact contain
contemporary content context continent continual continually continue contract contradictory contrary contrast
contribute contribution controlled controversial convenience convenient conversion convert convincing cool cooled cope
copy core corn correct correction correspond corresponding corroborate cost could count counterpart counterparts
country course cover coverage create credibility criteria criterion critical crop cross crucial cumulative current
currently curve curved customary cut cuts cycle daily danger dangerous darkest dashed data database dataset date dead
deal death debate decade decide decision decisive declare decline decrease dedicate deduce deep deeper deepest default
define definition degree delay delayed delineate delineated delineates deliver demand demographic demonstrate
demonstrating dendrogram denote dense deny depend dependence depict depicted depiction depicts deprived depth derive
derived describe description design designate desirable desire despite destination detail detailed detect detectable
detected determination determine develop develops deviation device devoted diagnose diagnosis diagram diagrammatic
diameter diamond did die died differ difference different differential differentiate difficult difficulty dimension
diminish direct direction disadvantage disagreement disappear discard discern discerned discernible discover discovery
discriminate discuss dislike dispersed display displayed disrupt disruption distance distinct distinction distinctive
distinguish distribute distribution disturb divergence diverse divide do doctor document dominance dominant done
dosage dose dot double doubt dramatically draw drawn drink drive driven drop drug dry dual due duplicate duration
during dynamics each earlier earliest early ease easily east eastern easy eat eaten economic edge edit education
effect effective effectively effectiveness efficacy efficiency efficient effort eight eighty either elapse elapsed
element elevate elevation eleven elicit eligibility eligible eliminate elimination else elsewhere elucidate embedded
emerge emergency emphasis emphasise employ empty enable encode encompass encompassed encompasses encounter encourage
encouraging end endorsement endure energetic enhance enlarge enormous enough enrol enroll enrolled enrolment ensure
enter entire entirely entry environment enzyme equal equation equip equipment equivalent era error escape especially
essence essential essentially establish estimate estimation evaluate evaluation even evening event eventually every
everyday evidence evident evoke evolution evolve exact exactly examination examine example exceed excellent except
exception excess exchange exciting exclude exclusion exclusive exclusively execute execution exemplify exert
exhaustive exhibit exist existence exit expand expect expectancy expectation expensive experience experienced
experiment experimental expert explain explanation explicit explicitly exploit exploration explore expose exposed
exposing exposure express extend extensive extent external extra extract extraction extraordinary extreme extremely
eye face facilitate facility fact factor fail failure fairly fall false familiar far farthest fashion fast faster
fastest favor favour favourable feature fed feed feedback fell few fewer fewest fidelity field fifty figure figures
fill filter final finally financial find finding findings fine finish first fit five fix flat flexible flow flowchart
focus fold follow followed following for force forced forget form former formerly forth fortunately forty forward
foster found foundation four fourth fraction fragment frame framework freely freeze frequent frequently fresh friendly
from frozen full fully function fundamental funding further furthermore fuse fused future gain gap gather gave gel
gene general generally generate generation generous gentle geometric get give given global go goal going gone good
grade graded gradient gradual gradually grand graph graphic graphical grateful gray great greater greatest greatly
grew grid gross ground group grow grown growth guaranteed guard guess guidance guide guidelines had half halt hand
handful handled happen harbor harboring harbour hard hardly harmful harsh have having head heal heat heated heatmap
heavily heavy height held help helpful hence here hereafter hidden high higher higher-level highest highlight
highlighted highlights hint histogram historical historically history hit hold home hope horizontal hospital host hour
house housed household how however huge human hundred hundreds hunt hybrid hypothesis hypothetical idea ideal
identical identification identify if ignored illness illustrate illustrates illustration image imaging immense impact
impair impede imperative implementation implicate implication imply importance important importantly impossible
impression impressive improve in include included including inclusion incomplete inconsistent incorporate increase
increasingly indeed independent independently index indicate indicated indicating indication indicative indicator
indirectly individual induce industry ineligible inevitable inevitably inexpensive infancy infer inference inferred
influence inform information inherent inhibitory initial initially initiate inner innovative input insert insertion
inset inside insight insignificant inspect instance instead institute institution instructed instructions instrument
insufficient intact integrate integration integrity intend intended intensity intensive interaction interactive
interest interface interference intermediate internal interpret interpretation interval intervention interview into
intricate intrinsic introduce introduction intuitive invasion invert investigate investigation investigator involve
irregular irrelevant is isolation issue it item its itself job join joint judge jump just justify juxtapose juxtaposed
keep kept key kind kinetics know knowledge known label labelled lack laid landscape lane lanes language large largely
larger largest last lasted lasting lasts late later latest latter launch lay layer layout lead learn least leave led
left legend length less let letter level library lie lies life lifespan lifetime lift light like likelihood likely
likewise limit limitation line link linked linking list literature little live living load locally locate located
location lock logical long longer longest look loop loose lose loses loss lost lot low lower lowest lying machine made
magnified magnitude main mainly maintain maintained major majority make manage manifest manifold manner manufacture
manufacturer manuscript many map margin mark marked marker market markings marks match matched matching material
mathematical matter maximal maximize may mean meaning meaningful means meant meanwhile measure measurement mechanical
mechanism median medium meet member mention merely merge merit met method methodology microbe microscope middle might
million min minimal minimize minimum minor minority minutes misleading miss missing mix mixture mobile mode model
moderate modest modestly modification modify moment monitor monitored monitoring monthly moreover morning morphology
most mostly motion move movement much multiple must mutual mutually name namely narrow nation natural nature near
nearby nearest nearly necessarily necessary necessity need negligible neither net network neutral never new newly next
night nine ninety no non none nonetheless noon nor normally north northern notable notably note noted noteworthy
nothing notice noticeable noticed novelty now nowadays number numerical numerous objective obscure observable
observation observe observed observer obtain obvious occasion occasionally occupy occur occurrence odd odds of offer
official often old oldest on once one ones online only onset onto onwards open operate operation opportunity opposite
optimization optimize optimum option or order ordinary organ organise organism organization organize organized orient
orientation origin original originally originate originated other others otherwise out outcome outline outside
outstanding over overall overcome overlaid overlap overlay overlays overlie overlying overnight overview owing own
pace package page paint pair paired panel panels paper parallel parameter part partial partially participant
participate participation particle particular particularly partner parts pass past paste path patient pattern peak
peculiar pedigree penetrate penetration people per perceive percent percentage perfect perform performance performed
perhaps period permanent permit persist persisted persistence persistent person perspective pertinent phase phenomenon
photo photograph physical physician pick picture piece pipeline place plain plan plane plant plate platform plausible
play please plenty plot plotted plus point points policy pool pooled poor poorly popular popularity population portion
portray portrayal portrayed portrays pose position possess possibility possible possibly post posterior potential pour
power powerful practical practice precede precise precisely precision predict predicted predictor predominant
predominantly prefer preferable preference preliminary preparation prepare prepared prescribed presence present
presentation presented presents preserve pressure presumably pretreat pretreated pretreatment prevailing prevent
previous previously primarily principal principle print prior priority private probability probably problem procedure
proceed process produce production productivity profile prognosis program progress progressive progressively project
prolonged prominent prominently promise promising promote promotion prompt prone pronounced proof proper properly
property proportion proportional propose prospective protect protein protocol prototype prove proven provide provides
provision provoke proximity public publication published pull pulse purchase purely purity purpose push put qualified
quality quantification quantify quantitative quantity quarter question quick quickly quite race raise ran random
randomise randomised randomized randomly range ranging rank rapid rapidly rare rarely rate rather ratio rational raw
reach react read reader readily ready real realise realistic realize reason reasonable recall receive recent recently
recognise recognition recognize recommend recommendation reconstruct reconstructed reconstruction record recording
recover recruit recruited recruitment rectangle reduce reduced refer reference referred refined reflect reflective
regard regarding regardless region regular regularly regulation reject relate related relates relating relation
relationship relative relatively release relevance relevant reliability reliable relief rely remain remainder remained
remaining remark remarkable remarkably remember reminiscent removal remove removed render repair repeat repeatedly
repetitive replace replacement replicate reply report reportedly reporter represent representation representative
reproduce request require requirement requirements research researcher resemble reserve residual resolution resolve
resource respect respective respectively respond response responsibility responsible responsive rest restrict
restriction result results retain retrieve return reveal revealed reveals reverse revert review reward rich right
rigorous rinse rise robust role rose rotating rotation rough roughly round routine routinely row rule run running safe
safety same sample sat satisfactory satisfy save saw say scale scan scarce scatter scatterplot scenario schedule
schematic schematically scheme scientific scope score screen search seated second section see seed seeded seek seem
seemingly seen segment seldom select selected selection sell send sense sensitivity sent separate separately
separation sequence sequential serve service session set setting settled seven seventy several shade shaded shading
shadow shallow shape share sharp sharply sheet shift short shortage shorter shortest should show showcase showcased
showcases shown shrink shut side sign signal signature significance significant signs similar similarity similarly
simple simpler simplicity simplify simply simulate simulation simultaneously since single singular sink sit site sits
sitting situated situation six sixty size sketch slice sliced slight slightly slot slow slower slowest slowly small
smaller smallest smart smear smooth snapshot so soak social society soft software solely solid solution solve solved
some something sometimes somewhat sonicate sonication sophisticated sort sought source south southern span spare
sparse spatial spatially speak special specialize specialized species specific specifically specified specimen
speculate speed spend spends spent spite split spot spread square stable staff stage stain stained staining stand
standard star start state stated statement static statistic statistical statistically statistics status steady stem
step stepwise still stimulus stir stood stop storage store straight straightforward strain strand strange strategic
strategy stream strength stretch strict strictly strike striking strikingly strip strong stronger strongest strongly
structural structure studies study style sub subject submission submit subsequent subsequently subset substance
substantial substantially substantiate substitute subtly succeed success successful successfully successive such
sudden sufficient suggest suggesting suggestion suggestive suitable sum summarise summarises summarizes summary
superimpose superimposed supernatant supervise supplement supplier supply support suppose sure surface surgeon
surprise surprising surprisingly surround surveillance survey survive suspect suspected suspicion sustain swim switch
symbol system systematic table tag tail take taken talk tall target task taste team technical technique tedious tell
temporal temporally ten tend tendency tenfold term terminate test tested text than thanks that their them then
theoretical theory therapy there thereafter thereby therefore these they thick thickest thin think third thirty this
thorough those though thought thousand thousands threaten threatening three threefold threshold through throughout
throw thus tick tie tied tight tightly time timeline timepoint tiny tip tissue title to together told ton took tool
top topic total touch toward town trace tracing track trade traditional trained training trait trajectory transfer
transform transient transition translate translation transparent transport treat treated treatment tremendous trend
trial trial-eligible triangle trigger triple triplicate true trust truth try turn twelve twenty twice two twofold type
typical typify ultimately unable unaffected uncertain uncertainty unchanged unclear uncover under underestimate
underestimated undergo undergone underline underlying underneath underscore underscored underscores understand
understanding understood undertake undertaken underwent undesirable undue unexposed unfold unfortunately unidentified
uniform uniformly unique unit unite universal unknown unless unlike unload unpaired unpredictable unrelated until
untreated unusual unveil upcoming updated upon upper usage use used useful usefulness user using usual usually utilise
utility utilization utilizing vague valid validate validity valuable value variability variable variance variant
variation various vary vast verification verify versatile version versus vertical very via viable vicinity view viewed
village virtually virus visible visibly visit visual visualisation visualise visualization visualize visualized
visualizes visually vital volume volunteer vulnerable wait walk walkthrough wall want warm warning was wash watch way
weak weaker weakest weakly week weekday weigh weight well went were western what whatever when whenever where
whereabouts whereas whereby wherein whether which while whisker whiskers who whole whose why wide widely widespread
widest width will willingness win window wise wish with within without witnessed won word work worker workflow world
worse worst worth worthwhile would wrap write written wrong wrote year yes yet yield you young youngest zero zone zoom
"""
