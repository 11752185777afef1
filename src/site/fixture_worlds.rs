//! The neighbours of Stella's morning: every other situation that a page may have to tell of.

use crate::incident::Book;
use crate::model::*;
use crate::site::fixture::{COMPONENTS, Fixture, Over, at, component, lay, outage, shown, stella, timeline};
use crate::site::fixture_words::small;

/// Every situation, by name.
pub(crate) fn all() -> Vec<(&'static str, Fixture)> {
    vec![
        ("outage", outage()),
        ("late", stella("2026-11-23 09:41:02", 1, true)),
        ("again", stella("2026-11-23 10:45:11", 7, false)),
        ("calm", stella("2026-12-01 07:42:11", 7, false)),
        ("degraded", degraded()),
        ("two", two()),
        ("minority", minority()),
        ("work", work("2026-12-03 22:11:03", false)),
        ("overrun", work("2026-12-03 22:44:03", true)),
        ("blind", blind()),
        ("partly", partly()),
        ("not-yet", not_yet()),
        ("empty", empty()),
        ("fifty", fifty()),
    ]
}

fn only(id: &str, over: Over<'_>, local: &str) -> Fixture {
    let mut f = stella(local, 7, false);
    let index = COMPONENTS.iter().position(|c| c.0 == id).unwrap();
    f.timelines.components[index] = timeline(id, f.settings.components[index].probes[0].kind, f.moment, &[over], &[]);
    f.book.shown = shown(&f);
    f
}

fn degraded() -> Fixture {
    let why = "a save has run for 24 min";
    only("redis", ("2026-12-01 09:01", "2026-12-01 12:00", Status::Degraded, why), "2026-12-01 09:25:10")
}

fn two() -> Fixture {
    let mut f = outage();
    let from = at("2026-11-23 08:12");
    f.timelines.components[6] =
        timeline("redis", "tcp", f.moment, &[("2026-11-23 08:12", "2026-11-23 12:00", Status::Degraded, "slow")], &[]);
    f.book.shown = shown(&f);
    f.book.incidents[0].members.retain(|m| m.component.as_str() != "redis");
    let mut other = small("2026-11-23", "redis", "Redis is slow", from, 60);
    (other.status, other.ended, other.measured_end) = (IncidentStatus::Investigating, None, None);
    other.members[0].outages = vec![(from, None)];
    other.members[0].worst = Status::Degraded;
    f.book.incidents.insert(1, other);
    f
}

fn minority() -> Fixture {
    let mut f =
        only("web", ("2026-12-01 09:14", "2026-12-01 12:00", Status::Degraded, "no answer"), "2026-12-01 09:20:10");
    let t = &mut f.timelines.components[0];
    t.outages.clear();
    t.stretches.last_mut().unwrap().minority = vec!["frankfurt".into()];
    f
}

fn work(local: &str, overrun: bool) -> Fixture {
    let over = ("2026-12-03 22:00", "2026-12-03 22:30", Status::Maintenance, "");
    let mut f = only("redis", over, local);
    let m = &mut f.book.maintenances[0];
    (m.status, m.overrun) = (MaintenanceStatus::InProgress, overrun);
    f
}

fn unsee(f: &mut Fixture, ids: &[&str], since: Moment) {
    for t in f.timelines.components.iter_mut().filter(|t| ids.is_empty() || ids.contains(&t.id.as_str())) {
        t.stretches = lay(t.since.unwrap(), f.moment, &[(since, f.moment, Status::NoData)]);
        t.last_look = Some(since - Span::from_mins(1));
    }
    f.book.shown = shown(f);
}

fn blind() -> Fixture {
    let mut f = stella("2026-12-01 09:20:10", 7, false);
    let since = at("2026-12-01 09:12");
    unsee(&mut f, &[], since);
    for p in &mut f.timelines.places {
        p.blind = Some((since, "test points of others failed with it".to_owned()));
    }
    f
}

fn partly() -> Fixture {
    let mut f = stella("2026-12-01 09:20:10", 7, false);
    unsee(&mut f, &["volume"], at("2026-12-01 09:12"));
    f
}

fn not_yet() -> Fixture {
    let mut f = stella("2026-12-01 09:20:10", 7, false);
    f.book = Book::default();
    f.writeups.clear();
    f.records.clear();
    f.heads.clear();
    for t in &mut f.timelines.components {
        (t.since, t.last_look) = (None, None);
        (t.stretches, t.outages, t.blips, t.probes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    }
    f.timelines.places.clear();
    f.book.shown = shown(&f);
    f
}

fn empty() -> Fixture {
    let mut f = not_yet();
    f.settings.components.clear();
    f.timelines.components.clear();
    f.book = Book::default();
    f
}

/// Fifty components with about 300 marks, as LOOK weighs the page.
fn fifty() -> Fixture {
    let mut world = outage();
    let groups = ["Public", "Watching", "Data", "Machines"];
    for n in 8..50usize {
        let id = format!("part-{n}");
        let mut c = component(&id, &format!("Component {n}"), groups[n / 13], &[]);
        c.description = None;
        let day = |k: usize| format!("2026-{:02}-{:02} 10:00", 9 + (n * k) % 2, 1 + (n * 7 + k * 11) % 28);
        let (a, b, c2, d) = (day(1), day(2), day(3), day(4));
        let states = [Status::Major, Status::Degraded, Status::Partial, Status::Maintenance];
        let mut over = vec![(a.clone(), states[n % 4]), (b.clone(), states[(n + 1) % 4])];
        over.sort();
        over.dedup_by(|x, y| x.0 == y.0);
        let ends: Vec<String> = over.iter().map(|(x, _)| x.replace(" 10:", " 11:")).collect();
        let over: Vec<_> = over.iter().zip(&ends).map(|((x, s), y)| (x.as_str(), y.as_str(), *s, "slow")).collect();
        world.timelines.components.push(timeline(&id, "http", world.moment, &over, &[&c2, &d]));
        world.settings.components.push(c);
    }
    world.book.shown = shown(&world);
    world
}
