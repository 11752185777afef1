//! `[site]`, `[run]`, `[rules]`, `[journal]` and `[publish]`: what they mean, with every default filled in.

use std::path::{Component, Path, PathBuf};

use crate::model::{Canary, JournalSettings, PublishSettings, Rules, RunSettings, Site, Span, Vantage, Zone};

use super::nearest::nearest;
use super::reader::{Read, Reader, Table};
use super::source::Place;
use super::tables;

/// The interval from which on a bad look is followed by a second one, unless configured otherwise.
const SLOW_INTERVAL: Span = Span::from_mins(2);
/// How long after the first that second look follows.
const SECOND_LOOK: Span = Span::from_secs(10);

/// The age at which a day is rolled up, unless configured otherwise.
const ROLL_UP_AFTER: Span = Span::from_mins(30 * 24 * 60);

/// What every component starts from.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// The site-wide rules.
    pub(super) rules: Rules,
    /// Whether `confirm_after` was configured.
    pub(super) confirm_given: bool,
    /// How long looks vouch, where configured.
    pub(super) gap: Option<Span>,
    /// How often a run comes.
    pub(super) interval: Span,
    /// How long a round may take.
    pub(super) deadline: Span,
}

/// The default of `confirm_after` where looks come this often.
pub(super) fn confirm_by_default(interval: Span) -> Option<Span> {
    (interval >= SLOW_INTERVAL).then_some(SECOND_LOOK)
}

/// `[site]`. Without the table, its missing has been told.
pub(super) fn site(reader: &mut Reader<'_>, table: Option<&Table<'_>>) -> Site {
    let read = table.map(|t| reader.read("[site]", t, tables::SITE, &[], false)).unwrap_or_default();
    let text = |key: &str| read.givens.text(key).map(str::to_owned);
    if table.is_some() && !read.typed("url") && !reader.broken {
        reader
            .found
            .warning(read.head, "[site] has no `url`")
            .expected("feeds and link previews will name http://localhost/")
            .help("write where the site is published: `url = \"https://status.example.com/\"`");
    }
    if let Some(title) = text("title").filter(|t| t.trim().is_empty()) {
        reader.found.error(read.at("title"), format!("`{title}` is no title")).help(tables::SITE[0].doc);
    }
    Site {
        title: text("title").unwrap_or_default(),
        url: text("url").and_then(|u| url(reader, &read, &u)).unwrap_or_else(|| "http://localhost/".to_owned()),
        description: text("description").unwrap_or_default(),
        language: text("language").and_then(|l| language(reader, &read, l)).unwrap_or_else(|| "en".to_owned()),
        time_zone: text("time_zone").and_then(|z| zone(reader, &read, &z)).unwrap_or(Zone::UTC),
        brand: text("brand").and_then(|b| brand(reader, &read, b)),
        contact: text("contact").and_then(|c| contact(reader, &read, c)),
        maintenance_indicator: text("maintenance_indicator").unwrap_or_else(|| "maintenance".to_owned()),
    }
}

fn url(reader: &mut Reader<'_>, read: &Read, typed: &str) -> Option<String> {
    let parsed = url::Url::parse(typed).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
    let Some(mut parsed) = parsed else {
        reader
            .found
            .error(read.at("url"), format!("`{typed}` is no address of a site"))
            .expected("expected http or https")
            .help("write it as in a browser: `url = \"https://status.example.com/\"`");
        return None;
    };
    if parsed.query().is_some() || parsed.fragment().is_some() {
        reader
            .found
            .error(read.at("url"), format!("`{typed}` has a `?` or a `#`"))
            .expected("pages are named below it")
            .help("write the address of a folder");
        return None;
    }
    if !parsed.path().ends_with('/') {
        let path = format!("{}/", parsed.path());
        parsed.set_path(&path);
    }
    Some(parsed.to_string())
}

fn language(reader: &mut Reader<'_>, read: &Read, typed: String) -> Option<String> {
    let mut parts = typed.split('-');
    let first = parts.next().unwrap_or_default();
    let good = (2..=8).contains(&first.len())
        && first.chars().all(|c| c.is_ascii_alphabetic())
        && parts.all(|p| (1..=8).contains(&p.len()) && p.chars().all(|c| c.is_ascii_alphanumeric()));
    if !good {
        reader
            .found
            .error(read.at("language"), format!("`{typed}` is no language tag"))
            .expected("expected a tag such as `en` or `pt-BR`");
    }
    good.then_some(typed)
}

