//! What really leaves: a real listener that answers, fails, hangs and resets; a real program that does the same.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel as queue};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::model::{Body, Given, Secret, Span, Witness};

use super::super::{Channel, Delivery, Refused, plan, send, tell};
use super::{at, channel, event};

/// One request as it arrived.
struct Arrived {
    headers: BTreeMap<String, String>,
    body: String,
}

/// A server on loopback that does what the path says.
fn listener() -> (SocketAddr, Receiver<Arrived>) {
    let (tell, arrived) = queue();
    let (ready, address) = queue();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            ready.send(listener.local_addr().unwrap()).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let tell = tell.clone();
                tokio::spawn(async move {
                    let serve = hyper::service::service_fn(move |request| answer(request, tell.clone()));
                    let _ =
                        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), serve).await;
                });
            }
        });
    });
    (address.recv().unwrap(), arrived)
}

/// An error in the answer's place makes hyper drop the connection.
#[derive(Debug)]
struct Reset;

impl std::fmt::Display for Reset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("reset")
    }
}

impl std::error::Error for Reset {}

async fn answer(request: Request<Incoming>, tell: Sender<Arrived>) -> Result<Response<Full<Bytes>>, Reset> {
    let path = request.uri().path().to_owned();
    let text = |v: &hyper::header::HeaderValue| v.to_str().unwrap_or_default().to_owned();
    let headers = request.headers().iter().map(|(k, v)| (k.to_string(), text(v))).collect();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let _ = tell.send(Arrived { headers, body: String::from_utf8_lossy(&body).into_owned() });
    let status = match path.as_str() {
        "/hang" => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            200
        }
        "/reset" => return Err(Reset),
        path => path.trim_start_matches('/').split('/').next().and_then(|p| p.parse().ok()).unwrap_or(200),
    };
    let answer = Response::builder().status(status).header("location", "/200");
    Ok(answer.body(Full::new(Bytes::from(format!("you said\n{path}\nto me")))).unwrap())
}

