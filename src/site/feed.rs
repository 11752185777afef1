//! The two feeds: one entry per story, and one entry per word. Dates come from the record, never from the build.

use crate::incident::{Incident, Maintenance, Voice as Spoken};
use crate::model::{Moment, Span, Update, Witness, WriteUp};
use crate::site::machine::Words;
use crate::site::scene::Scene;
use crate::site::sentences;

/// The newest stories that a feed holds.
const STORIES: usize = 50;

/// The newest words that a feed holds.
const WORDS: usize = 100;

/// A feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its file, from the root.
    pub path: &'static str,
    /// A permanent name (RFC 4151).
    pub id: String,
    /// Its title.
    pub title: String,
    /// The site's address.
    pub site: String,
    /// Who writes: what is watched.
    pub author: String,
    /// BCP 47.
    pub language: String,
    /// The newest date in it; the record's beginning where it is empty.
    pub updated: Moment,
    /// Newest first.
    pub entries: Vec<Entry>,
    /// Where every public chain ends.
    pub heads: Vec<Witness>,
}

/// An entry. No two of a feed have one date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// A permanent name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its page.
    pub link: String,
    /// When it was first published.
    pub published: Moment,
    /// When it last changed.
    pub updated: Moment,
    /// Plain words.
    pub summary: String,
    /// What it says, newest first.
    pub bodies: Vec<Body>,
    /// "incident", "maintenance" or "notice", and the status.
    pub categories: Vec<&'static str>,
}

/// A part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The line above it, where there is more than one.
    pub head: Option<String>,
    /// What it says.
    pub words: Words,
}

/// Something that is told in words: an incident, planned work, a notice.
struct Story<'a> {
    id: String,
    kind: &'static str,
    status: Option<&'static str>,
    title: &'a str,
    link: String,
    /// Oldest first, as far as their dates tell.
    said: Vec<Said<'a>>,
}

struct Said<'a> {
    key: &'a str,
    published: Moment,
    edited: Option<Moment>,
    voice: Voice<'a>,
}

