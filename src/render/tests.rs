//! The rendered site at its door: what the theme makes of the worlds in `site::fixture`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::*;
use crate::model::Visibility;
use crate::site::fixture::{self, Fixture};
use crate::site::fixture_worlds;

fn theme() -> Theme {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = |dir: &str| -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(root.join(dir)).unwrap().map(Result::unwrap);
        entries.map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap())).collect()
    };
    Theme {
        templates: files("templates").into_iter().map(|(n, b)| (n, String::from_utf8(b).unwrap())).collect(),
        assets: files("static").into_iter().collect(),
    }
}

/// Every page and asset of a world, with nothing kept.
fn made(world: &Fixture, theme: &Theme) -> Result<Vec<Output>, RenderError> {
    pages(&crate::site::whole(&world.world()), theme, assets(theme, None))
}

fn site(world: &Fixture) -> Vec<Output> {
    made(world, &theme()).unwrap_or_else(|e| panic!("{e}"))
}

fn page(files: &[Output], path: &str) -> String {
    let file = files.iter().find(|f| f.path == path).unwrap_or_else(|| panic!("no {path}"));
    String::from_utf8(file.bytes.clone()).unwrap()
}

fn is(file: &Output, extension: &str) -> bool {
    Path::new(&file.path).extension().is_some_and(|e| e == extension)
}

fn named(name: &str) -> Fixture {
    fixture_worlds::all().into_iter().find(|(n, _)| *n == name).unwrap().1
}

/// Worlds that between them have every kind of page and part.
fn several() -> Vec<(&'static str, Fixture)> {
    let chosen = ["outage", "calm", "overrun", "two", "empty"];
    fixture_worlds::all().into_iter().filter(|(name, _)| chosen.contains(name)).collect()
}

