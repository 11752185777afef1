//! The room at its door: a file in, a write-up and remarks out.

use std::fmt::Write;

use super::*;
use crate::model::{IncidentStatus, MaintenanceStatus, Moment};

mod folder;

fn los_angeles() -> Zone {
    Zone::parse("America/Los_Angeles").unwrap()
}

/// A file as a reader of the page would get to know it: everything that was read, then the remarks.
fn check(text: &str) -> String {
    let (writeup, remarks) = parse("2026-11-23-morning-outage.md", text.as_bytes(), los_angeles());
    let mut said = format!("# {}\n", writeup.title);
    let local = |m: Moment| los_angeles().local(m).format("%d %H:%M").to_string();
    for u in &writeup.updates {
        let at = u.at.map_or("-".into(), local);
        let bare = u.next_time.map_or(String::new(), |t| format!(" next {}", t.format("%H:%M")));
        let next = u.next.map_or(bare, |m| format!(" next {}", local(m)));
        let status = u.status.map(IncidentStatus::word).or(u.maintenance.map(MaintenanceStatus::word)).unwrap_or("-");
        let _ = writeln!(said, "{} [{}] {status} {at}{next} key={}\n{}", u.line, u.word, u.key, u.html);
    }
    for t in &writeup.timeline {
        let _ = writeln!(said, "{} > {}", local(t.at), t.html);
    }
    for a in &writeup.actions {
        let owner = a.owner.as_deref().unwrap_or("-");
        let due = a.due.map_or("-".into(), |d| d.to_string());
        let _ = writeln!(said, "{} {} | {owner} | {due}", if a.done { "☑" } else { "☐" }, a.html);
    }
    for s in &writeup.sections {
        let _ = writeln!(said, "## {} #{}\n{}", s.title, s.anchor, s.html);
    }
    for r in &remarks {
        let _ = writeln!(said, "{}! {}", r.origin.as_ref().unwrap().line, r.text);
    }
    said
}

