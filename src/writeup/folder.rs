//! Walks the folder of write-ups.

use std::collections::HashSet;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::model::{Origin, Remark, Visibility, Zone};
use crate::writeup::html::Beside;
use crate::writeup::{Reading, parse, slug};

/// A write-up is at most this long.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// How deep folders may stand in each other.
const MOST_DEEP: usize = 16;

/// Reads every write-up under a folder.
pub(super) fn load(dir: &Path, zone: Zone) -> Result<Reading> {
    let mut reading = Reading::default();
    let files = files(dir, &mut reading)?;
    let beside = beside(dir, &files, &mut reading);
    for (file, slug) in beside.iter().filter_map(|(file, slug)| Some((file, slug.as_ref()?))) {
        let path = dir.join(file);
        let Some(bytes) = bytes(&path, &mut reading)? else { continue };
        let mut read = parse::read(file, slug, &bytes, zone, &beside);
        if !read.writeup.draft && read.writeup.visibility == Visibility::Public {
            reading.images.extend(read.images.into_iter().map(|image| (image.clone(), dir.join(image))));
        }
        for remark in &mut read.remarks {
            if let Some(origin) = &mut remark.origin {
                origin.file.clone_from(&path);
            }
        }
        reading.remarks.extend(read.remarks);
        reading.writeups.push(read.writeup);
    }
    reading.images.sort();
    reading.images.dedup();
    Ok(reading)
}

/// Every file's path under the folder, with `/`, in order.
fn files(dir: &Path, reading: &mut Reading) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let shown = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with(['_', '.']);
    // Links are followed: a mounted folder (Kubernetes) may consist of nothing else.
    let walk = WalkDir::new(dir).follow_links(true).max_depth(MOST_DEEP).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(|e| e.depth() == 0 || shown(e.file_name())) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.depth() == 0 && is_missing(&error) => return Ok(Vec::new()),
            // A link that leads nowhere or in a circle costs only itself.
            Err(error) if is_missing(&error) || error.loop_ancestor().is_some() => {
                let path = error.path().unwrap_or(dir).to_path_buf();
                say(reading, path, "this link leads nowhere and is left out".to_owned());
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if entry.file_type().is_file() {
            match entry.path().strip_prefix(dir).ok().and_then(Path::to_str) {
                Some(path) => found.push(path.replace(std::path::MAIN_SEPARATOR, "/")),
                None => say(reading, entry.path().to_path_buf(), "this name is not UTF-8; the file is left out".into()),
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_missing(error: &walkdir::Error) -> bool {
    error.io_error().is_some_and(|e| e.kind() == ErrorKind::NotFound)
}

/// Gives every write-up its address. Of two that want one address, the later in order gets `-2`.
fn beside(dir: &Path, files: &[String], reading: &mut Reading) -> Beside {
    let mut taken: HashSet<String> = HashSet::new();
    let mut beside = Beside::new();
    for file in files {
        if !Path::new(file).extension().is_some_and(|e| e.eq_ignore_ascii_case("md")) {
            beside.insert(file.clone(), None);
            continue;
        }
        let wanted = slug(file);
        let mut given = wanted.clone();
        let mut count = 1;
        while !taken.insert(given.clone()) {
            count += 1;
            given = format!("{wanted}-{count}");
        }
        if given != wanted {
            let text = format!("another write-up already has the address `{wanted}`; this one stands at `{given}`");
            say(reading, dir.join(file), text);
        }
        beside.insert(file.clone(), Some(given));
    }
    beside
}

/// A file's bytes; none where it is too long, gone or not ours to read.
fn bytes(path: &Path, reading: &mut Reading) -> Result<Option<Vec<u8>>> {
    let read = std::fs::metadata(path).and_then(|about| {
        if about.len() > MOST_BYTES { Err(Error::from(ErrorKind::FileTooLarge)) } else { std::fs::read(path) }
    });
    let why = match read {
        Ok(bytes) => return Ok(Some(bytes)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => return Ok(None),
            ErrorKind::FileTooLarge => {
                "this file is longer than 4 MiB, so it is left out; is it a write-up?".to_owned()
            }
            ErrorKind::PermissionDenied => {
                "this file may not be read, so it is left out; look at its permissions".into()
            }
            _ => return Err(Error::new(error.kind(), format!("{}: {error}", path.display()))),
        },
    };
    say(reading, path.to_path_buf(), why);
    Ok(None)
}

fn say(reading: &mut Reading, file: PathBuf, text: String) {
    reading.remarks.push(Remark { origin: Some(Origin { file, line: 1, column: 1 }), text });
}
