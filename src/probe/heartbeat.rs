//! Reads the age of a file that a worker touches: the dead man's switch. Silence is the failure.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Instant, UNIX_EPOCH};

use super::saw::{Ask, Saw, waited};
use super::trouble::Trouble;
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Field, Type, Value};
use crate::model::{Givens, Key, Moment, Refusal, Span, Takes};

/// A sign of life this far ahead of our clock is a clock that goes wrong, not a worker that lives.
const AHEAD: Span = Span::from_mins(1);

/// Which file, and how old it may be.
#[derive(Clone, Debug)]
pub struct Options {
    file: PathBuf,
    max_age: Span,
}

const KEYS: &[Key] = &[
    Key {
        name: "file",
        takes: Takes::Text,
        required: true,
        doc: "The file that is touched at each sign of life. A relative path begins at the site's folder.",
    },
    Key {
        name: "max_age",
        takes: Takes::Span(1000, 366 * 86_400_000),
        required: true,
        doc: "How old the last sign of life may be, 1s to 366d.",
    },
];

const FIELDS: &[Field] =
    &[Field { name: "age", ty: Type::Duration, unit: Some("ms"), doc: "The time since the file was last touched." }];

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "heartbeat",
    doc: "Watches the age of a file that a worker touches. Older than `max_age`, or missing, is down.",
    keys: KEYS,
    fields: FIELDS,
    read,
};

impl Aimed for Options {
    fn in_site(&mut self, site: &Path) {
        self.file = site.join(&self.file);
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let file = given.text("file").unwrap_or_default();
    if file.trim().is_empty() {
        return Err(vec![Refusal::new("file", "the path is empty", "name the file that the worker touches")]);
    }
    Ok(Kind::Heartbeat(Options { file: file.into(), max_age: given.span("max_age").unwrap_or(Span::ZERO) }))
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    let began = Instant::now();
    // Not on this thread: a file on a dead network mount blocks whoever asks for it.
    let asked = tokio::time::timeout(ask.timeout(), tokio::fs::metadata(&options.file)).await;
    let mut story = vec![format!("file {}", options.file.display())];
    let touched = match asked {
        Err(_) => {
            let why = format!("this machine could not read the heartbeat within {}", waited(ask.timeout()));
            Err(Trouble::ours("file", why))
        }
        Ok(Err(e)) => {
            story.push(format!("error: {e}"));
            Err(match e.kind() {
                ErrorKind::NotFound => Trouble::down("file", "there is no sign of life: the heartbeat is missing"),
                _ => Trouble::ours("file", "this machine may not read the heartbeat"),
            })
        }
        Ok(Ok(file)) => file.modified().map_err(|_| Trouble::ours("file", "the heartbeat has no time")),
    };
    let mut saw = Saw::ended(began, story);
    saw.trouble = match touched {
        Err(trouble) => Some(trouble),
        Ok(time) => {
            let touched = match time.duration_since(UNIX_EPOCH) {
                Ok(after) => Moment::from_ms(after.as_millis() as i64),
                Err(before) => Moment::from_ms(-(before.duration().as_millis() as i64)),
            };
            saw.story.push(format!("touched {touched}"));
            let age = ask.now - touched;
            saw.facts.insert("age".into(), Value::Duration(age.max(Span::ZERO)));
            judged(age, options.max_age)
        }
    };
    saw
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
    use crate::probe::testing::{look, now, probe, said, text};

    fn check(path: &Path, age_secs: Option<i64>, expected: &str) {
        if let Some(secs) = age_secs {
            let touched = UNIX_EPOCH + Duration::from_millis((now() - Span::from_secs(secs)).ms() as u64);
            std::fs::File::create(path).unwrap().set_modified(touched).unwrap();
        }
        let keys = vec![("file", text(path.to_str().unwrap())), ("max_age", Given::Span(Some(Span::from_mins(5))))];
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
        let keys = vec![("file", text("beats/worker")), ("max_age", Given::Span(Some(Span::from_mins(5))))];
        let mut kind = probe(&INFO, keys).kind;
        kind.in_site(Path::new("/srv/site"));
        assert!(format!("{kind:?}").contains("/srv/site/beats/worker"), "{kind:?}");
    }
}
