//! MEANING "Incidents", sentence by sentence: strips in, the desk's records out.

use crate::incident::check::{Stage, at, line, writeup};
use crate::incident::due;
use crate::model::{Body, ComponentId, IncidentStep, ProbeKey, Span, WriteUpKind};
use crate::timeline::history;

/// Runs a site over some minutes and compares the journal, line by line.
fn check(name: &str, components: &[&str], strips: &[(&str, &str)], minutes: i64, expected: &[&str]) {
    let stage = strips.iter().fold(Stage::new(components), |s, (id, looks)| s.strip(id, *looks)).runs(0..=minutes);
    assert_eq!(stage.journal().lines().collect::<Vec<_>>(), expected, "{name}");
    // Asking again gives nothing; and one run at the end declares the same as a run a minute.
    assert_eq!(stage.due(minutes), Vec::new(), "{name}: asked twice");
    let mut late = Stage { records: Vec::new(), ..stage.clone() };
    (0..=minutes).for_each(|m| late.look(m));
    let all = late.due(minutes);
    late.save(minutes, all, usize::MAX);
    let sorted = |s: &Stage| {
        let mut steps: Vec<String> = s.journal().lines().map(str::to_owned).collect();
        steps.sort();
        steps
    };
    assert_eq!(sorted(&late), sorted(&stage), "{name}: one late run");
}

#[test]
fn any_opened_level_is_an_outage_and_a_blip_is_none() {
    let opened = ["Open 2026-11-23-web 9:02/9:03 web"];
    check("down", &["web"], &[("web", "uuddd")], 4, &opened);
    check("degraded too", &["web"], &[("web", "uuggg")], 4, &opened);
    check("one bad look is a blip", &["web"], &[("web", "uuduuduu")], 7, &[]);
    check("a bad row at the end is pending", &["web"], &[("web", "uuud")], 3, &[]);
}

#[test]
fn holes_and_maintenance_do_not_end_an_outage() {
    let opened = ["Open 2026-11-23-web 9:02/9:03 web"];
    check("a hole", &["web"], &[("web", "uudd....dd")], 9, &opened);
    check("unknown", &["web"], &[("web", "uudd????")], 7, &opened);
    check("a window", &["web"], &[("web", "uuddmmmmm")], 8, &opened);
}

#[test]
fn a_recovery_is_declared_at_the_first_good_look_and_resolved_after_quiet() {
    let strip = format!("uudd{}", "u".repeat(40));
    check(
        "resolved in the first quiet round",
        &["web"],
        &[("web", &strip)],
        40,
        &[
            "Open 2026-11-23-web 9:02/9:03 web",
            "Recover 2026-11-23-web 9:04/9:05 web",
            "Resolve 2026-11-23-web 9:04/9:35 web",
        ],
    );
    check(
        "not a minute before",
        &["web"],
        &[("web", &strip)],
        34,
        &["Open 2026-11-23-web 9:02/9:03 web", "Recover 2026-11-23-web 9:04/9:05 web"],
    );
}

#[test]
fn quiet_means_that_no_member_is_bad_pending_or_unseen() {
    let recovered = ["Open 2026-11-23-web 9:02/9:03 web", "Recover 2026-11-23-web 9:04/9:05 web"];
    let with = |tail: &str| format!("uudd{}{tail}", "u".repeat(31));
    // 9:35 is minute 35: the first round that could resolve.
    for (name, tail, minutes, resolved) in [
        ("pending", "duuu", 35, None),
        ("pending, then well", "duuu", 36, Some("9:36")),
        ("unseen", "??uu", 36, None),
        ("unseen, then seen", "??uu", 37, Some("9:37")),
        ("well", "uuuu", 35, Some("9:35")),
    ] {
        let line = resolved.map(|seen| format!("Resolve 2026-11-23-web 9:04/{seen} web"));
        let expected: Vec<&str> = recovered.iter().copied().chain(line.as_deref()).collect();
        check(name, &["web"], &[("web", &with(tail))], minutes, &expected);
    }
}

#[test]
fn in_a_window_a_member_counts_as_unseen() {
    let mut stage = Stage::new(&["web"]).strip("web", format!("uudd{}", "u".repeat(60)));
    let mut w = writeup("work.md", "1", &[("web", None)]);
    (w.kind, w.starts, w.ends) = (WriteUpKind::Maintenance, Some(at(30)), Some(at(38)));
    stage.writeups.push(w);
    let stage = stage.runs(0..=40);
    assert_eq!(stage.journal().lines().last().unwrap(), "Resolve 2026-11-23-web 9:04/9:38 web");
}

