//! Whole mornings: lost runs, changed rules, and the morning this program exists for.

use crate::incident::check::{Stage, at, line};
use crate::model::{Body, ComponentId, DeskIncident, IncidentId, IncidentStep};

#[test]
fn changed_rules_open_none_in_days_already_passed() {
    let day = 24 * 60;
    // The day over, the record shows an outage that the rules of then did not call one.
    let mut stage = Stage::new(&["web"]).strip("web", format!("{}dddd", "u".repeat(60)));
    for m in [59, 60, 61, 62, 63, 64, 65, 66, 67, 300, day, day + 1] {
        stage.look(m);
    }
    assert_eq!(stage.due(day + 1), Vec::new());
    // The same, but nobody looked since: a run that was lost, and is made good.
    let mut lost = Stage { records: Vec::new(), ..stage };
    for m in [59, 60, 61, 62, 63, 64, 65, day] {
        lost.look(m);
    }
    let steps: Vec<String> = lost.due(day).iter().map(|d| line(d.internal, &d.body)).collect();
    insta::assert_snapshot!(steps.join("\n"), @"
    Open 2026-11-23-web 10:00/10:01 web
    Recover 2026-11-23-web 10:04/10:05 web
    Resolve 2026-11-23-web 10:04/24T9:00 web
    ");
}

#[test]
fn a_run_killed_between_the_two_chains_is_completed_with_the_same_ids() {
    let mut stage = Stage::new(&["web > db", "db!"]).strip("web", "uudd").strip("db", "uuudd");
    // Only the internal join was saved; the public opening was lost.
    let orphan = DeskIncident {
        id: IncidentId::from("2026-11-23-web"),
        step: IncidentStep::Join,
        at: at(3),
        seen: at(4),
        components: vec![ComponentId::from("db")],
    };
    (0..=4).for_each(|m| stage.look(m));
    let due = vec![crate::incident::Due { internal: true, body: Body::Incident(orphan) }];
    stage.save(4, due, 1);
    let stage = stage.runs(5..=5);
    insta::assert_snapshot!(stage.journal(), @"
    (internal) Join 2026-11-23-web 9:03/9:04 db
    Open 2026-11-23-web 9:02/9:03 web
    Recover 2026-11-23-web 9:04/9:05 web
    ");
}

/// Minutes from 8:30: Stella was down from 9:00 to 10:40; at 10:00 the web site came up for six minutes.
pub(super) fn stella() -> Stage {
    let components = [
        "website > backend | Public | www.example.com",
        "api > backend | Public | www.example.com",
        "checkups > workers | Watching",
        "monitors > workers | Watching",
        "workers > backend, redis | Watching",
        "backend > redis | Machines",
        "redis | Machines",
    ];
    let span = |down: usize, up: usize| format!("{}{}", "d".repeat(down), "u".repeat(up));
    let web = format!("{}{}{}", span(60, 6), span(34, 1), "u".repeat(60));
    Stage::new(&components)
        .strip("website", web.clone())
        .strip("api", web)
        .strip("checkups", span(93, 60))
        .strip("monitors", span(93, 60))
        .strip("workers", span(91, 60))
        .strip("backend", span(83, 60))
        .strip("redis", format!("u{}{}", "g".repeat(67), span(15, 60)))
}

#[test]
fn stellas_morning_is_one_incident() {
    let stage = stella().runs(0..=140);
    insta::assert_snapshot!(stage.journal(), @"
    Open 2026-11-23-backend 9:00/9:01 backend,website,api,workers,checkups,monitors
    Join 2026-11-23-backend 9:01/9:02 redis
    Recover 2026-11-23-backend 10:00/10:01 website,api
    Relapse 2026-11-23-backend 10:06/10:07 website,api
    Recover 2026-11-23-backend 10:23/10:24 redis,backend
    Recover 2026-11-23-backend 10:31/10:32 workers
    Recover 2026-11-23-backend 10:33/10:34 checkups,monitors
    Recover 2026-11-23-backend 10:40/10:41 website,api
    Resolve 2026-11-23-backend 10:40/11:11 backend,website,api,workers,checkups,monitors,redis
    ");
    assert_eq!(stage.book(140).incidents.len(), 1);
}
