//! What the parts share: a place to write, other programs, and what they cost.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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
    let program = base().join(out);
    let status = Command::new("cc").arg("-O2").args(flags).arg("-o").arg(&program).arg(source(name)).status();
    assert!(status.is_ok_and(|s| s.success()), "this bench needs `cc`, and {name} must compile with it");
    program
}

/// What a program's run cost.
#[derive(Clone, Copy)]
pub struct Cost {
    /// User and system CPU of all its threads, in ms.
    pub cpu_ms: f64,
    pub wall_ms: f64,
    pub peak_mb: f64,
}

/// Measures whole processes.
pub struct Meter {
    spent: PathBuf,
    note: PathBuf,
}

impl Meter {
    pub fn new() -> Self {
        Self { spent: compile("spent.c", "spent", &[]), note: base().join("spent.txt") }
    }

    /// Runs a command and tells what it cost, with what it printed. None: there is no such program.
    pub fn run(&self, command: &Command) -> Option<(Cost, String)> {
        let _ = fs::remove_file(&self.note);
        let output = Command::new(&self.spent)
            .arg(&self.note)
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::null())
            .output()
            .expect("the meter starts");
        if output.status.code() == Some(127) {
            return None;
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        let note = fs::read_to_string(&self.note).expect("the meter wrote what was spent");
        let numbers: Vec<f64> = note.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        let [user, system, wall, peak] = numbers[..] else { panic!("the meter wrote {note:?}") };
        Some((Cost { cpu_ms: (user + system) / 1e3, wall_ms: wall / 1e3, peak_mb: peak / 1e3 }, said))
    }
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