fn zone(reader: &mut Reader<'_>, read: &Read, typed: &str) -> Option<Zone> {
    let zone = Zone::parse(typed);
    if zone.is_none() {
        let city = typed.rsplit('/').next().unwrap_or(typed).replace(' ', "_");
        let whole = nearest(typed, Zone::names());
        let last = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
        let by_city = nearest(&city, Zone::names().map(last));
        let name = whole.or_else(|| Zone::names().find(|n| Some(last(n)) == by_city));
        let help = name.map(|n| format!("did you mean `{n}`?"));
        reader
            .found
            .error(read.at("time_zone"), format!("there is no time zone `{typed}`"))
            .expected("expected an IANA name")
            .help(help.unwrap_or_else(|| "a name such as `Europe/Berlin`, or `UTC`".to_owned()));
    }
    zone
}

/// The colour stands in a style sheet: only forms that cannot be anything else are let in.
fn brand(reader: &mut Reader<'_>, read: &Read, typed: String) -> Option<String> {
    let hex =
        typed.strip_prefix('#').is_some_and(|h| matches!(h.len(), 3 | 6) && h.chars().all(|c| c.is_ascii_hexdigit()));
    let word = (3..=24).contains(&typed.len()) && typed.chars().all(|c| c.is_ascii_lowercase());
    if !hex && !word {
        reader
            .found
            .error(read.at("brand"), format!("`{typed}` is no colour"))
            .expected("expected `#rgb`, `#rrggbb` or a CSS colour's name");
    }
    (hex || word).then_some(typed)
}

fn contact(reader: &mut Reader<'_>, read: &Read, typed: String) -> Option<String> {
    let good = url::Url::parse(&typed).is_ok_and(|u| matches!(u.scheme(), "http" | "https" | "mailto"));
    if !good {
        let mail = typed.contains('@') && !typed.contains(':');
        reader
            .found
            .error(read.at("contact"), format!("`{typed}` is no address that a page can link to"))
            .expected("expected https, http or mailto")
            .help_maybe(mail.then(|| format!("write `mailto:{typed}`")));
    }
    good.then_some(typed)
}

/// `[run]`.
pub(super) fn run(reader: &mut Reader<'_>, table: &Table<'_>) -> RunSettings {
    let read = reader.read("[run]", table, tables::RUN, &[], false);
    let interval = read.givens.span("interval").unwrap_or(Span::from_mins(1));
    let deadline = read.givens.span("deadline").unwrap_or(Span::from_ms(interval.ms() / 2));
    if deadline > interval {
        reader
            .found
            .error(read.at("deadline"), format!("a round of {deadline} does not end before the next one"))
            .expected(format!("`interval` is {interval}"))
            .help("one run at a time: choose a deadline below the interval; the default is half of it");
    }
    let vantage = read.givens.text("vantage").unwrap_or("local").to_owned();
    place_name(reader, read.at("vantage"), &vantage);
    let vantages = vantages(reader, &read, &vantage);
    let places = vantages.len();
    let quorum = read.givens.int("quorum").map_or(places / 2 + 1, |q| q as usize);
    if quorum > places {
        reader
            .found
            .error(read.at("quorum"), format!("{quorum} places can never agree"))
            .expected(format!("`vantages` has {places}"));
    }
    let number = |key: &str, default: usize| read.givens.int(key).map_or(default, |n| n as usize);
    RunSettings {
        interval,
        deadline,
        canaries: canaries(reader, &read),
        vantage: Vantage::from(vantage),
        vantages,
        quorum,
        concurrency: number("concurrency", 64),
        per_host: number("per_host", 8),
    }
}

