"""Patterns of what captions and permissions say of the rights of a picture, in a dozen languages.

All are linear: every repetition is bounded, or is followed by something that it can't match itself. Each stands for one
row of the decision table in docs/rights.md.
"""

from __future__ import annotations

import re
from typing import Final

PICTURE: Final = (
    r"(?:images?|photos?|photographs?|(?:photo)?micrographs?|pictures?|figures?|figs?|panels?|maps?|drawings?|illustrations?"
    r"|diagrams?|schem(?:es?|as?|atics?)|cartoons?|silhouettes?|graphs?|graphics?|plates?|sketch(?:es)?|paintings?|portraits?"
    r"|engravings?|artworks?|icons?|clip\s?art|screenshots?|radiographs?|scans?|footage)"
)
# What a picture is taken from: a reference, a work by its authors, a page. (Not: a patient, a section, leaves.)
WORK: Final = (
    r"(?:\(?\s?\[\s?\d|\(?(?:ref|reference|source)s?\b|<?https?:|www\.|(?-i:(?:(?:[Vv]an|[Vv]on|[Dd]e|[Dd]u|[Dd]er|[Ll]e|[Ll]a|[A-Z]\.)\s){0,3}[A-Z][\w'’-]{1,30})(?:(?:\s(?-i:[A-Z]{1,3}))?,?\s+(?:et\s?al|and\s+(?-i:[A-Z])"
    r"|&\s)|,?\s\(?(?:19|20)\d\d)|(?:the\s+)?(?:web|internet|world\s+wide|book|article|paper|publication|original|literature"
    r"|study|work|thesis|report|official|homepage|collections?|archives?|museum|wiki\w*|google|bing)\b"
    r"|(?:our|an?|the|his|her|their)\s+(?:previous|earlier|published|recent|original)\b|open\s?street"
    r"|(?:the\s+)?(?:[\w.]{1,20}\s){0,4}(?:website|image\s+library|archives|museum|library\s+of))"
)


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


