//! Rule 8: maintenance, declared ahead or too late.

use super::{declare, draw, first, minute, settings, tell};
use crate::timeline::tests::fold;

/// A strip of `web`, and words about one window: said at, starts, ends.
fn strip(strip: &str, words: &[(f64, f64, f64)]) -> String {
    let settings = settings(&[("web", 1)], &["local"]);
    let mut records = Vec::new();
    draw(&mut records, "local", &[("web/a", strip)]);
    for (said, starts, ends) in words {
        declare(&mut records, *said, "move", *starts, *ends, &["web"]);
    }
    tell(first(&fold(&records, &settings, minute(strip.len() as f64))))
}

#[test]
fn in_a_window_it_is_under_maintenance_whatever_is_seen() {
    assert_eq!(strip("uuuuuu", &[(1.0, 3.0, 5.0)]), "1 up, 3 maintenance, 5 up");
    assert_eq!(strip("uuddddduu", &[(1.0, 3.0, 8.0)]), "1 up, 3 maintenance, 8 up", "its looks open nothing");
    let dark = strip("uu......uu", &[(1.0, 3.0, 8.0)]);
    assert_eq!(dark, "1 up, 3 maintenance, 4.5 maintenance unseen, 8 none, 9 up");
}

#[test]
fn an_outage_that_begins_inside_starts_after_the_window() {
    let inside = strip("uudddddddd", &[(1.0, 3.0, 6.0)]);
    assert_eq!(inside, "1 up, 3 maintenance, 6 major; major outage 6-");
    assert_eq!(strip("uuddd", &[(1.0, 3.0, 5.0)]), "1 up, 3 maintenance, 5 none; checking 5", "nothing good was seen");
}

#[test]
fn an_outage_from_before_goes_on_or_is_ended_inside() {
    let on = strip("udddddddd", &[(1.0, 4.0, 7.0)]);
    assert_eq!(on, "1 up, 2 major, 4 maintenance, 7 major; major outage 2-");
    let ended = strip("udddduuuu", &[(1.0, 4.0, 8.0)]);
    assert_eq!(ended, "1 up, 2 major, 4 maintenance, 8 up; major outage 2-6");
    let worse = strip("uggddddgg", &[(1.0, 4.0, 7.0)]);
    assert_eq!(worse, "1 up, 2 degraded, 4 maintenance, 7 degraded; degraded outage 2-; blip 7-8");
}

#[test]
fn a_row_goes_on_over_a_short_window() {
    assert_eq!(strip("uddduu", &[(1.0, 3.0, 3.5)]), "1 up, 2 major, 3 maintenance, 3.5 major, 5 up; major outage 2-5");
}

#[test]
fn the_last_word_counts() {
    let up = "uuuuuuuuu";
    assert_eq!(strip(up, &[(1.0, 3.0, 7.0), (2.0, 4.0, 6.0)]), "1 up, 4 maintenance, 6 up");
    assert_eq!(strip(up, &[(1.0, 3.0, 7.0), (2.0, 3.0, 3.0)]), "1 up", "called off");
    assert_eq!(strip(up, &[(1.0, 3.0, 7.0), (5.0, 3.0, 5.0)]), "1 up, 3 maintenance, 5 up", "ended early");
    assert_eq!(strip(up, &[(1.0, 3.0, 7.0), (5.0, 3.0, 3.0)]), "1 up, 3 maintenance, 5 up", "called off inside");
}

#[test]
fn what_is_declared_afterwards_subtracts_nothing() {
    let up = "uuuuuuuuu";
    assert_eq!(strip(up, &[(4.0, 3.0, 7.0)]), "1 up", "it had begun");
    assert_eq!(strip(up, &[(3.0, 3.0, 7.0)]), "1 up, 3 maintenance, 7 up", "just in time");
    assert_eq!(strip(up, &[(1.0, 3.0, 5.0), (4.0, 3.0, 7.0)]), "1 up, 3 maintenance, 7 up", "extended ahead");
    assert_eq!(strip(up, &[(1.0, 3.0, 5.0), (6.0, 3.0, 8.0)]), "1 up, 3 maintenance, 5 up", "extended too late");
    assert_eq!(strip(up, &[(1.0, 4.0, 6.0), (5.0, 2.0, 6.0)]), "1 up, 4 maintenance, 6 up", "moved ahead of the word");
    assert_eq!(strip(up, &[(4.0, 3.0, 6.0), (5.0, 3.0, 8.0)]), "1 up, 6 maintenance, 8 up", "only the part ahead");
}

#[test]
fn the_desk_speaks_in_the_order_of_its_chain() {
    let up = "uuuuuuuuu";
    // Its clock went back: the second record is the later word from its own time on.
    assert_eq!(strip(up, &[(3.0, 5.0, 8.0), (2.0, 5.0, 6.0)]), "1 up, 5 maintenance, 6 up");
    // A record that claims a time after the moment, but stands before one that does not, counts as at the moment.
    assert_eq!(strip(up, &[(1.0, 3.0, 5.0), (99.0, 3.0, 3.0), (4.0, 3.0, 7.0)]), "1 up, 3 maintenance, 7 up");
    assert_eq!(strip(up, &[(1.0, 3.0, 12.0), (99.0, 3.0, 3.0)]), "1 up, 3 maintenance", "later than the moment");
}

#[test]
fn windows_are_a_components_own_also_under_its_former_name() {
    let mut settings = settings(&[("web", 1), ("api", 1)], &["local"]);
    settings.components[0].formerly = vec!["site".into()];
    let mut records = Vec::new();
    draw(&mut records, "local", &[("web/a", "uuuuu"), ("api/a", "uuuuu")]);
    declare(&mut records, 1.0, "move", 2.0, 3.0, &["site"]);
    declare(&mut records, 1.0, "other", 3.0, 4.0, &["web", "nobody"]);
    let timelines = fold(&records, &settings, minute(5.0));
    assert_eq!(tell(first(&timelines)), "1 up, 2 maintenance, 4 up");
    assert_eq!(tell(&timelines.components[1]), "1 up");
}
