//! Verdicts, statuses and impacts, and which is worse.

/// What one look concluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It works.
    Up,
    /// It works, but not as it should.
    Degraded,
    /// It does not work.
    Down,
    /// Nobody could tell: not reached by the deadline, blind, or not permitted to look.
    Unknown,
}

/// How bad a look or an outage is. `Degraded` is level 1, `Down` level 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Level 1.
    Degraded,
    /// Level 2.
    Down,
}

/// A component's status. The order of the variants is from best to worst:
/// operational, maintenance, no data, degraded, partial, major.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Every probe is up.
    Operational,
    /// In an announced window.
    Maintenance,
    /// Nobody looked, or nobody could tell.
    NoData,
    /// Works, but not as it should.
    Degraded,
    /// Some probes are down.
    Partial,
    /// All known probes are down.
    Major,
}

/// How much an incident hurts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Impact {
    /// Nothing is affected.
    None,
    /// Degraded.
    Minor,
    /// Partial outage.
    Major,
    /// Major outage.
    Critical,
}

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IncidentStatus {
    /// Seen, cause unknown.
    Investigating,
    /// Cause known.
    Identified,
    /// Works again, being watched.
    Monitoring,
    /// Over.
    Resolved,
    /// Over and written up.
    Postmortem,
}

/// Where a maintenance stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MaintenanceStatus {
    /// Ahead.
    Scheduled,
    /// In its window, or overrun.
    InProgress,
    /// Done, being checked.
    Verifying,
    /// Over.
    Completed,
}

macro_rules! words {
    ($type:ident, $($variant:ident => $word:literal),+ $(,)?) => {
        impl $type {
            /// Every variant, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word of the record, the config and the JSON.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads that word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(Verdict, Up => "up", Degraded => "degraded", Down => "down", Unknown => "unknown");
words!(Status,
    Operational => "operational", Maintenance => "under_maintenance", NoData => "no_data",
    Degraded => "degraded_performance", Partial => "partial_outage", Major => "major_outage");
words!(Impact, None => "none", Minor => "minor", Major => "major", Critical => "critical");
words!(IncidentStatus,
    Investigating => "investigating", Identified => "identified", Monitoring => "monitoring",
    Resolved => "resolved", Postmortem => "postmortem");
words!(MaintenanceStatus,
    Scheduled => "scheduled", InProgress => "in_progress", Verifying => "verifying", Completed => "completed");

impl Verdict {
    /// The level of a bad look; none for up and unknown.
    pub const fn level(self) -> Option<Level> {
        match self {
            Self::Degraded => Some(Level::Degraded),
            Self::Down => Some(Level::Down),
            Self::Up | Self::Unknown => None,
        }
    }
}

impl Status {
    /// Whether it is an outage of any level: degraded, partial or major.
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Degraded | Self::Partial | Self::Major)
    }

    /// The impact that this status has by itself.
    pub const fn impact(self) -> Impact {
        match self {
            Self::Degraded => Impact::Minor,
            Self::Partial => Impact::Major,
            Self::Major => Impact::Critical,
            Self::Operational | Self::Maintenance | Self::NoData => Impact::None,
        }
    }

    /// How much of the time in this status counts as downtime, in tenths: major 10, partial 3, all else 0.
    pub const fn weight_tenths(self) -> i64 {
        match self {
            Self::Major => 10,
            Self::Partial => 3,
            Self::Operational | Self::Maintenance | Self::NoData | Self::Degraded => 0,
        }
    }
}

impl Impact {
    /// The status that a person declares by naming this impact.
    pub const fn status(self) -> Status {
        match self {
            Self::None => Status::Operational,
            Self::Minor => Status::Degraded,
            Self::Major => Status::Partial,
            Self::Critical => Status::Major,
        }
    }
}

impl IncidentStatus {
    /// Whether it is over.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Resolved | Self::Postmortem)
    }
}
