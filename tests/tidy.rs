//! Reads every file under `src` and enforces the laws of the house: who may import whom, sizes, cards, the clock.
//!
//! Each law is a function from a file's text to what breaks it, so that the laws are tested here too.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The rooms in their order, with what each may import. `*`: all rooms above it.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("expr", &["model"]),
    ("probe", &["model", "expr"]),
    ("journal", &["model"]),
    ("writeup", &["model"]),
    ("timeline", &["model"]),
    ("incident", &["model", "timeline"]),
    ("site", &["model", "timeline", "incident"]),
    ("render", &["model", "site"]),
    ("publish", &["model", "render"]),
    ("notify", &["model", "timeline", "incident", "site", "render"]),
    ("config", &["model", "expr", "probe", "notify"]),
    ("exchange", &["model", "journal", "writeup", "timeline", "incident", "config"]),
    ("app", &["*"]),
    ("demo", &["*"]),
    ("serve", &["*"]),
    ("cli", &["model", "app", "demo", "serve"]),
];

/// Rooms that touch nothing: no disk, no network, no child process, no environment, no runtime.
const PURE: &[&str] = &["model", "expr", "timeline", "incident", "site", "render"];

/// What touches something.
const TOUCHES: &[&str] = &[
    "std::fs",
    "std::process",
    "std::env",
    "std::thread",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
    "tokio::",
    "reqwest::",
];

/// Words that read the clock, and the rooms that may.
const CLOCKS: &[(&str, &[&str])] = &[
    ("Utc::now", &["app"]),
    ("Local::now", &["app"]),
    ("SystemTime::now", &["app"]),
    // Monotonic time: limits of looks, deliveries, the `save` and `after` commands, and what a person waits for.
    ("Instant::now", &["probe", "notify", "journal", "publish", "demo", "cli"]),
];

/// Lines of a file before its tests.
const FILE_LINES: usize = 400;
/// Lines of a function outside tests.
const FUNCTION_LINES: usize = 70;
/// What a room's card says, in this order.
const CARD: &[&str] = &["- Takes:", "- Gives:", "- Touches:", "- Never:"];

/// A file under `src`.
struct File {
    /// From the project's root: `src/probe/http.rs`.
    path: String,
    /// The room it belongs to; none for `lib.rs` and `main.rs`.
    room: Option<String>,
    text: String,
    /// The text with comments, texts and characters blanked out; lines stay where they are.
    code: String,
    /// Whether the whole file is tests.
    tests: bool,
}

impl File {
    fn new(path: &str, text: &str, tests: bool) -> Self {
        let parts: Vec<&str> = path.split('/').collect();
        let room = (parts.len() > 2).then(|| parts[1].to_owned());
        Self { path: path.to_owned(), room, text: text.to_owned(), code: blank(text), tests }
    }

    /// The number of the first line of the tests, counted from 0; the number of lines when there are none.
    fn tests_from(&self) -> usize {
        if self.tests {
            return 0;
        }
        let lines: Vec<&str> = self.code.lines().collect();
        let begins = |i: usize| {
            let next = lines[i + 1..].iter().find(|line| !line.trim().is_empty() && !line.trim().starts_with("#["));
            lines[i].trim() == "#[cfg(test)]"
                && next.is_some_and(|line| line.trim_start().starts_with("mod ") && line.trim_end().ends_with('{'))
        };
        (0..lines.len()).find(|i| begins(*i)).unwrap_or(lines.len())
    }

    fn at(&self, line: usize, what: impl std::fmt::Display) -> String {
        format!("{}:{}: {what}", self.path, line + 1)
    }
}

