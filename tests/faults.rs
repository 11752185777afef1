//! What happens when a round cannot be saved: a full disk, a disk that takes the bytes and then fails, a journal that
//! is read-only, another user's or on a file system of its own, a file that may not grow, a `save` command that fails,
//! hangs or floods. Each time: a clear error, exit code 3, the old site as it was, nothing half-written counted as
//! saved, nobody told; and the next run goes on from there.

#[allow(dead_code, reason = "this file uses a part of what the servers can do")]
mod support {
    pub mod mounts;
    pub mod stage;

    mod hook;

    pub use hook::Hook;
}

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use support::Hook;
use support::mounts::{Mounts, is_root, skipped};
use support::stage::{Stage, workers};

/// A site that is well and has said so, then has news that somebody should hear.
struct Trial {
    stage: Stage,
    hook: Hook,
    /// What stands before the binary's own words.
    outer: Vec<String>,
    site: BTreeMap<String, Vec<u8>>,
}

impl Trial {
    /// `more` is config. `prepare` is called before the first run.
    fn new(more: &str, prepare: impl FnOnce(&Stage) -> Vec<String>) -> Self {
        let (stage, hook) = (Stage::in_memory(""), Hook::start());
        let told = format!("[[notify]]\nid = \"ops\"\nkind = \"webhook\"\nurl = \"{}\"\n", hook.url());
        stage.write("statuary.toml", &format!("{}\n{told}{more}", workers("open_after = 1\nresolve_after = 1")));
        stage.write("beat", "");
        let outer = prepare(&stage);
        let mut trial = Self { stage, hook, outer, site: BTreeMap::new() };
        trial.expect(&["run"], 0);
        trial.site = trial.public();
        fs::remove_file(trial.stage.join("beat")).expect("the beat is there");
        trial
    }

    fn run(&self, args: &[&str]) -> Output {
        self.stage.under(&self.outer, args).output().expect("the binary starts")
    }

    /// Runs the binary and wants this exit code; gives what it said, without what differs from day to day.
    fn expect(&self, args: &[&str], code: i32) -> String {
        self.said(&self.run(args), code)
    }

    fn said(&self, out: &Output, code: i32) -> String {
        let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert_eq!(out.status.code(), Some(code), "{out:?}");
        let text = text.replace(&self.stage.path().display().to_string(), "SITE");
        let day = regex::Regex::new(r"\d{4}/\d\d/\d\d\.jsonl").expect("a pattern");
        day.replace_all(&text, "DAY.jsonl").trim_end().to_owned()
    }

    fn public(&self) -> BTreeMap<String, Vec<u8>> {
        let public = self.stage.join("public");
        let entries = walkdir::WalkDir::new(&public).into_iter().map(|e| e.expect("a folder can be read"));
        entries
            .filter(|e| e.file_type().is_file())
            .map(|e| (e.path().display().to_string(), fs::read(e.path()).expect("a file")))
            .collect()
    }

    /// The worker lives, or it does not: that is news.
    fn beat(&self, lives: bool) {
        if lives {
            self.stage.write("beat", "");
        } else {
            fs::remove_file(self.stage.join("beat")).expect("the beat is there");
        }
    }

    /// A look that cannot be saved while there are no news; gives what it said.
    fn fails_quietly(&self) -> String {
        self.beat(true);
        let said = self.expect(&["run", "--record-only"], 3);
        self.beat(false);
        self.nothing_happened();
        said
    }

    /// Looks until the disk is full; gives what was said then.
    fn fails_sooner_or_later(&self) -> String {
        self.beat(true);
        let fails = |_: &i32| {
            let out = self.run(&["run", "--record-only"]);
            (out.status.code() != Some(0)).then(|| self.said(&out, 3))
        };
        let said = (0..40).find_map(|n| fails(&n)).expect("the disk is full by now");
        self.beat(false);
        self.nothing_happened();
        said
    }

    /// What must be so whenever a run could not save.
    fn nothing_happened(&self) {
        assert_eq!(self.public(), self.site, "the old site stands");
        assert_eq!(self.hook.heard(), [serde_json::Value::Null; 0], "nobody is told");
    }

    /// A run that cannot save; gives what it said.
    fn fails(&self) -> String {
        let said = self.expect(&["run"], 3);
        self.nothing_happened();
        said
    }

