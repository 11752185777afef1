//! Who may look next: in the order of the config, within the limits on all looks and on the looks at one host.
//!
//! A look that waits for its host waits aside and holds up nobody else. Each step costs the same, however many wait.

use std::collections::{BTreeMap, VecDeque};

/// One look to do: which plan, and whether it is the second look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub plan: usize,
    pub second: bool,
}

/// The looks that have not begun.
pub(super) struct Lane {
    /// Per plan, its host as an index; none: no host to spare.
    host: Vec<Option<usize>>,
    waiting: VecDeque<Job>,
    hosts: Vec<Host>,
    running: usize,
    concurrency: usize,
    per_host: usize,
}

#[derive(Default)]
struct Host {
    running: usize,
    aside: VecDeque<Job>,
}

impl Lane {
    /// An empty lane. `hosts` holds each plan's host.
    pub fn new(hosts: impl Iterator<Item = Option<String>>, concurrency: usize, per_host: usize) -> Self {
        let mut known = BTreeMap::new();
        let host: Vec<_> = hosts
            .map(|host| {
                let next = known.len();
                host.map(|host| *known.entry(host).or_insert(next))
            })
            .collect();
        let hosts = known.iter().map(|_| Host::default()).collect();
        Self {
            host,
            waiting: VecDeque::new(),
            hosts,
            running: 0,
            concurrency: concurrency.max(1),
            per_host: per_host.max(1),
        }
    }

    /// Another look is due.
    pub fn push(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    /// The next look that may begin now, counted as running.
    pub fn next(&mut self) -> Option<Job> {
        while self.running < self.concurrency {
            let job = self.waiting.pop_front()?;
            if let Some(host) = self.host[job.plan].map(|host| &mut self.hosts[host]) {
                if host.running >= self.per_host {
                    host.aside.push_back(job);
                    continue;
                }
                host.running += 1;
            }
            self.running += 1;
            return Some(job);
        }
        None
    }

    /// A look has ended.
    pub fn done(&mut self, job: Job) {
        self.running -= 1;
        if let Some(host) = self.host[job.plan].map(|host| &mut self.hosts[host]) {
            host.running -= 1;
            if let Some(next) = host.aside.pop_front() {
                self.waiting.push_front(next);
            }
        }
    }
}

/// How many looks this process can hold open at once: half its file limit, since a look may hold a connection and a
/// name lookup. Unknown limits limit nothing.
pub(super) fn room_for_looks() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let soft =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok());
    soft.map_or(usize::MAX, |files: usize| (files / 2).max(8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(hosts: &str, concurrency: usize, per_host: usize) -> Lane {
        let mut lane = Lane::new(hosts.chars().map(|h| (h != '-').then(|| h.to_string())), concurrency, per_host);
        for plan in 0..hosts.len() {
            lane.push(Job { plan, second: false });
        }
        lane
    }

    fn begin(lane: &mut Lane) -> Vec<usize> {
        std::iter::from_fn(|| lane.next()).map(|job| job.plan).collect()
    }

    #[test]
    fn one_slow_host_holds_up_nobody_else() {
        let mut lane = lane("aaab-", 10, 1);
        assert_eq!(begin(&mut lane), [0, 3, 4]);
        lane.done(Job { plan: 0, second: false });
        assert_eq!(begin(&mut lane), [1]);
        lane.done(Job { plan: 3, second: false });
        assert_eq!(begin(&mut lane), [0; 0]);
    }

    #[test]
    fn all_looks_together_stay_within_the_limit() {
        let mut lane = lane("abcd", 2, 5);
        assert_eq!(begin(&mut lane), [0, 1]);
        lane.done(Job { plan: 1, second: false });
        assert_eq!(begin(&mut lane), [2]);
    }

    proptest::proptest! {
        /// Whatever the hosts and limits: every look begins exactly once, and no limit is ever passed.
        #[test]
        fn every_look_begins_once_within_the_limits(
            hosts in "[a-d-]{0,40}",
            concurrency in 1_usize..6,
            per_host in 1_usize..4,
            picks in proptest::collection::vec(0_usize..100, 40),
        ) {
            let mut lane = lane(&hosts, concurrency, per_host);
            let host = |plan: usize| hosts.as_bytes()[plan];
            let (mut running, mut begun) = (Vec::<Job>::new(), Vec::new());
            for pick in picks.into_iter().cycle() {
                running.extend(std::iter::from_fn(|| lane.next()).inspect(|job| begun.push(job.plan)));
                assert!(running.len() <= concurrency);
                for (i, job) in running.iter().enumerate() {
                    let same = running[..=i].iter().filter(|other| host(other.plan) == host(job.plan)).count();
                    assert!(host(job.plan) == b'-' || same <= per_host);
                }
                if running.is_empty() {
                    break;
                }
                lane.done(running.swap_remove(pick % running.len()));
            }
            begun.sort_unstable();
            assert!(begun.iter().copied().eq(0..hosts.len()), "{begun:?}");
        }
    }
}
