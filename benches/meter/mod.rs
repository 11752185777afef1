//! What whole processes cost: CPU, wall time and memory, as the kernel counted them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Compiles a C file.
pub fn compile(source: &Path, program: &Path, flags: &[&str]) -> PathBuf {
    let status = Command::new("cc").arg("-O2").args(flags).arg("-o").arg(program).arg(source).status();
    let name = source.display();
    assert!(status.is_ok_and(|s| s.success()), "this bench needs `cc`, and {name} must compile with it");
    program.to_owned()
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
    /// What it needs for that stands in a folder.
    pub fn new(folder: &Path) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/meter/spent.c");
        Self { spent: compile(&source, &folder.join("spent"), &[]), note: folder.join("spent.txt") }
    }

    /// Runs a command and tells what it cost, with what it printed. None: there is no such program.
    pub fn run(&self, command: &Command) -> Option<(Cost, String)> {
        self.run_to(command, &[0])
    }

    /// The same of a command that may end with one of these codes.
    pub fn run_to(&self, command: &Command, ends: &[i32]) -> Option<(Cost, String)> {
        let _ = fs::remove_file(&self.note);
        let output = Command::new(&self.spent)
            .arg(&self.note)
            .arg(command.get_program())
            .args(command.get_args())
            .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::null())
            .output()
            .expect("the meter starts");
        let code = output.status.code().unwrap_or(-1);
        if code == 127 {
            return None;
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(ends.contains(&code), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        let note = fs::read_to_string(&self.note).expect("the meter wrote what was spent");
        let numbers: Vec<f64> = note.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        let [user, system, wall, peak] = numbers[..] else { panic!("the meter wrote {note:?}") };
        Some((Cost { cpu_ms: (user + system) / 1e3, wall_ms: wall / 1e3, peak_mb: peak / 1e3 }, said))
    }
}
