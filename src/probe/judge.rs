//! From what one try saw to a verdict, its reason in public words and the operator's story, both without secrets.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use super::saw::{KEPT_BYTES, Saw};
use super::trouble::Trouble;
use super::{Checked, Observation, Plan};
use crate::expr::{Assertion, Facts, Judgement, Value, lookup};
use crate::model::{Secret, Span, Verdict};

/// The longest reason, in characters. A page shows it in one or two lines.
const WHY_CHARS: usize = 240;

/// The longest story, in characters. It stands in the journal for as long as that lives.
const STORY_CHARS: usize = 4000;

/// So much of a secret's beginning, in bytes, is taken out before a `…`; twice as much at a text's end.
const BEGUN_BYTES: usize = 4;

/// How much of a text is searched beyond what is shown, in characters: what secrets leave moves up. One that is cut
/// here is known by its beginning.
const REACH: usize = 256;

/// The longest fact, in characters, that outlives the judgement.
const FACT_CHARS: usize = 1024;

/// All texts of the facts that outlive the judgement, in bytes.
const FACTS_BYTES: usize = 4 * KEPT_BYTES;

/// Said of an assertion where the look did not come so far.
const NOT_JUDGED: &str = "there was nothing to judge";

/// Judges one try. Its facts outlive that only where they are to be told: ten thousand looks are held at once.
pub(super) fn judge(plan: &Plan, mut saw: Saw, explain: bool) -> Observation {
    let trouble = saw.trouble.take().or_else(|| expected(plan, &mut saw)).or_else(|| degraded(plan, &mut saw));
    let secrets = plan.kind.secrets();
    let rec = plan.record.iter().filter_map(|path| Some((path.clone(), number(&saw.facts, path)?))).collect();
    let detail = beginning(secrets, &saw.story.join("\n"), STORY_CHARS);
    if explain {
        trim(&mut saw.facts, secrets);
    } else {
        saw.facts.clear();
    }
    Observation {
        verdict: trouble.as_ref().map_or(Verdict::Up, |t| t.is),
        ms: Some(u32::try_from(saw.took.as_millis()).unwrap_or(u32::MAX)),
        phase: trouble.as_ref().map(|t| t.phase),
        why: trouble.map_or_else(String::new, |t| public(&beginning(secrets, &t.why, 2 * WHY_CHARS))),
        detail,
        tries: 1,
        phases: saw.phases.iter().map(|(name, length)| (*name, Span::from(*length))).collect(),
        facts: saw.facts,
        checked: Vec::new(),
        rec,
    }
}

/// What each assertion says of one try, also those that the verdict did not need.
pub(super) fn checked(plan: &Plan, saw: &Saw) -> Vec<Checked> {
    let secrets = plan.kind.secrets();
    let expect = plan.expect.iter().map(|assertion| ("expect", assertion));
    let degraded_if = plan.degraded_if.iter().map(|assertion| ("degraded_if", assertion));
    let one = |(rule, assertion): (&'static str, &Assertion)| {
        let (holds, got) = match assertion.judge(&saw.facts) {
            _ if saw.trouble.is_some() => (None, NOT_JUDGED.to_owned()),
            Judgement::Holds => (Some(true), assertion.got(&saw.facts)),
            Judgement::Fails(_) => (Some(false), assertion.got(&saw.facts)),
            Judgement::Error(reason) => {
                let cannot = format!("cannot judge {}: ", assertion.source());
                (None, reason.strip_prefix(&cannot).unwrap_or(&reason).to_owned())
            }
        };
        Checked { rule, source: redact(secrets, assertion.source()), holds, got: beginning(secrets, &got, FACT_CHARS) }
    };
    expect.chain(degraded_if).map(one).collect()
}

/// What must hold. Without `expect` the kind's own rule counts.
fn expected(plan: &Plan, saw: &mut Saw) -> Option<Trouble> {
    if plan.expect.is_empty() {
        return saw.unexpected.take();
    }
    let mut first = None;
    for assertion in &plan.expect {
        let judged = assertion.judge(&saw.facts);
        let (Judgement::Fails(reason) | Judgement::Error(reason)) = &judged else { continue };
        let reason = reason.clone();
        saw.story.push(format!("expect `{}`: {reason}", assertion.source()));
        let says = assertion.says().filter(|_| !matches!(judged, Judgement::Error(_)));
        first.get_or_insert_with(|| Trouble::down("expect", shown(assertion.source(), says, reason)));
    }
    first
}

