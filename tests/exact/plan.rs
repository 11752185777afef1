//! What is watched, from where, how often and under which config: drawn before anybody looks.

use statuary::model::{
    Announce, Combine, Component, JournalSettings, Moment, Probe, ProbeKey, PublishSettings, Rules, RunSettings,
    Settings, Site, Span, Vantage, Visibility, Zone,
};

use crate::dice::Dice;
use crate::truth::Truth;
use crate::zones::ZONES;

const MINUTE: i64 = 60_000;
const PLACES: [&str; 4] = ["fra", "nyc", "sin", "gru"];

/// One probe as it lives through the world.
#[derive(Clone)]
pub struct Slot {
    /// Its key before the config changed, and after.
    pub keys: [String; 2],
    /// It looks every so many rounds.
    pub every: i64,
    /// While it is in the config of those who look.
    pub from: i64,
    pub until: i64,
    /// From then on it is written to the chain that is not published.
    pub internal_from: i64,
    /// What is really so, and what each place has of its own.
    pub truth: Truth,
    pub places: Vec<Truth>,
}

/// Everything but chance in looking.
pub struct Plan {
    pub start: i64,
    pub end: i64,
    /// Between two rounds of one place.
    pub step: i64,
    /// All times are multiples of it, so that some fall together.
    pub grain: i64,
    /// When the config changed.
    pub change: i64,
    /// Every clock is right and every chain has one writer.
    pub regular: bool,
    /// How long a look vouches, before and after that.
    pub gaps: [i64; 2],
    pub slots: Vec<Slot>,
    pub places: Vec<String>,
    /// Ids of the components before the change and now.
    pub ids: Vec<[String; 2]>,
    /// The config of today.
    pub settings: Settings,
}

impl Slot {
    pub fn key(&self, t: i64, change: i64) -> &str {
        &self.keys[usize::from(t >= change)]
    }
}

/// How large a world is: how many rounds, components, probes each, places, and looks in a quiet span.
struct Size {
    rounds: i64,
    components: i64,
    probes: i64,
    places: usize,
    quiet: i64,
}

fn size(dice: &mut Dice) -> Size {
    let places = *dice.pick(&[1, 1, 2, 3, 3, 4]);
    match dice.between(0, 9) {
        // One strip or two, long enough to be condensed.
        0 => Size { rounds: dice.between(200, 700), components: 1, probes: 1, places: places.min(2), quiet: 250 },
        1 | 2 => Size { rounds: dice.between(50, 120), components: 1, probes: 2, places: places.min(3), quiet: 60 },
        _ => Size { rounds: dice.between(4, 40), components: 3, probes: 3, places, quiet: 12 },
    }
}

/// Draws a plan.
pub fn draw(dice: &mut Dice) -> Plan {
    let size = size(dice);
    let step = *dice.pick(&[20_000, MINUTE, MINUTE, MINUTE, 5 * MINUTE, 20 * MINUTE, 60 * MINUTE, 360 * MINUTE]);
    let grain = *dice.pick(&[1, 1, 1, 1000, 10_000, step / 2]);
    let (zone, near) = *dice.pick(ZONES);
    let near = Moment::parse_rfc3339(near).expect("a moment").ms();
    let length = step * size.rounds;
    let start = round(near - dice.between(-length / 4, length), grain);
    let end = start + length;
    let change = if dice.chance(60) { dice.between(start, end) } else { i64::MAX };
    let gap = round(step * *dice.pick(&[25, 25, 25, 15, 60]) / 10, grain).max(grain);
    let gaps = [gap, if dice.chance(70) { gap } else { round(step * dice.between(11, 50) / 10, grain).max(grain) }];
    let places: Vec<String> = PLACES[..size.places].iter().map(|p| (*p).to_owned()).collect();
    let (vantages, quorum) = vantages(dice, &places);
    let mut plan = Plan {
        start,
        end,
        step,
        grain,
        change,
        regular: dice.chance(40),
        gaps,
        slots: Vec::new(),
        ids: Vec::new(),
        settings: settings(zone, step, &vantages, quorum),
        places,
    };
    for which in 0..dice.between(1, size.components) {
        plan.component(dice, which, &size);
    }
    dice.shuffle(&mut plan.settings.components);
    plan
}

/// To the grain, downwards.
pub fn round(t: i64, grain: i64) -> i64 {
    t - t.rem_euclid(grain)
}

