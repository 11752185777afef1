//! Templates and assets: the built-in ones, with the site's own laid over them file by file.

use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use walkdir::WalkDir;

use crate::model::Theme;

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");
static ASSETS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/static");

/// A file of a theme that is larger is refused: a page that needs it would take minutes on a phone.
const FILE_MAX_BYTES: u64 = 16 * 1_048_576;

/// The theme of a site.
pub(super) fn load(site: &Path) -> io::Result<Theme> {
    let mut theme = built_in();
    for (name, path) in files(&site.join("templates"))? {
        let bytes = read(&path)?;
        let text = String::from_utf8(bytes).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{}: a template must be UTF-8", path.display()))
        })?;
        theme.templates.insert(name, text);
    }
    for (name, path) in files(&site.join("static"))? {
        theme.assets.insert(name, read(&path)?);
    }
    Ok(theme)
}

/// What is in the binary.
fn built_in() -> Theme {
    let mut theme = Theme::default();
    each(&TEMPLATES, &mut |name, bytes| {
        theme.templates.insert(name, String::from_utf8_lossy(bytes).into_owned());
    });
    each(&ASSETS, &mut |name, bytes| {
        theme.assets.insert(name, bytes.to_vec());
    });
    theme
}

fn each(dir: &Dir<'static>, tell: &mut impl FnMut(String, &'static [u8])) {
    for file in dir.files() {
        let name = file.path().to_string_lossy().replace('\\', "/");
        if !hidden(&name) {
            tell(name, file.contents());
        }
    }
    for inner in dir.dirs() {
        each(inner, tell);
    }
}

/// An editor's and a system's own files are no part of a theme.
fn hidden(name: &str) -> bool {
    name.split('/').any(|part| part.starts_with('.') || part.ends_with('~'))
}

/// Every file below a folder with its name there; a missing folder is an empty one.
fn files(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut all = Vec::new();
    if !folder.is_dir() {
        return Ok(all);
    }
    for entry in WalkDir::new(folder).max_depth(16).follow_links(false).sort_by_file_name() {
        let entry = entry.map_err(io::Error::from)?;
        let Ok(under) = entry.path().strip_prefix(folder) else { continue };
        let name = under.to_string_lossy().replace('\\', "/");
        // A link to a file is followed, a link to a folder is not: it could lead round in a circle.
        if entry.path().is_file() && !hidden(&name) {
            all.push((name, entry.path().to_owned()));
        }
    }
    Ok(all)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let tell = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
    let size = std::fs::metadata(path).map_err(tell)?.len();
    if size > FILE_MAX_BYTES {
        let text = format!("{}: {size} bytes, and a file of a theme may have 16 MiB", path.display());
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    std::fs::read(path).map_err(tell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sites_own_file_stands_before_the_built_in_one() {
        let site = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = site.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        write("templates/history.html", b"ours");
        write("static/img/logo.svg", b"<svg/>");
        write("static/.DS_Store", b"x");
        let theme = load(site.path()).unwrap();
        assert_eq!(theme.templates["history.html"], "ours");
        assert_eq!(theme.assets["img/logo.svg"], b"<svg/>");
        assert!(!theme.assets.contains_key(".DS_Store"));
        assert!(built_in().templates["history.html"] != "ours");
        write("templates/index.html", b"caf\xE9");
        assert!(load(site.path()).unwrap_err().to_string().ends_with("index.html: a template must be UTF-8"));
    }
}
