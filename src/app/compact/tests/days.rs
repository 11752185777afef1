//! What becomes of whole days, and what stays of them.

use super::*;

#[test]
fn days_are_compressed_the_day_after_and_rolled_up_later() {
    let (_dir, at, loaded, now, told_before) = morning_site();
    let raw = day_files(&at).len();
    let forms =
        || (count(&at, ".jsonl"), count(&at, ".jsonl.gz") - count(&at, ".roll.jsonl.gz"), count(&at, ".roll.jsonl.gz"));
    assert_eq!(forms(), (raw, 0, 0));
    // An hour after midnight nothing of that day is touched.
    let midnight = Moment::from_ms(start() + DAY);
    assert!(compact(&at, &loaded, midnight + Span::from_mins(119))[0].chains.iter().all(|c| c.zipped == 0));
    assert_eq!(forms(), (raw, 0, 0));
    let done = compact(&at, &loaded, midnight + Span::from_mins(120));
    assert_eq!(
        done[0].chains.iter().map(|c| (c.zipped, c.rolled)).collect::<Vec<_>>(),
        [(0, 0), (0, 0), (1, 0), (1, 0)]
    );
    // A day later that one is rolled up. Of all chains, the desk's is never.
    let done = compact(&at, &loaded, midnight + Span::from_ms(DAY + 120 * MINUTE));
    let rolled: Vec<_> = done[0].chains.iter().map(|c| (c.chain.as_str(), c.zipped, c.rolled)).collect();
    assert_eq!(rolled, [("_desk", 0, 0), ("_desk+internal", 0, 0), ("fra", 1, 1), ("fra+internal", 1, 1)]);
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    // The days of the desk's chains hold next to nothing, and those that hold pins alone are left too: else each day
    // would be pinned on the next, for ever.
    let raw = forms().0;
    let more = compact(&at, &loaded, now + Span::from_ms(42 * DAY));
    assert_eq!((forms().0, more[0].chains.iter().map(|c| c.zipped + c.rolled).sum::<u64>()), (raw, 0));
    is_good(&at).unwrap();
    assert_eq!(told(&timeline::fold(&read(&at, now), &loaded.settings, now)), told_before);
    // Nothing is left to do, and nothing is done.
    let files = day_files(&at);
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    assert_eq!(day_files(&at), files);
}

#[test]
fn never_is_never() {
    let (dir, at, _, now, _) = morning_site();
    let config = fs::read_to_string(dir.path().join("statuary.toml")).unwrap();
    fs::write(dir.path().join("statuary.toml"), config.replace("\"1d\"", "\"never\"")).unwrap();
    let loaded = conf::load(dir.path(), Purpose { looks: false, tells: false }).unwrap();
    compact(&at, &loaded, now + Span::from_ms(400 * DAY));
    assert!(count(&at, ".jsonl.gz") > 2);
    assert_eq!(count(&at, ".roll.jsonl.gz"), 0);
}

#[test]
fn an_incident_keeps_every_look_around_it() {
    let (_dir, at, loaded, now, _) = morning_site();
    let rounds = |at: &Folders| {
        let (from, to) = (Moment::from_ms(start() + DAY - 60 * MINUTE), Moment::from_ms(start() + DAY + 29 * MINUTE));
        let mut found = journal::rounds(&at.journal, &[(from, to)]).unwrap();
        found.retain(|r| r.chain.as_str() == "fra");
        found.sort_by_key(|r| r.n);
        let web = |r: crate::model::Record| {
            let Body::Round(round) = r.body else { return None };
            let mine = |key: &ProbeKey| key.component() == "web";
            let up: Vec<_> = round.up.into_iter().filter(|(key, _)| mine(key)).collect();
            let not: Vec<_> = round.not.into_iter().filter(|s| mine(&s.id)).collect();
            Some((r.n, r.t, r.head, up, not))
        };
        found.into_iter().filter_map(web).collect::<Vec<_>>()
    };
    let before = rounds(&at);
    assert!(before.len() > 80, "{}", before.len());
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    assert!(count(&at, ".roll.jsonl.gz") >= 4);
    assert_eq!(rounds(&at), before);
}

#[test]
fn an_internal_incident_leaves_no_trace_in_a_public_chain() {
    // Only the vault fails: the public chain is rolled up as if nothing had been.
    let mut world = morning();
    world.windows.clear();
    for row in &mut world.rows {
        row.1 = ['u', 'u', 'u'];
    }
    let lines = |fail: bool| {
        let (_dir, at, loaded) = site("", 1);
        let now = world.write(&at, &loaded);
        let before = count(&at, ".jsonl");
        if fail {
            let mut bodies = Vec::new();
            for minute in 0..30 {
                let mut round = Round { gap: Span::from_ms(150_000), ..Round::default() };
                look(&mut round, "vault/a", 'd', minute);
                bodies.push((ChainName::from("fra+internal"), now + Span::from_mins(minute), Body::Round(round)));
            }
            append(&at, &bodies);
            desk(&at, &loaded, now.ms(), now + Span::from_mins(30));
            assert!(count(&at, ".jsonl") > before && at.journal.join("_desk+internal").exists());
        }
        compact(&at, &loaded, now + Span::from_ms(40 * DAY));
        let files = day_files(&at).into_iter().filter(|p| p.starts_with(at.journal.join("fra")));
        files.filter(|p| p.extension().is_some_and(|e| e == "gz")).map(|p| fs::read(p).unwrap()).collect::<Vec<_>>()
    };
    let quiet = lines(false);
    assert!(!quiet.is_empty());
    assert_eq!(lines(true), quiet);
}

#[test]
fn a_record_that_comes_late_goes_to_the_newest_file() {
    let (_dir, at, loaded, now, _) = morning_site();
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    let late = Moment::from_ms(start() + DAY - 10 * MINUTE);
    let mut round = Round { gap: Span::from_ms(150_000), ..Round::default() };
    look(&mut round, "web/a", 'u', 1);
    let written = journal::append(&at.journal, &ChainName::from("fra"), &[(late, Body::Round(round))]).unwrap();
    is_good(&at).unwrap();
    let last = journal::tail(&at.journal, &ChainName::from("fra"), 1).unwrap();
    assert_eq!(last, written);
    // And its file is closed in its turn.
    compact(&at, &loaded, now + Span::from_ms(90 * DAY));
    is_good(&at).unwrap();
}