/// What the page says of each situation. Where `STATUARY_LOOK` names a folder, every site is written there, to look at.
#[test]
fn each_situation_has_its_sentence() {
    let mut said = String::new();
    for (name, world) in fixture_worlds::all() {
        let headline = crate::site::whole(&world.world()).headline;
        let stations: Vec<_> =
            headline.line.stations.iter().map(|s| format!("{} {} ({})", s.label, s.figure, s.note)).collect();
        writeln!(
            said,
            "{name}: {} | {}\n  [{} · {}{}] {}",
            headline.sentence,
            headline.lead,
            headline.tab,
            crate::site::short_status(headline.status),
            if headline.calm { ", calm" } else { "" },
            stations.join(" / "),
        )
        .unwrap();
        if let Ok(dir) = std::env::var("STATUARY_LOOK") {
            for file in site(&world) {
                let path = Path::new(&dir).join(name).join(&file.path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, file.bytes).unwrap();
            }
        }
    }
    insta::assert_snapshot!(said, @"
    outage: Stella is down. | Website, API, Checkups, Monitors, Workers and Master backend do not answer. Redis is degraded.
      [Down since 9:00 · down] Down since 9:00 (20 minutes so far) / Latest word 9:18 (Identified) / Last look 9:20 (from 3 of 3 places) / Next word by 9:30 (or sooner)
    late: Stella is down, and our word is late. | We promised news by 9:30. None has come. Measuring goes on.
      [Down since 9:00 · down] Down since 9:00 (41 minutes so far) / Word was due 9:30 (11 minutes late) / Last look 9:40 (from 3 of 3 places)
    again: Stella is up again. | Since 10:40. We are watching it until 11:11.
      [Up again since 10:40 · up] Up again since 10:40 (after 1 hour 40 minutes) / Last look 10:44 (from 3 of 3 places) / Watched until 11:11 (if it stays quiet)
    calm: Stella is up. | All 8 components answered at 7:41, seen from 3 places. 100.0 % of the last 24 hours was watched.
      [Up · up, calm] Up since 23 Nov (10:40, 7 days ago) / Last look 7:41 (from 3 of 3 places) / Next look 7:43 (every minute) / Next planned work 3 Dec (22:00 to 22:30, Redis)
    degraded: Stella is up, but Redis is degraded. | A save has run for 24 min. Everything else answers.
      [Degraded: Redis · degraded] Degraded since 9:01 (Redis) / Last look 9:24 (from 3 of 3 places) / Next look 9:26 (every minute)
    two: Two things are wrong. | Website, API, Checkups, Monitors, Workers and Master backend do not answer since 9:00. Redis is degraded since 8:12.
      [2 wrong: Down since 9:00 · down] Down since 9:00 (20 minutes so far) / Latest word 9:18 (Identified) / Last look 9:20 (from 3 of 3 places) / Next word by 9:30 (or sooner)
    minority: Stella is up, seen from two places of three. | Frankfurt does not reach Website. The other places do.
      [Degraded: Website · degraded] Degraded since 9:14 (Website) / Last look 9:19 (from 3 of 3 places) / Next look 9:21 (every minute)
    work: Redis is being worked on until 22:30. | Planned. Everything else is up.
      [Planned work until 22:30 · maintenance, calm] Work since 22:00 (Redis) / Last look 22:10 (from 3 of 3 places) / Work ends by 22:30 (planned)
    overrun: Work on Redis has run over. | It should have ended at 22:30. What is worked on answers.
      [Work overdue · maintenance] Work since 22:00 (Redis) / Should have ended 22:30 (14 minutes over) / Last look 22:43 (from 3 of 3 places) / Next look 22:45 (every minute)
    blind: We cannot see Stella. | Our own connection failed at 9:12: test points of others failed with it. This says nothing about Stella. At 9:11 it was up.
      [Not seen since 9:12 · no data] Blind since 9:12 (3 of 3 places) / Last try 9:19 (every minute) / Next try 9:21 (or sooner)
    partly: Not everything was seen. | No data of Volume since 9:12. Everything else answers.
      [Not all seen · no data] Watched since 14 Jan (0:00, 321 days ago) / Last look 9:19 (from 3 of 3 places) / Next look 9:21 (every minute) / Next planned work 3 Dec (22:00 to 22:30, Redis)
    not-yet: Nobody has looked yet. | Stella has no observations. The first look is due at 9:21.
      [No data · no data] No data – (8 components) / First look due 9:21 (every minute)
    empty: Nothing is watched yet. | No component stands in the configuration.
      [Nothing watched · no data] No data – (0 components)
    fifty: Part of Stella is down. | Website, API, Checkups, Monitors, Workers and Master backend do not answer. Redis is degraded. Component 8, Component 9, Component 10, Component 11 and 38 more answer.
      [Part down since 9:00 · partly down] Partly down since 9:00 (7 of 50 components) / Latest word 9:18 (Identified) / Last look 9:20 (from 3 of 3 places) / Next word by 9:30 (or sooner)
    ");
}

/// Law 7: the index says when it was made and when not to trust it, and carries what it turns into.
#[test]
fn law_7_the_page_knows_its_age() {
    let mut world = fixture::outage();
    let index = page(&site(&world), "index.html");
    assert!(index.contains("Made at 9:20:14 PST. The next page is due at 9:21. If your clock says later than 9:23"));
    let after = fixture::at("2026-11-23 09:23").ms();
    assert!(index.contains(&format!("<template id=old data-after={after} ")), "no template that knows when");
    assert!(index.contains("When it was made, Stella was down."));
    world.look_back = true;
    let index = page(&site(&world), "index.html");
    assert!(index.contains("This is a look back") && !index.contains("<template"), "a look back does not age");
}

/// Law 11: no script is needed, no third party is called; nothing inline that the policy would refuse.
#[test]
fn law_11_a_visitor_needs_nothing_but_html() {
    for (name, world) in several() {
        for file in site(&world).iter().filter(|f| is(f, "html")) {
            let html = String::from_utf8(file.bytes.clone()).unwrap();
            let at = format!("{name}/{}", file.path);
            assert!(!html.contains(" style=") && !html.contains("<style"), "{at} has a style of its own");
            assert_eq!(html.matches("<script").count(), 1, "{at}");
            for link in links(&html).filter(|l| l.contains("://")) {
                assert!(link.starts_with("https://status.example.com/"), "{at} points to {link}");
            }
            assert_eq!(html.matches("<h1").count() - html.matches("<h1 class=now>This page is old").count(), 1, "{at}");
        }
    }
}

fn links(html: &str) -> impl Iterator<Item = String> + '_ {
    let after = |key: &'static str| html.split(key).skip(1).filter_map(|rest| rest.split('"').next());
    after(" href=\"").chain(after(" src=\"")).filter(|l| !l.starts_with("data:")).map(str::to_owned)
}

