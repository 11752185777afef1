//! `http` against servers of our own: good ones, broken ones and hostile ones.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::INFO;
use crate::expr::Value;
use crate::model::{Given, Secret, Span, Verdict};
use crate::probe::testing::{
    Authority, answer, assertion, head, http, look, nobody, patience, refused, said, secret, self_signed, serve,
    serve_http, serve_tls, text,
};
use crate::probe::{Observation, Plan};

mod options;

fn check(talk: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static, expected: &str) -> Observation {
    let plan = http(&format!("http://{}/", serve_http(talk)), vec![]);
    let seen = look(&Plan { timeout: patience(expected), ..plan });
    assert_eq!(said(&seen), expected, "{}", seen.detail);
    seen
}

fn fact<'a>(seen: &'a Observation, path: &str) -> Option<&'a Value> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match (seen.facts.get(first), rest) {
        (Some(Value::Map(map)), Some(rest)) => map.get(rest),
        (found, _) => found,
    }
}

fn phase(seen: &Observation, name: &str) -> i64 {
    seen.phases.iter().find(|(known, _)| *known == name).map_or(-1, |(_, length)| length.ms())
}

#[test]
fn a_good_answer_is_up_with_its_facts() {
    let address = serve_http(|head, stream| {
        assert!(head.contains(concat!("user-agent: statuary/", env!("CARGO_PKG_VERSION"))), "{head}");
        answer(stream, "200 OK", "X-Depth: 12\r\nVia: a\r\nVia: b\r\n", br#"{"queue": {"depth": 7}}"#);
    });
    let mut plan = http(&format!("http://{address}/health"), vec![]);
    plan.expect = vec![assertion(&INFO, "status == 200"), assertion(&INFO, "json.queue.depth < 1000")];
    plan.record = ["json.queue.depth", "latency", "headers.x-depth", "json.none"].map(str::to_owned).to_vec();
    let seen = look(&plan);
    assert_eq!(said(&seen), "up", "{}", seen.detail);
    assert_eq!(fact(&seen, "status"), Some(&Value::Int(200)));
    assert_eq!(fact(&seen, "version"), Some(&Value::Text("HTTP/1.1".into())));
    assert_eq!(fact(&seen, "headers.via"), Some(&Value::Text("a, b".into())));
    assert_eq!(fact(&seen, "size"), Some(&Value::Int(23)));
    assert_eq!(fact(&seen, "remote.address"), Some(&Value::Text(address.to_string())));
    let rec: Vec<_> = seen.rec.iter().map(|(path, value)| format!("{path}={value}")).collect();
    assert_eq!(
        rec,
        ["json.queue.depth=7".to_owned(), format!("latency={}", seen.ms.unwrap()), "headers.x-depth=12".into()]
    );
    let phases: Vec<_> = seen.phases.iter().map(|(name, _)| *name).collect();
    assert_eq!(phases, ["dns", "connect", "first_byte", "transfer"]);
}

#[test]
fn each_failure_names_its_phase_and_reason() {
    let silent = check(
        |_, _| sleep(Duration::from_secs(2)),
        "down first_byte: no answer within 400 ms after the request was sent",
    );
    assert!((400..900).contains(&silent.ms.unwrap()), "{:?}", silent.ms);
    check(|_, s| answer(s, "502 Bad Gateway", "", b""), "down status: the answer was 502 Bad Gateway");
    check(|_, _| (), "down first_byte: the connection was closed before an answer came");
    check(|_, s| _ = s.write_all(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "down first_byte: the answer is not HTTP");
    check(
        |_, s| _ = s.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"),
        "down transfer: the connection was closed in the middle of the answer",
    );
    check(
        |_, s| answer(s, "200 OK", "Content-Encoding: gzip\r\n", b"this is no gzip"),
        "down transfer: the answer could not be decompressed",
    );
    // Unread bytes make the kernel answer a close with a reset.
    let reset = serve(|mut s| {
        let _ = s.read(&mut [0; 1]);
    });
    let seen = look(&http(&format!("http://{reset}/"), vec![]));
    assert_eq!(said(&seen), "down first_byte: the connection was reset before an answer came", "{}", seen.detail);
    let seen = look(&http(&format!("http://{}/", nobody()), vec![]));
    assert_eq!(said(&seen), "down connect: the connection was refused");
    assert!(seen.detail.contains("Connection refused"), "{}", seen.detail);
    let seen = look(&Plan { timeout: Span::from_secs(1), ..http("http://nobody.invalid/", vec![]) });
    let words = [
        "the name does not resolve",
        "no name server could say where the name points",
        "the name did not resolve within 1 s",
    ];
    assert!(seen.phase == Some("dns") && words.contains(&seen.why.as_str()), "{}", said(&seen));
}

const BLOCK: &[u8] = &[b'x'; 16384];

#[test]
fn a_hostile_answer_stays_within_time_and_memory() {
    let began = Instant::now();
    let drip = |head: &'static [u8], drop: &'static [u8]| {
        move |_: &str, s: &mut TcpStream| {
            let _ = s.write_all(head);
            while s.write_all(drop).is_ok() && began.elapsed() < Duration::from_secs(9) {
                sleep(Duration::from_millis(20));
            }
        }
    };
    check(drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), "down transfer: the answer began but did not end within 400 ms");
    check(
        drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        "down first_byte: no answer within 400 ms after the request was sent",
    );
    let flood = |head: &'static [u8], flood: &'static [u8]| {
        move |_: &str, s: &mut TcpStream| {
            let _ = s.write_all(head);
            while s.write_all(flood).is_ok() {}
        }
    };
    check(flood(b"HTTP/1.1 200 OK\r\nX-Long: ", BLOCK), "down first_byte: the answer's headers are too large");
    check(flood(b"HTTP/1.1 200 OK\r\n", b"X-Many: 1\r\n"), "down first_byte: the answer's headers are too large");
    // A body that never ends is cut at its limit: what was read is judged.
    let endless = serve_http(flood(b"HTTP/1.1 200 OK\r\n\r\n", BLOCK));
    let seen = look(&http(&format!("http://{endless}/"), vec![("body_limit", Given::Int(100_000))]));
    assert_eq!((said(&seen).as_str(), fact(&seen, "size")), ("up", Some(&Value::Int(100_000))));
    assert!(began.elapsed() < Duration::from_secs(5));
}

/// 100 MiB of zeros in 100 KB.
fn bomb() -> Vec<u8> {
    let block = vec![0_u8; 1 << 20];
    let zipper = std::process::Command::new("gzip")
        .arg("-c")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn();
    let Ok(mut zipper) = zipper else { return Vec::new() };
    let mut stdin = zipper.stdin.take().unwrap();
    let writer = std::thread::spawn(move || (0..100).try_for_each(|_| stdin.write_all(&block)));
    let mut zipped = Vec::new();
    zipper.stdout.take().unwrap().read_to_end(&mut zipped).unwrap();
    writer.join().unwrap().unwrap();
    zipper.wait().unwrap();
    zipped
}

#[test]
fn a_zip_bomb_is_cut_at_the_limit_of_decompressed_bytes() {
    let bomb = bomb();
    if bomb.is_empty() {
        println!("skipped: there is no gzip on this machine");
        return;
    }
    let address = serve_http(move |_, s| answer(s, "200 OK", "Content-Encoding: gzip\r\n", &bomb));
    let seen = look(&Plan { timeout: Span::from_secs(4), ..http(&format!("http://{address}/"), vec![]) });
    assert_eq!((said(&seen).as_str(), fact(&seen, "size")), ("up", Some(&Value::Int(1 << 20))));
}

#[test]
fn a_packed_answer_that_breaks_off_is_told() {
    let packed = |keep: usize| {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        zip.write_all(b"all is well").unwrap();
        let bytes = zip.finish().unwrap();
        let kept = bytes.len().min(keep);
        let address = serve_http(move |_, s| answer(s, "200 OK", "Content-Encoding: gzip\r\n", &bytes[..kept]));
        let well = assertion(&INFO, "body == 'all is well' && headers['content-encoding'] == 'gzip' && size == 11");
        let seen = look(&Plan { expect: vec![well], ..http(&format!("http://{address}/"), vec![]) });
        said(&seen)
    };
    assert_eq!(packed(usize::MAX), "up");
    assert_eq!(packed(20), "down transfer: the answer could not be decompressed");
}

#[test]
fn redirects_are_followed_counted_and_refused_where_they_leave_http() {
    let hop = |to: &'static str| {
        move |_: &str, s: &mut TcpStream| answer(s, "302 Found", &format!("Location: {to}\r\n"), b"")
    };
    check(hop("/"), "down redirect: it redirected more than 10 times");
    check(hop("file:///etc/passwd"), "down redirect: it redirected to an address that is neither http nor https");
    check(hop("http://[1/"), "down redirect: it redirected to an address that cannot be read");
    let address = serve_http(|head, s| {
        if head.starts_with("POST / ") {
            answer(s, "302 Found", "Location: /there\r\n", b"");
        } else if head.starts_with("GET /there ") {
            answer(s, "200 OK", "", b"here");
        } else {
            answer(s, "400 Bad Request", "", head.as_bytes());
        }
    });
    let url = format!("http://{address}/");
    let seen = look(&http(&url, vec![("method", text("POST")), ("body", secret("a long body"))]));
    assert_eq!((said(&seen).as_str(), fact(&seen, "redirects")), ("up", Some(&Value::Int(1))), "{}", seen.detail);
    let seen = look(&http(&url, vec![("method", text("POST")), ("follow", Given::Bool(false))]));
    assert_eq!((said(&seen).as_str(), fact(&seen, "status")), ("up", Some(&Value::Int(302))));
    let seen = look(&http(&url, vec![("method", text("POST")), ("max_redirects", Given::Int(1))]));
    assert_eq!(said(&seen), "up");
}

