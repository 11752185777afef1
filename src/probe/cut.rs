//! Cuts a round in what may be published and what may not.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Look, Looked, Observation, Plan};
use crate::model::{Detail, ProbeKey, Round, RunSettings, Seen, Span, Verdict, Visibility};

/// The public round, the internal one where internal probes looked, and the details of all looks that were not up.
pub(super) fn records(looked: &Looked, plans: &[Plan], run: &RunSettings) -> (Round, Option<Round>, Vec<Detail>) {
    // 2.5 × the interval (MEANING, "From looks to a status", 2).
    let gap = Span::from_ms(run.interval.ms() * 5 / 2);
    let empty = || Round { gap, took: looked.took, blind: looked.blind.clone(), ..Round::default() };
    let (mut public, mut internal, mut details) = (empty(), None, Vec::new());
    let plans: BTreeMap<&ProbeKey, &Plan> = plans.iter().map(|plan| (&plan.key, plan)).collect();
    for look in &looked.looks {
        // A look without a plan is nobody's we know: it stays inside.
        let plan = plans.get(&look.key);
        let round = match plan.map(|plan| plan.visibility) {
            Some(Visibility::Public) => &mut public,
            Some(Visibility::Internal) | None => internal.get_or_insert_with(empty),
        };
        if let Some(plan) = plan.filter(|plan| plan.gap != gap) {
            round.gaps.push((look.key.clone(), plan.gap));
        }
        enter(round, look);
        tell(&mut details, look);
    }
    (public, internal, details)
}

fn enter(round: &mut Round, look: &Look) {
    let blind = round.blind.is_some();
    if look.first.verdict == Verdict::Up {
        round.up.push((look.key.clone(), look.first.ms.unwrap_or(0)));
    } else {
        round.not.push(seen(&look.key, None, &look.first, blind));
    }
    if let Some((after, second)) = &look.second {
        round.not.push(seen(&look.key, Some(*after), second, blind));
    }
    let recorded = std::iter::once(&look.first).chain(look.second.as_ref().map(|(_, second)| second));
    if let Some(values) = recorded.map(|seen| &seen.rec).find(|rec| !rec.is_empty()) {
        round.rec.push((look.key.clone(), values.clone()));
    }
}

/// A bad look of a blind round says nothing of its target; what was observed stays as its reason.
fn seen(id: &ProbeKey, after: Option<Span>, seen: &Observation, blind: bool) -> Seen {
    let is = if blind && seen.verdict != Verdict::Up { Verdict::Unknown } else { seen.verdict };
    Seen {
        id: id.clone(),
        is,
        ms: seen.ms,
        after,
        phase: seen.phase.map(str::to_owned),
        why: seen.why.clone(),
        tries: seen.tries,
    }
}

fn tell(details: &mut Vec<Detail>, look: &Look) {
    let bad = |seen: &Observation| seen.verdict != Verdict::Up && !seen.detail.is_empty();
    let mut text = if bad(&look.first) { look.first.detail.clone() } else { String::new() };
    if let Some((after, second)) = look.second.as_ref().filter(|(_, second)| bad(second)) {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        let _ = write!(text, "second look, {after} later:\n{}", second.detail);
    }
    if !text.is_empty() {
        details.push(Detail { id: look.key.clone(), text });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::testing::{observed, plan, run};

    fn look(key: &str, first: Observation, second: Option<(i64, Observation)>) -> Look {
        Look { key: key.into(), first, second: second.map(|(ms, seen)| (Span::from_ms(ms), seen)) }
    }

    fn round(blind: bool) -> (Round, Option<Round>, Vec<Detail>) {
        let up = || observed(Verdict::Up, 12, "");
        let down = || observed(Verdict::Down, 5000, "no answer within 5 s after the request was sent");
        let mut plans: Vec<_> = ["web/http", "api/http", "cron/heartbeat", "db/tcp"].into_iter().map(plan).collect();
        plans[1].gap = Span::from_mins(10);
        plans[3].visibility = Visibility::Internal;
        let looked = Looked {
            looks: vec![
                look("web/http", up(), None),
                look("api/http", down(), Some((10_000, up()))),
                look("cron/heartbeat", observed(Verdict::Degraded, 1, "late"), Some((10_001, down()))),
                look("db/tcp", down(), None),
            ],
            blind: blind.then(|| "we are blind".to_owned()),
            took: Span::from_ms(812),
        };
        records(&looked, &plans, &run())
    }

    fn strip(round: &Round) -> Vec<String> {
        let up = round.up.iter().map(|(key, ms)| format!("{key} up {ms}"));
        let not = round.not.iter().map(|s| {
            let after = s.after.map_or(String::new(), |a| format!(" after {}", a.ms()));
            format!("{} {}{after} {:?} {}", s.id, s.is.word(), s.ms, s.why)
        });
        up.chain(not).collect()
    }

    #[test]
    fn nothing_internal_stands_in_the_public_round() {
        let (public, internal, details) = round(false);
        insta::assert_snapshot!(strip(&public).join("\n"), @r"
        web/http up 12
        api/http down Some(5000) no answer within 5 s after the request was sent
        api/http up after 10000 Some(12) 
        cron/heartbeat degraded Some(1) late
        cron/heartbeat down after 10001 Some(5000) no answer within 5 s after the request was sent
        ");
        assert_eq!((public.gap, public.took), (Span::from_ms(150_000), Span::from_ms(812)));
        assert_eq!(public.gaps, [("api/http".into(), Span::from_mins(10))]);
        let internal = internal.unwrap();
        assert_eq!(strip(&internal), ["db/tcp down Some(5000) no answer within 5 s after the request was sent"]);
        assert_eq!(internal.gap, public.gap);
        let told: Vec<_> = details.iter().map(|d| d.id.as_str()).collect();
        assert_eq!(told, ["api/http", "cron/heartbeat", "db/tcp"]);
    }

    #[test]
    fn in_a_blind_round_bad_looks_are_unknown_and_good_ones_stand() {
        let (public, internal, _) = round(true);
        insta::assert_snapshot!(strip(&public).join("\n"), @r"
        web/http up 12
        api/http unknown Some(5000) no answer within 5 s after the request was sent
        api/http up after 10000 Some(12) 
        cron/heartbeat unknown Some(1) late
        cron/heartbeat unknown after 10001 Some(5000) no answer within 5 s after the request was sent
        ");
        assert_eq!(public.blind.as_deref(), Some("we are blind"));
        assert_eq!(internal.unwrap().not[0].is, Verdict::Unknown);
    }
}