/// What makes it degraded. An assertion that cannot be judged does: it must not pass by accident.
fn degraded(plan: &Plan, saw: &mut Saw) -> Option<Trouble> {
    let mut first = None;
    for assertion in &plan.degraded_if {
        let source = assertion.source();
        let (says, reason) = match assertion.judge(&saw.facts) {
            Judgement::Fails(_) => continue,
            Judgement::Holds => (assertion.says(), assertion.observed(&saw.facts)),
            Judgement::Error(reason) => (None, reason),
        };
        saw.story.push(format!("degraded_if `{source}`: {reason}"));
        let why = shown(source, says, reason);
        first.get_or_insert(Trouble { is: Verdict::Degraded, phase: "degraded_if", why });
    }
    first
}

/// A reason as the public may read it: the operator's own words for it, where there are any; one about addresses says
/// only that it failed. The story has the rest.
fn shown(source: &str, says: Option<&str>, reason: String) -> String {
    if let Some(says) = says {
        return says.to_owned();
    }
    if source.contains("remote.address") { "an assertion about the address did not hold".to_owned() } else { reason }
}

/// A fact as a number: durations in milliseconds, true as 1. None where it is missing or no number.
fn number(facts: &Facts, path: &str) -> Option<f64> {
    let number = match lookup(facts, path)? {
        // A header is always a text, also where it counts something.
        Value::Text(text) if path.starts_with("headers.") => text.trim().parse().ok()?,
        value => value.as_number()?,
    };
    number.is_finite().then_some(number)
}

/// The beginning of a text without its secrets. What lies behind it is not searched: a target may say a megabyte, and
/// chose its words.
fn beginning(secrets: &[Secret], text: &str, most: usize) -> String {
    let shown = redact(secrets, &cut(text, most + REACH));
    cut(&shown, most).into_owned()
}

/// So many characters of a text at most, with a `…` where there is more.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    let end = text.char_indices().nth(most).map(|(end, _)| end);
    end.map_or(Cow::Borrowed(text), |end| Cow::Owned(format!("{}…", &text[..end])))
}

fn redact(secrets: &[Secret], text: &str) -> String {
    let known = secrets.iter().filter(|secret| text.contains(secret.expose()));
    let whole = known.fold(text.to_owned(), |text, secret| secret.redact(&text));
    let parts: Vec<&str> = whole.split('…').collect();
    let last = parts.len() - 1;
    // A text may have been cut in the middle of a secret: before a `…`, and at its end.
    let told = parts.iter().enumerate().map(|(i, part)| {
        let least = if i < last { BEGUN_BYTES } else { 2 * BEGUN_BYTES };
        let before = secrets.iter().find_map(|secret| without_beginning(secret.expose(), part, least));
        before.map_or(Cow::Borrowed(*part), |before| Cow::Owned(format!("{before}***")))
    });
    told.collect::<Vec<_>>().join("…")
}

/// What stands before the beginning of a secret that a text ends in, where that is `least` bytes or more.
fn without_beginning<'t>(secret: &str, text: &'t str, least: usize) -> Option<&'t str> {
    // An address begins with its host, which is none. What it holds of secrets are secrets by themselves.
    if secret.contains("://") {
        return None;
    }
    let end = (least..=secret.len()).find(|end| secret.is_char_boundary(*end))?;
    let mut begins = text.match_indices(&secret[..end]).map(|(at, _)| at);
    begins.find(|at| secret.starts_with(&text[*at..])).map(|at| &text[..at])
}

/// One line, not too long, with every address and URL taken out.
fn public(text: &str) -> String {
    let word = |c: char| !(c.is_whitespace() || "'\"`,;()<>".contains(c));
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while !rest.is_empty() {
        let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(length);
        let bare = token.trim_end_matches(['.', ':', '!', '?']).trim_matches(['[', ']']);
        let address = bare.parse::<IpAddr>().is_ok() || token.parse::<SocketAddr>().is_ok() || token.contains("://");
        // `::` alone is an address to the parser and a word to people.
        out.push_str(if address && bare.len() > 2 { "[address]" } else { token });
        let mut gap = after.chars();
        if let Some(c) = gap.next() {
            out.push(if c.is_control() { ' ' } else { c });
        }
        rest = gap.as_str();
    }
    cut(&out, WHY_CHARS).into_owned()
}

/// Keeps the facts that a person may want to read later within their bytes, and secrets out of them.
fn trim(facts: &mut Facts, secrets: &[Secret]) {
    let mut room = FACTS_BYTES;
    facts.retain(|_, value| keep(value, secrets, &mut room));
}

