//! What people wrote of Stella's morning, and the rounds around it, for the hand-made worlds.

use crate::incident::{Event, Incident, Member, Voice};
use crate::model::*;
use crate::site::fixture::at;

/// An incident of which nothing is known.
pub(crate) fn blank() -> Incident {
    Incident {
        id: None,
        writeup: None,
        slug: String::new(),
        title: String::new(),
        status: IncidentStatus::Investigating,
        impact: Impact::None,
        measured_start: None,
        measured_end: None,
        started: Moment::default(),
        ended: None,
        detected: None,
        recovered_seen: None,
        members: Vec::new(),
        origin: None,
        events: Vec::new(),
        next_word: None,
        next_overdue: false,
        public: true,
        follows: Vec::new(),
        followed_by: Vec::new(),
        refuted: false,
    }
}

/// A short outage of one component, over.
pub(crate) fn small(day: &str, component: &str, title: &str, from: Moment, minutes: i64) -> Incident {
    let end = from + Span::from_mins(minutes);
    Incident {
        id: Some(IncidentId::from(format!("{day}-{component}"))),
        slug: format!("{day}-{component}"),
        title: title.to_owned(),
        status: IncidentStatus::Resolved,
        impact: Impact::Major,
        measured_start: Some(from),
        measured_end: Some(end),
        started: from,
        ended: Some(end),
        detected: Some(from + Span::from_mins(1)),
        recovered_seen: Some(end + Span::from_mins(1)),
        members: vec![Member { component: component.into(), worst: Status::Partial, outages: vec![(from, Some(end))] }],
        ..blank()
    }
}

/// The follow-up, a week later.
pub(crate) fn follow_up() -> Incident {
    let day = at("2026-11-30 11:00");
    Incident {
        writeup: Some(2),
        slug: "2026-11-30-changes".to_owned(),
        title: "What we changed after the morning outage".to_owned(),
        status: IncidentStatus::Resolved,
        started: day,
        ended: Some(day),
        follows: vec!["2026-11-23-morning-outage".to_owned()],
        events: vec![Event {
            at: day,
            published: day,
            edited: None,
            status: None,
            voice: Voice::Person(0),
            key: "u0".to_owned(),
        }],
        ..blank()
    }
}

fn update(n: usize, time: &str, word: &str, status: IncidentStatus, text: &str) -> Update {
    Update {
        key: format!("u{n}"),
        status: Some(status),
        maintenance: None,
        word: word.to_owned(),
        at: Some(at(&format!("2026-11-23 {time}"))),
        next: None,
        next_time: None,
        html: format!("<p>{text}</p>\n"),
        text: text.to_owned(),
        sha256: String::new(),
        line: 1,
    }
}

/// A write-up of a file, read as the room `writeup` gives it.
pub(crate) fn writeup(slug: &str, title: &str, kind: WriteUpKind) -> WriteUp {
    WriteUp {
        file: format!("{slug}.md"),
        slug: slug.to_owned(),
        title: title.to_owned(),
        kind,
        authors: vec!["Ines".to_owned()],
        ..WriteUp::default()
    }
}

/// The morning's write-up with so many updates, the maintenance's and the follow-up's.
pub(crate) fn writeups(words_out: usize, moment: Moment) -> Vec<WriteUp> {
    let mut morning = writeup("2026-11-23-morning-outage", "The morning outage", WriteUpKind::Incident);
    let said = [
        (
            "09:05",
            "Investigating",
            IncidentStatus::Investigating,
            "The site and the API do not answer, and checkups and monitors have stopped. I can connect to the master backend, but it hangs after I log in.",
        ),
        (
            "09:18",
            "Identified",
            IncidentStatus::Identified,
            "Redis has been writing its data to disk since 8:56 and does not finish. Almost 40,000 changes are not on disk yet. A restart now would lose them, so I am waiting for the save to end. If it has not ended by 9:30, I will say what we do instead.",
        ),
        (
            "09:30",
            "Identified",
            IncidentStatus::Identified,
            "The save has not moved in half an hour. I am building a new backend from the 8:30 backup, and will restart the old one as soon as I am sure what we would lose.",
        ),
        (
            "10:02",
            "Investigating",
            IncidentStatus::Investigating,
            "The site answers again, but no worker is running. Nothing is being checked. Please do not rely on what it shows.",
        ),
        (
            "10:12",
            "Identified",
            IncidentStatus::Identified,
            "The machine is coming back from its restart and checks its disk first.",
        ),
        (
            "10:31",
            "Monitoring",
            IncidentStatus::Monitoring,
            "Redis is up, tested and complete to 8:47. The workers are starting, and checkups will follow within minutes.",
        ),
        (
            "10:40",
            "Resolved",
            IncidentStatus::Resolved,
            "The site and the API are open again. Everything below them has run clean for nine minutes.",
        ),
    ];
    morning.updates = said.iter().take(words_out).enumerate().map(|(n, (t, w, s, x))| update(n, t, w, *s, x)).collect();
    if moment > at("2026-11-23 12:00") {
        postmortem(&mut morning);
    }
    let mut redis = writeup("2026-12-03-redis", "Redis moves to append-only files", WriteUpKind::Maintenance);
    redis.starts = Some(at("2026-12-03 22:00"));
    redis.ends = Some(at("2026-12-03 22:30"));
    redis.sections = vec![section("", "<p>Checks go on; results come up to 2 min late.</p>\n")];
    let mut follow = writeup("2026-11-30-changes", "What we changed after the morning outage", WriteUpKind::Incident);
    follow.follows = Some(morning.slug.clone());
    follow.updates = vec![Update {
        at: Some(at("2026-11-30 11:00")),
        ..update(0, "11:00", "", IncidentStatus::Resolved, "The recovery is practised now. It took 11 min.")
    }];
    vec![morning, redis, follow]
}

