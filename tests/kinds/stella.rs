//! The morning that Statuary exists for, replayed on a compressed clock: the real programs of the story, stopped, hung
//! and brought back as they were, looked at every three seconds where the story took minutes. The record, the one incident
//! and the pages must tell it as it was.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::stage::Stage;
use crate::support::{Nginx, Redis, Sshd, ssh_user};

/// Stella on one machine: web servers, the backend behind a login, Redis, and the workers' sign of life.
struct Stella {
    stage: Stage,
    nginx: Nginx,
    redis: Redis,
    _sshd: Sshd,
    next: Instant,
}

impl Stella {
    fn start() -> Self {
        let stage = Stage::new("");
        let hang = stage.join("backend-hangs");
        let nginx = Nginx::start("location /health { return 200 '{\"queue\": 3}'; }");
        let redis = Redis::start("rdb-key-save-delay 10000000");
        let sshd = Sshd::start(&format!("ForceCommand test -e {} && exec sleep 30; uptime", hang.display()));
        stage.write(
            "statuary.toml",
            &format!(
                r#"
[site]
title = "Stella"
url = "https://status.example.com/"
[run]
interval = "3s"
deadline = "2900ms"
[rules]
confirm_after = "off"
gap = "1m"
blip_within = "8s"
merge_within = "6s"
[[component]]
id = "web"
name = "Website"
depends_on = ["backend", "workers"]
[[component.probe]]
kind = "http"
url = "{web}"
timeout = "1s"
expect = ["status == 200", "json.queue < 1000"]
[[component]]
id = "workers"
name = "Workers"
depends_on = ["redis"]
[[component.probe]]
kind = "heartbeat"
file = "beat"
max_age = "4s"
[[component]]
id = "backend"
name = "Backend"
depends_on = ["redis"]
[[component.probe]]
kind = "ssh"
address = "127.0.0.1:{ssh}"
user = "{user}"
key_file = "{key}"
host_key = "{host_key}"
command = "uptime"
timeout = "2500ms"
[[component]]
id = "redis"
name = "Redis"
[[component.probe]]
kind = "redis"
url = "redis://127.0.0.1:{redis}/"
degraded_if = "info.rdb_bgsave_in_progress == 1 && info.rdb_changes_since_last_save > 2 // a save does not end"
record = ["info.rdb_changes_since_last_save"]
"#,
                web = nginx.url("/health"),
                ssh = sshd.port(),
                user = ssh_user(),
                key = sshd.key("user").display(),
                host_key = sshd.fingerprint(),
                redis = redis.port(),
            ),
        );
        Self { stage, nginx, redis, _sshd: sshd, next: Instant::now() }
    }

    /// So many rounds, three seconds apart. Workers that live give a sign of it before each.
    fn rounds(&mut self, count: usize, workers_live: bool) {
        for _ in 0..count {
            sleep(self.next.saturating_duration_since(Instant::now()));
            self.next = Instant::now() + Duration::from_secs(3);
            if workers_live {
                self.stage.write("beat", "");
            }
            self.stage.expect(&["run"], 0);
        }
    }

    /// 9:00: a background save begins that never ends, and unsaved changes grow; the backend takes logins and then
    /// hangs; the web servers take connections and do not answer; the workers stop.
    fn falls(&mut self) {
        for key in ["a", "b", "c"] {
            self.redis.cli(&["set", key, "1"]);
        }
        self.redis.cli(&["bgsave"]);
        self.stage.write("backend-hangs", "");
        self.nginx.freeze();
    }

    /// 10:40: everything is brought back.
    fn comes_back(&mut self) {
        self.redis.cli(&["shutdown", "nosave"]);
        assert!(self.redis.again());
        fs::remove_file(self.stage.join("backend-hangs")).unwrap();
        self.nginx.thaw();
    }

    fn status(&self, id: &str) -> Value {
        let status = self.stage.json("public/status.json");
        let components = status["components"].as_array().expect("components").clone();
        components.into_iter().find(|c| c["id"] == id).expect("the component")
    }

    fn statuses(&self) -> Vec<String> {
        let word = |id| self.status(id)["status"].as_str().expect("a status").to_owned();
        ["web", "workers", "backend", "redis"].map(word).into()
    }

    /// When each round was, and the reasons that it gave for a probe.
    fn rounds_of(&self, probe: &str) -> Vec<(String, Option<String>)> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let of = |record: &Value| {
            let looks = record["round"].as_object()?.get("not").and_then(Value::as_array);
            let bad = looks.into_iter().flatten().find(|look| look["id"] == probe);
            Some((text(&record["t"]), bad.map(|look| text(&look["why"]))))
        };
        self.stage.chain("local").iter().filter_map(of).collect()
    }
}

