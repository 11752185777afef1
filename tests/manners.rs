//! How a run behaves when its own house is in disorder: a broken config, a journal that cannot be written, a template
//! that is wrong, a folder that lies elsewhere, a lock that is held, a receiver that was told by halves.

#[allow(dead_code, reason = "this file uses a part of what the servers can do")]
mod support {
    pub mod stage;

    mod hook;

    pub use hook::Hook;
}

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::Hook;
use support::stage::{Stage, workers};

/// The small site: one bad look opens, one good look ends.
fn config() -> String {
    workers("open_after = 1\nresolve_after = 1")
}

/// A site whose worker lives.
fn well() -> Stage {
    let stage = Stage::new(&config());
    stage.write("beat", "");
    stage
}

fn told(hook: &Hook) -> String {
    format!("{}\n[[notify]]\nid = \"ops\"\nkind = \"webhook\"\nurl = \"{}\"\n", config(), hook.url())
}

/// Runs and wants this exit code; gives what was said on standard error.
fn run(stage: &Stage, args: &[&str], code: i32) -> String {
    let out = stage.run(args);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(code), "statuary {args:?}: {said}");
    said
}

/// Every file of a folder: its bytes, and the inode that a rename would change.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, u64)> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|e| e.expect("a folder can be read"));
    let files = entries.filter(|e| e.file_type().is_file());
    files
        .map(|e| {
            let name = e.path().strip_prefix(folder).expect("below").to_string_lossy().into_owned();
            let inode = e.metadata().expect("a file").ino();
            (name, (fs::read(e.path()).expect("a file"), inode))
        })
        .collect()
}