impl Plan {
    /// One component: as it was watched, and as it is configured today.
    fn component(&mut self, dice: &mut Dice, which: i64, size: &Size) {
        let now = ["web", "api", "db"][which as usize].to_owned();
        let renamed = dice.chance(30);
        let then = if renamed { format!("old-{now}") } else { now.clone() };
        let internal = dice.chance(15);
        let probes = dice.between(1, size.probes);
        let mut keep = Vec::new();
        for probe in 0..probes {
            let name = ["a", "b", "c"][probe as usize];
            let slot = self.slot(dice, [format!("{then}/{name}"), format!("{now}/{name}")], internal, size.quiet);
            // A probe that looked may be gone from the config of today.
            if !dice.chance(10) {
                keep.push(probe_of(&now, name, slot.every, self.gaps[1]));
            }
            self.slots.push(slot);
        }
        self.ids.push([then.clone(), now.clone()]);
        // A probe that is new in the config and has not looked yet.
        if dice.chance(8) {
            keep.push(probe_of(&now, "new", 1, self.gaps[1]));
        }
        // One that was looked at may be gone from the config of today.
        if which > 0 && dice.chance(12) {
            return;
        }
        let mut formerly = Vec::new();
        if renamed {
            formerly.push(then.into());
        }
        if dice.chance(20) {
            formerly.push(format!("older-{now}").into());
        }
        let combine = *dice.pick(&[Combine::All, Combine::All, Combine::Any]);
        let visibility = if internal { Visibility::Internal } else { Visibility::Public };
        let made = component(&now, keep, rules(dice, self.step), combine);
        self.settings.components.push(Component { formerly, visibility, ..made });
    }

    fn slot(&mut self, dice: &mut Dice, keys: [String; 2], internal: bool, quiet: i64) -> Slot {
        let (start, end, step) = (self.start, self.end, self.step);
        let trouble = *dice.pick(&[10, 30, 50]);
        let every = *dice.pick(&[1, 1, 1, 1, 2, 3]);
        let truth = Truth::draw(dice, start, end, step * every, trouble, quiet);
        let own = |dice: &mut Dice| {
            if dice.chance(60) { Truth::calm() } else { Truth::draw(dice, start, end, step * every, 20, quiet) }
        };
        let inside = |dice: &mut Dice| dice.between(start, end);
        Slot {
            keys,
            every,
            from: if dice.chance(15) { inside(dice) } else { i64::MIN },
            until: if dice.chance(10) { inside(dice) } else { i64::MAX },
            // A probe that moves to another chain: what one of them says of a wrong clock, the other does not.
            internal_from: match (internal, self.regular && dice.chance(15)) {
                (true, false) => i64::MIN,
                (true, true) => inside(dice),
                (false, _) => i64::MAX,
            },
            truth,
            places: (0..self.places.len()).map(|_| own(dice)).collect(),
        }
    }
}

pub fn probe_of(component: &str, name: &str, every: i64, gap: i64) -> Probe {
    Probe {
        key: ProbeKey::new(format!("{component}/{name}")),
        kind: "http",
        every: None,
        gap: Span::from_ms(gap * every),
        host: None,
        visibility: Visibility::Public,
        units: Vec::new(),
    }
}

/// Thresholds, as they are today; nobody who looks knows of them.
fn rules(dice: &mut Dice, step: i64) -> Rules {
    let few = |dice: &mut Dice| *dice.pick(&[1, 2, 2, 2, 3, 5, 12]);
    let (open_after, resolve_after) = (few(dice), few(dice));
    let within = *dice.pick(&[step, 2 * step, 3 * step, 10 * MINUTE, 10 * MINUTE, 60 * MINUTE]);
    Rules { open_after, resolve_after, blip_within: Span::from_ms(within), ..Rules::default() }
}

/// The places of today: one may be new and has not looked, one that looked may be gone.
fn vantages(dice: &mut Dice, places: &[String]) -> (Vec<String>, usize) {
    let mut vantages = places.to_vec();
    let majority = |places: usize| places / 2 + 1;
    let mut quorum =
        if dice.chance(70) { majority(places.len()) } else { dice.between(1, places.len() as i64) as usize };
    if dice.chance(8) {
        vantages.push("new".into());
        quorum = majority(vantages.len());
    } else if vantages.len() > 1 && dice.chance(8) {
        vantages.remove(0);
        quorum = majority(vantages.len());
    }
    dice.shuffle(&mut vantages);
    (vantages, quorum)
}

/// A component of today's config.
pub fn component(id: &str, probes: Vec<Probe>, rules: Rules, combine: Combine) -> Component {
    Component {
        id: id.into(),
        name: id.to_owned(),
        description: None,
        group: None,
        depends_on: Vec::new(),
        formerly: Vec::new(),
        announce: Announce::AtOnce,
        visibility: Visibility::Public,
        combine,
        rules,
        probes,
    }
}

/// Today's config, without components.
pub fn settings(zone: &str, step: i64, places: &[String], quorum: usize) -> Settings {
    Settings {
        site: Site {
            title: "Stella".into(),
            url: "https://status.example.com/".into(),
            description: String::new(),
            language: "en".into(),
            time_zone: Zone::parse(zone).expect("a zone of the list"),
            brand: None,
            contact: None,
            maintenance_indicator: "maintenance".into(),
        },
        run: RunSettings {
            interval: Span::from_ms(step),
            deadline: Span::from_ms(step / 2),
            canaries: Vec::new(),
            vantage: places[0].as_str().into(),
            vantages: places.iter().map(|p| Vantage::from(p.as_str())).collect(),
            quorum,
            concurrency: 10,
            per_host: 2,
        },
        rules: Rules::default(),
        components: Vec::new(),
        journal: JournalSettings::default(),
        publish: PublishSettings { folder: "public".into(), journal: false, after: None },
    }
}
