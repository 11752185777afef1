//! `journal show`: the record from the oldest to the newest, as a person or a program reads it.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use crate::app::{self, Kept, Range, Trouble, Walked};
use crate::cli::args::Format;
use crate::cli::export::{passed, range};
use crate::cli::journal_args::ShowArgs;
use crate::cli::record::record_of;
use crate::cli::show_json;
use crate::cli::tale::{Listener, Tale};
use crate::cli::voice::{Pipe, warn};

/// Tells the record.
pub fn show(site: &Path, args: &ShowArgs, format: Format) -> Result<u8, Trouble> {
    let kept = record_of(site, &args.part.other)?;
    let range = range(&kept, &args.part, true)?;
    let listener = Listener {
        zone: kept.zone(),
        names: args.part.component.as_deref().map(|id| app::names_of(&kept, id)),
        every_round: args.every_round,
    };
    let walked = match format {
        Format::Json => program(&kept, &range, listener.names.as_deref(), Pipe::of_bytes())?,
        Format::Text => person(&kept, &range, listener, Pipe::of_words())?,
    };
    passed(&walked, "shown");
    Ok(0)
}

fn person(kept: &Kept, range: &Range, listener: Listener, mut out: Pipe) -> Result<Walked, Trouble> {
    let (asked, mut tale) = (listener.names.clone(), Tale::new(listener, &app::chains(kept)?));
    let mut any = false;
    let walked = app::walk(kept, range, &mut |records| {
        for record in records {
            let text = tale.take(record);
            any |= !text.is_empty();
            if out.put(&text).is_break() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    let rest = tale.rest();
    any |= !rest.is_empty();
    let _ = out.put(&rest);
    let _ = out.flush();
    if !any {
        let of = asked.map_or(String::new(), |names| format!(" of {}", names.join(", ")));
        warn(format!("The record holds nothing{of} in that time."));
    }
    Ok(walked)
}

/// One JSON list, an entry per record.
fn program(kept: &Kept, range: &Range, names: Option<&[String]>, mut out: Pipe) -> Result<Walked, Trouble> {
    let mut before = "[\n";
    let walked = app::walk(kept, range, &mut |records| {
        for value in records.iter().filter_map(|r| show_json::record(r, names)) {
            if out.put(before).is_break() || out.put(&value.to_string()).is_break() {
                return ControlFlow::Break(());
            }
            before = ",\n";
        }
        ControlFlow::Continue(())
    })?;
    let _ = out.put(if before == "[\n" { "[]\n" } else { "\n]\n" });
    let _ = out.flush();
    Ok(walked)
}
