//! A folder of write-ups, an update that is appended, and the project's own example.

use super::*;

#[test]
fn a_folder_is_read_in_order_with_its_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    put("b.md", b"---\ntitle: b\n---\n![the graph](img/a.png) [a](sub/B.md#cause) ![](img/a.png)");
    put("sub/B.md", b"---\ntitle: B\n---\n![up](../img/a.png) ![out](../../x.png)");
    put("hidden.md", b"---\ntitle: h\nvisibility: internal\n---\n![secret](secret.png)");
    put("img/a.png", b"png");
    put("secret.png", b"png");
    put("_templates/x.md", b"# x");
    put(".git/y.md", b"# y");
    put("big.md", &vec![b'a'; 4 * 1024 * 1024 + 1]);
    let reading = load(dir.path(), Zone::UTC).unwrap();
    let named: Vec<(&str, &str)> = reading.writeups.iter().map(|w| (w.file.as_str(), w.slug.as_str())).collect();
    assert_eq!(named, [("b.md", "b"), ("hidden.md", "hidden"), ("sub/B.md", "b-2")]);
    assert_eq!(reading.images, [("img/a.png".to_owned(), dir.path().join("img/a.png"))]);
    let html = &reading.writeups[0].sections[0].html;
    assert_eq!(
        html,
        "<p><img src=\"../../incidents/img/a.png\" alt=\"the graph\"> <a href=\"../../incidents/b-2/index.html#cause\">a</a> \
         <img src=\"../../incidents/img/a.png\" alt=\"\"></p>"
    );
    let said: Vec<String> = reading
        .remarks
        .iter()
        .map(|r| {
            let origin = r.origin.as_ref().unwrap();
            format!("{}:{} {}", origin.file.strip_prefix(dir.path()).unwrap().display(), origin.line, r.text)
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @"
    sub/B.md:1 another write-up already has the address `b`; this one stands at `b-2`
    b.md:4 the picture `img/a.png` has no words; write `![what it shows](img/a.png)`
    big.md:1 this file is longer than 4 MiB, so it is left out; is it a write-up?
    sub/B.md:4 `../../x.png` is not beside the write-up, and pages show only what is; its words are shown instead
    ");
    assert!(load(&dir.path().join("none"), Zone::UTC).unwrap().writeups.is_empty());
}

#[test]
fn an_update_is_appended_and_every_byte_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.md");
    let cases: [(&str, &[u8], &str); 5] = [
        (
            "below the last update",
            b"---\ntitle: x\n---\n\n## Investigating - 09:05\n\na\n\n## Cause\n\nc\n",
            "a\n\n## Resolved",
        ),
        ("at the end", b"---\ntitle: x\n---", "---\n\n### Resolved"),
        ("windows", b"\xef\xbb\xbf---\r\ntitle: x\r\n---\r\nwords", "words\r\n\r\n### Resolved"),
        ("above what is hidden", b"---\ntitle: x\n---\n\nwords\n\n<!-- internal -->\nopen", "words\n\n### Resolved"),
        ("not UTF-8", b"caf\xe9\n", "\n\n### Resolved"),
    ];
    for (name, before, found) in cases {
        std::fs::write(&path, before).unwrap();
        append_update(&path, "Resolved · 2026-11-23 10:40", "It works.\n\nThank you.").unwrap();
        let after = std::fs::read(&path).unwrap();
        let shown = String::from_utf8_lossy(&after).into_owned();
        assert!(shown.contains(found), "{name}: {shown:?}");
        let mut rest = after.iter();
        assert!(before.iter().all(|b| rest.any(|r| r == b)), "{name}: a byte is gone");
        let (writeup, _) = parse("x.md", &after, Zone::UTC);
        assert_eq!(writeup.updates.last().unwrap().text, "It works.\n\nThank you.", "{name}");
    }
    let error = append_update(&path, "Thoughts", "words").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert!(create(&path, "x").is_err_and(|e| e.kind() == std::io::ErrorKind::AlreadyExists));
    create(&dir.path().join("new/y.md"), "# y").unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left beside");
}

#[test]
fn the_worked_example_reads_without_a_remark() {
    let reading = load(Path::new("incidents"), los_angeles()).unwrap();
    assert_eq!(reading.remarks, []);
    let by = |slug: &str| reading.writeups.iter().find(|w| w.slug == slug).unwrap();
    let outage = by("2026-11-23-morning-outage");
    let words: Vec<&str> = outage.updates.iter().map(|u| u.word.as_str()).collect();
    assert_eq!(
        words,
        ["Investigating", "Identified", "Update", "Investigating", "Identified", "Monitoring", "Resolved"]
    );
    assert!(outage.updates.iter().take(6).all(|u| u.at.is_some() && u.next > u.at));
    assert_eq!((outage.timeline.len(), outage.actions.len(), outage.components.len()), (10, 4, 7));
    assert_eq!(outage.actions[1].owner.as_deref(), Some("Tomás"));
    assert_eq!(by("2026-11-30-what-we-changed").follows.as_deref(), Some("2026-11-23-morning-outage"));
    let work = by("2026-12-03-redis-append-only");
    assert_eq!((work.ends.unwrap() - work.starts.unwrap()).to_string(), "30 min");
}
