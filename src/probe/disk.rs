//! Asks a file system how much room it has, and with `write` whether it still takes data, and how fast.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::StatVfs;

use super::saw::{Ask, Phases, Saw, fact, map, waited};
use super::trouble::Trouble;
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Field, Type, Value};
use crate::model::{Givens, Key, Refusal, Takes};

/// The largest test file, in bytes.
const WRITE_MAX_BYTES: i64 = 16 << 20;

/// What is written at once, in bytes.
const CHUNK_BYTES: usize = 65_536;

/// The test file. It has one name, so that one which a killed run left behind is removed by the next look.
const TEST_FILE: &str = ".statuary-write-test";

/// Which file system, and what is written to it.
#[derive(Clone, Debug)]
pub struct Options {
    path: PathBuf,
    write_bytes: Option<usize>,
}

const KEYS: &[Key] = &[
    Key::must("path", Takes::Text, "A folder or file on the disk. A relative path begins at the site's folder."),
    Key::may(
        "write",
        Takes::Int(0, WRITE_MAX_BYTES),
        "Bytes to write and fsync in a test file, which is removed again: in the folder, or beside the file; 0 \
              to 16777216. Default: none, nothing is written.",
    ),
];

const FIELDS: &[Field] = &[
    Field { name: "free", ty: Type::Int, unit: Some("bytes"), doc: "What an ordinary user can still write." },
    Field::of(
        "free_ratio",
        Type::Number,
        "The free part of what an ordinary user can have, 0 to 1 (df's `Use%` the other way round).",
    ),
    Field { name: "size", ty: Type::Int, unit: Some("bytes"), doc: "The whole file system." },
    Field::of(
        "inodes.free",
        Type::Int,
        "How many files can still be made; missing where the file system does not count them.",
    ),
    Field::of("inodes.free_ratio", Type::Number, "The free part of them, 0 to 1."),
    Field::span("write", "Writing the test file."),
    Field::span("fsync", "Until the disk says that it has it."),
    Field::span("latency", "From the first step to the last."),
    Field::span("phases.stat", "Asking for the room."),
    Field::span("phases.write", "As `write`."),
    Field::span("phases.fsync", "As `fsync`."),
];

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "disk",
    doc: "Asks a disk for its free space and inodes; with `write` it writes a test file. Without `expect`, an answer \
          is up.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

impl Aimed for Options {
    fn in_site(&mut self, site: &Path) {
        self.path = site.join(&self.path);
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let path = given.text("path").unwrap_or_default();
    if path.trim().is_empty() {
        return Err(vec![Refusal::new("path", "the path is empty", "name a folder on the disk, such as \"/var\"")]);
    }
    let write_bytes = given.int("write").and_then(|bytes| usize::try_from(bytes).ok());
    Ok(Kind::Disk(Options { path: path.into(), write_bytes }))
}

/// How far a try came; it is read also while the disk hangs.
#[derive(Default)]
struct Work {
    room: Option<StatVfs>,
    phases: Phases,
}

type Shared = Arc<Mutex<Work>>;

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    let asked = options.clone();
    let mut saw = watched(ask.timeout(), move |at| work(&asked, at)).await;
    saw.story.insert(0, format!("path {}", options.path.display()));
    saw
}

/// Works elsewhere than on this thread: a dead disk or network mount blocks whoever asks it. Such a thread is left
/// behind; the round's runtime does not wait for it.
async fn watched(timeout: Duration, work: impl FnOnce(&Shared) -> io::Result<()> + Send + 'static) -> Saw {
    let (began, shared) = (Instant::now(), Shared::default());
    let at = shared.clone();
    let ended = tokio::time::timeout(timeout, tokio::task::spawn_blocking(move || work(&at))).await;
    let mut saw = Saw::ended(began, Vec::new());
    let mut work = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let phase = work.phases.now().map_or("stat", |(phase, _)| phase);
    saw.trouble = match ended {
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(e))) => {
            saw.story.push(format!("error in {phase}: {e}"));
            Some(failed(&e, phase))
        }
        Ok(Err(_)) => Some(Trouble::ours(phase, "this machine could not look at the disk")),
        Err(_) => Some(Trouble::down(phase, late(phase, &waited(timeout)))),
    };
    saw.phased(work.phases.ended());
    told(&mut saw, work.room.as_ref());
    saw
}

fn enter(at: &Shared, phase: &'static str) {
    at.lock().unwrap_or_else(PoisonError::into_inner).phases.enter(phase);
}

