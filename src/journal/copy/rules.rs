//! `journal/rules.json`: all that the figures follow besides the record. With the two, anybody can work them out again.

use std::collections::BTreeSet;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::journal::shelf::is_chain;
use crate::model::{
    Announce, Combine, Component, ComponentId, JournalSettings, Probe, ProbeKey, PublishSettings, Rules, RunSettings,
    Settings, Site, Span, Status, Vantage, Visibility, Zone,
};

/// The form's version: rises when a reader would have to change.
const VERSION: u32 = 1;
/// The most components that are read, and the most probes of one.
const MAX_PARTS: usize = 10_000;
/// The longest time in a rule: 366 days, as the config takes it.
const MAX_SPAN_MS: i64 = 366 * 86_400_000;

const UPTIME: &str = "(counted - sum of weight x time in that status) / counted, where counted is the known time outside \
                      maintenance; in percent, cut after two digits; 100 only where no downtime was counted";
const COVERAGE: &str = "known / window, in percent, cut after two digits; a window begins with the component's first \
                        record at the earliest";
const GROUPS: &str = "uptime: the mean of its components that have one; coverage: the mean of all of them; each cut once, \
                      at the end";
const KNOWN: &str = "a look vouches for the time from itself to the next look of its probe from its place, at most for the \
                     `gap` that stands in its round; a look that is `unknown`, or is listed in `not` by a blind round, \
                     vouches for nothing; all other time is no data and is in no figure";

/// What the figures of a site follow, besides its record.
#[derive(Serialize, Deserialize, JsonSchema)]
struct RulesForm {
    /// The version of this form.
    version: u32,
    site: SiteForm,
    /// IANA name of the zone that days are cut in.
    time_zone: String,
    /// The places whose looks count: each has a chain of its own.
    places: Vec<String>,
    /// How many of them must see something bad before it counts.
    quorum: u64,
    weights: WeightsForm,
    /// The windows that figures are given for; each ends at the moment that a file states.
    windows: Vec<WindowForm>,
    formulas: FormulasForm,
    /// Every public component, in the order of the page.
    components: Vec<ComponentForm>,
}

/// Whose rules they are.
#[derive(Serialize, Deserialize, JsonSchema)]
struct SiteForm {
    title: String,
    url: String,
}

/// How much of the time in a status counts as downtime.
#[derive(Serialize, Deserialize, JsonSchema)]
struct WeightsForm {
    major_outage: f64,
    partial_outage: f64,
    degraded_performance: f64,
    operational: f64,
}

/// A window.
#[derive(Serialize, Deserialize, JsonSchema)]
struct WindowForm {
    name: String,
    /// The hours before the moment; null: it is counted in days.
    hours: Option<u32>,
    /// So many days, the moment's own among them, cut in the zone; null: it is counted in hours.
    days: Option<u32>,
    /// The same in words.
    meaning: String,
}

/// How the figures are made of times, in words.
#[derive(Serialize, Deserialize, JsonSchema)]
struct FormulasForm {
    known: String,
    uptime: String,
    coverage: String,
    groups: String,
}

/// A component: its probes, and when their looks become an outage.
#[derive(Serialize, Deserialize, JsonSchema)]
struct ComponentForm {
    id: String,
    name: String,
    group: Option<String>,
    /// Ids it had before: looks and maintenance under them are its own.
    formerly: Vec<String>,
    /// Empty: nobody looks at it, and it has no figures.
    probes: Vec<ProbeForm>,
    /// `all`: each probe counts, some down is a partial outage. `any`: one that is up is enough.
    combine: CombineForm,
    /// Bad looks in a row that open an outage.
    open_after: u32,
    /// Good looks in a row that end it.
    resolve_after: u32,
    /// A bad row that is shorter than `open_after` and than this is a blip, and no downtime.
    blip_within_ms: i64,
    /// A second look follows a bad one after this time; null: it does not.
    confirm_after_ms: Option<i64>,
    /// An outage this soon after a recovery belongs to the same incident.
    merge_within_ms: i64,
    /// Outages that start this close together share an incident.
    group_within_ms: i64,
    /// False: part of what its figures are made from is not published, so they cannot be worked out from this copy.
    whole: bool,
}

