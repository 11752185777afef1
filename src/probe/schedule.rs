//! Who looks when: one thread, many looks at once, everything within the round's deadline.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::dates::Dates;
use super::judge::{checked, judge};
use super::lane::{Job, Lane, room_for_looks};
use super::saw::Ask;
use super::trust::Trust;
use super::{Look, Looked, Observation, Past, Plan, Progress, Watch, canary};
use crate::expr::Facts;
use crate::model::{Moment, ProbeKey, RunSettings, Span, Verdict};

const NOT_REACHED: &str = "not reached before the round's deadline";

/// Looks at everything that is due.
pub(super) fn round(
    plans: &[Plan],
    run: &RunSettings,
    past: &BTreeMap<ProbeKey, Past>,
    now: Moment,
    watch: Watch<'_>,
) -> Looked {
    let began = std::time::Instant::now();
    // Names are looked up by the operating system, a thread each; one that hangs keeps its thread when its try is
    // over, and must not make others wait.
    let threads = run.concurrency.saturating_mul(4).clamp(64, 512);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(threads).build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(e) => return helpless(plans, run, past, now, &e),
    };
    let mut looked = runtime.block_on(async {
        let mut shift = Shift::new(plans, run, past, now, watch);
        shift.work().await;
        shift.looked()
    });
    // A name lookup that hangs in the operating system is left behind: the round ends by its deadline.
    runtime.shutdown_background();
    looked.took = began.elapsed().into();
    looked
}

/// A machine that cannot even begin: nobody could tell.
fn helpless(
    plans: &[Plan],
    run: &RunSettings,
    past: &BTreeMap<ProbeKey, Past>,
    now: Moment,
    error: &std::io::Error,
) -> Looked {
    let looks = plans.iter().filter(|plan| is_due(plan, run, past, now)).map(|plan| {
        let mut first = unreached(0, "this machine could not begin to look");
        first.detail = format!("error: {error}");
        Look { key: plan.key.clone(), first, second: None }
    });
    Looked { looks: looks.collect(), blind: None, took: Span::ZERO }
}

/// Half an interval of slack: a round that comes a little early must not make a probe skip a whole turn. A last look
/// that lies ahead is a clock that went back: it holds up nothing.
fn is_due(plan: &Plan, run: &RunSettings, past: &BTreeMap<ProbeKey, Past>, now: Moment) -> bool {
    match (plan.every, past.get(&plan.key)) {
        (Some(every), Some(past)) if past.at <= now => now - past.at >= every - Span::from_ms(run.interval.ms() / 2),
        _ => true,
    }
}

/// What nobody could tell.
fn unreached(tries: u32, why: &str) -> Observation {
    Observation {
        verdict: Verdict::Unknown,
        ms: None,
        phase: None,
        why: why.to_owned(),
        detail: String::new(),
        tries,
        phases: Vec::new(),
        facts: Facts::new(),
        checked: Vec::new(),
        rec: Vec::new(),
    }
}

/// Something that happened in a round.
enum Event {
    /// A look ended, or was cut by the deadline.
    Looked { job: Job, after: Span, seen: Observation, behind_ms: Option<i64> },
    /// A second look is due.
    Due(Job),
    /// The canaries were asked.
    Canaries { all_failed: bool },
}

/// A plan's place in the round.
#[derive(Default)]
struct Slot {
    due: bool,
    begun: bool,
    first: Option<Observation>,
    second: Option<(Span, Observation)>,
}

struct Shift<'a> {
    plans: &'a [Plan],
    run: &'a RunSettings,
    past: &'a BTreeMap<ProbeKey, Past>,
    now: Moment,
    watch: Watch<'a>,
    start: Instant,
    end: Instant,
    trust: Arc<Trust>,
    lane: Lane,
    pool: FuturesUnordered<LocalBoxFuture<'a, Event>>,
    slots: Vec<Slot>,
    asked_canaries: Option<Instant>,
    last_bad: Option<Instant>,
    blind: bool,
    dates: Dates,
}

impl<'a> Shift<'a> {
    fn new(
        plans: &'a [Plan],
        run: &'a RunSettings,
        past: &'a BTreeMap<ProbeKey, Past>,
        now: Moment,
        watch: Watch<'a>,
    ) -> Self {
        let start = Instant::now();
        let concurrency = run.concurrency.min(room_for_looks());
        let mut lane = Lane::new(plans.iter().map(|plan| plan.kind.host()), concurrency, run.per_host);
        let mut slots: Vec<Slot> = plans.iter().map(|_| Slot::default()).collect();
        for (plan, slot) in slots.iter_mut().enumerate() {
            slot.due = is_due(&plans[plan], run, past, now);
            if slot.due {
                lane.push(Job { plan, second: false });
            }
        }
        Self {
            plans,
            run,
            past,
            now,
            watch,
            start,
            end: start + run.deadline.std(),
            trust: Arc::new(Trust::new()),
            lane,
            pool: FuturesUnordered::new(),
            slots,
            asked_canaries: None,
            last_bad: None,
            blind: false,
            dates: Dates::default(),
        }
    }

    async fn work(&mut self) {
        loop {
            while Instant::now() < self.end
                && let Some(job) = self.lane.next()
            {
                self.begin(job);
            }
            match timeout_at(self.end, self.pool.next()).await {
                Ok(Some(event)) => self.take(event),
                Ok(None) if self.asks_again() => self.ask_canaries(),
                Ok(None) | Err(_) => break,
            }
        }
    }

