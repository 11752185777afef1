//! The published copy of the record, on the real binary: what is in it and what never is, what it costs, and that a
//! stranger can prove it and work the figures out again, with our program and without.

#[allow(dead_code, reason = "this file uses a part of what the servers can do")]
mod support {
    pub mod stage;

    mod nginx;
    mod program;

    // nginx can speak TLS; here it does not.
    mod certificates;

    pub use nginx::Nginx;
}

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use statuary::app;
use statuary::model::{Body, ChainName, DeskMaintenance, Detail, Moment, ProbeKey, Round, Seen, Span, Verdict};
use support::Nginx;
use support::stage::Stage;

/// Stands in whatever nobody may see.
const MARKER: &str = "marker-x7f1";

const CONFIG: &str = r#"
[site]
title = "Stage"
url = "https://status.example.com/"
time_zone = "America/Los_Angeles"
[run]
interval = "10m"
[publish]
publish_journal = true
[[component]]
id = "web"
name = "Web"
group = "Public"
[[component.probe]]
kind = "heartbeat"
file = "beat"
max_age = "3m"
[[component]]
id = "api"
name = "API"
group = "Public"
formerly = ["old-api"]
combine = "any"
[[component.probe]]
kind = "heartbeat"
file = "beat"
max_age = "3m"
[[component]]
id = "said"
name = "As reported"
"#;

const INTERNAL: &str = r#"
[[component]]
id = "marker-x7f1"
name = "marker-x7f1 name"
group = "marker-x7f1 group"
visibility = "internal"
[[component.probe]]
kind = "heartbeat"
file = "beat"
max_age = "3m"
[[component]]
id = "half"
name = "Half"
[[component.probe]]
kind = "heartbeat"
file = "beat"
max_age = "3m"
[[component.probe]]
kind = "heartbeat"
name = "marker-x7f1"
file = "marker-x7f1-file"
max_age = "3m"
visibility = "internal"
"#;

/// A site with three days of record behind it, a round every ten minutes.
fn site(config: &str) -> Stage {
    site_every(config, 10)
}

/// A site with three days of record behind it, an outage, planned work, things that nobody may see, and one real run.
fn site_every(config: &str, step: usize) -> Stage {
    let stage = Stage::new(config);
    stage.write("beat", "");
    let now = app::now();
    let start = now - Span::from_mins(3 * 24 * 60);
    let put = |chain: &str, bodies: &[(Moment, Body)]| {
        app::append(stage.path(), &ChainName::from(chain), bodies).expect("a record can be appended");
    };
    let window = |id: &str, components: &[&str]| {
        let (starts, ends) = (start + Span::from_mins(600), start + Span::from_mins(700));
        let components = components.iter().map(|c| (*c).into()).collect();
        Body::Maintenance(DeskMaintenance { id: id.to_owned(), starts, ends, components })
    };
    put("_desk", &[(start, window("disks", &["web"]))]);
    put("_desk+internal", &[(start, window(MARKER, &[MARKER]))]);
    let minutes: Vec<i64> = (0..3 * 1440 - 10).step_by(step).collect();
    put("local", &minutes.iter().map(|m| (start + Span::from_mins(*m), Body::Round(round(*m)))).collect::<Vec<_>>());
    let hidden = |m: &i64| {
        let up =
            vec![(ProbeKey::from(format!("{MARKER}/heartbeat")), 1), (ProbeKey::from(format!("half/{MARKER}")), 1)];
        (start + Span::from_mins(*m), Body::Round(Round { gap: Span::from_mins(25), up, ..Round::default() }))
    };
    put("local+internal", &minutes.iter().map(hidden).collect::<Vec<_>>());
    let detail = Detail { id: "web/heartbeat".into(), text: format!("{MARKER}: 10.1.2.3 said no") };
    put("local+internal", &[(now - Span::from_mins(5), Body::Details(vec![detail]))]);
    stage.expect(&["run"], 0);
    stage
}

fn round(minute: i64) -> Round {
    let down = |id: &str| Seen {
        id: id.into(),
        is: Verdict::Down,
        ms: Some(1),
        after: None,
        phase: Some("age".to_owned()),
        why: "the last sign of life is old".to_owned(),
        tries: 1,
    };
    let bad = (1000..1100).contains(&minute) || minute == 3000;
    let mut round = Round { gap: Span::from_mins(25), took: Span::from_ms(3), ..Round::default() };
    let (old, half) = (if minute < 2000 { "old-api/heartbeat" } else { "api/heartbeat" }, "half/heartbeat");
    round.up.extend([(ProbeKey::from(old), 2), (ProbeKey::from(half), 2)]);
    if bad {
        round.not.push(down("web/heartbeat"));
    } else {
        round.up.push(("web/heartbeat".into(), 83));
    }
    round
}

