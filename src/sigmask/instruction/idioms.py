"""Idioms: clauses without an opening verb that one pattern reads whole ("no more cars", "a cat instead of a dog").

The patterns stand in `_IDIOMS` in the order in which they are tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace as replaced

from sigmask.instruction import frames, motions
from sigmask.instruction.clause import SHALL, Clause
from sigmask.instruction.concept import names_scene, noun_phrase
from sigmask.instruction.edits import (
    all_behind,
    changed,
    is_description,
    of_whole_picture,
    placed,
    put_on,
    with_attribute,
)
from sigmask.instruction.exchange import exchanged
from sigmask.instruction.lexicon import DEFINITE, any_of, lexicon
from sigmask.instruction.topic import own_topic, whole_picture_topic
from sigmask.types import Action, EditTuple

_LEX = lexicon()
PICTURE = "(?:image|picture|photo|photograph|scene)"
_BETTER = "(?:better|nicer|nice|good|great|cool|cooler|prettier)"
_NOT = "(?:does not|doesn't|do not|should not|must not|shall not|cannot)"
NO_MORE = re.compile(
    r"^(?:that )?(?:"
    r"there(?:'s| is| are| was| were| should| must| shall| be)?(?:n't| not| no longer)(?: is| are| be)?"
    r"(?! (?:enough|much|many|so|too)\b)"
    r"|(?:there(?:'s| is| are| was| were| be| should be| must be| shall be)? )?(?:with )?(?:no|not any|zero)"
    r"|(?:the )?absence of|without|minus"
    rf"|(?:the |this )?(?:same )?{PICTURE}(?: (?:is|be|should be|must be))? "
    r"(?:but )?(?:free (?:of|from)|devoid of|without|minus|lacks?|"
    rf"{_NOT} (?:feature|contain|include|have|show|display|depict))"
    r")\s+(?:more |any )?(.+?)"
    r"(?:\s+(?:featured|present|visible|shown|left|seen|included|appearing|depicted))?$"
)
THERE = re.compile(
    r"^(?:there(?:'s| (?:(?:should|could|must|might|would|has to|needs? to|ought to) )?(?:be|is|are|were|was|to be))"
    r"|(?:could|can|may|might|should|would|will) there be)\s+(.+)$"
)
BEARING = re.compile(rf"^(.+?)\s+{any_of(_LEX.bearing)}\s+(.+)$")
_COLOUR_FIRST = re.compile(
    rf"^(?:(?:choose|opt for|pick|select|go with|go for|use)\s+)?(?:an? |the )?({any_of(_LEX.colours)})"
    r"(?: colou?r| hue| shade| tone| tint)?\s+(?:for|(?:shall|should|will|must|is to|ought to) \w+)\s+(.+)$"
)
_TAKEN_OUT = re.compile(r"^take\s+(.+?)\s+(?:out|away|off)\b\s*(.*)$")
_TAKEN = re.compile(rf"^(?:pick up|lift up|grab|take) ((?:{DEFINITE}|all|both) .+)$")
_WANTED_GONE = re.compile(
    rf"^(?:see )?(.+?)(?:\s+(?:is|are|was|were|(?:{SHALL}|ought to|to) be))?\s+"
    r"(?:gone|removed|deleted|erased|taken out|taken away|out of here)$"
)
WEATHER = re.compile(
    rf"^(?:it|the weather|(?:the|this|my) {PICTURE})"
    r"(?: (?:were|was|is|be|to be|would be|to|had|should be|started|starts))?\s+"
    r"(rain\w*|snow\w*|drizzl\w*|storm\w*|hail\w*|fogg\w*|hazy|misty|night\w*|winter|summer|autumn|spring|dusk|dawn|"
    r"sunn\w*|cloud\w*)$"
)
INSTEAD = re.compile(r"^(.+?),?\s+(?:instead of|in place of|rather than)\s+(.+)$")
_PICTURE_OF = re.compile(rf"^(?:show )?(?:an?|the) (?:\w+ )?{PICTURE} (?:of|with|showing) ")
_SHOWS_SO = re.compile(rf"^(?:{DEFINITE}|all) .+ (?:shows?|turns?|glows?|shines?|appears?|looks?) \S+$")
_NOTHING_BUT = re.compile(
    r"^(?:do not|don't|never) \w+ (?:anything|a thing)(?: else)? "
    r"(?:but|except(?: for)?|apart from|other than|besides) (.+)$"
)
_TO_BE = re.compile(rf" (?:is|are|was|were|(?:{SHALL}|ought to) be)$")
_NOT_THERE = re.compile(
    r"^(.+?) (?:should|must|shall|may|does|do|is|are)(?: not|n't) (?:be |exist|belong|appear|supposed to be )"
    r"?(?:there|here|visible|in (?:the|this) \w+)?$"
)
_NOT_BEARING = re.compile(
    r"^(.+?) (?:(?:(?:is|are|was|were|should|shall|must|does|do) )?(?:not|no longer)|(?:is|are|should|does|do)n't) "
    r"(?:be )?(?:wear|hold|carry|have)(?:s|ing)? (.+)$"
)
_HAS_NONE = re.compile(rf"^({DEFINITE} .+?|he|she|it) (?:has|have|wears?|holds?) no (?:more )?(.+)$")
_WITHOUT = re.compile(
    rf"^(?:(?:show|see|have|make|get|picture|imagine) )?(?!(?:the |this )?(?:same )?{PICTURE}\b)"
    rf"({DEFINITE} (?:(?! in | at ).)+?) "
    r"(?:without (?:any |a |an |the |its |his |her |their )?|with no (?:more )?)"
    r"((?!.*\b(?:should|must|is|are|becomes?|wears?|to)\b).+)$"
)
_BETTER_WITHOUT = re.compile(
    r"^(.+?)(?:'d| would| could| might| will)? (?:looks?|be|is|feels?) (?:(?:much|so|even|really|far|a lot|way) )*"
    rf"{_BETTER} (?:without|minus|with no) "
    r"(?:any |a |an |the |its |his |her |their )?(.+)$"
)
_NOW_SO = re.compile(
    r"^((?:an?|some|two|three|four|five|several) (?:[\w-]+ ){1,4}?)(?:is|are|has|have) now "
    r"(?:(?:been|being|added|placed) )*(.+)$"
)
_COULD_USE = re.compile(
    r"^((?:[\w'-]+ ){0,4}?[\w'-]+) (?:(?:could|can|would|should|might) (?:really )?(?:use|do with|benefit from)|"
    r"(?:(?:could|can|would|should|might) )?look (?:much |so |even |really )?"
    rf"(?:{_BETTER}|complete) with|needs?) "
    r"((?:an?|some|more|another|a few|two|three|many) .+)$"
)
_BETTER_SO = re.compile(
    r"^(.+?) (?:(?:would|could|might|will) )?looks? "
    rf"(?:much |so |even |really )?{_BETTER} "
    r"(in|as|if (?:it|they|he|she) (?:were|was)) (.+)$"
)
_SEEN_FROM = re.compile(
    r"^(?:see|view|show) (.+?) (from (?:above|below|behind|afar|(?:the|another|a different) (?:\w+ )?"
    r"(?:front|back|side|rear|top|left|right|angle|distance)))$"
)
_LOOKS_AFTER = re.compile(
    r"^(?:(?:show|draw|depict|illustrate|imagine|visuali[sz]e|predict|generate|see)(?: me)? )?(?:what|how) "
    rf"(?:(?:will|would|does|do|did|might|could) )?(?P<thing>(?:{DEFINITE}|an?) (?:[\w'-]+ )+?)"
    r"(?:(?:will|would|might) )?(?:look|appear|be)s?(?: like)? (?:after|when|once|if|in|following|over|as) .+$"
)
_TIME = r"(?:second|minute|hour|day|week|month|year|season|decade)s?"
_LATER = re.compile(
    rf"^(?:(?:show|see|draw|depict|imagine) )?(?P<thing>{DEFINITE} (?:[\w'-]+ )+?)"
    rf"(?:after )?(?:(?:an?|one|two|three|four|five|ten|a few|several|many|some|\d+) )?{_TIME} "
    r"(?:later|from now|in the future|ago|earlier)$"
)
""" "What will the ice cream look like after an hour?", "the plant one month later": what of it changes nobody says."""
_INSTEAD_FIRST = re.compile(
    r"^(?:instead of|in place of|rather than) (.+?)"
    r"(?:, |\s(?=(?:there|he|she|it|they|(?:the|this|that) \S+) (?:should|shall|must|could|can|needs? to|has to)\b))"
    r"(.+)$"
)
_DONE_IN = re.compile(rf"^({DEFINITE} .+?) (?:painted|dyed|colou?red|tinted|turned) (.+)$")
_MORE_OF = re.compile(r"^(?:(?:some |a few |many |even )?more|additional|extra) (.+)$")
_COMPARED = re.compile(r"^(\w+er) (.+)$")
_LESS_OF = re.compile(r"^(?:less|fewer|not (?:so|as) many) (.+)$")
_SEE = re.compile(r"^(?:see|with) ((?:an? |some |more |two |three )?.+)$")
_ARROW = re.compile(r"^(.+?)\s*(?:->|=>|→)\s*(.+)$")
_FROM_TO = re.compile(
    r"^(?!crop|zoom|pan|back|up|down|due|as)((?:an? |the )?[\w-]+(?: [\w-]+)??) "
    r"(?:(?:turns?|changes?|transforms?|morphs?) )?(?:to|into) (?!be\b)((?:an? |the )?[\w-]+(?: [\w-]+)?)$"
)
_TAKES_PLACE = re.compile(
    rf"^(?:it|(?:the |this )?{PICTURE}) (?:should |to )?(?:takes? place|happens?|(?:is|be) set) "
    r"(?:(?:in|on|at|during) )?(.+)$"
)
_ONLY = re.compile(r"^(?:leave|keep|retain|preserve|show) (?:only|just|nothing but) (.+)$")


def idiom(clause: Clause) -> EditTuple | None:
    """What the first idiom that fits the clause's text makes of it; None if none does."""
    for pattern, read in _IDIOMS:
        match = pattern.match(clause.text)
        edit = read(match, clause) if match else None
        if edit:
            return edit
    return None