    fn begin(&mut self, job: Job) {
        self.slots[job.plan].begun = true;
        let (plan, trust, now, start, end) =
            (&self.plans[job.plan], self.trust.clone(), self.now, self.start, self.end);
        let explain = self.watch.explain;
        self.tell(Progress::Begun(&plan.key));
        self.pool.push(Box::pin(async move {
            let after = Span::from(start.elapsed());
            let (seen, behind_ms) = look(plan, &trust, now, (start, end), explain).await;
            Event::Looked { job, after, seen, behind_ms }
        }));
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Canaries { all_failed } => self.blind |= all_failed,
            Event::Due(job) => self.lane.push(job),
            Event::Looked { job, after, seen, behind_ms } => {
                self.lane.done(job);
                if let Some((host, ms)) = self.plans[job.plan].kind.host().zip(behind_ms) {
                    self.dates.note(host, ms);
                }
                let bad = seen.verdict.level().is_some();
                if bad {
                    self.last_bad = Some(Instant::now());
                    if self.asked_canaries.is_none() {
                        self.ask_canaries();
                    }
                }
                let again = if bad && !job.second { self.look_again(job.plan) } else { None };
                self.tell(Progress::Ended { key: &self.plans[job.plan].key, seen: &seen, again });
                if job.second {
                    // One that the deadline cut says nothing; journaled, it would only hide the bad first look.
                    self.slots[job.plan].second = (seen.why != NOT_REACHED).then_some((after, seen));
                } else {
                    self.slots[job.plan].first = Some(seen);
                }
            }
        }
    }

    fn tell(&self, progress: Progress<'_>) {
        if let Some(tell) = self.watch.tell {
            tell(progress);
        }
    }

    /// A second look, where the bad one before it is not yet confirmed and the deadline leaves room. Gives how long
    /// it waits.
    fn look_again(&mut self, index: usize) -> Option<Span> {
        let plan = &self.plans[index];
        let wait = plan.confirm_after?;
        // A row of bad looks breaks where two lie further apart than a look vouches.
        let row = self
            .past
            .get(&plan.key)
            .filter(|past| past.at <= self.now && self.now - past.at <= plan.gap)
            .map_or(0, |past| past.bad_row);
        if row + 1 >= plan.open_after || Instant::now() + wait.std() >= self.end {
            return None;
        }
        let job = Job { plan: index, second: true };
        self.pool.push(Box::pin(async move {
            sleep(wait.std()).await;
            Event::Due(job)
        }));
        Some(wait)
    }

    fn ask_canaries(&mut self) {
        self.asked_canaries = Some(Instant::now());
        let (canaries, end) = (&self.run.canaries, self.end);
        self.pool.push(Box::pin(async move { Event::Canaries { all_failed: canary::all_fail(canaries, end).await } }));
    }

    /// Once more at the end, where something turned bad after the canaries were asked.
    fn asks_again(&self) -> bool {
        !self.blind && matches!((self.asked_canaries, self.last_bad), (Some(asked), Some(bad)) if bad > asked)
    }

    fn looked(self) -> Looked {
        let looks = self.slots.into_iter().zip(self.plans).filter(|(slot, _)| slot.due).map(|(slot, plan)| Look {
            key: plan.key.clone(),
            first: slot.first.unwrap_or_else(|| unreached(u32::from(slot.begun), NOT_REACHED)),
            second: slot.second,
        });
        let canaries = self.blind.then(|| canary::BLIND.to_owned());
        // Where all is well, nothing was judged wrongly.
        let clock = self.last_bad.and_then(|_| self.dates.doubt());
        Looked { looks: looks.collect(), blind: canaries.or(clock), took: Span::ZERO }
    }
}

/// One look, and how far its target's clock was behind ours: a try, and more with fresh connections where it failed.
/// What the deadline cuts says nothing, unless an earlier try of this look had already failed by itself.
async fn look(
    plan: &Plan,
    trust: &Arc<Trust>,
    now: Moment,
    (start, end): (Instant, Instant),
    explain: bool,
) -> (Observation, Option<i64>) {
    let mut last: Option<Observation> = None;
    let mut behind_ms = None;
    for tries in 1..=plan.retries + 1 {
        let ask = Ask { plan, now: now + start.elapsed().into(), trust, explain };
        // The try's own time runs out first where both end together: then it is evidence.
        let left = end.saturating_duration_since(Instant::now()).max(std::time::Duration::from_millis(1));
        let Ok(saw) = timeout(left, plan.kind.look(&ask)).await else {
            return (last.unwrap_or_else(|| unreached(tries, NOT_REACHED)), behind_ms);
        };
        behind_ms = saw.behind_ms.or(behind_ms);
        let checked = if explain { checked(plan, &saw) } else { Vec::new() };
        let mut seen = judge(plan, saw, explain);
        (seen.tries, seen.checked) = (tries, checked);
        if let Some(before) = last {
            seen.detail = format!("{}\n\ntry {tries}:\n{}", before.detail, seen.detail);
        }
        if seen.verdict != Verdict::Down {
            return (seen, behind_ms);
        }
        last = Some(seen);
    }
    (last.unwrap_or_else(|| unreached(0, NOT_REACHED)), behind_ms)
}
