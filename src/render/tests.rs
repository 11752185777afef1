//! The rendered site at its door: what the theme makes of the worlds in `site::fixture`.

use std::fs;
use std::path::Path;

use super::*;
use crate::site::fixture::{self, Fixture};

fn theme() -> Theme {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = |dir: &str| -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(root.join(dir)).unwrap().map(Result::unwrap);
        entries.map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap())).collect()
    };
    Theme {
        templates: files("templates").into_iter().map(|(n, b)| (n, String::from_utf8(b).unwrap())).collect(),
        assets: files("static").into_iter().collect(),
    }
}

fn site(world: &Fixture) -> Vec<Output> {
    pages(&crate::site::assemble(&world.world()), &theme()).unwrap_or_else(|e| panic!("{e}"))
}

/// Writes every situation as a folder, to look at, where `STATUARY_LOOK` names one.
#[test]
fn every_situation_renders() {
    for (name, world) in fixture::all() {
        let files = site(&world);
        assert!(files.iter().any(|f| f.path == "index.html"), "{name}");
        if let Ok(dir) = std::env::var("STATUARY_LOOK") {
            for file in files {
                let path = Path::new(&dir).join(name).join(&file.path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, file.bytes).unwrap();
            }
        }
    }
}
