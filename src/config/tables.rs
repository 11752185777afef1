//! The keys of every table that is not a kind's own: one list for the reader, the documents and the JSON Schema.

use crate::model::{Key, Takes};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The words of `visibility`.
pub(super) const VISIBILITY: &[&str] = &["public", "internal"];

const fn key(name: &'static str, takes: Takes, doc: &'static str) -> Key {
    Key { name, takes, required: false, doc }
}

const fn need(name: &'static str, takes: Takes, doc: &'static str) -> Key {
    Key { name, takes, required: true, doc }
}

/// Keys that stand before the first table of `statuary.toml`.
pub(super) const TOP: &[Key] =
    &[key("include", Takes::Texts, "more config files, as patterns below the site's folder: `[\"conf.d/*.toml\"]`")];

/// Tables of `statuary.toml`; those with `true` may also stand in an included file.
pub(super) const TABLES: &[(&str, bool)] = &[
    ("site", false),
    ("run", false),
    ("rules", false),
    ("defaults", true),
    ("journal", false),
    ("publish", false),
    ("component", true),
    ("notify", true),
];

/// `[site]`.
pub(super) const SITE: &[Key] = &[
    need("title", Takes::Text, "the name of what is watched, such as `title = \"Stella\"`"),
    key("url", Takes::Text, "where the site is published, http or https; default `http://localhost/`"),
    key("description", Takes::Text, "one sentence for search engines and link previews"),
    key("language", Takes::Text, "language tag of the page (BCP 47); default `en`"),
    key("time_zone", Takes::Text, "IANA name of the zone that days are cut in; default `UTC`"),
    key("brand", Takes::Text, "a colour for the name, such as `#0a7d4f`"),
    key("contact", Takes::Text, "an address at the foot of the page: https, http or mailto"),
    key(
        "maintenance_indicator",
        Takes::Choice(&["maintenance", "none"]),
        "what the Statuspage API says while there is only maintenance; `none` for strict readers",
    ),
];

/// `[run]`.
pub(super) const RUN: &[Key] = &[
    key("interval", Takes::Span(SECOND, DAY), "how often cron calls statuary; default `1m`"),
    key("deadline", Takes::Span(100, DAY), "after this long a round ends; default half the interval"),
    key("canaries", Takes::Texts, "known-good targets of others, as `tcp://host:port`"),
    key("vantage", Takes::Text, "the place that this machine looks from; default `local`"),
    key("vantages", Takes::Texts, "all places that look; default this one"),
    key("quorum", Takes::Int(1, 1_000), "how many places must agree; default their majority"),
    key("concurrency", Takes::Int(1, 10_000), "looks at the same time; default 64"),
    key("per_host", Takes::Int(1, 1_000), "looks at the same host at the same time; default 8"),
];

/// `[rules]`; each may also stand in a component.
pub(super) const RULES: &[Key] = &[
    key("open_after", Takes::Int(1, 100), "bad looks in a row that open an outage; default 2"),
    key("resolve_after", Takes::Int(1, 100), "good looks in a row that end it; default 2"),
    key(
        "confirm_after",
        Takes::SpanOrOff(100, 10 * MINUTE),
        "a second look this long after a bad one; default `10s` where the interval is 2 minutes or more, else `off`",
    ),
    key("blip_within", Takes::Span(0, DAY), "a bad row shorter than this is a blip; default `10m`"),
    key(
        "merge_within",
        Takes::Span(0, 7 * DAY),
        "an outage this soon after a recovery is the same incident; default `30m`",
    ),
    key("group_within", Takes::Span(0, DAY), "outages that start this close share an incident; default `15m`"),
    key("gap", Takes::Span(SECOND, 366 * DAY), "how long a look vouches; default 2.5 times the probe's interval"),
];