fn work(options: &Options, at: &Shared) -> io::Result<()> {
    enter(at, "stat");
    let room = rustix::fs::statvfs(&options.path)?;
    at.lock().unwrap_or_else(PoisonError::into_inner).room = Some(room);
    if let Some(bytes) = options.write_bytes {
        let is_folder = fs::metadata(&options.path)?.is_dir();
        let folder = if is_folder { &options.path } else { options.path.parent().unwrap_or(Path::new(".")) };
        enter(at, "write");
        let (mut file, _removed) = test_file(folder)?;
        fill(&mut file, bytes)?;
        enter(at, "fsync");
        file.sync_all()?;
    }
    at.lock().unwrap_or_else(PoisonError::into_inner).phases.leave();
    Ok(())
}

/// Removes the test file when it is dropped, also where writing failed.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A new file. What lies there is removed and never written to: it may be a link to elsewhere.
fn test_file(folder: &Path) -> io::Result<(File, Removed)> {
    let path = folder.join(TEST_FILE);
    // Another probe of the same folder may come between.
    for _ in 0..8 {
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => match fs::remove_file(&path) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
                _ => {}
            },
            made => return made.map(|file| (file, Removed(path))),
        }
    }
    Err(ErrorKind::ResourceBusy.into())
}

/// Bytes that do not compress: a file system that packs zeros would write nothing.
fn fill(file: &mut File, bytes: usize) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES.min(bytes)];
    let (mut left, mut state) = (bytes, 0x9E37_79B9_7F4A_7C15_u64);
    while left > 0 {
        for eight in chunk.chunks_mut(8) {
            // Xorshift (Marsaglia 2003).
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            eight.copy_from_slice(&state.to_le_bytes()[..eight.len()]);
        }
        let count = left.min(chunk.len());
        file.write_all(&chunk[..count])?;
        left -= count;
    }
    Ok(())
}

fn told(saw: &mut Saw, room: Option<&StatVfs>) {
    if saw.trouble.is_none() {
        saw.facts.insert("latency".into(), fact(saw.took));
        for (phase, length) in saw.phases.iter().filter(|(phase, _)| *phase != "stat") {
            saw.facts.insert((*phase).to_owned(), fact(*length));
        }
    }
    let Some(room) = room else { return };
    let count = |number: u64| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let bytes = |blocks: u64| blocks.saturating_mul(room.f_frsize);
    saw.story.push(format!("free {} of {} bytes", bytes(room.f_bavail), bytes(room.f_blocks)));
    saw.facts.insert("free".into(), count(bytes(room.f_bavail)));
    saw.facts.insert("size".into(), count(bytes(room.f_blocks)));
    if let Some(ratio) = ratio(room.f_blocks, room.f_bfree, room.f_bavail) {
        saw.facts.insert("free_ratio".into(), Value::Float(ratio));
    }
    // btrfs and others make inodes as they go and count none.
    if let Some(ratio) = ratio(room.f_files, room.f_ffree, room.f_favail) {
        saw.story.push(format!("free {} of {} inodes", room.f_favail, room.f_files));
        let inodes = map([("free", count(room.f_favail)), ("free_ratio", Value::Float(ratio))]);
        saw.facts.insert("inodes".into(), inodes);
    }
}

/// What is left of what an ordinary user can have: the part kept for root counts as neither used nor free.
fn ratio(all: u64, free: u64, available: u64) -> Option<f64> {
    let usable = all.saturating_sub(free).saturating_add(available);
    (all > 0 && usable > 0).then(|| (available as f64 / usable as f64).clamp(0.0, 1.0))
}

fn late(phase: &str, time: &str) -> String {
    match phase {
        "write" => format!("the disk did not take the test file within {time}"),
        "fsync" => format!("the disk did not confirm the test file within {time}"),
        _ => format!("the disk did not answer within {time}"),
    }
}

