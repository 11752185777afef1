//! How the figures are made, in plain words, with the numbers that this site uses.

use serde::Serialize;

use crate::site::clock::words;
use crate::site::frame::frame;
use crate::site::parts::{Frame, Link};
use crate::site::scene::Scene;
use crate::site::sentences as say;

/// The page of the rules, and the page for an address that is none.
#[derive(Clone, Debug, Serialize)]
pub struct TextPage {
    /// Around it.
    pub frame: Frame,
    /// The title.
    pub title: String,
    /// Under it.
    pub lead: String,
    /// The text.
    pub parts: Vec<TextPart>,
    /// The ways from here, where the text is none.
    pub lost: bool,
}

/// A part of it.
#[derive(Clone, Debug, Serialize)]
pub struct TextPart {
    /// Its heading.
    pub title: &'static str,
    /// Its anchor.
    pub anchor: &'static str,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
    /// Lines to type.
    pub code: Vec<String>,
    /// What it speaks of, where that can be opened.
    pub links: Vec<Link>,
}

/// How these figures are made.
pub fn rules(scene: &Scene<'_>) -> TextPage {
    let tab = format!("How these figures are made · {}", scene.title());
    let lead = "What is measured, what is counted, and how to check it.".to_owned();
    TextPage {
        frame: frame(scene, "figures/index.html", tab, lead.clone(), 'u'),
        title: "How these figures are made".to_owned(),
        lead,
        parts: vec![looking(scene), states(scene), uptime(), coverage(), people(), days(scene), check(scene)],
        lost: false,
    }
}

fn part(title: &'static str, anchor: &'static str, paragraphs: Vec<String>) -> TextPart {
    TextPart { title, anchor, paragraphs, code: Vec::new(), links: Vec::new() }
}

fn looking(scene: &Scene<'_>) -> TextPart {
    let run = &scene.world.settings.run;
    let places = if run.vantages.len() > 1 {
        format!(
            "We look from {} places. {} of them must agree before something counts as down.",
            run.vantages.len(),
            run.quorum
        )
    } else {
        "We look from one place.".to_owned()
    };
    part(
        "Looking",
        "looking",
        vec![
        format!(
            "We look {}, unless a component says otherwise. A look vouches for two and a half intervals at most; \
             after that, and wherever nobody looked, there is no data.",
            say::every(run.interval)
        ),
        places,
        "When our own connection fails, known targets of others fail with it. Such a round says nothing about what is \
         watched, and is no data."
            .to_owned(),
    ],
    )
}

fn states(scene: &Scene<'_>) -> TextPart {
    let rules = &scene.world.settings.rules;
    let times = |n: u32| match n {
        1 => "One bad look is".to_owned(),
        n => format!("{} bad looks in a row are", say::sentence_case(&say::number(n as usize))),
    };
    let good = match rules.resolve_after {
        1 => "One good look ends".to_owned(),
        n => format!("{} good looks in a row end", say::sentence_case(&say::number(n as usize))),
    };
    part("States", "states", vec![
        format!(
            "{} an outage, from the first of them on. {good} it, at the first of those. A component may have rules of its own.",
            times(rules.open_after)
        ),
        format!(
            "A shorter failure of less than {} is a blip: it is drawn as a tick and is no downtime. A shorter recovery \
             inside an outage is a come-back: it is drawn, and is still downtime.",
            words(rules.blip_within)
        ),
        "Degraded: it works, but not as it should. Partial outage: some of its probes fail. Major outage: all of them do. \
         A day is drawn as its worst state."
            .to_owned(),
    ])
}

fn uptime() -> TextPart {
    part("Uptime", "uptime", vec![
        "Uptime is the share of the watched time in which a component was not down. Time in a major outage counts in \
         full (weight 1), in a partial outage by three tenths (weight 0.3), and degraded not at all (weight 0)."
            .to_owned(),
        "uptime = (watched time − Σ weight · time in that state) ÷ watched time. Watched time leaves out planned work and \
         all time without data. Work that was announced after it began leaves nothing out."
            .to_owned(),
        "Figures are cut to two digits, never rounded up: 100 % stands only where there was no downtime at all. A group \
         is the mean of its components."
            .to_owned(),
    ])
}

fn coverage() -> TextPart {
    part(
        "Coverage",
        "coverage",
        vec![
        "Coverage is the share of the time in which somebody looked. It stands beside every uptime figure, because \
         uptime without it says little."
            .to_owned(),
        "Time before a component's first look is not counted at all.".to_owned(),
    ],
    )
}

fn people() -> TextPart {
    part("Measured and written", "written", vec![
        "Times and figures are measured. What people write is set in another face and marked “written” where it differs. \
         The state shown is the worst of what is measured and what people say; nobody can lower what is measured, and no \
         word changes an uptime figure."
            .to_owned(),
    ])
}

fn days(scene: &Scene<'_>) -> TextPart {
    let zone = scene.world.settings.site.time_zone;
    part(
        "Days",
        "days",
        vec![format!(
            "Days are cut in {}. “24 hours” is the last 24 hours; “30 days” is today and the 29 days before it.",
            zone.name().replace('_', " ")
        )],
    )
}

fn check(scene: &Scene<'_>) -> TextPart {
    let mut part = TextPart {
        title: "Check it yourself",
        anchor: "check",
        paragraphs: vec![
            "Every look is kept in a record to which lines are only ever added. Each line ends with the SHA-256 of all \
             its bytes before that, and names the hash of the line before it. The hash at the foot of the front page \
             therefore pins everything older. Note it down, and nothing before it can be changed without your noticing."
                .to_owned(),
            "A line of the record is checked so:".to_owned(),
        ],
        code: vec![
            "printf %s \"${line%,\\\"h\\\":*}\" | sha256sum".to_owned(),
            "printf '%s\\n' \"$line\" | jq -r .h".to_owned(),
        ],
        links: Vec::new(),
    };
    let settings = scene.world.settings;
    if settings.publish.journal && !scene.world.look_back {
        part.paragraphs.insert(
            1,
            "The record is published beside this page, with the rules that the figures follow. Anybody can work the \
             figures out again from the two; the last line below does it."
                .to_owned(),
        );
        part.code.push(format!("statuary journal verify --from {}", settings.site.url));
        let link = |text: &str, href: &str| Link { text: text.to_owned(), href: href.to_owned() };
        part.links.push(link("What the record holds", "journal/index.json"));
        part.links.push(link("The rules of the figures", "journal/rules.json"));
    }
    part
}

/// The page for an address that is none. It is served from any depth, so its links begin at the site's own path.
pub fn lost(scene: &Scene<'_>) -> TextPage {
    let tab = format!("No such page · {}", scene.title());
    let lead = "The address may be old or mistyped. This says nothing about how things stand.".to_owned();
    let base = frame(scene, "404.html", tab, lead.clone(), 'n');
    let url = &scene.world.settings.site.url;
    let path = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).split_once('/').map_or("", |(_, p)| p);
    TextPage {
        frame: Frame { root: format!("/{path}"), address: None, noindex: true, ..base },
        title: "There is no such page.".to_owned(),
        lead,
        parts: Vec::new(),
        lost: true,
    }
}
