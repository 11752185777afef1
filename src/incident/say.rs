//! What the machine says of an incident: short, plain sentences of facts, in the site's local time.

use crate::model::{Moment, Status, Zone};

/// Names that are written out before "and 3 more".
const NAMES: usize = 4;

/// One component at the moment that it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) name: String,
    pub(super) status: Status,
    /// Where the look failed, and why, in public words.
    pub(super) reason: Option<(Option<String>, String)>,
}

/// The time on the wall, with the date where it is not the day that the story began.
pub(super) struct Clock {
    pub(super) zone: Zone,
    pub(super) began: Moment,
}

impl Clock {
    /// `9:00`, or `0:10 on 24 November`.
    pub(super) fn at(&self, at: Moment) -> String {
        let local = self.zone.local(at);
        if local.date() == self.zone.date(self.began) {
            local.format("%-H:%M").to_string()
        } else {
            local.format("%-H:%M on %-d %B").to_string()
        }
    }
}

/// `Website`, `Website and API`, `Website, API and Redis`; many are counted.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => "Something".to_owned(),
        [one] => one.clone(),
        many if many.len() > NAMES => {
            format!("{} and {} more", many[..NAMES - 1].join(", "), many.len() - (NAMES - 1))
        }
        [firsts @ .., last] => format!("{} and {last}", firsts.join(", ")),
    }
}

/// "Website and API stopped answering at 9:00: no answer within 5 s." One sentence for each way of failing.
pub(super) fn failed(failures: &[Failure], at: Moment, clock: &Clock, again: bool) -> String {
    let mut groups: Vec<(Vec<String>, &Failure)> = Vec::new();
    for f in failures {
        match groups.iter_mut().find(|(_, g)| g.status == f.status && g.reason == f.reason) {
            Some((names, _)) => names.push(f.name.clone()),
            None => groups.push((vec![f.name.clone()], f)),
        }
    }
    let again = if again { " again" } else { "" };
    let sentences: Vec<String> = groups
        .iter()
        .map(|(names, f)| {
            let why = f.reason.as_ref().map(|(_, why)| why.trim().trim_end_matches('.')).filter(|w| !w.is_empty());
            let why = why.map_or_else(String::new, |w| format!(": {w}"));
            format!("{} {}{again} at {}{why}.", list(names), verb(f), clock.at(at))
        })
        .collect();
    sentences.join(" ")
}

fn verb(f: &Failure) -> &'static str {
    let silent = ["dns", "connect", "tls", "first_byte", "transfer"];
    let phase = f.reason.as_ref().and_then(|(phase, _)| phase.as_deref());
    match f.status {
        Status::Degraded => "became degraded",
        Status::Partial => "partly failed",
        Status::Major if phase.is_some_and(|p| silent.contains(&p)) => "stopped answering",
        Status::Major | Status::Operational | Status::Maintenance | Status::NoData => "failed",
    }
}

/// "Website works again since 10:40; we are watching." Watching only when nothing else of the incident fails.
pub(super) fn recovered(names: &[String], at: Moment, clock: &Clock, watching: bool) -> String {
    let verb = if names.len() == 1 { "works" } else { "work" };
    let rest = if watching { "; we are watching." } else { "." };
    format!("{} {verb} again since {}{rest}", list(names), clock.at(at))
}

/// The last to recover has no name in public.
pub(super) fn all_well(at: Moment, clock: &Clock) -> String {
    format!("Everything behind it works again since {}; we are watching.", clock.at(at))
}

/// What is said when late records refute an opening.
pub(super) fn refuted(names: &[String], at: Moment, clock: &Clock) -> String {
    format!("Looks that arrived late show that {} did not fail at {}.", list(names), clock.at(at))
}

/// "Resolved: quiet since 10:40."
pub(super) fn resolved(at: Moment, clock: &Clock) -> String {
    format!("Resolved: quiet since {}.", clock.at(at))
}

/// The title of an incident that nobody has written about: "Website and API were down".
pub(super) fn title(names: &[String], worst: Status, over: bool) -> String {
    let verb = match (names.len() == 1, over) {
        (true, true) => "was",
        (true, false) => "is",
        (false, true) => "were",
        (false, false) => "are",
    };
    let state = match worst {
        Status::Major => "down",
        Status::Partial => "partly down",
        Status::Degraded => "degraded",
        // Late records refute it.
        Status::Operational | Status::Maintenance | Status::NoData => {
            return format!("{} {verb} thought to be down", list(names));
        }
    };
    format!("{} {verb} {state}", list(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(name: &str, status: Status, phase: &str, why: &str) -> Failure {
        Failure { name: name.into(), status, reason: Some((Some(phase.into()), why.into())) }
    }

    #[test]
    fn sentences_read_as_a_person_would_say_them() {
        let at = |text| Moment::parse_rfc3339(text).unwrap();
        let clock = Clock { zone: Zone::parse("America/Los_Angeles").unwrap(), began: at("2026-11-23T09:00:00-08:00") };
        let nine = at("2026-11-23T09:00:00-08:00");
        let same = |name| failure(name, Status::Major, "first_byte", "no answer within 5 s");
        let redis = failure("Redis", Status::Degraded, "expect", "info.rdb_changes_since_last_save is 67162");
        let mut page = failed(&[same("Website"), same("API"), redis], nine, &clock, false);
        page += "\n";
        page += &failed(&[failure("API", Status::Major, "expect", "status is 502.")], nine, &clock, true);
        page += "\n";
        page += &recovered(&["Website".into(), "API".into()], at("2026-11-23T10:40:00-08:00"), &clock, true);
        page += "\n";
        page += &recovered(&["Redis".into()], at("2026-11-24T00:10:00-08:00"), &clock, false);
        page += "\n";
        page += &refuted(&["Website".into()], nine, &clock);
        page += "\n";
        page += &resolved(at("2026-11-23T10:40:00-08:00"), &clock);
        insta::assert_snapshot!(page, @"
        Website and API stopped answering at 9:00: no answer within 5 s. Redis became degraded at 9:00: info.rdb_changes_since_last_save is 67162.
        API failed again at 9:00: status is 502.
        Website and API work again since 10:40; we are watching.
        Redis works again since 0:10 on 24 November.
        Looks that arrived late show that Website did not fail at 9:00.
        Resolved: quiet since 10:40.
        ");
    }

    #[test]
    fn titles_agree_in_number_and_time() {
        let names = |n: usize| (0..n).map(|i| ["Website", "API", "Redis", "Workers", "Checkups"][i].to_owned());
        let cases = [
            (1, Status::Degraded, true, "Website was degraded"),
            (2, Status::Major, false, "Website and API are down"),
            (3, Status::Partial, true, "Website, API and Redis were partly down"),
            (5, Status::Major, true, "Website, API, Redis and 2 more were down"),
            (1, Status::Operational, true, "Website was thought to be down"),
        ];
        for (n, worst, over, expected) in cases {
            assert_eq!(title(&names(n).collect::<Vec<_>>(), worst, over), expected);
        }
    }
}
