//! What the operator configured, checked and with every default filled in.

use std::path::PathBuf;

use crate::model::{ComponentId, ProbeKey, Span, Vantage, Zone};

/// The whole configuration, as every room but `probe` and `notify` needs it.
#[derive(Clone, Debug, Hash)]
pub struct Settings {
    /// The site's own words.
    pub site: Site,
    /// How a run behaves.
    pub run: RunSettings,
    /// The site-wide rules; each component carries its own copy with its overrides applied.
    pub rules: Rules,
    /// Every component, in the order of the config.
    pub components: Vec<Component>,
    /// The journal's.
    pub journal: JournalSettings,
    /// Where the site goes.
    pub publish: PublishSettings,
}

/// What the page says of itself.
#[derive(Clone, Debug, Hash)]
pub struct Site {
    /// The name of what is watched: "Stella".
    pub title: String,
    /// Where the site is published, ending in `/`. Feeds and cards need absolute addresses.
    pub url: String,
    /// One sentence for search engines and link previews.
    pub description: String,
    /// BCP 47 language tag of the page; the built-in words are English.
    pub language: String,
    /// The zone that days are cut in and times are shown in.
    pub time_zone: Zone,
    /// A CSS colour for the name and underlines; ink where not set.
    pub brand: Option<String>,
    /// Where a visitor may write to or read more: an address shown at the foot.
    pub contact: Option<String>,
    /// What the Statuspage API says while there is only maintenance: `maintenance`, or `none` for strict readers.
    pub maintenance_indicator: String,
}

/// How a run behaves.
#[derive(Clone, Debug, Hash)]
pub struct RunSettings {
    /// How often cron calls us.
    pub interval: Span,
    /// After this long a round ends, whatever was reached. Default: half the interval.
    pub deadline: Span,
    /// Known-good targets of others: when all fail, it is us.
    pub canaries: Vec<Canary>,
    /// This machine's place.
    pub vantage: Vantage,
    /// All places that look.
    pub vantages: Vec<Vantage>,
    /// How many places must agree that something is down: the majority of `vantages`.
    pub quorum: usize,
    /// Looks at the same time, 1 to 10,000.
    pub concurrency: usize,
    /// Looks at the same host at the same time, 1 to 1,000.
    pub per_host: usize,
}

/// A target of somebody else's that is known to be up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Canary {
    /// As configured: `tcp://192.0.2.1:443`.
    pub text: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// When looks become an outage, and outages an incident (MEANING: "From looks to a status", "Incidents").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rules {
    /// Bad looks in a row that open an outage, 1 to 100.
    pub open_after: u32,
    /// Good looks in a row that end it, 1 to 100.
    pub resolve_after: u32,
    /// How long after a bad look a second one follows; none: off.
    pub confirm_after: Option<Span>,
    /// A bad row shorter than this is a blip.
    pub blip_within: Span,
    /// A new outage this soon after a recovery belongs to the same incident.
    pub merge_within: Span,
    /// Outages that start this close together share an incident.
    pub group_within: Span,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            open_after: 2,
            resolve_after: 2,
            confirm_after: None,
            blip_within: Span::from_mins(10),
            merge_within: Span::from_mins(30),
            group_within: Span::from_mins(15),
        }
    }
}

/// What the public knows a thing as.
#[derive(Clone, Debug, Hash)]
pub struct Component {
    /// Its id.
    pub id: ComponentId,
    /// Its name on the page.
    pub name: String,
    /// One sentence on its page.
    pub description: Option<String>,
    /// The heading it stands under.
    pub group: Option<String>,
    /// What it cannot work without.
    pub depends_on: Vec<ComponentId>,
    /// Ids it had before; their records are its own.
    pub formerly: Vec<ComponentId>,
    /// When its incidents get a public page.
    pub announce: Announce,
    /// Who may know of it.
    pub visibility: Visibility,
    /// How its probes make one status.
    pub combine: Combine,
    /// The rules, overrides applied.
    pub rules: Rules,
    /// How it is looked at; empty: "as reported".
    pub probes: Vec<Probe>,
}

/// A probe as the folding and the page know it; its options live in the `probe` room.
#[derive(Clone, Debug, Hash)]
pub struct Probe {
    /// `<component>/<name>`.
    pub key: ProbeKey,
    /// `http`, `tcp`, …
    pub kind: &'static str,
    /// How often it looks, where that is not every round.
    pub every: Option<Span>,
    /// How long one look vouches: 2.5 × its interval unless configured.
    pub gap: Span,
    /// The target's host, for `group_within`; none for a file.
    pub host: Option<String>,
    /// Who may know of it.
    pub visibility: Visibility,
    /// The fields that it records whose unit is known, each with it: `ms`, `bytes`.
    pub units: Vec<(String, &'static str)>,
}

/// When an incident of a component gets its public page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum Announce {
    /// With the round that confirmed it.
    #[default]
    AtOnce,
    /// When it has lasted this long.
    After(Span),
    /// When a write-up names it.
    ByPeople,
}

/// Who may know of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum Visibility {
    /// Everyone.
    #[default]
    Public,
    /// The operator only: it stands in `+internal` chains and on no page.
    Internal,
}

/// How several probes make one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub enum Combine {
    /// Every probe counts: some down is a partial outage.
    #[default]
    All,
    /// One probe up is enough.
    Any,
}

/// The journal's settings.
#[derive(Clone, Debug, Default, Hash)]
pub struct JournalSettings {
    /// A shell command that must succeed before a record counts as saved (`git add … && git push`).
    pub save: Option<String>,
    /// How long `save` may take. Range 1 s to 10 min.
    pub save_timeout: Span,
    /// A day this old is rolled up by a compaction; none: never.
    pub roll_up_after: Option<Span>,
}

/// Where the rendered site goes.
#[derive(Clone, Debug, Hash)]
pub struct PublishSettings {
    /// The folder, relative to the site's; default `public`.
    pub folder: PathBuf,
    /// A shell command that runs when the swap is done.
    pub after: Option<String>,
    /// Whether the public part of the record is published too, with the rules that the figures follow.
    pub journal: bool,
}

impl Settings {
    /// Finds a component by its id or by one it had before.
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components
            .iter()
            .find(|c| c.id.as_str() == id)
            .or_else(|| self.components.iter().find(|c| c.formerly.iter().any(|f| f.as_str() == id)))
    }
}
