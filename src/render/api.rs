//! Statuspage API v2 as bytes: `api/v2/summary.json`, `status.json` and `incidents.json`.

use serde::Serialize;

use crate::model::Moment;
use crate::render::{Class, Output};
use crate::site::api::{Api, ApiComponent, ApiIncident, ApiUpdate};

/// The three files.
pub fn outputs(api: &Api) -> Vec<Output> {
    let page = Page {
        id: &api.page.id,
        name: &api.page.name,
        url: &api.page.url,
        time_zone: api.page.time_zone,
        updated_at: time(api.page.updated),
    };
    let status = || Status { indicator: &api.roll_up.indicator, description: api.roll_up.description };
    let summary = Summary {
        page: page.clone(),
        components: api.components.iter().map(|c| component(c, &api.page.id)).collect(),
        incidents: incidents(&api.unresolved, &api.page.id),
        scheduled_maintenances: incidents(&api.maintenances, &api.page.id),
        status: status(),
    };
    vec![
        file("summary", &summary),
        file("status", &StatusFile { page: page.clone(), status: status() }),
        file("incidents", &Incidents { page, incidents: incidents(&api.incidents, &api.page.id) }),
    ]
}

fn file(name: &str, body: &impl Serialize) -> Output {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    Output::new(format!("api/v2/{name}.json"), bytes, Class::Live)
}

/// Milliseconds and offset: `2026-11-23T01:10:00.000Z`.
fn time(at: Moment) -> String {
    at.rfc3339()
}

#[derive(Clone, Serialize)]
struct Page<'a> {
    id: &'a str,
    name: &'a str,
    url: &'a str,
    time_zone: &'a str,
    updated_at: String,
}

#[derive(Serialize)]
struct Status<'a> {
    indicator: &'a str,
    description: &'a str,
}

#[derive(Serialize)]
struct Summary<'a> {
    page: Page<'a>,
    components: Vec<Component<'a>>,
    incidents: Vec<Incident<'a>>,
    scheduled_maintenances: Vec<Incident<'a>>,
    status: Status<'a>,
}

#[derive(Serialize)]
struct StatusFile<'a> {
    page: Page<'a>,
    status: Status<'a>,
}

#[derive(Serialize)]
struct Incidents<'a> {
    page: Page<'a>,
    incidents: Vec<Incident<'a>>,
}

#[derive(Serialize)]
struct Component<'a> {
    id: &'a str,
    name: &'a str,
    status: &'a str,
    created_at: String,
    updated_at: String,
    position: usize,
    description: Option<&'a str>,
    showcase: bool,
    start_date: Option<String>,
    group_id: Option<&'a str>,
    page_id: &'a str,
    group: bool,
    only_show_if_degraded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<&'a [String]>,
}

#[derive(Serialize)]
struct Incident<'a> {
    id: &'a str,
    name: &'a str,
    status: &'a str,
    created_at: String,
    updated_at: String,
    monitoring_at: Option<String>,
    resolved_at: Option<String>,
    impact: &'a str,
    shortlink: &'a str,
    started_at: String,
    page_id: &'a str,
    #[serde(rename = "incident_updates")]
    updates: Vec<Update<'a>>,
    components: Vec<Component<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_for: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_until: Option<String>,
}

#[derive(Serialize)]
struct Update<'a> {
    id: &'a str,
    status: &'a str,
    body: &'a str,
    incident_id: &'a str,
    created_at: String,
    updated_at: String,
    display_at: String,
    affected_components: Option<Vec<Affected<'a>>>,
    deliver_notifications: bool,
    custom_tweet: Option<&'a str>,
    tweet_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Affected<'a> {
    code: &'a str,
    name: &'a str,
    old_status: &'a str,
    new_status: &'a str,
}

fn component<'a>(c: &'a ApiComponent, page: &'a str) -> Component<'a> {
    Component {
        id: &c.id,
        name: &c.name,
        status: c.status,
        created_at: time(c.created),
        updated_at: time(c.updated),
        position: c.position,
        description: c.description.as_deref(),
        showcase: c.members.is_none(),
        start_date: c.start.map(|d| d.to_string()),
        group_id: c.group.as_deref(),
        page_id: page,
        group: c.members.is_some(),
        only_show_if_degraded: false,
        components: c.members.as_deref(),
    }
}

fn incidents<'a>(list: &'a [ApiIncident], page: &'a str) -> Vec<Incident<'a>> {
    list.iter().map(|i| incident(i, page)).collect()
}

fn incident<'a>(i: &'a ApiIncident, page: &'a str) -> Incident<'a> {
    Incident {
        id: &i.id,
        name: &i.name,
        status: i.status,
        created_at: time(i.created),
        updated_at: time(i.updated),
        monitoring_at: i.monitoring.map(time),
        resolved_at: i.resolved.map(time),
        impact: i.impact,
        shortlink: &i.link,
        started_at: time(i.started),
        page_id: page,
        updates: i.updates.iter().map(|u| update(u, &i.id)).collect(),
        components: i.components.iter().map(|c| component(c, page)).collect(),
        scheduled_for: i.scheduled.map(|s| time(s.0)),
        scheduled_until: i.scheduled.map(|s| time(s.1)),
    }
}

fn update<'a>(u: &'a ApiUpdate, incident: &'a str) -> Update<'a> {
    let affected = |(code, name, before, after): &'a (String, String, &'static str, &'static str)| Affected {
        code,
        name,
        old_status: before,
        new_status: after,
    };
    Update {
        id: &u.id,
        status: u.status,
        body: &u.body,
        incident_id: incident,
        created_at: time(u.created),
        updated_at: time(u.updated),
        display_at: time(u.shown),
        affected_components: u.affected.as_ref().map(|list| list.iter().map(affected).collect()),
        deliver_notifications: true,
        custom_tweet: None,
        tweet_id: None,
    }
}
