//! Front matter into a write-up: every key that is known, and a remark on every one that is not.

use std::str::FromStr;

use chrono::NaiveDate;

use crate::model::{
    ComponentId, Impact, IncidentId, IncidentStatus, Moment, Status, Visibility, WriteUp, WriteUpKind, Zone,
};
use crate::writeup::front::{Entry, Node};
use crate::writeup::{when, words};

/// Every key of the front matter.
const KEYS: [&str; 18] = [
    "title",
    "kind",
    "components",
    "started",
    "ended",
    "status",
    "impact",
    "incident",
    "follows",
    "starts",
    "ends",
    "recurs",
    "authors",
    "roles",
    "tags",
    "aliases",
    "draft",
    "visibility",
];

/// Fills a write-up; gives remarks with their lines. `near` is the date that the file's name begins with.
pub(super) fn fill(
    entries: &[Entry],
    near: Option<NaiveDate>,
    zone: Zone,
    writeup: &mut WriteUp,
) -> Vec<(u32, String)> {
    let mut filler = Filler { near, zone, remarks: Vec::new(), kind_given: false };
    // An end may be a time alone, which stands beside its beginning.
    let (firsts, others): (Vec<&Entry>, Vec<&Entry>) =
        entries.iter().filter(|e| e.value != Node::Null).partition(|e| matches!(e.key.as_str(), "started" | "starts"));
    for entry in firsts.into_iter().chain(others) {
        filler.take(entry, writeup);
    }
    if !filler.kind_given && writeup.starts.is_some() {
        writeup.kind = WriteUpKind::Maintenance;
    }
    filler.order(entries, writeup);
    filler.remarks
}

struct Filler {
    near: Option<NaiveDate>,
    zone: Zone,
    remarks: Vec<(u32, String)>,
    kind_given: bool,
}

impl Filler {
    fn take(&mut self, entry: &Entry, writeup: &mut WriteUp) {
        match entry.key.as_str() {
            "title" => writeup.title = self.title(entry),
            "kind" => self.kind(entry, writeup),
            "components" => writeup.components = self.components(entry),
            "started" => writeup.started = self.moment(entry, None),
            "ended" => writeup.ended = self.moment(entry, writeup.started),
            "starts" => writeup.starts = self.moment(entry, None),
            "ends" => writeup.ends = self.moment(entry, writeup.starts),
            "status" => writeup.status = self.status(entry),
            "impact" => writeup.impact = self.impact_of(entry.value.scalar().unwrap_or_default().as_str(), entry.line),
            "incident" => writeup.incident = self.texts(entry).into_iter().map(IncidentId::from).collect(),
            "follows" => writeup.follows = self.text(entry).map(|t| slug_of(&t)),
            "recurs" => writeup.recurs = self.recurs(entry),
            "authors" => writeup.authors = self.texts(entry),
            "roles" => writeup.roles = self.roles(entry),
            "tags" => writeup.tags = self.texts(entry),
            "aliases" => writeup.aliases = self.texts(entry),
            "draft" => writeup.draft = self.draft(entry),
            "visibility" => writeup.visibility = self.visibility(entry),
            unknown => self.unknown(unknown, entry.line),
        }
    }

    fn say(&mut self, line: u32, text: String) {
        self.remarks.push((line, text));
    }

    fn unknown(&mut self, key: &str, line: u32) {
        let near = words::close(key, KEYS.into_iter())
            .or_else(|| KEYS.into_iter().find(|k| k.trim_end_matches('s') == key.trim_end_matches('s')));
        let advice = near.map_or(String::new(), |k| format!("; did you mean `{k}`?"));
        self.say(line, format!("`{key}` is no key of a write-up and is left out{advice}"));
    }

    fn text(&mut self, entry: &Entry) -> Option<String> {
        let text = entry.value.scalar();
        if text.is_none() {
            self.say(entry.line, format!("`{}` takes one text; it is left out", entry.key));
        }
        text.filter(|t| !t.is_empty())
    }