fn vantages(reader: &mut Reader<'_>, read: &Read, vantage: &str) -> Vec<Vantage> {
    if read.givens.texts("vantages").is_empty() {
        return vec![Vantage::from(vantage)];
    }
    let mut all: Vec<Vantage> = Vec::new();
    for (i, name) in read.givens.texts("vantages").iter().enumerate() {
        place_name(reader, read.item("vantages", i), name);
        if all.iter().any(|v| v.as_str() == name) {
            reader.found.error(read.item("vantages", i), format!("the place `{name}` is named twice"));
        }
        all.push(Vantage::from(name.as_str()));
    }
    if !all.iter().any(|v| v.as_str() == vantage) {
        let near = nearest(vantage, all.iter().map(Vantage::as_str)).map(|n| format!("did you mean `{n}`?"));
        let typed = if read.typed("vantage") { read.at("vantage") } else { read.at("vantages") };
        reader
            .found
            .error(typed, format!("the place `{vantage}` is not one of `vantages`"))
            .expected("its looks would count for nothing")
            .help(near.unwrap_or_else(|| format!("add `{vantage}` to `vantages`, or name one of them as `vantage`")));
    }
    all
}

/// Why a name cannot be a place's; none where it can. It is a folder under `journal/`.
pub(super) fn wrong_place(name: &str) -> Option<&'static str> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name == "_desk" {
        Some("`_desk` is the chain of what the desk declares")
    } else if name.is_empty() || name.len() > 64 || !name.chars().all(word) {
        Some("a place has letters, digits, `-`, `_` and `.`, at most 64")
    } else if name.starts_with(['.', '_']) {
        Some("a place begins with a letter or a digit")
    } else {
        None
    }
}

fn place_name(reader: &mut Reader<'_>, place: Place, name: &str) {
    if let Some(why) = wrong_place(name) {
        reader.found.error(place, format!("no place can be called `{name}`")).expected(why);
    }
}

fn canaries(reader: &mut Reader<'_>, read: &Read) -> Vec<Canary> {
    let mut all = Vec::new();
    for (i, typed) in read.givens.texts("canaries").iter().enumerate() {
        let parsed = url::Url::parse(typed).ok().filter(|u| {
            u.scheme() == "tcp" && u.username().is_empty() && matches!(u.path(), "" | "/") && u.query().is_none()
        });
        let parts = parsed.and_then(|u| Some((u.host_str()?.to_owned(), u.port()?)));
        if let Some((host, port)) = parts.filter(|(host, port)| !host.is_empty() && *port > 0) {
            let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
            if never_answers(&host) {
                // With such a canary every total outage would read as our own blindness, and open no incident.
                reader
                    .found
                    .warning(
                        read.item("canaries", i),
                        format!("`{host}` is an address for documents: nothing answers there"),
                    )
                    .help("name a target of somebody else that is always up, such as `tcp://1.1.1.1:443`");
            }
            all.push(Canary { text: typed.clone(), host, port });
        } else {
            reader
                .found
                .error(read.item("canaries", i), format!("`{typed}` is no canary"))
                .expected("expected `tcp://host:port`")
                .help("name a target of somebody else that is always up, such as `tcp://1.1.1.1:443`");
        }
    }
    all
}

/// Whether a host stands in the ranges that RFC 5737 and RFC 3849 keep for documents.
fn never_answers(host: &str) -> bool {
    let v4 = ["192.0.2.", "198.51.100.", "203.0.113."].iter().any(|range| host.starts_with(range));
    v4 || host.to_ascii_lowercase().starts_with("2001:db8:")
}

/// `[rules]`, and what every component starts from.
pub(super) fn rules(reader: &mut Reader<'_>, table: &Table<'_>, run: &RunSettings) -> (Rules, Base) {
    let read = reader.read("[rules]", table, tables::RULES, &[], false);
    let start = Rules { confirm_after: confirm_by_default(run.interval), ..Rules::default() };
    let rules = overlay(&read, &start);
    let base = Base {
        rules: rules.clone(),
        confirm_given: read.givens.get("confirm_after").is_some(),
        gap: read.givens.span("gap"),
        interval: run.interval,
        deadline: run.deadline,
    };
    check_rules(reader, &read, &base);
    (rules, base)
}

/// Rules with what a table says of them laid over.
pub(super) fn overlay(read: &Read, base: &Rules) -> Rules {
    let looks = |key: &str, base: u32| read.givens.int(key).map_or(base, |n| n as u32);
    let span = |key: &str, base: Span| read.givens.span(key).unwrap_or(base);
    Rules {
        open_after: looks("open_after", base.open_after),
        resolve_after: looks("resolve_after", base.resolve_after),
        confirm_after: read.givens.span_or_off("confirm_after").unwrap_or(base.confirm_after),
        blip_within: span("blip_within", base.blip_within),
        merge_within: span("merge_within", base.merge_within),
        group_within: span("group_within", base.group_within),
    }
}

