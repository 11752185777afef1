//! Items of a list that are more than text: times under "Timeline", tasks under "Next steps".

use std::ops::Range;

use chrono::NaiveDate;
use pulldown_cmark::{CowStr, Event, Tag};

use crate::model::{Action, TimelineItem, Zone};
use crate::writeup::html::{Maker, Placed};
use crate::writeup::text::{length, line_of};
use crate::writeup::when;

/// Every task item among a section's events, taken out of them. A list that loses its last item goes too.
pub(super) fn take_actions<'a>(
    events: &mut Vec<Placed<'a>>,
    maker: &mut Maker<'a, '_>,
    near: Option<NaiveDate>,
    zone: Zone,
) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut at = 0;
    while at < events.len() {
        let Some(done) = task(&events[at..]) else {
            at += 1;
            continue;
        };
        let took = length(&events[at..]);
        let mut item: Vec<Placed<'a>> = events.drain(at..at + took).collect();
        // Tasks below this one are tasks of their own.
        let mut inner: Vec<Placed<'a>> = item.drain(1..item.len() - 1).collect();
        let below = take_actions(&mut inner, maker, near, zone);
        inner.retain(|(event, _)| !matches!(event, Event::TaskListMarker(_)));
        actions.push(action(done, &inner, maker, near, zone));
        actions.extend(below);
        if at > 0 && matches!(events[at - 1].0, Event::Start(Tag::List(_))) && matches!(events[at].0, Event::End(_)) {
            events.drain(at - 1..=at);
            at -= 1;
        }
    }
    actions
}

/// Whether an item begins here that begins with a task's box, and whether that is ticked.
fn task(events: &[Placed<'_>]) -> Option<bool> {
    let mut events = events.iter().map(|(e, _)| e);
    matches!(events.next(), Some(Event::Start(Tag::Item))).then_some(())?;
    match (events.next(), events.next()) {
        (Some(Event::TaskListMarker(done)), _)
        | (Some(Event::Start(Tag::Paragraph)), Some(Event::TaskListMarker(done))) => Some(*done),
        _ => None,
    }
}

fn action<'a>(
    done: bool,
    events: &[Placed<'a>],
    maker: &mut Maker<'a, '_>,
    near: Option<NaiveDate>,
    zone: Zone,
) -> Action {
    let words = words_of(events);
    let found = facts(&words, near, zone);
    let kept = without(events, &found.cut);
    Action { done, html: maker.inline(&kept), text: line_of(&kept), owner: found.owner, due: found.due }
}

/// Items of a section's lists that begin with a time. A time without a date stands on the date of the item before it
/// (past midnight: the next), the first on `near`. Gives those that lack every date as places in the source.
pub(super) fn timeline<'a>(
    events: &[Placed<'a>],
    maker: &mut Maker<'a, '_>,
    near: Option<NaiveDate>,
    zone: Zone,
) -> Vec<TimelineItem> {
    let mut items: Vec<TimelineItem> = Vec::new();
    let mut at = 0;
    while at < events.len() {
        if !matches!(events[at].0, Event::Start(Tag::Item)) {
            at += 1;
            continue;
        }
        let took = length(&events[at..]);
        let inner = &events[at + 1..(at + took).saturating_sub(1).max(at + 1)];
        let words = words_of(inner);
        let Some((read, end)) = when::prefix(&words, zone).filter(|(w, _)| w.time.is_some()) else {
            // A list inside an item may still hold times.
            at += 1;
            continue;
        };
        let before = items.last().map(|item| item.at);
        let day = before.map(|m| zone.date(m)).or(near);
        let moment = read.moment(day, zone).map(|m| match (before, day.and_then(|d| d.succ_opt())) {
            (Some(before), Some(next)) if read.day.is_none() && (before - m).ms() > 12 * 3_600_000 => {
                read.on(next, zone).unwrap_or(m)
            }
            _ => m,
        });
        match moment {
            Some(moment) => {
                let time = 0..end_of_time(&words, end, zone);
                let kept = without(inner, std::slice::from_ref(&time));
                items.push(TimelineItem { at: moment, html: maker.inline(&kept) });
            }
            None => maker.remarks.push((
                events[at].1.start,
                "this time has no date: give the write-up `started`, or begin the item with `2026-11-23 09:05`".into(),
            )),
        }
        at += took;
    }
    items
}

/// Where the words begin after a time and its separators. `09:00–09:10 …` keeps both times, as typed.
fn end_of_time(words: &str, end: usize, zone: Zone) -> usize {
    let rest = words[end..].trim_start_matches(|c: char| c.is_whitespace() || "·|–—-:,;.)]".contains(c));
    let range = when::prefix(rest, zone).is_some_and(|(w, _)| w.time.is_some());
    if range { 0 } else { words.len() - rest.len() }
}

/// The text of events, one to one: a place in it is a place in the events.
fn words_of(events: &[Placed<'_>]) -> String {
    events.iter().filter_map(|(e, _)| piece(e)).collect()
}

fn piece<'e>(event: &'e Event<'_>) -> Option<&'e str> {
    match event {
        Event::Text(t) | Event::Code(t) => Some(t),
        Event::SoftBreak | Event::HardBreak | Event::End(_) => Some(" "),
        _ => None,
    }
}

/// The events without some ranges of their words; what is emptied by that goes too.
fn without<'a>(events: &[Placed<'a>], cut: &[Range<usize>]) -> Vec<Placed<'a>> {
    let mut kept: Vec<Placed<'a>> = Vec::with_capacity(events.len());
    let mut at = 0;
    for (event, place) in events {
        let from = at;
        at += piece(event).map_or(0, str::len);
        let rest = |text: &CowStr<'a>| -> CowStr<'a> {
            let stays = |(i, _): &(usize, char)| !cut.iter().any(|c| c.contains(&(from + i)));
            text.char_indices().filter(stays).map(|(_, c)| c).collect::<String>().into()
        };
        let changed = match event {
            Event::Text(text) => Event::Text(rest(text)),
            Event::Code(text) => Event::Code(rest(text)),
            other => other.clone(),
        };
        let empty = matches!(&changed, Event::Text(t) | Event::Code(t) if t.is_empty());
        let opened = matches!(kept.last(), Some((Event::Start(Tag::Strong | Tag::Emphasis | Tag::Link { .. }), _)));
        if empty {
            continue;
        }
        if opened && matches!(changed, Event::End(_)) {
            kept.pop();
            continue;
        }
        kept.push((changed, place.clone()));
    }
    kept
}