/// `[journal]`.
pub(super) const JOURNAL: &[Key] = &[
    key("save", Takes::Text, "a shell command that must succeed before a record counts as saved"),
    key("save_timeout", Takes::Span(SECOND, 10 * MINUTE), "how long `save` may take; default `1m`"),
    key(
        "roll_up_after",
        Takes::SpanOrNever(DAY, 36_600 * DAY),
        "a day this old is kept as runs of looks, not look by look, by `journal compact`; default `30d`; or `never`",
    ),
];

/// `[publish]`.
pub(super) const PUBLISH: &[Key] = &[
    key("folder", Takes::Text, "where the rendered site is put, seen from the site's folder; default `public`"),
    key("after", Takes::Text, "a shell command that runs when the site is in place"),
    key(
        "publish_journal",
        Takes::Bool,
        "whether the public record and the rules of the figures are published under `journal/`; default false",
    ),
];

/// `[[component]]`, beside the rules.
pub(super) const COMPONENT: &[Key] = &[
    need("id", Takes::Text, "small letters, digits and `-`; it stands in addresses: `id = \"web\"`"),
    key("name", Takes::Text, "its name on the page; default its id"),
    key("description", Takes::Text, "one sentence on its page"),
    key("group", Takes::Text, "the heading it stands under"),
    key("depends_on", Takes::Texts, "ids of the components that it cannot work without"),
    key("formerly", Takes::Texts, "ids it had before; their records are its own"),
    key("announce", Takes::Text, "when an incident gets its public page: `at-once`, `after 10m` or `by-people`"),
    key("visibility", Takes::Choice(VISIBILITY), "who may know of it; default `public`"),
    key("combine", Takes::Choice(&["all", "any"]), "`any`: one probe up is enough; default `all`"),
];

/// `[[component.probe]]`: what names it.
pub(super) const NAMING: &[Key] = &[
    need("kind", Takes::Text, "how it looks, such as `kind = \"http\"`"),
    key("name", Takes::Text, "its name within the component; default its kind"),
];

/// `[[component.probe]]` and `[defaults.<kind>]`: what every kind takes.
pub(super) const PROBE: &[Key] = &[
    key("every", Takes::Span(SECOND, 30 * DAY), "how often it looks; default every round"),
    key(
        "timeout",
        Takes::Span(10, 10 * MINUTE),
        "how long one try may take; default `5s`, at most four fifths of the deadline",
    ),
    key("retries", Takes::Int(0, 10), "more tries within a look, each with a fresh connection; default 0"),
    key("expect", Takes::Assertions, "what must hold for up (CEL)"),
    key("degraded_if", Takes::Assertions, "what makes it degraded (CEL)"),
    key("record", Takes::Texts, "numeric fields to keep, as dotted paths"),
    key("visibility", Takes::Choice(VISIBILITY), "who may know of it; default its component's"),
    key("gap", Takes::Span(SECOND, 366 * DAY), "how long its look vouches; default 2.5 times its interval"),
];

/// `[[notify]]`: what every kind of channel takes.
pub(super) const CHANNEL: &[Key] = &[
    need("id", Takes::Text, "its name in the journal, such as `id = \"ops\"`"),
    need("kind", Takes::Text, "how it tells, such as `kind = \"webhook\"`"),
    key("when", Takes::Texts, "which events it wants; default all"),
    key("internal", Takes::Bool, "whether it may hear of internal components; default false"),
];

/// A key that stands for an assertion, for every kind that has the field.
pub(super) struct Shorthand {
    /// The key.
    pub(super) key: Key,
    /// The field that a kind must have.
    pub(super) field: &'static str,
    /// The assertion, with `{}` for the number.
    pub(super) cel: &'static str,
}

/// Every shorthand. Each joins `expect` as the CEL that it stands for, and does nothing else.
pub(super) const SHORTHANDS: &[Shorthand] = &[Shorthand {
    key: key("expect_status", Takes::Int(100, 599), "short for `expect = [\"status == 200\"]`"),
    field: "status",
    cel: "status == {}",
}];
