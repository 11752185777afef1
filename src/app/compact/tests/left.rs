//! What a compaction leaves as it is, and what it goes on with.

use super::*;

fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let all =
        walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten().filter(|e| e.file_type().is_file());
    all.map(|e| (e.path().strip_prefix(folder).unwrap().to_owned(), fs::read(e.path()).unwrap())).collect()
}

#[test]
fn a_day_with_damage_that_nobody_named_stays_as_it_is() {
    let (_dir, at, loaded, now, told_before) = morning_site();
    let path = file(&at, "fra", "20.jsonl");
    let mut text = fs::read_to_string(&path).unwrap();
    text.insert_str(text.find('\n').unwrap() + 1, "{\"v\":1,\"torn\n");
    fs::write(&path, &text).unwrap();
    let done = compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let fra = done[0].chains.iter().find(|c| c.chain.as_str() == "fra").unwrap();
    let left: Vec<String> = fra.left.iter().map(|(day, why)| format!("{day}: {why}")).collect();
    insta::assert_snapshot!(left.join("\n"), @"2026-11-20: line 2: 12 bytes are no whole record, and no record skips them: the line is cut off or was never a record");
    assert_eq!(told(&timeline::fold(&read(&at, now), &loaded.settings, now)), told_before);
}

#[test]
fn what_was_torn_and_named_is_compressed_with_it() {
    let (_dir, at, loaded, now, _) = morning_site();
    // A crash at the end of the last day; the next record names it, a day later.
    let last = day_files(&at).into_iter().rfind(|p| p.starts_with(at.journal.join("fra"))).unwrap();
    fs::OpenOptions::new()
        .append(true)
        .open(&last)
        .map(|mut f| std::io::Write::write_all(&mut f, b"{\"v\":1,\"n\":"))
        .unwrap()
        .unwrap();
    let mut round = Round { gap: Span::from_ms(150_000), ..Round::default() };
    look(&mut round, "web/a", 'u', 1);
    let next = Moment::from_ms(now.ms() + DAY);
    journal::append(&at.journal, &ChainName::from("fra"), &[(next, Body::Round(round))]).unwrap();
    is_good(&at).unwrap();
    let before = told(&timeline::fold(&read(&at, next), &loaded.settings, next));
    let done = compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    is_good(&at).unwrap();
    // It is compressed, but not rolled up: the record of the next day could not be proved any more.
    let zipped = last.with_extension("jsonl.gz");
    assert!(zipped.exists(), "{done:?}");
    assert!(done[0].chains.iter().flat_map(|c| &c.left).any(|(_, why)| why.contains("torn bytes")), "{done:?}");
    assert_eq!(told(&timeline::fold(&read(&at, next), &loaded.settings, next)), before);
}

#[test]
fn what_is_left_half_done_is_completed() {
    let (_dir, at, loaded, now, told_before) = morning_site();
    let later = now + Span::from_ms(40 * DAY);
    let raw = tree(&at.journal);
    compact(&at, &loaded, later);
    let done = tree(&at.journal);
    // Every file that stood before stands again, beside what was made of it, with a half-written one.
    for (path, bytes) in &raw {
        if !at.journal.join(path).exists() {
            fs::write(at.journal.join(path), bytes).unwrap();
        }
    }
    fs::write(file(&at, "fra", ".20.roll.jsonl.gz"), "half").unwrap();
    assert_eq!(told(&timeline::fold(&read(&at, now), &loaded.settings, now)), told_before);
    compact(&at, &loaded, later);
    assert_eq!(tree(&at.journal), done, "it ends where it would have ended");
    is_good(&at).unwrap();
}

#[test]
fn the_chains_of_other_places_are_left_to_their_machines() {
    let world = World { places: 2, ..morning() };
    let (_dir, at, loaded) = site("", 2);
    let now = world.write(&at, &loaded);
    let before = tree(&at.journal.join("nyc"));
    let desk = tree(&at.journal.join("_desk"));
    let how = Compacting { desk: false, vantage: None, go_on: &|| true, in_passing: false };
    let done = compact_at(&at, &loaded, &how, now + Span::from_ms(40 * DAY)).unwrap();
    assert_eq!(done.others.iter().map(ChainName::as_str).collect::<Vec<_>>(), ["nyc", "nyc+internal"]);
    assert_eq!(tree(&at.journal.join("nyc")), before);
    assert_eq!(tree(&at.journal.join("_desk")), desk, "a machine that only looks leaves the desk's chain alone");
    assert!(count(&at, ".roll.jsonl.gz") > 0);
}

#[test]
fn time_that_runs_out_stops_between_days_and_the_next_one_goes_on() {
    let (_dir, at, loaded, now, told_before) = morning_site();
    let later = now + Span::from_ms(40 * DAY);
    let mut rounds = 0;
    loop {
        rounds += 1;
        let left = std::cell::Cell::new(1);
        let go_on = || left.replace(left.get() - 1) > 0;
        let how = Compacting { desk: true, vantage: None, go_on: &go_on, in_passing: true };
        let done = compact_at(&at, &loaded, &how, later).unwrap();
        is_good(&at).unwrap();
        assert_eq!(told(&timeline::fold(&read(&at, now), &loaded.settings, now)), told_before);
        if !done.more {
            break;
        }
        assert!(rounds < 40, "{done:?}");
    }
    assert!(rounds > 5, "one day at a time: {rounds}");
    // The mark spares the next run the looking.
    let how = Compacting { desk: true, vantage: None, go_on: &|| panic!("all was done"), in_passing: true };
    assert_eq!(compact_at(&at, &loaded, &how, later).unwrap(), Compacted::default());
}
