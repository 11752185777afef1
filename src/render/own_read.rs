//! Reads back of `status.json` what can be held against the record: the moment, the heads and the figures.

use serde::Deserialize;

use crate::model::{ChainName, Head, Moment};

/// What a site states.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// The moment that it speaks of.
    pub moment: Moment,
    /// Where its chains end: chain, number, hash.
    pub heads: Vec<(ChainName, u64, Head)>,
    /// The figures of components, in its order.
    pub components: Vec<StatedFigure>,
    /// The figures of groups.
    pub groups: Vec<StatedGroup>,
}

/// A component's figure for a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedFigure {
    /// The component's id.
    pub component: String,
    /// The window's name.
    pub window: String,
    /// The window, known time, counted time in ms; weighted downtime in tenths of ms.
    pub times: [i64; 4],
    /// Uptime and coverage in hundredths of a percent.
    pub percent: [Option<u32>; 2],
}

/// A group's figure for a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedGroup {
    /// The group's name.
    pub name: String,
    /// The window's name.
    pub window: String,
    /// Uptime and coverage in hundredths of a percent.
    pub percent: [Option<u32>; 2],
}

#[derive(Deserialize)]
struct Form {
    made_at: String,
    components: Vec<ComponentForm>,
    groups: Vec<GroupForm>,
    heads: Vec<HeadForm>,
}

#[derive(Deserialize)]
struct ComponentForm {
    id: String,
    figures: Vec<FigureForm>,
}

#[derive(Deserialize)]
struct FigureForm {
    window: String,
    window_ms: i64,
    known_ms: i64,
    counted_ms: i64,
    down_tenth_ms: i64,
    uptime_percent: Option<f64>,
    coverage_percent: Option<f64>,
}

#[derive(Deserialize)]
struct GroupForm {
    name: String,
    figures: Vec<GroupFigureForm>,
}

#[derive(Deserialize)]
struct GroupFigureForm {
    window: String,
    uptime_percent: Option<f64>,
    coverage_percent: Option<f64>,
}

#[derive(Deserialize)]
struct HeadForm {
    chain: String,
    n: u64,
    sha256: String,
}

/// Reads a `status.json` that anybody may have written. Fails with words that follow its address.
pub fn read(bytes: &[u8]) -> Result<Stated, String> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let no_status = |e: serde_json::Error| format!("is no status of a site: {e}");
    let Version { version } = serde_json::from_slice(bytes).map_err(no_status)?;
    if version != super::own_json::VERSION {
        return Err(format!("has version {version}, which this program cannot read: take a newer one"));
    }
    let form: Form = serde_json::from_slice(bytes).map_err(no_status)?;
    let moment = Moment::parse_rfc3339(&form.made_at).ok_or("says no moment in `made_at`")?;
    let heads = form.heads.iter().map(|h| {
        let good = h.sha256.len() == 64 && h.sha256.bytes().all(|b| b.is_ascii_hexdigit());
        good.then(|| (ChainName::from(h.chain.as_str()), h.n, Head::from(h.sha256.as_str())))
    });
    Ok(Stated {
        moment,
        heads: heads.collect::<Option<_>>().ok_or("states a head that is no SHA-256")?,
        components: form.components.iter().flat_map(figures).collect(),
        groups: form.groups.iter().flat_map(group).collect(),
    })
}

fn figures(component: &ComponentForm) -> impl Iterator<Item = StatedFigure> {
    component.figures.iter().map(|f| StatedFigure {
        component: component.id.clone(),
        window: f.window.clone(),
        times: [f.window_ms, f.known_ms, f.counted_ms, f.down_tenth_ms],
        percent: [f.uptime_percent, f.coverage_percent].map(hundredths),
    })
}

fn group(group: &GroupForm) -> impl Iterator<Item = StatedGroup> {
    group.figures.iter().map(|f| StatedGroup {
        name: group.name.clone(),
        window: f.window.clone(),
        percent: [f.uptime_percent, f.coverage_percent].map(hundredths),
    })
}

/// Two digits as they are written, in hundredths. What lies outside 0 to 100 agrees with nothing.
fn hundredths(percent: Option<f64>) -> Option<u32> {
    percent.map(|p| if (0.0..=100.0).contains(&p) { (p * 100.0).round() as u32 } else { u32::MAX })
}
