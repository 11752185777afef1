//! `status.json` as bytes, and `status.schema.json`, which is made from the same types and cannot lag behind.

use crate::model::{Moment, ProbeKey, Visibility, Witness};
use crate::render::own_form::{
    Between, BlipForm, ClosedDayForm, Component, Document, EventForm, FigureForm, GroupFigureForm, GroupForm, HeadForm,
    IncidentForm, MemberForm, Notice, OutageForm, Place, Probe, ReasonForm, Site, StretchForm, Window, time,
};
use crate::render::{Class, Output};
use crate::site::own_json::{self, Figure, Grouped, Incident, Maintenance, Measured, Outage, Report};
use crate::site::{Card, Scene};

/// The form's version: rises when a reader would have to change.
pub(super) const VERSION: u32 = 1;

/// The two files.
pub fn outputs(report: &Report<'_>) -> Vec<Output> {
    let json = serde_json::to_vec(&document(report)).unwrap_or_default();
    let schema = serde_json::to_vec_pretty(&schemars::schema_for!(Document)).unwrap_or_default();
    vec![Output::new("status.json", json, Class::Live), Output::new("status.schema.json", schema, Class::Settled)]
}

fn document(report: &Report<'_>) -> Document {
    let (scene, world) = (report.scene, report.scene.world);
    let site = &world.settings.site;
    let place = |p: &own_json::Place| Place {
        name: p.vantage.to_string(),
        last_round: p.last_round.map(time),
        blind_since: p.blind.as_ref().map(|b| time(b.0)),
        blind_why: p.blind.as_ref().map(|b| b.1.clone()),
    };
    Document {
        version: VERSION,
        site: Site {
            title: site.title.clone(),
            url: site.url.clone(),
            description: site.description.clone(),
            language: site.language.clone(),
            time_zone: site.time_zone.name(),
        },
        made_at: time(world.moment),
        next_due_at: time(report.next),
        stale_after: time(report.stale),
        look_back: world.look_back,
        sentence: report.said.sentence.to_owned(),
        lead: report.said.lead.to_owned(),
        status: report.said.status.word(),
        places: world.timelines.places.iter().map(place).collect(),
        components: report.parts.iter().map(|m| component(scene, m, world.moment)).collect(),
        groups: report.groups.iter().map(group).collect(),
        incidents: report.incidents.iter().map(|i| incident(report, i)).collect(),
        maintenances: report.windows.iter().map(|w| window(scene, w)).collect(),
        notices: notices(report),
        remarks: world.remarks.iter().map(|r| r.text.clone()).collect(),
        heads: scene.heads().map(head).collect(),
    }
}

fn head(witness: &Witness) -> HeadForm {
    let closed = witness.closed.as_ref();
    HeadForm {
        chain: witness.chain.to_string(),
        n: witness.n,
        sha256: witness.head.to_string(),
        closed_day: closed.map(|c| ClosedDayForm { day: c.day.to_string(), n: c.n, sha256: c.head.to_string() }),
    }
}

fn notices(report: &Report<'_>) -> Vec<Notice> {
    let scene = report.scene;
    let form = |w: &crate::model::WriteUp, first: Option<Moment>| Notice {
        url: scene.address(&w.slug),
        title: w.title.clone(),
        at: w.started.or(w.starts).or(first).map(time),
        follows: w.follows.as_ref().filter(|slug| report.may_name(slug)).map(|slug| scene.address(slug)),
    };
    scene.notices().map(|w| form(w, scene.first_of_file(&w.file))).collect()
}

fn component(scene: &Scene<'_>, m: &Measured<'_>, until: Moment) -> Component {
    let (card, settings) = (m.card, m.card.component);
    Component {
        id: settings.id.to_string(),
        name: settings.name.clone(),
        description: settings.description.clone(),
        group: settings.group.clone(),
        depends_on: settings.depends_on.iter().filter(|id| scene.card(id).is_some()).map(ToString::to_string).collect(),
        url: format!("{}components/{}/", scene.world.settings.site.url, settings.id),
        status: card.status.word(),
        since: card.since.map(time),
        declared: card.declared,
        checking_since: card.checking.map(time),
        watched: card.is_watched(),
        first_record: card.timeline.and_then(|t| t.since).map(time),
        last_look: card.timeline.and_then(|t| t.last_look).map(time),
        figures: m.figures.iter().map(|f| figure(f, until)).collect(),
        stretches: m
            .stretches
            .iter()
            .map(|s| StretchForm {
                from: time(s.from),
                to: time(s.to),
                status: s.status.word(),
                known: s.known,
                seen_down_from: s.minority.iter().map(ToString::to_string).collect(),
            })
            .collect(),
        outages: m.outages.iter().map(|o| outage(scene, m, o)).collect(),
        blips: m.blips.iter().map(|b| BlipForm { from: time(b.from), to: time(b.to), why: b.why.clone() }).collect(),
        probes: probes(card),
    }
}

