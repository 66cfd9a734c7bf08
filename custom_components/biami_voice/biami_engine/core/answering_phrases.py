"""What is said by whom when a call is answered: data for `core.answering`.

Patterns are regular expressions over text in lower case without punctuation or apostrophes; each begins at a word.
`SURE` is said by nobody else; `HINT` may be said by a person too. A language is added with one more entry in `PHRASES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..interface import AnsweredBy

SURE, HINT = 3, 1

_HUMAN, _VOICEMAIL, _SCREENING, _IVR, _NO_MESSAGE = (
    AnsweredBy.HUMAN,
    AnsweredBy.VOICEMAIL,
    AnsweredBy.SCREENING,
    AnsweredBy.IVR,
    AnsweredBy.NO_MESSAGE,
)


@dataclass(frozen=True, slots=True)
class Phrase:
    pattern: str
    kind: AnsweredBy
    weight: int


def _phrases(kind: AnsweredBy, weight: int, *patterns: str) -> tuple[Phrase, ...]:
    return tuple(Phrase(pattern, kind, weight) for pattern in patterns)


_KEY = r"(?:zero|one|two|three|four|five|six|seven|eight|nine|\d|star|pound|hash)"
_TASTE = r"(?:null|eins|zwei|drei|vier|funf|sechs|sieben|acht|neun|\d|stern|raute)"

ENGLISH = (
    *_phrases(
        _VOICEMAIL,
        SURE,
        r"(?:after|at|following|hear|wait for) (?:the|this|a) (?:\w+ )?(?:tone|beep|signal)",
        r"(?:record|leave) (?:your|(?:me |us )?a) (?:\w+ ){0,2}(?:message|voicemail) (?:after|at)\b",
        r"record your (?:message|voice)",
        r"(?:leave|record) .{0,40}\b(?:tone|beep|signal)\b",
        r"(?:automatic|automated) voice messag",
        r"voice ?mail ?(?:box)? (?:of|system)",
        r"(?:reached|this is) (?:the )?(?:\w+ ){0,4}(?:voice ?mail|answering machine|mailbox)",
        r"answering machine of",
    ),
    *_phrases(
        _VOICEMAIL,
        HINT,
        r"leave (?:me |us )?(?:a |your )?(?:\w+ )?message|voice ?mail",
        r"leave (?:me |us )?(?:your|a) (?:name|number|detailed|short|brief)",
        # "can": the t of "can't" is often lost on a telephone.
        r"(?:cant?|cannot|can not|unable to|not able to) (?:come to|get to|take|answer) (?:the|your|my) (?:phone|call)",
        r"(?:is|are|am|im) (?:not|un) ?available",
        r"(?:nobody|no one) (?:is available|can come|is home)",
        r"(?:youve|you have|have) reached",
        r"(?:ill|i will|well|we will) (?:call|get back to|return|ring) (?:you|your)",
        r"(?:sorry )?i missed your call",
        r"call you back",
        r"not (?:at )?(?:home|here) right now",
        r"away from (?:my|the) (?:desk|phone)",
        r"\bbeep",
        r"thanks? (?:you )?(?:for calling )?and have a (?:great|good|nice)",
        r"hang up or press",
        r"(?:person|customer|subscriber|party) you (?:are|have) (?:calling|called|trying to)",
        r"office is (?:now |currently )?closed",
        r"reached the mailbox|to the mailbox",
    ),
    *_phrases(
        _SCREENING,
        SURE,
        r"(?:state|say|record) your (?:full )?name",
        r"screening (?:service|calls)|(?:call|calls) (?:is|are) (?:being )?screened|call screen",
        r"(?:unidentified|anonymous|unknown) (?:calls|callers)",
        r"(?:virtual|digital|automated|google) assistant",
        r"(?:say|tell me) who (?:you are|is calling)",
        r"(?:may|can) i have your name and the (?:purpose|reason)",
        r"(?:name|calling) and (?:the )?(?:purpose|reason) (?:of|for) (?:your )?call",
        r"call (?:guard|assist)\b|robo ?calls?",
        r"before i (?:try to )?connect you",
    ),
    *_phrases(
        _SCREENING,
        HINT,
        r"(?:see|check|ask) if (?:this|the|that|he|she|they|mister|mr|mrs)\b.{0,20}(?:available|free|take|want|is)",
        r"whos calling|who is calling|why (?:are you|youre) calling|calling about|stay on the line",
    ),
    *_phrases(
        _IVR,
        SURE,
        rf"(?:press|dial|push|touch) (?:or say )?{_KEY}\b",
        r"for (?:english|sales|support|reservations|billing|customer service)\b",
        r"(?:main menu|menu options|following options)",
        r"(?:your )?call (?:will be|is being) (?:answered|taken) (?:in|by)",
        r"(?:may|will) be (?:monitored|recorded) for",
        r"(?:enter|dial) (?:your|the) (?:\w+ ){0,4}(?:number|extension|password|pin)",
        r"partys extension|touch ?tone",
        r"(?:agents|representatives|operators|lines) are (?:currently |all )?busy",
        r"you can say things",
        r"followed by the (?:pound|hash|star)",
        r"oprima",
    ),
    *_phrases(
        _IVR, HINT, r"important to us", r"please stay on the line", r"in a few words", r"please listen carefully"
    ),
    *_phrases(
        _NO_MESSAGE,
        SURE,
        r"mail ?box .{0,30}\bfull\b|mail ?box (?:cant|cannot) accept",
        r"mail ?box (?:that )?(?:has|is) not (?:been )?set ?up",
        r"(?:cannot|cant|not able to|unable to) accept (?:any |more |new )?messages",
        r"(?:is )?(?:not|no longer) in service",
        r"has been (?:disconnected|changed to)",
        r"cannot be completed|could not be completed",
        r"number you (?:have )?(?:dialed|dialled|called) (?:is|has|was) (?:not|been|no)",
    ),
    *_phrases(
        _HUMAN,
        SURE,
        r"(?:how|what) (?:may|can) (?:i|we) (?:help|do|get)",
        r"(?:can|may|could|shall|should) i (?:take|pass on|give \w+) a message",
        r"would you like (?:to|me to)",
        r"can you (?:hear me|call|be quick|hold|speak)",
        r"who (?:is this|are you|s this|did you want)|whos (?:this|there)",
        r"is (?:that you|anybody there|anyone there)",
        r"not interested|take us off",
        r"(?:who|what) do you want",
        r"(?:her|his|their) mail ?box",
        r"(?:your|got your) (?:voice ?mail|message)\b(?! after| at| and)",
        r"(?:may|can) i ask who",
    ),
    *_phrases(
        _HUMAN,
        HINT,
        r"\bspeaking\b",
        r"hang on|hold on|go ahead|one moment|just a (?:second|moment|minute)",
        r"(?:hes|shes|he is|she is)\b",
    ),
)

GERMAN = (
    *_phrases(
        _VOICEMAIL,
        SURE,
        r"nach dem (?:\w+ )?(?:signal|ton|signalton|piepton|pieps|piep)",
        r"(?:nachricht|sprachnachricht|mitteilung) (?:nach|auf band)",
        r"(?:hinterlassen|sprechen) sie (?:uns |mir |bitte )*(?:ihren?|eine) (?:\w+ )?(?:namen|nachricht|rufnummer)",
        r"(?:mit|das ist) (?:der|die) (?:mailbox|mobilbox|sprachbox|voicemail)|anrufbeantworter von|mailbox von",
        r"ist der (?:automatische )?anrufbeantworter",
    ),
    *_phrases(
        _VOICEMAIL,
        HINT,
        r"nicht (?:zu )?erreichbar|nicht erreichen|nicht zu hause|zurzeit nicht|im moment nicht",
        r"nachricht (?:zu )?hinterlassen|hinterlass",
        r"mailbox|anrufbeantworter|mobilbox",
        r"rufe? (?:sie |dich |schnellstmoglich |so bald wie moglich )?(?:schnellstmoglich )?zuruck",
        r"(?:teilnehmer|person|gesprachspartner)",
        r"unserer offnungszeiten|unsere offnungszeiten",
    ),
    *_phrases(
        _SCREENING,
        SURE,
        r"(?:nennen|sagen) sie (?:bitte |uns |mir )*(?:ihren namen|wer sie sind)",
        r"(?:namen|grund) (?:und den grund )?(?:ihres|des) anrufs",
        r"anruffilter|anrufassistent|virtuelle assistent",
        r"keine (?:anonymen|unbekannten) anrufe",
    ),
    *_phrases(_SCREENING, HINT, r"wer ruft an|wer ist am apparat|worum geht"),
    *_phrases(
        _IVR,
        SURE,
        rf"(?:drucken|wahlen|drucke) sie (?:bitte )?(?:die )?(?:taste )?{_TASTE}\b",
        r"(?:fur|bei) (?:fragen|vertrieb|deutsch|englisch|rechnung|reservierung)\w* .{0,40}(?:drucken|wahlen|sagen)",
        r"mitarbeiter (?:sind|befinden|ist).{0,30}(?:gesprach|belegt)",
        r"(?:hauptmenu|nachsten freien mitarbeiter|bitte warten sie)",
        r"(?:aufgezeichnet|mitgeschnitten) (?:werden|wird)|zu (?:schulungs|qualitats)",
        r"geben sie (?:bitte )?ihre .{0,30}(?:nummer|pin)",
    ),
    *_phrases(
        _NO_MESSAGE,
        SURE,
        r"(?:mailbox|speicher|anrufbeantworter) .{0,12}voll",
        r"kein anschluss unter dieser nummer|nummer ist nicht (?:vergeben|bekannt|belegt)",
        r"(?:keine|kann keine) (?:weiteren )?nachrichten",
        r"vorubergehend nicht erreichbar bitte versuchen",
    ),
    *_phrases(
        _HUMAN,
        SURE,
        r"(?:was|wie) kann ich (?:fur sie|fur dich|ihnen|dir)",
        r"(?:soll|kann|darf) ich (?:ihm|ihr|etwas|was) .{0,12}(?:ausrichten|sagen|bestellen)",
        r"wer (?:ist da|spricht|sind sie)|mit wem spreche",
        r"horen sie mich|horst du mich|bist du das",
        r"kein interesse|rufen sie spater|ruf spater",
    ),
    *_phrases(
        _HUMAN,
        HINT,
        r"am apparat|moment bitte|einen moment|augenblick",
    ),
)

PHRASES: Mapping[str, tuple[Phrase, ...]] = {"en": ENGLISH, "de": GERMAN}
"""By primary language tag; all of them are looked for in every call: a mailbox speaks its own language."""
