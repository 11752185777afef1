//! The config's files as text, and a place in them: bytes for us, line and column for the operator.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use toml::de::{DeTable, DeValue};
use walkdir::WalkDir;

use super::found::Found;
use super::nearest::count;

/// The file that a site is configured by.
pub(super) const MAIN: &str = "statuary.toml";

/// A config file that is larger is refused. A program that writes ten thousand probes into one needs 2 MiB.
const FILE_MAX_BYTES: u64 = 16 * 1_048_576;
/// More included files are refused.
const FILES_MAX: usize = 1_000;
/// How deep a folder named by `include` is searched.
const DEPTH_MAX: usize = 16;

/// The files that a config was read from, `statuary.toml` first, each with its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(pub(super) Vec<Source>);

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Its path under the site's folder, with `/`.
    pub(super) name: String,
    /// Its path as the operator would open it.
    pub(super) path: PathBuf,
    /// What it says. Bytes that are not UTF-8 stand as `U+FFFD`, and are a mistake.
    pub(super) text: String,
}

/// Bytes `start..end` of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Which file of the sources.
    pub(super) file: usize,
    /// First byte.
    pub(super) start: usize,
    /// One past the last.
    pub(super) end: usize,
}

impl Place {
    /// A place in a file.
    pub(super) fn new(file: usize, span: std::ops::Range<usize>) -> Self {
        Self { file, start: span.start, end: span.end }
    }
}

impl Source {
    /// Line and column (in characters) of a byte, both from 1.
    pub(super) fn position(&self, byte: usize) -> (u32, u32) {
        let byte = (0..=byte.min(self.text.len())).rev().find(|b| self.text.is_char_boundary(*b)).unwrap_or(0);
        let before = &self.text[..byte];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line as u32, column as u32)
    }
}

/// The site's file as the operator would type it: `./` is left out.
pub(super) fn shown(site: &Path, name: &str) -> PathBuf {
    site.join(name).components().filter(|c| !matches!(c, std::path::Component::CurDir)).collect()
}

/// Reads `statuary.toml` and the files that its `include` names.
pub(super) fn gather(site: &Path, found: &mut Found) -> Sources {
    let mut sources = Sources::default();
    if !read_into(site, MAIN, &mut sources, found) {
        return sources;
    }
    let main = sources.0[0].text.clone();
    let (table, _) = DeTable::parse_recoverable(&main);
    let Some(include) = table.get_ref().iter().find(|(k, _)| k.get_ref() == "include").map(|(_, v)| v) else {
        return sources;
    };
    // A wrong type is reported where the other top-level keys are read.
    let patterns: Vec<_> = match include.get_ref() {
        DeValue::String(one) => vec![(one.to_string(), include.span())],
        DeValue::Array(list) => {
            list.iter().filter_map(|v| v.get_ref().as_str().map(|t| (t.to_owned(), v.span()))).collect()
        }
        _ => Vec::new(),
    };
    for (pattern, span) in patterns {
        let place = Place::new(0, span);
        for name in matching(site, &pattern, place, found) {
            if sources.0.len() > FILES_MAX {
                found.error(place, format!("`{pattern}` includes more than {FILES_MAX} files"));
                return sources;
            }
            if !sources.0.iter().any(|s| s.name == name) {
                read_into(site, &name, &mut sources, found);
            }
        }
    }
    sources
}

/// The files that a pattern names, sorted.
fn matching(site: &Path, pattern: &str, place: Place, found: &mut Found) -> Vec<String> {
    let inside = !pattern.starts_with('/') && !pattern.split('/').any(|part| part == "..");
    if !inside {
        found
            .error(place, format!("`{pattern}` leads out of the site's folder"))
            .expected("expected a path below it")
            .help("write a path such as `conf.d/*.toml`");
        return Vec::new();
    }
    let matcher = match GlobBuilder::new(pattern).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(e) => {
            found
                .error(place, format!("`{pattern}` is no pattern: {}", e.kind()))
                .expected("expected a path with `*`, `?`, `[…]` or `{…,…}`");
            return Vec::new();
        }
    };
    let names = walk(site, pattern, &matcher, place, found);
    if names.is_empty() {
        found.warning(place, format!("`{pattern}` matches no file")).expected("nothing is included by it");
    }
    names
}

/// Searches only below the part of the pattern that has no wildcard: a journal beside it may hold thousands of files.
fn walk(site: &Path, pattern: &str, matcher: &GlobMatcher, place: Place, found: &mut Found) -> Vec<String> {
    let parts: Vec<&str> = pattern.split('/').collect();
    let fixed = parts.iter().take_while(|part| !part.contains(['*', '?', '[', '{', '\\'])).count();
    let root = site.join(parts[..fixed.min(parts.len() - 1)].join("/"));
    if !root.is_dir() {
        return Vec::new();
    }
    let mut names = Vec::new();
    for entry in WalkDir::new(&root).max_depth(DEPTH_MAX).follow_links(true).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let Ok(under) = entry.path().strip_prefix(site) else { continue };
                let name = under.to_string_lossy().replace('\\', "/");
                if name != MAIN && matcher.is_match(&name) {
                    names.push(name);
                }
            }
            Ok(_) => {}
            Err(e) => {
                found.error(place, format!("`{pattern}` cannot be searched: {e}"));
            }
        }
    }
    names.sort();
    names
}

/// Reads one file to the end of the list. A file that cannot be read stands there empty, with a mistake at its top.
fn read_into(site: &Path, name: &str, sources: &mut Sources, found: &mut Found) -> bool {
    let file = sources.0.len();
    let disk = site.join(name);
    let top = Place::new(file, 0..0);
    let mut source = Source { name: name.to_owned(), path: shown(site, name), text: String::new() };
    let bytes = std::fs::metadata(&disk)
        .and_then(|meta| if meta.len() > FILE_MAX_BYTES { Ok(Err(meta.len())) } else { std::fs::read(&disk).map(Ok) });
    let whole = match bytes {
        Ok(Ok(bytes)) => {
            // A byte order mark is no part of the text; without it, columns are what an editor shows.
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
            if let Err(e) = std::str::from_utf8(bytes) {
                let at = e.valid_up_to();
                found
                    .error(Place::new(file, at..at), "this file is not UTF-8".to_owned())
                    .expected("the first byte that is not")
                    .help("save the file as UTF-8 in your editor");
            }
            source.text = String::from_utf8_lossy(bytes).into_owned();
            true
        }
        Ok(Err(size)) => {
            found.error(
                top,
                format!("this file has {} and a config file may have {}", count(size), count(FILE_MAX_BYTES)),
            );
            false
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            found
                .error(top, format!("there is no {name} in {}", site.display()))
                .help("`statuary init` writes one; `--site DIR` names another folder");
            false
        }
        Err(e) => {
            found.error(top, format!("this file cannot be read: {e}"));
            false
        }
    };
    sources.0.push(source);
    whole
}
