//! A chain that two runs grew from one copy: what is found of it, and that one record heals it.

use std::fs;
use std::path::Path;

use super::{day, fatal, folder, is_good, journal, local, minute, relay, round};
use crate::journal::{ChainHead, VerifyOptions, append, join, read, read_whole, verify};
use crate::model::{Body, Record};

const DAY: i64 = 24 * 60;

/// The minutes of the trunk, those of each branch, how many ends there are, and the number of the first join.
type Case<'a> = (&'a [i64], &'a [&'a [i64]], usize, u64);

/// The lines of a chain, day by day.
fn days(root: &Path) -> Vec<(String, Vec<String>)> {
    let names = ["23", "24", "25"].map(str::to_owned);
    let lines = |name: &String| fs::read_to_string(day(root, name)).unwrap_or_default();
    names.iter().map(|name| (name.clone(), lines(name).lines().map(str::to_owned).collect())).collect()
}

/// A chain with rounds at the first minutes, grown by each of the others from one copy, and put together as a merge
/// does: what one added stands behind what the one before it added.
fn merged(trunk: &[i64], branches: &[&[i64]]) -> tempfile::TempDir {
    let root = journal(trunk);
    let before = days(root.path());
    let mut after = before.clone();
    for branch in branches {
        let copy = journal(trunk);
        branch.iter().for_each(|n| drop(append(copy.path(), &local(), &[round(*n)]).unwrap()));
        for (place, (_, lines)) in days(copy.path()).into_iter().enumerate() {
            after[place].1.extend(lines.into_iter().skip(before[place].1.len()));
        }
    }
    fs::create_dir_all(day(root.path(), "23").parent().unwrap()).unwrap();
    for (name, lines) in after.iter().filter(|(_, lines)| !lines.is_empty()) {
        relay(&day(root.path(), name), &lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
    root
}

fn tips(root: &Path) -> Vec<ChainHead> {
    read_whole(root, &local(), minute(9 * DAY)).unwrap().tips
}

/// How often the chain forks, and how often nothing joins its branches.
fn forks(root: &Path) -> (usize, usize) {
    let told = told(root);
    (told.matches("it forks: ").count(), told.matches("joins the two").count() - told.matches("a later record").count())
}

fn told(root: &Path) -> String {
    read(root).unwrap().remarks.into_iter().map(|r| r.text).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_fork_is_found_joined_and_then_left_alone() {
    let cases: [Case; 8] = [
        (&[0, 1], &[&[2], &[3]], 2, 3),
        (&[0, 1], &[&[2, 4, 6], &[3, 5]], 2, 5),
        (&[0, 1], &[&[2], &[3, 4, 5]], 2, 5),
        (&[0, 1], &[&[2], &[3], &[4, 5]], 3, 4),
        // Over midnight, in one branch or in both.
        (&[0, 1], &[&[2, DAY], &[3]], 2, 4),
        (&[0, 1], &[&[2], &[3, DAY]], 2, 4),
        (&[0, 1], &[&[2, DAY, DAY + 2], &[3, DAY + 1]], 2, 5),
        // From the very beginning.
        (&[], &[&[0, 2], &[1, 3]], 2, 2),
    ];
    for (trunk, branches, ends, next) in cases {
        let root = merged(trunk, branches);
        let case = format!("{trunk:?} {branches:?}");
        let loose = tips(root.path());
        assert_eq!(loose.len(), ends, "{case}");
        assert!(!is_good(root.path()), "{case}");
        assert_eq!(forks(root.path()), (1, 1), "{case}");
        let joins = join(root.path(), &local(), minute(2 * DAY), &loose).unwrap();
        assert_eq!(
            joins.iter().map(|r| r.n).collect::<Vec<_>>(),
            (next..).take(ends - 1).collect::<Vec<_>>(),
            "{case}"
        );
        assert_eq!(fatal(root.path()), [""; 0], "{case}");
        assert_eq!(tips(root.path()), [], "{case}");
        assert_eq!(forks(root.path()), (1, 0), "{case}");
        // The chain goes on as one.
        let after = append(root.path(), &local(), &[round(2 * DAY + 1)]).unwrap().remove(0);
        let last = joins.last().unwrap();
        assert_eq!((after.n, &after.prev), (last.n + 1, &last.head), "{case}");
        assert_eq!(fatal(root.path()), [""; 0], "{case}");
        let all = read(root.path()).unwrap().records.len();
        assert_eq!(all, trunk.len() + branches.concat().len() + ends, "{case}: {}", told(root.path()));
    }
}

#[test]
fn what_a_reader_is_told_of_it() {
    let root = merged(&[0, 1], &[&[2, 4, 6], &[3, 5]]);
    insta::assert_snapshot!(told(root.path()), @"chain local: it forks: records 2 to 3 stand twice, as two runs went on from one copy; the next run on the machine that writes it joins the two");
    join(root.path(), &local(), minute(9), &tips(root.path())).unwrap();
    insta::assert_snapshot!(told(root.path()), @"chain local: it forks: records 2 to 3 stand twice, as two runs went on from one copy; a later record joins the two");
    let findings = verify(root.path(), &VerifyOptions::default()).unwrap().chains.remove(0).findings;
    let findings: Vec<_> = findings.into_iter().map(|f| (f.line, f.text, f.fatal)).collect();
    assert_eq!(findings, [(6, "the chain forks after record 1".to_owned(), false)]);
}

#[test]
fn a_second_fork_is_told_from_the_one_that_was_joined_before() {
    let root = merged(&[0, 1], &[&[2], &[3]]);
    join(root.path(), &local(), minute(5), &tips(root.path())).unwrap();
    let trunk = fs::read(day(root.path(), "23")).unwrap();
    append(root.path(), &local(), &[round(6)]).unwrap();
    let one = fs::read(day(root.path(), "23")).unwrap();
    fs::write(day(root.path(), "23"), &trunk).unwrap();
    append(root.path(), &local(), &[round(7)]).unwrap();
    let other = fs::read(day(root.path(), "23")).unwrap();
    fs::write(day(root.path(), "23"), [&one[..], &other[trunk.len()..]].concat()).unwrap();
    assert_eq!(forks(root.path()), (2, 1));
    insta::assert_snapshot!(told(root.path()), @"
    chain local: it forks: record 2 stands twice, as two runs went on from one copy; a later record joins the two
    chain local: it forks: record 4 stands twice, as two runs went on from one copy; the next run on the machine that writes it joins the two
    ");
    assert_eq!(tips(root.path()).len(), 2);
    join(root.path(), &local(), minute(8), &tips(root.path())).unwrap();
    assert_eq!((fatal(root.path()), tips(root.path())), (Vec::new(), Vec::new()));
}

#[test]
fn damage_and_what_was_put_here_is_no_branch() {
    let root = journal(&[0, 1, 2, 3]);
    let path = day(root.path(), "23");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let foreign = journal(&[7, 8, 9]);
    let foreign = fs::read_to_string(day(foreign.path(), "23")).unwrap();
    let foreign: Vec<_> = foreign.lines().collect();
    let [a, b, c, d] = lines[..] else { panic!("four lines") };
    for picked in [&[a, b, d][..], &[a, b, b, c, d], &[a, b, foreign[2], c, d], &[a, b, c, foreign[1], d]] {
        relay(&path, picked);
        assert_eq!(tips(root.path()), [], "{picked:#?}");
    }
    // Of a branch with a lost record only what stands before that can be joined; and the days before need not be here.
    let root = merged(&[0, 1], &[&[2, 4, 6], &[3, 5, 7]]);
    let path = day(root.path(), "23");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    relay(&path, &[&lines[..6], &lines[7..]].concat());
    assert_eq!(tips(root.path()).iter().map(|tip| tip.t).collect::<Vec<_>>(), [minute(3), minute(6)]);
    relay(&path, &lines[2..]);
    assert_eq!(tips(root.path()).len(), 2);
}

#[test]
fn a_join_that_was_killed_is_made_by_the_next() {
    let root = merged(&[0, 1], &[&[2], &[3], &[4]]);
    let path = day(root.path(), "23");
    let loose = tips(root.path());
    join(root.path(), &local(), minute(6), &loose).unwrap();
    let whole = fs::read(&path).unwrap();
    let ends: Vec<usize> = whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1).collect();
    for cut in ends[4]..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        join(root.path(), &local(), minute(6), &tips(root.path())).unwrap();
        append(root.path(), &local(), &[round(7)]).unwrap();
        assert_eq!(fatal(root.path()), [""; 0], "cut at {cut}");
        let joins = |r: &&Record| matches!(r.body, Body::Join(..));
        assert_eq!(read(root.path()).unwrap().records.iter().filter(joins).count(), 2, "cut at {cut}");
    }
    // There is nothing to join where nothing forks.
    let root = folder();
    assert_eq!(join(root.path(), &local(), minute(0), &[]).unwrap(), []);
}