/// What can be told of rules only beside the run's own times.
pub(super) fn check_rules(reader: &mut Reader<'_>, read: &Read, base: &Base) {
    if let Some(confirm) = read.givens.span("confirm_after").filter(|c| *c >= base.deadline) {
        reader
            .found
            .warning(read.at("confirm_after"), format!("a second look after {confirm} never happens"))
            .expected(format!("a round ends after {}", base.deadline));
    }
}

/// `[journal]`.
pub(super) fn journal(reader: &mut Reader<'_>, table: &Table<'_>) -> JournalSettings {
    let read = reader.read("[journal]", table, tables::JOURNAL, &[], false);
    JournalSettings {
        save: read.givens.text("save").map(str::to_owned),
        save_timeout: read.givens.span("save_timeout").unwrap_or(Span::from_mins(1)),
        roll_up_after: read.givens.span_or_off("roll_up_after").unwrap_or(Some(ROLL_UP_AFTER)),
    }
}

/// `[publish]`.
pub(super) fn publish(reader: &mut Reader<'_>, table: &Table<'_>) -> PublishSettings {
    let read = reader.read("[publish]", table, tables::PUBLISH, &[], false);
    let folder = read.givens.text("folder").unwrap_or("public");
    if let Some(why) = wrong_folder(Path::new(folder)).or_else(|| same_folder(reader.site, Path::new(folder))) {
        reader
            .found
            .error(read.at("folder"), format!("the site cannot be put into `{folder}`"))
            .expected(why)
            .help("pages would stand between what people wrote and what was seen; give it a folder of its own");
    }
    PublishSettings {
        folder: PathBuf::from(folder),
        after: read.givens.text("after").map(str::to_owned),
        journal: read.givens.bool("publish_journal").unwrap_or(false),
    }
}

/// The folders of a site that hold what people wrote or what was seen: publishing must never reach into them.
const OWN: [&str; 6] = ["journal", "incidents", "templates", "static", ".statuary", ".git"];

/// The same by another name: an absolute path, or a link that leads there.
fn same_folder(site: &Path, folder: &Path) -> Option<&'static str> {
    let real = site.join(folder).canonicalize().ok()?;
    let site = site.canonicalize().ok()?;
    if real == site {
        return Some("this is the site's own folder");
    }
    let own = OWN.iter().filter_map(|name| site.join(name).canonicalize().ok());
    own.into_iter().any(|own| real.starts_with(own)).then_some("this folder is the site's own source")
}

fn wrong_folder(folder: &Path) -> Option<&'static str> {
    let mut parts: Vec<&std::ffi::OsStr> = Vec::new();
    for part in folder.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => parts.push(name),
            Component::ParentDir if parts.pop().is_some() => {}
            // Outside the site's folder it is the operator's own choice; the root of a disk never is.
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                let named = folder.components().any(|c| matches!(c, Component::Normal(_)));
                return (!named).then_some("this is not a folder of its own");
            }
        }
    }
    match parts.first().and_then(|p| p.to_str()) {
        None => Some("this is the site's own folder"),
        Some(first) if OWN.contains(&first) => Some("this folder holds what the site is made from"),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_or_an_absolute_path_to_the_sources_is_refused_too() {
        let site = tempfile::tempdir().unwrap();
        std::fs::create_dir(site.path().join("journal")).unwrap();
        std::os::unix::fs::symlink("journal", site.path().join("www")).unwrap();
        assert!(same_folder(site.path(), Path::new("www")).is_some());
        assert!(same_folder(site.path(), &site.path().join("journal")).is_some());
        assert!(same_folder(site.path(), site.path()).is_some());
        assert!(same_folder(site.path(), Path::new("public")).is_none());
    }

    #[test]
    fn a_site_is_never_put_over_its_own_sources() {
        for (folder, good) in [
            ("public", true),
            ("./out/site", true),
            ("/srv/www/status", true),
            ("../www", true),
            (".", false),
            ("x/..", false),
            ("/", false),
            ("..", false),
            ("journal", false),
            ("./incidents/../journal/x", false),
        ] {
            assert_eq!(wrong_folder(Path::new(folder)).is_none(), good, "{folder}");
        }
    }
}
