//! What machines read, on a rich world and on an empty one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::model::Status;
use crate::render::{Output, api, badge, feed, own_json, plain};
use crate::site::fixture::Fixture;
use crate::site::machine::Said;
use crate::site::small_world::{empty, half_seen_group, outage, utc};

const PAGES: [&str; 3] = ["index.html", "incidents/morning/index.html", "404.html"];

/// Every file for machines, by its path.
fn files(small: &Fixture) -> Vec<Output> {
    let world = small.world();
    let scene = crate::site::Scene::new(&world);
    let said = Said { sentence: "Stella is down.", lead: "The website does not answer.", status: Status::Major };
    let mut files = api::outputs(&crate::site::api::api(&scene));
    files.extend(own_json::outputs(&crate::site::own_json::report(&scene, said)));
    files.extend(feed::outputs(&crate::site::feed::feeds(&scene)));
    files.extend(badge::outputs(&crate::site::badge::badges(&scene, said)));
    files.push(plain::status(&crate::site::plain::status(&scene, said)));
    files.extend(plain::outputs(&crate::site::plain::map(&scene, PAGES.into_iter())));
    files
}

fn text(small: &Fixture, path: &str) -> String {
    let file = files(small).into_iter().find(|f| f.path == path).unwrap();
    String::from_utf8(file.bytes).unwrap()
}

