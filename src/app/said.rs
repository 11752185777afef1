//! Warnings: each standing one is said once, not with every run.

use std::collections::BTreeSet;
use std::fs;

use crate::app::{Folders, Report, Stands};
use crate::model::Remark;

/// Gathers every room's remarks and keeps those for the report that the last run did not have.
pub fn gather(at: &Folders, stands: &Stands, report: &mut Report) {
    let config = stands.loaded.warnings.iter().map(|w| w.rendered.trim_end().to_owned());
    let remarks = [&stands.remarks, &stands.words.remarks, &stands.timelines.remarks, &stands.book.remarks];
    let all: BTreeSet<String> =
        config.chain(remarks.into_iter().flatten().map(say)).chain(report.warnings.drain(..)).collect();
    let file = at.state.join("said");
    let before: BTreeSet<String> =
        fs::read_to_string(&file).unwrap_or_default().split('\0').map(str::to_owned).collect();
    report.warnings = all.iter().filter(|w| !before.contains(*w)).cloned().collect();
    // The list is a convenience: where it cannot be written, the warnings are said again, which is what we want.
    let _ = fs::write(&file, all.into_iter().collect::<Vec<_>>().join("\0"));
}

/// A remark as one line: `incidents/x.md:12:3: …`.
pub fn say(remark: &Remark) -> String {
    match &remark.origin {
        Some(o) => format!("{}:{}:{}: {}", o.file.display(), o.line, o.column, remark.text),
        None => remark.text.clone(),
    }
}
