//! Rounds: limits, the deadline, retries, second looks, `every` and blindness, against servers of our own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::model::{Canary, RunSettings, Span};
use crate::probe::testing::{answer, http, look, look_all, nobody, now, plan, run, said, serve, serve_http, told};
use crate::probe::{Observation, Past, Plan, Progress, Watch, round};

fn named(key: &str, plan: Plan) -> Plan {
    Plan { key: key.into(), ..plan }
}

/// A server that answers after `wait`, and the most requests that it held at once.
fn slow(wait: u64) -> (String, Arc<AtomicUsize>) {
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    let address = serve_http(move |_, s| {
        seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        sleep(Duration::from_millis(wait));
        now.fetch_sub(1, Ordering::SeqCst);
        answer(s, "200 OK", "", b"");
    });
    (format!("http://{address}/"), most)
}

/// A server that fails the first `bad` requests.
fn failing_first(bad: usize) -> String {
    let count = AtomicUsize::new(0);
    let address = serve_http(move |_, s| {
        let status = if count.fetch_add(1, Ordering::SeqCst) < bad { "503 Service Unavailable" } else { "200 OK" };
        answer(s, status, "", b"");
    });
    format!("http://{address}/")
}

fn canary(address: std::net::SocketAddr) -> Canary {
    Canary { text: format!("tcp://{address}"), host: address.ip().to_string(), port: address.port() }
}

#[test]
fn the_kinds_of_full_are_there_in_full_alone() {
    let known = |name: &&str| super::KINDS.iter().any(|kind| kind.name == *name);
    let there = super::IN_FULL.iter().filter(|name| known(name)).count();
    assert_eq!(there, if cfg!(feature = "full") { super::IN_FULL.len() } else { 0 });
}

