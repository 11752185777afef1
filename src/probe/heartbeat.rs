//! Reads the age of a worker's last sign of life: the dead man's switch. Silence is the failure.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Instant, UNIX_EPOCH};

use chrono::DateTime;

use super::redis::Server;
use super::saw::{Ask, Saw, waited};
use super::trouble::Trouble;
use super::{Aimed, Kind, KindInfo, http, wire};
use crate::expr::{Facts, Field, Value};
use crate::model::{Givens, Key, Moment, Refusal, Secret, Span, Takes};

/// A sign of life this far ahead of our clock is a clock that goes wrong, not a worker that lives.
const AHEAD: Span = Span::from_mins(1);

/// A number from here on counts milliseconds, not seconds: as seconds it would be the year 5138.
const LEAST_MS: f64 = 1e11;

/// The longest text that is read as a time, in bytes.
const TIME_BYTES: usize = 64;

const MISSING: &str = "there is no sign of life: the heartbeat is missing";

/// Where the sign of life is, and how old it may be.
#[derive(Clone, Debug)]
pub struct Options {
    source: Source,
    max_age: Span,
}

#[derive(Clone, Debug)]
enum Source {
    /// When it was last touched.
    File(PathBuf),
    /// The time that it tells.
    Page { request: Box<http::Options>, field: Option<String> },
    /// The time that a key holds.
    Redis { server: Box<Server>, key: String },
}

const KEYS: &[Key] = &[
    Key::may(
        "file",
        Takes::Text,
        "The file that is touched at each sign of life. A relative path begins at the site's folder.",
    ),
    Key::may(
        "url",
        Takes::Secret,
        "An http or https address that tells the time of the last sign of life: its body, or its Last-Modified.",
    ),
    Key::may("field", Takes::Text, "The field of the JSON at `url` that holds the time, as a dotted path."),
    Key::may("redis", Takes::Secret, "A Redis server, as the kind `redis` takes it, that holds the time in `key`."),
    Key::may("key", Takes::Text, "The key at `redis` that holds the time."),
    Key::may("ca_file", Takes::Text, "A PEM file with roots to trust beside the system's, for `url` and `redis`."),
    Key::must("max_age", Takes::Span(1000, 366 * 86_400_000), "How old the last sign of life may be, 1s to 366d."),
];

const FIELDS: &[Field] = &[Field::span("age", "The time since the last sign of life.")];

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "heartbeat",
    doc: "Watches the age of a worker's sign of life: a file that it touches, or a time that it writes, in Unix \
          seconds or milliseconds or as a date (RFC 3339, RFC 9110). Older than `max_age`, or missing, is down.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

impl Aimed for Options {
    fn host(&self) -> Option<String> {
        match &self.source {
            Source::File(_) => None,
            Source::Page { request, .. } => request.host(),
            Source::Redis { server, .. } => Some(server.host().to_owned()),
        }
    }

    fn secrets(&self) -> &[Secret] {
        match &self.source {
            Source::File(_) => &[],
            Source::Page { request, .. } => request.secrets(),
            Source::Redis { server, .. } => server.secrets(),
        }
    }

