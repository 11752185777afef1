//! Hostile listeners, what INFO says, and what the config refuses.

use std::io::{Read, Write};
use std::thread::sleep;
use std::time::Duration;

use super::*;
use crate::probe::testing::{
    Authority, assertion, look, nobody, patience, probe, refused, said, secret, serve, serve_tls,
};
use crate::probe::{Observation, Plan};

/// A server that says this and then keeps the connection open for a while.
fn says(words: &'static [u8]) -> String {
    url(serve(move |mut s| {
        let _ = s.read(&mut [0; 512]);
        let _ = s.write_all(words);
        sleep(Duration::from_secs(1));
    }))
}

fn url(address: std::net::SocketAddr) -> String {
    format!("redis://{address}")
}

fn ask(url: &str, expected: &str) -> Observation {
    look(&Plan { timeout: patience(expected), ..probe(&INFO, vec![("url", secret(url))]) })
}

#[test]
fn whatever_a_listener_says_is_told_by_its_phase() {
    let long = serve(|mut s| {
        let _ = s.write_all(b"+");
        while s.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let closes = serve(|mut s| _ = s.read(&mut [0; 512]));
    for (url, expected) in [
        (says(b""), "down ping: connected, but no answer to PING within 400 ms"),
        (says(b"+PONG\r\n"), "down info: it answered PING, but not INFO within 400 ms"),
        (says(b"+PONG\r\n-NOPERM this user has no permissions\r\n"), "up"),
        (says(b"+PONG\r\n$-1\r\n"), "up"),
        (says(b"-LOADING Redis is loading the dataset in memory\r\n"), "down ping: Redis is still loading its data"),
        (
            says(b"-MISCONF Redis is configured to save\r\n"),
            "down ping: Redis takes no writes: it could not save to disk",
        ),
        (says(b"-ERR max number of clients reached\r\n"), "down ping: Redis takes no more clients"),
        (says(b"-SECRET of 10.0.0.7\r\n"), "down ping: Redis answered with an error"),
        (says(b"HTTP/1.1 400 Bad Request\r\n"), "down ping: the server does not speak Redis"),
        (says(b"+PONG\n"), "down ping: the server does not speak Redis"),
        (says(b"$x\r\n"), "down ping: the server does not speak Redis"),
        (says(b"$-7\r\n"), "down ping: the server does not speak Redis"),
        (says(b"$2\r\nabcd"), "down ping: the server does not speak Redis"),
        (says(b"*1\r\n+PONG\r\n"), "down ping: the server does not speak Redis"),
        (says(b"$99999999999\r\n"), "down ping: the answer is longer than 1 MiB"),
        (url(long), "down ping: the answer has a line of more than 64 KiB"),
        (url(closes), "down ping: the connection was closed"),
        (url(nobody()), "down connect: the connection was refused"),
    ] {
        let seen = ask(&url, expected);
        assert_eq!(said(&seen), expected, "{}", seen.detail);
    }
}

#[test]
fn what_info_says_is_known_by_its_names() {
    let said = info(
        "# Persistence\r\nrdb_bgsave_in_progress:1\r\nrdb_changes_since_last_save:67162\r\naof_enabled:0\r\n\r\n\
         mem_fragmentation_ratio:1.25\r\nredis_version:7.0.15\r\nrun_id:12e5\r\nlazyfree:\r\nredis_git_sha1:00000000\r\nneg:-3\r\n\
         db0:keys=10,expires=2,avg_ttl=0\r\nlist:a=1,b\r\n",
    );
    let told: Vec<String> = said.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    aof_enabled Int(0)
    db0 Map({"avg_ttl": Int(0), "expires": Int(2), "keys": Int(10)})
    lazyfree Text("")
    list Text("a=1,b")
    mem_fragmentation_ratio Float(1.25)
    neg Int(-3)
    rdb_bgsave_in_progress Int(1)
    rdb_changes_since_last_save Int(67162)
    redis_git_sha1 Text("00000000")
    redis_version Text("7.0.15")
    run_id Text("12e5")
    "#);
    assert_eq!(persistence(&said).unwrap(), "rdb_changes_since_last_save:67162 rdb_bgsave_in_progress:1 aof_enabled:0");
}

#[test]
fn what_is_not_said_fails_the_assertion_that_asks_for_it() {
    let url = says(b"+PONG\r\n-NOPERM this user has no permissions\r\n");
    let mut plan = probe(&INFO, vec![("url", secret(&url))]);
    plan.expect = vec![assertion(&INFO, "info.rdb_bgsave_in_progress == 0")];
    let told = said(&look(&plan));
    assert!(told.starts_with("down expect: ") && told.contains("info"), "{told}");
}

#[test]
fn the_certificate_is_told_also_where_it_expired() {
    let authority = Authority::new();
    let server = |days| {
        serve_tls(authority.server("localhost", days), Duration::ZERO, |s| {
            let _ = s.read(&mut [0; 64]);
            let _ = s.write_all(b"+PONG\r\n$0\r\n\r\n");
            let _ = s.read(&mut [0; 64]);
        })
    };
    for (days, expected) in [(30, "up"), (-2, "down tls: the certificate expired 2 d 17 h ago")] {
        let url = secret(&format!("rediss://localhost:{}/", server(days).port()));
        let seen = look(&probe(&INFO, vec![("url", url), authority.trusted()]));
        assert_eq!(said(&seen), expected, "{}", seen.detail);
        assert!(seen.facts.contains_key("certificate"), "{seen:?}");
    }
}

#[test]
fn a_password_is_seen_nowhere_also_as_it_is_written_in_an_address() {
    let echo = serve(|mut s| {
        let mut heard = [0; 512];
        let count = s.read(&mut heard).unwrap();
        let _ = s.write_all(
            &[b"-ERR unknown ", &heard[..count].escape_ascii().to_string().into_bytes()[..], b"\r\n"].concat(),
        );
    });
    let plan = probe(&INFO, vec![("url", secret(&format!("redis://u:hunter2%2Bword@{echo}/")))]);
    let seen = look(&plan);
    assert_eq!(said(&seen), "down auth: Redis answered with an error");
    let all = format!("{plan:?}{seen:?}");
    assert!(!all.contains("hunter2+word") && !all.contains("hunter2%2Bword"), "{all}");
    assert!(seen.detail.contains("***"), "{}", seen.detail);
}

#[test]
fn an_address_that_is_none_is_refused() {
    const HELP: &str = "an address is `redis://host:6379/0`, with TLS `rediss://user:${PASSWORD}@host:6380/0`";
    for (url, why) in [
        ("6379", "this does not begin with `redis://` or `rediss://`"),
        ("localhost:6379", "this begins with `localhost:`, not with `redis:` or `rediss:`"),
        ("http://h/", "this begins with `http:`, not with `redis:` or `rediss:`"),
        ("redis://h/first", "a database is a number, such as `/0`"),
        ("redis:///0", "`` is no host name or address"),
        ("redis://h:0/", "`h` names port 0"),
    ] {
        assert_eq!(refused(&INFO, vec![("url", secret(url))]), format!("url: {why} ({HELP})"));
    }
}
