//! Tells people what is due: the try is a fact before it is sent, and so is the answer after.

use crate::app::{Folders, Report, Stands};

/// Plans, journals, sends, journals.
pub fn due(at: &Folders, stands: &Stands, report: &mut Report) {
    let _ = (at, stands, report);
}
