//! Configs that are wrong on purpose, each with the exact words that its operator is told.
//!
//! `tests/fixtures/config-wrong/<name>.toml` is read as a site's `statuary.toml`; `<name>.txt` holds every mistake and
//! warning as a terminal without colour shows them. Those called `http-…` need a build that has that kind of probe.
//! `UPDATE=1 cargo test --test config_wrong` writes the texts anew.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use statuary::config::{Mistake, check};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config-wrong")
}

/// Everything that is told of a config, with the site's folder taken out of it.
fn told(config: &str) -> String {
    let site = tempfile::tempdir().unwrap();
    std::fs::write(site.path().join("statuary.toml"), config).unwrap();
    let (mistakes, warnings): (Vec<Mistake>, Vec<Mistake>) = match check(site.path()) {
        Ok(loaded) => (Vec::new(), loaded.warnings),
        Err(mistakes) => (mistakes.0, Vec::new()),
    };
    let mut text = String::new();
    for mistake in mistakes.iter().chain(&warnings) {
        writeln!(text, "{}\n", mistake.rendered).unwrap();
    }
    let folder = site.path().display().to_string();
    let mut shown = text.replace(&format!("{folder}/"), "").replace(&folder, "the site");
    shown.truncate(shown.trim_end().len());
    shown.push('\n');
    shown
}

#[test]
fn every_wrong_config_is_told_exactly_so() {
    let update = std::env::var_os("UPDATE").is_some_and(|v| v == "1");
    let known: Vec<&str> = statuary::probe::KINDS.iter().map(|k| k.name).collect();
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for path in names.iter().filter(|p| p.extension().is_some_and(|e| e == "toml")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name.starts_with("http-") && !known.contains(&"http") {
            println!("skipped {name}: this build has no probe of kind http");
            continue;
        }
        let told = told(&std::fs::read_to_string(path).unwrap());
        let expected = path.with_extension("txt");
        if update {
            std::fs::write(&expected, &told).unwrap();
        } else if std::fs::read_to_string(&expected).ok().as_deref() != Some(told.as_str()) {
            wrong.push(format!("{name} is told now:\n{told}"));
        }
        checked += 1;
    }
    assert!(checked > 15, "the folder of wrong configs is there");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
