//! The main job on real servers: nginx that answers, breaks, is stopped and hangs, TLS with a good, an expired and a
//! foreign certificate, a DNS server, a file that a worker touches. After each round the journal, the JSON, the
//! Statuspage API and the pages say the same of every component, and nothing that is private has left.

#[allow(dead_code, reason = "this file uses a part of what the servers can do")]
mod support {
    pub mod stage;

    pub mod town;

    mod certificates;
    mod dns;
    mod nginx;
    mod program;
}

use std::collections::BTreeSet;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use statuary::model::{Moment, Zone};
use support::stage::Stage;
use support::town::{QUERY, TOKEN, Town, ZONE};

/// What is looked at, in the order of the config.
struct Part {
    id: &'static str,
    probe: &'static str,
    /// How it fails while things are broken: verdict, phase, and what the reason must say. None: it goes on.
    fails: Option<(&'static str, &'static str, &'static str)>,
    /// The component that its incident is called after.
    incident: &'static str,
}

const fn works(id: &'static str, probe: &'static str) -> Part {
    Part { id, probe, fails: None, incident: "" }
}

const fn down(id: &'static str, probe: &'static str, phase: &'static str, why: &'static str, of: &'static str) -> Part {
    Part { id, probe, fails: Some(("down", phase, why)), incident: of }
}

/// Those on 127.0.0.1 or in one group share an incident, also the name servers; the certificates are another host's;
/// the worker has neither group nor host in common with anybody.
const PARTS: &[Part] = &[
    works("web", "http"),
    down("api", "http", "connect", "the connection was refused", "api"),
    down("shop", "http", "first_byte", "after the request was sent", "api"),
    down("gate", "http", "status", "the answer was 502 Bad Gateway", "api"),
    down("mirror", "http", "expect", "expected json.said == 'well', got ", "api"),
    Part {
        id: "queue",
        probe: "http",
        fails: Some(("degraded", "degraded_if", "json.queue.depth > 1000, got 5000")),
        incident: "api",
    },
    down("line", "tcp", "expect", "received.startsWith('HTTP/1.1 200'), got ", "api"),
    down("names", "dns", "expect", "got ", "api"),
    down("zone", "dns", "answer", "the name does not exist", "api"),
    works("secure", "http"),
    down("expired", "http", "tls", "the certificate expired ", "expired"),
    down("foreign", "http", "tls", "the certificate is for another name", "expired"),
    down("worker", "heartbeat", "age", "the last sign of life is ", "worker"),
];

/// Where the story stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Well,
    /// One bad look: being checked.
    Checking,
    /// A second one: it is an outage.
    Broken,
    /// One good look: not yet believed.
    Returning,
    /// A second one: it works again, and is watched.
    Watched,
    /// Quiet for long enough.
    Over,
}

impl Act {
    /// What the last look of a part that fails saw, and what the page makes of it.
    fn looks_bad(self) -> bool {
        matches!(self, Self::Checking | Self::Broken)
    }

    fn shows_bad(self) -> bool {
        matches!(self, Self::Broken | Self::Returning)
    }

    fn incident(self) -> Option<&'static str> {
        match self {
            Self::Well | Self::Checking => None,
            Self::Broken | Self::Returning => Some("investigating"),
            Self::Watched => Some("monitoring"),
            Self::Over => Some("resolved"),
        }
    }
}

/// One run, as cron would: it says nothing, whatever the world looks like, and all that must hold after it holds.
/// Gives the round's record.
fn round(stage: &Stage, town: &Town, act: Act) -> Value {
    let out = stage.run_with(&["run"], &[("REAL_TOKEN", TOKEN)]);
    let said = [out.stdout, out.stderr].map(|s| String::from_utf8_lossy(&s).into_owned());
    assert_eq!((out.status.code(), said), (Some(0), [String::new(), String::new()]), "{act:?}");
    stage.expect(&["journal", "verify"], 0);
    stage.site_is_whole();
    nothing_leaked(stage, town);
    let rounds = stage.chain("local");
    let last = rounds.last().expect("a round was saved").clone();
    for part in PARTS {
        says_the_same(stage, act, part, &last);
    }
    last
}