fn hook(url: &str, more: Vec<(&'static str, Given)>) -> Channel {
    let mut options =
        vec![("url", Given::Secret(Secret::new(url))), ("timeout", Given::Span(Some(Span::from_ms(400))))];
    options.extend(more);
    channel("webhook", options)
}

fn program(words: &[&str], timeout_ms: i64) -> Channel {
    let words = words.iter().map(|w| Secret::new(*w)).collect();
    channel(
        "command",
        vec![("command", Given::Secrets(words)), ("timeout", Given::Span(Some(Span::from_ms(timeout_ms))))],
    )
}

fn delivery(channel: Channel) -> Delivery {
    Delivery {
        channel,
        id: "2026-11-23-web/open".to_owned(),
        attempt: 2,
        now: at("09:00:00"),
        internal: false,
        events: vec![event("2026-11-23-web/open", at("09:00:00"))],
        digest: false,
    }
}

fn heads() -> Vec<Witness> {
    let ends = |chain: &str, n, head: &str| Witness { chain: chain.into(), n, head: head.into(), closed: None };
    vec![ends("local", 812, "ab12"), ends("local+internal", 3, "cd34")]
}

/// What came of it: "taken", "no: …", "never: …".
fn check(channel: Channel) -> String {
    match send(&delivery(channel), &heads()) {
        Ok(()) => "taken".to_owned(),
        Err(Refused { text, for_good }) => format!("{}: {text}", if for_good { "never" } else { "no" }),
    }
}

#[test]
fn a_webhook_says_what_came_of_it() {
    let (address, _arrived) = listener();
    let say = |path: &str| check(hook(&format!("http://{address}{path}"), Vec::new()));
    assert_eq!(say("/200"), "taken");
    assert_eq!(say("/204"), "taken");
    assert_eq!(say("/500"), "no: the receiver answered 500: you said /500 to me");
    assert_eq!(say("/429"), "no: the receiver answered 429: you said /429 to me");
    assert_eq!(say("/400"), "never: the receiver answered 400: you said /400 to me");
    assert_eq!(say("/302"), "no: the receiver answered 302: you said /302 to me");
    assert_eq!(say("/hang"), "no: no answer within 400 ms");
    assert!(say("/reset").starts_with("no: the connection broke: "), "{}", say("/reset"));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(check(hook(&format!("http://{closed}/"), Vec::new())).starts_with("no: no connection: "));
}

#[test]
fn law_8_a_refusal_holds_no_secret() {
    let (address, _arrived) = listener();
    let token = Given::SecretMap(vec![("authorization".to_owned(), Secret::new("Bearer hush-hush"))]);
    let said = check(hook(&format!("http://{address}/500/T0KEN-T0KEN"), vec![("headers", token)]));
    assert_eq!(said, "no: the receiver answered 500: you said /500/*** to me");
    let said = check(program(&["/bin/sh", "-c", "echo my $0 is $1 >&2; exit 3", "page", "hush-hush"], 5_000));
    assert_eq!(said, "no: the command ended with exit code 3: my *** is ***");
}

#[test]
fn the_payload_is_signed_and_carries_the_heads() {
    let (address, arrived) = listener();
    let secret = Given::Secret(Secret::new("key"));
    assert_eq!(check(hook(&format!("http://{address}/200"), vec![("secret", secret)])), "taken");
    let got = arrived.recv().unwrap();
    let header = |name: &str| got.headers[name].as_str();
    assert_eq!((header("statuary-event"), header("idempotency-key")), ("opened", "2026-11-23-web/open"));
    assert_eq!((header("content-type"), header("statuary-timestamp")), ("application/json", "1795424400"));
    let signed = super::super::webhook::signature(&Secret::new("key"), at("09:00:00"), got.body.as_bytes());
    assert_eq!(header("statuary-signature"), signed);
    insta::assert_snapshot!(got.body, @r#"{"version":1,"id":"2026-11-23-web/open","event":"opened","attempt":2,"repeated":true,"at":"2026-11-23T09:00:00.000Z","site":{"title":"","url":""},"title":"inside","text":"inside: 2026-11-23-web/open","journal":[{"chain":"local","n":812,"head":"ab12"}]}"#);
}

#[test]
fn the_signature_is_hmac_sha_256_as_anyone_computes_it() {
    // printf '0.{}' | openssl dgst -sha256 -hmac key
    let signature = super::super::webhook::signature(&Secret::new("key"), crate::model::Moment::default(), b"{}");
    insta::assert_snapshot!(signature, @"sha256=7314351dd949aa7ec06f50fc2c96e618291447672c9b7f10b49d1ce46dad00b3");
}

#[test]
fn a_command_gets_the_event_and_its_exit_code_decides() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let save = format!("cat > {}; echo \"$STATUARY_EVENT $STATUARY_ID\" >> {}", out.display(), out.display());
    assert_eq!(check(program(&["/bin/sh", "-c", &save], 5_000)), "taken");
    let got = std::fs::read_to_string(&out).unwrap();
    assert!(got.starts_with("{\"version\":1,\"id\":\"2026-11-23-web/open\",\"event\":\"opened\""), "{got}");
    assert!(got.ends_with("\nopened 2026-11-23-web/open\n"), "{got}");
    assert_eq!(check(program(&["/bin/sh", "-c", "exit 7"], 5_000)), "no: the command ended with exit code 7");
    assert!(check(program(&["/no/such/program"], 5_000)).starts_with("no: the command could not be started: "));
    // One that says much is heard to the end, and quoted to a bound.
    let said = check(program(&["/bin/sh", "-c", "yes | head -c 300000 >&2; exit 1"], 5_000));
    assert!((100..500).contains(&said.len()), "{said}");
}

#[test]
fn a_commands_own_path_is_taken_from_the_sites_folder() {
    use std::os::unix::fs::PermissionsExt;
    let site = tempfile::tempdir().unwrap();
    let script = site.path().join("page-me");
    std::fs::write(&script, "#!/bin/sh\ncat > told-here\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut channel = program(&["./page-me"], 5_000);
    channel.kind.in_site(site.path());
    assert_eq!(check(channel), "taken");
    assert!(site.path().join("told-here").exists());
}

#[test]
fn a_command_that_hangs_is_killed_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let alive = folder.path().join("alive");
    // The child would write a second later; it must not live to do so.
    let script = format!("(sleep 1; touch {}) & sleep 30", alive.display());
    let began = Instant::now();
    assert_eq!(
        check(program(&["/bin/sh", "-c", &script], 300)),
        "no: the command ran longer than 300 ms and was killed"
    );
    assert!(began.elapsed() < Duration::from_secs(3));
    std::thread::sleep(Duration::from_millis(1_300));
    assert!(!alive.exists());
}

#[test]
fn a_try_is_saved_before_it_is_sent_and_a_dead_channel_costs_one_timeout() {
    let (address, arrived) = listener();
    let events: Vec<_> = (0..5).map(|i| event(&format!("e{i}"), at("09:00:00"))).collect();
    let mut dead = hook(&format!("http://{address}/hang"), Vec::new());
    dead.id = "dead".to_owned();
    let good = hook(&format!("http://{address}/200"), Vec::new());
    let seen = ["dead", "ops"].map(|id| super::record(0, at("08:00:00"), Body::Channel(id.to_owned())));
    let (_, deliveries) = plan(&[dead, good], &events, &seen, at("09:00:00"));
    let mut saved = Vec::new();
    let told = tell::<Infallible>(&deliveries, &heads(), &mut |_, bodies| {
        saved.extend(bodies);
        Ok(())
    });
    let told = told.unwrap_or_else(|e| match e {});
    assert_eq!(told.iter().filter(|t| t.channel == "dead").count(), 1);
    assert_eq!(told.iter().filter(|t| t.result.is_ok()).count(), 5);
    let story: Vec<&str> = saved
        .iter()
        .map(|b| match b {
            Body::Try(t) if t.why.is_none() => "try",
            Body::Try(_) => "refused",
            Body::Sent(_) => "sent",
            _ => "?",
        })
        .collect();
    assert_eq!(story[..4], ["try", "refused", "try", "sent"]);
    assert_eq!(story.len(), 12);
    drop(arrived);
    // What cannot be remembered is not sent.
    let (address, arrived) = listener();
    let (_, deliveries) = plan(&[hook(&format!("http://{address}/200"), Vec::new())], &events, &seen, at("09:00:00"));
    assert_eq!(tell(&deliveries, &heads(), &mut |_, _| Err("disk full")), Err("disk full"));
    assert!(arrived.try_recv().is_err());
}