fn failed(error: &io::Error, phase: &'static str) -> Trouble {
    /// The user's share is used up.
    const EDQUOT: i32 = 122;
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Trouble::down(phase, "the path is not there"),
        ErrorKind::StorageFull => Trouble::down(phase, "the disk is full"),
        ErrorKind::ReadOnlyFilesystem => Trouble::down(phase, "the disk is read-only"),
        ErrorKind::StaleNetworkFileHandle | ErrorKind::NotConnected => Trouble::down(phase, "the network disk is gone"),
        ErrorKind::PermissionDenied if phase == "stat" => Trouble::ours(phase, "this machine may not read the path"),
        ErrorKind::PermissionDenied => Trouble::ours(phase, "this machine may not write a test file there"),
        ErrorKind::ResourceBusy => Trouble::ours(phase, "others write the same test file at the same time"),
        _ if error.raw_os_error() == Some(EDQUOT) => Trouble::down(phase, "the quota on the disk is used up"),
        _ if phase == "stat" => Trouble::down(phase, "the disk could not be read"),
        _ => Trouble::down(phase, "the disk could not be written"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Given;
    use crate::probe::testing::{assertion, look as looked, probe, refused, said, text};
    use crate::probe::{Observation, Plan};

    fn disk(path: &Path, write: Option<i64>, expect: &[&str]) -> Observation {
        let mut keys = vec![("path", text(&path.to_string_lossy()))];
        keys.extend(write.map(|bytes| ("write", Given::Int(bytes))));
        let expect = expect.iter().map(|source| assertion(&INFO, source)).collect();
        looked(&Plan { expect, ..probe(&INFO, keys) })
    }

    fn left(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn the_room_is_told_and_the_test_file_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let room = ["free > 0", "size >= free", "free_ratio > 0 && free_ratio <= 1", "phases.stat >= duration('0s')"];
        assert_eq!(said(&disk(folder.path(), None, &room)), "up");
        let written = ["write >= duration('0s') && fsync <= latency", "phases.fsync == fsync"];
        for bytes in [0, 1, 100_000] {
            assert_eq!(said(&disk(folder.path(), Some(bytes), &written)), "up", "{bytes}");
            assert_eq!(left(folder.path()), 0);
        }
        let unwritten = said(&disk(folder.path(), None, &["write < duration('1s')"]));
        assert!(unwritten.starts_with("down expect: cannot judge "), "{unwritten}");
    }

    #[test]
    fn a_test_file_that_was_left_is_replaced_and_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "kept").unwrap();
        std::os::unix::fs::symlink(&precious, folder.path().join(TEST_FILE)).unwrap();
        // Of a file, the test file is made beside it.
        assert_eq!(said(&disk(&precious, Some(10), &[])), "up");
        assert_eq!((fs::read_to_string(&precious).unwrap().as_str(), left(folder.path())), ("kept", 1));
    }

    #[test]
    fn the_disk_is_down_where_it_fails_and_unknown_where_we_do() {
        assert_eq!(said(&disk(Path::new("/nonexistent/disk"), None, &[])), "down stat: the path is not there");
        for (kind_or_errno, phase, expected) in [
            (28, "write", "down: the disk is full"),
            (122, "fsync", "down: the quota on the disk is used up"),
            (30, "write", "down: the disk is read-only"),
            (5, "fsync", "down: the disk could not be written"),
            (5, "stat", "down: the disk could not be read"),
            (116, "stat", "down: the network disk is gone"),
            (13, "stat", "unknown: this machine may not read the path"),
            (1, "write", "unknown: this machine may not write a test file there"),
        ] {
            let trouble = failed(&io::Error::from_raw_os_error(kind_or_errno), phase);
            assert_eq!((format!("{}: {}", trouble.is.word(), trouble.why).as_str(), trouble.phase), (expected, phase));
        }
    }

    #[test]
    fn a_ratio_leaves_out_what_is_kept_for_root() {
        for (all, free, available, expected) in
            [(100, 100, 100, Some(1.0)), (100, 5, 0, Some(0.0)), (100, 25, 20, Some(20.0 / 95.0)), (0, 0, 0, None)]
        {
            assert_eq!(ratio(all, free, available), expected);
        }
    }

    #[test]
    fn a_disk_that_hangs_costs_its_time_and_no_more() {
        let began = Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let seen = runtime.block_on(watched(Duration::from_millis(200), |at| {
            enter(at, "fsync");
            std::thread::sleep(Duration::from_mins(1));
            Ok(())
        }));
        runtime.shutdown_background();
        let why = "the disk did not confirm the test file within 200 ms";
        assert_eq!(seen.trouble, Some(Trouble::down("fsync", why)));
        assert!(seen.phases[0].0 == "fsync" && began.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_path_that_is_empty_is_refused() {
        assert!(refused(&INFO, vec![("path", text(" "))]).starts_with("path: the path is empty"));
    }

    #[test]
    fn a_relative_path_begins_at_the_sites_folder() {
        let mut kind = probe(&INFO, vec![("path", text("data"))]).kind;
        kind.in_site(Path::new("/srv/site"));
        assert!(format!("{kind:?}").contains("/srv/site/data"), "{kind:?}");
    }
}