EXCLUDED = _any(
    r"\brights\s+(?:are\s+)?reserved\b",
    # "alle Rechte vorbehalten" and its kin.
    r"\balle\s+rechte\s+vorbehalten|\btous\s+droits\s+r[ée]serv|\btodos\s+los\s+derechos|\bderechos\s+reservados"
    r"|\btodos\s+os\s+direitos|\bdireitos\s+reservados|\btutti\s+i\s+diritti|\bdiritti\s+riservati|все\s+права\s+защищены"
    r"|wszelkie\s+prawa|alle\s+rechten\s+voorbehouden|tüm\s+hakları|版权所有|版權所有|保留所有|保留一切|無断転載|禁无断|转载禁止|禁止转载",
    r"\b(?:exclud(?:ed|es|ing)|exempt(?:ed|s)?|exception|excepted|omitted|exclusion)\b[^.;]{0,60}?\b(?:licen[sc]|creative\s+common|open\s?-?access)",
    r"\b(?:not|never|n[o']t|neither)\s+(?:\w{1,15}\s){0,2}(?:covered|included|part|subject|licen[sc]ed|licensable|available|published|released"
    r"|distributed|open|under|within|governed|fall|offered|shared|made|open-access)\b[^.;]{0,60}?\b(?:licen[sc]\w{0,5}|creative\s+common\w?"
    r"|cc[\s-]by|open\s?-?access|re-?us\w{1,4}|terms)\b",
    r"\bnot\s+(?:an?\s)?(?:open[\s-]?access|(?:\w{1,15}\s){0,2}cc[\s-]by)",
    r"\blicen[sc]e\b[^.;]{0,40}?\b(?:does|do|is|are|will|shall)\s?(?:not|n['’]t)\s+(?:apply|cover|extend|include|valid|applicable|hold)",
    r"\b(?:outside|beyond)\b[^.;]{0,40}?\blicen[sc]e\b|\bdifferent\s+licen[sc]e\b|\bseparate\s+licen[sc]e\b",
    r"\b(?:may|can|must|shall|should|is|are)\s?not\s+(?:to\s+)?be\s+(?:\w{1,15}\s){0,2}(?:re-?used|reproduced|copied|distributed|redistributed|re-?published|altered)\b"
    r"|\bre-?(?:use|production|distribution|printing)\s+(?:is\s+|of\s+[^.;]{0,40}?)?(?:not\s+(?:permitted|allowed)|prohibited|forbidden)"
    r"|\bnot\s+for\s+(?:re-?use|re-?distribution|commercial|reproduction|sale)\b|\bno\s+(?:re-?use|commercial\s+(?:use|re-?use)|derivatives?\s+allowed)\b",
    r"\bpermissions?\s+(?:is|are|must|should|needs?)\b[^.;]{0,30}?\b(?:required|sought|necessary|needed)\b[^.;]{0,40}?\b(?:re-?use|reproduc|copy|further)",
    r"\b(?:nicht|kein)\w{0,3}\s+(?:\w{1,15}\s){0,6}lizenz|\bne\s+(?:fait|font|sont|est)\s+pas\s+[^.;]{0,40}?licence"
    r"|\bno\s+(?:est[aá]n?|forma)\s+[^.;]{0,40}?licencia|\bn[ãa]o\s+(?:est[áa]|faz)\s+[^.;]{0,40}?licen[çc]a",
)  # fmt: skip
NON_CC = _any(
    r"\bGNU\s+(?:Free\s+)?Documentation|\bGFDL(?=[\s,.;)/]|\s?1\.)(?![\s-]?(?:ESM|CM|AM|SPEAR|MOM|HiRAM|FLOR|model))(?=[^.;]{0,60}(?:licen|wiki|cc|1\.\d)|\))"
    r"|\bODbL\b|\bopen\s+database\s+licen|\bopen\s+government\s+licen|\bopen\s+data\s+commons|\bODC-By\b|\bfree\s+art\s+licen"
    r"|\bcrown\s+copyright\b|\bnon-?transferable\s+licen|\beditorial\s+use\s+only\b|\b(?:personal|educational|academic|research)\s+use\s+only\b|\bfree\s+for\s+(?:personal|educational|academic|research|private)\b",
)  # fmt: skip
# Another licence than Creative Commons', or none at all: data and pictures of these services have terms of their own.
SERVICE = _any(
    r"\bgetty\s?(?:images)?\b(?!\s+et\b)|\bshutterstock\b|\bi-?stock(?:\s?photos?)?\b|\balamy\b|\bscience\s+photo\s+library\b|\badobe\s?stock\b|\bdreamstime\b"
    r"|\bdepositphotos?\b|\b123rf\b|\bcorbis\b|\bfotolia\b|\bthinkstock\b|\bscience\s+source\b(?=[\s.,;)]*$|/)|\bbridgeman\b|\bassociated\s+press\b|\bap\s+(?:photo|images)\b"
    r"|/\s?(?:reuters|afp|ap|epa|spl|dpa)\b|(?:\(|credit:?|photo:?|source:?|©)\s?reuters\b|\bvisuals\s+unlimited\b|\bphoto\s+researchers\b|\bnature\s+picture\s+library\b|\bminden\s+pictures\b"
    r"|\bstock(?:photos?|[\s-](?:photos?|photographs?|images?|illustrations?|pictures?))\b|\bfreepik\b|\bflaticon\b|\bvecteezy\b|\bunsplash\b|\bpixabay\b|\bpexels\b|\bflickr\b"
    r"|\bistockphoto|\bpanthermedia\b|\bpicture\s+alliance\b|\bimago\s+images\b|\bvisual\s+china\b|视觉中国",
    r"\bordnance\s+survey\b|\bopen\s?street\s?maps?\b|\bgoogle\s?(?:maps?|earth|street\s?view)\b(?!\s?(?:engine|api\s+key))|\b(?:bing|baidu|yandex)\s+(?:maps?|aerial)\b|\b(?-i:HERE|Apple)\s(?-i:Maps)\b"
    r"|\bdigital\s?globe\b|\bmaxar\b|\bgeoeye\b|\bearthstar\b|\bmapbox\b|\bworld\s+imagery\b",
    # A tool's credit is none, unless it names the terms of an account.
    r"\bbiorender\b[^;]{0,80}?\b(?:academic|agreement|institutional|personal|subscription|licen[sc]e\s+(?:number|no))\b",
    r"\bwikimedia\b|\bwikipedia\.org/wiki/File|\b(?:from|source:?|via|credit:?|by)\s+wikipedia\b|\bfair\s+use\b(?!\s+of)",
)  # fmt: skip
COPYRIGHT = _any(
    # The sign with a year or a holder; a sign glued to a product's name ("IncuCyte© S3") is a mark of trade.
    r"(?:(?<![\w®™])|(?<=photo)|(?<=photos)|(?<=image)|(?<=images)|(?<=copyright))[©ⓒⒸ]|[©ⓒⒸ]\s{0,2}\(?\d{4}\b|[©ⓒⒸ](?=\w)|&copy;",
    r"\bcopy-?right(?:ed|s)?\b",
    r"\burheberrecht|\bdroits?\s+d['’]auteur|\bderechos?\s+de\s+(?:autor|reproducci)|\bdireitos?\s+(?:de\s+autor|autora)|\bdiritti\s+d['’]autore|авторск\w{1,4}\s+прав"
    r"|правообладател|prawa\s+autorskie|auteursrecht|telif|著作権|版权|版權|저작권",
    r"\b(?:(?:publishing|reproduction|image|exclusive|intellectual\s+property)\s+)rights\b(?=[^.;]{0,40}?\b(?:hold|held|belong|remain|owned|reserved|of|by)\b)|\brights?[\s-]?holders?\b",
)  # fmt: skip
NO_COPYRIGHT = re.compile(
    r"(?:\b(?:no|not|free\s+(?:of|from)|without|waive[sd]?|lost|expired)\s+(?:known\s+|any\s+|longer\s+)?(?:under\s+)?)$",
    re.I,
)
NO_COPYRIGHT_AFTER = re.compile(r"[\s-](?:free|waived|waiver|has\s+expired|expired|infring\w*|law)\b", re.I)
# "(c)" is a sign beside a publisher, or beside a year and a holder where no panels are lettered.
SIGN = re.compile(r"\(\s?c\s?\)\s{0,2}(?P<year>\(?(?:19|20)\d\d(?:[-–]\d{2,4})?\)?,?\s{0,2}(?:by\s+)?)?(?=(?P<holder>(?:the\s+)?\w[\w&.-]{0,30})?)", re.I)  # fmt: skip
PANEL_LETTERS = re.compile(r"\([abd]\)|\b[abd]\)|\([a-z]\s?[-–,]\s?[a-z]\)", re.I)
PUBLISHER = re.compile(
    r"(?:the\s+)?(?:(?P<plain>elsevier|springer|wiley|acs\b|rsc\b|ieee|iop\b|aaas|asm\b|bmj|karger|thieme|lippincott|wolters|blackwell|mcgraw|macmillan|pnas|all\s+rights|copyright)"
    r"|taylor|sage\b|oxford|cambridge|nature\b|american|royal|national|academic\s+press|cell\s+press|jama|rockefeller)",
    re.I,
)
SOURCE = _any(
    # Courtesy, but no courtesy stigma, call or title.
    r"\bcourtesy\b(?!\s+(?:stigma|bias|calls?|titles?|visits?|reports?|car|bus|tags?))",
    r"\breproduction\s+(?:authori[sz]ed|from|by\s+permission)|\bauthori[sz]ed\s+reproduction",
    rf"(?:^|[(.;\n]\s?|\b{PICTURE}\s(?:\w{{1,12}}\s){{0,4}})(?:previously|originally|first|already)\s+published\s+(?:in|by|as|at)\b",
    r"\brepublish(?:ed)?\b|\breprint(?:ed|s)?\b(?!\s+(?:requests?|address))",
    r"\bre-?produced\s{0,2},?\s?(?:here|in\s+part|partially|partly|in\s+full|unchanged|directly|verbatim|as\s+is)?\s?,?\s?(?:with\s+(?:\w{1,20},?\s){0,3})?(?:from|after|courtesy|by\s+(?:kind\s+)?courtesy"
    r"|under\s+(?:\w{1,12}\s){0,3}(?:terms|licen|cc|creative))\b"
    r"(?!\s+(?:(?:at\s+)?least|two|three|four|five|six|\d{1,3}\b(?!\])|independent|several|multiple|many|seeds?|cuttings?|these|both|different|separate)\b)",
    r"\b(?:re)?licensed\s+from\b|\b(?:under|with|by)\s+(?:an?\s+)?licen[sc]e\s+(?:from|number|no\b|#|agreement)|\bused\s+under\s+(?:an?\s+)?licen[sc]e\b|\blicen[sc]e\s+(?:number|no\.|#|agreement)|\brightslink\b",
    r"\b(?:property|ownership)\s+of\s+(?-i:(?:the\s+)?[A-Z])|\bowned\s+by\s+(?-i:(?:the\s+)?[A-Z])",
)  # fmt: skip
SOURCE_ABROAD = _any(
    # German, French, Spanish, Portuguese, Italian, Russian, Polish, Dutch, Chinese, Japanese, Korean.
    r"(?:^|[(.;]\s?)aus:?\s+(?=\[\d|(?-i:[A-Z][\w'’-]{1,30})\s(?:et\s?al|u(?:nd|\.)\s|&\s|\(?(?:19|20)\d\d))",
    r"\bpar\s+courtoisie|\bcortes[ií´]{1,2}a?\s+d[aeio]|\bcourtoisie\s+d|любезно\s+предоставл|uprzejmości",
    r"\bnachdruck|\babgedruckt|\bnachgedruckt|\b(?:entnommen|übernommen)\s+(?:aus|von)|\bbild(?:nachweis|quelle|rechte)|\bzur\s+verfügung\s+gestellt|\bwiedergegeben\s+(?:mit|aus|nach)",
    r"\breproduit\w{0,2}\s+(?:avec|de|d['’]|[àa]\s+partir|par)|\breproducid[oa]s?\s+(?:con|de|por)|\breproduzid[oa]s?\s+(?:com|de|do|da|por)|\briprodott[oaie]\s+(?:con|da|dal|per)|\breimpres[oa]|\br[ée]imprim|\bristampat",
    r"\b(?:tomad|extra[ií]d|retirad)[oa]s?\s+(?:y\s+adaptad[oa]s?\s+)?(?:de|da|do):?\s+(?=\[\d|https?:|(?-i:[A-Z][\w'’-]{1,30}),?\s+(?:et\s?al|y\s|e\s|\(?(?:19|20)\d\d)|ref)|\btratt[oaie]\s+da\b|\btir[ée]e?s?\s+de\s+(?=\[\d|(?-i:[A-Z][\w'’-]{1,30})\s+et\b|l['’])"
    r"|\bfourni[es]{0,2}\s+par\s+(?-i:[A-Z]|le\s|la\s|l['’])|\bconcess[aoei]\s+da\b|\bgentilmente\b|\bgracieusement\b|\baimablement\b|\bgentileza\b|\bcedid[oa]s?\s+(?:por|pel)|\bfreundlicherweise\b",
    r"перепечат|воспроизвед\w{1,5}\s+(?:с|из|по)|заимствован|предоставлен\w{0,3}\s+(?:автор|компан|музе|издат)|\bprzedruk|\bовернут|\bovergenomen\s+(?:uit|van|met)",
    r"转载|轉載|转自|引自|摘自|图片来源|圖片來源|图源|转引|転載|より引用|から引用|出典|提供元|写真提供|画像提供|图片由|전재|사진\s?제공",
)  # fmt: skip
# A source: "taken from [3]" of a picture, "(From Gray et al.)"; not "taken from the leaf".
FROM = re.compile(rf"\b[Ff]rom:?\s+(?=(?i:{WORK}))")
TAKEN = re.compile(
    r"(?:^|\W)(?P<verb>taken|copied|used|obtained|downloaded|borrowed|extracted|sourced|scanned|excerpted|retrieved|acquired|kept|comes?|cropped|licensed)\s(?:directly\s)?$",
    re.I,
)
PICTURED = re.compile(rf"\b{PICTURE}\b[^.;:]{{0,80}}$", re.I)
PICTURED_HERE = re.compile(
    r"\b(?:images?|photos?|photographs?|pictures?|figures?|drawings?|illustrations?|maps?)\s(?:(?:is|are|was|were)\s)?(?:courtesy\s)?$",
    re.I,
)
STARTS = re.compile(r"(?:^|[(;]\s?|[.]\s)$")
NAMED_WORK = re.compile(r"\s*(?:\[\d|ref|[A-Z][\w'’-]{1,30}(?:\s[A-Z]{1,3})?,?\s+(?:et\s?al|and\s+[A-Z]|&\s))")
NAME: Final = r"(?-i:(?:(?:the|Dr|Prof|Mr|Mrs|Ms|Professor)\.?\s+)*(?:[A-ZÀ-Þ]\.?[\s-]?){0,3}[A-ZÀ-Þ][a-zà-ÿ'’]{1,30}(?![a-z]*\s?[:=])|NASA|ESA|NOAA|USGS|CDC|WHO|FAO|[A-Z]{2,6}/)"
CREDIT = _any(
    rf"\b(?:photos?|photographs?|photography|images?|pictures?|illustrations?|drawings?|artworks?|art|maps?|paintings?|figures?|video|micrographs?|graphics?|cover)[\s,]?\s?(?:credits?|©|\(c\)|courtesy)\s?:?\s?(?:(?:to|by|is|goes)\s)*(?={NAME})",
    rf"\bcredits?\s?:\s?(?={NAME})|\b(?:foto|fotos|fotografía|fotografia|fotografie|cr[ée]dit\s+photo\w*|photo\s+cr[ée]dit|cr[ée]ditos?|bild|abbildung|grafik|фото|рисунок|imagen|imagem|immagine|zdjęcie|fot)\.?\s?[:©]\s?(?=(?-i:[A-ZА-ЯÀ-Þ][\w.]))",
    rf"\b(?:photos?|photographs?)\s?:\s?(?={NAME})|\b(?:photos?|photographs?|photographed|photo(?:graph)?s?\s+taken|pictures?\s+taken|images?\s+taken)\s+by\s+(?={NAME})|\b(?:drawn|illustrated|painted|taken)\s+by\s+(?={NAME}\s+(?-i:[A-ZÀ-Þ])|(?-i:(?:[A-Z]\.\s?){{1,3}}[A-Z][a-z]))",
    r"\b(?:photos?|ph\.|phot\.|clichés?)\s(?=(?-i:(?:[A-Z]\.[\s-]?){1,3}[A-Z][a-zà-ÿ]{2}))",
    rf"\b(?:illustrations?|drawings?|artworks?|paintings?|sketch(?:es)?|cartoons?|(?-i:[Pp]ictures?|[Ii]mages?))\s?(?:by|:)\s?:?\s?(?={NAME}\s+(?-i:[A-ZÀ-Þ]|von|van|de|du|et\s+al|huh)|(?-i:(?:[A-Z]\.\s?){{1,3}}[A-Z][a-z]|NASA|ESA|[A-Z]{{2,6}}/))",
    rf"\bthank\w{{0,3}}\b[^;]{{0,80}}?\bfor\s+(?:(?:the|this|these|those|an?|his|her|their|use|using|of|us|with|providing|supplying|sharing|permission|to|kindly|original|some|all)\s){{0,6}}{PICTURE}\b",
)  # fmt: skip
GIVEN = re.compile(
    rf"\b(?:provided|supplied|donated|contributed|shared|lent|loaned|furnished|given|offered|made\s+available)\s+(?:kindly\s+)?(?:by|from)\s+(?=(?:the\s+|our\s+|courtesy\s+)?{NAME})",
    re.I,
)
PICTURED_GIVEN = re.compile(
    rf"\b{PICTURE}\s(?:(?:is|are|was|were|has|have|been|here|shown|in|kindly|generously|graciously|\(?(?-i:[A-Z](?:[–-][A-Z])?)\)?)\s){{0,5}}$",
    re.I,
)
TECHNIQUE = re.compile(
    r"(?:the\s+)?(?:scanning|transmission|confocal|electron|light|fluorescen\w+|western|northern|southern|canon|nikon|leica|zeiss|olympus|sony|photoshop|adobe|illustrator|biorender|image\s?j|fiji|matlab|python|arcgis|qgis|"
    r"pymol|chimera|r\b|coomassie|sanger|landsat|sentinel|modis|scale|bars?\b|left|right|top|bottom|upper|lower|day|before|after|author|samsung|apple|iphone|differential|atomic|raman|giemsa|nissl)",
    re.I,
)
PERMISSION = _any(
    r"\bpermissions?\b|\b(?:with|w/|by)\s?perm\b\.?|\bkind\s+(?:consent|agreement)\b",
    r"\b(?:with|by|under)\s+(?:the\s+)?(?:kind\s+|express\s+|written\s+|prior\s+)?(?:consent|agreement|approval|authori[sz]ation|acknowledge?ments?)\s+(?:of|from|by|to)\s+(?:the\s+)?(?:\w{1,15}\s)?(?:publishers?|journal|copyright|authors?|artists?"
    r"|photographers?|editors?|press|elsevier|springer|wiley|nature|society|museum|rights)",
    r"\bmit\s+(?:[\w.]{1,20}\s){0,4}(?:genehmigung|erlaubnis|zustimmung)|\bgenehmigung\s+(?:de[srm]|durch|von)|\bavec\s+(?:\S{1,14}\s){0,3}(?:\S{0,2}autorisation|permission|\S{0,2}accord)|\bautorisation\s+d"
    r"|\b(?:con|bajo|previ[ao])\s+(?:\w{1,12}\s){0,3}(?:permiso|autorizaci)|\b(?:com|sob)\s+(?:\w{1,12}\s){0,3}(?:permiss[ãa]|autoriza[çc])|\b(?:su|per|gentile)\s+(?:gentile\s+)?concessione|\bautori[sz]ad[oa]s?\s+p[oe][rl]|\bautoris[ée]{1,2}s?\s+par|\bcon\s+(?:\S{1,12}\s){0,3}(?:permesso|\S{0,2}autorizzazione)"
    r"|(?:^|\W)с\s+(?:\w{1,15}\s){0,3}(?:разрешени|позволени|согласи)|\bпо\s+разрешени|\bza\s+(?:zgodą|pozwoleniem|zezwoleniem)|\bmet\s+toestemming|\bizniyle\b|\bmed\s+tillst[åa]nd|\bcon\s+licencia\s+de\b",
    r"授权|授權|经[^。；]{0,12}?(?:许可|同意)|經[^。；]{1,12}?(?:許可|同意)|获[^。；]{0,12}?许可|許可を得|許可を受|許諾|的许可|허가",
)  # fmt: skip
# Consent to be shown concerns privacy, not the rights of a publisher. Names ("American Family Physician") are upper-case.
PERSON: Final = (
    r"(?:patients?|participants?|parents?|famil(?:y|ies)|subjects?|guardians?|volunteers?|relatives?|mothers?|fathers?|sons?|daughters?|wife|husband|spouse"
    r"|next\s+of\s+kin|child(?:ren)?|caregivers?|donors?|individuals?|persons?|villagers?|students?|ethics?|ethical|institutional\s+review|review\s+board)"
)
CONSENT_AFTER = re.compile(
    r"(?:\s+(?:and|or)\s+(?:[a-z]{1,12}\s){0,2}consent)?(?:\s+to\s+(?:publish|use|show|reproduce)[a-z ]{0,30}?)?(?:\s+(?:was|were|has\s+been|is))?(?:\s+(?:obtained|granted|given|provided|received|gained))?(?:\s+(?:to|for)\s+[a-z][a-z -]{0,80}?)?"
    rf"\s+(?:from|of|by)\s+(?:[a-z][a-z'’-]{{0,15}}\s){{0,4}}?(?:[a-z]{{1,12}}['’]s?\s)?{PERSON}\b"
)
CONSENT_BEFORE = re.compile(
    rf"\b(?:{PERSON}|Patients?|Participants?|Parents)(?:['’]s|s?['’])?\s+(?:[a-z]{{1,12}}\s+){{0,3}}$|\bparental\s+(?:[a-z]{{1,12}}\s+){{0,2}}$"
)
CONSENT_ELSEWHERE = re.compile(
    r"\w{0,10}(?:\s+\w{1,15}){0,3}?\s+(?:de[srm]|du|de\s+l[ao']?|del|della?|dos?|das?|von|pacjenta|пациент\w*|больн\w*)?\s?(?:patient|eltern|ethik|angehörig|pacient|pazient|famil|padres|pais\b|genitori|comit|пациент|больн|родител|rodzic|pacjent)|[^。；]{0,4}(?:患者|病人|家属|患儿)",
    re.I,
)
PATIENTS = re.compile("患者|病人|家属|患儿|本人")
HOLDER = re.compile(
    r"publisher|publishing|journal|copyright|©|elsevier|springer|wiley|\bpress\b|\[\d|\bref\b|et\s+al|licen[sc]|artist|photographer|museum|society",
    re.I,
)
NOT_NEEDED = re.compile(
    r"\s+(?:(?:is|was|were|are)\s+)?not\s+(?:required|needed|necessary)|\s+(?:required|needed)\b", re.I
)
COLLECTED = re.compile(
    r"\b(?:collect|sampl|captur|harvest|conduct|perform|trapp|access|enter|export|import|work)\w{0,4}\s+(?:\w{1,15}\s+){0,5}$",
    re.I,
)
REPRODUCE = re.compile(r"re-?produc|re-?print|re-?publish|re-?us|publish|figure|image|adapt|modif", re.I)
OTHER_SCRIPTS = re.compile(r"[\u0400-\u04ff]{3}|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
BY_AUTHORS = re.compile(
    r"\s?(?:of|by|:)?\s?(?:the\s)?(?:(?:first|present|corresponding|senior|last)\s)?authors?\b(?!\s+of\b)", re.I
)
UNSEEN = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff]")
WORD = re.compile(r"\w+")
YEAR = re.compile(r"(?:19|20)\d\d")
END = re.compile(r"(?<=[\w)\]]{3})[.;](?:\s|$)|\n")
PUBLISHING = re.compile(r"elsevier|springer|wiley|press|publish|society|reprint|reprod|from", re.I)
ADAPTED = re.compile(
    r"\b(?:adapted|modified|redrawn|re-drawn)\s+(?:with\s+(?:\w+\s+)?permissions?\s+)?(?:from|after)\b"
    r"|\b(?:modifiziert|verändert)\s+nach\b|\b(?:adapté|modifié)e?s?\s+d|\b(?:adaptad|modificad)[oa]s?\s+d[eo]\b|\badattat[oaie]\s+da\b"
    r"|адаптировано|改编自|改繪自",
    re.I,
)
# A statement ends at a full stop (not that of an abbreviation), at a semicolon, at the letter of a panel.
SENTENCE = re.compile(
    r"(?<![\s(][A-Z])(?<!\bal)(?<!\b[Rr]ef)(?<!\b[Rr]efs)(?<!\b[Ff]ig)(?<!\b[Ff]igs)(?<!\bet)(?<!\bDr)(?<!\bNo)(?<!\bno)(?<!\b[Vv]ol)(?<!\bAm)(?<!\bChem)(?<!\bSoc)(?<!\bPhys)(?<!\bRev)"
    r"(?<!\bLett)(?<!\bNat)(?<!\bSci)(?<!\bProc)(?<!\bNatl)(?<!\bAcad)(?<!\bBiol)(?<!\bMed)(?<!\bInt)(?<!\bEur)(?<!\bAdv)(?<!\bMater)(?<!\bCommun)(?<!\bAppl)(?<!\bRes)(?<!\bAngew)"
    r"(?<!\bClin)(?<!\bExp)(?<!\bMol)(?<!\bEnviron)(?<!\bSurg)(?<!\bAnn)\.(?:\s?\[[\d, –-]{1,12}\])?\s+(?=[^a-z])|;\s|[。；]"
)
PANEL = re.compile(
    r"(?<!\w)\(\s?(?:[A-Za-z]|[ivx]{1,4})(?:\s?[-–,&]\s?[A-Za-z]){0,4}\s?\)|\b(?:[Pp]anels?|[Pp]arts?|[Ii]mages?|[Ff]igures?|[Ff]igs?\.?)\s\(?[A-Za-z]\b|\b(?:left|right|top|bottom|upper|lower|middle|except\w*|partly|others?|whereas|while|rest|remaining|respectively)\b|\band\s(?:(?:is|are|was|were)\s)?(?:from|reproduced|reprinted|adapted|that|those|the)\b|(?:^|(?<=[.;,]\s))[A-Za-z](?:[-–,]\s?[A-Za-z])?[:.)]\s",
    re.I,
)
# What a sentence that only names the licence of the picture before it begins with.
LICENSE_ONLY = re.compile(
    r"\W{0,3}(?:(?:this|the|it|both|all|these|they|original|image|picture|photo|photograph|figure|file|map|work|material|content|article|is|are|was|were|has|have|been|also|an|a|open|access|freely)\W{1,2}){0,8}"
    r"(?:licen[sc]|distributed|available|published|released|shared|used|reproduced|reprinted|made|under|cc\b|cc0|cc-|creative|copyright|©|open|https?:|public\s+domain)",
    re.I,
)
OWN_TAKE = re.compile(r"\b(?:from|by|courtesy|permission)\b(?!\s?\d)(?!-)", re.I)
AUTHORS = re.compile(r"[^.;]{0,20}\bauthors?\b|[^.;]{0,30}\bet\s+al\b", re.I)
NONCOMMERCIAL = re.compile(
    r"\bnon[\s‐‑-]?commercial(?:ly)?\s+(?:use|re-?use|purposes?|licen[sc]e|distribution|only|research|educational)"
    r"|\b(?:commercial\s+(?:use|re-?use)\s+(?:is\s+)?(?:not|prohibited|forbidden|requires))",
    re.I,
)
STOP = re.compile(r"[.;)](?=\s|$)")