/// No secret is anywhere; no address, path or internal name is in what may be published.
fn nothing_leaked(stage: &Stage, town: &Town) {
    let private = town.private();
    let mut public = 0;
    for file in
        walkdir::WalkDir::new(stage.path()).into_iter().filter_map(Result::ok).filter(|e| e.file_type().is_file())
    {
        let name = file.path().strip_prefix(stage.path()).expect("below").to_string_lossy().into_owned();
        let text = String::from_utf8_lossy(&fs::read(file.path()).expect("a file")).into_owned();
        let config = name == "statuary.toml" || name.starts_with(".statuary/");
        assert!(!text.contains(TOKEN), "{name} holds the header's secret");
        assert!(config || !text.contains(QUERY), "{name} holds the address's secret");
        if ["public/", "journal/local/", "journal/_desk/"].iter().any(|folder| name.starts_with(folder)) {
            public += 1;
            let found: Vec<&String> = private.iter().filter(|word| text.contains(*word)).collect();
            assert!(found.is_empty(), "{name} holds {found:?}:\n{text}");
        }
    }
    assert!(public > 20, "the public files were read");
}

/// The text of a page without its tags, on one line.
fn text(html: &str) -> String {
    let mut plain = String::new();
    for part in html.split('<') {
        plain.push_str(part.split_once('>').map_or("", |(_, after)| after));
        plain.push(' ');
    }
    for (entity, sign) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("\u{a0}", " "),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(entity, sign);
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a page says something; a sentence begins with a large letter.
fn has(page: &str, words: &str) -> bool {
    page.to_lowercase().contains(&words.to_lowercase())
}

fn page(stage: &Stage, path: &str) -> String {
    text(&stage.read(&format!("public/{path}")))
}

fn find<'a>(list: &'a Value, id: &str) -> &'a Value {
    let items = list.as_array().unwrap_or_else(|| panic!("a list with {id}, not {list}"));
    items.iter().find(|item| item["id"] == id).unwrap_or_else(|| panic!("{id} is not in {list:#}"))
}

/// The journal's last look at a part, and the component in every output.
fn says_the_same(stage: &Stage, act: Act, part: &Part, round: &Value) {
    let at = format!("{act:?}: {}", part.id);
    let key = format!("{}/{}", part.id, part.probe);
    let seen = round["round"]["not"].as_array().into_iter().flatten().find(|seen| seen["id"] == key.as_str());
    let up = round["round"]["up"].get(&key);
    let own = stage.json("public/status.json");
    let own = find(&own["components"], part.id);
    let index = stage.read("public/index.html");
    let rows = index.split_once("<h2>Components</h2>").expect("the index lists the components").1;
    let row = rows.split_once(&format!("href=\"components/{}/index.html\">The {}</a>", part.id, part.id));
    let row =
        text(row.unwrap_or_else(|| panic!("{at}: no row on the index")).1.split("</p>").next().unwrap_or_default());
    let Some((verdict, phase, why)) = part.fails.filter(|_| act.looks_bad()) else {
        assert!(up.is_some() && seen.is_none(), "{at}: {round}");
        assert_eq!(own["probes"][0]["verdict"], "up", "{at}: {own:#}");
        return shows(stage, act, part, own, &row);
    };
    let seen = seen.unwrap_or_else(|| panic!("{at} is not among the bad looks of {round}"));
    let said = seen["why"].as_str().expect("a reason");
    assert_eq!((&seen["is"], &seen["phase"]), (&verdict.into(), &phase.into()), "{at}: {seen}");
    assert!(up.is_none() && said.contains(why), "{at}: {seen}");
    assert_eq!((&own["probes"][0]["verdict"], &own["probes"][0]["why"]), (&verdict.into(), &said.into()), "{at}");
    if act == Act::Broken {
        let reasons = &own["outages"][0]["reasons"];
        let known = reasons.as_array().into_iter().flatten().any(|r| r["phase"] == phase && r["why"] == said);
        assert!(known, "{at}: {reasons}");
        let mine = page(stage, &format!("components/{}/index.html", part.id));
        assert!(has(&mine, said), "{at}: its page does not say `{said}`:\n{mine}");
    }
    shows(stage, act, part, own, &row);
}

