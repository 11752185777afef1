//! Programs that say, hang, flood, fork and are not there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::*;
use crate::model::{Given, Span};
use crate::probe::testing::{assertion, look as looked, patience, probe, refused, said};
use crate::probe::{Observation, Plan};

fn words(words: &[&str]) -> Vec<(&'static str, Given)> {
    vec![("command", Given::Secrets(words.iter().map(|word| Secret::new(*word)).collect()))]
}

fn shell(script: &str) -> Plan {
    probe(&INFO, words(&["/bin/sh", "-c", script]))
}

fn file(folder: &Path, name: &str, text: &str, mode: u32) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path.to_string_lossy().into_owned()
}

fn text<'a>(seen: &'a Observation, fact: &str) -> &'a str {
    match seen.facts.get(fact) {
        Some(Value::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_exit_code_decides_where_nothing_is_expected() {
    for (script, expected) in [
        ("echo OK", "up"),
        ("echo WARNING; exit 1", "degraded exit: the check says: warning"),
        ("echo CRITICAL; exit 2", "down exit: the check says: critical"),
        ("echo UNKNOWN; exit 3", "unknown exit: the check says: unknown"),
        ("exit 4", "unknown exit: the check ended with code 4, which says nothing"),
        ("no-such-program", "unknown exit: the check ended with code 127, which says nothing"),
        ("kill -9 $$", "down run: the check was ended by signal 9"),
        ("sleep 60", "down run: the check did not end within 300 ms"),
    ] {
        let seen = looked(&Plan { timeout: patience(expected), ..shell(script) });
        assert_eq!(said(&seen), expected, "{script}: {}", seen.detail);
    }
}

#[test]
fn an_assertion_decides_instead_of_the_exit_code() {
    let script = "echo \"RATE WARNING - slow | rate=12.5c;10;20 'two words'=3ms\"; echo more; exit 1";
    let asked = |expect: &str| {
        looked(&Plan {
            expect: vec![assertion(&INFO, expect)],
            record: vec!["perf.rate".into(), "perf.two words".into(), "exit_code".into()],
            ..shell(script)
        })
    };
    for (expect, expected) in [
        ("exit_code <= 1", "up"),
        ("perf.rate < 20 && perf['two words'] == 3", "up"),
        ("output == 'RATE WARNING - slow' && long_output == 'more'", "up"),
        ("latency < duration('1h')", "up"),
        ("exit_code == 0", "down expect: expected exit_code == 0, got 1"),
        ("perf.rates < 20", "down expect: cannot judge perf.rates < 20: perf.rates is missing"),
    ] {
        let seen = asked(expect);
        assert!(said(&seen).starts_with(expected), "{expect}: {}", said(&seen));
        let rec: Vec<_> = seen.rec.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(rec, ["perf.rate=12.5", "perf.two words=3", "exit_code=1"]);
    }
}

#[test]
fn a_program_that_cannot_be_started_is_our_own_trouble_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str, mode| file(folder.path(), name, text, mode);
    for (program, expected, advice) in [
        ("no-such-program-here".to_owned(), "unknown start: the check's program is not on this machine", "install it"),
        (
            path("orphan", "#!/no/such/sh\n", 0o755),
            "unknown start: the check's program is not on this machine",
            "first line",
        ),
        (path("plain", "#!/bin/sh\n", 0o644), "unknown start: this machine may not run the check's program", "chmod"),
        (path("noise", "\u{1}\u{2}", 0o755), "unknown start: the check's file is no program", "#!/bin/sh"),
    ] {
        let seen = looked(&probe(&INFO, words(&[&program])));
        assert_eq!(said(&seen), expected);
        assert!(seen.detail.contains(advice) && seen.detail.contains(&program), "{}", seen.detail);
    }
}

#[test]
fn a_path_begins_at_the_sites_folder_and_the_program_runs_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("checks")).unwrap();
    file(folder.path(), "checks/it", "#!/bin/sh\ncat beside\n", 0o755);
    file(folder.path(), "beside", "found", 0o644);
    let mut plan = probe(&INFO, words(&["checks/it"]));
    plan.kind.in_site(folder.path());
    let seen = looked(&plan);
    assert_eq!((said(&seen).as_str(), text(&seen, "output")), ("up", "found"), "{}", seen.detail);
}

