//! Days in a zone, found by asking what the wall clock shows at one instant after another.

use std::cell::RefCell;
use std::collections::HashMap;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

const QUARTER_MS: i64 = 15 * 60_000;
const DAY_MS: i64 = 86_400_000;

thread_local! {
    /// Midnights found so far: they are asked for again and again.
    static FOUND: RefCell<HashMap<(&'static str, NaiveDate), i64>> = RefCell::new(HashMap::new());
}

/// A zone's wall clock.
#[derive(Clone, Copy)]
pub struct Wall(Tz);

impl Wall {
    pub fn of(name: &str) -> Self {
        Self(name.parse().expect("a zone of the list"))
    }

    fn shows(self, ms: i64) -> NaiveDateTime {
        let utc: DateTime<Utc> = DateTime::from_timestamp_millis(ms).expect("a moment of our time");
        utc.with_timezone(&self.0).naive_local()
    }

    /// The date on the wall.
    pub fn date(self, ms: i64) -> NaiveDate {
        self.shows(ms).date()
    }

    /// When a date begins: "an ambiguous local time is the earlier, a missing one uses the offset before the gap".
    ///
    /// All zones of our time are a whole number of quarters of an hour from UTC and change their clocks at such.
    pub fn midnight(self, date: NaiveDate) -> i64 {
        let key = (self.0.name(), date);
        if let Some(found) = FOUND.with_borrow(|all| all.get(&key).copied()) {
            return found;
        }
        let local = date.and_time(NaiveTime::MIN);
        let as_if_utc = local.and_utc().timestamp_millis();
        let mut quarters = (0..).map(|i| as_if_utc - DAY_MS + i * QUARTER_MS).take(3 * 96);
        let earlier = quarters.clone().find(|ms| self.shows(*ms) == local);
        let midnight = earlier.unwrap_or_else(|| {
            let after = quarters.find(|ms| self.shows(*ms) > local).expect("a day passes in two");
            let before = after - QUARTER_MS;
            let offset = self.shows(before).and_utc().timestamp_millis() - before;
            as_if_utc - offset
        });
        FOUND.with_borrow_mut(|all| all.insert(key, midnight));
        midnight
    }

    /// The last `n` dates up to the one of a moment, oldest first.
    pub fn last_dates(self, ms: i64, n: usize) -> Vec<NaiveDate> {
        let mut dates: Vec<NaiveDate> = vec![self.date(ms)];
        while dates.len() < n {
            dates.push(dates[dates.len() - 1].pred_opt().expect("a date of our time"));
        }
        dates.reverse();
        dates
    }

    /// The first dates of the last `n` months up to that of a moment, oldest first, and the one after.
    pub fn last_months(self, ms: i64, n: usize) -> Vec<NaiveDate> {
        let today = self.date(ms);
        let count = today.year() * 12 + today.month0() as i32;
        let first = |month: i32| NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1);
        (count - n as i32 + 1..=count + 1).map(|month| first(month).expect("a month of our time")).collect()
    }
}