/// The files that differ, are new, or are gone.
fn changed(before: &BTreeMap<String, (Vec<u8>, u64)>, after: &BTreeMap<String, (Vec<u8>, u64)>) -> Vec<String> {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

#[test]
fn a_broken_config_does_not_blind_the_monitor() {
    let stage = Stage::new("[site]\ntitle = 1\n");
    assert!(run(&stage, &["run"], 2).contains("statuary.toml:2:9"));
    assert!(!stage.join("journal").exists() && !stage.join("public").exists(), "nothing to go by: nothing was done");

    let (stage, hook) = (well(), Hook::start());
    let good = told(&hook) + "internal = true\n";
    stage.write("statuary.toml", &good);
    run(&stage, &["run"], 0);
    stage.write("statuary.toml", &good.replace("max_age", "maxage"));
    fs::remove_file(stage.join("beat")).expect("the beat is there");
    let said = run(&stage, &["run"], 2);
    assert!(
        said.contains("statuary.toml:16:1") && said.contains("max_age") && said.contains("last good one"),
        "{said}"
    );
    assert_eq!(stage.chain("local").len(), 2, "it looked all the same");
    assert_eq!(stage.json("public/status.json")["components"][0]["status"], "major_outage");
    let of_config = |hook: &Hook| hook.heard().iter().filter(|m| m.to_string().contains("maxage")).count();
    assert_eq!((hook.heard().len(), of_config(&hook)), (2, 1), "the outage, and the config: {:#?}", hook.heard());
    run(&stage, &["run"], 2);
    assert_eq!(hook.heard().len(), 2, "once is enough");
    // What cannot be right is not looked at by hand, nor built.
    for command in ["check", "build"] {
        run(&stage, &[command], 2);
    }
    assert_eq!(stage.chain("local").len(), 3);
    stage.write("statuary.toml", &good);
    run(&stage, &["run"], 0);
}

#[test]
fn law_2_what_cannot_be_saved_is_not_shown_and_not_told() {
    let (stage, hook) = (well(), Hook::start());
    stage.write("statuary.toml", &told(&hook));
    run(&stage, &["run"], 0);
    fs::remove_file(stage.join("beat")).expect("the beat is there");
    fs::rename(stage.join("journal"), stage.join("aside")).expect("a rename");
    stage.write("journal", "a file where the folder must be");
    let before = files(&stage.join("public"));
    let said = run(&stage, &["run"], 3);
    assert!(said.contains("journal"), "{said}");
    assert_eq!(changed(&before, &files(&stage.join("public"))), [""; 0]);
    assert!(hook.heard().is_empty());
    assert_eq!(stage.read("journal"), "a file where the folder must be");
    fs::remove_file(stage.join("journal")).expect("a file");
    fs::rename(stage.join("aside"), stage.join("journal")).expect("a rename");
    run(&stage, &["run"], 0);
    assert_eq!(hook.heard().len(), 1);
}

#[test]
fn law_5_a_template_error_leaves_the_old_site_as_it_was() {
    let stage = well();
    run(&stage, &["run"], 0);
    let before = files(&stage.join("public"));
    for (template, name) in [
        ("{% if %}", "templates/index.html"),
        ("{{ page.no_such_thing.at_all }}", "templates/component.html"),
        ("{{ page.", "templates/base.html"),
    ] {
        stage.write(name, template);
        for command in ["run", "build"] {
            let said = run(&stage, &[command], 4);
            assert!(said.contains(name.trim_start_matches("templates/")), "{name}: {said}");
            assert_eq!(changed(&before, &files(&stage.join("public"))), [""; 0], "{name}");
        }
        fs::remove_file(stage.join(name)).expect("the template is there");
    }
    assert_eq!(stage.chain("local").len(), 4, "each round was saved before");
    run(&stage, &["run"], 0);
    stage.site_is_whole();
}

#[test]
fn the_site_may_lie_elsewhere_and_beside_other_files() {
    // Memory is a file system of its own on Linux: as with a mount, nothing can be renamed into it from outside.
    let elsewhere = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder");
    let stage = well();
    std::os::unix::fs::symlink(elsewhere.path(), stage.join("public")).expect("a link");
    for name in ["CNAME", "components/theirs.html"] {
        stage.write(&format!("public/{name}"), "not ours");
    }
    let more = "[[component]]\nid = \"old\"\nname = \"Old\"\n";
    stage.write("statuary.toml", &(config() + more));
    run(&stage, &["run"], 0);
    assert!(elsewhere.path().join("components/old/index.html").exists());
    stage.write("statuary.toml", &config());
    run(&stage, &["run"], 0);
    assert!(!elsewhere.path().join("components/old").exists(), "what no longer belongs is removed");
    assert!(stage.join("public").is_symlink());
    for name in ["CNAME", "components/theirs.html"] {
        assert_eq!(stage.read(&format!("public/{name}")), "not ours");
    }
    fs::remove_file(stage.join("public/components/theirs.html")).expect("theirs is there"); // it is no page of ours
    stage.site_is_whole();
    let left: Vec<_> = files(elsewhere.path()).into_keys().filter(|n| n.contains("staging")).collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn one_run_at_a_time_and_the_second_waits_an_interval() {
    let stage = well();
    stage.write("statuary.toml", &config().replace("1m", "1s"));
    run(&stage, &["run"], 0);
    let lock = fs::File::open(stage.join(".statuary/lock")).expect("a lock");
    lock.lock().expect("a lock can be held");
    let begun = Instant::now();
    let said = run(&stage, &["run"], 3);
    assert!(begun.elapsed() >= Duration::from_secs(1) && said.contains("lock"), "{said}");
    assert_eq!(stage.chain("local").len(), 1);
    lock.unlock().expect("a lock can be let go");
    run(&stage, &["run"], 0);
}

#[test]
fn a_place_only_records_and_the_desk_goes_on_from_there() {
    let stage = Stage::new(&config());
    run(&stage, &["run", "--record-only"], 0);
    assert!(!stage.join("public").exists() && !stage.join("journal/_desk").exists());
    assert_eq!(stage.chain("local").len(), 1);
    run(&stage, &["run", "--no-look"], 0);
    assert_eq!(stage.chain("local").len(), 1);
    let own = stage.json("public/status.json");
    let began = &stage.chain("local")[0]["t"];
    assert_eq!((&own["incidents"][0]["started"], own["incidents"].as_array().map(Vec::len)), (began, Some(1)));
    run(&stage, &["run", "--record-only", "--no-look"], 2);
}

#[test]
fn a_look_back_shows_what_was_and_changes_nothing() {
    let stage = well();
    run(&stage, &["run"], 0);
    sleep(Duration::from_millis(5));
    fs::remove_file(stage.join("beat")).expect("the beat is there");
    run(&stage, &["run"], 0);
    let then = stage.chain("local")[0]["t"].as_str().expect("a time").to_owned();
    assert!(run(&stage, &["build", "--at", &then], 2).contains("--out"));
    let before = [files(&stage.join("public")), files(&stage.join("journal"))];
    for out in ["then", "again"] {
        run(&stage, &["build", "--at", &then, "--out", stage.join(out).to_str().expect("text")], 0);
    }
    assert_eq!(before, [files(&stage.join("public")), files(&stage.join("journal"))]);
    let was = stage.json("then/status.json");
    assert_eq!((was["look_back"].as_bool(), was["made_at"].as_str()), (Some(true), Some(then.as_str())));
    assert_eq!(
        (&was["components"][0]["status"], was["incidents"].as_array().map(Vec::len)),
        (&"operational".into(), Some(0))
    );
    assert_eq!(stage.json("public/status.json")["components"][0]["status"], "major_outage");
    let bytes = |out: &str| -> Vec<_> { files(&stage.join(out)).into_iter().map(|(n, (b, _))| (n, b)).collect() };
    assert_eq!(bytes("then"), bytes("again"), "the same input gives the same bytes");
}

#[test]
fn law_12_nothing_new_writes_live_files_only() {
    let stage = Stage::new(&config());
    run(&stage, &["run"], 0);
    let live = |name: &str| {
        let always = ["index.html", "status.json", "status.txt"];
        // An open incident and a failing component are live; so is what speaks the Statuspage API, with its time.
        always.contains(&name) || ["api/v2/", "incidents/", "components/"].iter().any(|folder| name.starts_with(folder))
    };
    // A page that reaches until the last full hour is made again when an hour closes.
    let hour = || std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs() / 3600;
    let written = loop {
        let began = hour();
        run(&stage, &["build"], 0);
        let before = files(&stage.join("public"));
        sleep(Duration::from_millis(1100)); // the page tells seconds
        run(&stage, &["build"], 0);
        if hour() == began {
            break changed(&before, &files(&stage.join("public")));
        }
    };
    assert!(written.contains(&"index.html".to_owned()), "{written:?}");
    assert!(written.iter().all(|name| live(name)), "{written:?}");
    assert_eq!((stage.chain("local").len(), stage.chain("_desk").len()), (1, 1), "a build writes no record");
}

#[test]
fn law_10_a_killed_run_tells_nothing_twice_and_forgets_nothing() {
    let (stage, hook) = (well(), Hook::start());
    stage.write("statuary.toml", &told(&hook));
    run(&stage, &["run"], 0);
    assert_eq!(hook.heard().len(), 0, "all is well: there is nothing to tell");

    fs::remove_file(stage.join("beat")).expect("the beat is there");
    let killed = stage.run_with(&["run"], &[("STATUARY_DRILL", "saved-desk")]);
    assert_eq!((killed.status.code(), hook.heard().len()), (None, 0));
    for site in [&stage.twin(), &stage] {
        run(site, &["run"], 0);
    }
    stage.write("beat", "");
    let killed = stage.run_with(&["run"], &[("STATUARY_DRILL", "swapped")]);
    assert_eq!((killed.status.code(), hook.heard().len()), (None, 2));
    for args in [&["run"][..], &["run"], &["run", "--no-look"]] {
        run(&stage, args, 0);
    }
    let heard = hook.heard();
    let events: Vec<&str> = heard.iter().map(|m| m["event"].as_str().unwrap_or_default()).collect();
    assert_eq!(events, ["opened", "opened", "recovered"]);
    assert_eq!(heard[0]["id"], heard[1]["id"], "whoever completes a killed run tells it under the same id");
    assert_ne!(heard[1]["id"], heard[2]["id"]);
    for message in &heard {
        assert_eq!(message["incident"]["id"], stage.chain("_desk")[1]["incident"]["id"], "{message:#}");
        assert_eq!((&message["component"]["id"], &message["repeated"]), (&"workers".into(), &false.into()));
    }
    assert_eq!(heard[2]["incident"]["started_at"], stage.chain("local")[1]["t"]);
}

#[test]
fn law_10_the_try_is_saved_before_it_is_sent() {
    let (stage, hook) = (Stage::new(""), Hook::start());
    stage.write("statuary.toml", &told(&hook));
    hook.hold(true);
    let mut command = Command::new(env!("CARGO_BIN_EXE_statuary"));
    let command = command.args(["run", "--site"]).arg(stage.path()).stdout(Stdio::null());
    let mut child = command.spawn().expect("the binary starts");
    let begun = Instant::now();
    while hook.heard().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "nothing was sent");
        sleep(Duration::from_millis(10));
    }
    // Killed while the receiver has it and has not answered.
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    hook.hold(false);
    let bodies = |what: &str| stage.chain("_desk").iter().filter(|r| r.get(what).is_some()).count();
    assert_eq!((bodies("try"), bodies("sent")), (1, 0));
    stage.expect(&["journal", "verify"], 0);
    // Whether it arrived is not known, so it is due again, but not at once: never a flood.
    run(&stage, &["run"], 0);
    assert_eq!((hook.heard().len(), bodies("try")), (1, 1));
}
