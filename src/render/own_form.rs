//! The form of `status.json`: what each field is called, and what it means.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Moment;

/// A moment: RFC 3339, UTC, milliseconds.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("format" = "date-time"))]
pub(super) struct Time(String);

pub(super) fn time(at: Moment) -> Time {
    Time(at.rfc3339())
}

/// The state of a site, from the same model as its pages.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document {
    /// The version of this form.
    pub(super) version: u32,
    /// Whose status this is.
    pub(super) site: Site,
    /// The moment that everything here speaks of.
    pub(super) made_at: Time,
    /// When the next one is due.
    pub(super) next_due_at: Time,
    /// Do not trust this file after that moment.
    pub(super) stale_after: Time,
    /// True: this is a look back, and not the present.
    pub(super) look_back: bool,
    /// What the page says first of all.
    pub(super) sentence: String,
    /// Whom it concerns and what it means.
    pub(super) lead: String,
    /// The state behind the sentence.
    #[schemars(extend("enum" = ["operational", "under_maintenance", "no_data", "degraded_performance", "partial_outage", "major_outage"]))]
    pub(super) status: &'static str,
    /// The places that look.
    pub(super) places: Vec<Place>,
    /// Every component, in the order of the page.
    pub(super) components: Vec<Component>,
    /// Every group, in the order of the page.
    pub(super) groups: Vec<GroupForm>,
    /// Not over, or begun within the last 90 days; newest first.
    pub(super) incidents: Vec<IncidentForm>,
    /// Planned work: ahead, open, or ended within the last 90 days.
    pub(super) maintenances: Vec<Window>,
    /// Other news, newest first.
    pub(super) notices: Vec<Notice>,
    /// What is to be known of the record itself.
    pub(super) remarks: Vec<String>,
    /// The head of each chain of the record: it pins all before it.
    pub(super) heads: Vec<HeadForm>,
}

/// Whose status it is.
#[derive(Serialize, JsonSchema)]
pub(super) struct Site {
    pub(super) title: String,
    pub(super) url: String,
    pub(super) description: String,
    /// A BCP 47 tag.
    pub(super) language: String,
    /// An IANA name; days are cut in it.
    pub(super) time_zone: &'static str,
}

/// A place that looks.
#[derive(Serialize, JsonSchema)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) last_round: Option<Time>,
    /// Since when its own connection has failed, so that it says nothing about what it looks at.
    pub(super) blind_since: Option<Time>,
    pub(super) blind_why: Option<String>,
}

/// A component as it stands.
#[derive(Serialize, JsonSchema)]
pub(super) struct Component {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) group: Option<String>,
    /// Ids of components that it cannot work without.
    pub(super) depends_on: Vec<String>,
    /// Its page.
    pub(super) url: String,
    #[schemars(extend("enum" = ["operational", "under_maintenance", "no_data", "degraded_performance", "partial_outage", "major_outage"]))]
    pub(super) status: &'static str,
    /// Since when it has shown this status.
    pub(super) since: Option<Time>,
    /// True: people say so, and no measurement does.
    pub(super) declared: bool,
    /// A bad row that is not yet confirmed began here.
    pub(super) checking_since: Option<Time>,
    /// False: nothing looks at it, and it has no figures.
    pub(super) watched: bool,
    pub(super) first_record: Option<Time>,
    pub(super) last_look: Option<Time>,
    pub(super) figures: Vec<FigureForm>,
    /// The last 90 days without holes: time that nobody saw is `no_data`.
    pub(super) stretches: Vec<StretchForm>,
    pub(super) outages: Vec<OutageForm>,
    /// Bad looks too few to be an outage.
    pub(super) blips: Vec<BlipForm>,
    pub(super) probes: Vec<Probe>,
}

/// Uptime and coverage of a window.
#[derive(Serialize, JsonSchema)]
pub(super) struct FigureForm {
    #[schemars(extend("enum" = ["24h", "7d", "30d", "90d", "365d"]))]
    pub(super) window: &'static str,
    /// The window's beginning, or the first record where that is later.
    pub(super) from: Time,
    pub(super) to: Time,
    pub(super) window_ms: i64,
    /// Time that was seen.
    pub(super) known_ms: i64,
    /// Time that was seen outside maintenance: what uptime is a share of.
    pub(super) counted_ms: i64,
    /// Weighted downtime in tenths of milliseconds: a major outage weighs 10, a partial one 3.
    pub(super) down_tenth_ms: i64,
    /// Two digits, floored; null: nothing was counted.
    pub(super) uptime_percent: Option<f64>,
    /// Known time of the window. Two digits, floored; null: no window.
    pub(super) coverage_percent: Option<f64>,
}

/// A group of components.
#[derive(Serialize, JsonSchema)]
pub(super) struct GroupForm {
    pub(super) name: String,
    /// The worst of its components'.
    #[schemars(extend("enum" = ["operational", "under_maintenance", "no_data", "degraded_performance", "partial_outage", "major_outage"]))]
    pub(super) status: &'static str,
    /// Ids of its components.
    pub(super) components: Vec<String>,
    pub(super) figures: Vec<GroupFigureForm>,
}

/// Uptime and coverage of a group over a window.
#[derive(Serialize, JsonSchema)]
pub(super) struct GroupFigureForm {
    #[schemars(extend("enum" = ["24h", "7d", "30d", "90d", "365d"]))]
    pub(super) window: &'static str,
    /// The mean of its components that have any. Two digits, floored once; null: nothing was counted.
    pub(super) uptime_percent: Option<f64>,
    /// The mean of all its components that were watched by then. Two digits, floored once; null: none was.
    pub(super) coverage_percent: Option<f64>,
}

