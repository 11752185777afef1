//! `journal` as typed.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use crate::app::ExportFormat;
use crate::cli::args::Shape;

/// Commands of `journal`.
#[derive(Clone, Debug, Subcommand)]
pub enum JournalCommand {
    /// Prove the record whole. Exits 1 when it is not
    ///
    /// Every changed byte, and every removed, swapped, doubled or inserted record or day is found. That the end was cut
    /// off can only be seen against a head that was kept elsewhere: on a page, in a feed, in a mail.
    #[command(after_help = "Examples:\n  \
        statuary journal verify\n  \
        statuary journal verify --contains 7f3a09b1…   a head from an old mail\n  \
        statuary journal verify --from https://status.example.com/   another's record and figures")]
    Verify(VerifyArgs),
    /// Print the head of each chain: keep it, and nothing before it can be changed without your noticing
    #[command(after_help = "Example:\n  statuary journal head")]
    Head(Other),
    /// Print what each chain holds, its real cadence, and the interval to set
    #[command(after_help = "Example:\n  statuary journal stat")]
    Stat(Other),
    /// Tell what the record holds, oldest first, in plain lines
    ///
    /// Rounds that saw the same follow as one line. Times are in the site's zone. Nothing is cut, and no pager is
    /// called: use `| less -R` or --since.
    #[command(after_help = "Examples:\n  \
        statuary journal show --since 2h\n  \
        statuary journal show --component redis --since \"2026-11-23 08:55\" --until 2026-11-24\n  \
        statuary journal show --since 1d --format json | jq '.[] | select(.incident)'")]
    Show(ShowArgs),
    /// Write every look for other programs: CSV, JSON Lines or OpenMetrics
    ///
    /// OpenMetrics goes into Prometheus with `promtool tsdb create-blocks-from openmetrics`.
    #[command(after_help = "Examples:\n  \
        statuary journal export --format csv --since 30d > looks.csv\n  \
        statuary journal export --format jsonl --component web | jq 'select(.verdict != \"up\")'\n  \
        statuary journal export --format openmetrics > looks.om")]
    Export(ExportArgs),
    /// Keep closed days in fewer bytes: compressed the day after, rolled up from `roll_up_after` on. No figure changes
    #[command(after_help = "Example:\n  statuary journal compact     once a day; or `statuary run --compact`")]
    Compact(CompactArgs),
}

/// Options of `journal compact`.
#[derive(Clone, Debug, Args)]
pub struct CompactArgs {
    /// This machine only looks: leave the desk's chains alone
    #[arg(long)]
    pub record_only: bool,
    /// Compact the chains of this place, one of `vantages` in the config. Only the machine that writes them may
    #[arg(long, value_name = "NAME", env = "STATUARY_VANTAGE")]
    pub vantage: Option<String>,
}

/// Whose record is read.
#[derive(Clone, Debug, Default, Args)]
pub struct Other {
    /// Another's record: a folder, or a site's address that publishes it
    #[arg(long, value_name = "DIR|URL")]
    pub journal: Option<String>,
}

/// Options of `journal verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// The record must end with this head (64 hex digits, from a page, a feed or a mail)
    #[arg(long, value_name = "HEAD")]
    pub head: Option<String>,
    /// The record must contain this head
    #[arg(long, value_name = "HEAD")]
    pub contains: Option<String>,
    /// Prove a published site: its record, and each figure that it states, worked out again
    #[arg(long, value_name = "DIR|URL", conflicts_with = "journal")]
    pub from: Option<String>,
    /// Whose record
    #[command(flatten)]
    pub other: Other,
}

/// Which part of the record.
#[derive(Clone, Debug, Args)]
pub struct Part {
    /// Only this component
    #[arg(long, value_name = "ID")]
    pub component: Option<String>,
    /// From this time on: `2026-11-23 09:00` in the site's zone, RFC 3339, or `2h` for two hours ago
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Up to this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Whose record
    #[command(flatten)]
    pub other: Other,
}

/// Options of `journal show`.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// Which part
    #[command(flatten)]
    pub part: Part,
    /// Each round in a line of its own, also where it saw what the one before it saw
    #[arg(long)]
    pub every_round: bool,
}

/// Options of `journal export`.
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// How
    #[arg(long, required = true, value_parser = formats(&EXPORTS))]
    pub format: Shape,
    /// Which part
    #[command(flatten)]
    pub part: Part,
    /// Also looks at what is internal: the export is then for nobody else
    #[arg(long)]
    pub internal: bool,
}

const EXPORTS: [(Shape, &str, &str); 3] = [
    (Shape::Export(ExportFormat::Csv), "csv", "RFC 4180: a header, a row per look"),
    (Shape::Export(ExportFormat::Jsonl), "jsonl", "one JSON object per look and line, with what was recorded"),
    (Shape::Export(ExportFormat::OpenMetrics), "openmetrics", "OpenMetrics 1.0 with timestamps"),
];

/// Reads some of the words of `--format`. Clap hands the one of an export up to the whole command line, so the two must
/// be of one type.
pub(super) fn formats(some: &'static [(Shape, &'static str, &'static str)]) -> impl TypedValueParser<Value = Shape> {
    let values = some.iter().map(|(_, word, help)| PossibleValue::new(*word).help(*help));
    PossibleValuesParser::new(values)
        .map(|word| some.iter().find(|(_, w, _)| *w == word).map_or(some[0].0, |(shape, ..)| *shape))
}