fn keep(value: &mut Value, secrets: &[Secret], room: &mut usize) -> bool {
    let cost = match value {
        Value::Text(text) => {
            *text = beginning(secrets, text, FACT_CHARS);
            text.shrink_to_fit();
            text.len() + 24
        }
        _ => 24,
    };
    if *room < cost {
        return false;
    }
    *room -= cost;
    match value {
        Value::List(items) => items.retain_mut(|item| keep(item, secrets, room)),
        Value::Map(map) => map.retain(|name, item| {
            *room = room.saturating_sub(name.len());
            keep(item, secrets, room)
        }),
        _ => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::saw::{longest_first, parts};
    use crate::probe::testing::facts_of;

    #[test]
    fn a_reason_shows_no_address_and_stays_one_line() {
        for (said, shown) in [
            ("expected status == 200, got 502", "expected status == 200, got 502"),
            ("went to https://10.0.0.7:8443/x?y", "went to [address]"),
            ("got '10.0.0.7:6379'", "got '[address]'"),
            ("from 2001:db8::1.", "from [address]"),
            ("at 09:05 it was 1.5", "at 09:05 it was 1.5"),
            ("two\nlines\tand :: more", "two lines and :: more"),
        ] {
            assert_eq!(public(said), shown);
        }
        assert_eq!(public(&"word ".repeat(200)).chars().count(), WHY_CHARS + 1);
    }

    #[test]
    fn numbers_are_found_by_their_path() {
        let facts = facts_of(
            r#"{"status": 200, "json": {"queue": {"depth": 7, "a.b": 1.5}, "items": [{"n": 3}], "text": "5", "no": null},
                "headers": {"x-depth": " 12 "}}"#,
        );
        for (path, expected) in [
            ("status", Some(200.0)),
            ("json.queue.depth", Some(7.0)),
            ("json.queue.a.b", Some(1.5)),
            ("json.items.0.n", Some(3.0)),
            ("headers.x-depth", Some(12.0)),
            ("json.text", None),
            ("json.no", None),
            ("json.items.1.n", None),
            ("json.queue", None),
            ("nothing", None),
        ] {
            assert_eq!(number(&facts, path), expected, "{path}");
        }
    }

    #[test]
    fn a_secret_is_taken_out_also_where_a_text_was_cut_in_it() {
        let secrets = ["http://example.com/x?s3cr3t-token", "s3cr3t-token", "pässword-of-ours"].map(Secret::new);
        for (said, shown) in [
            ("a s3cr3t-token b", "a *** b"),
            ("got 's3cr3t-tok… and s3cr…", "got '***… and ***…"),
            ("got 's3c…", "got 's3c…"),
            ("pässword…", "***…"),
            ("at the end s3cr3t-t", "at the end ***"),
            ("at the end s3cr3t-", "at the end s3cr3t-"),
            ("GET http://example.com", "GET http://example.com"),
            ("http://example.com/x?s3cr3t-tok…", "http://example.com/x?***…"),
            ("s3cr in the middle", "s3cr in the middle"),
            ("", ""),
        ] {
            assert_eq!(redact(&secrets, said), shown);
        }
    }

    #[test]
    fn only_what_is_shown_of_a_text_is_searched_for_secrets() {
        let secrets = longest_first(parts(&Secret::new("s3cr3t-token in a body of s3cr3t words")).collect());
        let said = format!("{}s3cr3t-token{}s3cr3t-token", "x".repeat(8), "y".repeat(1 << 20));
        for most in [9, 12, 20, 100] {
            let shown = beginning(&secrets, &said, most);
            assert!(
                shown.starts_with("xxxxxxxx*") && !shown.contains("s3c") && shown.chars().count() == most + 1,
                "{shown}"
            );
        }
        // One that goes on far beyond what is searched is known by its beginning.
        let long = [Secret::new("s3cr3t".repeat(1000))];
        assert_eq!(beginning(&long, &format!("a {} b", long[0].expose()), 20), "a ***…");
        assert!(cut(&said, FACT_CHARS + REACH).len() < 2 * FACT_CHARS);
        assert_eq!((cut("päss", 4), cut("päss", 2)), ("päss".into(), "pä…".into()));
    }

    #[test]
    fn facts_that_outlive_the_look_are_bounded_and_hold_no_secret() {
        let mut facts = facts_of(&format!(
            r#"{{"body": "{}", "json": [{}], "headers": {{"echo": "Bearer s3cr3t-token"}}}}"#,
            "x".repeat(1 << 20),
            vec!["1"; 100_000].join(",")
        ));
        trim(&mut facts, &[Secret::new("s3cr3t-token")]);
        assert!(format!("{facts:?}").len() < 8 * FACTS_BYTES);
        assert_eq!(lookup(&facts, "headers.echo"), Some(&Value::Text("Bearer ***".into())));
    }
}