/// A stretch of one status.
#[derive(Serialize, JsonSchema)]
pub(super) struct StretchForm {
    pub(super) from: Time,
    pub(super) to: Time,
    #[schemars(extend("enum" = ["operational", "under_maintenance", "no_data", "degraded_performance", "partial_outage", "major_outage"]))]
    pub(super) status: &'static str,
    /// Whether anybody saw it.
    pub(super) known: bool,
    /// Places that saw it down without a quorum.
    pub(super) seen_down_from: Vec<String>,
}

/// A measured outage of any level.
#[derive(Serialize, JsonSchema)]
pub(super) struct OutageForm {
    /// The first bad look.
    pub(super) from: Time,
    /// The look that confirmed it.
    pub(super) confirmed: Time,
    /// The first good look after it; null: not over.
    pub(super) to: Option<Time>,
    pub(super) worst: &'static str,
    /// Short good rows inside it.
    pub(super) come_backs: Vec<Between>,
    pub(super) reasons: Vec<ReasonForm>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Between {
    pub(super) from: Time,
    pub(super) to: Option<Time>,
}

/// Why looks failed.
#[derive(Serialize, JsonSchema)]
pub(super) struct ReasonForm {
    pub(super) probe: String,
    pub(super) place: String,
    pub(super) first: Time,
    pub(super) last: Time,
    pub(super) looks: u32,
    pub(super) phase: Option<String>,
    pub(super) why: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct BlipForm {
    pub(super) from: Time,
    pub(super) to: Time,
    pub(super) why: String,
}

/// How a component is looked at, and what the last look saw.
#[derive(Serialize, JsonSchema)]
pub(super) struct Probe {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) last_look: Option<Time>,
    #[schemars(extend("enum" = ["up", "degraded", "down", "unknown", null]))]
    pub(super) verdict: Option<&'static str>,
    pub(super) latency_ms: Option<u32>,
    pub(super) why: Option<String>,
}

/// An incident: what was measured and what was said.
#[derive(Serialize, JsonSchema)]
pub(super) struct IncidentForm {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) title: String,
    #[schemars(extend("enum" = ["investigating", "identified", "monitoring", "resolved", "postmortem"]))]
    pub(super) status: &'static str,
    #[schemars(extend("enum" = ["none", "minor", "major", "critical"]))]
    pub(super) impact: &'static str,
    pub(super) started: Time,
    /// Null: not over.
    pub(super) ended: Option<Time>,
    /// What the looks say, where people say otherwise above.
    pub(super) measured_start: Option<Time>,
    pub(super) measured_end: Option<Time>,
    pub(super) detected: Option<Time>,
    /// The component that it probably came from.
    pub(super) origin: Option<String>,
    /// When the next word was promised for.
    pub(super) next_word: Option<Time>,
    pub(super) next_word_overdue: bool,
    /// True: later records say that it was none.
    pub(super) refuted: bool,
    pub(super) components: Vec<MemberForm>,
    /// Oldest first.
    pub(super) events: Vec<EventForm>,
    /// Addresses of earlier stories that this one follows.
    pub(super) follows: Vec<String>,
    /// Addresses of later ones that follow it.
    pub(super) followed_by: Vec<String>,
}

/// A component's part in an incident.
#[derive(Serialize, JsonSchema)]
pub(super) struct MemberForm {
    pub(super) id: String,
    pub(super) worst: &'static str,
    pub(super) outages: Vec<Between>,
}

/// Something that was said or happened.
#[derive(Serialize, JsonSchema)]
pub(super) struct EventForm {
    pub(super) id: String,
    pub(super) at: Time,
    /// When it was first on the page.
    pub(super) published: Time,
    pub(super) edited: Option<Time>,
    pub(super) status: Option<&'static str>,
    #[schemars(extend("enum" = ["person", "machine"]))]
    pub(super) by: &'static str,
    pub(super) word: String,
    pub(super) text: String,
}

/// Planned work.
#[derive(Serialize, JsonSchema)]
pub(super) struct Window {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) title: String,
    #[schemars(extend("enum" = ["scheduled", "in_progress", "verifying", "completed"]))]
    pub(super) status: &'static str,
    pub(super) starts: Time,
    pub(super) ends: Time,
    pub(super) announced: Time,
    pub(super) components: Vec<String>,
    /// True: it ran past its announced end.
    pub(super) overrun: bool,
    /// True: it was announced after it began, and leaves uptime as it is.
    pub(super) declared_late: bool,
}

/// News that is neither.
#[derive(Serialize, JsonSchema)]
pub(super) struct Notice {
    pub(super) url: String,
    pub(super) title: String,
    pub(super) at: Option<Time>,
    pub(super) follows: Option<String>,
}

/// The head of a chain.
#[derive(Serialize, JsonSchema)]
pub(super) struct HeadForm {
    pub(super) chain: String,
    pub(super) n: u64,
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    pub(super) sha256: String,
    /// The chain's last day that is over; null: it has none. It stays provable when single records are rolled up.
    pub(super) closed_day: Option<ClosedDayForm>,
}

/// Where a day of a chain ended.
#[derive(Serialize, JsonSchema)]
pub(super) struct ClosedDayForm {
    /// The UTC day.
    #[schemars(extend("format" = "date"))]
    pub(super) day: String,
    pub(super) n: u64,
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    pub(super) sha256: String,
}