#[test]
fn an_address_that_a_redirect_led_to_is_told_without_its_path_and_query() {
    let gone = nobody();
    let address =
        serve_http(move |_, s| answer(s, "302 Found", &format!("Location: http://{gone}/in?token=theirs\r\n"), b""));
    let seen = look(&http(&format!("http://{address}/"), vec![]));
    assert_eq!(said(&seen), "down connect: the connection was refused");
    assert!(seen.detail.contains(&format!("redirected to http://{gone}\ntried {gone}: ")), "{}", seen.detail);
    assert!(!seen.detail.contains("theirs"), "{}", seen.detail);
}

#[test]
fn secret_headers_and_bodies_stay_with_their_host() {
    let heard = Arc::new(Mutex::new(String::new()));
    let elsewhere = {
        let heard = heard.clone();
        serve_http(move |head, s| {
            *heard.lock().unwrap() = head.to_owned();
            answer(s, "200 OK", "", b"");
        })
    };
    let away = |status: &'static str| {
        serve_http(move |_, s| answer(s, status, &format!("Location: http://{elsewhere}/?from=home\r\n"), b""))
    };
    let headers = || {
        let pairs = [("X-Api-Key", "k3y-of-the-house"), ("Accept", "text/plain")];
        ("headers", Given::SecretMap(pairs.map(|(n, v)| (n.to_owned(), Secret::new(v))).to_vec()))
    };
    let seen = look(&http(&format!("http://{}/", away("302 Found")), vec![headers()]));
    assert_eq!(said(&seen), "up", "{}", seen.detail);
    let heard = heard.lock().unwrap().clone();
    assert!(heard.contains("accept: text/plain") && !heard.contains("k3y-of-the-house"), "{heard}");
    let keys = vec![("method", text("POST")), ("body", secret("s3cret"))];
    let seen = look(&http(&format!("http://{}/", away("307 Temporary Redirect")), keys));
    assert_eq!(said(&seen), "down redirect: it redirected to another host, which does not get the request's body");
}

