//! `journal export`: every look for other programs, on standard output.

use std::io::Write;
use std::path::Path;

use crate::app::{self, Kept, Range, Trouble};
use crate::cli::args::Shape;
use crate::cli::journal_args::{ExportArgs, Part};
use crate::cli::record::record_of;
use crate::cli::voice::{Pipe, count, warn};

/// Writes the export; what is not in it is said on standard error.
pub fn export(site: &Path, args: &ExportArgs) -> Result<u8, Trouble> {
    let Shape::Export(format) = args.format else {
        return Err(Trouble::Usage("an export wants --format csv, jsonl or openmetrics".to_owned()));
    };
    let kept = record_of(site, &args.part.other)?;
    let range = range(&kept, &args.part, args.internal)?;
    let mut out = Pipe::of_bytes();
    let done = app::export(&kept, &range, args.part.component.as_deref(), format, &mut out)?;
    let _ = out.flush();
    let Some(done) = done else { return Ok(0) };
    if done.looks == 0 {
        warn("No look of the record fits what was asked for.");
    }
    if done.left_out > 0 {
        let looks = count(done.left_out, "look");
        warn(format!(
            "{looks} left out: OpenMetrics takes no two samples of one moment, and none that goes back in time."
        ));
    }
    passed(&done.walked, "exported");
    Ok(0)
}

/// What was asked for. A time that has not come ends nothing.
pub fn range(kept: &Kept, part: &Part, internal: bool) -> Result<Range, Trouble> {
    let time = |text: &Option<String>| text.as_deref().map(|text| app::time(kept, text)).transpose();
    Ok(Range { since: time(&part.since)?, until: time(&part.until)?, internal })
}

/// What a walk passed by. `verb`: "exported", "shown".
pub fn passed(walked: &app::Walked, verb: &str) {
    if walked.rolled_up > 0 {
        let days = count(walked.rolled_up, "day");
        warn(format!("Not {verb}: the single looks of {days} that a chain holds only as a roll-up."));
    }
    if walked.damaged > 0 {
        let (lines, are) = (count(walked.damaged, "line"), if walked.damaged == 1 { "is" } else { "are" });
        warn(format!("Not {verb}: {lines} that {are} no whole record; `statuary journal verify` says where."));
    }
}
