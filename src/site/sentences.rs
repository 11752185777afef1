//! Every sentence that the pages say by themselves (LOOK "Sentences"): short, plain, present tense.
//! Long texts that explain the figures stand in `rules`.

use crate::model::{Impact, IncidentStatus, MaintenanceStatus, Span, Status, Witness};
use crate::site::clock::words;

/// A status in lists.
pub const fn status(status: Status) -> &'static str {
    match status {
        Status::Operational => "Operational",
        Status::Degraded => "Degraded",
        Status::Partial => "Partial outage",
        Status::Major => "Major outage",
        Status::Maintenance => "Maintenance",
        Status::NoData => "No data",
    }
}

/// A status in a badge, a tab and a banner (LOOK "States").
pub const fn short_status(status: Status) -> &'static str {
    match status {
        Status::Operational => "up",
        Status::Degraded => "degraded",
        Status::Partial => "partly down",
        Status::Major => "down",
        Status::Maintenance => "maintenance",
        Status::NoData => "no data",
    }
}

/// An incident's status.
pub const fn incident_status(status: IncidentStatus) -> &'static str {
    match status {
        IncidentStatus::Investigating => "Investigating",
        IncidentStatus::Identified => "Identified",
        IncidentStatus::Monitoring => "Monitoring",
        IncidentStatus::Resolved => "Resolved",
        IncidentStatus::Postmortem => "Postmortem",
    }
}

/// A maintenance's status.
pub const fn maintenance_status(status: MaintenanceStatus) -> &'static str {
    match status {
        MaintenanceStatus::Scheduled => "Planned",
        MaintenanceStatus::InProgress => "In progress",
        MaintenanceStatus::Verifying => "Being checked",
        MaintenanceStatus::Completed => "Completed",
    }
}

/// An impact.
pub const fn impact(impact: Impact) -> &'static str {
    match impact {
        Impact::None => "None",
        Impact::Minor => "Minor",
        Impact::Major => "Major",
        Impact::Critical => "Critical",
    }
}

/// `Website`, `Website and API`, `Website, API and Redis`; of many the first four and how many more.
pub fn names(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [init @ .., last] if names.len() <= 8 => format!("{} and {last}", init.join(", ")),
        _ => format!("{} and {} more", names[..4].join(", "), names.len() - 4),
    }
}

/// A small number in words.
pub fn number(n: usize) -> String {
    const WORDS: [&str; 11] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    WORDS.get(n).map_or_else(|| n.to_string(), |w| (*w).to_owned())
}

/// `1 component`, `8 components`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The first letter large.
pub fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// Ends a sentence where it has no end yet.
pub fn stop(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '?', '!', '…', ':']) { text.to_owned() } else { format!("{text}.") }
}

fn verb<'a>(names: &[&str], one: &'a str, many: &'a str) -> &'a str {
    if names.len() == 1 { one } else { many }
}

/// "Website and API do not answer."
pub fn no_answer(who: &[&str]) -> String {
    format!("{} {} not answer.", names(who), verb(who, "does", "do"))
}

/// "API is partly down."
pub fn partly_down(who: &[&str]) -> String {
    format!("{} {} partly down.", names(who), verb(who, "is", "are"))
}

/// "Redis is degraded."
pub fn degraded(who: &[&str]) -> String {
    format!("{} {} degraded.", names(who), verb(who, "is", "are"))
}

/// "Website and API answer."
pub fn answers(who: &[&str]) -> String {
    format!("{} {}.", names(who), verb(who, "answers", "answer"))
}

/// "Volume cannot be seen."
pub fn unseen(who: &[&str]) -> String {
    format!("{} cannot be seen.", names(who))
}

/// "Stella is up, but Redis is degraded."
pub fn up_but(title: &str, who: &[&str]) -> String {
    if who.len() > 3 {
        return format!("{title} is up, but {} components are degraded.", number(who.len()));
    }
    format!("{title} is up, but {} {} degraded.", names(who), verb(who, "is", "are"))
}

/// "Stella is up, seen from one place of three."
pub fn seen_from(title: &str, good: usize, all: usize) -> String {
    let places = if good == 1 { "place" } else { "places" };
    format!("{title} is up, seen from {} {places} of {}.", number(good), number(all))
}

/// "Two things are wrong."
pub fn things(n: usize) -> String {
    format!("{} things are wrong.", sentence_case(&number(n)))
}