#[test]
fn an_outage_is_read_whole() {
    insta::assert_snapshot!(check("---\ntitle: The morning\nstarted: 2026-11-23 09:00\nended: 10:40\n---\n\
        The lead.\n\n### Investigating · 2026-11-23 09:05 · next 09:30\n\nIt *hangs*.\n\n#### Seen\n\nMore.\n\n\
        ### Identified - 09:18\nThe disk.\n\nNext word: 9:45\n\n## Symptoms\n\nRedis said:\n\n```\naof_enabled:0\n```\n\n\
        ### Details\n\n##### Deep\n\n## Timeline\n\n- 09:00 The web servers stop.\n- **10:00** – a `short` come-back\n- later\n\n\
        ## Next steps\n\n- [ ] Append-only files (Tomás, due 3 Dec)\n- [x] Practise **it** @ines\n- no task\n"), @r#"
    # The morning
    8 [Investigating] investigating 23 09:05 next 23 09:30 key=2026-11-23T09:05
    <p>It <em>hangs</em>.</p>
    <h3>Seen</h3>
    <p>More.</p>
    16 [Identified] identified 23 09:18 next 23 09:45 key=2026-11-23T09:18
    <p>The disk.</p>
    <p>Next word: 9:45</p>
    23 09:00 > The web servers stop.
    23 10:00 > a <code>short</code> come-back
    ☐ Append-only files | Tomás | 2026-12-03
    ☑ Practise <strong>it</strong> | ines | -
    ##  #text
    <p>The lead.</p>
    ## Symptoms #symptoms
    <p>Redis said:</p>
    <pre tabindex="0"><code>aof_enabled:0
    </code></pre>
    <h3>Details</h3>
    <h4>Deep</h4>
    ## Timeline #timeline
    <ul>
    <li>09:00 The web servers stop.</li>
    <li><strong>10:00</strong> – a <code>short</code> come-back</li>
    <li>later</li>
    </ul>
    ## Next steps #next-steps
    <ul>
    <li>no task</li>
    </ul>
    "#);
}

#[test]
fn what_cannot_be_read_is_shown_and_reported() {
    insta::assert_snapshot!(check("---\ntitel: x\nstatus: resovled\nstarted: yesterday\ncomponents: [web, {api: majr}]\ndraft: ture\n---\n\
        # What happened\n\n## Investigting · 09:05\na\n\n## 09:10 Identified\n\nb\n\n### Resolved · 2026-31-11\nc\n\nNext update: soon\n"), @"
    # What happened
    10 [Investigting] - 23 09:05 key=2026-11-23T09:05
    <p>a</p>
    17 [Resolved · 2026-31-11] resolved - key=resolved-2026-31-11
    <p>c</p>
    <p>Next update: soon</p>
    ## 09:10 Identified #09-10-identified
    <p>b</p>
    1! there is no `title`; the first heading stands for it: `What happened`
    2! `titel` is no key of a write-up and is left out; did you mean `title`?
    3! `resovled` is no word for `status` and is left out; did you mean `resolved`?
    4! `yesterday` is no date or time and is left out; write it like `2026-11-23 09:05`
    5! `majr` is no word for `impact` and is left out; did you mean `major`?
    6! `ture` is neither true nor false: the page is kept back as a draft
    10! `Investigting` is no status word, so it is shown as typed and changes no status; did you mean `investigating`?
    13! `09:10 Identified` is read as an ordinary heading: an update begins with its status word and ends with its time
    17! `2026-31-11` is no date or time, so it is shown as typed; write it like `2026-11-23 09:05`
    17! `Next update: soon` says no time that can be read; write it like `Next word: 09:30`
    ");
}

#[test]
fn a_file_may_have_no_front_matter_and_no_title() {
    insta::assert_snapshot!(check("Just words."), @"
    # Morning outage
    ##  #text
    <p>Just words.</p>
    1! there is no `title`; the file's name stands for it: `Morning outage`
    ");
    insta::assert_snapshot!(check("## Resolved\n\nDone.\n\n# A title below\n\nx"), @"
    # A title below
    1 [Resolved] resolved - key=resolved
    <p>Done.</p>
    ##  #text
    <p>x</p>
    1! there is no `title`; the first heading stands for it: `A title below`
    ");
    insta::assert_snapshot!(check(""), @"
    # Morning outage
    1! there is no `title`; the file's name stands for it: `Morning outage`
    ");
}

#[test]
fn midnight_and_missing_times() {
    insta::assert_snapshot!(check("---\ntitle: x\nstarted: 2026-11-23 22:00\n---\n\
        ### Update\n\na\n\n### 23:50 · next 00:30\n\nb\n\n### Monitoring · 00:20\n\nc\n\n### Update\n\nd\n\n### Resolved · 2026-11-24\n\ne\n"), @"
    # x
    5 [Update] - - key=update
    <p>a</p>
    9 [] - 23 23:50 next 24 00:30 key=2026-11-23T23:50
    <p>b</p>
    13 [Monitoring] monitoring 24 00:20 key=2026-11-24T00:20
    <p>c</p>
    17 [Update] - - key=update-2
    <p>d</p>
    21 [Resolved] resolved 24 00:20 key=2026-11-24
    <p>e</p>
    ");
}

#[test]
fn updates_may_stand_below_a_heading_of_their_own() {
    insta::assert_snapshot!(check("---\ntitle: x\n---\n## Updates\n\n### Resolved · 2026-11-23 10:40\n\nb\n\n### Investigating · 09:05\n\na\n\n### Notes\n\nn\n\n## Cause\n"), @"
    # x
    6 [Resolved] resolved 23 10:40 key=2026-11-23T10:40
    <p>b</p>
    10 [Investigating] investigating 23 09:05 key=2026-11-23T09:05
    <p>a</p>
    ## Updates #updates
    <h3>Notes</h3>
    <p>n</p>
    ## Cause #cause
    ");
}

#[test]
fn a_time_alone_for_the_next_word_is_counted_from_the_word() {
    insta::assert_snapshot!(check("---\ntitle: x\n---\n### Investigating · next 12:00\n\na\n\n### Identified · 21:30 · next 09:30\n\nb\n\n\
        ### Update · 22:00 · next 09:30\n\nNext word: 22:30\n\n### Update · 22:00 · next 21:00\n\nc\n\n### Update · 2026-11-24 · next 17:00\n\nd\n\n\
        ### Update · next 17:00 UTC\n\ne\n"), @"
    # x
    4 [Investigating] investigating - next 12:00 key=investigating
    <p>a</p>
    8 [Identified] identified 23 21:30 next 24 09:30 key=2026-11-23T21:30
    <p>b</p>
    12 [Update] - 23 22:00 next 24 09:30 key=2026-11-23T22:00
    <p>Next word: 22:30</p>
    16 [Update] - 23 22:00 next 23 21:00 key=2026-11-23T22:00-2
    <p>c</p>
    20 [Update] - 24 00:00 next 24 17:00 key=2026-11-24
    <p>d</p>
    24 [Update] - - next 24 09:00 key=update
    <p>e</p>
    16! `next 21:00` had passed when this word was said, so it is overdue at once; for a later day write its date, as in `next 2026-11-24 21:00`
    ");
}

/// The first section's HTML of a body, and what was said of it.
fn html(text: &str) -> String {
    let (writeup, remarks) = parse("2026-11-23-x.md", format!("---\ntitle: x\n---\n{text}").as_bytes(), Zone::UTC);
    let said: Vec<String> = remarks.iter().map(|r| format!("! {}", r.text)).collect();
    [writeup.sections.first().map_or(String::new(), |s| s.html.clone()), said.join("\n")].join("\n")
}

#[test]
fn html_can_do_no_harm() {
    insta::assert_snapshot!(html("<script>alert(1)</script>\n\nA <b onclick=x>bold</b> & <!-- hidden --> word"), @r#"
    <p class="raw">&lt;script&gt;alert(1)&lt;/script&gt;</p>
    <p>A &lt;b onclick=x&gt;bold&lt;/b&gt; &amp;  word</p>
    "#);
    insta::assert_snapshot!(html("a\n\n<!-- one\n\ntwo --> three\n\n<details><!-- x -->\nfour\n</details>"), @r#"
    <p>a</p>
    <p class="raw">three</p>
    <p class="raw">&lt;details&gt;
    four
    &lt;/details&gt;</p>
    "#);
    insta::assert_snapshot!(html("a\n\n<!-- open\n\nhidden"), @"
    <p>a</p>
    ! a comment is not closed and hides everything below it; add `-->`
    ");
    insta::assert_snapshot!(html("[a](javascript:x) [b](JAVA&#115;cript:x) [c](https://e.org/?a=1&b=\"2\" \"t<i>\") <https: x> <ines@example.com>"), @r#"
    <p>a b <a href="https://e.org/?a=1&amp;b=%222%22" title="t&lt;i&gt;">c</a> &lt;https: x&gt; <a href="mailto:ines@example.com">ines@example.com</a></p>
    ! `javascript:` may not be linked; http, https, mailto and relative addresses may; its words are shown without a link
    ! `javascript:` may not be linked; http, https, mailto and relative addresses may; its words are shown without a link
    "#);
    insta::assert_snapshot!(html("![a *graph*](https://e.org/x.png) ![b](missing.png) [c](other.md)"), @"
    <p>a graph b c</p>
    ! `https://e.org/x.png` is not beside the write-up, and pages show only what is; its words are shown instead
    ! the picture `missing.png` is not there; its words are shown instead
    ! `other.md` is not there to be linked; its words are shown without a link
    ");
}

#[test]
fn tables_notes_and_lists_are_plain_html() {
    insta::assert_snapshot!(html("| a | |\n|--:|---|\n| 1 | `<` |\n\n| b |\n|---|"), @r#"
    <div class="table" role="region" tabindex="0" aria-label="Table 1: a"><table>
    <thead><tr><th scope="col" class="right">a</th><td></td></tr></thead><tbody>
    <tr><td class="right">1</td><td><code>&lt;</code></td></tr>
    </tbody></table></div>
    <div class="table" role="region" tabindex="0" aria-label="Table 2: b"><table>
    <thead><tr><th scope="col">b</th></tr></thead><tbody>
    </tbody></table></div>
    "#);
    insta::assert_snapshot!(html("x[^b] y[^a] x[^b]\n\n[^a]: one, see [^c]\n[^b]: two\n[^c]: three\n[^d]: four"), @r##"
    <p>x<sup><a href="#note-2026-11-23-x-1" id="noteref-2026-11-23-x-1">[1]</a></sup> y<sup><a href="#note-2026-11-23-x-2" id="noteref-2026-11-23-x-2">[2]</a></sup> x<sup><a href="#note-2026-11-23-x-1">[1]</a></sup></p>
    <div class="notes">
    <div class="note" id="note-2026-11-23-x-1">
    <a href="#noteref-2026-11-23-x-1">[1]</a>
    <p>two</p>
    </div>
    <div class="note" id="note-2026-11-23-x-2">
    <a href="#noteref-2026-11-23-x-2">[2]</a>
    <p>one, see <sup><a href="#note-2026-11-23-x-3" id="noteref-2026-11-23-x-3">[3]</a></sup></p>
    </div>
    <div class="note" id="note-2026-11-23-x-3">
    <a href="#noteref-2026-11-23-x-3">[3]</a>
    <p>three</p>
    </div>
    </div>
    <div class="notes">
    <div class="note" id="note-2026-11-23-x-4">
    <p>four</p>
    </div>
    </div>
    "##);
    insta::assert_snapshot!(html("> [!WARNING]\n> careful\n\nterm\n: meaning\n\n3. c\n4. d\n\n- [ ] open\n- [x] done\n\n***\n\nend\\\nof ~~it~~\u{1}&#2;"), @r#"
    <blockquote>
    <p><strong>Warning</strong></p>
    <p>careful</p>
    </blockquote>
    <dl>
    <dt>term</dt>
    <dd>meaning</dd>
    </dl>
    <ol start="3">
    <li>c</li>
    <li>d</li>
    </ol>
    <ul>
    <li><span class="task" role="img" aria-label="to do">☐</span> open</li>
    <li><span class="task" role="img" aria-label="done">☑</span> done</li>
    </ul>
    <hr>
    <p>end<br>
    of <del>it</del>��</p>
    "#);
}

#[test]
fn internal_parts_are_not_there() {
    let text = "---\ntitle: x\n---\na\n\n<!-- internal -->\n### Update · 09:00\nSECRET\n<!-- /internal -->\n\nb\n\n<!-- internal -->\nSECRET\n";
    let said = check(text);
    assert!(!said.contains("SECRET"));
    insta::assert_snapshot!(said, @"
    # x
    ##  #text
    <p>a</p>
    <p>b</p>
    13! `<!-- internal -->` is not closed: everything below it is hidden; add `<!-- /internal -->`
    ");
}

#[test]
fn a_key_survives_edits_and_neighbours() {
    let keys = |body: &str| {
        let (writeup, _) = parse("2026-11-23-x.md", format!("---\ntitle: x\n---\n{body}").as_bytes(), Zone::UTC);
        writeup.updates.iter().map(|u| u.key.clone()).collect::<Vec<_>>()
    };
    let first = keys("### Investigating · 09:05\n\na\n\n### Resolved · 10:40\n\nb\n");
    let later = keys(
        "### Update · 08:00\n\nnew\n\n### Identified · 2026-11-23 09:05\n\nedited\n\n### Update · 09:30\n\nnew\n\n### Resolved · 10:40\n\nb\n",
    );
    assert_eq!(first, ["2026-11-23T09:05", "2026-11-23T10:40"]);
    assert!(first.iter().all(|key| later.contains(key)), "{later:?}");
    assert_eq!(
        keys("### Update\n\na\n\n### Update\n\nb\n\n### Fixed it · 09:05\n\n### Again · 09:05"),
        ["update", "update-2", "2026-11-23T09:05", "2026-11-23T09:05-2"]
    );
}

#[test]
fn slugs_are_safe() {
    let cases = [
        ("2026-11-23-Morning Outage.md", "2026-11-23-morning-outage"),
        ("sub/a..b__c.MD", "a-b-c"),
        ("PM2019-009 - Kubernetes network.md", "pm2019-009-kubernetes-network"),
        ("障害.md", "w-3e3e6f0c"),
    ];
    for (file, meant) in cases {
        if meant.starts_with("w-") {
            assert!(slug(file).starts_with("w-") && slug(file).len() == 10, "{}", slug(file));
        } else {
            assert_eq!(slug(file), meant);
        }
    }
}