/// Blanks out comments, texts and character literals, and keeps every line break.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = match chars[i] {
            '/' if chars.get(i + 1) == Some(&'/') => until(&chars, i, |c, at| c[at] == '\n'),
            '/' if chars.get(i + 1) == Some(&'*') => block_comment(&chars, i),
            '"' => quoted(&chars, i),
            'r' if !i.checked_sub(1).is_some_and(|p| is_word(chars[p])) || raw_after_prefix(&chars, i) => {
                raw(&chars, i).unwrap_or(i)
            }
            '\'' => character(&chars, i).unwrap_or(i),
            _ => i,
        };
        if end == i {
            out.push(chars[i]);
            i += 1;
        } else {
            out.extend(chars[i..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            i = end;
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn until(chars: &[char], from: usize, stop: impl Fn(&[char], usize) -> bool) -> usize {
    (from..chars.len()).find(|at| stop(chars, *at)).unwrap_or(chars.len())
}

fn block_comment(chars: &[char], from: usize) -> usize {
    let (mut depth, mut i) = (0, from);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => depth += 1,
            ('*', Some('/')) => depth -= 1,
            _ => {
                i += 1;
                continue;
            }
        }
        i += 2;
        if depth == 0 {
            break;
        }
    }
    i
}

fn quoted(chars: &[char], from: usize) -> usize {
    let mut i = from + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

/// Whether an `r` follows the `b` or `c` of `br"…"`.
fn raw_after_prefix(chars: &[char], i: usize) -> bool {
    i > 0 && matches!(chars[i - 1], 'b' | 'c') && !(i > 1 && is_word(chars[i - 2]))
}

fn raw(chars: &[char], from: usize) -> Option<usize> {
    let quote = until(chars, from + 1, |c, at| c[at] != '#');
    let hashes = quote - from - 1;
    (chars.get(quote) == Some(&'"')).then(|| {
        let closes = |c: &[char], at: usize| {
            c[at] == '"' && c.len() > at + hashes && c[at + 1..=at + hashes].iter().all(|c| *c == '#')
        };
        (until(chars, quote + 1, closes) + 1 + hashes).min(chars.len())
    })
}

/// `'x'` or `'\n'`, but no lifetime.
fn character(chars: &[char], from: usize) -> Option<usize> {
    if chars.get(from + 1) == Some(&'\\') {
        return Some((until(chars, from + 3, |c, at| c[at] == '\'') + 1).min(chars.len()));
    }
    (chars.get(from + 2) == Some(&'\'')).then_some(from + 3)
}

/// Line number and rest of the text from each place where a word stands alone.
fn words<'c>(code: &'c str, word: &'c str) -> impl Iterator<Item = (usize, &'c str)> {
    code.match_indices(word).filter_map(move |(at, _)| {
        let before = code[..at].chars().next_back();
        let alone = !before.is_some_and(|c| is_word(c) || c == ':');
        alone.then(|| (code[..at].matches('\n').count(), &code[at + word.len()..]))
    })
}

/// The names that a path or a group of paths begins with: `a::b` or `{a::b, c}`.
fn heads(rest: &str) -> Vec<String> {
    let rest = rest.trim_start();
    let name = |text: &str| text.trim_start().chars().take_while(|c| is_word(*c)).collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut heads, mut start) = (0, Vec::new(), 0);
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.push(name(&group[start..i]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(name(&group[start..i]));
                start = i + 1;
            }
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

fn may_import(room: &str, other: &str) -> Result<bool, String> {
    let place = |name: &str| ROOMS.iter().position(|(room, _)| *room == name);
    let Some(own) = place(room) else { return Err(format!("`{room}` is no room of DESIGN's table")) };
    let Some(theirs) = place(other) else { return Ok(false) };
    let may = ROOMS[own].1;
    Ok(own == theirs || may.contains(&other) || (may == ["*"] && theirs < own))
}

/// Rooms import only what the table allows, written `crate::room::Thing`.
fn imports(file: &File) -> Vec<String> {
    let Some(room) = &file.room else { return Vec::new() };
    let mut broken = Vec::new();
    for (line, rest) in words(&file.code, "crate::") {
        for head in heads(rest) {
            match may_import(room, &head) {
                Ok(true) => {}
                Ok(false) => broken.push(file.at(line, format!("`{room}` may not import `crate::{head}`"))),
                Err(why) => broken.push(file.at(line, why)),
            }
        }
    }
    // `super` must not climb out of the room, where the table does not see it.
    let in_room = file.path.split('/').count() - 2 - usize::from(file.path.ends_with("/mod.rs"));
    let tests_from = file.tests_from();
    for (line, rest) in words(&file.code, "super::") {
        let climbs = 1 + rest.split("::").take_while(|part| *part == "super").count();
        let inner = usize::from(line >= tests_from && !file.tests);
        if climbs > in_room + inner {
            broken.push(file.at(line, "`super` leaves the room; write `crate::room::Thing`"));
        }
    }
    broken
}

/// A file says its job first; a room's door carries its card.
fn openings(file: &File) -> Vec<String> {
    let mut broken = Vec::new();
    if !file.text.starts_with("//! ") {
        broken.push(file.at(0, "a file opens with `//!` and its job"));
    }
    let door = file.room.as_ref().is_some_and(|room| file.path == format!("src/{room}/mod.rs"));
    if door {
        let docs: Vec<&str> = file.text.lines().map_while(|line| line.strip_prefix("//!")).collect();
        let places: Vec<Option<usize>> =
            CARD.iter().map(|key| docs.iter().position(|line| line.trim_start().starts_with(key))).collect();
        for (key, place) in CARD.iter().zip(&places) {
            if place.is_none() {
                broken.push(file.at(0, format!("the card of a room's door has no `{key}`")));
            }
        }
        if places.iter().flatten().collect::<Vec<_>>().windows(2).any(|two| two[0] > two[1]) {
            broken.push(file.at(0, "the card says Takes, Gives, Touches, Never, in this order"));
        }
    }
    broken
}

/// Files and functions stay small.
fn sizes(file: &File) -> Vec<String> {
    let mut broken = Vec::new();
    let tests_from = file.tests_from();
    if tests_from > FILE_LINES {
        broken.push(file.at(FILE_LINES, format!("{tests_from} lines before the tests, at most {FILE_LINES}")));
    }
    for (line, rest) in words(&file.code, "fn ") {
        let name: String = rest.chars().take_while(|c| is_word(*c)).collect();
        if line >= tests_from || name.is_empty() {
            continue;
        }
        let lines = body_end(rest).map_or(0, |end| rest[..end].matches('\n').count() + 1);
        if lines > FUNCTION_LINES {
            broken.push(file.at(line, format!("{name}() has {lines} lines, at most {FUNCTION_LINES}")));
        }
    }
    broken
}

/// Where a function's body ends; none for one without a body.
fn body_end(rest: &str) -> Option<usize> {
    let (mut depth, mut body) = (0, false);
    for (i, c) in rest.char_indices() {
        match c {
            ';' if depth == 0 => return None,
            '{' | '(' | '[' => {
                body |= c == '{' && depth == 0;
                depth += 1;
            }
            '}' | ')' | ']' => {
                depth -= 1;
                if depth == 0 && body {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

/// The clock is read once, in `app`. Tests may measure how long something takes.
fn clocks(file: &File) -> Vec<String> {
    let room = file.room.as_deref().unwrap_or("main");
    let tests_from = file.tests_from();
    let mut broken = Vec::new();
    for (clock, rooms) in CLOCKS {
        // `chrono::Utc::now` counts as well, so this looks for the end of a path.
        for (at, _) in file.code.match_indices(clock) {
            let line = file.code[..at].matches('\n').count();
            let measured = *clock == "Instant::now" && line >= tests_from;
            if !measured && !rooms.contains(&room) && !file.code[..at].ends_with(is_word) {
                broken.push(file.at(line, format!("`{clock}` is read only in {}; take `now`", rooms.join(", "))));
            }
        }
    }
    broken
}

/// Pure rooms touch nothing, `model` speaks no wire form, nothing is left undone.
fn absences(file: &File) -> Vec<String> {
    let room = file.room.as_deref().unwrap_or("main");
    let tests_from = file.tests_from();
    let mut broken = Vec::new();
    let mut never = |what: &str, why: &str, in_tests: bool| {
        for (at, _) in file.code.match_indices(what) {
            let line = file.code[..at].matches('\n').count();
            if (in_tests || line < tests_from) && !file.code[..at].ends_with(is_word) {
                broken.push(file.at(line, format!("`{what}`: {why}")));
            }
        }
    };
    never("todo!", "nothing is left for later", true);
    never("unimplemented!", "nothing is left for later", true);
    never("dbg!", "a debugging aid", true);
    if room == "model" {
        never("serde", "`model` speaks no wire form", false);
    }
    if PURE.contains(&room) {
        for touch in TOUCHES {
            never(touch, &format!("`{room}` touches nothing"), false);
        }
    }
    broken
}

fn laws(file: &File) -> Vec<String> {
    [imports(file), openings(file), sizes(file), clocks(file), absences(file)].concat()
}

/// Every file under `src`, with the ones that `#[cfg(test)] mod name;` declares marked as tests.
fn house(root: &Path) -> Vec<File> {
    let mut texts: Vec<(PathBuf, String)> = walkdir::WalkDir::new(root.join("src"))
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.expect("src can be read").into_path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "rs"))
        .map(|path| (path.clone(), std::fs::read_to_string(&path).expect("a source file is UTF-8")))
        .collect();
    texts.sort();
    let mut tests = BTreeSet::new();
    for (path, text) in &texts {
        let stem = path.with_extension("");
        let below = if stem.ends_with("mod") || stem.ends_with("lib") { path.parent().unwrap() } else { &stem };
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for pair in lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]") {
            if let Some(name) = pair[1].strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
                tests.insert(below.join(format!("{name}.rs")));
                tests.insert(below.join(name).join("mod.rs"));
            }
        }
    }
    let file = |(path, text): &(PathBuf, String)| {
        let short = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        File::new(&short, text, tests.contains(path))
    };
    texts.iter().map(file).collect()
}

#[test]
fn the_house_is_tidy() {
    let files = house(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(files.len() > ROOMS.len() - 2, "only {} files found", files.len());
    let broken: Vec<String> = files.iter().flat_map(laws).collect();
    assert!(broken.is_empty(), "\n{}\n{} in all\n", broken.join("\n"), broken.len());
}

#[test]
fn test_files_say_their_job_too() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for entry in walkdir::WalkDir::new(tests).into_iter().filter_entry(|e| e.file_name() != "node_modules") {
        let path = entry.expect("tests can be read").into_path();
        if path.extension().is_some_and(|ext| ext == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//! "), "{}:1: a file opens with `//!` and its job", path.display());
        }
    }
}

/// The rooms of `lib.rs` are those of the table.
#[test]
fn lib_declares_the_rooms_of_the_table() {
    let lib = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for line in lib.lines() {
        if let Some(room) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) {
            assert!(ROOMS.iter().any(|(name, _)| *name == room), "`{room}` is no room of DESIGN's table");
        }
    }
    assert!(!lib.contains("pub use"), "src/lib.rs: no re-exports at the crate's root");
}

fn broken(path: &str, text: &str) -> String {
    let mut said = String::new();
    for line in laws(&File::new(path, text, false)) {
        writeln!(said, "{line}").unwrap();
    }
    said
}

#[test]
fn each_law_names_file_and_line() {
    for (path, text, says) in [
        ("src/site/a.rs", "//! Job.\nuse crate::journal::Journal;", ":2: `site` may not import `crate::journal`"),
        ("src/site/a.rs", "//! Job.\nuse crate::{model::Id, render};", ":2: `site` may not import `crate::render`"),
        ("src/site/a.rs", "//! Job.\nuse crate::Thing;", ":2: `site` may not import `crate::Thing`"),
        ("src/site/a.rs", "//! Job.\nuse super::super::cli;", ":2: `super` leaves the room"),
        ("src/app/mod.rs", "//! Job.\nuse crate::cli;", ":2: `app` may not import `crate::cli`"),
        ("src/cli/mod.rs", "//! Job.\nuse crate::probe;", ":2: `cli` may not import `crate::probe`"),
        ("src/den/mod.rs", "//! Job.\nuse crate::model;", ":2: `den` is no room"),
        ("src/site/a.rs", "use std::fmt;", ":1: a file opens with `//!`"),
        ("src/site/mod.rs", "//! Job.\n//! - Gives: x\n//! - Takes: y", "has no `- Never:`"),
        ("src/site/mod.rs", "//! Job.\n//! - Gives: x\n//! - Takes: y", "in this order"),
        ("src/site/a.rs", "//! Job.\nfn f() { let t = chrono::Utc::now(); }", ":2: `Utc::now` is read only in app"),
        ("src/site/a.rs", "//! Job.\nfn f() { Instant::now(); }", ":2: `Instant::now` is read only in probe"),
        ("src/cli/a.rs", "//! Job.\nfn f() { todo!() }", ":2: `todo!`"),
        ("src/model/a.rs", "//! Job.\nuse serde::Serialize;", ":2: `serde`"),
        ("src/render/a.rs", "//! Job.\nuse std::fs;", ":2: `std::fs`: `render` touches nothing"),
    ] {
        let said = broken(path, text);
        assert!(said.contains(says), "{text}\nsaid: {said}");
    }
    let long = format!("//! Job.\nfn f() {{\n{}}}\n", "    g();\n".repeat(69));
    assert!(broken("src/cli/a.rs", &long).contains("src/cli/a.rs:2: f() has 71 lines"));
    assert!(broken("src/cli/a.rs", &"//! Job.\n".repeat(401)).contains(":401: 401 lines before the tests"));
}

#[test]
fn what_is_allowed_is_not_named() {
    let card = "//! Job.\n//!\n//! - Takes: a\n//! - Gives: b\n//! - Touches: c\n//! - Never: d\n";
    for (path, text) in [
        ("src/site/a.rs", "//! Job, not `crate::cli`.\nuse crate::model::Id;\nuse super::Page;\n".to_owned()),
        (
            "src/site/a.rs",
            "//! Job.\nconst T: &str = \"crate::cli \\\" Utc::now\"; // crate::cli\n/* todo! /* */ x */".to_owned(),
        ),
        ("src/site/a.rs", "//! Job.\nfn f<'a>(x: &'a str) -> char { let _ = r#\"crate::cli\"#; '\"' }\n".to_owned()),
        (
            "src/site/a.rs",
            "//! Job.\n#[cfg(test)]\nmod tests {\n    use super::super::Page;\n    use std::fs;\n}".to_owned(),
        ),
        ("src/app/mod.rs", format!("{card}use crate::config;\nfn f() {{ chrono::Utc::now(); }}\n")),
        ("src/journal/save.rs", "//! Job.\nfn f() { std::time::Instant::now(); }".to_owned()),
        ("src/cli/a.rs", format!("//! Job.\nfn f() {{\n{}}}\n", "    g();\n".repeat(68))),
        ("src/cli/a.rs", format!("//! Job.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "    // x\n".repeat(900))),
        ("src/main.rs", "//! Job.\nfn main() { statuary::cli::main() }".to_owned()),
    ] {
        assert_eq!(broken(path, &text), "", "{path}\n{text}");
    }
}
