//! `exec` with the real monitoring plugins, one of them at nginx.

use std::path::Path;

use serde_json::Value;

use crate::look::{look, said};
use crate::support::Nginx;

/// A plugin's full path; none where it is not installed, and then `test` was said to be skipped.
fn plugin(test: &str, name: &str) -> Option<String> {
    let path = format!("/usr/lib/nagios/plugins/{name}");
    if Path::new(&path).exists() {
        return Some(path);
    }
    eprintln!("skipped: {test}: {path} is not here (apt-get install monitoring-plugins-basic)");
    None
}

/// A probe that runs a plugin with these arguments, and more lines.
fn runs(plugin: &str, args: &str, more: &str) -> Value {
    let words: Vec<_> = args.split_whitespace().map(|word| format!(", \"{word}\"")).collect();
    look(&format!("kind = \"exec\"\ncommand = [\"{plugin}\"{}]\ntimeout = \"20s\"\n{more}", words.concat()))
}

#[test]
fn check_load_gives_its_figures() {
    let Some(load) = plugin("check_load_gives_its_figures", "check_load") else { return };
    let figures = "expect = [\"exit_code == 0\", \"perf.load1 >= 0\"]\nrecord = [\"perf.load1\"]\n";
    let seen = runs(&load, "-w 9000,9000,9000 -c 9999,9999,9999", figures);
    assert_eq!(said(&seen), "up", "{seen}");
    // The plugin's own limits do not count where something is expected.
    let too_much = runs(&load, "-w 0,0,0 -c 9999,9999,9999", "expect = \"perf.load1 < 0\"\n");
    assert!(said(&too_much).starts_with("down expect: expected perf.load1 < 0, got "), "{too_much}");
}

#[test]
fn check_tcp_and_check_http_see_nginx_and_its_end() {
    let test = "check_tcp_and_check_http_see_nginx_and_its_end";
    let (Some(tcp), Some(http)) = (plugin(test, "check_tcp"), plugin(test, "check_http")) else { return };
    let mut nginx = Nginx::start("location / { return 200 'ok'; }\nlocation /no { return 403; }");
    let at = format!("-H 127.0.0.1 -p {}", nginx.port());
    let quick = "expect = [\"exit_code == 0\", \"perf.time < 20\", \"output.contains('OK')\"]\n";
    assert_eq!(said(&runs(&tcp, &at, quick)), "up");
    assert_eq!(said(&runs(&http, &at, quick)), "up");
    assert_eq!(said(&runs(&http, &format!("{at} -u /no"), "")), "degraded exit: the check says: warning");
    nginx.stop();
    let seen = runs(&tcp, &at, "");
    assert_eq!(said(&seen), "down exit: the check says: critical");
    assert!(seen["detail"].as_str().is_some_and(|story| story.contains("exit code 2")), "{seen}");
}

#[test]
fn a_plugin_that_is_not_there_is_unknown() {
    let seen = runs("/usr/lib/nagios/plugins/check_nothing_of_this_name", "-w 1", "");
    assert_eq!(said(&seen), "unknown start: the check's program is not on this machine");
}
