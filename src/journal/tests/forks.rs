//! The golden journal of a fork that was joined, of a blind round, and of what a later version may write.

use super::*;

fn forks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/journal-v1-forks/journal")
}

#[test]
fn a_joined_fork_is_read_proved_and_remarked() {
    assert_eq!(fatal(&forks()), [""; 0]);
    let proof = verify(&forks(), &VerifyOptions::default()).unwrap();
    let chain = &proof.chains[0];
    assert_eq!((chain.records, chain.last.map(|(n, _)| n)), (8, Some(6)));
    let told: Vec<_> = chain.findings.iter().map(|f| format!("{}: {}", f.line, f.text)).collect();
    insta::assert_snapshot!(told.join("\n"), @"4: the chain forks after record 0");
    let reading = read(&forks()).unwrap();
    let told: Vec<_> = reading.remarks.iter().map(|r| r.text.as_str()).collect();
    insta::assert_snapshot!(told.join("\n"), @"chain oslo: it forks: record 1 stands twice, as two runs went on from one copy; a later record joins the two");
    assert_eq!(reading.heads[&ChainName::from("oslo")].n, 6);
}

#[test]
fn what_a_later_version_writes_is_kept_to_the_byte() {
    let reading = read(&forks()).unwrap();
    let others: Vec<_> = reading.records.iter().filter(|r| matches!(r.body, Body::Other(_))).map(|r| r.n).collect();
    assert_eq!(others, [5, 6]);
    let blind = reading.records.iter().find_map(|r| if let Body::Round(r) = &r.body { r.blind.clone() } else { None });
    assert_eq!(blind.as_deref(), Some("no canary answered"));
    // The known ones, appended in their order to a copy that has the ones before, give the same bytes.
    let (copy_of, copied) = (folder(), "oslo/2026/11/24.jsonl");
    copy(&forks(), copy_of.path());
    let golden = fs::read_to_string(forks().join(copied)).unwrap();
    let lines: Vec<&str> = golden.lines().collect();
    relay(&copy_of.path().join(copied), &lines[..1]);
    let round = reading.records.iter().find(|r| r.n == 4).unwrap();
    let odd = reading.records.iter().find(|r| r.n == 5).unwrap();
    for record in [round, odd] {
        let written = append(copy_of.path(), &record.chain, &[(record.t, record.body.clone())]).unwrap();
        assert_eq!(written, std::slice::from_ref(record));
    }
    assert_eq!(fs::read_to_string(copy_of.path().join(copied)).unwrap(), lines[..3].join("\n") + "\n");
}
