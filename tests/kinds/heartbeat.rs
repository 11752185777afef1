//! `heartbeat` in a file, at nginx and in redis-server: a worker that lives, falls silent, and was never there.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::look::{look, said};
use crate::support::{Nginx, Redis};

/// Unix seconds, so long ago.
fn ago(secs: u64) -> String {
    (SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - secs).to_string()
}

fn silent(told: &str) -> bool {
    told.starts_with("down age: the last sign of life is 10 min") && told.ends_with("old; at most 5 min is allowed")
}

fn ask(lines: &str) -> String {
    said(&look(&format!("kind = \"heartbeat\"\nmax_age = \"5m\"\ntimeout = \"20s\"\n{lines}")))
}

#[test]
fn a_key_of_redis_tells_whether_the_worker_lives() {
    let mut redis = Redis::start("requirepass s3cret-word");
    let lines = format!("redis = \"redis://:s3cret-word@127.0.0.1:{}/1\"\nkey = \"worker:beat\"", redis.port());
    let set = |time: &str| redis.cli(&["-a", "s3cret-word", "-n", "1", "set", "worker:beat", time]);
    assert_eq!(ask(&lines), "down key: there is no sign of life: the heartbeat is missing");
    set(&ago(2));
    assert_eq!(ask(&lines), "up");
    set(&ago(600));
    let told = ask(&lines);
    assert!(silent(&told), "{told}");
    redis.stop();
    assert_eq!(ask(&lines), "down connect: the connection was refused");
}

#[test]
fn a_page_tells_whether_the_worker_lives() {
    let nginx = Nginx::start("location /gone { return 404; }");
    let file = nginx.root().join("beats.json");
    let json = |secs| std::fs::write(&file, format!("{{\"worker\": {{\"at\": {}}}}}", ago(secs))).unwrap();
    let url = |path: &str, more: &str| ask(&format!("url = \"{}\"\n{more}", nginx.url(path)));
    json(3);
    assert_eq!(url("/beats.json", "field = \"worker.at\""), "up");
    // Without a field, when the file was written counts.
    assert_eq!(url("/beats.json", ""), "up");
    json(600);
    let told = url("/beats.json", "field = \"worker.at\"");
    assert!(silent(&told), "{told}");
    assert_eq!(url("/gone", ""), "down status: the answer was 404 Not Found");
}
