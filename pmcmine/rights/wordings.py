"""Words of a caption or a permissions text that say who holds the rights of a picture.

All patterns are linear: every repetition is bounded or is followed by something that it can't match itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pmcmine.rights.named import NAMED_STEMS


class Kind(IntEnum):
    """How far a Creative Commons licence named beside the words reaches."""

    EXCLUDED = 0  # no licence that the text names can open the figure
    PERMISSION = 1  # one in the same statement does
    COPYRIGHT = 2  # so does one that the figure's own permissions state
    SOURCE = 3  # a credit, courtesy or source


@dataclass(frozen=True, slots=True)
class Words:
    """Words that point to another rights holder."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds the rights of the article itself: what names them is no third party.

    Attributes:
        copyright: copyright statement of the article.
        names: surnames of the authors, casefolded.
        years: years of the article's publication and copyright.
    """

    copyright: str = ""
    names: frozenset[str] = frozenset()
    years: frozenset[str] = frozenset()


NOBODY: Final = Owner()
_MAX_MATCHES: Final = 500
ADAPTED_STEMS: Final = (
    "adapted",
    "modified",
    "redrawn",
    "re-drawn",
    "modifiziert",
    "verändert",
    "adapté",
    "modifié",
    "adaptad",
    "modificad",
    "adattat",
)

_PICTURE: Final = (
    r"(?:images?|photos?|photographs?|(?:photo)?micrographs?|pictures?|figures?|figs?|panels?|maps?|drawings?|illustrations?"
    r"|diagrams?|schem(?:es?|as?|atics?)|cartoons?|silhouettes?|graphs?|graphics?|plates?|sketch(?:es)?|paintings?|portraits?"
    r"|engravings?|artworks?|icons?|clip\s?art|screenshots?|radiographs?|scans?|footage)"
)
# What a picture is taken from: a reference, a work by its authors, a page. (Not: a patient, a section, leaves.)
_WORK: Final = (
    r"(?:\(?\s?\[\s?\d|\(?(?:ref|reference|source)s?\b|<?https?:|www\.|(?-i:(?:(?:[Vv]an|[Vv]on|[Dd]e|[Dd]u|[Dd]er|[Ll]e|[Ll]a|[A-Z]\.)\s){0,3}[A-Z][\w'’-]{1,30})(?:(?:\s(?-i:[A-Z]{1,3}))?,?\s+(?:et\s?al|and\s+(?-i:[A-Z])"
    r"|&\s)|,?\s\(?(?:19|20)\d\d)|(?:the\s+)?(?:web|internet|world\s+wide|book|article|paper|publication|original|literature"
    r"|study|work|thesis|report|official|homepage|collections?|archives?|museum|wiki\w*|google|bing)\b"
    r"|(?:our|an?|the|his|her|their)\s+(?:previous|earlier|published|recent|original)\b|open\s?street"
    r"|(?:the\s+)?(?:\w{1,20}\s){0,2}website)"
)


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_EXCLUDED = _any(
    r"\ball\s+rights\s+(?:are\s+)?reserved\b|\bsome\s+rights\s+reserved\b",
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
_NON_CC = _any(
    r"\bGNU\s+(?:Free\s+)?Documentation|\bGFDL(?=[\s,.;)/]|\s?1\.)(?![\s-]?(?:ESM|CM|AM|SPEAR|MOM|HiRAM|FLOR|model))(?=[^.;]{0,60}(?:licen|wiki|cc|1\.\d)|\))"
    r"|\bODbL\b|\bopen\s+database\s+licen|\bopen\s+government\s+licen|\bopen\s+data\s+commons|\bODC-By\b|\bfree\s+art\s+licen"
    r"|\bcrown\s+copyright\b|\bnon-?transferable\s+licen|\beditorial\s+use\s+only\b|\b(?:personal|educational|academic|research)\s+use\s+only\b|\bfree\s+for\s+(?:personal|educational|academic|research|private)\b",
)  # fmt: skip
# Another licence than Creative Commons', or none at all: data and pictures of these services have terms of their own.
_SERVICE = _any(
    r"\bgetty\s?(?:images)?\b(?!\s+et\b)|\bshutterstock\b|\bi-?stock(?:\s?photos?)?\b|\balamy\b|\bscience\s+photo\s+library\b|\badobe\s?stock\b|\bdreamstime\b"
    r"|\bdepositphotos?\b|\b123rf\b|\bcorbis\b|\bfotolia\b|\bthinkstock\b|\bscience\s+source\b(?=[\s.,;)]*$|/)|\bbridgeman\b|\bassociated\s+press\b|\bap\s+(?:photo|images)\b"
    r"|/\s?(?:reuters|afp|ap|epa|spl|dpa)\b|\breuters\b(?!\s*,?\s*(?:thomson|web))(?<!thomson\sreuters)|\bvisuals\s+unlimited\b|\bphoto\s+researchers\b|\bnature\s+picture\s+library\b|\bminden\s+pictures\b"
    r"|\bstock(?:photos?|[\s-](?:photos?|photographs?|images?|illustrations?|pictures?))\b|\bfreepik\b|\bflaticon\b|\bvecteezy\b|\bunsplash\b|\bpixabay\b|\bpexels\b|\bflickr\b"
    r"|\bistockphoto|\bpanthermedia\b|\bpicture\s+alliance\b|\bimago\s+images\b|\bvisual\s+china\b|视觉中国",
    r"\bordnance\s+survey\b|\bopen\s?street\s?maps?\b|\bgoogle\s?(?:maps?|earth|street\s?view)\b(?!\s?(?:engine|api\s+key))|\b(?:bing|baidu|apple|here|yandex)\s+(?:maps?|aerial)\b"
    r"|\bdigital\s?globe\b|\bmaxar\b|\bgeoeye\b|\bearthstar\b|\bmapbox\b|\bworld\s+imagery\b",
    # A tool's credit is none, unless it names the terms of an account.
    r"\bbiorender\b[^;]{0,80}?\b(?:academic|agreement|institutional|personal|subscription|licen[sc]e\s+(?:number|no))\b",
    r"\bwikimedia\b|\bwikipedia\.org/wiki/File|\b(?:from|source:?|via|credit:?|by)\s+wikipedia\b|\bfair\s+use\b",
)  # fmt: skip
_COPYRIGHT = _any(
    # The sign with a year or a holder; a sign glued to a product's name ("IncuCyte© S3") is a mark of trade.
    r"(?:(?<![\w®™])|(?<=photo)|(?<=photos)|(?<=image)|(?<=images)|(?<=copyright))[©ⓒⒸ]|[©ⓒⒸ]\s{0,2}\(?\d{4}\b|[©ⓒⒸ](?=\w)|&copy;",
    r"\bcopy-?right(?:ed|s)?\b",
    r"\burheberrecht|\bdroits?\s+d['’]auteur|\bderechos?\s+de\s+(?:autor|reproducci)|\bdireitos?\s+(?:de\s+autor|autora)|\bdiritti\s+d['’]autore|авторск\w{1,4}\s+прав"
    r"|правообладател|prawa\s+autorskie|auteursrecht|telif|著作権|版权|版權|저작권",
    r"\b(?:(?:publishing|reproduction|image|exclusive|intellectual\s+property)\s+)rights\b(?=[^.;]{0,40}?\b(?:hold|held|belong|remain|owned|reserved|of|by)\b)|\brights?[\s-]?holders?\b",
)  # fmt: skip
_NO_COPYRIGHT = re.compile(
    r"(?:\b(?:no|not|free\s+(?:of|from)|without|waive[sd]?|lost|expired)\s+(?:known\s+|any\s+|longer\s+)?(?:under\s+)?)$",
    re.I,
)
_NO_COPYRIGHT_AFTER = re.compile(r"[\s-](?:free|waived|waiver|has\s+expired|expired|infring\w*|law)\b", re.I)
# "(c)" is a sign beside a publisher, or beside a year and a holder where no panels are lettered.
_SIGN = re.compile(r"\(\s?c\s?\)\s{0,2}(?P<year>\(?(?:19|20)\d\d(?:[-–]\d{2,4})?\)?,?\s{0,2}(?:by\s+)?)?(?=(?P<holder>(?:the\s+)?\w[\w&.-]{0,30})?)", re.I)  # fmt: skip
_PANEL_LETTERS = re.compile(r"\([abd]\)|\b[abd]\)|\([a-z]\s?[-–,]\s?[a-z]\)", re.I)
_PUBLISHER = re.compile(
    r"(?:the\s+)?(?:elsevier|springer|wiley|acs\b|rsc\b|ieee|iop\b|aaas|asm\b|bmj|taylor|sage\b|karger|thieme|oxford|cambridge|nature\b|american|royal|national|lippincott|wolters|blackwell|mcgraw"
    r"|macmillan|academic\s+press|pnas|cell\s+press|jama|rockefeller|all\s+rights|copyright)",
    re.I,
)
_SOURCE = _any(
    # Courtesy, but no courtesy stigma, call or title.
    r"\bcourtesy\b(?!\s+(?:stigma|bias|calls?|titles?|visits?|reports?|car|bus|tags?))",
    r"\brepublish(?:ed)?\b|\breprint(?:ed|s)?\b(?!\s+(?:requests?|address))",
    r"\bre-?produced\s{0,2},?\s?(?:here|in\s+part|partially|partly|in\s+full|unchanged|directly|verbatim|as\s+is)?\s?,?\s?(?:with\s+(?:\w{1,20},?\s){0,3})?(?:from|after|courtesy|by\s+(?:kind\s+)?courtesy"
    r"|under\s+(?:\w{1,12}\s){0,3}(?:terms|licen|cc|creative))\b"
    r"(?!\s+(?:(?:at\s+)?least|two|three|four|five|six|\d{1,3}\b(?!\])|independent|several|multiple|many|seeds?|cuttings?|these|both|different|separate)\b)",
    r"\b(?:re)?licensed\s+from\b|\b(?:under|with|by)\s+(?:an?\s+)?licen[sc]e\s+(?:from|number|no\b|#|agreement)|\bused\s+under\s+(?:an?\s+)?licen[sc]e\b|\blicen[sc]e\s+(?:number|no\.|#|agreement)|\brightslink\b",
    r"\b(?:property|ownership)\s+of\s+(?-i:(?:the\s+)?[A-Z])|\bowned\s+by\s+(?-i:(?:the\s+)?[A-Z])",
)  # fmt: skip
_SOURCE_ABROAD = _any(
    # German, French, Spanish, Portuguese, Italian, Russian, Polish, Dutch, Chinese, Japanese, Korean.
    r"(?:^|[(.;]\s?)aus:?\s+(?=\[\d|(?-i:[A-Z][\w'’-]{1,30})\s(?:et\s?al|u(?:nd|\.)\s|&\s|\(?(?:19|20)\d\d))",
    r"\bpar\s+courtoisie|\bcortes[ií´]{1,2}a?\s+d[aeio]|\bcourtoisie\s+d|любезно\s+предоставл|uprzejmości",
    r"\bnachdruck|\babgedruckt|\bnachgedruckt|\b(?:entnommen|übernommen)\s+(?:aus|von)|\bbild(?:nachweis|quelle|rechte)|\bzur\s+verfügung\s+gestellt|\bwiedergegeben\s+(?:mit|aus|nach)",
    r"\breproduit\w{0,2}\s+(?:avec|de|d['’]|[àa]\s+partir|par)|\breproducid[oa]s?\s+(?:con|de|por)|\breproduzid[oa]s?\s+(?:com|de|do|da|por)|\briprodott[oaie]\s+(?:con|da|dal|per)|\breimpres[oa]|\br[ée]imprim|\bristampat",
    r"\b(?:tomad|extra[ií]d|retirad)[oa]s?\s+(?:y\s+adaptad[oa]s?\s+)?(?:de|da|do)\s+(?=\[\d|https?:|(?-i:[A-Z][\w'’-]{1,30})\s+(?:et\s?al|y\s|e\s)|ref)|\btratt[oaie]\s+da\b|\btir[ée]e?s?\s+de\s+(?=\[\d|(?-i:[A-Z][\w'’-]{1,30})\s+et\b|l['’])"
    r"|\bgentilmente\b|\bgracieusement\b|\baimablement\b|\bgentileza\b|\bcedid[oa]s?\s+(?:por|pel)|\bfreundlicherweise\b",
    r"перепечат|воспроизвед\w{1,5}\s+(?:с|из|по)|заимствован|предоставлен\w{0,3}\s+(?:автор|компан|музе|издат)|\bprzedruk|\bовернут|\bovergenomen\s+(?:uit|van|met)",
    r"转载|轉載|转自|引自|摘自|图片来源|圖片來源|图源|转引|転載|より引用|から引用|出典|提供元|写真提供|画像提供|图片由|전재|사진\s?제공",
)  # fmt: skip
# A source: "taken from [3]" of a picture, "(From Gray et al.)"; not "taken from the leaf".
_FROM = re.compile(rf"\b[Ff]rom:?\s+(?=(?i:{_WORK}))")
_TAKEN = re.compile(
    r"(?:^|\W)(?P<verb>taken|copied|used|obtained|downloaded|borrowed|extracted|sourced|scanned|excerpted|retrieved|acquired|derived|kept|comes?|cropped|licensed)\s(?:directly\s)?$",
    re.I,
)
_PICTURED = re.compile(rf"\b{_PICTURE}\b[^.;:]{{0,80}}$", re.I)
_PICTURED_HERE = re.compile(
    r"\b(?:images?|photos?|photographs?|pictures?|figures?|drawings?|illustrations?|maps?)\s(?:(?:is|are|was|were)\s)?$",
    re.I,
)
_STARTS = re.compile(r"(?:^|[(;]\s?|[.]\s)$")
_NAMED_WORK = re.compile(r"\s*(?:\[\d|ref|[A-Z][\w'’-]{1,30}(?:\s[A-Z]{1,3})?,?\s+(?:et\s?al|and\s+[A-Z]|&\s))")
_NAME: Final = r"(?-i:(?:(?:the|Dr|Prof|Mr|Mrs|Ms|Professor)\.?\s+)*(?:[A-ZÀ-Þ]\.?[\s-]?){0,3}[A-ZÀ-Þ][a-zà-ÿ'’]{1,30}(?![a-z]*\s?[:=])|NASA|ESA|NOAA|USGS|CDC|WHO|FAO|[A-Z]{2,6}/)"
_CREDIT = _any(
    rf"\b(?:photos?|photographs?|photography|images?|pictures?|illustrations?|drawings?|artworks?|art|maps?|paintings?|figures?|video|micrographs?|graphics?|cover)[\s,]?\s?(?:credits?|©|\(c\)|courtesy)\s?:?\s?(?:(?:to|by|is|goes)\s)*(?={_NAME})",
    rf"\bcredits?\s?:\s?(?={_NAME})|\b(?:foto|fotos|fotografía|fotografia|fotografie|cr[ée]dit\s+photo\w*|photo\s+cr[ée]dit|cr[ée]ditos?|bild|abbildung|grafik|фото|рисунок|imagen|imagem|immagine|zdjęcie|fot)\.?\s?[:©]\s?(?=(?-i:[A-ZА-ЯÀ-Þ][\w.]))",
    rf"\b(?:photos?|photographs?)\s?:\s?(?={_NAME})|\b(?:photos?|photographs?|photographed|photo(?:graph)?s?\s+taken|pictures?\s+taken|images?\s+taken)\s+by\s+(?={_NAME})|\b(?:drawn|illustrated|painted|taken)\s+by\s+(?={_NAME}\s+(?-i:[A-ZÀ-Þ])|(?-i:(?:[A-Z]\.\s?){{1,3}}[A-Z][a-z]))",
    r"\b(?:photos?|ph\.|phot\.)\s(?=(?-i:(?:[A-Z]\.[\s-]?){1,3}[A-Z][a-zà-ÿ]{2}))",
    rf"\b(?:illustrations?|drawings?|artworks?|paintings?|sketch(?:es)?|cartoons?|pictures?|images?)\s?(?:by|:)\s?:?\s?(?={_NAME}\s+(?-i:[A-ZÀ-Þ]|von|van|de|du|et\s+al|huh)|(?-i:(?:[A-Z]\.\s?){{1,3}}[A-Z][a-z]|NASA|ESA))",
    rf"\bthank\w{{0,3}}\b[^;]{{0,80}}?\bfor\s+(?:\w{{1,20}}\s){{0,4}}{_PICTURE}\b",
)  # fmt: skip
_GIVEN = re.compile(
    rf"\b(?:provided|supplied|donated|contributed|shared|lent|loaned|furnished|given|offered|made\s+available)\s+(?:kindly\s+)?(?:by|from)\s+(?=(?:the\s+|our\s+|courtesy\s+)?{_NAME})",
    re.I,
)
_PICTURED_GIVEN = re.compile(
    rf"\b{_PICTURE}\s(?:(?:is|are|was|were|has|have|been|here|shown|in|kindly|generously|graciously|\(?(?-i:[A-Z](?:[–-][A-Z])?)\)?)\s){{0,5}}$",
    re.I,
)
_TECHNIQUE = re.compile(
    r"(?:the\s+)?(?:scanning|transmission|confocal|electron|light|fluorescen\w+|western|northern|southern|canon|nikon|leica|zeiss|olympus|sony|photoshop|adobe|illustrator|biorender|image\s?j|fiji|matlab|python|arcgis|qgis|"
    r"pymol|chimera|r\b|coomassie|sanger|landsat|sentinel|modis|scale|bars?\b|left|right|top|bottom|upper|lower|day|before|after|author|samsung|apple|iphone|differential|atomic|raman|giemsa|nissl)",
    re.I,
)
_PERMISSION = _any(
    r"\bpermissions?\b|\b(?:with|w/|by)\s?perm\b\.?|\bkind\s+(?:consent|agreement)\b",
    r"\b(?:with|by|under)\s+(?:the\s+)?(?:kind\s+|express\s+|written\s+|prior\s+)?(?:consent|agreement|approval|authori[sz]ation|acknowledge?ments?)\s+(?:of|from|by|to)\s+(?:the\s+)?(?:\w{1,15}\s)?(?:publishers?|journal|copyright|authors?|artists?"
    r"|photographers?|editors?|press|elsevier|springer|wiley|nature|society|museum|rights)",
    r"\bmit\s+(?:[\w.]{1,20}\s){0,4}(?:genehmigung|erlaubnis|zustimmung)|\bgenehmigung\s+(?:de[srm]|durch|von)|\bavec\s+(?:\S{1,14}\s){0,3}(?:\S{0,2}autorisation|permission|\S{0,2}accord)|\bautorisation\s+d"
    r"|\b(?:con|bajo|previ[ao])\s+(?:\w{1,12}\s){0,3}(?:permiso|autorizaci)|\b(?:com|sob)\s+(?:\w{1,12}\s){0,3}(?:permiss[ãa]|autoriza[çc])|\b(?:su|per|gentile)\s+(?:gentile\s+)?concessione|\bautori[sz]ad[oa]s?\s+p[oe][rl]|\bautoris[ée]{1,2}s?\s+par|\bcon\s+(?:\S{1,12}\s){0,3}(?:permesso|\S{0,2}autorizzazione)"
    r"|(?:^|\W)с\s+(?:\w{1,15}\s){0,3}(?:разрешени|позволени|согласи)|\bпо\s+разрешени|\bza\s+(?:zgodą|pozwoleniem|zezwoleniem)|\bmet\s+toestemming|\bizniyle\b|\bmed\s+tillst[åa]nd|\bcon\s+licencia\s+de\b",
    r"授权|授權|经[^。；]{1,12}?(?:许可|同意)|經[^。；]{1,12}?(?:許可|同意)|获[^。；]{0,12}?许可|許可を得|許可を受|許諾|的许可|허가",
)  # fmt: skip
# Consent to be shown concerns privacy, not the rights of a publisher. Names ("American Family Physician") are upper-case.
_PERSON: Final = (
    r"(?:patients?|participants?|parents?|famil(?:y|ies)|subjects?|guardians?|volunteers?|relatives?|mothers?|fathers?|sons?|daughters?|wife|husband|spouse"
    r"|next\s+of\s+kin|child(?:ren)?|caregivers?|donors?|individuals?|persons?|villagers?|students?|ethics?|ethical|institutional\s+review|review\s+board)"
)
_CONSENT_AFTER = re.compile(
    r"(?:\s+(?:and|or)\s+(?:[a-z]{1,12}\s){0,2}consent)?(?:\s+to\s+(?:publish|use|show|reproduce)[a-z ]{0,30}?)?(?:\s+(?:was|were|has\s+been|is))?(?:\s+(?:obtained|granted|given|provided|received|gained))?(?:\s+(?:to|for)\s+[a-z][a-z -]{0,80}?)?"
    rf"\s+(?:from|of|by)\s+(?:[a-z][a-z'’-]{{0,15}}\s){{0,4}}?(?:[a-z]{{1,12}}['’]s?\s)?{_PERSON}\b"
)
_CONSENT_BEFORE = re.compile(
    rf"\b{_PERSON}(?:['’]s|s?['’])?\s+(?:[a-z]{{1,12}}\s+){{0,3}}$|\bparental\s+(?:[a-z]{{1,12}}\s+){{0,2}}$"
)
_CONSENT_ELSEWHERE = re.compile(
    r"\w{0,10}(?:\s+\w{1,15}){0,3}?\s+(?:de[srm]|du|de\s+l[ao']?|del|della?|dos?|das?|von|pacjenta|пациент\w*|больн\w*)?\s?(?:patient|eltern|ethik|angehörig|pacient|pazient|famil|padres|pais\b|genitori|comit|пациент|больн|родител|rodzic|pacjent)|[^。；]{0,4}(?:患者|病人|家属|患儿)",
    re.I,
)
_PATIENTS = re.compile("患者|病人|家属|患儿|本人")
_HOLDER = re.compile(
    r"publisher|publishing|journal|copyright|©|elsevier|springer|wiley|\bpress\b|\[\d|\bref\b|et\s+al|licen[sc]|artist|photographer|museum|society",
    re.I,
)
_NOT_NEEDED = re.compile(
    r"\s+(?:(?:is|was|were|are)\s+)?not\s+(?:required|needed|necessary)|\s+(?:required|needed)\b", re.I
)
_COLLECTED = re.compile(
    r"\b(?:collect|sampl|captur|harvest|conduct|perform|trapp|access|enter|export|import|work)\w{0,4}\s+(?:\w{1,15}\s+){0,5}$",
    re.I,
)
_REPRODUCE = re.compile(r"re-?produc|re-?print|re-?publish|re-?us|publish|figure|image|adapt|modif", re.I)


@dataclass(frozen=True, slots=True)
class _Family:
    """Patterns of one kind, and lower-case stems one of which is in every text that they match.

    A text in another script than Latin is always read.
    """

    kind: Kind
    pattern: re.Pattern[str]
    stems: tuple[str, ...]


_FAMILIES: Final = (
    _Family(Kind.EXCLUDED, _EXCLUDED, (
        "reserved", "vorbehalten", "droits", "derechos", "direitos", "diritti", "prawa", "rechten", "hakları", "licen", "lizenz", "creative", "open access", "open-access", "openaccess", "reus", "re-us", "terms", "cc by", "cc-by",
        "not be", "notbe", "prohibited", "forbidden", "not permitted", "not allowed", "not for", "no re", "no commercial", "no derivative", "permission",
    )),
    _Family(Kind.EXCLUDED, _NON_CC, ("gnu", "gfdl", "odbl", "open d", "open government", "odc", "free art", "crown", "licen", "use only", "free for")),
    _Family(Kind.PERMISSION, _SERVICE, (
        "getty", "stock", "alamy", "photo library", "dreamstime", "depositphoto", "123rf", "corbis", "fotolia", "science source", "bridgeman",
        "associated press", "ap photo", "ap image", "reuters", "/afp", "/ap", "/epa", "/spl", "/dpa", "/ afp", "/ ap", "/ epa", "/ spl", "/ dpa", "visuals unlimited", "photo researchers",
        "picture library", "minden pic", "picture alliance", "freepik", "flaticon", "vecteezy", "unsplash", "pixabay", "pexels", "flickr", "panthermedia", "imago", "visual china",
        "ordnance", "streetmap", "street map", "google", "bing map", "bing aerial", "baidu", "apple map", "apple aerial", "here map", "here aerial", "yandex",
        "digitalglobe", "digital globe", "maxar", "geoeye", "earthstar", "mapbox", "world imagery", "wikimedia", "wikipedia", "fair use", "biorender",
    )),
    _Family(Kind.COPYRIGHT, _COPYRIGHT, (
        "©", "ⓒ", "&copy;", "copyright", "copy-right", "urheberrecht", "auteur", "derecho", "direito", "diritti", "prawa",
        "telif", "rights", "right holder", "right-holder", "rightholder",
    )),
    _Family(Kind.COPYRIGHT, _SIGN, tuple(f"{sign}{gap}{what}" for sign in ("(c)", "( c )") for gap in ("", " ") for what in (
        "19", "20", "(19", "(20", "the ame", "the roy", "the nat", "the els", "the lan", "els", "spr", "wil", "acs", "rsc", "iee", "iop", "aaa", "asm", "bmj", "tay", "sag", "kar", "thi", "oxf", "cam", "nat", "ame", "roy",
        "lip", "wol", "bla", "mcg", "mac", "aca", "pna", "cel", "jam", "roc", "all", "cop"))),
    _Family(Kind.SOURCE, _SOURCE, (
        "courtesy", "republish", "reprint", "reproduced", "re-produced", "licensed from", "license", "licence", "rightslink", "property of", "ownership of", "owned by",
    )),
    _Family(Kind.SOURCE, _FROM, (
        *(f"{verb}{how} from" for verb in ("taken", "copied", "used", "obtained", "downloaded", "borrowed", "extracted", "sourced", "scanned", "excerpted", "retrieved",
          "acquired", "derived", "kept", "come", "comes", "cropped", "licensed") for how in ("", " directly")),
        *(f"{noun}{verb} from" for noun in ("image", "photo", "photograph", "picture", "figure", "drawing", "illustration", "map") for verb in ("", "s", " is", "s are", " was", "s were")),
        "(from", "( from", ". from", ";from", "; from",
    )),
    _Family(Kind.SOURCE, _SOURCE_ABROAD, (
        "(aus ", "( aus ", ". aus ", ".aus", "; aus ", "(aus:", ";aus", ". aus:", "courtoisie", "cortes", "nachdruck", "gedruckt", "entnommen", "übernommen", "bildn", "bildq", "bildr", "verfügung", "wiedergegeben", "reprodui", "reproducid",
        "reproduzid", "riprodott", "reimpres", "réimprim", "reimprim", "ristamp", "tomad", "extraíd", "extraid", "retirad", "tratt", "tire de", "tires de", "tirée", "tirés", "tiré ",
        "gentil", "gentilez", "gracieus", "aimablement", "cedid", "freundlicherweise", "przedruk", "overgenomen", "uprzejm",
    )),
    _Family(Kind.SOURCE, _CREDIT, (
        "credit", "crédit", "©", "foto", "bild:", "bild :", "bild ©", "abbildung", "grafik", "imagen", "imagem", "immagine", "zdjęcie", "fot.",
        *(f"{noun}{sep}" for noun in ("photo", "photos", "photograph", "photographs", "illustration", "illustrations", "drawing", "drawings", "artwork", "artworks",
          "painting", "paintings", "sketch", "sketches", "cartoon", "cartoons", "picture", "pictures", "image", "images") for sep in (" by", ":", " :", " (c)")),
        *(f"photo{s} {letter}." for letter in "abcdefghijklmnopqrstuvwxyz" for s in ("", "s")), "ph. ", "phot. ", "photographed by", "taken by", "drawn by", "illustrated by", "painted by", "courtesy", "thank",
    )),
    _Family(Kind.SOURCE, _GIVEN, ("provided by", "supplied by", "donated by", "contributed by", "shared by", "lent by", "loaned by", "furnished by", "given by", "offered by", "available by",
        "provided from", "supplied from", "donated from", "lent from", "loaned from", "available from", "kindly by")),
    _Family(Kind.PERMISSION, _PERMISSION, (
        "permi", "with perm", "w/ perm", "w/perm", "by perm", "consent", "agreement", "approval", "authori", "acknowl", "genehm", "erlaubnis", "zustimmung", "autori", "avec ", "concessione", "permesso",
        "zgod", "pozwol", "zezwol", "toestemming", "izniyle", "tillst", "licencia",
    )),
)  # fmt: skip


def _trie(stems: Iterable[str]) -> str:
    """One expression for all stems, which shares their beginnings: a search for it costs a fifth of one for each."""
    branches: dict[str, list[str]] = {}
    for stem in sorted(stems):
        if not stem:
            return ""  # a stem ends here: what is longer needs no look
        branches.setdefault(stem[0], []).append(stem[1:])
    alternatives = [re.escape(first) + _trie(rest) for first, rest in branches.items()]
    return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"


_QUICK: Final = re.compile(
    _trie({stem for f in _FAMILIES for stem in f.stems} | {*NAMED_STEMS, *ADAPTED_STEMS, "commercial"})
)


def may_speak_of_rights(text: str) -> bool:
    """Whether a normalised text holds a stem of any pattern; without one it says nothing of rights.

    One search, which most captions are done with.
    """
    return _QUICK.search(_folded(text)) is not None or _is_abroad(text)


def _folded(text: str) -> str:
    """Lower-case text with a full stop in front, so that stems see where a sentence begins."""
    return f". {text.lower()}"


def _holds(text: str, stems: Iterable[str]) -> bool:
    for stem in stems:  # noqa: SIM110 (at half the cost of `any`)
        if stem in text:
            return True
    return False


def _is_abroad(text: str) -> bool:
    return not text.isascii() and _OTHER_SCRIPTS.search(text) is not None


def normal(text: str) -> str:
    """Fold white space (of every kind) and drop characters without width, so that patterns see plain words."""
    folded = " ".join(text.split())
    return folded if folded.isascii() else _UNSEEN.sub("", folded)


def find_words(text: str, owner: Owner = NOBODY) -> list[Words]:
    """Find the words of a normalised text that say that somebody else holds the rights, in order."""
    folded = _folded(text)
    abroad = _is_abroad(text)
    found = []
    for family in _FAMILIES:
        if abroad or _holds(folded, family.stems):
            check = _CHECKS.get(family.pattern, _always)
            for n, match in enumerate(family.pattern.finditer(text)):
                if n == _MAX_MATCHES:  # no caption: closed unread
                    found.append(Words(match.start(), match.end(), Kind.EXCLUDED))
                    break
                if check(text, match, owner):
                    start = match.start()
                    if family.pattern is _FROM:  # with what was taken
                        start = max(start - 60, 0, *(text.rfind(c, max(0, start - 60), start) + 1 for c in ".;:("))
                    found.append(Words(start, match.end(), family.kind))
    return sorted(found, key=lambda w: (w.start, w.kind))


def _always(text: str, match: re.Match[str], owner: Owner) -> bool:
    return True


def _is_permission(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Tell a rights holder's permission from a patient's, and from the permission to collect samples."""
    after = text[match.end() : match.end() + 100]
    before = text[max(0, match.start() - 80) : match.start()]
    if _NOT_NEEDED.match(after) or before.lower().endswith("no "):
        return False
    person = (
        _CONSENT_AFTER.match(after)
        or _CONSENT_BEFORE.search(before)
        or _CONSENT_ELSEWHERE.match(after)
        or _PATIENTS.search(match[0])
    )
    if person is not None:
        return _HOLDER.search(after) is not None
    sentence = before.rpartition(". ")[2]
    return _COLLECTED.search(sentence) is None or _REPRODUCE.search(sentence + after.partition(". ")[0]) is not None


