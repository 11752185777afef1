//! `redis` at redis-server: with and without a password, over TLS, frozen, and with a save that never ends.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::look::{look, said};
use crate::support::{Authority, Redis};

fn probe(url: &str, more: &str) -> String {
    format!("kind = \"redis\"\nurl = \"{url}\"\ntimeout = \"20s\"\n{more}")
}

#[test]
fn a_save_that_never_ends_is_seen_while_redis_answers() {
    // Ten seconds for each key: the child of the save writes for far longer than this test lasts.
    let redis = Redis::start("rdb-key-save-delay 10000000");
    let url = format!("redis://127.0.0.1:{}/", redis.port());
    for key in ["a", "b", "c"] {
        assert_eq!(redis.cli(&["set", key, "1"]), "OK");
    }
    let rules = "expect = [\"info.aof_enabled == 0\", \"info.db0.keys == 3\"]\n\
                 degraded_if = [\"info.rdb_bgsave_in_progress == 1 && info.rdb_changes_since_last_save > 2\"]\n\
                 record = [\"info.rdb_changes_since_last_save\", \"info.used_memory\"]\n";
    assert_eq!(said(&look(&probe(&url, rules))), "up");
    redis.cli(&["bgsave"]);
    redis.cli(&["set", "a", "2"]);
    let seen = look(&probe(&url, rules));
    let told = said(&seen);
    assert!(told.starts_with("degraded degraded_if: "), "{seen}");
    let detail = seen["detail"].as_str().unwrap();
    assert!(detail.contains("rdb_changes_since_last_save:4 rdb_bgsave_in_progress:1"), "{detail}");
    // The save is still going on when the look is repeated, and lasts.
    let long = "degraded_if = [\"info.rdb_current_bgsave_time_sec >= 1\"]\n";
    let start = Instant::now();
    while !said(&look(&probe(&url, long))).starts_with("degraded") {
        assert!(start.elapsed() < Duration::from_secs(20));
        sleep(Duration::from_millis(200));
    }
    // The child of the save goes with it.
    redis.cli(&["shutdown", "nosave"]);
}

#[test]
fn a_server_answers_hangs_comes_back_and_goes() {
    let mut redis = Redis::start("databases 2");
    let url = format!("redis://127.0.0.1:{}", redis.port());
    let ask = |path: &str, more: &str| said(&look(&probe(&format!("{url}{path}"), more)));
    assert_eq!(ask("/1", "expect = \"ping == 'PONG' && info.role == 'master'\""), "up");
    assert_eq!(ask("/7", ""), "down select: Redis has no such database");
    redis.freeze();
    let brief = format!("kind = \"redis\"\nurl = \"{url}\"\ntimeout = \"1s\"");
    assert_eq!(said(&look(&brief)), "down ping: connected, but no answer to PING within 1 s");
    redis.stop();
    assert_eq!(ask("", ""), "down connect: the connection was refused");
    assert!(redis.again());
    assert_eq!(ask("", ""), "up");
}

#[test]
fn passwords_and_users_are_asked_for_and_judged() {
    let redis = Redis::start(
        "requirepass s3cret-word\nuser probe on >other-word ~* +ping\nuser full on >fullest-word ~* +ping +info",
    );
    let at = format!("127.0.0.1:{}", redis.port());
    for (login, more, told) in [
        ("", "", "down ping: Redis asks for a password"),
        (":wrong@", "", "down auth: Redis refused the password"),
        (":s3cret-word@", "expect = \"info.role == 'master'\"", "up"),
        ("probe:other-word@", "", "up"),
        ("full:fullest-word@", "expect = \"info.role == 'master'\"", "up"),
    ] {
        let seen = look(&probe(&format!("redis://{login}{at}"), more));
        assert_eq!(said(&seen), told, "{seen}");
        assert!(!seen.to_string().contains("-word"), "{seen}");
    }
}

#[test]
fn tls_is_spoken_and_its_certificate_judged() {
    let authority = Authority::new();
    for (certificate, told) in
        [(authority.good(), "up"), (authority.wrong_name(), "down tls: the certificate is for another name")]
    {
        let redis = Redis::start_tls("", &certificate);
        let ca = format!("ca_file = \"{}\"\n", authority.file().display());
        let rules = "expect = [\"info.role == 'master'\", \"certificate.expires_in > duration('24h')\"]\n";
        let seen = look(&probe(&format!("rediss://localhost:{}", redis.port()), &format!("{ca}{rules}")));
        assert_eq!(said(&seen), told, "{seen}");
    }
    let plain = Redis::start("");
    let seen = look(&format!("kind = \"redis\"\nurl = \"rediss://localhost:{}\"\ntimeout = \"1s\"", plain.port()));
    assert_eq!(said(&seen), "down tls: the TLS handshake did not end within 1 s", "{seen}");
}