#[test]
fn every_file_has_its_place_once() {
    let mut paths: Vec<String> = files(&outage()).into_iter().map(|f| f.path).collect();
    paths.sort();
    insta::assert_snapshot!(paths.join("\n"), @"
    .nojekyll
    _headers
    api/v2/incidents.json
    api/v2/status.json
    api/v2/summary.json
    badge.json
    badge.svg
    badge/redis.json
    badge/redis.svg
    badge/web.json
    badge/web.svg
    feed.xml
    sitemap.xml
    status.json
    status.schema.json
    status.txt
    updates.xml
    ");
    let unique: BTreeSet<_> = paths.iter().collect();
    assert_eq!(unique.len(), paths.len());
}

#[test]
fn nothing_internal_is_in_any_file() {
    for file in files(&outage()) {
        let text = String::from_utf8_lossy(&file.bytes).into_owned();
        assert!(!format!("{} {text}", file.path).to_lowercase().contains("secret"), "{}: {text}", file.path);
    }
}

#[test]
fn the_summary_is_the_statuspage_api_v2() {
    let lines = |small: &Fixture| text(small, "api/v2/summary.json").replace("},{", "},\n{").replace(":[{", ":[\n{");
    insta::assert_snapshot!(lines(&outage()), @r#"
    {"page":{"id":"status.example.com","name":"Stella & <friends>","url":"https://status.example.com/stella/","time_zone":"America/Los_Angeles","updated_at":"2026-11-23T17:20:00.000Z"},"components":[
    {"id":"group.public","name":"Public","status":"major_outage","created_at":"2026-11-01T08:00:00.000Z","updated_at":"2026-11-23T17:00:00.000Z","position":1,"description":null,"showcase":false,"start_date":null,"group_id":null,"page_id":"status.example.com","group":true,"only_show_if_degraded":false,"components":["web"]},
    {"id":"web","name":"Website","status":"major_outage","created_at":"2026-11-01T08:00:00.000Z","updated_at":"2026-11-23T17:00:00.000Z","position":2,"description":null,"showcase":true,"start_date":"2026-11-01","group_id":"group.public","page_id":"status.example.com","group":false,"only_show_if_degraded":false},
    {"id":"redis","name":"Redis","status":"degraded_performance","created_at":"2026-11-01T08:00:00.000Z","updated_at":"2026-11-01T08:00:00.000Z","position":3,"description":null,"showcase":true,"start_date":null,"group_id":null,"page_id":"status.example.com","group":false,"only_show_if_degraded":false}],"incidents":[
    {"id":"2026-11-23-web","name":"The morning <outage>","status":"identified","created_at":"2026-11-23T17:06:00.000Z","updated_at":"2026-11-23T17:06:00.000Z","monitoring_at":null,"resolved_at":null,"impact":"critical","shortlink":"https://status.example.com/stella/incidents/morning/","started_at":"2026-11-23T17:00:00.000Z","page_id":"status.example.com","incident_updates":[
    {"id":"2026-11-23-web.word-a","status":"identified","body":"The disk & a notice, x","incident_id":"2026-11-23-web","created_at":"2026-11-23T17:06:00.000Z","updated_at":"2026-11-23T17:06:00.000Z","display_at":"2026-11-23T17:05:00.000Z","affected_components":null,"deliver_notifications":true,"custom_tweet":null,"tweet_id":null},
    {"id":"2026-11-23-web.open","status":"investigating","body":"Website does not answer.","incident_id":"2026-11-23-web","created_at":"2026-11-23T17:06:00.000Z","updated_at":"2026-11-23T17:06:00.000Z","display_at":"2026-11-23T17:00:00.000Z","affected_components":[
    {"code":"web","name":"Website","old_status":"operational","new_status":"major_outage"}],"deliver_notifications":true,"custom_tweet":null,"tweet_id":null}],"components":[
    {"id":"web","name":"Website","status":"major_outage","created_at":"2026-11-01T08:00:00.000Z","updated_at":"2026-11-23T17:00:00.000Z","position":2,"description":null,"showcase":true,"start_date":"2026-11-01","group_id":"group.public","page_id":"status.example.com","group":false,"only_show_if_degraded":false}]}],"scheduled_maintenances":[
    {"id":"move","name":"Redis moves","status":"scheduled","created_at":"2026-11-21T12:00:00.000Z","updated_at":"2026-11-21T12:00:00.000Z","monitoring_at":null,"resolved_at":null,"impact":"maintenance","shortlink":"https://status.example.com/stella/incidents/move/","started_at":"2026-12-04T06:00:00.000Z","page_id":"status.example.com","incident_updates":[
    {"id":"move.announced","status":"scheduled","body":"Planned work from 2026-12-03 22:00 to 2026-12-03 22:30 (PST).","incident_id":"move","created_at":"2026-11-21T12:00:00.000Z","updated_at":"2026-11-21T12:00:00.000Z","display_at":"2026-11-21T12:00:00.000Z","affected_components":null,"deliver_notifications":true,"custom_tweet":null,"tweet_id":null}],"components":[
    {"id":"redis","name":"Redis","status":"degraded_performance","created_at":"2026-11-01T08:00:00.000Z","updated_at":"2026-11-01T08:00:00.000Z","position":3,"description":null,"showcase":true,"start_date":null,"group_id":null,"page_id":"status.example.com","group":false,"only_show_if_degraded":false}],"scheduled_for":"2026-12-04T06:00:00.000Z","scheduled_until":"2026-12-04T06:30:00.000Z"}],"status":{"indicator":"major","description":"Partial System Outage"}}
    "#);
    insta::assert_snapshot!(lines(&empty()), @r#"{"page":{"id":"status.example.com","name":"Stella & <friends>","url":"https://status.example.com/stella/","time_zone":"America/Los_Angeles","updated_at":"2026-11-23T17:20:00.000Z"},"components":[],"incidents":[],"scheduled_maintenances":[],"status":{"indicator":"none","description":"All Systems Operational"}}"#);
}

#[test]
fn our_own_json_knows_what_nobody_saw() {
    let value: serde_json::Value = serde_json::from_str(&text(&outage(), "status.json")).unwrap();
    let cases = [
        ("/sentence", "\"Stella is down.\""),
        ("/stale_after", "\"2026-11-23T17:22:30.000Z\""),
        ("/components/0/status", "\"major_outage\""),
        ("/components/0/depends_on", "[\"redis\"]"),
        ("/components/0/figures/2/from", "\"2026-11-01T08:00:00.000Z\""),
        ("/components/0/stretches/1/status", "\"major_outage\""),
        ("/components/0/outages/0/reasons/0/why", "\"no answer within 5 s\""),
        ("/components/0/outages/0/to", "null"),
        ("/components/1/status", "\"no_data\""),
        ("/components/1/figures/3/uptime_percent", "null"),
        ("/components/1/figures/3/coverage_percent", "null"),
        ("/groups/0/name", "\"Public\""),
        ("/groups/0/status", "\"major_outage\""),
        ("/groups/0/components", "[\"web\"]"),
        ("/groups/0/figures/0/coverage_percent", "100.0"),
        ("/incidents/0/next_word", "\"2026-11-23T17:30:00.000Z\""),
        ("/incidents/0/events/1/by", "\"person\""),
        ("/incidents/0/follows", "[]"),
        ("/incidents/0/followed_by/0", "\"https://status.example.com/stella/incidents/notice/\""),
        ("/maintenances/0/components", "[\"redis\"]"),
        ("/notices/0/at", "\"2026-11-20T12:00:00.000Z\""),
        ("/heads/0/n", "812"),
        ("/heads/0/closed_day/n", "600"),
        ("/heads/0/closed_day/day", "\"2026-11-22\""),
    ];
    for (path, meant) in cases {
        assert_eq!(value.pointer(path).map(ToString::to_string).as_deref(), Some(meant), "{path}");
    }
    assert_eq!(value["components"].as_array().map(Vec::len), Some(2));
}

/// MEANING "Group": the status is the worst, uptime the mean of those that have any, coverage the mean of all.
#[test]
fn a_group_has_the_worst_status_and_the_mean_of_figures() {
    let value: serde_json::Value = serde_json::from_str(&text(&half_seen_group(), "status.json")).unwrap();
    let group = &value["groups"][0];
    assert_eq!(
        (&group["status"], &group["components"]),
        (&"major_outage".into(), &serde_json::json!(["web", "redis"]))
    );
    // 20 minutes of 24 hours down is 98.611 %; all of Redis' twelve known hours are up.
    let meant = serde_json::json!({"window": "24h", "uptime_percent": 99.3, "coverage_percent": 75.0});
    assert_eq!(group["figures"][0], meant);
    assert_eq!(value["groups"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_schema_names_every_field() {
    let schema: serde_json::Value = serde_json::from_str(&text(&outage(), "status.schema.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text(&outage(), "status.json")).unwrap();
    let named = |v: &serde_json::Value| v.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(named(&schema["properties"]), named(&document));
    let component = &document["components"][0];
    assert_eq!(named(&schema["$defs"]["Component"]["properties"]), named(component));
}

/// A feed as a reader sees it.
fn read(small: &Fixture, path: &str) -> String {
    let xml = text(small, path);
    let feed = feed_rs::parser::parse(xml.as_bytes()).unwrap();
    let mut said = format!("{} {}\n", feed.id, feed.updated.unwrap());
    let mut dates = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for e in feed.entries {
        assert!(dates.insert(e.updated.unwrap()) && ids.insert(e.id.clone()), "{xml}");
        let title = e.title.unwrap().content;
        let html = e.content.unwrap().body.unwrap();
        let (published, updated) = (e.published.unwrap(), e.updated.unwrap());
        let _ = writeln!(said, "{} | {title} | {published} | {updated} | {}\n{html}", e.id, e.links[0].href);
    }
    said
}

#[test]
fn feeds_are_dated_by_the_record() {
    insta::assert_snapshot!(read(&outage(), "feed.xml"), @r#"
    tag:status.example.com,2026:feed.xml 2026-11-23 17:06:00 UTC
    tag:status.example.com,2026:incident/2026-11-23-web | The morning <outage> | 2026-11-23 17:06:00 UTC | 2026-11-23 17:06:00 UTC | https://status.example.com/stella/incidents/morning/
    <p><strong>Identified</strong></p>
    <p>The disk &amp; a <a href="https://status.example.com/stella/incidents/notice/">notice</a>, <a href="https://status.example.com/stella/incidents/morning/#x">x</a></p>
    <p><strong>Investigating</strong></p>
    <p>Website does not answer.</p>
    tag:status.example.com,2026:maintenance/move | Redis moves | 2026-11-21 12:00:00 UTC | 2026-11-21 12:00:00 UTC | https://status.example.com/stella/incidents/move/
    <p><strong>Scheduled</strong></p>
    <p>Planned work from 2026-12-03 22:00 to 2026-12-03 22:30 (PST).</p>
    tag:status.example.com,2026:notice/notice | We move | 2026-11-20 12:00:00 UTC | 2026-11-20 12:00:00 UTC | https://status.example.com/stella/incidents/notice/
    <p><strong>Update</strong></p>
    <p>Soon.</p>
    "#);
    insta::assert_snapshot!(read(&outage(), "updates.xml"), @r#"
    tag:status.example.com,2026:updates.xml 2026-11-23 17:06:00.001 UTC
    tag:status.example.com,2026:incident/2026-11-23-web/word-a | Identified: The morning <outage> | 2026-11-23 17:06:00.001 UTC | 2026-11-23 17:06:00.001 UTC | https://status.example.com/stella/incidents/morning/
    <p>The disk &amp; a <a href="https://status.example.com/stella/incidents/notice/">notice</a>, <a href="https://status.example.com/stella/incidents/morning/#x">x</a></p>
    tag:status.example.com,2026:incident/2026-11-23-web/open | Investigating: The morning <outage> | 2026-11-23 17:06:00 UTC | 2026-11-23 17:06:00 UTC | https://status.example.com/stella/incidents/morning/
    <p>Website does not answer.</p>
    tag:status.example.com,2026:maintenance/move/announced | Scheduled: Redis moves | 2026-11-21 12:00:00 UTC | 2026-11-21 12:00:00 UTC | https://status.example.com/stella/incidents/move/
    <p>Planned work from 2026-12-03 22:00 to 2026-12-03 22:30 (PST).</p>
    tag:status.example.com,2026:notice/notice/text | Update: We move | 2026-11-20 12:00:00 UTC | 2026-11-20 12:00:00 UTC | https://status.example.com/stella/incidents/notice/
    <p>Soon.</p>
    "#);
    insta::assert_snapshot!(read(&empty(), "feed.xml"), @"tag:status.example.com,2026:feed.xml 1970-01-01 00:00:00 UTC");
}

#[test]
fn a_feed_does_not_know_when_it_was_made() {
    let (mut now, mut later) = (outage(), outage());
    now.moment = utc("2026-11-23 17:21");
    later.moment = utc("2027-01-01 00:00");
    for path in ["feed.xml", "updates.xml"] {
        assert_eq!(text(&now, path), text(&later, path));
    }
    assert!(text(&now, "feed.xml").contains(
        "<link rel=\"self\" type=\"application/atom+xml\" href=\"https://status.example.com/stella/feed.xml\"/>"
    ));
    let (head, day) = ("ab".repeat(32), "cd".repeat(32));
    assert!(text(&now, "updates.xml").contains(&format!(
        "<r:head chain=\"local\" n=\"812\">{head}</r:head>\n\
         <r:day chain=\"local\" date=\"2026-11-22\" n=\"600\">{day}</r:day>\n"
    )));
}

#[test]
fn badges_say_the_word() {
    insta::assert_snapshot!(text(&outage(), "badge/web.svg"), @r##"
    <svg xmlns="http://www.w3.org/2000/svg" width="111" height="24" viewBox="0 0 111 24" role="img" aria-label="Website: down">
    <title>Website: down</title>
    <style>@media (prefers-color-scheme:dark){.i{fill:#e9edec}.l{stroke:#e9edec}.b{fill:#ff5a3c}}</style>
    <g font-family="Helvetica Neue,Helvetica,Arial,sans-serif" font-size="13" fill="#14181a">
    <text class="i" x="0" y="16.5">Website</text>
    <text class="i" x="77" y="16.5">down</text>
    </g>
    <g transform="translate(55 0)"><rect class="b" x="0" y="0" width="16" height="24" fill="#c8260e"/></g>
    </svg>
    "##);
    insta::assert_snapshot!(text(&outage(), "badge/redis.json"), @r#"{"schemaVersion":1,"label":"Redis","message":"no data","color":"566063"}"#);
    assert!(text(&outage(), "badge.svg").contains("aria-label=\"Stella &amp; &lt;friends&gt;: down\""));
}

#[test]
fn plain_text_reads_like_the_page() {
    insta::assert_snapshot!(text(&outage(), "status.txt"), @"
    Stella is down.
    The website does not answer.

    Made at 2026-11-23 09:20:00 PST. Do not trust it after 2026-11-23 09:22:30 PST.

    Website  Major outage  since 2026-11-23 09:00:00 PST
    Redis    No data

    The morning <outage> (identified)
    Began 2026-11-23 09:00:00 PST. Next word by 2026-11-23 09:30:00 PST.
    2026-11-23 09:05:00 PST: Identified. The disk & a notice, x
    https://status.example.com/stella/incidents/morning/

    Planned: Redis moves
    2026-12-03 22:00:00 PST to 2026-12-03 22:30:00 PST

    Record local 812 abababababababababababababababababababababababababababababababab
    Record local 600 cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd, the last of 2026-11-22
    https://status.example.com/stella/
    ");
}

#[test]
fn hosts_and_crawlers_are_told() {
    insta::assert_snapshot!(text(&outage(), "sitemap.xml"), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <url><loc>https://status.example.com/stella/</loc></url>
    <url><loc>https://status.example.com/stella/incidents/morning/</loc><lastmod>2026-11-23</lastmod></url>
    </urlset>
    "#);
    insta::assert_snapshot!(text(&outage(), "_headers").lines().take(10).collect::<Vec<_>>().join("\n"), @"
    /*
      Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'
      X-Content-Type-Options: nosniff
      Referrer-Policy: strict-origin-when-cross-origin

    /static/*
      Cache-Control: public, max-age=31536000, immutable

    /api/*
      Access-Control-Allow-Origin: *
    ");
    assert!(files(&outage()).iter().all(|f| f.path != "robots.txt"), "a sub-path has no say over robots");
    let mut root = outage();
    root.settings.site.url = "https://status.example.com/".to_owned();
    insta::assert_snapshot!(text(&root, "robots.txt"), @"
    User-agent: *
    Allow: /

    Sitemap: https://status.example.com/sitemap.xml
    ");
}
