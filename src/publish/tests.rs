//! The swap at its door: what a visitor finds at every moment, and what is left alone.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use crate::model::{Moment, Span};
use crate::publish::swap::{Step, Watch};
use crate::publish::{PublishError, Swapped, after, standing};
use crate::render::{Class, Output};

/// A site's folder with its public and its state folder.
struct Stage {
    root: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    fn public(&self) -> PathBuf {
        self.root.path().join("public")
    }

    fn state(&self) -> PathBuf {
        self.root.path().join(".statuary")
    }

    fn swap(&self, files: &[Output], hour: i64) -> Swapped {
        swap(&self.public(), &self.state(), files, at(hour)).unwrap()
    }

    fn refuse(&self, files: &[Output]) -> String {
        let error = swap(&self.public(), &self.state(), files, at(0)).unwrap_err().to_string();
        let root = self.root.path().canonicalize().unwrap();
        error.replace(&root.display().to_string(), "site")
    }

    /// Everything in the public folder by path.
    fn shown(&self) -> BTreeMap<String, String> {
        show(&self.public())
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.public().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What tells whether a file was touched.
    fn looks(&self) -> BTreeMap<PathBuf, (u64, i64, i64)> {
        let all = walkdir::WalkDir::new(self.root.path()).into_iter().map(|e| e.unwrap().into_path());
        all.map(|path| {
            let meta = path.symlink_metadata().unwrap();
            (path, (meta.ino(), meta.ctime(), meta.ctime_nsec()))
        })
        .collect()
    }
}

fn show(public: &Path) -> BTreeMap<String, String> {
    let entries = walkdir::WalkDir::new(public).into_iter().map(|e| e.unwrap());
    let files = entries.filter(|e| !e.file_type().is_dir());
    let name = |path: &Path| path.strip_prefix(public).unwrap().to_str().unwrap().to_owned();
    files.map(|e| (name(e.path()), fs::read_to_string(e.path()).unwrap())).collect()
}

fn at(hour: i64) -> Moment {
    Moment::from_ms(1_795_000_000_000) + Span::from_mins(60 * hour)
}

fn file(class: Class, path: &str, text: &str) -> Output {
    Output::new(path, text, class)
}

/// A swap where nothing is kept.
fn swap(public: &Path, state: &Path, files: &[Output], now: Moment) -> Result<Swapped, PublishError> {
    crate::publish::swap(&standing(public, state)?, files, &[], &[], now)
}

/// The same, stopped where `watch` says.
fn swap_watched(
    public: &Path,
    state: &Path,
    files: &[Output],
    now: Moment,
    watch: Watch<'_>,
) -> Result<Swapped, PublishError> {
    crate::publish::swap::swap_watched(&standing(public, state)?, (files, &[]), &[], now, watch)
}

/// A small site. Each page's text is the list of files that it names.
fn site(version: u32) -> Vec<Output> {
    let style = format!("assets/style.{version}.css");
    let incident = format!("incidents/{version}/index.html");
    let mut files = vec![
        file(Class::Index, "index.html", &format!("{style} {incident} history.html v{version}.json")),
        file(Class::Settled, &incident, &style),
        file(Class::Live, "history.html", &format!("{style} {incident}")),
        file(Class::Live, &format!("v{version}.json"), ""),
        file(Class::Asset, &style, ""),
        // A page that comes early by its name and names new pages of its own class and of a later one.
        file(Class::Settled, "about.html", &format!("{style} {incident} v{version}.json")),
    ];
    // What is a file in one version is a folder in the other.
    files.push(if version.is_multiple_of(2) {
        file(Class::Live, "turn", "")
    } else {
        file(Class::Live, "turn/turn/x.html", "")
    });
    files
}

fn texts(files: &[Output]) -> BTreeMap<String, String> {
    files.iter().map(|f| (f.path.clone(), String::from_utf8(f.bytes.clone()).unwrap())).collect()
}

#[test]
fn it_shows_exactly_the_files() {
    let stage = Stage::new();
    assert_eq!(stage.swap(&site(1), 0), Swapped { written: 7, unchanged: 0, removed: 0 });
    assert_eq!(stage.shown(), texts(&site(1)));
    assert!(!stage.state().join("staging").exists());
}

#[test]
fn nothing_changed_writes_no_file() {
    let stage = Stage::new();
    stage.swap(&site(1), 0);
    let before = stage.looks();
    assert_eq!(stage.swap(&site(1), 5), Swapped { written: 0, unchanged: 7, removed: 0 });
    assert_eq!(stage.looks(), before);
    // Nor does a lost list of published files cost the visitor anything.
    fs::remove_dir_all(stage.state()).unwrap();
    assert_eq!(stage.swap(&site(1), 5), Swapped { written: 0, unchanged: 7, removed: 0 });
}

#[test]
fn only_what_changed_is_touched_and_the_list_is_not_trusted_blindly() {
    let stage = Stage::new();
    stage.swap(&site(1), 0);
    let before = stage.looks();
    stage.put("about.html", "by hand");
    fs::remove_file(stage.public().join("history.html")).unwrap();
    assert_eq!(stage.swap(&site(1), 0), Swapped { written: 2, unchanged: 5, removed: 0 });
    assert_eq!(stage.shown(), texts(&site(1)));
    let index = stage.public().join("index.html");
    assert_eq!(stage.looks()[&index], before[&index]);
    // Changed to the same length, and with its old time put back.
    let history = stage.public().join("history.html");
    let time = fs::metadata(&history).unwrap().modified().unwrap();
    let text = fs::read_to_string(&history).unwrap().to_uppercase();
    fs::write(&history, text).unwrap();
    fs::File::options().write(true).open(&history).unwrap().set_modified(time).unwrap();
    assert_eq!(stage.swap(&site(1), 0).written, 1);
    assert_eq!(stage.shown(), texts(&site(1)));
}

#[test]
fn law_5_at_every_kill_no_page_names_a_missing_file_and_the_next_swap_completes_it() {
    let mut steps_seen = Vec::new();
    for kill_at in 0.. {
        let stage = Stage::new();
        stage.put("CNAME", "a stranger's");
        stage.swap(&site(1), 0);
        let mut left = kill_at;
        let mut watch = |step| {
            steps_seen.push(step);
            if left == 0 {
                return Err(io::Error::other("killed"));
            }
            left -= 1;
            Ok(())
        };
        let result = swap_watched(&stage.public(), &stage.state(), &site(2), at(1), &mut watch);
        let shown = stage.shown();
        for (page, text) in shown.iter().filter(|(page, _)| page.as_str() != "CNAME") {
            for name in text.split_whitespace() {
                assert!(shown.contains_key(name), "killed at step {kill_at}: {page} names {name}, which is not there");
            }
        }
        stage.swap(&site(2), 1);
        let mut wanted = texts(&site(2));
        wanted.insert("assets/style.1.css".into(), String::new());
        wanted.insert("CNAME".into(), "a stranger's".into());
        assert_eq!(stage.shown(), wanted, "killed at step {kill_at}");
        assert!(!stage.public().join("incidents/1").exists(), "an empty folder stayed");
        assert!(!stage.state().join("staging").exists());
        // What the killed swap put there is known as ours: a later one removes it.
        stage.swap(&site(3), 2);
        assert!(!stage.shown().contains_key("v2.json"), "killed at step {kill_at}");
        if result.is_ok() {
            break;
        }
    }
    for step in [Step::Stage, Step::Note, Step::Clear, Step::Place, Step::Remove, Step::Tidy] {
        assert!(steps_seen.contains(&step), "{step:?} was never tried");
    }
}

#[test]
fn a_killed_swap_rolls_forward_to_another_site() {
    let stage = Stage::new();
    stage.swap(&site(1), 0);
    let mut left = 10;
    let mut watch = |_| {
        left -= 1;
        if left == 0 { Err(io::Error::other("killed")) } else { Ok(()) }
    };
    swap_watched(&stage.public(), &stage.state(), &site(2), at(0), &mut watch).unwrap_err();
    stage.swap(&site(4), 30);
    stage.swap(&site(4), 60);
    assert_eq!(stage.shown(), texts(&site(4)));
}

#[test]
fn the_order_is_assets_settled_live_index() {
    let stage = Stage::new();
    let root = stage.public();
    let mut counts = Vec::new();
    let mut watch = |step| {
        if step == Step::Place {
            counts.push(show(&root).into_keys().collect::<Vec<_>>().join(" "));
        }
        Ok(())
    };
    let files = &site(1)[..5];
    swap_watched(&stage.public(), &stage.state(), files, at(0), &mut watch).unwrap();
    insta::assert_snapshot!(counts.join("\n").trim_start(), @r"
    assets/style.1.css
    assets/style.1.css incidents/1/index.html
    assets/style.1.css history.html incidents/1/index.html
    assets/style.1.css history.html incidents/1/index.html v1.json
    ");
}

#[test]
fn an_old_asset_stays_a_day() {
    let stage = Stage::new();
    stage.swap(&site(1), 0);
    stage.swap(&site(3), 1);
    assert!(stage.shown().contains_key("assets/style.1.css"));
    assert_eq!(stage.swap(&site(3), 24).removed, 0);
    assert_eq!(stage.swap(&site(3), 25).removed, 1);
    assert_eq!(stage.shown(), texts(&site(3)));
    // One that is named again begins anew.
    stage.swap(&site(1), 26);
    stage.swap(&site(3), 40);
    stage.swap(&site(3), 50);
    assert!(stage.shown().contains_key("assets/style.1.css"));
}

#[test]
fn a_strangers_files_are_left_alone() {
    let stage = Stage::new();
    stage.swap(&site(1), 0);
    stage.put("incidents/1/photo.jpg", "a stranger's");
    stage.put("google123.html", "a stranger's");
    // Ours by name, but somebody put their own there.
    stage.put("v1.json", "a stranger's");
    stage.swap(&site(2), 0);
    let strangers: Vec<_> = stage.shown().into_iter().filter(|(_, text)| text == "a stranger's").collect();
    assert_eq!(strangers.len(), 3);
    // A file removed by hand is no trouble.
    fs::remove_file(stage.public().join("v2.json")).unwrap();
    stage.swap(&site(1)[..5], 0);
}

#[test]
fn what_is_in_the_way_is_named_and_nothing_is_written() {
    let stage = Stage::new();
    stage.put("turn/mine.txt", "a stranger's");
    insta::assert_snapshot!(stage.refuse(&site(2)), @"site/public/turn/mine.txt is in the way of turn: it was not made here; move it away, as only files that were made here are replaced");
    let stage = Stage::new();
    stage.put("incidents", "a stranger's");
    insta::assert_snapshot!(stage.refuse(&site(2)), @"site/public/incidents is in the way of incidents/2/index.html: it was not made here; move it away, as only files that were made here are replaced");
    assert_eq!(stage.shown().len(), 1);
}

#[test]
fn links_are_never_followed_out() {
    let stage = Stage::new();
    let outside = stage.root.path().join("outside");
    fs::create_dir_all(&outside).unwrap();
    fs::create_dir_all(stage.public()).unwrap();
    symlink(&outside, stage.public().join("incidents")).unwrap();
    insta::assert_snapshot!(stage.refuse(&site(2)), @"site/public/incidents is in the way of incidents/2/index.html: it is a symbolic link; move it away, as only files that were made here are replaced");
    fs::remove_file(stage.public().join("incidents")).unwrap();
    fs::write(outside.join("secret"), "outside").unwrap();
    symlink(outside.join("secret"), stage.public().join("index.html")).unwrap();
    stage.swap(&site(2), 0);
    assert_eq!(stage.shown(), texts(&site(2)));
    // A folder of ours that was replaced by a link is not emptied on the other side.
    fs::rename(stage.public().join("incidents/2"), outside.join("2")).unwrap();
    symlink(outside.join("2"), stage.public().join("incidents/2")).unwrap();
    stage.swap(&site(3), 0);
    assert!(outside.join("2/index.html").exists());
    assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "outside");
}

#[test]
fn paths_that_lead_out_are_refused() {
    let stage = Stage::new();
    let refuse = |path: &str| stage.refuse(&[file(Class::Live, path, "")]);
    insta::assert_snapshot!(refuse("../x"), @r#""../x" cannot be published: each of its parts must be a name"#);
    insta::assert_snapshot!(refuse("/etc/x"), @r#""/etc/x" cannot be published: it is not relative to the public folder"#);
    insta::assert_snapshot!(refuse("a//b"), @r#""a//b" cannot be published: each of its parts must be a name"#);
    insta::assert_snapshot!(refuse("a\\b"), @r#""a\\b" cannot be published: it holds a character that is no part of a file's name everywhere"#);
    let two = [file(Class::Live, "a", ""), file(Class::Live, "a/b", "")];
    insta::assert_snapshot!(stage.refuse(&two), @r#""a" cannot be published: it is wanted as a file and as a folder"#);
    assert_eq!(stage.shown().len(), 0);
}

#[test]
fn a_mount_point_is_swapped_file_by_file() {
    // The rename says that it is another file system, as it does between two mounts of one.
    let stage = Stage::new();
    stage.swap(&site(1), 0);
    let mut watch = |step| if step == Step::Place { Err(io::ErrorKind::CrossesDevices.into()) } else { Ok(()) };
    swap_watched(&stage.public(), &stage.state(), &site(2), at(0), &mut watch).unwrap();
    let mut wanted = texts(&site(2));
    wanted.insert("assets/style.1.css".into(), String::new());
    assert_eq!(stage.shown(), wanted);
    // And a real one, where there is one.
    let (Ok(memory), disk) = (tempfile::tempdir_in("/dev/shm"), tempfile::tempdir().unwrap()) else {
        return eprintln!("skipped the second half of a_mount_point_is_swapped_file_by_file: no /dev/shm");
    };
    if memory.path().metadata().unwrap().dev() == disk.path().metadata().unwrap().dev() {
        return eprintln!("skipped the second half of a_mount_point_is_swapped_file_by_file: one file system");
    }
    let inode = memory.path().metadata().unwrap().ino();
    swap(memory.path(), disk.path(), &site(1), at(0)).unwrap();
    swap(memory.path(), disk.path(), &site(3), at(30)).unwrap();
    swap(memory.path(), disk.path(), &site(3), at(60)).unwrap();
    assert_eq!(show(memory.path()), texts(&site(3)));
    assert_eq!(memory.path().metadata().unwrap().ino(), inode);
}

#[test]
fn many_files_go_out_at_once() {
    let stage = Stage::new();
    let files: Vec<_> = (0..300).map(|n| file(Class::Settled, &format!("p/{n}.html"), &n.to_string())).collect();
    assert_eq!(stage.swap(&files, 0).written, 300);
    assert_eq!(stage.shown(), texts(&files));
    assert_eq!(stage.swap(&files[..10], 0), Swapped { written: 0, unchanged: 10, removed: 290 });
}

#[test]
fn what_the_operator_reads_of_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let said = |command: &str| {
        after(folder.path(), command, Span::from_ms(400)).map_or_else(|e| e.to_string(), |()| "done".to_owned())
    };
    insta::assert_snapshot!(said("touch here"), @"done");
    assert!(folder.path().join("here").exists());
    insta::assert_snapshot!(said("echo 'no route to https://me:word@example.com/x' >&2; exit 3"), @r#"the site is in place, but the publish command failed with exit code 3, saying "no route to https://…@example.com/x""#);
    insta::assert_snapshot!(said("sleep 20 & sleep 20"), @"the site is in place, but the publish command did not end within 400 ms and was stopped");
}