#[test]
fn a_secret_that_comes_back_is_seen_nowhere() {
    let address = serve_http(|head, s| {
        let echo: String = head.lines().collect::<Vec<_>>().join(" | ");
        let both = format!("{head} no such key: b0dy-s3cret-t0ken");
        answer(s, "500 Internal Server Error", &format!("X-Echo: {echo}\r\n"), both.as_bytes());
    });
    let url = format!("http://user:p4ssw0rd@{address}/hooks/T0A1B2C3D4E5F6G7H8?token=qu3ry-t0ken");
    let bearer = vec![("Authorization".to_owned(), Secret::new("Bearer b3arer-t0ken"))];
    let mut plan =
        http(&url, vec![("headers", Given::SecretMap(bearer)), ("body", secret(r#"{"key": "b0dy-s3cret-t0ken"}"#))]);
    plan.degraded_if = vec![assertion(&INFO, "body != ''")];
    let seen = look(&plan);
    let all = format!("{seen:?} {plan:?}");
    assert!(all.contains("500"));
    for secret in ["p4ssw0rd", "qu3ry-t0ken", "b3arer-t0ken", "b0dy-s3cret-t0ken", "T0A1B2C3D4E5F6G7H8"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[test]
fn a_degraded_answer_says_what_was_observed() {
    let address = serve_http(|_, s| answer(s, "200 OK", "", b""));
    let mut plan = http(&format!("http://{address}/"), vec![]);
    plan.degraded_if = vec![assertion(&INFO, "status == 200")];
    assert_eq!(said(&look(&plan)), "degraded degraded_if: status == 200, got 200");
}

#[test]
fn certificates_are_judged_at_the_moment_of_the_look() {
    let authority = Authority::new();
    let check = |settings, trusted: bool, expected: &str, days: Option<i64>| {
        let address = serve_tls(settings, Duration::ZERO, |s| {
            if !head(s).is_empty() {
                answer(s, "200 OK", "", b"");
            }
        });
        let keys = if trusted { vec![authority.trusted()] } else { vec![] };
        let seen = look(&Plan { timeout: Span::from_secs(3), ..http(&format!("https://{address}/"), keys) });
        assert_eq!(said(&seen), expected, "{}", seen.detail);
        if let Some(days) = days {
            // The look comes some milliseconds after the round's moment.
            let left = Span::from_mins(days * 24 * 60 - 17 * 60).ms() as f64;
            let told = fact(&seen, "certificate.expires_in").and_then(Value::as_number).expect("a length of time");
            assert!((left - 5000.0..=left).contains(&told), "{told} of {left}");
        }
        seen
    };
    let good = check(authority.server("127.0.0.1", 30), true, "up", Some(30));
    assert_eq!(fact(&good, "certificate.names"), Some(&Value::List(vec![Value::Text("127.0.0.1".into())])));
    assert_eq!(fact(&good, "certificate.not_after"), Some(&Value::Text("2026-12-23T00:00:00.000Z".into())));
    assert_eq!(fact(&good, "certificate.issuer"), Some(&Value::Text("CN=Test Authority".into())));
    let phases: Vec<_> = good.phases.iter().map(|(name, _)| *name).collect();
    assert_eq!(phases, ["dns", "connect", "tls", "first_byte", "transfer"]);
    // Expired, and still its facts are there.
    check(authority.server("127.0.0.1", -3), true, "down tls: the certificate expired 3 d 17 h ago", Some(-3));
    let other =
        check(authority.server("other.example", 30), true, "down tls: the certificate is for another name", Some(30));
    assert_eq!(fact(&other, "certificate.names"), Some(&Value::List(vec![Value::Text("other.example".into())])));
    check(self_signed("127.0.0.1"), true, "down tls: the certificate is self-signed", None);
    // The verdict on an unknown issuer needs roots of the machine's own; a machine without any cannot tell.
    let foreign = look(&http(
        &format!("https://{}/", serve_tls(authority.server("127.0.0.1", 30), Duration::ZERO, |s| _ = head(s))),
        vec![],
    ));
    let either = [
        "down tls: the certificate's issuer is not trusted here",
        "unknown tls: this machine has no root certificates to judge by",
    ];
    assert!(either.contains(&said(&foreign).as_str()), "{}", said(&foreign));
}

#[test]
fn tls_that_fails_says_how() {
    let plain = serve_http(|_, s| answer(s, "400 Bad Request", "", b""));
    let hello = serve(|mut s| _ = s.write_all(b"220 mail.example.com ESMTP\r\n"));
    let silent = serve(|_s| sleep(Duration::from_secs(2)));
    let closed = serve(|mut s| _ = s.read(&mut [0; 4096]));
    let check = |address, expected: &[&str]| {
        let plan = http(&format!("https://{address}/"), vec![]);
        let seen = look(&Plan { timeout: patience(expected[0]), ..plan });
        assert!(expected.contains(&said(&seen).as_str()), "{}\n{}", said(&seen), seen.detail);
    };
    check(hello, &["down tls: the server does not speak TLS"]);
    check(silent, &["down tls: the TLS handshake did not end within 400 ms"]);
    check(closed, &["down tls: the connection was closed during the TLS handshake"]);
    check(plain, &["down tls: the TLS handshake did not end within 400 ms"]);
    let missing = vec![("ca_file", text("/nonexistent/roots.pem"))];
    let address = serve_tls(self_signed("127.0.0.1"), Duration::ZERO, |s| _ = head(s));
    let seen = look(&http(&format!("https://{address}/"), missing));
    assert_eq!(said(&seen), "unknown tls: this machine has no root certificates to judge by");
    assert!(seen.detail.contains("roots.pem"), "{}", seen.detail);
}

/// Pins hook 3 (`trace`): rustls asks its session store when TCP is connected and TLS begins.
#[test]
fn a_slow_handshake_counts_as_tls() {
    let authority = Authority::new();
    let address = serve_tls(authority.server("127.0.0.1", 30), Duration::from_millis(150), |s| {
        head(s);
        sleep(Duration::from_millis(100));
        answer(s, "200 OK", "", b"");
    });
    let seen = look(&http(&format!("https://{address}/"), vec![authority.trusted()]));
    assert_eq!(said(&seen), "up", "{}", seen.detail);
    assert!(phase(&seen, "tls") >= 150, "{:?}", seen.phases);
    assert!((0..100).contains(&phase(&seen, "connect")), "{:?}", seen.phases);
    assert!(phase(&seen, "first_byte") >= 100, "{:?}", seen.phases);
    let sum: i64 = seen.phases.iter().map(|(_, length)| length.ms()).sum();
    assert!((sum - i64::from(seen.ms.unwrap())).abs() < 50, "{:?} of {:?}", seen.phases, seen.ms);
}

/// The few frames of RFC 9113 that answer one request: SETTINGS, its acknowledgement, HEADERS with `:status 200`.
#[test]
fn http_2_is_spoken_where_the_server_offers_it() {
    let authority = Authority::new();
    let mut settings = authority.server("127.0.0.1", 30);
    settings.alpn_protocols = vec![b"h2".to_vec()];
    let address = serve_tls(settings, Duration::ZERO, |s| {
        let mut preface = [0; 24];
        s.read_exact(&mut preface).unwrap();
        assert!(preface.starts_with(b"PRI * HTTP/2.0"));
        s.write_all(b"\0\0\0\x04\0\0\0\0\0").unwrap();
        loop {
            let mut frame = [0; 9];
            s.read_exact(&mut frame).unwrap();
            let length = usize::from(frame[1]) << 8 | usize::from(frame[2]);
            s.read_exact(&mut vec![0; length]).unwrap();
            match (frame[3], frame[4]) {
                (4, 0) => s.write_all(b"\0\0\0\x04\x01\0\0\0\0").unwrap(),
                (1, _) => break,
                _ => {}
            }
        }
        s.write_all(b"\0\0\x01\x01\x05\0\0\0\x01\x88").unwrap();
        s.flush().unwrap();
        sleep(Duration::from_millis(100));
    });
    let seen = look(&http(&format!("https://{address}/"), vec![authority.trusted()]));
    assert_eq!(
        (said(&seen).as_str(), fact(&seen, "version")),
        ("up", Some(&Value::Text("HTTP/2".into()))),
        "{}",
        seen.detail
    );
}