def in_weather(match: re.Match[str], _: Clause) -> EditTuple:
    """What `WEATHER` matched."""
    return EditTuple(None, match.group(1), Action.TONE)


def _taken_out(match: re.Match[str], clause: Clause) -> EditTuple:
    taken, source = match.groups()
    source = source.removeprefix("of ").removeprefix("from ")
    rest = f"{taken} from {source}" if source else taken
    return frames.remove(replaced(clause, frame="remove", rest=rest))


def _taken(match: re.Match[str], clause: Clause) -> EditTuple | None:
    """What is taken from somewhere goes; where to else, a clause behind may say."""
    if (noun_phrase(match.group(1)).location or "").startswith(("from", "off")):
        return frames.remove(replaced(clause, frame="remove", rest=match.group(1)))
    return motions.move(replaced(clause, frame="move", rest=match.group(1)))


def instead(match: re.Match[str], clause: Clause) -> EditTuple | None:
    """What `INSTEAD` matched; "green instead of red" is no exchange of things."""
    if is_description(match.group(2)) and _SHOWS_SO.match(match.group(1)):
        return None
    return exchanged(match.group(2), _PICTURE_OF.sub("", match.group(1)), clause)


def _instead_first(match: re.Match[str], clause: Clause) -> EditTuple | None:
    return exchanged(match.group(1), match.group(2), clause)