#[test]
fn output_without_end_is_bounded() {
    let plan = Plan { timeout: Span::from_ms(300), ..shell("yes | tee /dev/stderr") };
    let seen = looked(&plan);
    assert_eq!((said(&seen).as_str(), text(&seen, "output")), ("down run: the check did not end within 300 ms", "y"));
    assert!(seen.detail.len() < 1000 && text(&seen, "long_output").len() < 2000);
    let all = looked(&shell("head -c 300000 /dev/zero | tr '\\0' x; echo done >&2; exit 2"));
    assert_eq!(said(&all), "down exit: the check says: critical", "its end is reached");
}

/// Whether a process runs; a zombie does not.
fn runs(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X'])))
}

fn ends(pid: &str) -> bool {
    let began = Instant::now();
    while runs(pid) {
        if began.elapsed() > Duration::from_secs(10) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

#[test]
fn a_program_is_killed_with_its_grandchildren() {
    let folder = tempfile::tempdir().unwrap();
    // The grandchild's parent ends at once, and it holds the output open.
    let forks = format!("cd {}; (sh -c 'echo $$ >pid; mv pid there; exec sleep 300' &); ", folder.path().display());
    let waits = "while ! [ -e there ]; do sleep 0.02; done; echo forked; ";
    for (then, expected) in
        [("sleep 300", "down run: the check did not end within 2 s"), ("exit 2", "down exit: the check says: critical")]
    {
        let plan = Plan { timeout: Span::from_secs(2), ..shell(&format!("{forks}{waits}{then}")) };
        let seen = looked(&plan);
        assert_eq!((said(&seen).as_str(), text(&seen, "output")), (expected, "forked"), "{}", seen.detail);
        let pid = fs::read_to_string(folder.path().join("there")).unwrap();
        assert!(ends(pid.trim()), "the grandchild {pid} is left");
        fs::remove_file(folder.path().join("there")).unwrap();
    }
}

#[test]
fn a_look_that_the_deadline_cuts_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there");
    let script = format!("(sh -c 'echo $$ >{0}; exec sleep 300' &); sleep 300", there.display());
    let plan = Plan { timeout: Span::from_mins(1), ..shell(&script) };
    let run = crate::model::RunSettings { deadline: Span::from_secs(2), ..crate::probe::testing::run() };
    let looked = crate::probe::testing::look_all(&[plan], &run, &[]);
    assert_eq!(said(&looked.looks[0].first), "unknown -: not reached before the round's deadline");
    assert!(ends(fs::read_to_string(there).unwrap().trim()));
}

#[test]
fn a_secret_argument_is_seen_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let echo = file(folder.path(), "echo", "#!/bin/sh\necho \"got $* | a=1\"\necho \"$2\" >&2\nexit 2\n", 0o755);
    let plan = Plan {
        expect: vec![assertion(&INFO, "output == ''")],
        ..probe(&INFO, words(&[&echo, "-p", "s3cret-word", "--token=t0ken-word", "-H", "192.0.2.7"]))
    };
    let seen = looked(&plan);
    let all = format!("{seen:?} {plan:?}");
    assert!(!all.contains("s3cret-word") && !all.contains("t0ken-word"), "{all}");
    assert!(seen.detail.contains("got -p *** --token=*** -H 192.0.2.7"), "{}", seen.detail);
}

#[test]
fn a_command_that_is_none_is_refused() {
    for command in [&[][..], &[" "], &["/usr/lib/nagios/plugins/check_load -w 4"]] {
        let why = refused(&INFO, words(command));
        assert!(why.starts_with("command: the command ") && why.contains("check_load"), "{why}");
    }
}