#[test]
fn a_member_that_is_no_longer_configured_does_not_count() {
    let mut stage = Stage::new(&["web > api", "api"]).strip("web", "uudduu").strip("api", "uuddddd").runs(0..=6);
    stage.settings.components.retain(|c| c.id.as_str() == "web");
    let stage = stage.runs(7..=40);
    assert_eq!(stage.journal().lines().last().unwrap(), "Resolve 2026-11-23-api 9:04/9:35 api,web");
}

#[test]
fn a_component_that_was_renamed_is_the_same_member() {
    let mut stage = Stage::new(&["web"]).strip("web", "uuddddd").runs(0..=5);
    stage.component("web").id = ComponentId::from("site");
    stage.component("site").formerly = vec![ComponentId::from("web")];
    stage.component("site").probes[0].key = ProbeKey::from("site/http");
    stage.strips = vec![(ComponentId::from("site"), "uudddduu".into())];
    let stage = stage.runs(6..=8);
    insta::assert_snapshot!(stage.journal(), @"
    Open 2026-11-23-web 9:02/9:03 web
    Recover 2026-11-23-web 9:06/9:07 site
    ");
}

#[test]
fn the_same_member_within_merge_within_keeps_its_id() {
    let strip = |good: usize| format!("uudd{}ddd", "u".repeat(good));
    check(
        "a relapse",
        &["web"],
        &[("web", &strip(20))],
        26,
        &[
            "Open 2026-11-23-web 9:02/9:03 web",
            "Recover 2026-11-23-web 9:04/9:05 web",
            "Relapse 2026-11-23-web 9:24/9:25 web",
        ],
    );
    check(
        "after it was resolved, a second one of the day",
        &["web"],
        &[("web", &strip(40))],
        46,
        &[
            "Open 2026-11-23-web 9:02/9:03 web",
            "Recover 2026-11-23-web 9:04/9:05 web",
            "Resolve 2026-11-23-web 9:04/9:35 web",
            "Open 2026-11-23-web-2 9:44/9:45 web",
        ],
    );
}

#[test]
fn a_resolved_one_is_joined_for_merge_within_after_its_recovery_was_seen() {
    // The whole site resolves early; web itself says that half an hour is still the same story.
    let mut stage = Stage::new(&["web"]).strip("web", format!("uudd{}ddd", "u".repeat(20)));
    stage.component("web").rules.merge_within = Span::from_mins(5);
    let mut stage = stage.runs(0..=15);
    stage.component("web").rules.merge_within = Span::from_mins(30);
    let stage = stage.runs(16..=26);
    insta::assert_snapshot!(stage.journal(), @"
    Open 2026-11-23-web 9:02/9:03 web
    Recover 2026-11-23-web 9:04/9:05 web
    Resolve 2026-11-23-web 9:04/9:10 web
    Relapse 2026-11-23-web 9:24/9:25 web
    ");
}

#[test]
fn depends_on_links_either_way_through_any_number_of_steps() {
    let chain = ["web > api | a", "api > db | b", "db | c"];
    check(
        "down the line",
        &chain,
        &[("web", "uudddd"), ("db", "uuuddd")],
        5,
        &["Open 2026-11-23-web 9:02/9:03 web", "Join 2026-11-23-web 9:03/9:04 db"],
    );
    check(
        "up the line",
        &chain,
        &[("web", "uuuddd"), ("db", "uudddd")],
        5,
        &["Open 2026-11-23-db 9:02/9:03 db", "Join 2026-11-23-db 9:03/9:04 web"],
    );
    check(
        "siblings are not linked",
        &["web > db | a", "api > db | b", "db | c"],
        &[("web", "uudd"), ("api", "uuudd")],
        5,
        &[
            "Open 2026-11-23-web 9:02/9:03 web",
            "Open 2026-11-23-api 9:03/9:04 api",
            "Recover 2026-11-23-web 9:04/9:05 web",
        ],
    );
    check(
        "the member must fail, as known in that round",
        &chain,
        &[("db", "uudduuuu"), ("web", "uuuuuudd")],
        7,
        &["Open 2026-11-23-db 9:02/9:03 db", "Recover 2026-11-23-db 9:04/9:05 db", "Open 2026-11-23-web 9:06/9:07 web"],
    );
}

#[test]
fn a_group_or_a_host_joins_what_starts_within_group_within() {
    let down_from = |m: usize| format!("{}{}", "u".repeat(m), "d".repeat(60));
    for (name, components, second, joins) in [
        ("same group", ["a | x", "b | x"], 17, true),
        ("no group is one group", ["a", "b"], 17, true),
        ("too late", ["a | x", "b | x"], 18, false),
        ("other groups", ["a | x", "b | y"], 4, false),
        ("same host", ["a | x | h", "b | y | h"], 17, true),
        ("other hosts", ["a | x | h", "b | y | i"], 4, false),
    ] {
        let stage = Stage::new(&components).strip("a", down_from(2)).strip("b", down_from(second)).runs(0..=25);
        let last = stage.journal().lines().last().unwrap().to_owned();
        assert_eq!(last.starts_with("Join 2026-11-23-a"), joins, "{name}: {last}");
    }
}

#[test]
fn it_is_the_latest_member_that_must_be_near() {
    let down_from = |m: usize| format!("{}{}", "u".repeat(m), "d".repeat(60));
    let three = |c: &str| {
        let stage = Stage::new(&["a | x", "b | x", c]);
        let stage = stage.strip("a", down_from(2)).strip("b", down_from(14)).strip("c", down_from(28)).runs(0..=30);
        stage.journal().lines().last().unwrap().to_owned()
    };
    assert_eq!(three("c | x"), "Join 2026-11-23-a 9:28/9:29 c");
    assert_eq!(three("c | y"), "Open 2026-11-23-c 9:28/9:29 c");
}

#[test]
fn of_several_open_ones_the_oldest_is_joined() {
    let stage = Stage::new(&["web > a, b | w", "a | x", "b | y"]);
    let stage = stage.strip("b", "uudddddd").strip("a", "uuuudddd").strip("web", "uuuuuddd").runs(0..=7);
    insta::assert_snapshot!(stage.journal(), @"
    Open 2026-11-23-b 9:02/9:03 b
    Open 2026-11-23-a 9:04/9:05 a
    Join 2026-11-23-b 9:05/9:06 web
    ");
}

#[test]
fn the_id_names_the_deepest_failing_dependency_then_known() {
    // db fails a minute later and is confirmed in the same round by its own rule: web is taken first.
    let stage = Stage::new(&["web > api | a", "api > db | b", "db | c"]);
    let stage = stage.strip("web", "uudd").strip("db", "uudd");
    let mut timelines = stage.timelines(3);
    let db = timelines.components.iter_mut().find(|c| c.id.as_str() == "db").unwrap();
    db.outages[0].from = at(3);
    let steps = due(&timelines, &history(&stage.records, at(3)), &[], &stage.settings, at(3));
    let lines: Vec<String> = steps.iter().map(|d| line(d.internal, &d.body)).collect();
    assert_eq!(lines, ["Open 2026-11-23-db 9:02/9:03 web", "Join 2026-11-23-db 9:03/9:03 db"]);
}

#[test]
fn the_id_has_the_date_of_the_first_look_in_the_sites_zone() {
    // 23:59 in Los Angeles is the next day in UTC; confirmed at 0:00.
    let strip = format!("{}dd", "u".repeat(899));
    let stage = Stage::new(&["web"]).strip("web", strip).runs(899..=900);
    assert_eq!(stage.journal(), "Open 2026-11-23-web 23:59/24T0:00 web");
}

#[test]
fn outages_of_one_run_are_taken_dependencies_first_then_in_config_order() {
    check(
        "one record for one moment",
        &["web > db", "api > db", "db"],
        &[("web", "uudd"), ("api", "uudd"), ("db", "uudd")],
        3,
        &["Open 2026-11-23-db 9:02/9:03 db,web,api"],
    );
    check(
        "unrelated ones follow the config",
        &["b | x", "a | y"],
        &[("a", "uudd"), ("b", "uudd")],
        3,
        &["Open 2026-11-23-b 9:02/9:03 b", "Open 2026-11-23-a 9:02/9:03 a"],
    );
}

#[test]
fn public_and_internal_keep_apart() {
    let down = "uudddd";
    check(
        "a public outage never joins what an internal one opened",
        &["web > db!", "db!"],
        &[("db", down), ("web", "uuuddd")],
        5,
        &["(internal) Open 2026-11-23-db 9:02/9:03 db", "Open 2026-11-23-web 9:03/9:04 web"],
    );
    check(
        "an internal one may join a public one, in the internal chain",
        &["web > db", "db!"],
        &[("web", down), ("db", "uuuddd")],
        5,
        &["Open 2026-11-23-web 9:02/9:03 web", "(internal) Join 2026-11-23-web 9:03/9:04 db"],
    );
    check(
        "a public id never names an internal component",
        &["web > db", "db!"],
        &[("web", down), ("db", down)],
        5,
        &["Open 2026-11-23-web 9:02/9:03 web", "(internal) Open 2026-11-23-db 9:02/9:03 db"],
    );
    let long = format!("uudd{}", "u".repeat(40));
    check(
        "nor does a public resolution",
        &["web > db", "db!"],
        &[("web", &long), ("db", "uuudduu")],
        40,
        &[
            "Open 2026-11-23-web 9:02/9:03 web",
            "(internal) Join 2026-11-23-web 9:03/9:04 db",
            "Recover 2026-11-23-web 9:04/9:05 web",
            "(internal) Recover 2026-11-23-web 9:05/9:06 db",
            "Resolve 2026-11-23-web 9:05/9:36 web",
        ],
    );
}

#[test]
fn an_opening_is_declared_only_when_it_is_firm_and_what_may_share_it_waits() {
    let mut stage = Stage::new(&["web > db", "db", "mail | x"]);
    stage = stage.strip("db", "uudddd").strip("web", "uudddd").strip("mail", "uudddd");
    stage.soft = vec![(ComponentId::from("db"), 2)];
    let mut stage = stage.runs(0..=4);
    assert_eq!(stage.journal(), "Open 2026-11-23-mail 9:02/9:03 mail", "unrelated things do not wait");
    stage.soft.clear();
    let stage = stage.runs(5..=5);
    assert_eq!(stage.journal().lines().last().unwrap(), "Open 2026-11-23-db 9:02/9:03 db,web");
}

#[test]
fn a_recovery_is_never_declared_while_its_component_is_bad_or_pending() {
    let stage = Stage::new(&["web"]).strip("web", "uudduudu").runs(0..=5);
    let mut timelines = stage.timelines(6);
    // As where another probe of the component fails in the round that confirms the recovery.
    let web = &mut timelines.components[0];
    web.pending.as_mut().unwrap().from = at(5);
    let fresh: Vec<_> = stage
        .records
        .iter()
        .filter(|r| !matches!(&r.body, Body::Incident(d) if d.step == IncidentStep::Recover))
        .cloned()
        .collect();
    assert_eq!(due(&timelines, &history(&fresh, at(6)), &[], &stage.settings, at(6)), Vec::new());
}

#[test]
fn an_opening_that_late_records_refute_is_recovered_at_its_own_start() {
    let stage = Stage::new(&["web"]).strip("web", "uuddd").runs(0..=4);
    let mut stage = Stage { strips: vec![(ComponentId::from("web"), "uuuuuuu".into())], ..stage };
    stage.run(5);
    insta::assert_snapshot!(stage.journal(), @"
    Open 2026-11-23-web 9:02/9:03 web
    Recover 2026-11-23-web 9:02/9:03 web
    ");
    let book = stage.book(5);
    let [incident] = &book.incidents[..] else { panic!("one incident") };
    assert!(incident.refuted);
    assert_eq!((incident.measured_start, incident.measured_end), (Some(at(2)), Some(at(2))));
    assert_eq!(incident.title, "Web was thought to be down");
}

#[test]
fn a_journaled_at_stands_and_the_page_shows_the_timelines() {
    let stage = Stage::new(&["web"]).strip("web", "uuuddd").runs(0..=5);
    let late = Stage { strips: vec![(ComponentId::from("web"), "uudddd".into())], ..stage };
    assert_eq!(late.due(5), Vec::new());
    let book = late.book(5);
    assert_eq!(book.incidents[0].measured_start, Some(at(2)));
    assert_eq!(book.incidents[0].id.as_ref().unwrap().as_str(), "2026-11-23-web");
}