fn both() -> String {
    format!("{CONFIG}{INTERNAL}")
}

/// Runs the binary without a site.
fn statuary(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_statuary")).args(args).env("NO_COLOR", "1").output().expect("the binary starts")
}

/// Proves a copy and wants this exit code; gives what was found as JSON.
fn prove(from: &str, code: i32) -> Value {
    let out = statuary(&["journal", "verify", "--from", from, "--format", "json"]);
    let said = [&out.stdout, &out.stderr].map(|s| String::from_utf8_lossy(s).into_owned());
    assert_eq!(out.status.code(), Some(code), "{said:?}");
    serde_json::from_str(&said[0]).unwrap_or_else(|e| panic!("{e}: {said:?}"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of letters")
}

/// How many figures came out so.
fn verdicts(proof: &Value, word: &str) -> usize {
    proof["figures"].as_array().expect("figures").iter().filter(|f| f["verdict"] == word).count()
}

/// A copy of the published site that may be hurt.
fn twin(stage: &Stage) -> tempfile::TempDir {
    let twin = tempfile::tempdir().expect("a temporary folder");
    let public = stage.join("public");
    for entry in walkdir::WalkDir::new(&public).into_iter().map(|e| e.expect("public can be read")) {
        let target = twin.path().join(entry.path().strip_prefix(&public).expect("below"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).expect("a folder");
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
    twin
}

/// The days of a chain in a copy, oldest first.
fn days(copy: &Path, chain: &str) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(copy.join("journal").join(chain)).sort_by_file_name().into_iter();
    all.map(|e| e.expect("a day").into_path()).filter(|p| p.is_file()).collect()
}

#[test]
fn a_copy_is_proved_and_its_figures_are_the_sites() {
    let stage = site(CONFIG);
    let public = stage.join("public");
    let proof = prove(text(&public), 0);
    assert_eq!((verdicts(&proof, "agrees"), verdicts(&proof, "differs"), verdicts(&proof, "hidden")), (15, 0, 0));
    let web =
        proof["figures"].as_array().expect("figures").iter().find(|f| f["component"] == "web" && f["window"] == "7d");
    let uptime = web.expect("a figure of web")["found"]["uptime_percent"].as_f64().expect("a figure");
    assert!((97.0..98.0).contains(&uptime), "100 of 4200 minutes were down: {uptime}");
    for chain in proof["chains"].as_array().expect("chains") {
        assert_eq!(chain["pinned"], chain["last"]["n"], "the site states the head: {chain}");
    }
    let said = String::from_utf8(statuary(&["journal", "verify", "--from", text(&public)]).stdout).expect("text");
    assert!(
        said.contains("local: good; the end is pinned") && said.contains("15 figures agree, none differs."),
        "{said}"
    );
    // The journal's own folder names the same copy; so does a place beside it.
    prove(text(&public.join("journal")), 0);
    stage.expect(&["journal", "show", "--journal", text(&public), "--since", "1d"], 0);
    // Where the page says other figures than its record does, it is found.
    let status = stage.read("public/status.json");
    for (from, to) in
        [("\"down_tenth_ms\":", "\"down_tenth_ms\":1"), ("\"uptime_percent\":97", "\"uptime_percent\":98")]
    {
        assert!(status.contains(from), "{from} is in {status}");
        fs::write(public.join("status.json"), status.replacen(from, to, 1)).expect("a file");
        assert!(verdicts(&prove(text(&public), 1), "differs") > 0, "{from}");
    }
}

#[test]
fn a_copy_is_fetched_and_proved_over_http() {
    let stage = site(CONFIG);
    let server = Nginx::start("gzip on; gzip_types *; gzip_min_length 1;");
    let folder = server.root().join("status");
    std::os::unix::fs::symlink(stage.join("public"), &folder).expect("a link");
    for url in [server.url("/status/"), server.url("/status/journal"), server.url("/status/index.html")] {
        assert_eq!(verdicts(&prove(&url, 0), "agrees"), 15, "{url}");
    }
    for args in [["journal", "stat"], ["journal", "verify"], ["journal", "head"], ["journal", "show"]] {
        let out = statuary(&[&args[..], &["--journal", &server.url("/status/")]].concat());
        assert!(out.status.success() && String::from_utf8_lossy(&out.stdout).contains("local"), "{args:?}: {out:?}");
    }
    let refuse = |url: &str| {
        let out = statuary(&["journal", "verify", "--from", url]);
        assert_eq!(out.status.code(), Some(2), "{out:?}");
        String::from_utf8_lossy(&out.stderr).replace(&server.url(""), "http://host")
    };
    assert_eq!(
        refuse(&server.url("/")),
        "statuary: http://host/status.json: the server answered 404 Not Found: no site of Statuary's is here\n"
    );
    // A day that is listed and gone, and one that holds something else.
    let day = days(&stage.join("public"), "local").remove(0);
    let bytes = fs::read(&day).expect("a day");
    fs::write(&day, &bytes[1..]).expect("a file");
    let proof = prove(&server.url("/status/"), 1);
    let found = proof["findings"].to_string();
    assert!(
        found.contains(&server.url("/status/journal/local/")) && found.contains("bytes, and index.json says"),
        "{found}"
    );
    // One that is far longer than stated is not read to its end, and a status that is no page's size not at all.
    let endless = |path: &Path, bytes: u64| {
        let file = fs::File::options().write(true).truncate(true).open(path).expect("a file");
        file.set_len(bytes).expect("a sparse file");
    };
    endless(&day, 4 << 30);
    let found = prove(&server.url("/status/"), 1)["findings"].to_string();
    assert!(
        found.contains(&format!("it has {} bytes, and index.json says {}", bytes.len() + 1, bytes.len())),
        "{found}"
    );
    let status = fs::read(stage.join("public/status.json")).expect("a status");
    endless(&stage.join("public/status.json"), 65 << 20);
    let said = refuse(&server.url("/status/"));
    assert_eq!(said, "statuary: http://host/status/status.json: it has 64 MB or more, which is too much\n");
    fs::write(stage.join("public/status.json"), status).expect("a file");
    fs::remove_file(&day).expect("a day");
    let name = day.strip_prefix(stage.join("public")).expect("below").display().to_string();
    assert!(refuse(&server.url("/status/")).contains(&format!("{name}: the server answered 404 Not Found")));
    fs::remove_file(stage.join("public/journal/index.json")).expect("the index");
    assert!(refuse(&server.url("/status/")).contains("does not publish its record (`publish_journal = true` does)"));
}

#[test]
fn nothing_internal_is_in_a_copy() {
    let stage = site(&both());
    let mut files = 0;
    for entry in walkdir::WalkDir::new(stage.join("public")).into_iter().map(|e| e.expect("public can be read")) {
        let name = entry.path().display().to_string();
        assert!(!name.contains(MARKER) && !name.contains("+internal"), "{name}");
        if entry.file_type().is_file() {
            let bytes = fs::read(entry.path()).expect("a file");
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(MARKER) && !text.contains("+internal") && !text.contains("10.1.2.3"), "{name}");
            files += 1;
        }
    }
    assert!(files > 20, "{files}");
    assert!(
        walkdir::WalkDir::new(stage.join("journal")).into_iter().flatten().any(|e| {
            e.file_type().is_file() && fs::read_to_string(e.path()).is_ok_and(|text| text.contains(MARKER))
        })
    );
    // What rests on a hidden probe cannot be worked out again, and the rules say so.
    let rules = stage.json("public/journal/rules.json");
    let whole: Vec<(&str, bool)> = rules["components"]
        .as_array()
        .expect("components")
        .iter()
        .map(|c| (c["id"].as_str().expect("an id"), c["whole"].as_bool().expect("a word")))
        .collect();
    assert_eq!(whole, [("web", true), ("api", true), ("said", true), ("half", false)]);
    let proof = prove(text(&stage.join("public")), 0);
    assert_eq!((verdicts(&proof, "agrees"), verdicts(&proof, "hidden")), (15, 5));
    // An export is for others: what is internal is in it only where that was asked for.
    for format in ["csv", "jsonl", "openmetrics"] {
        assert!(!stage.expect(&["journal", "export", "--format", format], 0).contains(MARKER));
        assert!(stage.expect(&["journal", "export", "--format", format, "--internal"], 0).contains(MARKER));
    }
}

/// What a window that only the operator knows takes out of the figures cannot be checked either; nor can the past of a
/// probe that was internal once.
#[test]
fn what_was_internal_once_is_said_to_be_hidden() {
    for (chain, body) in [
        ("_desk+internal", {
            let (starts, ends) = (app::now() + Span::from_mins(10), app::now() + Span::from_mins(20));
            let components = vec!["web".into()];
            Body::Maintenance(DeskMaintenance { id: MARKER.to_owned(), starts, ends, components })
        }),
        ("local+internal", {
            let up = vec![(ProbeKey::from("old-api/heartbeat"), 1)];
            Body::Round(Round { gap: Span::from_mins(25), up, ..Round::default() })
        }),
    ] {
        let stage = site(CONFIG);
        app::append(stage.path(), &ChainName::from(chain), &[(app::now(), body)]).expect("a record");
        stage.expect(&["build"], 0);
        let proof = prove(text(&stage.join("public")), 0);
        // One component's figures and its group's.
        assert_eq!((verdicts(&proof, "differs"), verdicts(&proof, "hidden")), (0, 10), "{chain}");
    }
}

#[test]
fn law_12_closed_days_are_not_copied_again() {
    let stage = site(CONFIG);
    let inodes = || -> Vec<(String, u64)> {
        let all = walkdir::WalkDir::new(stage.join("public/journal")).sort_by_file_name().into_iter().flatten();
        let files = all.filter(|e| e.file_type().is_file());
        files.map(|e| (e.path().display().to_string(), e.metadata().expect("a file").ino())).collect()
    };
    let before = inodes();
    let index = stage.read("public/journal/index.json");
    stage.expect(&["run"], 0);
    let after = inodes();
    let names: Vec<&String> = after.iter().map(|(name, _)| name).collect();
    if names.len() != before.len() || !stage.read("public/journal/index.json").starts_with(&index[..60]) {
        return eprintln!("skipped: midnight passed");
    }
    let changed: Vec<&String> = after.iter().zip(&before).filter(|(a, b)| a != b).map(|(a, _)| &a.0).collect();
    // Today's file of the chain that was written to, and nothing else: not even the index.
    assert!(changed.len() == 1 && changed[0].contains("/local/"), "{changed:#?}");
    assert_eq!(stage.read("public/journal/index.json"), index);
    stage.write("statuary.toml", &CONFIG.replace("publish_journal = true", ""));
    stage.expect(&["build"], 0);
    assert!(!stage.join("public/journal").exists(), "what is no longer wanted goes");
}

#[test]
fn law_12_months_that_are_over_cost_a_run_nothing() {
    let stage = Stage::new(CONFIG);
    stage.write("beat", "");
    let (now, day) = (app::now(), 24 * 60);
    for back in (0..100).rev().map(|days| Span::from_mins(days * day + 20)) {
        let bodies = [(now - back, Body::Round(round(0)))];
        app::append(stage.path(), &ChainName::from("local"), &bodies).expect("a record can be appended");
    }
    let lists = || -> Vec<(String, String)> {
        let all = fs::read_dir(stage.join(".statuary")).expect("a folder").flatten();
        let name = |e: &fs::DirEntry| e.file_name().to_string_lossy().into_owned();
        let text = |e: &fs::DirEntry| fs::read_to_string(e.path()).unwrap_or_default();
        all.map(|e| (name(&e), text(&e))).filter(|(name, _)| name.starts_with("published-")).collect()
    };
    // What was changed this lately is looked into once more.
    std::thread::sleep(std::time::Duration::from_secs(11));
    stage.expect(&["run"], 0);
    let oldest = day_file(now - Span::from_mins(99 * day + 20));
    let (copy, list) = (stage.join("public/journal/local").join(&oldest), lists());
    assert!(copy.exists(), "{} is published", copy.display());
    let site = list.iter().find(|(_, text)| text.contains("status.json")).expect("the site's list");
    assert!(!site.1.contains(&oldest), "what is over does not burden the site's list");
    assert!(list.len() >= 4, "each month that is over has one of its own");
    prove(&stage.join("public").display().to_string(), 0);

    // Nothing in it is read, nor looked at, by the next run; it is by the first one of the next day.
    let index = stage.read("public/journal/index.json");
    fs::write(&copy, "by hand\n").expect("a copy can be changed");
    stage.expect(&["run"], 0);
    if stage.read("public/journal/index.json") != index {
        return eprintln!("skipped: midnight passed");
    }
    assert_eq!(fs::read_to_string(&copy).expect("a copy"), "by hand\n");
    // A day that comes is published at once, and with it all is put right.
    let before = now - Span::from_mins(100 * day + 20);
    let other = stage.join("journal/local").join(day_file(before));
    fs::create_dir_all(other.parent().expect("a month")).expect("a folder");
    fs::write(&other, "\n").expect("a file");
    let month = &oldest[..7];
    stage.expect(&["run"], 0);
    if day_file(before).starts_with(month) {
        assert_ne!(fs::read_to_string(&copy).expect("a copy"), "by hand\n");
    }
    assert!(stage.join("public/journal/local").join(day_file(before)).exists());
    assert!(stage.read("public/journal/index.json").len() > index.len());
}

/// `2026/11/23.jsonl`.
fn day_file(t: Moment) -> String {
    t.utc().format("%Y/%m/%d.jsonl").to_string()
}

/// The words of `docs/record.md`, followed by somebody who has a POSIX shell, sha256sum and jq, and nothing else.
fn by_hand(copy: &Path) -> (Option<i32>, String) {
    let document =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/record.md")).expect("the document");
    let script =
        document.split("```sh check\n").nth(1).and_then(|rest| rest.split("```\n").next()).expect("the script");
    let tools = tempfile::tempdir().expect("a temporary folder");
    let find = |name: &str| -> PathBuf {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = std::env::split_paths(&path).map(|folder| folder.join(name));
        all.into_iter().find(|p| p.is_file()).unwrap_or_else(|| panic!("{name} is not on this machine"))
    };
    for tool in ["sha256sum", "jq"] {
        std::os::unix::fs::symlink(find(tool), tools.path().join(tool)).expect("a link");
    }
    let file = tools.path().join("check.sh");
    fs::write(&file, script).expect("a file");
    let out = Command::new(find("sh")).arg(&file).arg(copy).env_clear().env("PATH", tools.path()).output();
    let out = out.expect("a shell");
    (out.status.code(), [out.stdout, out.stderr].map(|s| String::from_utf8_lossy(&s).into_owned()).concat())
}

#[test]
fn a_stranger_proves_a_copy_by_hand_with_sha256sum_and_jq() {
    let stage = site_every(CONFIG, 90);
    assert_eq!(by_hand(&stage.join("public")), (Some(0), "the record holds\n".to_owned()));
    let day = days(&stage.join("public"), "local").remove(1);
    let name = day.strip_prefix(stage.join("public")).expect("below").to_path_buf();
    let lines: Vec<String> = fs::read_to_string(&day).expect("a day").lines().map(str::to_owned).collect();
    let hurt = |lines: &[String]| {
        let copy = twin(&stage);
        fs::write(copy.path().join(&name), lines.join("\n") + "\n").expect("a file");
        let (code, said) = by_hand(copy.path());
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("wrong: "), "{said}");
        assert_eq!(prove(text(copy.path()), 1)["good"], false, "and our program says so too");
        said
    };
    let mut changed = lines.clone();
    changed[7] = changed[7].replacen("\"took\":3", "\"took\":4", 1);
    assert_ne!(changed, lines);
    assert!(hurt(&changed).contains("are no record"));
    let mut removed = lines.clone();
    removed.remove(9);
    assert!(hurt(&removed).contains("does not name the one before it"));
    let mut swapped = lines.clone();
    swapped.swap(11, 12);
    assert!(hurt(&swapped).contains("stands where"));
    let mut doubled = lines.clone();
    doubled.insert(13, lines[12].clone());
    hurt(&doubled);

    // The end cut off, beyond the head that the site states.
    let copy = twin(&stage);
    let today = days(copy.path(), "local").pop().expect("today");
    let text_of = fs::read_to_string(&today).expect("a day");
    let cut = text_of.trim_end().rfind('\n').map_or("", |at| &text_of[..=at]);
    fs::write(&today, cut).expect("a file");
    let (code, said) = by_hand(copy.path());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("local: the head that status.json states is not here"), "{said}");
    let proof = prove(text(copy.path()), 1);
    assert!(proof["findings"].to_string().contains("and the copy does not hold it"), "{proof}");
}

/// Torn bytes that a record names are no damage, by hand either: in the middle of a day, and at the end of one.
#[test]
fn by_hand_torn_bytes_are_stepped_over_where_a_record_names_them() {
    let stage = site_every(CONFIG, 90);
    let today = days(&stage.join("journal").join(".."), "local").pop().expect("today");
    let tear = |bytes: &str| {
        let mut text = fs::read(&today).expect("a day");
        text.extend_from_slice(bytes.as_bytes());
        fs::write(&today, text).expect("a file");
    };
    for bytes in ["{\"v\":1,\"n\":99,\"t\":\"2026", "two\nlines\n", "\n"] {
        tear(bytes);
        stage.expect(&["run"], 0);
        assert_eq!(by_hand(&stage.join("public")), (Some(0), "the record holds\n".to_owned()), "{bytes:?}");
    }
    prove(text(&stage.join("public")), 0);
    tear("torn, and nobody came after");
    stage.expect(&["build"], 0);
    let (code, said) = by_hand(&stage.join("public"));
    assert!(code == Some(1) && said.contains("local: its last bytes are no record"), "{said}");
    prove(text(&stage.join("public")), 1);
}