    /// A run when all is well again.
    fn recovers(&self) -> String {
        let said = self.expect(&["run"], 0);
        self.expect(&["journal", "verify"], 0);
        self.stage.site_is_whole();
        let heard: Vec<_> =
            self.hook.heard().iter().map(|m| m["event"].as_str().unwrap_or_default().to_owned()).collect();
        assert_eq!(heard, ["opened"], "what could not be told before is told now, once");
        self.expect(&["run"], 0);
        self.expect(&["journal", "verify"], 0);
        said
    }

    /// The newest file of the place's chain.
    fn day(&self) -> PathBuf {
        let files = walkdir::WalkDir::new(self.stage.join("journal/local")).sort_by_file_name();
        let files = files.into_iter().filter_map(Result::ok).filter(|e| e.file_type().is_file());
        files.last().expect("a day").into_path()
    }
}

/// Mounts a file system on the site's journal.
fn on_journal(mounts: &Mounts, stage: &Stage, options: &str) -> Vec<String> {
    let folder = stage.join("journal");
    fs::create_dir_all(&folder).expect("a folder");
    mounts.sh(&format!("mount -t tmpfs -o {options} none {}", folder.display())).expect("mounting was tried before");
    mounts.enter()
}

#[test]
fn a_full_disk_saves_nothing_by_halves() {
    let Some(mounts) = Mounts::new("a_full_disk_saves_nothing_by_halves") else { return };
    let trial = Trial::new("", |stage| on_journal(&mounts, stage, "size=256k"));
    let journal = trial.stage.join("journal").display().to_string();
    let filled = format!("head -c 256k /dev/zero > {journal}/filler || true");
    mounts.sh(&filled).expect("a disk can be filled");
    // What is left of the last page takes a few records; the one that does not fit is torn.
    insta::assert_snapshot!(trial.fails_sooner_or_later(), @"statuary: SITE/journal/local/DAY.jsonl: the record could not be written whole; it does not count: No space left on device (os error 28); make room there, the next run goes on from here");
    trial.fails();
    let torn = trial.expect(&["journal", "verify"], 1);
    assert!(torn.contains("bytes at the end of the file are no whole record"), "{torn}");
    mounts.sh(&format!("rm {journal}/filler")).expect("there is a filler");
    let said = trial.recovers();
    assert!(said.contains("is cut off or was never a record; stepped around, and kept as it is"), "{said}");
}

#[test]
fn a_disk_that_fills_up_at_any_moment_leaves_the_old_site_or_the_new_one() {
    let Some(mounts) = Mounts::new("a_disk_that_fills_up_at_any_moment_leaves_the_old_site_or_the_new_one") else {
        return;
    };
    let whole = |stage: &Stage| {
        let (from, to) = (stage.join("statuary.toml"), stage.path().display());
        let config = fs::read_to_string(from).expect("a config");
        mounts.sh(&format!("mount -t tmpfs -o size=2m none {to}")).expect("mounting was tried before");
        fs::write(mounts.path(&stage.join("statuary.toml")), config).expect("a config");
        fs::write(mounts.path(&stage.join("beat")), "").expect("a beat");
        mounts.enter()
    };
    let (stage, hook) = (Stage::in_memory(&workers("open_after = 1\nresolve_after = 1")), Hook::start());
    let told = format!("[[notify]]\nid = \"ops\"\nkind = \"webhook\"\nurl = \"{}\"\n", hook.url());
    stage.write("statuary.toml", &format!("{}\n{told}", workers("open_after = 1\nresolve_after = 1")));
    let outer = whole(&stage);
    let run = |args: &[&str]| stage.under(&outer, args).output().expect("the binary starts");
    assert_eq!(run(&["run"]).status.code(), Some(0));
    let site = mounts.path(stage.path());
    let mut codes = BTreeMap::new();
    for pages in (0..48).step_by(3) {
        // Something new each time: the beat comes or goes.
        let beat = site.join("beat");
        if beat.exists() { fs::remove_file(&beat) } else { fs::write(&beat, "") }.expect("a beat");
        let filler = format!("{}/filler", stage.path().display());
        let fill = format!("head -c 2m /dev/zero > {filler} || true; truncate -s -{} {filler}", pages * 4096);
        mounts.sh(&fill).expect("a disk can be filled");
        let before = hook.heard().len();
        let out = run(&["run"]);
        let code = out.status.code().expect("no signal");
        assert!([0, 3, 4].contains(&code), "{pages} pages: {out:?}");
        *codes.entry(code).or_insert(0) += 1;
        Stage::is_whole(&site.join("public"));
        let told = hook.heard().len() - before;
        assert!(code != 3 || told == 0, "{pages} pages: told what was not saved");
        mounts.sh(&format!("rm {filler}")).expect("there is a filler");
        let out = run(&["run"]);
        assert_eq!(out.status.code(), Some(0), "{pages} pages: {out:?}");
        let out = run(&["journal", "verify"]);
        assert_eq!(out.status.code(), Some(0), "{pages} pages: {out:?}");
        Stage::is_whole(&site.join("public"));
    }
    assert_eq!(codes.keys().copied().collect::<Vec<_>>(), [0, 3, 4], "each was met: {codes:?}");
}