/// The sentence when the promised word is late: "Stella is down, and our word is late."
pub fn and_late(sentence: &str) -> String {
    format!("{}, and our word is late.", sentence.trim_end_matches('.'))
}

/// Its lead.
pub fn word_was_due(due: &str) -> String {
    format!("We promised news by {due}. None has come. Measuring goes on.")
}

/// "Since 10:40. We are watching it until 11:10."
pub fn watching(since: &str, until: Option<&str>) -> String {
    until.map_or_else(
        || format!("Since {since}. We are watching it."),
        |until| format!("Since {since}. We are watching it until {until}."),
    )
}

/// Calm: "All 8 components answered at 7:42, seen from 3 places. 99.9 % of the last 24 hours was watched."
pub fn calm(components: usize, at: Option<&str>, places: usize, watched: &str) -> String {
    let all = if components == 1 { "It".to_owned() } else { format!("All {components} components") };
    let Some(at) = at else {
        return format!(
            "{all} {} reported to work. Nothing is measured here.",
            if components == 1 { "is" } else { "are" }
        );
    };
    let from = if places > 1 { format!(", seen from {places} places") } else { String::new() };
    format!("{all} answered at {at}{from}. {watched} of the last 24 hours was watched.")
}

/// A bad row that is not confirmed: "Website had a bad look at 9:19 and is being checked."
pub fn checking(who: &[&str], since: &str) -> String {
    format!("{} had a bad look at {since} and {} being checked.", names(who), verb(who, "is", "are"))
}

/// "Our own connection failed at 9:12: … This says nothing about Stella. At 9:11 it was up."
pub fn blind(title: &str, since: &str, why: &str, before: Option<&(String, bool)>) -> String {
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.trim_end_matches('.')) };
    format!("Our own connection failed at {since}{why}. {}", says_nothing(title, before))
}

/// "Nobody has looked since 9:12. This says nothing about Stella."
pub fn nobody_since(title: &str, since: &str, before: Option<&(String, bool)>) -> String {
    format!("Nobody has looked since {since}. {}", says_nothing(title, before))
}

fn says_nothing(title: &str, before: Option<&(String, bool)>) -> String {
    let tail = match before {
        Some((at, true)) => format!(" At {at} it was up."),
        Some((at, false)) => format!(" At {at} something was wrong."),
        None => String::new(),
    };
    format!("This says nothing about {title}.{tail}")
}

/// "Redis is being worked on until 22:30."
pub fn worked_on(who: &[&str], until: &str) -> String {
    format!("{} {} being worked on until {until}.", names(who), verb(who, "is", "are"))
}

/// "Planned. Everything else is up."
pub const PLANNED_ELSE_UP: &str = "Planned. Everything else is up.";
/// The same where nothing else is there.
pub const PLANNED: &str = "Planned.";

/// "It should have ended at 22:30. Redis has not come back."
pub fn overrun(ends: &str, bad: &[&str]) -> String {
    let ended = format!("It should have ended at {ends}.");
    if bad.is_empty() {
        return format!("{ended} What is worked on answers.");
    }
    format!("{ended} {} {} not come back.", names(bad), verb(bad, "has", "have"))
}

/// The sentence of the past, for a page that is old: "When it was made, Stella was down."
pub fn past(sentence: &str) -> String {
    let pairs = [
        (" is being ", " was being "),
        (" are being ", " were being "),
        (" is up", " was up"),
        (" is down", " was down"),
        (" is degraded", " was degraded"),
        (" are degraded", " were degraded"),
        (" is late", " was late"),
        (" are wrong", " were wrong"),
        (" is wrong", " was wrong"),
        (" is watched", " was watched"),
        (" has run over", " had run over"),
        (" has looked", " had looked"),
        ("We cannot see", "we could not see"),
        ("Nobody", "nobody"),
        ("Nothing", "nothing"),
        ("Not everything", "not everything"),
        ("Part of", "part of"),
    ];
    let mut text = sentence.to_owned();
    for (now, then) in pairs {
        text = text.replace(now, then);
    }
    if text.contains(" things ") {
        text = text[..1].to_lowercase() + &text[1..];
    }
    text
}

/// "It was made at 9:20 and should have been replaced at 9:21. …"
pub fn old(made: &str, due: &str, sentence: &str) -> String {
    let past = past(sentence);
    format!(
        "It was made at {made} and should have been replaced at {due}. When it was made, {past} \
         What you read below was true then and may not be now."
    )
}

