//! How long a build of 1,000 incident pages takes, as ratios in one run: beside a copy of the same site (the disk's
//! limit) and beside turning the same Markdown into bare HTML (what no generator can avoid).
//!
//! `cargo bench --bench building`

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const PAGES: usize = 1000;

fn main() {
    if std::env::args().any(|a| a == "--list") {
        return;
    }
    let site = tempfile::tempdir().expect("a temp folder");
    write_site(site.path());
    let first = time(|| build(site.path()));
    let again = time(|| build(site.path()));
    let bytes = size(&site.path().join("public"));
    let copy = time(|| {
        let status =
            Command::new("cp").arg("-r").arg(site.path().join("public")).arg(site.path().join("copy")).status();
        assert!(status.expect("cp").success());
    });
    let bare = time(|| bare_markdown(&site.path().join("incidents")));

    println!("{PAGES} write-ups, {} MB of site", bytes / 1_000_000);
    println!("build, cold            {:>8.0} ms", ms(first));
    println!("build, nothing changed {:>8.0} ms   {:.2} × the cold one", ms(again), ms(again) / ms(first));
    println!("cp -r of the site      {:>8.0} ms   the cold build is {:.1} × this", ms(copy), ms(first) / ms(copy));
    println!("bare Markdown to HTML  {:>8.0} ms   the cold build is {:.1} × this", ms(bare), ms(first) / ms(bare));
}

fn write_site(site: &Path) {
    let config = "[site]\ntitle = \"Bench\"\nurl = \"https://status.example.com/\"\n\
                  [[component]]\nid = \"web\"\nname = \"Website\"\n";
    fs::write(site.join("statuary.toml"), config).expect("config");
    let incidents = site.join("incidents");
    fs::create_dir_all(&incidents).expect("incidents");
    for i in 0..PAGES {
        let day = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).expect("a date") + chrono::TimeDelta::days(i as i64 * 2);
        let mut text = format!(
            "---\ntitle: Outage number {i}\ncomponents: [web]\nstarted: {day} 09:00\nended: {day} 10:40\nimpact: major\n---\n\n"
        );
        for (minute, word) in [(5, "Investigating"), (18, "Identified"), (45, "Monitoring")] {
            let _ = write!(text, "### {word} · {day} 09:{minute:02}\n\nThe site does not answer; update {minute}.\n\n");
        }
        let _ = write!(text, "### Resolved · {day} 10:40\n\nIt works again.\n\n");
        for section in ["Symptoms", "Cause", "What went well"] {
            let _ = write!(text, "## {section}\n\n{}\n\n", "The *save* never ended, and `bgsave` said so. ".repeat(12));
        }
        fs::write(incidents.join(format!("{day}-outage-{i}.md")), text).expect("a write-up");
    }
}

fn build(site: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_statuary")).args(["build", "--site"]).arg(site).output();
    let out = status.expect("statuary starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

fn bare_markdown(incidents: &Path) {
    for entry in fs::read_dir(incidents).expect("incidents").flatten() {
        let text = fs::read_to_string(entry.path()).expect("a write-up");
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(&text));
        std::hint::black_box(html);
    }
}

fn size(folder: &Path) -> u64 {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten();
    files.filter_map(|e| e.metadata().ok()).filter(std::fs::Metadata::is_file).map(|m| m.len()).sum()
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1000.0
}
