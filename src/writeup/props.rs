//! What must hold for every file, however odd: read from random ones.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;

fn los_angeles() -> Zone {
    Zone::parse("America/Los_Angeles").unwrap()
}

/// Everything that a visitor can read of a write-up.
fn published(writeup: &WriteUp) -> String {
    let updates = writeup.updates.iter().map(|u| format!("{} {}", u.word, u.html));
    let sections = writeup.sections.iter().map(|s| format!("{} {}", s.title, s.html));
    let actions = writeup.actions.iter().map(|a| format!("{} {:?} {:?}", a.html, a.owner, a.due));
    updates.chain(sections).chain(actions).collect::<Vec<_>>().join("\n")
}

fn html_of(writeup: &WriteUp) -> String {
    let updates = writeup.updates.iter().map(|u| &u.html);
    let sections = writeup.sections.iter().map(|s| &s.html);
    let items = writeup.timeline.iter().map(|t| &t.html).chain(writeup.actions.iter().map(|a| &a.html));
    updates.chain(sections).chain(items).cloned().collect::<Vec<_>>().join("\n")
}

fn line() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("---".to_owned()),
        Just("+++".to_owned()),
        Just("title: x".to_owned()),
        Just("## Timeline".to_owned()),
        Just("### Resolved · 10:40 · next 11:00".to_owned()),
        Just("- [ ] do (Ines, due 3 Dec)".to_owned()),
        Just("  - [x] below @ines".to_owned()),
        Just("- 09:00 text[^1]".to_owned()),
        Just("[^1]: note".to_owned()),
        Just("<!-- internal -->".to_owned()),
        Just("| a | b |\n|---|---|".to_owned()),
        Just("```".to_owned()),
        Just("> # quoted".to_owned()),
        "\\PC{0,24}",
        "[-#*`<>!\\[\\]():|&;~ \t0-9a-z]{0,24}",
    ];
    pieces
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        parse("2026-11-23-x.md", &bytes, los_angeles());
    }

    #[test]
    fn no_document_makes_it_panic_or_lets_a_tag_through(lines in prop::collection::vec(line(), 0..24)) {
        let (writeup, _) = parse("2026-11-23-x.md", lines.join("\n").as_bytes(), los_angeles());
        let html = html_of(&writeup);
        for tag in html.split('<').skip(1) {
            let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
            let known = ["p", "em", "strong", "del", "code", "pre", "a", "img", "ul", "ol", "li", "blockquote", "h3", "h4",
                "h5", "h6", "hr", "br", "sup", "sub", "table", "thead", "tbody", "tr", "th", "td", "div", "span", "dl", "dt", "dd"];
            prop_assert!(known.contains(&name.as_str()), "<{tag}");
        }
        for attribute in [" style=", " onclick=", "href=\"javascript:"] {
            prop_assert!(!html.contains(attribute));
        }
    }

    #[test]
    fn every_plain_word_is_published(
        parts in prop::collection::vec(("[a-zA-Z]{1,12}( [a-zA-Z]{1,12}){0,3}", "[a-zA-ZäöüßéÀ一二]{1,12}( [a-zA-Zé]{1,12}){0,20}"), 1..12),
        levels in prop::collection::vec(2_usize..7, 12),
    ) {
        let mut text = "---\ntitle: x\n---\n".to_owned();
        for ((heading, words), level) in parts.iter().zip(&levels) {
            let _ = write!(text, "\n{} {heading}\n\n{words}\n", "#".repeat(*level));
        }
        let (writeup, _) = parse("2026-11-23-x.md", text.as_bytes(), los_angeles());
        let shown = published(&writeup);
        for word in parts.iter().flat_map(|(h, w)| h.split(' ').chain(w.split(' '))) {
            prop_assert!(shown.contains(word), "{word} is lost in {shown}");
        }
    }

    #[test]
    fn appending_keeps_what_was_there(lines in prop::collection::vec(line(), 0..12)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.md");
        let before = lines.join("\n");
        std::fs::write(&path, &before).unwrap();
        if append_update(&path, "Resolved · 2026-11-23 10:40", "It works.").is_ok() {
            let after = std::fs::read_to_string(&path).unwrap();
            let mut rest = after.chars();
            prop_assert!(before.chars().all(|b| rest.any(|r| r == b)));
            let (writeup, _) = parse("x.md", after.as_bytes(), Zone::UTC);
            prop_assert!(writeup.updates.iter().any(|u| u.text == "It works."));
        }
    }
}

/// Write-ups of others are read where `STATUARY_CORPUS` names a folder of them.
#[test]
fn the_write_ups_of_others_are_read_whole() {
    let Some(corpus) = std::env::var_os("STATUARY_CORPUS") else {
        eprintln!("skipped: STATUARY_CORPUS names no folder of write-ups");
        return;
    };
    let reading = load(Path::new(&corpus), Zone::UTC).unwrap();
    assert!(!reading.writeups.is_empty(), "no write-up stands in {}", corpus.display());
    for w in &reading.writeups {
        let source = std::fs::read(Path::new(&corpus).join(&w.file)).unwrap();
        let shown: usize = w.sections.iter().map(|s| s.title.len() + s.html.len()).sum::<usize>()
            + w.updates.iter().map(|u| u.html.len()).sum::<usize>()
            + w.actions.iter().map(|a| a.html.len()).sum::<usize>();
        assert!(shown * 2 > source.len() || source.len() < 200, "{}: {shown} of {} bytes", w.file, source.len());
    }
}
