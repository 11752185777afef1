//! What was changed afterwards, or taken away, is found.

use super::*;

fn fatal(at: &Folders) -> Vec<String> {
    let tell = |f: &journal::Finding| {
        format!("{}:{}: {}", f.file.strip_prefix(&at.journal).unwrap().display(), f.line, f.text)
    };
    let proof = verify(at);
    let all = proof.chains.iter().flat_map(|c| &c.findings).chain(&proof.findings);
    all.filter(|f| f.fatal).map(tell).collect()
}

#[test]
#[ignore = "takes a quarter of a minute or more: tests/run runs it"]
fn what_was_changed_or_taken_away_is_found() {
    let (_dir, at, loaded, now, _) = morning_site();
    // The first day rolled up, the second compressed.
    compact(&at, &loaded, Moment::from_ms(start() + 2 * DAY + 130 * MINUTE));
    let (rolled, zipped) = (file(&at, "fra", "20.roll.jsonl.gz"), file(&at, "fra", "21.jsonl.gz"));
    assert!(rolled.exists() && zipped.exists(), "{:?}", day_files(&at));
    assert_eq!(fatal(&at), [""; 0]);
    for path in [&rolled, &zipped] {
        let good = fs::read(path).unwrap();
        let step = (good.len() / 12).max(1);
        for byte in (0..12).chain((12..good.len()).step_by(step)).chain(good.len() - 9..good.len()) {
            let mut bad = good.clone();
            bad[byte] ^= 1 << (byte % 8);
            fs::write(path, &bad).unwrap();
            assert!(!fatal(&at).is_empty(), "{} byte {byte}", path.display());
            journal::read(&at.journal).unwrap();
            fs::write(path, &good[..byte]).unwrap();
            assert!(!fatal(&at).is_empty(), "{} cut at {byte}", path.display());
            journal::read(&at.journal).unwrap();
        }
        fs::write(path, [&good[..], b"x"].concat()).unwrap();
        assert!(!fatal(&at).is_empty(), "{} with something behind it", path.display());
        fs::write(path, &good).unwrap();
    }
    assert_eq!(fatal(&at), [""; 0]);
    // One day's file under another's name; a day taken from between others; from the beginning.
    fs::rename(&rolled, file(&at, "fra", "19.roll.jsonl.gz")).unwrap();
    insta::assert_snapshot!(fatal(&at).join("\n"), @r#"
    fra/2026/11/19.roll.jsonl.gz:0: no record pins it: it was not put here by a compaction
    fra/2026/11/19.roll.jsonl.gz:0: record 0 is of 2026-11-20T21:00:00.000Z, another day than its file's
    fra/2026/11/19.roll.jsonl.gz:0: record 179 is of 2026-11-20T23:59:01.060Z, another day than its file's
    fra/2026/11/19.roll.jsonl.gz:1: it is the roll-up of 2026-11-20, under another day's name
    fra/2026/11/20.jsonl:0: 2026-11-20 is not here, though older days are: it was removed
    "#);
    fs::rename(file(&at, "fra", "19.roll.jsonl.gz"), &rolled).unwrap();
    let aside = at.site.join("aside");
    fs::rename(&zipped, &aside).unwrap();
    insta::assert_snapshot!(fatal(&at).join("\n"), @"fra/2026/11/21.jsonl:0: 2026-11-21 is not here, though older days are: it was removed");
    fs::rename(&aside, &zipped).unwrap();
    fs::rename(&rolled, &aside).unwrap();
    assert_eq!(fatal(&at), [""; 0]);
    let proof = verify(&at);
    let fra = proof.chains.iter().find(|c| c.chain.as_str() == "fra").unwrap();
    insta::assert_snapshot!(fra.findings[0].text, @"the day 2026-11-20 is not here; later records pin what stood there");
    let _ = now;
}

#[test]
fn a_head_of_a_rolled_up_day_is_still_known_where_it_was_told() {
    let (_dir, at, loaded, now, _) = morning_site();
    let records = journal::read_one(&at.journal, &ChainName::from("fra")).unwrap().0;
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    let ask = |n: usize| {
        let options = VerifyOptions { contains: Some(records[n].head.clone()), ..VerifyOptions::default() };
        let proof = journal::verify(&at.journal, &options).unwrap();
        let fra = proof.chains.iter().find(|c| c.chain.as_str() == "fra").unwrap();
        (
            proof.is_good(),
            fra.pinned,
            fra.findings.last().map(|f| f.text.clone()),
            proof.findings.first().map(|f| f.text.clone()),
        )
    };
    let of_day = records.iter().rposition(|r| r.t < Moment::from_ms(start() + DAY)).unwrap();
    // The last of the first day, and one in the outage.
    for n in [of_day, of_day - 20] {
        let (good, pinned, remark, _) = ask(n);
        assert_eq!((good, pinned), (true, Some(n as u64)), "{remark:?}");
        assert!(remark.unwrap().contains("rolled up after record"), "a head from before a roll-up does not prove it");
    }
    // One of the quiet middle is in no roll-up.
    let (good, pinned, _, said) = ask(of_day + 300);
    assert_eq!((good, pinned), (false, None));
    assert!(said.unwrap().contains("of days that are rolled up only the first, the last and those around incidents"));
}

/// A roll-up that somebody forged and pinned, with the chain's own hashes all in place.
#[test]
fn a_second_roll_up_of_a_day_is_found_although_it_is_pinned() {
    let (_dir, at, loaded, now, _) = morning_site();
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    let fra = ChainName::from("fra");
    let path = file(&at, "fra", "20.roll.jsonl.gz");
    let honest = fs::read(&path).unwrap();
    let mut lines = String::new();
    std::io::Read::read_to_string(&mut flate2::bufread::GzDecoder::new(&honest[..]), &mut lines).unwrap();
    assert!(lines.contains("[\"d\""));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gz, lines.replace("[\"d\"", "[\"u\"").as_bytes()).unwrap();
    let forged = gz.finish().unwrap();
    fs::write(&path, &forged).unwrap();
    let pins: Vec<_> = journal::pins(&at.journal, &fra, Moment::from_ms(start()).utc().date_naive()).unwrap();
    let mut pin = pins.iter().find(|p| p.day.to_string() == "2026-11-20").unwrap().clone();
    pin.file = journal::sha256_of(&path).unwrap();
    journal::append(&at.journal, &fra, &[(now + Span::from_ms(40 * DAY), Body::Pin(pin))]).unwrap();
    insta::assert_snapshot!(fatal(&at).join("\n"), @"
    fra/2026/11/20.roll.jsonl.gz:0: its bytes are not those that record 1716 pins: the file was changed
    fra/2027/01/01.jsonl:7: record 1719 pins a third file for 2026-11-20
    ");
}
