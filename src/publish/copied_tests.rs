//! Files that are published as they are: copied when they changed, and read only then.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::Moment;
use crate::publish::swap::swap_watched;
use crate::publish::{Copied, Standing, Swapped, standing, survey, swap};
use crate::render::{Class, Output};

struct Stage {
    root: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    fn join(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.join("journal")).unwrap();
        fs::write(self.join("journal").join(name), text).unwrap();
    }

    fn survey(&self, names: &[&str]) -> Vec<Copied> {
        let files = names.iter().map(|n| (format!("journal/{n}"), self.join("journal").join(n))).collect();
        survey(&self.standing(), files).unwrap()
    }

    fn standing(&self) -> Standing {
        standing(&self.join("public"), &self.join(".statuary")).unwrap()
    }

    fn swap(&self, names: &[&str]) -> Swapped {
        let copies = self.survey(names);
        swap(&self.standing(), &pages(), &copies, &[], Moment::from_ms(0)).unwrap()
    }

    fn shown(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.join("public/journal").join(name)).ok()
    }
}

/// The index names the copies, and so does a file that is made each round.
fn pages() -> Vec<Output> {
    let page = |path: &str, class| Output::new(path, "journal/a journal/b", class);
    vec![page("index.html", Class::Index), page("journal/index.json", Class::Live)]
}

/// Bytes that this thread has read from files so far; none where the system does not count them.
fn read_so_far() -> Option<u64> {
    let counts = fs::read_to_string("/proc/thread-self/io").ok()?;
    counts.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok())
}

#[test]
fn what_did_not_change_is_neither_read_nor_written() {
    let stage = Stage::new();
    let much = "x".repeat(3 << 20);
    stage.write("a", &much);
    stage.write("b", "first\n");
    assert_eq!(stage.swap(&["a", "b"]).written, 4);
    assert_eq!((stage.shown("a").as_ref(), stage.shown("b").as_deref()), (Some(&much), Some("first\n")));
    stage.write("b", "first\nsecond\n");
    let before = read_so_far();
    assert_eq!(stage.swap(&["a", "b"]), Swapped { written: 1, unchanged: 3, removed: 0 });
    assert_eq!(stage.shown("b").as_deref(), Some("first\nsecond\n"));
    if let (Some(before), Some(after)) = (before, read_so_far()) {
        assert!(after - before < 1 << 20, "{} bytes were read", after - before);
    }
    // The lost list of published files costs reading, and nothing that a visitor could see.
    fs::remove_dir_all(stage.join(".statuary")).unwrap();
    assert_eq!(stage.swap(&["a", "b"]), Swapped { written: 0, unchanged: 4, removed: 0 });
}

#[test]
fn a_copy_that_was_changed_is_put_right_and_one_that_is_not_wanted_goes() {
    let stage = Stage::new();
    stage.write("a", "first\n");
    stage.write("b", "second\n");
    stage.swap(&["a", "b"]);
    fs::write(stage.join("public/journal/a"), "FIRST\n").unwrap();
    assert_eq!(stage.swap(&["a", "b"]).written, 1);
    assert_eq!(stage.shown("a").as_deref(), Some("first\n"));
    assert_eq!(stage.swap(&["a"]).removed, 1);
    assert_eq!(stage.shown("b"), None);
}

#[test]
fn what_is_appended_meanwhile_waits_for_the_next_swap() {
    let stage = Stage::new();
    stage.write("a", "first\n");
    let copies = stage.survey(&["a"]);
    assert_eq!((copies[0].bytes(), copies[0].sha256().len()), (6, 64));
    stage.write("a", "first\nsecond\n");
    swap(&stage.standing(), &[], &copies, &[], Moment::from_ms(0)).unwrap();
    assert_eq!(stage.shown("a").as_deref(), Some("first\n"));
    stage.swap(&["a"]);
    assert_eq!(stage.shown("a").as_deref(), Some("first\nsecond\n"));
    // What was surveyed and is another file now is no longer what was meant: the old one stays.
    fs::write(stage.join("public/journal/a"), "by hand").unwrap();
    let copies = stage.survey(&["a"]);
    stage.write("a", "FIRST\nsecond\n");
    let refused = swap(&stage.standing(), &[], &copies, &[], Moment::from_ms(0));
    assert!(refused.unwrap_err().to_string().ends_with("journal/a was changed while it was copied"));
    assert_eq!(stage.shown("a").as_deref(), Some("by hand"));
}

#[test]
fn law_5_no_half_copy_is_ever_seen_and_none_is_named_before_it_is_there() {
    for kill_at in 0.. {
        let stage = Stage::new();
        stage.write("a", "a first\n");
        let copies = stage.survey(&["a"]);
        let only = [Output::new("index.html", "journal/a", Class::Index)];
        swap(&stage.standing(), &only, &copies, &[], Moment::from_ms(0)).unwrap();
        stage.write("a", "a first\na second\n");
        stage.write("b", "b\n");
        let copies = stage.survey(&["a", "b"]);
        let mut left = kill_at;
        let mut watch = |_| {
            left -= 1;
            if left < 0 { Err(io::Error::other("killed")) } else { Ok(()) }
        };
        let public = stage.join("public");
        let result = swap_watched(&stage.standing(), (&pages(), &copies), &[], Moment::from_ms(0), &mut watch);
        let whole =
            |text: Option<String>| text.is_none_or(|t| ["a first\n", "a first\na second\n", "b\n"].contains(&&*t));
        assert!(whole(stage.shown("a")) && whole(stage.shown("b")), "killed at step {kill_at}");
        for page in ["index.html", "journal/index.json"].map(|p| public.join(p)) {
            let text = fs::read_to_string(page).unwrap_or_default();
            let there = |name: &str| Path::new(&public).join(name).exists();
            assert!(text.split_whitespace().all(there), "killed at step {kill_at}");
        }
        stage.swap(&["a", "b"]);
        assert_eq!(stage.shown("a").as_deref(), Some("a first\na second\n"));
        if result.is_ok() {
            break;
        }
    }
}