#[test]
#[ignore = "takes a quarter of a minute or more: tests/run runs it"]
fn the_morning_is_told_as_it_was() {
    let mut stella = Stella::start();
    stella.rounds(3, true);
    assert_eq!(stella.statuses(), ["operational"; 4]);

    stella.falls();
    stella.rounds(4, false);
    assert_eq!(stella.statuses(), ["major_outage", "major_outage", "major_outage", "degraded_performance"]);
    // 10:00: the web site comes up for a short while, and no workers are behind it.
    stella.nginx.thaw();
    stella.rounds(1, false);
    stella.nginx.freeze();
    stella.rounds(3, false);
    assert_eq!(stella.status("web")["status"], "major_outage");
    stella.comes_back();
    stella.rounds(3, true);
    assert_eq!(stella.statuses(), ["operational"; 4]);
    sleep(Duration::from_secs(6));
    stella.rounds(2, true);

    reasons(&stella);
    let moments: Vec<String> = stella.rounds_of("web/http").into_iter().map(|(t, _)| t).collect();
    outages(&stella, &moments);
    incident(&stella, &moments);
    pages(&stella);
}

/// Every look of the morning says what the operator saw.
fn reasons(stella: &Stella) {
    let each = |probe, from: usize, why: &dyn Fn(&str) -> bool| {
        for (i, (t, said)) in stella.rounds_of(probe).iter().enumerate() {
            let down = (from..11).contains(&i) && !(probe == "web/http" && i == 7);
            assert_eq!(said.is_some(), down, "{probe} in round {i}, {t}: {said:?}");
            assert!(said.as_deref().is_none_or(why), "{probe} in round {i}: {said:?}");
        }
    };
    each("web/http", 3, &|why| why == "no answer within 1 s after the request was sent");
    each("backend/ssh", 3, &|why| why.starts_with("logged in, but the command did not end within "));
    each("redis/redis", 3, &|why| why == "a save does not end");
    // Their last sign of life was three seconds old in the first round of the outage.
    each("workers/heartbeat", 4, &|why| {
        why.starts_with("the last sign of life is ") && why.ends_with("at most 4 s is allowed")
    });
}

/// One outage each, with its true ends, and the come-back inside the web site's.
fn outages(stella: &Stella, moments: &[String]) {
    for (id, from, come_backs) in [("web", 3, 1), ("backend", 3, 0), ("redis", 3, 0), ("workers", 4, 0)] {
        let outages = stella.status(id)["outages"].clone();
        assert_eq!(outages.as_array().expect("outages").len(), 1, "{id}: {outages:#}");
        let outage = &outages[0];
        assert_eq!(
            (&outage["from"], &outage["to"]),
            (&moments[from].clone().into(), &moments[11].clone().into()),
            "{id}"
        );
        assert_eq!(outage["come_backs"].as_array().map(Vec::len), Some(come_backs), "{id}");
    }
    let back = &stella.status("web")["outages"][0]["come_backs"][0];
    assert_eq!((&back["from"], &back["to"]), (&moments[7].clone().into(), &moments[8].clone().into()));
}

/// One incident, opened once, closed once, with all four in it.
fn incident(stella: &Stella, moments: &[String]) {
    let declared: Vec<Value> =
        stella.stage.chain("_desk").into_iter().map(|r| r["incident"].clone()).filter(|i| !i.is_null()).collect();
    let of = |what: &str| -> Vec<(String, String)> {
        let of = declared.iter().filter(|i| i["do"] == what);
        let parts = of.map(|i| {
            let names: Vec<&str> = i["components"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            (i["at"].as_str().unwrap_or_default().to_owned(), names.join(" "))
        });
        parts.collect()
    };
    let at = |round: usize, names: &str| (moments[round].clone(), names.to_owned());
    assert_eq!(of("open"), [at(3, "redis backend web")], "{declared:#?}");
    assert_eq!(of("join"), [at(4, "workers")], "{declared:#?}");
    assert_eq!(of("recover"), [at(11, "redis backend workers web")], "{declared:#?}");
    assert_eq!(of("relapse"), [], "{declared:#?}");
    assert_eq!(of("resolve").len(), 1, "{declared:#?}");
    let listed = stella.stage.expect(&["incident", "list"], 0);
    assert_eq!(listed.trim().lines().count(), 1, "{listed}");
    assert!(listed.contains("critical  resolved") && listed.contains("-redis"), "{listed}");
    stella.stage.expect(&["journal", "verify"], 0);
}

/// The pages tell it, and the postmortem on the day after stands beside what was measured.
fn pages(stella: &Stella) {
    let id =
        stella.stage.chain("_desk").iter().find_map(|r| r["incident"]["id"].as_str().map(str::to_owned)).expect("one");
    let page = || stella.stage.read(&format!("public/incidents/{id}/index.html"));
    assert!(page().contains("a come-back inside one outage, not its end."), "{}", page());
    for why in ["no answer within 1 s", "logged in, but the command did not end", "a save does not end"] {
        assert!(page().contains(why), "{why}: {}", page());
    }
    let words = format!(
        "---\ntitle: A save that never ended\nincident: {id}\n---\n\n## Cause\n\nThe disk was slow.\n\n## Next steps\n\n\
         - [ ] append-only backups\n- [ ] practise the recovery\n"
    );
    stella.stage.write("incidents/morning.md", &words);
    stella.stage.expect(&["run", "--no-look"], 0);
    let page = stella.stage.read("public/incidents/morning/index.html");
    for told in
        ["A save that never ended", "The disk was slow.", "a come-back inside one outage", "practise the recovery"]
    {
        assert!(page.contains(told), "{told}: {page}");
    }
    stella.stage.site_is_whole();
}
