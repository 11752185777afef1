//! What the parts share: a place to write, other programs, and what they cost.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::meter::{self, Meter};

/// Where everything is kept between benches: `tmp/record` in the target folder.
pub fn base() -> PathBuf {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join("record");
    fs::create_dir_all(&base).expect("the target folder can be written");
    base
}

/// The program itself.
pub fn statuary(site: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_statuary"));
    command.arg("--site").arg(site).args(args);
    command
}

/// A file of this bench that is not Rust.
pub fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/record").join(name)
}

/// Compiles a C file of this bench.
pub fn compile(name: &str, out: &str, flags: &[&str]) -> PathBuf {
    meter::compile(&source(name), &base().join(out), flags)
}

/// Measures whole processes.
pub fn measure() -> Meter {
    Meter::new(&base())
}

/// The middle of some numbers.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Compacts all that may be compacted; false where this build has no `journal compact`.
pub fn compact_all(site: &Path) -> bool {
    let output = statuary(site, &["journal", "compact"]).stdin(Stdio::null()).output().expect("statuary starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Usage: there is no such command.
    if output.status.code() == Some(2) && said.contains("unrecognized subcommand") {
        return false;
    }
    assert!(output.status.success(), "journal compact: {said}");
    true
}

/// Bytes in all files under a folder.
pub fn size(folder: &Path) -> u64 {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten();
    files.filter_map(|e| e.metadata().ok()).filter(fs::Metadata::is_file).map(|m| m.len()).sum()
}
