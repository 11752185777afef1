//! `statuary check` as a person, a CI job and a monitoring plugin's caller see it: the real binary, in a pipe and at a
//! terminal.

#[allow(dead_code, reason = "this file uses a part of the stage")]
mod support {
    pub mod stage;
}

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use support::stage::Stage;

/// What must not be seen: the token of a header, a word of the body, and a password of an address.
const SECRETS: [&str; 3] = ["t0ken-of-the-probe", "w0rd-of-the-body", "passw0rd-of-the-url"];

/// A server on loopback that answers every request with what was sent to it. `/bad` is answered 502, `/slow` after a
/// while.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let port = listener.local_addr().expect("a bound port has an address").port();
    thread::spawn(move || {
        for mut stream in listener.incoming().filter_map(Result::ok) {
            thread::spawn(move || {
                let mut heard = [0; 4096];
                let count = stream.read(&mut heard).unwrap_or(0);
                let sent = String::from_utf8_lossy(&heard[..count]).into_owned();
                if sent.contains("/slow") {
                    thread::sleep(Duration::from_millis(1200));
                }
                let status = if sent.contains("/bad") { "502 Bad Gateway" } else { "200 OK" };
                let length = sent.len();
                let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nX-Depth: 7\r\n\r\n{sent}");
            });
        }
    });
    port
}

/// A port that nobody listens on.
fn closed() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    listener.local_addr().expect("a bound port has an address").port()
}

fn head(run: &str) -> String {
    format!(
        "[site]\ntitle = \"T\"\nurl = \"https://status.example.com/\"\n[run]\n{run}\n[rules]\nconfirm_after = \"off\"\n"
    )
}

fn component(id: &str, probes: &[String]) -> String {
    let probes = probes.join("\n[[component.probe]]\n");
    format!("[[component]]\nid = \"{id}\"\nname = \"{id}\"\n[[component.probe]]\n{probes}\n")
}

/// A program whose exit code is a verdict.
fn exits(name: &str, code: i32) -> String {
    format!("kind = \"exec\"\nname = \"{name}\"\ncommand = [\"/bin/sh\", \"-c\", \"exit {code}\"]")
}

/// A site with a probe of each verdict, one that sends secrets, and one that nobody listens to.
fn site() -> Stage {
    let port = echo();
    let asks = format!(
        "kind = \"http\"\nurl = \"http://me:{}@127.0.0.1:{port}/bad/{}\"\nheaders = {{ X-Token = \"{}\" }}\nbody = \"say \
         {}\"\nrecord = [\"size\", \"headers.x-depth\"]\nexpect = [\"status == 200\", \"headers['x-depth'] == '7'\"]\n\
         degraded_if = [\"latency > duration('1h')\", \"certificate.expires_in < duration('1h')\"]",
        SECRETS[2], SECRETS[0], SECRETS[0], SECRETS[1],
    );
    let refused = format!("kind = \"tcp\"\naddress = \"127.0.0.1:{}\"\nsend = \"{}\"", closed(), SECRETS[1]);
    let web = component("web", &[asks, refused]);
    let workers = component("workers", &[exits("well", 0), exits("slow", 1), exits("lost", 3)]);
    Stage::new(&format!("{}{web}{workers}", head("")))
}