    /// A title that reads like a number or a switch is kept as it was typed: `1.10`, `Yes`.
    fn title(&mut self, entry: &Entry) -> String {
        match &entry.value {
            Node::Bool(_) | Node::Number(_) if !entry.typed.is_empty() => entry.typed.clone(),
            _ => self.text(entry).unwrap_or_default(),
        }
    }

    fn texts(&mut self, entry: &Entry) -> Vec<String> {
        let Node::List(list) = &entry.value else {
            return self.text(entry).into_iter().collect();
        };
        let texts: Vec<String> = list.iter().filter_map(Node::scalar).filter(|t| !t.is_empty()).collect();
        if texts.len() < list.len() {
            self.say(entry.line, format!("`{}` takes a list of texts; what is none is left out", entry.key));
        }
        texts
    }

    fn kind(&mut self, entry: &Entry, writeup: &mut WriteUp) {
        let typed = entry.value.scalar().unwrap_or_default().to_lowercase();
        self.kind_given = true;
        writeup.kind = match typed.as_str() {
            "incident" | "postmortem" => WriteUpKind::Incident,
            "maintenance" => WriteUpKind::Maintenance,
            "notice" => WriteUpKind::Notice,
            _ => {
                self.kind_given = false;
                self.no_word(entry.line, "kind", &typed, &["incident", "maintenance", "notice"]);
                return;
            }
        };
    }

    fn no_word(&mut self, line: u32, key: &str, typed: &str, known: &[&str]) {
        let advice = words::close(typed, known.iter().copied())
            .map_or_else(|| format!("it takes {}", known.join(", ")), |k| format!("did you mean `{k}`?"));
        self.say(line, format!("`{typed}` is no word for `{key}` and is left out; {advice}"));
    }

    fn status(&mut self, entry: &Entry) -> Option<IncidentStatus> {
        let typed = entry.value.scalar().unwrap_or_default().to_lowercase();
        let status = IncidentStatus::from_word(&typed);
        if status.is_none() {
            let known: Vec<&str> = IncidentStatus::ALL.iter().map(|s| s.word()).collect();
            self.no_word(entry.line, "status", &typed, &known);
        }
        status
    }

    fn impact_of(&mut self, typed: &str, line: u32) -> Option<Impact> {
        let word = typed.to_lowercase();
        // A component's status is taken for the impact that it has.
        let impact = Impact::from_word(&word).or_else(|| Status::from_word(&word).map(Status::impact));
        if impact.is_none() {
            let known: Vec<&str> = Impact::ALL.iter().map(|i| i.word()).collect();
            self.no_word(line, "impact", &word, &known);
        }
        impact
    }

    fn components(&mut self, entry: &Entry) -> Vec<(ComponentId, Option<Impact>)> {
        let items = match &entry.value {
            Node::List(list) => list.clone(),
            other => vec![other.clone()],
        };
        let mut found = Vec::new();
        for item in items {
            match item {
                Node::Map(map) => {
                    for (id, value) in map {
                        let typed = value.scalar().unwrap_or_default();
                        let impact = if typed.is_empty() { None } else { self.impact_of(&typed, entry.line) };
                        found.push((ComponentId::from(id), impact));
                    }
                }
                other => match other.scalar().filter(|t| !t.is_empty()) {
                    // `components: web, api` is a list that forgot its brackets.
                    Some(text) => found.extend(text.split(',').map(|t| (ComponentId::from(t.trim()), None))),
                    None => self.say(entry.line, "`components` takes a list of ids; what is none is left out".into()),
                },
            }
        }
        found.retain(|(id, _)| !id.as_str().is_empty());
        found
    }