fn section(title: &str, html: &str) -> Section {
    let anchor = title.to_lowercase().replace(' ', "-");
    Section { title: title.to_owned(), anchor, html: html.to_owned() }
}

fn postmortem(w: &mut WriteUp) {
    w.started = Some(at("2026-11-23 09:00"));
    w.ended = Some(at("2026-11-23 10:40"));
    w.roles = vec![("commander".to_owned(), "Ines".to_owned())];
    w.sections = vec![
        section(
            "Symptoms",
            "<p>The web servers took connections and sent nothing. The master backend let me log in over SSH and then hung before the prompt. Only Redis still talked, and this is what it said, over and over:</p>\n<pre tabindex=\"0\"><code>redis&gt; bgsave\n(error) ERR Background save already in progress\nredis&gt; info\nbgsave_in_progress:1\nchanges_since_last_save:67162\naof_enabled:0\nused_memory_human:2.21G\n</code></pre>\n",
        ),
        section(
            "Cause",
            "<p>We could not prove one single cause. A save that began at 8:56 never ended, while changes went on arriving.</p>\n<h3>What we know of the disk</h3>\n<p>I waited for the save, because a restart would lose what was not on disk. I waited too long. At 10:08 I restarted the machine.</p>\n",
        ),
    ];
    let action = |done, text: &str, owner: Option<&str>, due: Option<(u32, u32)>| Action {
        done,
        html: text.to_owned(),
        text: text.to_owned(),
        owner: owner.map(str::to_owned),
        due: due.and_then(|(m, d)| chrono::NaiveDate::from_ymd_opt(2026, m, d)),
    };
    w.actions = vec![
        action(
            true,
            "Practise the recovery: a new machine from a snapshot of the volume, timed.",
            Some("Ines"),
            Some((11, 30)),
        ),
        action(
            false,
            "Move Redis to append-only files, so that no save has to write everything at once.",
            Some("Tomás"),
            Some((12, 3)),
        ),
        action(false, "Keep the site closed until a worker has reported.", None, None),
    ];
    w.timeline = vec![TimelineItem { at: at("2026-11-23 08:56"), html: "A background save begins.".to_owned() }];
}

/// A round a minute from 8:30 to 11:00, with Redis' unsaved changes.
pub(crate) fn rounds(moment: Moment) -> Vec<Record> {
    let start = at("2026-11-23 08:30");
    (0..150)
        .map(|n| (n, start + Span::from_mins(n) + Span::from_ms(7000)))
        .filter(|(n, t)| *t <= moment && !(98..113).contains(n))
        .map(|(n, t)| {
            let saw = (n % 9) as f64 * 900.0;
            let changes = if (26..98).contains(&n) { 4000.0 + (n - 26) as f64 * 877.0 } else { saw };
            let round = Round {
                gap: Span::from_secs(150),
                took: Span::from_ms(800),
                rec: vec![("redis/tcp".into(), vec![("info.rdb_changes_since_last_save".to_owned(), changes)])],
                ..Round::default()
            };
            Record {
                chain: "fremont".into(),
                n: 481_912 + n as u64,
                t,
                prev: "0".repeat(64).into(),
                head: "7f3a09b1".repeat(8).into(),
                body: Body::Round(round),
                skip: None,
            }
        })
        .collect()
}

/// Where a chain ends.
pub(crate) fn ends(chain: &str, n: u64, head: impl Into<String>) -> Witness {
    Witness { chain: chain.into(), n, head: Head::from(head.into()), closed: None }
}