/// The status of a component, in all outputs.
fn shows(stage: &Stage, act: Act, part: &Part, own: &Value, row: &str) {
    let at = format!("{act:?}: {}", part.id);
    let (status, word) = match part.fails.filter(|_| act.shows_bad()) {
        Some(("degraded", ..)) => ("degraded_performance", "Degraded"),
        Some(_) => ("major_outage", "Major outage"),
        None => ("operational", "Operational"),
    };
    assert_eq!(own["status"], status, "{at}: {own:#}");
    let checking = part.fails.is_some() && act == Act::Checking;
    assert_eq!(own["checking_since"].is_string(), checking, "{at}: {own:#}");
    let api = stage.json("public/api/v2/summary.json");
    assert_eq!(find(&api["components"], part.id)["status"], status, "{at}");
    assert!(row.starts_with(word), "{at}: the index says `{row}`");
}

/// Exactly the expected incidents stand, and all outputs tell the same of each.
fn incidents_stand(stage: &Stage, act: Act, began: &Value, ended: Option<&Value>) {
    let date = Moment::parse_rfc3339(began["t"].as_str().expect("a time")).expect("RFC 3339");
    let date = Zone::parse(ZONE).expect("a zone").date(date);
    let want: BTreeSet<String> = match act.incident() {
        Some(_) => PARTS.iter().filter(|p| p.fails.is_some()).map(|p| format!("{date}-{}", p.incident)).collect(),
        None => BTreeSet::new(),
    };
    let ids = |list: &Value| -> BTreeSet<String> {
        let items = list.as_array().unwrap_or_else(|| panic!("a list, not {list}"));
        items.iter().map(|i| i["id"].as_str().expect("an id").to_owned()).collect()
    };
    let own = stage.json("public/status.json");
    let (api, summary) = (stage.json("public/api/v2/incidents.json"), stage.json("public/api/v2/summary.json"));
    let listed = serde_json::from_str(&stage.expect(&["incident", "list", "--format", "json"], 0)).expect("JSON");
    assert_eq!(
        [ids(&listed), ids(&own["incidents"]), ids(&api["incidents"])],
        [(); 3].map(|()| want.clone()),
        "{act:?}"
    );
    let open = if act == Act::Over { BTreeSet::new() } else { want.clone() };
    assert_eq!(ids(&summary["incidents"]), open, "{act:?}");
    let (indicator, words) =
        if act.shows_bad() { ("major", "Partial System Outage") } else { ("none", "All Systems Operational") };
    assert_eq!(summary["status"], serde_json::json!({ "indicator": indicator, "description": words }), "{act:?}");
    let folders = fs::read_dir(stage.join("public/incidents")).map_or(0, Iterator::count);
    assert_eq!(folders, want.len(), "{act:?}: a page for each incident, and no other");
    for id in &want {
        let (own, api) = (find(&own["incidents"], id), find(&api["incidents"], id));
        let members: BTreeSet<&str> = PARTS
            .iter()
            .filter(|p| p.fails.is_some() && id.ends_with(&format!("-{}", p.incident)))
            .map(|p| p.id)
            .collect();
        incident_is_told(stage, act, id, &members, (own, api), (began, ended));
    }
}