/// A probe, as the rounds of the record call it.
#[derive(Serialize, Deserialize, JsonSchema)]
struct ProbeForm {
    /// `<component>/<name>`
    id: String,
    kind: String,
    /// How often it looks; null: in every round.
    every_ms: Option<i64>,
}

/// How several probes make one status.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum CombineForm {
    All,
    Any,
}

/// A window by name: how many days, or none for the last 24 hours.
pub type WindowRule = (String, Option<u32>);

/// Rules that were published.
#[derive(Clone, Debug)]
pub struct Published {
    /// As much of the settings as figures need.
    pub settings: Settings,
    /// The windows.
    pub windows: Vec<WindowRule>,
    /// Components whose figures cannot be worked out from the copy.
    pub partial: BTreeSet<ComponentId>,
}

/// The file's bytes. `partial` names the components whose figures rest on more than what is published.
pub fn rules(settings: &Settings, windows: &[WindowRule], partial: &BTreeSet<ComponentId>) -> Vec<u8> {
    let public = settings.components.iter().filter(|c| c.visibility == Visibility::Public);
    let form = RulesForm {
        version: VERSION,
        site: SiteForm { title: settings.site.title.clone(), url: settings.site.url.clone() },
        time_zone: settings.site.time_zone.name().to_owned(),
        places: settings.run.vantages.iter().map(ToString::to_string).collect(),
        quorum: settings.run.quorum as u64,
        weights: weights(),
        windows: windows.iter().map(window).collect(),
        formulas: FormulasForm {
            known: KNOWN.to_owned(),
            uptime: UPTIME.to_owned(),
            coverage: COVERAGE.to_owned(),
            groups: GROUPS.to_owned(),
        },
        components: public.map(|c| component(c, !partial.contains(&c.id))).collect(),
    };
    serde_json::to_vec_pretty(&form).unwrap_or_default()
}

/// `journal/rules.schema.json`.
pub fn rules_schema() -> Vec<u8> {
    serde_json::to_vec_pretty(&schemars::schema_for!(RulesForm)).unwrap_or_default()
}

fn weights() -> WeightsForm {
    let weight = |status: Status| status.weight_tenths() as f64 / 10.0;
    WeightsForm {
        major_outage: weight(Status::Major),
        partial_outage: weight(Status::Partial),
        degraded_performance: weight(Status::Degraded),
        operational: weight(Status::Operational),
    }
}

fn window((name, days): &WindowRule) -> WindowForm {
    let meaning = match days {
        None => "the 24 hours before the moment".to_owned(),
        Some(days) => format!("the day of the moment and the {} days before it", days.saturating_sub(1)),
    };
    WindowForm { name: name.clone(), hours: days.is_none().then_some(24), days: *days, meaning }
}

fn component(c: &Component, whole: bool) -> ComponentForm {
    let public = c.probes.iter().filter(|p| p.visibility == Visibility::Public);
    let probe =
        |p: &Probe| ProbeForm { id: p.key.to_string(), kind: p.kind.to_owned(), every_ms: p.every.map(Span::ms) };
    ComponentForm {
        id: c.id.to_string(),
        name: c.name.clone(),
        group: c.group.clone(),
        formerly: c.formerly.iter().map(ToString::to_string).collect(),
        probes: public.map(probe).collect(),
        combine: match c.combine {
            Combine::All => CombineForm::All,
            Combine::Any => CombineForm::Any,
        },
        open_after: c.rules.open_after,
        resolve_after: c.rules.resolve_after,
        blip_within_ms: c.rules.blip_within.ms(),
        confirm_after_ms: c.rules.confirm_after.map(Span::ms),
        merge_within_ms: c.rules.merge_within.ms(),
        group_within_ms: c.rules.group_within.ms(),
        whole,
    }
}