/// Every relative link leads to a file of this site, a page of ours or one that a program reads.
#[test]
fn links_lead_somewhere() {
    const MACHINE: [&str; 5] = ["feed.xml", "updates.xml", "status.json", "status.txt", "badge.svg"];
    for (name, world) in several() {
        let files = site(&world);
        let paths: BTreeSet<&str> = files.iter().map(|f| f.path.as_str()).collect();
        for file in files.iter().filter(|f| is(f, "html")) {
            let html = String::from_utf8(file.bytes.clone()).unwrap();
            let folder = file.path.rsplit_once('/').map_or("", |(dir, _)| dir);
            for link in links(&html).filter(|l| !l.contains(':')) {
                if let Some(id) = link.strip_prefix('#') {
                    assert!(html.contains(&format!("id={id}")), "{name}/{}: {link}", file.path);
                    continue;
                }
                let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
                for part in link.split('/').filter(|p| !p.is_empty()) {
                    if part == ".." {
                        parts.pop().unwrap();
                    } else {
                        parts.push(part);
                    }
                }
                let target = parts.join("/");
                let known = paths.contains(target.as_str()) || MACHINE.contains(&target.as_str());
                assert!(known, "{name}/{} points to {link}, which is nothing", file.path);
            }
        }
    }
}

/// What only the operator may know: components, probes, incidents, write-ups, chains.
#[test]
fn nothing_internal_leaks() {
    let mut world = fixture::outage();
    let mut hidden = world.settings.components[7].clone();
    hidden.id = "marker-id".into();
    hidden.name = "MARKER component".to_owned();
    hidden.visibility = Visibility::Internal;
    let mut timeline = world.timelines.components[0].clone();
    timeline.id = hidden.id.clone();
    world.settings.components.push(hidden);
    world.timelines.components.push(timeline);
    world.settings.components[0].depends_on.push("marker-id".into());
    world.settings.components[1].probes[0].visibility = Visibility::Internal;
    world.timelines.components[1].outages.last_mut().unwrap().reasons[0].why = "MARKER reason".to_owned();
    let mut incident = world.book.incidents[0].clone();
    (incident.public, incident.slug, incident.title) = (false, "marker-slug".to_owned(), "MARKER incident".to_owned());
    world.book.incidents.push(incident);
    let mut member = world.book.incidents[0].members[0].clone();
    member.component = "marker-id".into();
    world.book.incidents[0].members.push(member);
    world.book.incidents[0].origin = Some("marker-id".into());
    let mut draft = world.writeups[0].clone();
    (draft.draft, draft.title, draft.slug) = (true, "MARKER draft".to_owned(), "marker-draft".to_owned());
    world.writeups.push(draft);
    world.book.notices.push(world.writeups.len() - 1);
    world.heads.push(crate::site::fixture_words::ends("fremont+internal", 3, "MARKERhead".repeat(7)));
    for file in site(&world) {
        let text = String::from_utf8_lossy(&file.bytes).to_lowercase();
        assert!(!text.contains("marker") && !text.contains("+internal"), "{} leaks", file.path);
        assert!(!file.path.contains("marker"), "{}", file.path);
        assert!(!text.contains("9 components"), "{} counts what is internal", file.path);
    }
}