fn figure((window, from, figure): &(own_json::Window, Moment, Figure), until: Moment) -> FigureForm {
    FigureForm {
        window: window.name,
        from: time(*from),
        to: time(until),
        window_ms: figure.window_ms,
        known_ms: figure.known_ms,
        counted_ms: figure.counted_ms,
        down_tenth_ms: figure.down_tenth_ms,
        uptime_percent: percent(figure.uptime_hundredths()),
        coverage_percent: percent(figure.coverage_hundredths()),
    }
}

fn percent(hundredths: Option<u32>) -> Option<f64> {
    hundredths.map(|h| f64::from(h) / 100.0)
}

fn group(group: &Grouped<'_>) -> GroupForm {
    let figures = group.figures.iter().map(|(window, figure)| GroupFigureForm {
        window: window.name,
        uptime_percent: percent(figure.uptime_hundredths),
        coverage_percent: percent(figure.coverage_hundredths),
    });
    GroupForm {
        name: group.name.to_owned(),
        status: group.status.word(),
        components: group.cards.iter().map(|c| c.component.id.to_string()).collect(),
        figures: figures.collect(),
    }
}

fn outage(scene: &Scene<'_>, m: &Measured<'_>, outage: &Outage) -> OutageForm {
    let reasons = scene.reasons(m.card, outage).into_iter().map(|r| ReasonForm {
        probe: r.probe.name().to_owned(),
        place: r.vantage.to_string(),
        first: time(r.at),
        last: time(r.last),
        looks: r.looks,
        phase: r.phase.clone(),
        why: r.why.clone(),
    });
    OutageForm {
        from: time(outage.from),
        confirmed: time(outage.seen),
        to: outage.end.map(|e| time(e.at)),
        worst: outage.worst.word(),
        come_backs: outage.come_backs.iter().map(|(a, b)| Between { from: time(*a), to: Some(time(*b)) }).collect(),
        reasons: reasons.collect(),
    }
}

fn probes(card: &Card<'_>) -> Vec<Probe> {
    let public = card.component.probes.iter().filter(|p| p.visibility == Visibility::Public);
    let last = |key: &ProbeKey| card.timeline?.probes.iter().find(|t| t.key == *key)?.last.as_ref();
    public
        .map(|p| (p, last(&p.key)))
        .map(|(p, last)| Probe {
            name: p.key.name().to_owned(),
            kind: p.kind,
            last_look: last.map(|l| time(l.at)),
            verdict: last.map(|l| l.verdict.word()),
            latency_ms: last.and_then(|l| l.ms),
            why: last.map(|l| l.why.clone()).filter(|why| !why.is_empty()),
        })
        .collect()
}

fn incident(report: &Report<'_>, i: &Incident) -> IncidentForm {
    let scene = report.scene;
    let pages = |slugs: &[String]| -> Vec<String> {
        slugs.iter().filter(|s| report.may_name(s)).map(|s| scene.address(s)).collect()
    };
    let members = i.members.iter().filter_map(|m| {
        let id = scene.card(&m.component)?.component.id.to_string();
        let outages = m.outages.iter().map(|(from, to)| Between { from: time(*from), to: to.map(time) }).collect();
        Some(MemberForm { id, worst: m.worst.word(), outages })
    });
    let events = i.events.iter().filter_map(|e| {
        let words = scene.words(i, e)?;
        Some(EventForm {
            id: e.key.clone(),
            at: time(e.at),
            published: time(e.published),
            edited: e.edited.map(time),
            status: e.status.map(crate::model::IncidentStatus::word),
            by: if words.html.is_some() { "person" } else { "machine" },
            word: words.word,
            text: words.text,
        })
    });
    IncidentForm {
        id: Scene::id(i).to_owned(),
        url: scene.address(&i.slug),
        title: i.title.clone(),
        status: i.status.word(),
        impact: i.impact.word(),
        started: time(i.started),
        ended: i.ended.map(time),
        measured_start: i.measured_start.map(time),
        measured_end: i.measured_end.map(time),
        detected: i.detected.map(time),
        origin: i.origin.as_ref().and_then(|id| scene.card(id)).map(|p| p.component.id.to_string()),
        next_word: i.next_word.map(time),
        next_word_overdue: i.next_overdue,
        refuted: i.refuted,
        components: members.collect(),
        events: events.collect(),
        follows: pages(&i.follows),
        followed_by: pages(&i.followed_by),
    }
}

fn window(scene: &Scene<'_>, w: &Maintenance) -> Window {
    let slug = scene.writeup(w.writeup).map_or(w.id.as_str(), |writeup| writeup.slug.as_str());
    let ids = w.components.iter().filter_map(|id| scene.card(id)).map(|p| p.component.id.to_string());
    Window {
        id: w.id.clone(),
        url: scene.address(slug),
        title: w.title.clone(),
        status: w.status.word(),
        starts: time(w.starts),
        ends: time(w.ends),
        announced: time(w.announced),
        components: ids.collect(),
        overrun: w.overrun,
        declared_late: w.declared_late,
    }
}