/// What a task's words say besides the task.
#[derive(Debug, Default, PartialEq)]
struct Facts {
    owner: Option<String>,
    due: Option<NaiveDate>,
    /// Bytes of the words that say it.
    cut: Vec<Range<usize>>,
}

fn facts(words: &str, near: Option<NaiveDate>, zone: Zone) -> Facts {
    let mut facts = Facts::default();
    brackets(words, near, zone, &mut facts);
    handles(words, &mut facts);
    named_owner(words, &mut facts);
    due_phrase(words, near, zone, &mut facts);
    tidy(words, &mut facts);
    facts
}

impl Facts {
    fn is_cut(&self, at: usize) -> bool {
        self.cut.iter().any(|c| c.contains(&at))
    }

    fn add_owner(&mut self, name: &str) {
        match &mut self.owner {
            Some(owner) => {
                owner.push_str(", ");
                owner.push_str(name);
            }
            None => self.owner = Some(name.to_owned()),
        }
    }
}

/// `(Ines)`, `(Ines, due 3 Dec)`, `(owner: Ines; 2026-12-03)`: only where every part says an owner or a date.
fn brackets(words: &str, near: Option<NaiveDate>, zone: Zone, facts: &mut Facts) {
    let mut from = 0;
    while let Some(open) = words[from..].find('(').map(|at| from + at) {
        let Some(close) = words[open..].find(')').map(|at| open + at) else { return };
        from = close + 1;
        let last = words[close + 1..].chars().all(|c| !c.is_alphanumeric());
        let mut found = Facts::default();
        let understood = words[open + 1..close].split([',', ';']).all(|part| {
            let part = part.trim();
            let date = date_phrase(part, near, zone).or_else(|| when::read(part, zone).and_then(|w| w.date(near)));
            if let Some(date) = date.filter(|_| found.due.is_none()) {
                found.due = Some(date);
                return true;
            }
            let named = part.strip_prefix('@').or_else(|| after_word(part, "owner"));
            match named.or_else(|| (last && is_name(part)).then_some(part)) {
                Some(name) if !name.trim().is_empty() => {
                    found.add_owner(name.trim());
                    true
                }
                _ => false,
            }
        });
        if understood {
            facts.cut.push(open..close + 1);
            facts.due = facts.due.or(found.due);
            if let Some(owner) = found.owner {
                facts.add_owner(&owner);
            }
        }
    }
}

/// One to three words that begin with a capital: `Ines`, `Tomás Vega`.
fn is_name(part: &str) -> bool {
    let words: Vec<&str> = part.split_whitespace().collect();
    let capital = |w: &&str| w.chars().next().is_some_and(char::is_uppercase);
    let letters = |w: &&str| w.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | '-' | '\'' | '’'));
    (1..=3).contains(&words.len()) && words.iter().all(|w| capital(w) && letters(w))
}

/// What follows `word:` (or `word` alone), if a text begins with it.
fn after_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let head = text.get(..word.len()).filter(|h| h.eq_ignore_ascii_case(word))?;
    let rest = &text[head.len()..];
    rest.starts_with([':', ' ']).then(|| rest.trim_start_matches([':', ' ']))
}

/// `due 3 Dec`, `by 2026-12-03`, `done on 30 Nov`, and nothing else.
fn date_phrase(text: &str, near: Option<NaiveDate>, zone: Zone) -> Option<NaiveDate> {
    let rest = after_due(text)?;
    when::read(rest, zone).filter(|w| w.day.is_some())?.date(near)
}