#[test]
fn a_disk_that_fails_only_when_asked_to_keep_it() {
    let test = "a_disk_that_fails_only_when_asked_to_keep_it";
    if !is_root() {
        skipped::<()>(test, "a loop device wants root");
        return;
    }
    let Some(mounts) = Mounts::new(test) else { return };
    // A file system in a file with holes, on a disk that is full: writing goes well, keeping does not.
    let disk = tempfile::tempdir().expect("a folder");
    let at = disk.path().display();
    let make = |stage: &Stage| {
        let journal = stage.join("journal");
        fs::create_dir_all(&journal).expect("a folder");
        let script = format!(
            "mount -t tmpfs -o size=1m none {at}; truncate -s 8M {at}/image; mkfs.ext2 -q {at}/image; \
             mount -o loop {at}/image {}",
            journal.display()
        );
        mounts.sh(&script)?;
        Ok::<_, String>(mounts.enter())
    };
    let mut why = None;
    // Records of several blocks, so that some blocks hold nothing that a later record brings to the disk again.
    let many = (0..200).map(|n| {
        format!(
            "[[component]]\nid = \"c{n}\"\nname = \"C {n}\"\n[[component.probe]]\nkind = \"heartbeat\"\n\
             file = \"statuary.toml\"\nmax_age = \"1h\"\n"
        )
    });
    let trial = Trial::new(&many.collect::<String>(), |stage| {
        make(stage).unwrap_or_else(|e| {
            why = Some(e);
            Vec::new()
        })
    });
    if let Some(why) = why {
        skipped::<()>(test, &format!("no file system in a file: {why}"));
        return;
    }
    let journal = trial.stage.join("journal").display().to_string();
    // New blocks have no room; those that the day's file has already do.
    mounts.sh(&format!("head -c 1m /dev/zero > {at}/filler || true")).expect("a disk can be filled");
    insta::assert_snapshot!(trial.fails_sooner_or_later(), @"statuary: SITE/journal/local/DAY.jsonl: the record may not be on the disk; it does not count: No space left on device (os error 28); make room there, the next run goes on from here");
    mounts.sh(&format!("rm {at}/filler; sync -f {journal} || true")).expect("there is a filler");
    let said = trial.recovers();
    assert!(said.contains("stepped around, and kept as it is"), "what the disk did not keep is no record: {said}");
    // And what was read is what the disk has.
    mounts.sh(&format!("umount {journal}; mount -o loop {at}/image {journal}")).expect("it is mounted again");
    trial.expect(&["journal", "verify"], 0);
}

#[test]
fn a_journal_on_a_read_only_mount() {
    let Some(mounts) = Mounts::new("a_journal_on_a_read_only_mount") else { return };
    let trial = Trial::new("", |stage| on_journal(&mounts, stage, "size=256k"));
    let remount = |how: &str| {
        let journal = trial.stage.join("journal");
        mounts.sh(&format!("mount -o remount,bind,{how} {}", journal.display())).expect("a mount can be changed");
    };
    remount("ro");
    insta::assert_snapshot!(trial.fails_quietly(), @"statuary: SITE/journal/local/DAY.jsonl: the day's file cannot be opened for appending: Read-only file system (os error 30); mount it for writing, or move the journal");
    insta::assert_snapshot!(trial.fails(), @"statuary: SITE/journal/local+internal: the folder cannot be made: Read-only file system (os error 30); mount it for writing, or move the journal");
    // The page can be made of what is there all the same.
    trial.expect(&["build"], 0);
    remount("rw");
    trial.recovers();
}