/// Reads rules that anybody may have written. Fails with words that follow their address.
pub fn read_rules(bytes: &[u8]) -> Result<Published, String> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let no_rules = |e: serde_json::Error| format!("says no rules: {e}");
    let Version { version } = serde_json::from_slice(bytes).map_err(no_rules)?;
    if version != VERSION {
        return Err(format!("has version {version}, and this program reads version {VERSION}: take a newer one"));
    }
    let form: RulesForm = serde_json::from_slice(bytes).map_err(no_rules)?;
    let tenths = |w: &WeightsForm| {
        [w.major_outage, w.partial_outage, w.degraded_performance, w.operational].map(|w| (w * 10.0).round() as i64)
    };
    if tenths(&form.weights) != tenths(&weights()) {
        return Err("weighs outages otherwise than this program: take the version that made it".to_owned());
    }
    let zone = Zone::parse(&form.time_zone).ok_or("names a time zone that is not known here")?;
    if let Some(place) = form.places.iter().find(|p| !is_chain(p) || p.contains('+')) {
        return Err(format!("names the place {place:?}, which can be none"));
    }
    if form.components.len() > MAX_PARTS || form.components.iter().any(|c| c.probes.len() > MAX_PARTS) {
        return Err(format!("names more than {MAX_PARTS} components or probes"));
    }
    let partial = form.components.iter().filter(|c| !c.whole).map(|c| ComponentId::from(c.id.as_str())).collect();
    let windows = form.windows.iter().map(|w| (w.name.clone(), w.days)).collect();
    Ok(Published { settings: settings(&form, zone)?, windows, partial })
}

fn settings(form: &RulesForm, time_zone: Zone) -> Result<Settings, String> {
    let vantages: Vec<Vantage> = form.places.iter().map(|p| Vantage::from(p.as_str())).collect();
    Ok(Settings {
        site: Site {
            title: form.site.title.clone(),
            url: form.site.url.clone(),
            description: String::new(),
            language: "en".to_owned(),
            time_zone,
            brand: None,
            contact: None,
            maintenance_indicator: "maintenance".to_owned(),
        },
        run: RunSettings {
            interval: Span::from_mins(1),
            deadline: Span::from_secs(30),
            canaries: Vec::new(),
            vantage: vantages.first().cloned().unwrap_or_else(|| Vantage::from("local")),
            quorum: usize::try_from(form.quorum).unwrap_or(usize::MAX).clamp(1, vantages.len().max(1)),
            vantages,
            concurrency: 1,
            per_host: 1,
        },
        rules: Rules::default(),
        components: form.components.iter().map(component_of).collect::<Result<_, _>>()?,
        journal: JournalSettings::default(),
        publish: PublishSettings { folder: PathBuf::from("public"), after: None, journal: true },
    })
}

