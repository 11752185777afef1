//! A monitoring plugin's output: its words, and its performance data as numbers.
//!
//! The first line is `text | data`. The lines after it are more text; from the first `|` among them on, all is data.
//! An item of the data is `'label'=value[unit];[warn];[crit];[min];[max]` (Monitoring Plugins Development Guidelines,
//! "Performance data"). What does not have this form is passed over.

use std::collections::BTreeMap;

/// The most items of performance data that are kept.
const PERF_ITEMS: usize = 256;

/// The longest label, in bytes. An item with a longer one is passed over.
const LABEL_BYTES: usize = 128;

/// What a plugin said.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Output {
    /// The first line, without data.
    pub first: String,
    /// The lines after it, without data.
    pub rest: String,
    /// The values by label, in the unit that the plugin writes. Of two with one label, the last.
    pub perf: BTreeMap<String, f64>,
}

impl Output {
    /// Takes an output apart.
    pub fn read(text: &str) -> Self {
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (first, data) = first.split_once('|').unwrap_or((first, ""));
        let (rest, more) = rest.split_once('|').unwrap_or((rest, ""));
        let mut perf = BTreeMap::new();
        items(data, &mut perf);
        items(more, &mut perf);
        Self { first: first.trim().to_owned(), rest: rest.trim().to_owned(), perf }
    }
}

fn items(data: &str, perf: &mut BTreeMap<String, f64>) {
    let mut rest = data.trim_start();
    while !rest.is_empty() {
        let (label, after) = label(rest);
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        if let (Some(label), Some(number)) = (label, after[..end].strip_prefix('=').and_then(number))
            && (1..=LABEL_BYTES).contains(&label.len())
            && (perf.len() < PERF_ITEMS || perf.contains_key(&label))
        {
            perf.insert(label, number);
        }
        rest = after[end..].trim_start();
    }
}

/// The label at the beginning, and what follows it. Inside quotes, two quotes stand for one.
fn label(text: &str) -> (Option<String>, &str) {
    let Some(mut rest) = text.strip_prefix('\'') else {
        let end = text.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(text.len());
        return (Some(text[..end].to_owned()), &text[end..]);
    };
    let mut label = String::new();
    while let Some((part, after)) = rest.split_once('\'') {
        label.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                label.push('\'');
                rest = more;
            }
            None => return (Some(label), after),
        }
    }
    // A quote that is never closed: nobody can tell where the item ends.
    (None, "")
}

/// The number before the unit and the thresholds: `0.012s;1;2;0` is 0.012. None where it is not known (`U`).
fn number(item: &str) -> Option<f64> {
    let value = item.split(';').next().unwrap_or_default();
    let digits = value.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(value.len());
    // Of `1e-05s` the exponent belongs to the number: some plugins print small values like this.
    let exponent = value[digits..].strip_prefix(['e', 'E']).map_or(0, |power| {
        let sign = usize::from(power.starts_with(['+', '-']));
        let figures = power[sign..].bytes().take_while(u8::is_ascii_digit).count();
        if figures == 0 { 0 } else { 1 + sign + figures }
    });
    let (number, unit) = value.split_at(digits + exponent);
    let fits = unit.chars().count() <= 8 && !unit.contains(|c: char| c.is_ascii_digit());
    number.parse::<f64>().ok().filter(|number| number.is_finite() && fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn perf(text: &str) -> Vec<(String, f64)> {
        Output::read(text).perf.into_iter().collect()
    }

    #[test]
    fn words_and_data_are_told_apart() {
        let read = Output::read(
            "DISK OK - free: 3 GB | /=2643MB;5948;5958;0;5968\n/boot 68 MB\n/home 69 MB | /boot=68MB\n/home=69MB\n",
        );
        assert_eq!((read.first.as_str(), read.rest.as_str()), ("DISK OK - free: 3 GB", "/boot 68 MB\n/home 69 MB"));
        let labels: Vec<_> = read.perf.iter().map(|(label, value)| format!("{label}={value}")).collect();
        assert_eq!(labels, ["/=2643", "/boot=68", "/home=69"]);
        assert_eq!(Output::read(""), Output::default());
        assert_eq!(Output::read("OK\r\n").first, "OK");
    }

    #[test]
    fn an_item_is_a_number_in_the_unit_that_the_plugin_writes() {
        for (item, expected) in [
            ("time=0.012s;1;2;0;10", Some(0.012)),
            ("rta=12.5ms", Some(12.5)),
            ("t=3us", Some(3.0)),
            ("t=3µs", Some(3.0)),
            ("pl=0%;20;60", Some(0.0)),
            ("size=512B", Some(512.0)),
            ("size=512KB", Some(512.0)),
            ("size=1.5TB", Some(1.5)),
            ("packets=17c", Some(17.0)),
            ("t=-4", Some(-4.0)),
            ("t=+.5", Some(0.5)),
            ("t=1e-05s", Some(0.00001)),
            ("size=3EB", Some(3.0)),
            ("t=U", None),
            ("t=", None),
            ("t", None),
            ("t=s", None),
            ("t=1-2", None),
            ("t=1e999", None),
            ("t=0x10", None),
            ("=5", None),
        ] {
            assert_eq!(perf(&format!("OK | {item}")).first().map(|(_, value)| *value), expected, "{item}");
        }
    }

    #[test]
    fn labels_may_hold_blanks_signs_and_quotes() {
        for (data, expected) in [
            ("'C:\\ %'=1 b=2", vec![("C:\\ %", 1.0), ("b", 2.0)]),
            ("'it''s=here'=1;'x';2", vec![("it's=here", 1.0)]),
            ("a=1 a=2", vec![("a", 2.0)]),
            ("junk a=1", vec![("a", 1.0)]),
            ("a=1 'never closed=2 b=3", vec![("a", 1.0)]),
            ("''=1 'a'2 'b'=3", vec![("b", 3.0)]),
            ("ä=1\u{a0}b=2", vec![("b", 2.0), ("ä", 1.0)]),
        ] {
            let seen = perf(&format!("OK|{data}"));
            let seen: Vec<_> = seen.iter().map(|(label, value)| (label.as_str(), *value)).collect();
            assert_eq!(seen, expected, "{data}");
        }
    }

    #[test]
    fn data_is_bounded() {
        let many: Vec<_> = (0..5000).map(|n| format!("l{n}=1")).collect();
        assert_eq!(perf(&format!("OK | {}", many.join(" "))).len(), PERF_ITEMS);
        assert!(perf(&format!("OK | {}=1", "x".repeat(LABEL_BYTES + 1))).is_empty());
    }
}