#[test]
fn journal_state_and_site_on_mounts_of_their_own() {
    let Some(mounts) = Mounts::new("journal_state_and_site_on_mounts_of_their_own") else { return };
    let trial = Trial::new("", |stage| {
        for name in ["journal", ".statuary", "public"] {
            let folder = stage.join(name);
            fs::create_dir_all(&folder).expect("a folder");
            // The site is the same file system under another mount, so that only a rename finds out.
            let mount = if name == "public" {
                let store = stage.join("store");
                fs::create_dir_all(&store).expect("a folder");
                format!("mount --bind {} {}", store.display(), folder.display())
            } else {
                format!("mount -t tmpfs -o size=1m none {}", folder.display())
            };
            mounts.sh(&mount).expect("mounting was tried before");
        }
        mounts.enter()
    });
    trial.expect(&["run"], 0);
    trial.expect(&["journal", "verify"], 0);
    let seen = mounts.path(&trial.stage.join("public"));
    Stage::is_whole(&seen);
    let left: Vec<_> = fs::read_dir(&seen).expect("a site").flatten().map(|e| e.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("staging")), "{left:?}");
    let own = fs::read_to_string(seen.join("status.json")).expect("the site is there");
    assert!(own.contains("major_outage"), "{own}");
}

#[test]
fn a_journal_that_belongs_to_somebody_else() {
    let test = "a_journal_that_belongs_to_somebody_else";
    let root = is_root();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    if root {
        let mut version = Command::new(nobody[0]);
        version.args(&nobody[1..]).args([env!("CARGO_BIN_EXE_statuary"), "--version"]);
        if !version.output().is_ok_and(|out| out.status.success()) {
            skipped::<()>(test, "`nobody` cannot run the binary where it lies (or there is no `setpriv`)");
            return;
        }
    }
    let sh = |script: String| {
        let done = Command::new("sh").args(["-ec", &script]).status();
        assert!(done.is_ok_and(|status| status.success()), "{script}");
    };
    let trial = Trial::new("", |stage| {
        if !root {
            return Vec::new();
        }
        sh(format!("chown -R 65534:65534 {}", stage.path().display()));
        nobody.map(str::to_owned).to_vec()
    });
    let journal = trial.stage.join("journal").display().to_string();
    let (taken, given) = if root {
        (format!("chown -R 0:0 {journal}"), format!("chown -R 65534:65534 {journal}"))
    } else {
        (format!("chmod -R a-w {journal}"), format!("chmod -R u+w {journal}"))
    };
    sh(taken);
    insta::assert_snapshot!(trial.fails_quietly(), @"statuary: SITE/journal/local/DAY.jsonl: the day's file cannot be opened for appending: Permission denied (os error 13); let the user who runs this read and write it");
    insta::assert_snapshot!(trial.fails(), @"statuary: SITE/journal/local+internal: the folder cannot be made: Permission denied (os error 13); let the user who runs this read and write it");
    // Not even to be read.
    if root {
        sh(format!("chmod -R go-rwx {journal}"));
        insta::assert_snapshot!(trial.fails(), @"statuary: SITE/journal: the folder cannot be listed: Permission denied (os error 13); let the user who runs this read and write it");
        sh(format!("chmod -R go+rX {journal}"));
    }
    sh(given);
    trial.recovers();
}