/// DESIGN "What is rewritten when": a minute later only the index differs; closed things never do.
#[test]
fn settled_pages_stay_as_they_are() {
    let at = |local: &str| {
        let mut world = named("calm");
        let moment = fixture::at(local);
        world.moment = moment;
        world.timelines.moment = moment;
        for t in &mut world.timelines.components {
            t.stretches.last_mut().unwrap().to = moment;
            t.last_look = Some(moment);
        }
        site(&world)
    };
    let differing = |a: &[Output], b: &[Output]| -> Vec<String> {
        let same = |f: &&Output| !b.iter().any(|o| o.path == f.path && o.bytes == f.bytes);
        a.iter().filter(same).map(|f| f.path.clone()).collect()
    };
    let (now, soon, later) = (at("2026-12-01 07:42:11"), at("2026-12-01 07:43:11"), at("2026-12-01 23:10:00"));
    assert_eq!(differing(&now, &soon), ["index.html"]);
    for path in differing(&now, &later) {
        let live = path == "index.html" || path.starts_with("components/");
        let open =
            ["history/index.html", "history/2026-12/index.html", "maintenance/index.html"].contains(&path.as_str());
        assert!(live || open, "{path} changed although nothing in it did");
    }
}

#[test]
fn what_people_type_is_text() {
    let mut world = fixture::outage();
    let nasty = "<script>alert(1)</script> \"x' & y";
    world.settings.site.title = nasty.to_owned();
    world.settings.components[0].name = nasty.to_owned();
    world.settings.components[0].group = Some(nasty.to_owned());
    world.book.incidents[0].title = nasty.to_owned();
    world.timelines.components[0].outages.last_mut().unwrap().reasons[0].why = nasty.to_owned();
    for file in site(&world).iter().filter(|f| is(f, "html")) {
        let html = String::from_utf8(file.bytes.clone()).unwrap();
        assert!(!html.contains("<script>"), "{}", file.path);
    }
}

#[test]
fn two_pages_cannot_share_an_address() {
    let mut world = named("calm");
    let slug = world.book.incidents[0].slug.clone();
    world.book.incidents[1].slug = slug;
    let error = made(&world, &theme()).unwrap_err();
    insta::assert_snapshot!(error, @"
    two pages want the address incidents/2026-11-30-changes/index.html: the incident “What we changed after the morning outage” and the incident “The morning outage”
    ");
}

#[test]
fn a_wrong_template_is_named_with_its_place() {
    let say = |name: &str, text: &str| {
        let mut theme = theme();
        theme.templates.insert(name.to_owned(), text.to_owned());
        made(&fixture::outage(), &theme).unwrap_err().to_string()
    };
    let said = [
        say(
            "index.html",
            "{% extends \"base.html\" %}\n{% block main %}{{ page.headline.sentense }}{% endblock main %}\n",
        ),
        say("base.html", "<p>\n{% if x %}\n"),
    ];
    insta::assert_snapshot!(said.join("\n\n"), @"
    templates/index.html:2:34: Field `sentense` is not defined. Available fields: calm, icon, lead, line, sentence, tab
    error: Field `sentense` is not defined. Available fields: calm, icon, lead, line, sentence, tab
     --> index.html:2:34
      |
    2 | {% block main %}{{ page.headline.sentense }}{% endblock main %}
      |                                  ^^^^^^^^

    templates/base.html:3:1: Unexpected end of input
    error: Unexpected end of input
     --> base.html:3:1
      |
    3 | 
      | ^
    ");
}

/// LOOK "Weight", before compression: what 50 components and the stylesheet may cost.
#[test]
fn fifty_components_stay_light() {
    let files = site(&named("fifty"));
    let size = |f: &Output| f.bytes.len();
    let css: usize = files.iter().filter(|f| is(f, "css")).map(size).sum();
    let html = page(&files, "index.html").len();
    assert!(css <= 14_000 && html <= 60_000, "CSS {css}, HTML {html}");
}

#[test]
fn classes_say_how_long_a_file_may_be_kept() {
    let files = site(&named("outage"));
    let class = |path: &str| files.iter().find(|f| f.path == path).map(|f| f.class);
    assert_eq!(class("index.html"), Some(Class::Index));
    assert_eq!(class("incidents/2026-11-23-morning-outage/index.html"), Some(Class::Live));
    assert_eq!(class("incidents/2026-10-21-checkups/index.html"), Some(Class::Settled));
    assert!(files.iter().filter(|f| f.path.starts_with("static/")).all(|f| f.class == Class::Asset));
}