#[test]
fn looks_at_one_host_stay_within_its_limit() {
    let (url, most) = slow(40);
    let plans: Vec<_> = (0..12).map(|i| named(&format!("web/{i}"), http(&url, vec![]))).collect();
    let looked = look_all(&plans, &RunSettings { per_host: 3, ..run() }, &[]);
    assert!(told(&looked).iter().all(|look| look.ends_with(" up")), "{:?}", told(&looked));
    assert_eq!(most.load(Ordering::SeqCst), 3);
    let (url, most) = slow(40);
    let plans: Vec<_> = (0..12).map(|i| named(&format!("web/{i}"), http(&url, vec![]))).collect();
    look_all(&plans, &RunSettings { concurrency: 2, ..run() }, &[]);
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[test]
fn a_round_ends_by_its_deadline_and_what_it_cut_is_unknown() {
    let (url, _) = slow(3000);
    let patient = |key| Plan { timeout: Span::from_secs(60), ..named(key, http(&url, vec![])) };
    // One is cut in flight; one waits for its turn in vain; one runs out of its own time before.
    let short = named("short/http", Plan { timeout: Span::from_ms(150), ..http(&url, vec![]) });
    let plans = [short, patient("cut/http"), patient("waiting/http")];
    let settings = RunSettings { deadline: Span::from_ms(400), concurrency: 2, per_host: 1, ..run() };
    let began = Instant::now();
    let looked = look_all(&plans, &settings, &[]);
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    assert!(looked.took >= Span::from_ms(400));
    insta::assert_snapshot!(told(&looked).join("\n"), @r"
    short/http down first_byte: no answer within 150 ms after the request was sent
    cut/http unknown -: not reached before the round's deadline
    waiting/http unknown -: not reached before the round's deadline
    ");
    let tries: Vec<_> = looked.looks.iter().map(|look| look.first.tries).collect();
    assert_eq!(tries, [1, 1, 0]);
}

#[test]
fn a_try_that_failed_is_evidence_although_the_next_is_cut() {
    let (url, _) = slow(3000);
    let plan = Plan { timeout: Span::from_ms(250), retries: 3, ..http(&url, vec![]) };
    let looked = look_all(&[plan], &RunSettings { deadline: Span::from_ms(400), ..run() }, &[]);
    assert_eq!(told(&looked), ["web/probe down first_byte: no answer within 250 ms after the request was sent"]);
    assert_eq!(looked.looks[0].first.tries, 1);
}

#[test]
fn a_failed_try_is_followed_by_others_and_they_are_counted() {
    let seen = look(&Plan { retries: 3, ..http(&failing_first(2), vec![]) });
    assert_eq!((said(&seen).as_str(), seen.tries), ("up", 3));
    let seen = look(&Plan { retries: 1, ..http(&failing_first(9), vec![]) });
    assert_eq!((said(&seen).as_str(), seen.tries), ("down status: the answer was 503 Service Unavailable", 2));
}

#[test]
fn a_bad_look_that_is_not_confirmed_is_followed_by_a_second() {
    let wait = Some(Span::from_ms(120));
    let check = |bad_row: Option<(u32, i64)>, open_after: u32, confirm_after, expected: &str| {
        let plan = Plan { open_after, confirm_after, ..http(&failing_first(1), vec![]) };
        let past = bad_row.map(|(bad_row, secs)| ("web/probe", Past { at: now() - Span::from_secs(secs), bad_row }));
        let looked = look_all(&[plan], &run(), past.as_slice());
        let short = told(&looked)[0].replace("web/probe down status: the answer was 503 Service Unavailable", "down");
        assert_eq!(short, expected, "{bad_row:?} {open_after}");
        if let Some((after, _)) = &looked.looks[0].second {
            assert!((120..1000).contains(&after.ms()), "{after}");
        }
    };
    check(None, 2, wait, "down; then up");
    check(Some((0, 60)), 2, wait, "down; then up");
    check(Some((1, 60)), 3, wait, "down; then up");
    // Confirmed already, or confirmed with this look.
    check(Some((1, 60)), 2, wait, "down");
    check(Some((5, 60)), 2, wait, "down");
    check(None, 1, wait, "down");
    // The last look vouches no more: the row begins anew.
    check(Some((1, 151)), 2, wait, "down; then up");
    check(None, 2, None, "down");
    // The deadline leaves no room.
    check(None, 2, Some(Span::from_secs(10)), "down");
}

#[test]
fn a_second_look_that_the_deadline_cuts_is_not_journaled() {
    let count = AtomicUsize::new(0);
    let address = serve_http(move |_, s| {
        if count.fetch_add(1, Ordering::SeqCst) > 0 {
            sleep(Duration::from_secs(2));
        }
        answer(s, "500 Internal Server Error", "", b"");
    });
    let plan = Plan {
        confirm_after: Some(Span::from_ms(100)),
        timeout: Span::from_secs(9),
        ..http(&format!("http://{address}/"), vec![])
    };
    let looked = look_all(&[plan], &RunSettings { deadline: Span::from_ms(400), ..run() }, &[]);
    assert_eq!(told(&looked), ["web/probe down status: the answer was 500 Internal Server Error"]);
}

#[test]
fn a_probe_with_every_looks_when_it_is_due_give_or_take_half_an_interval() {
    let every = |secs_ago: i64| {
        let plan = Plan { every: Some(Span::from_mins(5)), ..plan("web/probe") };
        let past = Past { at: now() - Span::from_secs(secs_ago), bad_row: 0 };
        look_all(&[plan], &run(), &[("web/probe", past)]).looks.len()
    };
    assert_eq!([60, 240, 269, 270, 299, 300, 600].map(every), [0, 0, 0, 1, 1, 1, 1]);
    // The clock went back: a last look in the future holds up nothing.
    assert_eq!(every(-86_400), 1);
    assert_eq!(look_all(&[Plan { every: Some(Span::from_mins(5)), ..plan("web/probe") }], &run(), &[]).looks.len(), 1);
}

#[test]
fn a_round_is_blind_only_when_every_canary_fails() {
    let good = || {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        (canary(serve(move |_s| _ = counted.fetch_add(1, Ordering::SeqCst))), asked)
    };
    let dead = || canary(nobody());
    let check = |plan: Plan, canaries: Vec<Canary>, expected: bool| {
        let looked = look_all(&[plan], &RunSettings { canaries, ..run() }, &[]);
        assert_eq!(looked.blind.is_some(), expected);
        told(&looked).remove(0)
    };
    let bad = || http(&format!("http://{}/", nobody()), vec![]);
    check(bad(), vec![], false);
    check(bad(), vec![dead(), good().0], false);
    // What was observed stays; the cut of the round makes it unknown.
    assert_eq!(check(bad(), vec![dead(), dead()], true), "web/probe down connect: the connection was refused");
    // A round in which all is well asks nobody.
    let (good, asked) = good();
    check(http(&failing_first(0), vec![]), vec![good, dead()], false);
    sleep(Duration::from_millis(50));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// A server whose answers bear a date.
fn dated(date: &'static str) -> u16 {
    serve_http(move |_, s| answer(s, "200 OK", &format!("Date: {date}\r\n"), b"")).port()
}

#[test]
fn a_round_under_a_wrong_clock_is_blind_where_something_looks_bad() {
    let (right, earlier) = ("Mon, 23 Nov 2026 17:00:01 GMT", "Mon, 23 Nov 2026 14:00:00 GMT");
    let file = tempfile::NamedTempFile::new().unwrap();
    let old = (now() - Span::from_mins(180)).utc();
    file.as_file().set_modified(old.into()).unwrap();
    let keys = vec![
        ("file", crate::probe::testing::text(file.path().to_str().unwrap())),
        ("max_age", crate::model::Given::Span(Some(Span::from_mins(5)))),
    ];
    let worker = || named("worker/beat", crate::probe::testing::probe(&crate::probe::heartbeat::INFO, keys.clone()));
    let server =
        |host: &str, date| named(&format!("web/{host}"), http(&format!("http://{host}:{}/", dated(date)), vec![]));
    let blind = |plans: &[Plan]| look_all(plans, &run(), &[]).blind.unwrap_or_default();
    let wrong = "the clock of the place that looks is 3 h ahead of what the answers of 2 servers say";
    let both = [server("127.0.0.1", earlier), server("localhost", earlier)];
    assert_eq!(blind(&[&both[..], &[worker()]].concat()), wrong);
    assert_eq!(blind(&both), "", "all is well");
    assert_eq!(blind(&[both[0].clone(), worker()]), "", "one server may itself be wrong");
    assert_eq!(blind(&[both[0].clone(), server("localhost", right), worker()]), "");
    assert_eq!(blind(&[server("127.0.0.1", right), server("localhost", right), worker()]), "");
}

#[test]
fn whoever_watches_hears_each_look_begin_and_end() {
    let heard = std::cell::RefCell::new(Vec::new());
    let told = |progress: Progress<'_>| {
        heard.borrow_mut().push(match progress {
            Progress::Begun(key) => format!("{key} begins"),
            Progress::Ended { key, seen, again: None } => format!("{key} {}", seen.verdict.word()),
            Progress::Ended { key, seen, again: Some(wait) } => {
                format!("{key} {}, again in {wait}", seen.verdict.word())
            }
        });
    };
    let plan = Plan { confirm_after: Some(Span::from_ms(50)), ..http(&failing_first(1), vec![]) };
    let watch = Watch { tell: Some(&told), explain: false };
    let looked = round(&[plan], &run(), &std::collections::BTreeMap::new(), now(), watch);
    let lines = ["begins", "down, again in 50 ms", "begins", "up"];
    assert_eq!(*heard.borrow(), lines.map(|line| format!("web/probe {line}")));
    assert!(looked.looks[0].first.checked.is_empty(), "nobody asked for it");
}

#[test]
fn what_each_assertion_said_is_kept_where_that_is_asked_for() {
    let info = &crate::probe::http::INFO;
    let sources = |sources: &[&str]| sources.iter().map(|s| crate::probe::testing::assertion(info, s)).collect();
    let explained = |url: &str| -> Observation {
        let plan = Plan {
            expect: sources(&["status == 200", "json.depth < 5 && status < 300", "body != 'hush-hush-hush'"]),
            degraded_if: sources(&["latency > duration('1h')", "certificate.expires_in < duration('1h')"]),
            ..http(url, vec![("bearer", crate::probe::testing::secret("hush-hush-hush"))])
        };
        let watch = Watch { tell: None, explain: true };
        round(&[plan], &run(), &std::collections::BTreeMap::new(), now(), watch).looks.remove(0).first
    };
    let said = |seen: &Observation| -> Vec<String> {
        let one = |c: &crate::probe::Checked| format!("{} {} {:?} {}", c.rule, c.source, c.holds, c.got);
        seen.checked.iter().map(one).collect()
    };
    let url =
        format!("http://{}/", serve_http(|_, s| answer(s, "200 OK", "", br#"{"depth": 7, "is": "hush-hush-hush"}"#)));
    let seen = explained(&url);
    let mut lines = said(&seen);
    let (before, _) = lines[3].rsplit_once("(false)").unwrap();
    lines[3] = format!("{before}(false)");
    assert_eq!(
        lines,
        [
            "expect status == 200 Some(true) 200",
            "expect json.depth < 5 && status < 300 Some(false) json.depth = 7, status = 200",
            r#"expect body != '***' Some(true) '{"depth": 7, "is": "***"}'"#,
            "degraded_if latency > duration('1h') Some(false)",
            "degraded_if certificate.expires_in < duration('1h') None certificate is missing",
        ]
    );
    let nothing = explained(&format!("http://{}/", nobody()));
    assert!(said(&nothing).iter().all(|line| line.ends_with(" None there was nothing to judge")), "{nothing:?}");
}