fn after_due(text: &str) -> Option<&str> {
    let mut rest = ["due", "by", "until", "done"].iter().find_map(|w| after_word(text, w))?;
    for filler in ["by", "on", "date"] {
        rest = after_word(rest, filler).unwrap_or(rest);
    }
    Some(rest)
}

/// `@ines` where a word begins.
fn handles(words: &str, facts: &mut Facts) {
    for (at, _) in words.match_indices('@') {
        let free = words[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "(,;".contains(c));
        let name: String =
            words[at + 1..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
        let name = name.trim_end_matches(['.', '-']);
        if free && !name.is_empty() && !facts.is_cut(at) {
            facts.add_owner(name);
            facts.cut.push(at..at + 1 + name.len());
        }
    }
}

/// `Owner: Ines` up to the next comma, full stop, dash or date.
fn named_owner(words: &str, facts: &mut Facts) {
    let lower = words.to_ascii_lowercase();
    let Some(at) = lower.find("owner:").filter(|at| !facts.is_cut(*at)) else { return };
    let from = at + "owner:".len();
    let rest = &words[from..];
    let stop = rest.find([',', ';', '.', '·', '|', '–', '—', '(']).unwrap_or(rest.len());
    let stop = [" due ", " by ", " due:"].iter().filter_map(|w| lower[from..].find(w)).fold(stop, usize::min);
    let name = rest[..stop].trim();
    if !name.is_empty() {
        facts.add_owner(name.trim_start_matches('@'));
        facts.cut.retain(|c| !(from..from + stop).contains(&c.start));
        facts.cut.push(at..from + stop);
    }
}

/// `due 2026-12-03`, `by 3 Dec` anywhere; a `by` without a date is an ordinary word.
fn due_phrase(words: &str, near: Option<NaiveDate>, zone: Zone, facts: &mut Facts) {
    let starts = words.char_indices().filter(|(at, c)| {
        c.is_alphabetic() && words[..*at].chars().next_back().is_none_or(|before| !before.is_alphanumeric())
    });
    for (at, _) in starts {
        let Some(rest) = after_due(&words[at..]) else { continue };
        let Some((read, end)) = when::prefix(rest, zone) else { continue };
        if facts.due.is_some() || facts.is_cut(at) || read.day.is_none() {
            continue;
        }
        let Some(date) = read.date(near) else { continue };
        let from = words.len() - rest.len();
        facts.due = Some(date);
        facts.cut.push(at..from + end);
    }
}

/// Separators that led to what was cut, and those that are left at the end, go too.
fn tidy(words: &str, facts: &mut Facts) {
    if facts.cut.is_empty() {
        return;
    }
    let loose = |c: char| c.is_whitespace() || "·|–—-,;:".contains(c);
    for cut in &mut facts.cut {
        if words[..cut.start].trim().is_empty() {
            let rest = &words[cut.end..];
            cut.end += rest.len() - rest.trim_start_matches(loose).len();
        }
        cut.start -= words[..cut.start].len() - words[..cut.start].trim_end_matches(loose).len();
    }
    for (at, c) in words.char_indices().rev() {
        let cut = facts.is_cut(at);
        if !cut && !loose(c) {
            break;
        }
        if !cut {
            facts.cut.push(at..at + c.len_utf8());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_and_date_are_taken_from_the_words() {
        let near = NaiveDate::from_ymd_opt(2026, 11, 23);
        let cases = [
            ("Move Redis @tomas due 2026-12-03", "Move Redis", "tomas", "2026-12-03"),
            ("Practise the recovery (Ines)", "Practise the recovery", "Ines", "-"),
            ("Practise it (Ines, due 3 Dec)", "Practise it", "Ines", "2026-12-03"),
            ("Keep it closed. Owner: Ines Vega, by 5 Jan", "Keep it closed.", "Ines Vega", "2027-01-05"),
            ("Owner: Ines · Look at the volume", "Look at the volume", "Ines", "-"),
            ("Look at it by hand (not by Tom)", "Look at it by hand (not by Tom)", "-", "-"),
            ("Write to ops@example.com by 2026-12-03.", "Write to ops@example.com.", "-", "2026-12-03"),
            ("Timed, done on 30 Nov — @ines", "Timed", "ines", "2026-11-30"),
            ("Ask (the vendor) @ines, @tomas", "Ask (the vendor)", "ines, tomas", "-"),
            ("Due date: 2026-12-03: do it", "do it", "-", "2026-12-03"),
            ("Done with the old one", "Done with the old one", "-", "-"),
            ("", "", "-", "-"),
        ];
        for (words, rest, owner, due) in cases {
            let found = facts(words, near, Zone::UTC);
            let left: String = words.char_indices().filter(|(at, _)| !found.is_cut(*at)).map(|(_, c)| c).collect();
            assert_eq!(left, rest, "{words}");
            assert_eq!(found.owner.as_deref().unwrap_or("-"), owner, "{words}");
            assert_eq!(found.due.map_or("-".into(), |d| d.to_string()), due, "{words}");
        }
    }
}