/// Who says it.
enum Voice<'a> {
    Person(&'a Update),
    Machine(&'static str, &'a str),
    /// Planned work, of which nobody has to say more.
    Window(&'a Maintenance),
    /// A notice without updates speaks as a whole.
    Whole(&'a WriteUp),
}

/// An entry before its words are fetched: there may be thousands, and only the newest are shown.
struct Draft {
    id: String,
    published: Moment,
    updated: Moment,
    story: usize,
    said: Option<usize>,
}

/// Both feeds.
pub fn feeds(scene: &Scene<'_>) -> [Feed; 2] {
    let stories = stories(scene);
    let title = scene.title();
    [
        feed(scene, &stories, "feed.xml", format!("{title} status"), whole(&stories), STORIES),
        feed(scene, &stories, "updates.xml", format!("{title} status, word by word"), single(&stories), WORDS),
    ]
}

fn feed(
    scene: &Scene<'_>,
    stories: &[Story<'_>],
    path: &'static str,
    title: String,
    mut drafts: Vec<Draft>,
    most: usize,
) -> Feed {
    spread(&mut drafts, |d| d.published, |d, at| d.published = at);
    spread(&mut drafts, |d| d.updated, |d, at| d.updated = at);
    drafts.reverse();
    drafts.truncate(most);
    let site = &scene.world.settings.site;
    let host = scene.host();
    Feed {
        path,
        id: format!("tag:{host},2026:{path}"),
        title,
        site: site.url.clone(),
        author: site.title.clone(),
        language: site.language.clone(),
        updated: drafts.first().map_or_else(|| scene.beginning(), |d| d.updated),
        entries: drafts.iter().map(|d| entry(scene, &stories[d.story], d, &host)).collect(),
        heads: scene.heads().cloned().collect(),
    }
}

/// Sorts by a date and gives every entry one of its own: of equal ones each is a millisecond after the one before.
/// Older ones come first, so what is published later moves none of them.
fn spread(drafts: &mut [Draft], get: impl Fn(&Draft) -> Moment, set: impl Fn(&mut Draft, Moment)) {
    drafts.sort_by(|a, b| (get(a), a.published, &a.id).cmp(&(get(b), b.published, &b.id)));
    let mut last: Option<Moment> = None;
    for draft in drafts {
        let at = get(draft);
        let at = last.filter(|last| at <= *last).map_or(at, |last| last + Span::from_ms(1));
        set(draft, at);
        last = Some(at);
    }
}

fn whole(stories: &[Story<'_>]) -> Vec<Draft> {
    let draft = |(at, story): (usize, &Story<'_>)| {
        Some(Draft {
            id: story.id.clone(),
            published: story.said.iter().map(|s| s.published).min()?,
            updated: story.said.iter().map(changed).max()?,
            story: at,
            said: None,
        })
    };
    stories.iter().enumerate().filter_map(draft).collect()
}

fn single(stories: &[Story<'_>]) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (at, story) in stories.iter().enumerate() {
        drafts.extend(story.said.iter().enumerate().map(|(word, said)| Draft {
            id: format!("{}/{}", story.id, said.key),
            published: said.published,
            updated: changed(said),
            story: at,
            said: Some(word),
        }));
    }
    drafts
}

fn changed(said: &Said<'_>) -> Moment {
    said.edited.unwrap_or(said.published).max(said.published)
}

fn entry(scene: &Scene<'_>, story: &Story<'_>, draft: &Draft, host: &str) -> Entry {
    let one = draft.said.map(|at| &story.said[at]);
    let latest = one.or(story.said.last()).map(|s| words(scene, s));
    let body = |said: &Said<'_>| {
        let words = words(scene, said);
        Body { head: one.is_none().then(|| words.word.clone()), words }
    };
    let (word, text) = latest.map(|w| (w.word, w.text)).unwrap_or_default();
    Entry {
        id: format!("tag:{host},2026:{}", draft.id),
        title: if one.is_some() { format!("{word}: {}", story.title) } else { story.title.to_owned() },
        link: story.link.clone(),
        published: draft.published,
        updated: draft.updated.max(draft.published),
        summary: if one.is_some() { text } else { format!("{word}: {text}") },
        bodies: one.map_or_else(|| story.said.iter().rev().map(body).collect(), |said| vec![body(said)]),
        categories: std::iter::once(story.kind).chain(story.status.filter(|_| one.is_none())).collect(),
    }
}

fn words(scene: &Scene<'_>, said: &Said<'_>) -> Words {
    match &said.voice {
        Voice::Person(update) => Words::of(update),
        Voice::Machine(word, text) => Words { word: (*word).to_owned(), text: (*text).to_owned(), html: None },
        Voice::Window(window) => Words { word: "Scheduled".to_owned(), text: scene.plan(window), html: None },
        Voice::Whole(writeup) => Words {
            word: "Update".to_owned(),
            text: writeup.title.clone(),
            html: Some(writeup.sections.iter().map(|s| s.html.as_str()).collect()),
        },
    }
}

fn stories<'a>(scene: &Scene<'a>) -> Vec<Story<'a>> {
    let incidents = scene.incidents().map(|i| incident(scene, i));
    let windows = scene.standing_windows().map(|w| window(scene, w));
    let notices = scene.notices().map(|w| notice(scene, w));
    incidents.chain(windows).chain(notices).filter(|s| !s.said.is_empty()).collect()
}

fn incident<'a>(scene: &Scene<'a>, i: &'a Incident) -> Story<'a> {
    let writeup = scene.writeup(i.writeup);
    let said = i.events.iter().filter_map(|e| {
        let voice = match &e.voice {
            Spoken::Machine(text) => Voice::Machine(e.status.map_or("Measured", sentences::incident_status), text),
            Spoken::Person(at) => Voice::Person(writeup?.updates.get(*at)?),
        };
        Some(Said { key: &e.key, published: e.published, edited: e.edited, voice })
    });
    Story {
        id: format!("incident/{}", Scene::id(i)),
        kind: "incident",
        status: Some(i.status.word()),
        title: &i.title,
        link: scene.address(&i.slug),
        said: said.collect(),
    }
}

fn window<'a>(scene: &Scene<'a>, w: &'a Maintenance) -> Story<'a> {
    let writeup = scene.writeup(w.writeup);
    let slug = writeup.map_or(w.id.as_str(), |writeup| writeup.slug.as_str());
    let plan = Said { key: "announced", published: w.announced, edited: None, voice: Voice::Window(w) };
    let words = writeup.map_or(Vec::new(), |writeup| updates(scene, writeup, Some(w.announced)));
    Story {
        id: format!("maintenance/{}", w.id),
        kind: "maintenance",
        status: Some(w.status.word()),
        title: &w.title,
        link: scene.address(slug),
        said: std::iter::once(plan).chain(words).collect(),
    }
}

/// A notice's updates, or its whole text where it has none.
fn notice<'a>(scene: &Scene<'a>, w: &'a WriteUp) -> Story<'a> {
    let first = scene.first_of_file(&w.file).or(w.started);
    let mut said = updates(scene, w, first);
    if w.updates.is_empty() {
        let whole = |published| Said { key: "text", published, edited: None, voice: Voice::Whole(w) };
        said.extend(first.map(whole));
    }
    let (id, link) = (format!("notice/{}", w.slug), scene.address(&w.slug));
    Story { id, kind: "notice", status: None, title: &w.title, link, said }
}

/// A write-up's updates; one whose date nobody knows has the date of what holds it.
fn updates<'a>(scene: &Scene<'a>, w: &'a WriteUp, otherwise: Option<Moment>) -> Vec<Said<'a>> {
    let said = |u: &'a Update| {
        let published = scene.published(w, u).or(otherwise)?;
        Some(Said { key: &u.key, published, edited: None, voice: Voice::Person(u) })
    };
    w.updates.iter().filter_map(said).collect()
}