fn incident_is_told(
    stage: &Stage,
    act: Act,
    id: &str,
    members: &BTreeSet<&str>,
    (own, api): (&Value, &Value),
    (began, ended): (&Value, Option<&Value>),
) {
    let at = format!("{act:?}: {id}");
    let ids = |list: &Value| -> BTreeSet<String> {
        list.as_array().into_iter().flatten().map(|c| c["id"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let members: BTreeSet<String> = members.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!([ids(&own["components"]), ids(&api["components"])], [members.clone(), members.clone()], "{at}");
    for (who, list) in [("own", own), ("api", api)] {
        assert_eq!(Some(list["status"].as_str().unwrap_or_default()), act.incident(), "{at}: {who}");
        assert_eq!(list["impact"], "critical", "{at}: {who}");
    }
    let end = ended.map_or(&Value::Null, |round| &round["t"]);
    assert_eq!([&own["started"], &api["started_at"]], [&began["t"]; 2], "{at}: it began with the first bad look");
    assert_eq!(&own["measured_end"], end, "{at}: it ended with the first good look");
    let over = if act == Act::Over { end } else { &Value::Null };
    assert_eq!(&api["resolved_at"], over, "{at}");
    let html = stage.read(&format!("public/incidents/{id}/index.html"));
    let page = text(&html);
    let statuses = ["investigating", "monitoring", "resolved"];
    let said = statuses.iter().find(|s| page.to_lowercase().contains(&format!("{s}, record {id}")));
    assert_eq!(said.copied(), act.incident(), "{at}: {page}");
    for part in PARTS.iter().filter(|p| members.contains(p.id)) {
        let (_, _, why) = part.fails.expect("a member failed");
        assert!(page.contains(&format!("The {}", part.id)) && has(&page, why), "{at}: {}: {page}", part.id);
    }
    let title = html.split_once("<h1").and_then(|(_, rest)| rest.split("</h1>").next()).unwrap_or_default();
    assert_eq!(own["title"], text(&format!("<h1{title}")).as_str(), "{at}");
    let index = stage.read("public/index.html");
    assert!(index.contains(&format!("href=\"incidents/{id}/index.html\"")), "{at}: the index does not lead to it");
}

/// `check` looks and saves nothing; its code is for CI.
fn check_says(stage: &Stage, code: i32) {
    let before = stage.chain("local").len();
    let out = stage.run_with(&["check"], &[("REAL_TOKEN", TOKEN)]);
    let said = String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(code), "{said}{}", String::from_utf8_lossy(&out.stderr));
    assert!(!said.contains(TOKEN) && !said.contains(QUERY), "{said}");
    for part in PARTS {
        let key = format!("{}/{}", part.id, part.probe);
        let line = said.lines().find(|l| l.starts_with(&format!("{key} "))).unwrap_or_else(|| panic!("{key}: {said}"));
        let (verdict, _, why) = part.fails.filter(|_| code == 1).unwrap_or(("up", "", ""));
        assert!(line.split("  ").any(|cell| cell.trim() == verdict) && line.contains(why), "{line}");
    }
    assert_eq!(stage.chain("local").len(), before);
}

#[test]
fn real_servers_break_and_come_back_and_everything_says_the_same() {
    let mut town = Town::new();
    let stage = Stage::new(&town.config());
    town.settle(&stage);
    round(&stage, &town, Act::Well);
    let well = round(&stage, &town, Act::Well);
    incidents_stand(&stage, Act::Well, &well, None);
    check_says(&stage, 0);

    town.wreck(&stage);
    let began = round(&stage, &town, Act::Checking);
    incidents_stand(&stage, Act::Checking, &began, None);
    check_says(&stage, 1);
    round(&stage, &town, Act::Broken);
    incidents_stand(&stage, Act::Broken, &began, None);

    town.mend(&stage);
    let ended = round(&stage, &town, Act::Returning);
    incidents_stand(&stage, Act::Returning, &began, None);
    round(&stage, &town, Act::Watched);
    incidents_stand(&stage, Act::Watched, &began, Some(&ended));
    sleep(Duration::from_millis(1100));
    round(&stage, &town, Act::Over);
    incidents_stand(&stage, Act::Over, &began, Some(&ended));
    check_says(&stage, 0);
}