    fn in_site(&mut self, site: &Path) {
        match &mut self.source {
            Source::File(file) => *file = site.join(&*file),
            Source::Page { request, .. } => request.in_site(site),
            Source::Redis { server, .. } => server.in_site(site),
        }
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let refuse = |key, text: &str, help: &str| Err(vec![Refusal::new(key, text, help)]);
    let (file, url, redis) = (given.text("file"), given.secret("url"), given.secret("redis"));
    let (field, key, ca_file) = (given.text("field"), given.text("key"), given.text("ca_file"));
    if field.is_some() && url.is_none() {
        return refuse("field", "a field is read from the JSON at `url`", "add `url`, or leave `field` away");
    }
    if key.is_some() && redis.is_none() {
        return refuse("key", "a key is read from a Redis server", "add `redis`, or leave `key` away");
    }
    let source = match (file, url, redis) {
        (Some(file), None, None) if file.trim().is_empty() => {
            return refuse("file", "the path is empty", "name the file that the worker touches");
        }
        (Some(file), None, None) => Source::File(file.into()),
        (None, Some(url), None) => {
            let request = Box::new(http::page(url, "url", ca_file)?);
            Source::Page { request, field: field.map(str::to_owned) }
        }
        (None, None, Some(redis)) => {
            let Some(key) = key else {
                return refuse("redis", "it is not said which key holds the time", "add `key = \"…\"`");
            };
            let server = Server::read(redis, "redis", ca_file).map_err(|refusal| vec![refusal])?;
            Source::Redis { server: Box::new(server), key: key.to_owned() }
        }
        (None, None, None) => {
            let help = "add one of `file`, `url` and `redis`";
            return refuse("max_age", "it is not said where the sign of life is", help);
        }
        (_, Some(_), _) => {
            return refuse("url", "there are two signs of life", "keep one of `file`, `url` and `redis`");
        }
        _ => return refuse("redis", "there are two signs of life", "keep one of `file`, `url` and `redis`"),
    };
    Ok(Kind::Heartbeat(Options { source, max_age: given.span("max_age").unwrap_or(Span::ZERO) }))
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    let (mut saw, sign) = match &options.source {
        Source::File(file) => touched(file, ask).await,
        Source::Page { request, field } => told(request, field.as_deref(), ask).await,
        Source::Redis { server, key } => kept(server, key, ask).await,
    };
    if let Some(sign) = sign {
        saw.story.push(format!("sign of life {sign}"));
        let age = ask.now - sign;
        saw.facts.insert("age".into(), Value::Duration(age.max(Span::ZERO)));
        saw.trouble = judged(age, options.max_age);
    }
    saw
}

/// When a file was touched.
async fn touched(file: &Path, ask: &Ask<'_>) -> (Saw, Option<Moment>) {
    let began = Instant::now();
    // Not on this thread: a file on a dead network mount blocks whoever asks for it.
    let asked = tokio::time::timeout(ask.timeout(), tokio::fs::metadata(file)).await;
    let mut story = vec![format!("file {}", file.display())];
    let time = match asked {
        Err(_) => {
            let why = format!("this machine could not read the heartbeat within {}", waited(ask.timeout()));
            Err(Trouble::ours("file", why))
        }
        Ok(Err(e)) => {
            story.push(format!("error: {e}"));
            Err(match e.kind() {
                ErrorKind::NotFound => Trouble::down("file", MISSING),
                _ => Trouble::ours("file", "this machine may not read the heartbeat"),
            })
        }
        Ok(Ok(file)) => file.modified().map_err(|_| Trouble::ours("file", "the heartbeat has no time")),
    };
    let mut saw = Saw::ended(began, story);
    match time {
        Err(trouble) => {
            saw.trouble = Some(trouble);
            (saw, None)
        }
        Ok(time) => {
            let ms = match time.duration_since(UNIX_EPOCH) {
                Ok(after) => after.as_millis() as i64,
                Err(before) => -(before.duration().as_millis() as i64),
            };
            (saw, Some(Moment::from_ms(ms)))
        }
    }
}

/// The time that a page tells.
async fn told(request: &http::Options, field: Option<&str>, ask: &Ask<'_>) -> (Saw, Option<Moment>) {
    let (mut saw, body) = http::fetch(request, ask).await;
    let seen = std::mem::take(&mut saw.facts);
    saw.trouble = saw.trouble.take().or(saw.unexpected.take());
    if saw.trouble.is_some() {
        return (saw, None);
    }
    let sign = match field {
        None => {
            let said = std::str::from_utf8(&body).ok().and_then(time);
            let modified = || match crate::expr::lookup(&seen, "headers.last-modified") {
                Some(Value::Text(date)) => time(date),
                _ => None,
            };
            said.or_else(modified).ok_or_else(|| "the page tells no time".to_owned())
        }
        Some(field) => match serde_json::from_slice(&body).map(Value::from_json) {
            Err(e) => {
                saw.story.push(format!("error: {e}"));
                Err("the page is no JSON".to_owned())
            }
            Ok(json) => match json.lookup(field) {
                None | Some(Value::Null) => Err(format!("the page has no `{field}`")),
                Some(Value::Text(text)) => time(text).ok_or_else(|| format!("`{field}` holds no time")),
                Some(value) => value.as_number().and_then(count).ok_or_else(|| format!("`{field}` holds no time")),
            },
        },
    };
    let sign = sign.map_err(|why| saw.trouble = Some(Trouble::down("age", why)));
    (saw, sign.ok())
}

/// The time that a key holds.
async fn kept(server: &Server, key: &str, ask: &Ask<'_>) -> (Saw, Option<Moment>) {
    let mut sign = None;
    let saw = wire::talk(ask, async |wire| {
        let mut session = server.enter(wire, ask).await?;
        wire.enter("key", "connected, but no answer to GET within {}");
        let Some(text) = session.agreed(&["GET", key], wire).await? else { return Err(wire.down(MISSING)) };
        sign = Some(time(&text).ok_or_else(|| wire.down("the key holds no time"))?);
        Ok(())
    });
    let mut saw = saw.await;
    saw.facts = Facts::new();
    (saw, sign)
}

/// A time as programs write it: Unix seconds or milliseconds, RFC 3339, or the date of HTTP and mail.
fn time(text: &str) -> Option<Moment> {
    let text = text.trim();
    if text.len() > TIME_BYTES {
        return None;
    }
    if let Ok(number) = text.parse::<f64>() {
        return count(number);
    }
    let date = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)).ok()?;
    Some(Moment::from_ms(date.timestamp_millis()))
}