def _nothing_but(match: re.Match[str], clause: Clause) -> EditTuple | None:
    """ "don't change anything but the sky": the sky changes."""
    return frames.change(replaced(clause, frame="change", rest=match.group(1)))


def _done_in(match: re.Match[str], _: Clause) -> EditTuple | None:
    return with_attribute(_TO_BE.sub("", match.group(1)), match.group(2)) if is_description(match.group(2)) else None


def _only(match: re.Match[str], _: Clause) -> EditTuple:
    """All but one thing goes."""
    return all_behind(match.group(1), None)


def _cut_out(match: re.Match[str], _: Clause) -> EditTuple:
    return placed(match["what"], match["onto"] or "")


def _now_so(match: re.Match[str], clause: Clause) -> EditTuple:
    """ "a cat is now sleeping on the sofa": it was not there."""
    return frames.add(replaced(clause, frame="add", rest=f"{match.group(1)}{match.group(2)}"))


def _in_its_spot(match: re.Match[str], clause: Clause) -> EditTuple:
    """ "a tractor where the motorbike is"."""
    return changed(match.group(2), match.group(1), clause, described=False)


def _takes_place(match: re.Match[str], clause: Clause) -> EditTuple:
    """ "it takes place underwater"; "at night" is the picture's tone."""
    topic = whole_picture_topic(match.group(1))
    if topic:
        return of_whole_picture(topic, match.group(1), clause)
    return EditTuple("background", noun_phrase(match.group(1)).concept, Action.BACKGROUND)