    /// A moment; a time alone stands on the date of `after` (the day after it, past midnight) or of the file's name.
    fn moment(&mut self, entry: &Entry, after: Option<Moment>) -> Option<Moment> {
        let typed = self.text(entry)?;
        let near = after.map(|m| self.zone.date(m)).or(self.near);
        let Some(read) = when::read(&typed, self.zone) else {
            let what = format!("`{typed}` is no date or time and is left out; write it like `2026-11-23 09:05`");
            self.say(entry.line, what);
            return None;
        };
        let Some(moment) = read.moment(near, self.zone) else {
            let what = format!("`{typed}` lacks its date and is left out; write it like `2026-11-23 09:05`");
            self.say(entry.line, what);
            return None;
        };
        match after {
            Some(after) if read.day.is_none() && moment < after => {
                read.on(near?.succ_opt()?, self.zone).or(Some(moment))
            }
            _ => Some(moment),
        }
    }

    /// An end before its beginning cannot be; the beginning holds. (`ends` = `starts` calls a window off.)
    fn order(&mut self, entries: &[Entry], writeup: &mut WriteUp) {
        let line = |key: &str| entries.iter().find(|e| e.key == key).map_or(1, |e| e.line);
        if writeup.started.zip(writeup.ended).is_some_and(|(from, to)| to < from) {
            writeup.ended = None;
            self.say(line("ended"), "`ended` lies before `started` and is left out".into());
        }
        if writeup.starts.zip(writeup.ends).is_some_and(|(from, to)| to < from) {
            writeup.ends = None;
            self.say(line("ends"), "`ends` lies before `starts` and is left out".into());
        }
        if writeup.kind == WriteUpKind::Maintenance && writeup.starts.is_none() {
            self.say(line("kind"), "a maintenance needs `starts`, such as `starts: 2026-12-03 22:00`".into());
        }
    }

    fn recurs(&mut self, entry: &Entry) -> Option<String> {
        let text = self.text(entry)?;
        let rule = text.strip_prefix("RRULE:").unwrap_or(&text).to_owned();
        if rrule::RRule::<rrule::Unvalidated>::from_str(&rule).is_err() {
            let what = format!("`{text}` is no rule that can be read; write it like `FREQ=WEEKLY;BYDAY=TU`");
            self.say(entry.line, what);
        }
        Some(rule)
    }

    fn roles(&mut self, entry: &Entry) -> Vec<(String, String)> {
        let maps: Vec<&Node> = match &entry.value {
            Node::List(list) => list.iter().collect(),
            other => vec![other],
        };
        let mut roles = Vec::new();
        for node in maps {
            match node {
                Node::Map(map) => {
                    for (role, who) in map {
                        let who = match who {
                            Node::List(list) => list.iter().filter_map(Node::scalar).collect::<Vec<_>>().join(", "),
                            one => one.scalar().unwrap_or_default(),
                        };
                        roles.push((role.clone(), who));
                    }
                }
                other => match other.scalar().as_deref().and_then(|t| t.split_once(':')) {
                    Some((role, who)) => roles.push((role.trim().to_owned(), who.trim().to_owned())),
                    None => self.say(entry.line, "`roles` takes pairs such as `commander: Ines`".into()),
                },
            }
        }
        roles
    }

    /// What is not clearly "no" keeps the page back: better too little shown than too much.
    fn draft(&mut self, entry: &Entry) -> bool {
        match entry.value.scalar().unwrap_or_default().to_lowercase().as_str() {
            "true" | "yes" | "on" => true,
            "false" | "no" | "off" | "" => false,
            typed => {
                let what = format!("`{typed}` is neither true nor false: the page is kept back as a draft");
                self.say(entry.line, what);
                true
            }
        }
    }

    fn visibility(&mut self, entry: &Entry) -> Visibility {
        match entry.value.scalar().unwrap_or_default().to_lowercase().as_str() {
            "public" => Visibility::Public,
            "internal" => Visibility::Internal,
            typed => {
                let what = format!("`{typed}` is neither `public` nor `internal`: the page is kept internal");
                self.say(entry.line, what);
                Visibility::Internal
            }
        }
    }
}

/// The slug of an earlier write-up, however it was named: slug, file or path.
fn slug_of(typed: &str) -> String {
    let name = typed.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    super::slug(name)
}