fn count(number: f64) -> Option<Moment> {
    let ms = if number >= LEAST_MS { number } else { number * 1000.0 };
    (ms.is_finite() && ms > 0.0 && ms < LEAST_MS * 1000.0).then(|| Moment::from_ms(ms as i64))
}

fn judged(age: Span, max_age: Span) -> Option<Trouble> {
    if Span::ZERO - age > AHEAD {
        let ahead = Span::ZERO - age;
        return Some(Trouble::ours("age", format!("the heartbeat lies {ahead} in the future: a clock is wrong")));
    }
    (age > max_age)
        .then(|| Trouble::down("age", format!("the last sign of life is {age} old; at most {max_age} is allowed")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::Given;
    use crate::probe::testing::{answer, look, now, probe, refused, said, secret, serve, serve_http, text};

    fn check(path: &Path, age_secs: Option<i64>, expected: &str) {
        if let Some(secs) = age_secs {
            let touched = UNIX_EPOCH + Duration::from_millis((now() - Span::from_secs(secs)).ms() as u64);
            std::fs::File::create(path).unwrap().set_modified(touched).unwrap();
        }
        let keys = vec![("file", text(path.to_str().unwrap())), FIVE];
        let mut plan = probe(&INFO, keys);
        plan.record = vec!["age".to_owned()];
        let seen = look(&plan);
        assert_eq!(said(&seen), expected);
        assert!(seen.detail.contains(path.to_str().unwrap()), "{}", seen.detail);
        if let Some(secs) = age_secs {
            let age = seen.rec[0].1;
            // The look comes some milliseconds after the round's moment.
            assert!((0.0..5000.0).contains(&(age - (secs.max(0) * 1000) as f64)), "{age}");
        }
    }

    #[test]
    fn a_heartbeat_is_judged_by_its_age() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("worker");
        check(&file, None, "down file: there is no sign of life: the heartbeat is missing");
        check(&file, Some(0), "up");
        check(&file, Some(290), "up");
        check(&file, Some(7 * 60), "down age: the last sign of life is 7 min old; at most 5 min is allowed");
        // Clocks of two machines differ a little.
        check(&file, Some(-50), "up");
        check(&file, Some(-600), "unknown age: the heartbeat lies 10 min in the future: a clock is wrong");
    }

    #[test]
    fn a_relative_path_begins_at_the_sites_folder() {
        let keys = vec![("file", text("beats/worker")), FIVE];
        let mut kind = probe(&INFO, keys).kind;
        kind.in_site(Path::new("/srv/site"));
        assert!(format!("{kind:?}").contains("/srv/site/beats/worker"), "{kind:?}");
    }

    const FIVE: (&str, Given) = ("max_age", Given::Span(Some(Span::from_mins(5))));

    #[test]
    fn a_time_is_read_as_programs_write_it() {
        for (text, expected) in [
            ("1795453200", Some("2026-11-23T17:00:00Z")),
            ("1795453200.25\n", Some("2026-11-23T17:00:00.250Z")),
            ("1795453200000", Some("2026-11-23T17:00:00Z")),
            ("2026-11-23T09:00:00-08:00", Some("2026-11-23T17:00:00Z")),
            ("Mon, 23 Nov 2026 17:00:00 GMT", Some("2026-11-23T17:00:00Z")),
            ("", None),
            ("soon", None),
            ("NaN", None),
            ("inf", None),
            ("-5", None),
            ("1e300", None),
        ] {
            assert_eq!(time(text), expected.map(|e| Moment::parse_rfc3339(e).unwrap()), "{text}");
        }
        assert_eq!(time(&"1".repeat(1 << 20)), None);
    }

    #[test]
    fn a_page_tells_the_time_in_its_body_its_header_or_a_field() {
        let page = |status: &'static str, headers: &'static str, body: &'static str| {
            let address = serve_http(move |_, stream| answer(stream, status, headers, body.as_bytes()));
            secret(&format!("http://{address}/beats?token=s3cret-token"))
        };
        let json = r#"{"workers": [{"beat": "2026-11-23T16:58:00Z", "count": 7, "none": null, "ms": 1795452600000}]}"#;
        let modified = "Last-Modified: Mon, 23 Nov 2026 16:50:00 GMT\r\n";
        for (status, headers, body, field, expected) in [
            ("200 OK", "", "1795453200\n", None, "up"),
            (
                "200 OK",
                modified,
                "alive",
                None,
                "down age: the last sign of life is 10 min old; at most 5 min is allowed",
            ),
            ("200 OK", "", "alive", None, "down age: the page tells no time"),
            ("503 No", "", "1795453200", None, "down status: the answer was 503 Service Unavailable"),
            ("200 OK", "", json, Some("workers.0.beat"), "up"),
            (
                "200 OK",
                "",
                json,
                Some("workers.0.ms"),
                "down age: the last sign of life is 10 min old; at most 5 min is allowed",
            ),
            ("200 OK", "", json, Some("workers.1.beat"), "down age: the page has no `workers.1.beat`"),
            ("200 OK", "", json, Some("workers.0.none"), "down age: the page has no `workers.0.none`"),
            ("200 OK", "", json, Some("workers"), "down age: `workers` holds no time"),
            ("200 OK", "", "{", Some("beat"), "down age: the page is no JSON"),
        ] {
            let field = field.map(|field| ("field", text(field)));
            let plan = probe(&INFO, [("url", page(status, headers, body)), FIVE].into_iter().chain(field).collect());
            let seen = look(&plan);
            assert_eq!(said(&seen), expected, "{}", seen.detail);
            assert!(!format!("{plan:?}{seen:?}").contains("s3cret-token"), "{seen:?}");
        }
    }

    #[test]
    fn a_key_of_redis_holds_the_time() {
        use std::io::{Read, Write};
        let server = |value: &'static [u8]| {
            let address = serve(move |mut s| {
                let mut heard = [0; 64];
                let count = s.read(&mut heard).unwrap();
                assert_eq!(&heard[..count], b"*2\r\n$3\r\nGET\r\n$4\r\nbeat\r\n");
                let _ = s.write_all(value);
            });
            secret(&format!("redis://{address}"))
        };
        for (value, expected) in [
            (&b"$10\r\n1795453200\r\n"[..], "up"),
            (b"$-1\r\n", "down key: there is no sign of life: the heartbeat is missing"),
            (b"$5\r\nalive\r\n", "down key: the key holds no time"),
            (b"-WRONGTYPE Operation against a key\r\n", "down key: Redis answered with an error"),
        ] {
            let seen = look(&probe(&INFO, vec![("redis", server(value)), ("key", text("beat")), FIVE]));
            assert_eq!(said(&seen), expected, "{}", seen.detail);
        }
    }

    #[test]
    fn one_sign_of_life_is_wanted() {
        let (file, url) = (|| ("file", text("beat")), || ("url", secret("http://h/")));
        let said = [
            vec![FIVE],
            vec![file(), url(), FIVE],
            vec![file(), ("field", text("beat")), FIVE],
            vec![file(), ("key", text("beat")), FIVE],
            vec![("redis", secret("redis://h")), FIVE],
            vec![("redis", secret("h")), ("key", text("beat")), FIVE],
            vec![("url", secret("beats")), FIVE],
            vec![("file", text(" ")), FIVE],
        ]
        .map(|keys| refused(&INFO, keys));
        insta::assert_snapshot!(said.join("\n"), @r#"
        max_age: it is not said where the sign of life is (add one of `file`, `url` and `redis`)
        url: there are two signs of life (keep one of `file`, `url` and `redis`)
        field: a field is read from the JSON at `url` (add `url`, or leave `field` away)
        key: a key is read from a Redis server (add `redis`, or leave `key` away)
        redis: it is not said which key holds the time (add `key = "…"`)
        redis: this does not begin with `redis://` or `rediss://` (an address is `redis://host:6379/0`, with TLS `rediss://user:${PASSWORD}@host:6380/0`)
        url: this does not begin with `https://` or `http://` (an address begins with `https://` or `http://` and a host, such as "https://example.com/health")
        file: the path is empty (name the file that the worker touches)
        "#);
    }
}