/// A text with every port and time taken out, which differ from run to run.
fn steady(text: &str) -> String {
    let mut out = text.to_owned();
    for (pattern, to) in [
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r" *\d+(\.\d)? m?s\b( *[░▒█]+| *$)?", " TIME"),
        (r"/\S*/beat", "FOLDER/beat"),
        (r"=\d+ms", "=TIME"),
        (r#"time="\d+\.\d{3}""#, "time=\"TIME\""),
        (r"Content-Length: \d+|content-length  '\d+'", "LENGTH"),
    ] {
        out = regex::RegexBuilder::new(pattern)
            .multi_line(true)
            .build()
            .expect("a pattern")
            .replace_all(&out, to)
            .into_owned();
    }
    out
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_pipe_gets_a_plain_line_per_probe() {
    let text = site().expect(&["check"], 1);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    insta::assert_snapshot!(steady(&text), @r#"
    web/http      http  127.0.0.1  down TIME  expected status == 200, got 502
    web/tcp       tcp   127.0.0.1  down TIME  the connection was refused
    workers/well  exec             up TIME
    workers/slow  exec             degraded TIME  the check says: warning
    workers/lost  exec             unknown TIME  the check says: unknown
    1 up, 1 degraded, 2 down, 1 unknown in TIME
    "#);
}

#[test]
fn what_is_picked_is_looked_at_and_nothing_else() {
    let stage = site();
    let looked = |patterns: &[&str], code: i32| -> Vec<String> {
        let told = stage.expect(&[&["check", "--format", "json", "--only"], patterns].concat(), code);
        let told: Value = serde_json::from_str(&told).expect("JSON");
        let ids = told["looks"].as_array().expect("a list").iter();
        ids.map(|look| look["id"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(looked(&["web"], 1), ["web/http", "web/tcp"]);
    assert_eq!(looked(&["workers/well"], 0), ["workers/well"]);
    assert_eq!(looked(&["workers/*l*", "web/tcp"], 1), ["web/tcp", "workers/well", "workers/slow", "workers/lost"]);
    assert_eq!(looked(&["*/{well,slow}"], 0), ["workers/well", "workers/slow"]);
    assert_eq!(looked(&["w*"], 1).len(), 5, "a component's id may be a pattern too");
    let wrong = |args: &[&str]| {
        let output = stage.run(&[&["check"], args].concat());
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{args:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    insta::assert_snapshot!(wrong(&["--only", "web", "wokers", "x/*"]), @r#"
    statuary: `wokers` names no component and no probe; did you mean `workers`?
    `x/*` names no component and no probe
    there are `web/http`, `web/tcp`, `workers/well`, `workers/slow`, `workers/lost`
    "#);
    insta::assert_snapshot!(wrong(&["--explain", "web/[", ]), @r#"
    statuary: `web/[` is no pattern: unclosed character class; missing ']'
    there are `web/http`, `web/tcp`, `workers/well`, `workers/slow`, `workers/lost`
    "#);
    insta::assert_snapshot!(wrong(&["--explain", "web/htpp"]), @r#"
    statuary: `web/htpp` names no component and no probe; did you mean `web/http`?
    there are `web/http`, `web/tcp`, `workers/well`, `workers/slow`, `workers/lost`
    "#);
    insta::assert_snapshot!(wrong(&["--explain", "web", "--format", "junit"]), @"statuary: --explain tells its story as text or json only");
    let many: Vec<String> = (0..9).map(|n| exits(&format!("p{n}"), 0)).collect();
    let crowd = Stage::new(&format!("{}{}", head(""), component("crowd", &many)));
    let output = crowd.run(&["check", "--explain", "crowd"]);
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @"statuary: `crowd` names 9 probes, and --explain tells of 8 at most");
}

#[test]
fn a_secret_that_nobody_picked_need_not_be_set() {
    let asks = "kind = \"http\"\nurl = \"http://127.0.0.1:1/?key=${STATUARY_TEST_NEVER_SET}\"".to_owned();
    let stage = Stage::new(&format!("{}{}", head(""), component("it", &[exits("well", 0), asks])));
    assert!(stage.expect(&["check", "--only", "it/well"], 0).contains("1 up"));
    for args in [&["check"][..], &["check", "--only", "it"], &["check", "--explain", "it/http"]] {
        let output = stage.run(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains("STATUARY_TEST_NEVER_SET"), "{args:?}: {said}");
    }
    assert!(out(&stage.run(&["check", "--only", "itt"])).is_empty());
}

#[test]
fn a_look_is_explained_from_its_phases_to_its_verdict() {
    let stage = site();
    insta::assert_snapshot!(steady(&stage.expect(&["check", "--explain", "web/*"], 1)), @r#"
    web/http  http  127.0.0.1
      Sent
        GET http://127.0.0.1:PORT, with x-token, and a body of 20 bytes (the rest may be secret and is not shown)
      Phases
        dns TIME
        connect TIME
        first byte TIME
        transfer TIME
      Story
        GET http://127.0.0.1:PORT
        connected to 127.0.0.1:PORT
        expect `status == 200`: expected status == 200, got 502
      Facts
        body
          | GET /bad/*** HTTP/1.1
          | host: 127.0.0.1:PORT
          | authorization: Basic ***
          | x-token: ***
          | accept: */*
          | user-agent: statuary/0.1.0
          | accept-encoding: gzip
          | content-length: 20
          |
          | ***
        headers.LENGTH
        headers.x-depth         '7'
        latency TIME
        redirects               0
        remote.address          '127.0.0.1:PORT'
        size                    251
        status                  502
        version                 'HTTP/1.1'
      expect (all must hold)
        does not hold  status == 200              got 502
        holds          headers['x-depth'] == '7'  got '7'
      degraded_if (none should hold)
        does not hold  latency > duration('1h')                 got TIME
        not judged     certificate.expires_in < duration('1h')  certificate is missing
      Recorded
        size             251 bytes
        headers.x-depth  7
      down after TIME, by expect: expected status == 200, got 502

    web/tcp  tcp  127.0.0.1
      Sent
        16 bytes, which are not shown
      Phases
        dns TIME
        connect TIME
      Story
        tried 127.0.0.1:PORT: Connection refused (os error 111)
      Facts
        answers   []
        latency TIME
        received  ''
      down after TIME, in connect: the connection was refused

    2 down in TIME
    "#);
    let told = stage.expect(&["check", "--explain", "web/http", "--format", "json"], 1);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let seen = &told["looks"][0]["first"];
    assert_eq!(seen["facts"]["headers"]["x-depth"], "7");
    assert_eq!(seen["recorded"][1], serde_json::json!({"name": "headers.x-depth", "value": 7.0, "unit": null}));
    assert_eq!(
        seen["checked"][0],
        serde_json::json!({"rule": "expect", "assertion": "status == 200", "holds": false, "got": "502"})
    );
}

#[test]
fn a_second_look_is_explained_too() {
    let beat = "kind = \"heartbeat\"\nfile = \"beat\"\nmax_age = \"3m\"".to_owned();
    let config = format!("{}{}", head(""), component("it", &[beat])).replace("\"off\"", "\"1s\"");
    insta::assert_snapshot!(steady(&Stage::new(&config).expect(&["check", "--explain", "it"], 1)), @r#"
    it/heartbeat  heartbeat
      First look: down after TIME, in file: there is no sign of life: the heartbeat is missing

      Second look, TIME after the round began
      Story
        file FOLDER/beat
        error: No such file or directory (os error 2)
      down after TIME, in file: there is no sign of life: the heartbeat is missing

    1 down in TIME
    "#);
}

#[test]
fn junit_fails_what_is_down_and_skips_what_nobody_can_tell() {
    let stage = site();
    let xml = stage.expect(&["check", "--format", "junit"], 1);
    insta::assert_snapshot!(steady(&xml), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuite name="statuary" tests="5" failures="2" errors="0" skipped="1" time="TIME">
      <testcase classname="web" name="http" time="TIME">
        <failure type="expect" message="expected status == 200, got 502">GET http://127.0.0.1:PORT
    connected to 127.0.0.1:PORT
    expect `status == 200`: expected status == 200, got 502</failure>
      </testcase>
      <testcase classname="web" name="tcp" time="TIME">
        <failure type="connect" message="the connection was refused">tried 127.0.0.1:PORT: Connection refused (os error 111)</failure>
      </testcase>
      <testcase classname="workers" name="well" time="TIME"/>
      <testcase classname="workers" name="slow" time="TIME">
        <system-out>degraded: the check says: warning</system-out>
      </testcase>
      <testcase classname="workers" name="lost" time="TIME">
        <skipped message="the check says: unknown"/>
      </testcase>
    </testsuite>
    "#);
    let Ok(mut lint) = Command::new("xmllint").args(["--noout", "-"]).stdin(Stdio::piped()).spawn() else {
        return eprintln!("skipped the second half of junit_fails_what_is_down: no xmllint (libxml2-utils)");
    };
    lint.stdin.take().expect("a pipe").write_all(xml.as_bytes()).expect("xmllint reads");
    assert!(lint.wait().expect("xmllint ends").success(), "{xml}");
}

/// A plugin's exit code with its output.
fn plugin(stage: &Stage, only: &[&str]) -> String {
    let output = stage.run(&[&["check", "--format", "nagios"], only].concat());
    format!("{} {}", output.status.code().expect("an exit code"), out(&output))
}

#[test]
fn nagios_gets_a_plugins_line_and_exit_code() {
    let stage = site();
    insta::assert_snapshot!(steady(&plugin(&stage, &[])), @r#"
    2 CRITICAL - 1 up, 1 degraded, 2 down, 1 unknown: web/http: expected status == 200, got 502 | 'web/http'=TIME;;;0 'web/tcp'=TIME;;;0 'workers/well'=TIME;;;0 'workers/slow'=TIME;;;0 'workers/lost'=TIME;;;0
    web/http down: expected status == 200, got 502
    web/tcp down: the connection was refused
    workers/well up
    workers/slow degraded: the check says: warning
    workers/lost unknown: the check says: unknown
    "#);
    let only = |patterns: &[&str]| steady(&plugin(&stage, &[&["--only"], patterns].concat()));
    assert_eq!(only(&["workers/well"]), "0 OK - 1 up | 'workers/well'=TIME;;;0\nworkers/well up\n");
    assert!(only(&["workers/well", "workers/slow", "workers/lost"]).starts_with(
        "1 WARNING - 1 up, 1 degraded, 1 unknown: workers/slow: the check says: warning | 'workers/well'=TIME;;;0 "
    ));
    assert!(only(&["workers/lost"]).starts_with("3 UNKNOWN - 1 unknown: workers/lost: the check says: unknown | "));
    // What is wrong with us says nothing of the service.
    assert!(only(&["wrkers"]).starts_with("3 UNKNOWN - "));
    assert!(plugin(&stage, &["--olny", "web"]).starts_with("3 "));
    stage.write("statuary.toml", "nonsense");
    assert_eq!(plugin(&stage, &[]), "3 UNKNOWN - one mistake in the config\n");
    stage.write("statuary.toml", &head(""));
    assert_eq!(plugin(&stage, &[]), "3 UNKNOWN - nothing is watched\n");
}

#[test]
fn one_statuary_reads_what_another_says_as_a_plugin() {
    let inner = site();
    let command = [env!("CARGO_BIN_EXE_statuary"), "check", "--format", "nagios", "--site"];
    let words: Vec<String> = command.iter().map(|word| format!("'{word}'")).collect();
    let probe = format!(
        "kind = \"exec\"\ntimeout = \"20s\"\ncommand = [{}, '{}']\nrecord = [\"perf.workers/well\"]\nexpect = \"exit_code == \
         2 && output.startsWith('CRITICAL - 1 up') && perf['workers/well'] >= 0\"",
        words.join(", "),
        inner.path().display()
    );
    let outer = Stage::new(&format!("{}{}", head("deadline = \"30s\""), component("outer", &[probe])));
    let told = outer.expect(&["check", "--explain", "outer", "--format", "json"], 0);
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert!(
        told["looks"][0]["first"]["facts"]["long_output"].as_str().expect("text").contains("web/http down"),
        "{told}"
    );
}

#[test]
fn a_blind_place_says_nothing_of_its_targets() {
    let config = head(&format!("canaries = [\"tcp://127.0.0.1:{}\"]", closed()));
    let refused = format!("kind = \"tcp\"\naddress = \"127.0.0.1:{}\"", closed());
    let stage = Stage::new(&format!("{config}{}", component("it", &[refused, exits("well", 0)])));
    assert!(stage.expect(&["check", "--only", "it/tcp"], 0).contains("This place is blind: no known-good target"));
    assert!(
        plugin(&stage, &[]).starts_with("3 UNKNOWN - 1 up, 1 unknown: it/tcp: the connection was refused (blind: ")
    );
    let xml = stage.expect(&["check", "--format", "junit"], 0);
    assert!(
        xml.contains("failures=\"0\" errors=\"0\" skipped=\"1\"") && xml.contains("<skipped message=\"the "),
        "{xml}"
    );
}

#[test]
fn law_8_no_form_of_a_check_shows_a_secret() {
    let stage = site();
    for args in [
        &["check"][..],
        &["check", "--format", "json"],
        &["check", "--format", "junit"],
        &["check", "--format", "nagios"],
        &["check", "--explain", "web"],
        &["check", "--explain", "web", "--format", "json"],
    ] {
        let output = stage.run(args);
        let all = format!("{}{}", out(&output), String::from_utf8_lossy(&output.stderr));
        assert!(all.contains("web/http") || all.contains("classname=\"web\""), "{args:?}: {all}");
        for secret in SECRETS {
            assert!(!all.contains(secret), "{args:?} shows {secret}: {all}");
        }
    }
}

/// What the binary writes to a terminal of 80 columns; none where this machine has no `script`.
fn at_terminal(stage: &Stage, env: &[(&str, &str)]) -> Option<String> {
    let command = format!("{} check --site {}", env!("CARGO_BIN_EXE_statuary"), stage.path().display());
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).stdin(Stdio::null());
    // A CI that shows colours says so; here only the terminal is to say it.
    script.env_remove("NO_COLOR").env_remove("CI");
    let output = script.env("TERM", "xterm").envs(env.iter().copied()).output().ok();
    if output.is_none() {
        eprintln!("skipped a part of a_terminal_shows_what_takes_a_while: no script (bsdutils)");
    }
    output.map(|output| out(&output).replace('\r', ""))
}

#[test]
fn a_terminal_shows_what_takes_a_while_and_keeps_the_table() {
    let asks = format!("kind = \"http\"\nurl = \"http://127.0.0.1:{}/slow\"", echo());
    let refused = format!("kind = \"tcp\"\naddress = \"127.0.0.1:{}\"", closed());
    let stage = Stage::new(&format!("{}{}", head(""), component("it", &[asks, refused, exits("well", 0)])));
    let Some(seen) = at_terminal(&stage, &[]) else { return };
    assert!(seen.contains("looking") && seen.contains("2 of 3 seen") && seen.contains("\u{1b}[1;31mdown"), "{seen:?}");
    let Some(seen) = at_terminal(&stage, &[("NO_COLOR", "1")]) else { return };
    assert!(seen.contains("looking") && !seen.contains("\u{1b}[1") && !seen.contains("\u{1b}[0m"), "{seen:?}");
    // The last that is drawn over makes room for the table: up by so many lines.
    let table = seen.rsplit_once('\u{1b}').and_then(|(_, rest)| rest.split_once('A')).expect("it was drawn over").1;
    // Whether a refusal takes a millisecond is chance.
    insta::assert_snapshot!(steady(table).replace(" · connect TIME", ""), @r#"
    it/http  http  127.0.0.1  up TIME  first byte TIME
    it/tcp   tcp   127.0.0.1  down TIME
        the connection was refused
    it/well  exec             up TIME
    2 up, 1 down in TIME
    "#);
    let Some(seen) = at_terminal(&stage, &[("TERM", "dumb")]) else { return };
    assert!(!seen.contains("looking") && !seen.contains('\u{1b}'), "{seen:?}");
}
