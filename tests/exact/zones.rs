//! Zones whose days are not all alike, each with an instant near which something happens on its wall clock.

/// Zones that moved their clocks for good near the instant named below.
pub const MOVED: [&str; 5] =
    ["Pacific/Apia", "Pacific/Kwajalein", "Asia/Pyongyang", "Europe/Volgograd", "America/Mexico_City"];

/// Name, and the instant.
pub const ZONES: &[(&str, &str)] = &[
    ("UTC", "2026-01-01T00:00:00Z"),
    // Days of 23 and 25 hours, north and south.
    ("America/Los_Angeles", "2026-03-08T10:00:00Z"),
    ("America/Los_Angeles", "2026-11-01T09:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/Santiago", "2026-04-05T03:00:00Z"),
    ("Australia/Sydney", "2026-10-03T16:00:00Z"),
    // Half an hour of summer time; quarters of an hour from UTC; two hours of summer time.
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("Asia/Kolkata", "2026-06-30T18:30:00Z"),
    ("Asia/Kathmandu", "2026-02-28T18:15:00Z"),
    ("Pacific/Chatham", "2026-04-04T14:00:00Z"),
    ("Antarctica/Troll", "2026-03-29T01:00:00Z"),
    // A date that never was.
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Pacific/Kwajalein", "1993-08-21T12:00:00Z"),
    // A midnight that never was, and one that was twice.
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("America/Sao_Paulo", "2018-02-18T02:00:00Z"),
    ("America/Havana", "2026-03-08T05:00:00Z"),
    ("America/Havana", "2025-11-02T05:00:00Z"),
    ("Africa/Cairo", "2023-04-27T22:00:00Z"),
    ("Africa/Cairo", "2023-10-26T21:00:00Z"),
    ("Asia/Pyongyang", "2018-05-04T15:00:00Z"),
    // Rules that changed: summer time given up, or broken off for Ramadan.
    ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
    ("Africa/Casablanca", "2026-03-22T02:00:00Z"),
    ("America/Mexico_City", "2022-10-30T07:00:00Z"),
    ("Asia/Amman", "2022-10-27T22:00:00Z"),
    ("America/Asuncion", "2024-10-06T04:00:00Z"),
    ("Europe/Volgograd", "2020-12-26T23:00:00Z"),
];
