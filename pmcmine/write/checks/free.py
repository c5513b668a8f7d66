"""General words that any rewrite may use: they name no finding, organ, substance, species, side or sign."""

from __future__ import annotations

from typing import Final

FREE: Final = """
abbreviate abbreviated abbreviation abbreviations ability able above absolute absorb abundant accept acceptable access
accessible accommodate accompanied accompany accompanying accomplish according accordingly account accumulate
accumulated accuracy accurate accurately achieve acknowledge across act action activation active activity actual
actually adapt add additional additionally address adequate adherence adjacent adjust administer administered
administration admit adopt adult advance advantage adverse affect affected aforementioned afternoon afterward
afterwards against agent agree agreement ahead aid aim alike aliquot alive all allocate allocated allow almost alone
along alongside already alter alteration altered alternative although altogether always ambient amid among amount
ample amplification amplify analyses analysis analyze and angle animal annotate announce anonymous another answer
antibody anticipate any anyway apart apparatus apparent appear appearance applicable application applied apply
approach appropriate approximate approximately architecture argue arise arms around arrange arrangement array arrive
arrow arrowhead article as aside ask aspect assay assemble assembly assess assessment assign assigned assist
assistance associate association assume assumption asterisk asterisks at ate atop attach attached attain attempt
attend attention attribute author availability available average avoid await aware away axes axis background bad
balance band bar barrier based baseline basic basis be bear bearing bears became because become beforehand begin
beginning behave behaviour behind being belief believe belong below bend beneath beneficial benefit bent beside
besides best better between beyond bias big bind biology blank block blunt board bond border born both bound boundary
box boxplot branch brand break brief briefly brightest bring broad broadly broth brought build built burden buy by
calculate calculation calibration call came can candidate cannot capability capable capacity caption capture careful
carefully carried carrier carries carry carrying case catch category cause caused causing caution cease cell center
central centre certain chain challenge chance change changed channel characterise characteristic characterization
charge chart chase check choice choose chose chosen circle circulation circumstance circumstances cite city claim
clarity class classification classify clean clear clearance clearly climb close closely closer closest cluster coat
coated code coexist coincide collect collection collectively colony color coloured column combination combine combined
come commence comment commercial common commonly communities compact comparable compare compared compares comparison
compete competition compile complement complete completely complex complicate component compose composite composition
compound comprehensive comprise compute concentration concept concern conclude conclusion concurrent concurrently
condition conduct confer confidence confirm conflict conform connect connection consecutive consensus consequence
consequently conserve consider considerable considerably consist consistency consistent constant constituent
constitute construct construction construe consume consumption contact contain content context continent continue
contract contrary contrast contribute contribution controlled conversion convert cool cooled copy core corn correct
correction correspond corresponding cost could count counterpart country course cover coverage create criteria
criterion critical crop cross crucial cumulative current currently curve curved customary cut cuts cycle daily darkest
dashed data database dataset date dead deal death decade decide decision declare decline decrease dedicate deduce deep
deeper deepest define definition degree delay delayed delineate deliver demand demonstrate demonstrating dendrogram
denote dense deny depend dependence depict depicted depiction depth derive derived describe description design
designate desirable desire despite destination detail detailed detect detectable detected determination determine
develop develops deviation device diagram diameter diamond did die died differ difference different differential
differentiate difficult difficulty dimension diminish direct direction disappear discard discernible discover
discovery discuss dislike dispersed display displayed disrupt disruption distance distinct distinction distinctive
distinguish distribute distribution divergence diverse divide do document dominant done dosage dose dot double
dramatically draw drawn drink drive driven drop drug dry dual due duplicate duration during dynamics each earlier
earliest early ease easily east eastern easy eat eaten edge edit education effect effective effectively effectiveness
efficacy efficiency efficient effort eight either elapse elapsed element elevate elevation eleven elicit eligibility
eligible eliminate else embedded emerge emphasis emphasise employ empty enable encode encompass encounter end endure
enhance enlarge enough enrol enroll enrolled enrolment ensure enter entire entirely entry environment enzyme equal
equip equipment equivalent era error escape especially essential essentially establish estimate estimation evaluate
evaluation even evening event eventually every evidence evident evoke evolution evolve exact exactly examination
examine example exceed excellent except exception excess exchange exclude exclusive exclusively execute exemplify
exert exhibit exist existence expand expect expectation experience experienced experiment experimental explain
explanation exploit explore expose exposed exposing exposure express extend extensive extent external extra extract
extraction extreme extremely eye face facilitate facility fact factor fail failure fairly fall false familiar far
farthest fashion fast faster fastest favor favour favourable feature fed feed fell few fewer fewest field figure
figures fill filter final finally financial find finding findings fine finish first fit five fix flat flexible flow
flowchart focus fold follow followed following for force forced forget form former formerly forth forward found
foundation four fourth fraction fragment frame framework freely freeze frequent frequently fresh from frozen full
fully function fundamental further furthermore fuse fused future gain gap gather gave gel gene general generally
generate generation get give given global go goal gone good grade graded gradient gradual gradually grand graph
graphic graphical gray great greater greatest greatly grew grid gross ground group grow grown growth guard guess
guidance guide had half halt hand handled happen harbor harboring harbour hard hardly have having head heal heat
heated heatmap heavily heavy height held help helpful hence here hidden high higher higher-level highest highlight
highlights hint histogram history hit hold home hope horizontal host hour house housed household how however huge
human hunt hypothesis idea ideal identical identification identify if illness illustrate illustrates illustration
image imaging impact impair implementation implicate implication imply importance important importantly impossible
impression improve in include included including inclusion incomplete inconsistent incorporate increase increasingly
indeed independent independently index indicate indicated indicating indication indicator indirectly individual induce
industry ineligible infancy infer inference inferred influence inform information inherent inhibitory initial
initially initiate inner input insert insertion inset inside insight insignificant inspect instance instead instrument
insufficient intact integrate integration intend intended intensity interaction interest interface intermediate
internal interpret interpretation interval intervention into intrinsic introduce introduction invasion invert
investigate investigation investigator involve irregular is isolation issue it item its itself join joint judge jump
just justify keep kept key kind kinetics know knowledge known label labelled lack landscape lane lanes language large
largely larger largest last lasted lasting lasts late later latest latter launch lay layer layout lead learn least
leave led left legend length less let letter level library lie lies life lifespan lifetime lift light like likely
limit limitation line link linked linking list literature little live living load locally locate located location lock
logical long longer longest look loop loose lose loses loss lost lot low lower lowest lying made magnified magnitude
main mainly maintain maintained major majority make manage manifest manifold manner manufacture manufacturer
manuscript many map margin mark marked marker market markings marks match matched matching material matter maximal may
mean meaning meaningful means meant meanwhile measure measurement mechanical mechanism median medium meet member
mention merely merge met method methodology microbe microscope middle might min minimal minimum minor minutes miss
missing mix mixture mobile mode model moderate modest modification modify moment monitor monitored monitoring monthly
moreover morning morphology most mostly motion move movement much multiple must mutual mutually name namely narrow
nation natural nature near nearby nearest nearly necessary need negligible neither net network neutral never new newly
next night nine no non none noon nor normally north northern notable notably note noted noteworthy notice noticeable
noticed now number numerous objective observable observation observe observed observer obtain obvious occasion
occasionally occupy occur occurrence odd odds of offer often old oldest on once one ones only onset onto onwards open
operate operation opportunity opposite optimization optimize optimum option or order ordinary organ organise organism
organization organize organized orient orientation origin original originally originate originated other others
otherwise out outcome outline outside over overall overcome overlaid overlap overlay overlays overlie overlying
overnight overview owing own pace package page paint pair paired panel panels paper parallel parameter part partial
partially participant participate participation particle particular particularly partner parts pass past paste path
patient pattern peak pedigree penetrate penetration people per perceive percent percentage perfect perform performance
performed perhaps period permanent permit persist persisted persistence persistent person perspective phase phenomenon
photo photograph physical pick picture piece place plain plan plane plant plate platform play please plot plotted plus
point points policy pool pooled poor poorly popular population portion portray portrayal pose position possess
possibility possible possibly post posterior potential pour power powerful practical practice precede precise
precisely precision predict predicted predictor predominant predominantly prefer preference preliminary preparation
prepare prepared presence present presentation presented presents preserve pressure presumably pretreat pretreated
pretreatment prevent previous previously primarily principal principle print prior probability probably problem
procedure proceed process produce production profile program progress progressive progressively project prolonged
prominent prominently promote promotion prompt prone pronounced proper properly property proportion proportional
propose prospective protect protein protocol prove proven provide provides provision provoke proximity publication
pull pulse purchase purely purity purpose push put quality quantification quantify quantitative quantity quarter
question quick quickly quite race raise ran random randomise randomised randomized randomly range ranging rank rapid
rapidly rare rarely rate rather ratio raw reach react read reader readily ready real realise realize reason reasonable
recall receive recent recently recognise recognition recognize recommend recommendation record recording recover
recruit recruited recruitment rectangle reduce reduced refer reference referred reflect regard regarding region
regular regularly regulation reject relate related relates relating relation relationship relative relatively release
relevance relevant reliability reliable rely remain remainder remained remaining remark remarkable remarkably remember
removal remove removed render repair repeat repeatedly repetitive replace replacement replicate reply report
reportedly reporter represent representation representative reproduce request require research researcher resemble
reserve residual resolution resolve resource respective respectively respond response responsible responsive rest
restrict restriction result results retain retrieve return reveal revealed reveals reverse revert review rich right
rinse rise role rose rotation rough roughly round routine routinely row rule run running safe safety same sample sat
satisfactory save saw say scale scan scarce scatter scatterplot scenario schedule schematic scheme scientific scope
score screen search seated second section see seed seeded seek seem seemingly seen segment select selected selection
sell send sense sensitivity sent separate separately separation sequence sequential serve set setting seven several
shade shaded shading shadow shallow shape share sharp sharply sheet shift short shorter shortest should show shown
shrink shut side sign signal signature significance signs similar similarity similarly simple simplify simply
simultaneously since single sink sit site sits sitting situated situation six size sketch slice sliced slight slightly
slot slow slower slowest slowly small smaller smallest smear smooth snapshot so soak social soft software solely solid
solution some sometimes somewhat sonicate sonication sort sought source south southern span spare sparse spatial
spatially speak special specialize specialized species specific specifically specified speed spend spends spent split
spot spread square stable staff stage stain stained staining stand standard star start state stated statement static
statistic statistical statistically statistics status steady stem step stepwise still stimulus stir stood stop storage
store straight strain strand strange strategy stream strength stretch strict strictly strike striking strip strong
stronger strongest strongly structural structure studies study sub subject submit subsequent subsequently subset
substance substantial substantially substitute succeed success successful successfully successive such sudden
sufficient suggest suggesting suggestion suitable sum summarise summarises summarizes summary superimpose superimposed
supernatant supervise supplement supplier supply support suppose sure surface surround surveillance survey survive
sustain swim switch symbol system systematic table tag tail take taken talk tall target task taste team technique tell
temporal temporally ten tend tendency tenfold term terminate test tested text than that their them then theoretical
theory therapy there thereafter thereby therefore these they thick thickest thin think third this thorough those
though thought thousand three threefold threshold through throughout throw thus tick tie tied tight tightly time
timeline timepoint tiny tip tissue title to together told ton took tool top total touch toward town trace tracing
track traditional trait trajectory transfer transform transient transition translate translation transparent transport
treat treated treatment trend trial trial-eligible triangle trigger triple triplicate true try turn twelve twice two
twofold type typical typify ultimately unable unaffected unchanged uncover under undergo undergone underline
underlying underneath understand understanding understood undertake underwent unexposed unfold uniform uniformly
unique unit unite universal unknown unlike unload unpaired until untreated unusual unveil upcoming upon upper usage
use used useful usefulness user using usual usually utilise utility utilization utilizing vague valid validate
valuable value variability variable variance variant variation various vary vast verification verify version versus
vertical very via vicinity view viewed village virus visible visit visual visualisation visualise visualization
visualize visualized visualizes visually vital volume volunteer wait walk wall want warm was wash watch way weak
weaker weakest weakly week weekday weigh weight well went were western what whatever when whenever where whereabouts
whereas whereby wherein whether which while whisker whiskers who whole whose why wide widely widespread widest width
will win window wish with within without won word work worker workflow world worse worst worth worthwhile would wrap
write wrong wrote year yes yet yield you young youngest zero zone zoom
"""