#[test]
fn a_record_torn_at_any_byte_costs_only_itself() {
    let trial = Trial::new("", |_| Vec::new());
    trial.beat(true);
    let mut torn = 0;
    // A limit on a file's size tears a write at exactly that byte; by default it also ends the program there.
    for (room, dies) in [(0, false), (1, false), (2, true), (90, false), (91, true), (200, true), (230, false)] {
        let day = trial.day();
        let before = fs::read(&day).expect("a day");
        let script = if dies { "exec \"$@\"" } else { "trap '' XFSZ; exec \"$@\"" };
        let limit = format!("--fsize={}", before.len() + room);
        let outer = ["sh", "-c", script, "sh", "prlimit", &limit];
        let out = trial.stage.under(&outer, &["run", "--record-only"]).output().expect("the binary starts");
        let after = fs::read(&day).expect("a day");
        assert_eq!(after.len(), before.len() + room, "torn at the byte: {out:?}");
        if dies {
            assert_eq!(out.status.code(), None, "{out:?}");
        } else {
            let said = trial.said(&out, 3);
            insta::allow_duplicates! { insta::assert_snapshot!(said, @"statuary: SITE/journal/local/DAY.jsonl: the record could not be written whole; it does not count: File too large (os error 27); raise the limit on a file's size (ulimit -f)"); }
        }
        trial.nothing_happened();
        if room > 0 {
            torn += 1;
            let line = String::from_utf8_lossy(&after).lines().count();
            let found = trial.expect(&["journal", "verify"], 1);
            assert!(
                found.contains(&format!("SITE/journal/local/DAY.jsonl:{line}: {room} bytes at the end")),
                "{found}"
            );
        }
        trial.expect(&["run", "--record-only"], 0);
        let found = trial.expect(&["journal", "verify"], 0);
        assert_eq!(found.matches("remark: ").count(), torn, "{found}");
        assert!(fs::read(&day).expect("a day").starts_with(&after), "repaired in place");
    }
    trial.beat(false);
    // It is told with file and line, once; and counted at the page's foot.
    let said = trial.recovers();
    assert_eq!(said.matches("SITE/journal/local/DAY.jsonl:").count(), torn, "{said}");
    assert!(said.contains("stepped around, and kept as it is"), "{said}");
    assert_eq!(trial.expect(&["run"], 0), "", "a standing warning is said once");
    let foot = format!("{torn} places in the record are damaged and were stepped around.");
    assert!(trial.stage.read("public/index.html").contains(&foot));
    assert!(trial.stage.read("public/status.json").contains(&foot));
}

#[test]
fn a_save_command_that_fails_hangs_or_floods() {
    let trial = Trial::new("[journal]\nsave = \"./save\"\nsave_timeout = \"1s\"\n", |stage| {
        save_with(stage, "exit 0");
        Vec::new()
    });
    let rounds = || fs::read_to_string(trial.day()).expect("a day").lines().count();
    let mut said = Vec::new();
    for script in [
        "echo 'remote: the branch is protected' >&2; exit 1",
        "echo pushing; sleep 60",
        // Half a gigabyte of output, none of which may be kept; and one that never ends.
        "head -c 536870912 /dev/zero | tr '\\0' x; echo; echo 'flooded' >&2; exit 9",
        "yes 'not yet'",
    ] {
        save_with(&trial.stage, script);
        let (before, begun) = (rounds(), Instant::now());
        let timeout = if script.contains("head") { "60s" } else { "1s" };
        let config = trial.stage.read("statuary.toml");
        trial.stage.write("statuary.toml", &config.replace("\"1s\"", &format!("\"{timeout}\"")));
        let out = trial.stage.under(&["prlimit", "--data=300000000"], &["run"]).output().expect("the binary starts");
        said.push(trial.said(&out, 3));
        trial.nothing_happened();
        assert!(begun.elapsed() < Duration::from_secs(40), "{script}: waited for");
        assert_eq!(rounds(), before + 1, "the round is in the journal, and not yet saved");
        // A run that appends nothing does not publish it either, nor does a build.
        trial.expect(&["run", "--no-look"], 3);
        trial.nothing_happened();
        trial.stage.write("statuary.toml", &config);
    }
    let said = said.join("\n").replace(&"x".repeat(200), "(200 of them)");
    insta::assert_snapshot!(said, @r#"
    statuary: the journal's save command failed with exit code 1, saying "remote: the branch is protected"; nothing was published or told
    statuary: the journal's save command did not end within 1 s and was stopped, saying "pushing"; nothing was published or told
    statuary: the journal's save command failed with exit code 9, saying "(200 of them)… / flooded"; nothing was published or told
    statuary: the journal's save command did not end within 1 s and was stopped, saying "not yet / not yet / not yet / not yet / not yet"; nothing was published or told
    "#);
    insta::assert_snapshot!(trial.expect(&["build"], 3), @"statuary: the record holds what its save command has not taken, and was not published; `statuary run --no-look` saves it and publishes");
    trial.nothing_happened();
    // Once the command works again, whoever comes first saves what is owed.
    save_with(&trial.stage, "cat journal/local/*/*/*.jsonl > saved");
    trial.expect(&["run", "--no-look"], 0);
    assert_eq!(trial.stage.read("saved").lines().count(), rounds());
    trial.recovers();
    trial.expect(&["build"], 0);
}

fn save_with(stage: &Stage, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let text = format!("#!/bin/sh\n{script}\n");
    // Made beside and renamed: a file that is written to cannot be run.
    stage.write("save.new", &text);
    let path = stage.join("save.new");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode can be set");
    fs::rename(path, stage.join("save")).expect("a rename");
}