fn component_of(form: &ComponentForm) -> Result<Component, String> {
    let id = |text: &str| {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let good = (1..=64).contains(&text.len()) && text.chars().all(word);
        good.then(|| ComponentId::from(text)).ok_or_else(|| format!("names the component {text:?}, which can be none"))
    };
    let component = id(&form.id)?;
    let looks = |n: u32| (1..=100).contains(&n);
    let spans = [form.blip_within_ms, form.merge_within_ms, form.group_within_ms, form.confirm_after_ms.unwrap_or(0)];
    if !looks(form.open_after) || !looks(form.resolve_after) || spans.iter().any(|ms| !(0..=MAX_SPAN_MS).contains(ms)) {
        return Err(format!("has thresholds of {component} that no config takes"));
    }
    let probe = |p: &ProbeForm| {
        let key = ProbeKey::from(p.id.as_str());
        let mine = key.component() == component.as_str() && !key.name().is_empty();
        let mine = mine && !p.id.chars().any(char::is_control);
        mine.then(|| Probe {
            key,
            kind: "",
            every: p.every_ms.map(Span::from_ms),
            gap: Span::ZERO,
            host: None,
            visibility: Visibility::Public,
            units: Vec::new(),
        })
        .ok_or_else(|| format!("names the probe {:?} of {component}, which can be none", p.id))
    };
    Ok(Component {
        name: form.name.clone(),
        description: None,
        group: form.group.clone(),
        depends_on: Vec::new(),
        formerly: form.formerly.iter().map(|old| id(old)).collect::<Result<_, _>>()?,
        announce: Announce::AtOnce,
        visibility: Visibility::Public,
        combine: match form.combine {
            CombineForm::All => Combine::All,
            CombineForm::Any => Combine::Any,
        },
        rules: Rules {
            open_after: form.open_after,
            resolve_after: form.resolve_after,
            confirm_after: form.confirm_after_ms.map(Span::from_ms),
            blip_within: Span::from_ms(form.blip_within_ms),
            merge_within: Span::from_ms(form.merge_within_ms),
            group_within: Span::from_ms(form.group_within_ms),
        },
        probes: form.probes.iter().map(probe).collect::<Result<_, _>>()?,
        id: component,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Canary;

    fn windows() -> Vec<WindowRule> {
        vec![("24h".to_owned(), None), ("30d".to_owned(), Some(30))]
    }

    /// A site in a zone of its own, with thresholds that are no default.
    fn site() -> Settings {
        let written = rules_of_one("web", 3);
        let mut settings = read_rules(written.as_bytes()).unwrap().settings;
        settings.run.canaries =
            vec![Canary { text: "tcp://192.0.2.1:443".into(), host: "192.0.2.1".into(), port: 443 }];
        let mut hidden = settings.components[0].clone();
        (hidden.id, hidden.visibility) = ("hidden".into(), Visibility::Internal);
        settings.components.push(hidden);
        settings
    }

    fn rules_of_one(id: &str, open_after: u32) -> String {
        format!(
            r#"{{"version":1,"site":{{"title":"S","url":"https://s.example/"}},"time_zone":"Asia/Kolkata",
            "places":["oslo","rome","lima"],"quorum":2,
            "weights":{{"major_outage":1.0,"partial_outage":0.3,"degraded_performance":0.0,"operational":0.0}},
            "windows":[],"formulas":{{"known":"","uptime":"","coverage":"","groups":""}},
            "components":[{{"id":"{id}","name":"Web","group":"Public","formerly":["www"],
            "probes":[{{"id":"{id}/http","kind":"http","every_ms":null}}],"combine":"any","open_after":{open_after},
            "resolve_after":1,"blip_within_ms":60000,"confirm_after_ms":null,"merge_within_ms":0,"group_within_ms":0,
            "whole":true}}]}}"#
        )
    }

    #[test]
    fn what_figures_need_survives_and_nothing_else_leaves() {
        let written = rules(&site(), &windows(), &BTreeSet::from(["web".into()]));
        let text = String::from_utf8(written.clone()).unwrap();
        assert!(!text.contains("hidden") && !text.contains("192.0.2.1"), "{text}");
        let read = read_rules(&written).unwrap();
        let (was, is) = (site(), read.settings);
        assert_eq!((is.site.time_zone, is.run.quorum, is.run.vantages), (was.site.time_zone, 2, was.run.vantages));
        let (a, b) = (&was.components[0], &is.components[0]);
        assert_eq!(
            (&b.id, &b.group, &b.formerly, b.combine, &b.rules),
            (&a.id, &a.group, &a.formerly, a.combine, &a.rules)
        );
        assert_eq!((is.components.len(), &b.probes[0].key), (1, &a.probes[0].key));
        assert_eq!((read.windows, read.partial), (windows(), BTreeSet::from(["web".into()])));
    }

    #[test]
    fn a_strangers_rules_are_refused_where_they_cannot_be_ours() {
        let refuse = |text: String| read_rules(text.as_bytes()).unwrap_err();
        let good = || rules_of_one("web", 2);
        insta::assert_snapshot!(refuse(rules_of_one("web", 0)), @"has thresholds of web that no config takes");
        insta::assert_snapshot!(refuse(rules_of_one("w\u{1b}[31mb", 2)), @r#"says no rules: control character (\u0000-\u001F) found while parsing a string at line 5 column 34"#);
        insta::assert_snapshot!(refuse(rules_of_one("Web", 2)), @r#"names the component "Web", which can be none"#);
        insta::assert_snapshot!(refuse(good().replace("web/http", "api/http")), @r#"names the probe "api/http" of web, which can be none"#);
        insta::assert_snapshot!(refuse(good().replace("\"rome\"", "\"../x\"")), @r#"names the place "../x", which can be none"#);
        insta::assert_snapshot!(refuse(good().replace("0.3", "0.5")), @"weighs outages otherwise than this program: take the version that made it");
        insta::assert_snapshot!(refuse(good().replace("Asia/Kolkata", "Asia/Nowhere")), @"names a time zone that is not known here");
        insta::assert_snapshot!(refuse(good().replace("\"version\":1", "\"version\":7")), @"has version 7, and this program reads version 1: take a newer one");
    }
}