/// The foot of a page that is made each round.
pub fn foot(zone: &str, made: &str, due: &str, old: &str) -> String {
    format!(
        "Times are {zone}. Made at {made}. The next page is due at {due}. If your clock says later than {old}, \
         this page is old and its news may be too."
    )
}

/// The foot of a page that is made when an hour closes or a state changes.
pub fn foot_reaches(zone: &str, until: &str) -> String {
    format!("Times are {zone}. This page reaches until {until}. It is made again each hour and when a state changes.")
}

/// The foot of a page that stays.
pub fn foot_settled(zone: &str) -> String {
    format!("Times are {zone}. They are measured unless marked “written”.")
}

/// The foot of a look back.
pub fn foot_look_back(zone: &str, at: &str) -> String {
    format!(
        "Times are {zone}. This is a look back: the page as it stood on {at}. \
         Wording, theme and configuration are of today."
    )
}

/// Where the record ends, and where its last whole day did.
pub fn head(witness: &Witness) -> String {
    let Witness { chain, n, head, closed } = witness;
    let day = closed.as_ref().map_or(String::new(), |closed| {
        format!(", and the day {} with number {}: {}", closed.day, closed.n, short_hash(closed.head.as_str()))
    });
    format!("The record of “{chain}” ends with number {n}: {}{day}.", short_hash(head.as_str()))
}

/// `7f3a…c41e`, for the eye; the JSON carries it whole.
pub fn short_hash(head: &str) -> String {
    match (head.get(..8), head.get(head.len().saturating_sub(8)..)) {
        (Some(a), Some(b)) if head.len() > 20 => format!("{a}…{b}"),
        _ => head.to_owned(),
    }
}

/// "20 minutes so far"
pub fn so_far(span: Span) -> String {
    format!("{} so far", words(span))
}

/// "1 h 40 min", or a dash for none.
pub fn span_or_dash(span: Span) -> String {
    if span.ms() > 0 { span.to_string() } else { "–".to_owned() }
}

/// "7 days ago"
pub fn ago(span: Span) -> String {
    format!("{} ago", words(span))
}

/// "from 3 of 3 places"; nothing to say where there is only one.
pub fn places(now: usize, all: usize) -> String {
    format!("from {now} of {}", count(all, "place"))
}

/// "every minute", "every 5 minutes"
pub fn every(interval: Span) -> String {
    match interval.ms() {
        60_000 => "every minute".to_owned(),
        3_600_000 => "every hour".to_owned(),
        86_400_000 => "every day".to_owned(),
        ms if ms % 60_000 == 0 => format!("every {}", words(interval)),
        _ => format!("every {interval}"),
    }
}

/// A strip in words: "90 days: major outage 23 Nov." The newest four runs, and how many more.
pub fn strip(name: &str, empty: bool, runs: Vec<(Status, String, String)>) -> String {
    if empty {
        return format!("{name}: nothing seen.");
    }
    if runs.is_empty() {
        return format!("{name}: operational.");
    }
    let all = runs.len();
    let mut said: Vec<String> = runs
        .into_iter()
        .rev()
        .take(4)
        .map(|(s, from, to)| {
            let span = if from == to { from } else { format!("{from} to {to}") };
            format!("{} {span}", status(s).to_lowercase())
        })
        .collect();
    if all > 4 {
        said.push(format!("{} more", all - 4));
    }
    format!("{name}: {}.", said.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_plain() {
        let lines = [
            up_but("Stella", &["Redis"]),
            things(2),
            and_late("Stella is down."),
            past("Stella is down, and our word is late."),
            past("Two things are wrong."),
            past("Part of Stella is down."),
            blind("Stella", "9:12", "test points of others failed with it", Some(&("9:11".into(), true))),
            calm(8, Some("7:42"), 3, "99.9 %"),
            names(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]),
            seen_from("Stella", 1, 3),
            overrun("22:30", &["Redis"]),
            strip("90 days", false, vec![(Status::Major, "23 Nov".into(), "23 Nov".into())]),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        Stella is up, but Redis is degraded.
        Two things are wrong.
        Stella is down, and our word is late.
        Stella was down, and our word was late.
        two things were wrong.
        part of Stella was down.
        Our own connection failed at 9:12: test points of others failed with it. This says nothing about Stella. At 9:11 it was up.
        All 8 components answered at 7:42, seen from 3 places. 99.9 % of the last 24 hours was watched.
        a, b, c, d and 5 more
        Stella is up, seen from one place of three.
        It should have ended at 22:30. Redis has not come back.
        90 days: major outage 23 Nov.
        ");
    }
}
