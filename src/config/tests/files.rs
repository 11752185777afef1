//! The files of a config: included, missing, kept as the last good one, and the one that `init` writes.

use super::*;

#[test]
fn included_files_hold_components_and_say_where_they_are_wrong() {
    let main = format!("include = [\"conf.d/*.toml\", \"none/*.toml\"]\n{}", with(""));
    let files = [
        ("statuary.toml", main.as_str()),
        ("conf.d/20-b.toml", "[[component]]\nid = \"b\"\ndepends_on = [\"a\"]\n"),
        ("conf.d/10-a.toml", "[[component]]\nid = \"a\"\n[defaults.http]\ntimeout = \"1s\"\n"),
        ("conf.d/deep/c.toml", "this is not read"),
    ];
    let loaded = load_files(&files, ALL).unwrap();
    let ids: Vec<&str> = loaded.settings.components.iter().map(|c| c.id.as_str()).collect();
    assert_eq!((ids, loaded.warnings.len()), (vec!["a", "b"], 1));
    let mut wrong = files;
    wrong[1].1 = "[site]\ntitle = \"x\"\n[[component]]\nid = \"a\"\n";
    let mistakes = load_files(&wrong, ALL).unwrap_err().0;
    let say: Vec<String> = mistakes
        .iter()
        .map(|m| format!("{} {}", m.origin.file.file_name().unwrap().to_string_lossy(), m.text))
        .collect();
    assert_eq!(say, ["20-b.toml `site` may only stand in statuary.toml", "20-b.toml there are two components `a`"]);
    assert!(mistakes[1].rendered.contains("10-a.toml:2:6"), "{}", mistakes[1].rendered);
    insta::assert_snapshot!(told("include = \"../x.toml\"\n[site]\ntitle = \"x\""), @"1:11 `../x.toml` leads out of the site's folder");
}

#[test]
fn a_missing_or_unreadable_file_is_told_like_any_other() {
    let site = tempfile::tempdir().unwrap();
    let missing = load_with(site.path(), ALL, &kinds(), &env).unwrap_err().0;
    assert_eq!((missing.len(), missing[0].origin.line), (1, 1));
    assert!(missing[0].rendered.contains("`statuary init` writes one"));
    std::fs::write(site.path().join("statuary.toml"), b"\xEF\xBB\xBF[site]\ntitle = \"caf\xE9\"\n").unwrap();
    let bad = load_with(site.path(), ALL, &kinds(), &env).unwrap_err().0;
    assert_eq!((bad[0].text.as_str(), bad[0].origin.line, bad[0].origin.column), ("this file is not UTF-8", 2, 13));
}

#[test]
fn the_last_good_config_is_kept_whole_and_read_again() {
    let site = tempfile::tempdir().unwrap();
    let main = site.path().join("statuary.toml");
    assert!(crate::config::load_last_good(site.path(), ALL).is_none());
    std::fs::write(&main, format!("include = \"more.toml\"\n{}", with(""))).unwrap();
    std::fs::write(site.path().join("more.toml"), "[[component]]\nid = \"a\"\n").unwrap();
    let loaded = crate::config::load(site.path(), ALL).unwrap();
    crate::config::keep_last_good(site.path(), &loaded.sources).unwrap();
    std::fs::write(&main, "[site").unwrap();
    std::fs::remove_file(site.path().join("more.toml")).unwrap();
    assert!(crate::config::load(site.path(), ALL).is_err());
    let last = crate::config::load_last_good(site.path(), ALL).unwrap();
    assert_eq!((last.settings.components.len(), last.sources), (1, loaded.sources));
}

#[test]
fn what_init_writes_is_good_and_so_are_its_hints() {
    let quiet = load_files(&[("statuary.toml", crate::config::starter())], ALL).unwrap();
    assert_eq!((quiet.settings.components.len(), quiet.warnings.len()), (1, 0));
    let is_key = |hint: &str| {
        hint.split_once(" = ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    // Every commented key is one that the reader takes: with the `#` away, the file is still good.
    let hints: String = crate::config::starter()
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(hint) if is_key(hint) || hint.starts_with('[') => format!("{hint}\n"),
            Some(_) => String::new(),
            None => format!("{line}\n"),
        })
        .collect();
    let hints = hints.replace("${OPS_HOOK}", "https://hooks.example/x").replace("depends_on = [\"database\"]", "");
    let all = load_files(&[("statuary.toml", &hints)], ALL).unwrap_or_else(|m| panic!("{:#?}", m.0));
    assert_eq!((all.settings.components.len(), all.channels.len()), (2, 1));
}