def _colour_first(match: re.Match[str], _: Clause) -> EditTuple:
    return with_attribute(match.group(2), match.group(1))


def _gone(match: re.Match[str], clause: Clause) -> EditTuple:
    return frames.remove(replaced(clause, frame="remove", rest=match.group(1)))


def _taken_from(match: re.Match[str], clause: Clause) -> EditTuple:
    """ "the woman no longer wears a watch"."""
    edit = frames.remove(replaced(clause, frame="remove", rest=match.group(2)))
    bearer = noun_phrase(match.group(1)).concept
    return replaced(edit, location=edit.location or (f"on {bearer}" if bearer else None))


def _could_use(match: re.Match[str], clause: Clause) -> EditTuple:
    """ "the sky could use some birds"; more contrast is the picture's."""
    subject, given = match.groups()
    topic = own_topic(given)
    if names_scene(subject):
        added = replaced(clause, frame="add", rest=given)
        return of_whole_picture(topic, given, clause) if topic else frames.add(added)
    return put_on(subject, given)


def _better_so(match: re.Match[str], clause: Clause) -> EditTuple:
    """ "the car would look better in red", "he would look nice in a suit"."""
    subject, joint, value = match.groups()
    worn = joint == "in" and not is_description(value)
    return put_on(subject, value) if worn else changed(subject, value, clause)


def _seen_otherwise(match: re.Match[str], _: Clause) -> EditTuple | None:
    """A thing from elsewhere, or at another time: all of it changes, into what is not said."""
    thing, *place = match.groups()
    concept = noun_phrase(thing).concept
    return EditTuple(concept, concept, Action.OTHER, location=next(iter(place), None)) if concept else None


def _becomes(match: re.Match[str], clause: Clause) -> EditTuple:
    return changed(match.group(1), match.group(2), clause, described=False)


def _there_is(match: re.Match[str], clause: Clause) -> EditTuple | None:
    """A thing; the whole picture's tone or style is none."""
    if own_topic(match.group(1)):
        return None
    return frames.add(replaced(clause, frame="add", rest=match.group(1)))


def _compared(match: re.Match[str], _: Clause) -> EditTuple | None:
    """ "bigger nose" is of a nose; "brighter colours" are the whole picture's, "older man sitting" is a caption."""
    how, what = match.groups()
    phrase = noun_phrase(what)
    if (
        not _LEX.compares(how)
        or phrase.words != what
        or whole_picture_topic(what)
        or len((phrase.concept or "").split()) > 2
    ):
        return None
    return with_attribute(what, how)


def _more_of(match: re.Match[str], clause: Clause) -> EditTuple | None:
    """ "more snow on the mountains" is a thing, for it is somewhere; "more contrast" is none."""
    if noun_phrase(match.group(1)).location:
        return frames.add(replaced(clause, frame="add", rest=match.group(1)))
    return _there_is(match, clause)


def _less_of(match: re.Match[str], clause: Clause) -> EditTuple | None:
    return None if whole_picture_topic(match.group(1)) else _gone(match, clause)


_IDIOMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Clause], EditTuple | None]], ...] = (
    (_NOTHING_BUT, _nothing_but),
    (_NOT_BEARING, _taken_from),
    (_HAS_NONE, _taken_from),
    (_BETTER_WITHOUT, _taken_from),
    (_WITHOUT, _taken_from),
    (_NOW_SO, _now_so),
    (frames.WHERE_IT_WAS, _in_its_spot),
    (_COULD_USE, _could_use),
    (_BETTER_SO, _better_so),
    (_NOT_THERE, _gone),
    (_INSTEAD_FIRST, _instead_first),
    (_DONE_IN, _done_in),
    (_ONLY, _only),
    (frames.CUT_OUT, _cut_out),
    (NO_MORE, _gone),
    (_TAKES_PLACE, _takes_place),
    (_TAKEN_OUT, _taken_out),
    (_TAKEN, _taken),
    (INSTEAD, instead),
    (_COLOUR_FIRST, _colour_first),
    (_WANTED_GONE, _gone),
    (WEATHER, in_weather),
    (_COMPARED, _compared),
    (_MORE_OF, _more_of),
    (_LESS_OF, _less_of),
    (_SEEN_FROM, _seen_otherwise),
    (_LOOKS_AFTER, _seen_otherwise),
    (_LATER, _seen_otherwise),
    (_SEE, _there_is),
    (THERE, _there_is),
    (_ARROW, _becomes),
    (_FROM_TO, _becomes),
)