def _is_copyright(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Tell another's copyright from the article's own, and from words about there being none."""
    before = text[max(0, match.start() - 30) : match.start()]
    if _NO_COPYRIGHT.search(before) or _NO_COPYRIGHT_AFTER.match(text, match.end()):
        return False
    return not _is_own(text, match, owner)


def _is_sign(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Tell a copyright sign from the letter of a panel."""
    holder = match["holder"] or ""
    if not holder or _is_own(text, match, owner):
        return False
    lettered = _PANEL_LETTERS.search(text, max(0, match.start() - 1500), match.end() + 1500) is not None
    if _PUBLISHER.match(holder):
        return bool(match["year"]) or not lettered
    name = holder.removeprefix("the ").removeprefix("The ")
    return bool(match["year"]) and not lettered and name[:1].isupper()


def _words_of(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def _is_own(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Whether a copyright statement is the article's own: its words, or its authors with its year."""
    statement = _END.split(text[match.start() : match.start() + 200], maxsplit=1)[0]
    own = _words_of(owner.copyright)
    said = _words_of(statement)
    if own and _YEAR.search(said) and (said in own or own in said):
        return True
    years = set(_YEAR.findall(statement))
    return (
        bool(years) and years <= owner.years and not _PUBLISHING.search(statement) and _names_author(statement, owner)
    )


def _names_author(text: str, owner: Owner) -> bool:
    if not owner.names:
        return False
    folded = text.casefold()
    return any(name in folded and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded) for name in owner.names)


def _is_credit(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Whether a credit names somebody who is no author of the article, and no technique."""
    if _TECHNIQUE.match(text, match.end()):
        return False
    name = _END.split(text[match.end() : match.end() + 60], maxsplit=1)[0]
    return not _names_author(name, owner)


_OTHER_SCRIPTS = re.compile(r"[\u0400-\u04ff]{3}|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")


def _is_taken(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Whether a picture, not a sample or a number, comes from the work that follows."""
    before = text[max(0, match.start() - 120) : match.start()]
    if _STARTS.search(before):
        return match[0][0] == "F" and _NAMED_WORK.match(text, match.end()) is not None
    if _PICTURED_HERE.search(before):
        return True
    verb = _TAKEN.search(before)
    if verb is None:
        return False
    start = before[: verb.start("verb")]
    return _PICTURED.search(start) is not None or (
        _STARTS.search(start) is not None and verb["verb"].lower() not in ("used", "derived", "obtained")
    )


def _is_courtesy(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Whether it is another's courtesy, not that of the article's own authors."""
    return _BY_AUTHORS.match(text, match.end()) is None


_BY_AUTHORS = re.compile(
    r"\s?(?:of|by|:)?\s?(?:the\s)?(?:(?:first|present|corresponding|senior|last)\s)?authors?\b(?!\s+of\b)", re.I
)


def _is_given(text: str, match: re.Match[str], owner: Owner) -> bool:
    """Whether it is a picture that somebody else provided."""
    before = text[max(0, match.start() - 80) : match.start()]
    return _PICTURED_GIVEN.search(before) is not None and _is_credit(text, match, owner)


_UNSEEN = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff]")
_WORD = re.compile(r"\w+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_END = re.compile(r"(?<=[\w)\]]{3})[.;](?:\s|$)|\n")
_PUBLISHING = re.compile(r"elsevier|springer|wiley|press|publish|society|reprint|reprod|from", re.I)
_CHECKS = {
    _PERMISSION: _is_permission,
    _COPYRIGHT: _is_copyright,
    _SIGN: _is_sign,
    _CREDIT: _is_credit,
    _SOURCE: _is_courtesy,
    _FROM: _is_taken,
    _GIVEN: _is_given,
}
