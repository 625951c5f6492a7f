//! Numbers as they are printed.

pub(crate) use crate::digits::grouped as integer;

/// Stands where a number makes no sense: a setting the cell does not have, a difference of the reference to itself.
pub(crate) const NOT_APPLICABLE: &str = "–";

/// Stands where a number could exist but does not: no query could be scored, the sample is too small.
pub(crate) const UNDEFINED: &str = "undefined";

/// An effectiveness measure: three decimals.
pub(crate) fn measure(x: f64) -> String {
    minus(format!("{:.3}", no_negative_zero(x, 3)))
}

/// A measure that may be undefined.
pub(crate) fn measure_or(x: Option<f64>) -> String {
    x.map_or_else(|| UNDEFINED.to_owned(), measure)
}

/// A difference of measures: three decimals, always with its sign, unless it rounds to nothing.
pub(crate) fn signed(x: f64) -> String {
    let rounded = no_negative_zero(x, 3);
    let sign = if rounded > 0.0 && format!("{rounded:.3}") != "0.000" {
        "+"
    } else {
        ""
    };
    minus(format!("{sign}{rounded:.3}"))
}

/// For machines and for those who want to know: up to six decimals.
pub(crate) fn exact(x: f64) -> String {
    let text = format!("{x:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `[+0.009, +0.029]`.
pub(crate) fn interval((low, high): (f64, f64)) -> String {
    format!("[{}, {}]", end(low), end(high))
}

/// An end that rounds to nothing keeps its sign: on which side of 0 it lies is what decides.
fn end(x: f64) -> String {
    match signed(x).as_str() {
        "0.000" if x > NOTHING => "+0.000".to_owned(),
        "0.000" if x < -NOTHING => "−0.000".to_owned(),
        text => text.to_owned(),
    }
}

/// Sums of fractions are not exact; closer to 0 than this is 0.
const NOTHING: f64 = 1e-12;

/// `[0.61, 0.74]`: of a measure itself, not of a difference.
pub(crate) fn range((low, high): (f64, f64)) -> String {
    format!("[{}, {}]", measure(low), measure(high))
}

/// A change in percent of what was there before, with its sign: `+3.2 %`, `−14 %`.
pub(crate) fn relative(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent.abs() < 9.95 { 1 } else { 0 };
    let percent = no_negative_zero(percent, decimals);
    let decimals = decimals as usize;
    minus(format!("{percent:+.decimals$} %"))
}

/// A p value: three decimals; what is smaller is said to be.
pub(crate) fn p(x: f64) -> String {
    match x {
        x if x < 0.001 => "< 0.001".to_owned(),
        x => format!("{x:.3}"),
    }
}

/// A confidence level or its complement, `95 %`. Not as [`percent`], which never rounds up to 100: 99.9 % must read so.
pub(crate) fn level(x: f64) -> String {
    format!("{} %", (x * 1000.0).round() / 10.0)
}

/// Milliseconds without the unit: three digits that count, never more than three decimals.
pub(crate) fn ms(x: f64) -> String {
    let decimals = match x.abs() {
        a if a >= 99.95 => 0,
        a if a >= 9.995 => 1,
        a if a >= 0.9995 => 2,
        _ => 3,
    };
    minus(format!("{x:.decimals$}"))
}

/// A length of time in the unit that suits it: `840 ms`, `12.3 s`, `3 min 05 s`.
pub(crate) fn duration_ms(x: f64) -> String {
    if x < 1000.0 {
        format!("{} ms", ms(x))
    } else if x < 100_000.0 {
        format!("{} s", ms(x / 1000.0))
    } else {
        let seconds = (x / 1000.0).round() as u64;
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// A unit of memory; a column of a table has one for all its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteUnit {
    /// Bytes.
    B,
    /// 1024 bytes.
    KiB,
    /// 1024² bytes.
    MiB,
    /// 1024³ bytes.
    GiB,
}

impl ByteUnit {
    /// The largest unit in which `bytes` is at least 1.
    pub(crate) fn of(bytes: u64) -> ByteUnit {
        match bytes {
            0..=1023 => ByteUnit::B,
            1024..=1_048_575 => ByteUnit::KiB,
            1_048_576..=1_073_741_823 => ByteUnit::MiB,
            _ => ByteUnit::GiB,
        }
    }

    /// As it prints.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ByteUnit::B => "B",
            ByteUnit::KiB => "KiB",
            ByteUnit::MiB => "MiB",
            ByteUnit::GiB => "GiB",
        }
    }

    /// So many of the unit, for a scale.
    pub(crate) fn count(self, bytes: u64) -> f64 {
        let power = match self {
            ByteUnit::B => 0,
            ByteUnit::KiB => 1,
            ByteUnit::MiB => 2,
            ByteUnit::GiB => 3,
        };
        bytes as f64 / 1024f64.powi(power)
    }

    /// The number alone: three digits that count.
    pub(crate) fn format(self, bytes: u64) -> String {
        match self {
            ByteUnit::B => integer(bytes),
            _ if bytes == 0 => "0".to_owned(),
            unit => ms(unit.count(bytes)),
        }
    }
}

/// Bytes with the unit that suits them: `41 B`, `312 KiB`, `1.42 MiB`.
pub(crate) fn bytes(n: u64) -> String {
    let unit = ByteUnit::of(n);
    format!("{} {}", unit.format(n), unit.name())
}

/// A mean of whole numbers: one decimal while it can matter, then none.
pub(crate) fn mean_count(x: f64) -> String {
    if x.fract() < 0.05 || x >= 100.0 {
        integer(x.round() as u64)
    } else {
        format!("{x:.1}")
    }
}

/// A share as a percentage without decimals; what is not quite all or nothing never reads 100 or 0.
pub(crate) fn percent(share: f64) -> String {
    let rounded = (share * 100.0).round();
    let honest = if share < 1.0 { rounded.min(99.0) } else { rounded };
    let honest = if share > 0.0 { honest.max(1.0) } else { honest };
    format!("{honest:.0} %")
}

/// A percentile's name: `p50`, `p99.9`.
pub(crate) fn percentile(q: f64) -> String {
    format!("p{q}")
}

/// A stage's score on its own scale: four decimals.
pub(crate) fn score(x: f32) -> String {
    minus(format!("{:.4}", no_negative_zero(f64::from(x), 4)))
}

/// Pads the fractions of a column's numbers so that, set flush right, their decimal points stand under each other.
/// `digit` and `point` are blanks as wide as a digit and a point; a mark at the end of a number takes one digit's room. Entries that are not numbers stay as they are.
pub(crate) fn align_points<'a>(column: impl Iterator<Item = &'a mut String> + 'a, digit: char, point: char) {
    let mut entries: Vec<&mut String> = column.filter(|s| is_number(s)).collect();
    let fraction = |s: &str| s.split_once('.').map_or(0, |(_, f)| f.len());
    let widest = entries.iter().map(|s| fraction(s)).max().unwrap_or(0);
    for entry in &mut entries {
        let own = fraction(entry);
        if own == 0 && widest > 0 {
            entry.push(point);
        }
        entry.extend(std::iter::repeat_n(digit, widest - own));
    }
}

fn is_number(s: &str) -> bool {
    s.chars().any(|c| c.is_ascii_digit())
        && s.chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '+' | '−' | '~'))
}

/// The typographic minus is as wide as a plus, and is not mistaken for a dash.
fn minus(s: String) -> String {
    s.replace('-', "−")
}

fn no_negative_zero(x: f64, decimals: i32) -> f64 {
    if x.abs() < 0.5 * 10f64.powi(-decimals) {
        0.0
    } else {
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_and_differences() {
        assert_eq!(measure(0.7124), "0.712");
        assert_eq!(measure(-0.0001), "0.000");
        assert_eq!(measure_or(None), "undefined");
        assert_eq!(signed(0.0191), "+0.019");
        assert_eq!(signed(-0.014), "−0.014");
        assert_eq!(signed(0.0004), "0.000");
        assert_eq!(interval((-0.004, 0.0081)), "[−0.004, +0.008]");
        assert_eq!(interval((-0.04, -0.0002)), "[−0.040, −0.000]", "it lies below 0");
        assert_eq!(interval((0.0, 1e-17)), "[0.000, 0.000]");
    }

    #[test]
    fn what_tests_say() {
        assert_eq!(
            [0.0004, 0.001, 0.0496, 1.0].map(p),
            ["< 0.001", "0.001", "0.050", "1.000"]
        );
        assert_eq!(
            [0.032, -0.1399, 0.0, 0.0994, 1.5].map(relative),
            ["+3.2 %", "−14 %", "+0.0 %", "+9.9 %", "+150 %"]
        );
        assert_eq!([0.95, 0.999, 1.0 - 0.95].map(level), ["95 %", "99.9 %", "5 %"]);
        assert_eq!(range((0.6101, 0.7399)), "[0.610, 0.740]");
    }

    #[test]
    fn times_keep_three_digits() {
        let shown: Vec<String> = [0.0, 0.0421, 0.5, 4.123, 9.999, 38.04, 99.97, 1234.4]
            .map(ms)
            .to_vec();
        assert_eq!(
            shown,
            ["0.000", "0.042", "0.500", "4.12", "10.0", "38.0", "100", "1234"]
        );
        assert_eq!(duration_ms(840.0), "840 ms");
        assert_eq!(duration_ms(12_340.0), "12.3 s");
        assert_eq!(duration_ms(185_000.0), "3 min 05 s");
    }

    #[test]
    fn sizes_name_their_unit() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(41), "41 B");
        assert_eq!(bytes(43_008), "42.0 KiB");
        assert_eq!(bytes(1_490_000), "1.42 MiB");
        assert_eq!(bytes(5 << 30), "5.00 GiB");
        assert_eq!(ByteUnit::MiB.format(43_008), "0.041");
    }

    #[test]
    fn counts_and_shares() {
        assert_eq!(integer(0), "0");
        assert_eq!(integer(1_234_567), "1,234,567");
        assert_eq!(mean_count(12.34), "12.3");
        assert_eq!(mean_count(28.0), "28");
        assert_eq!(mean_count(1234.56), "1,235");
        assert_eq!(percent(0.824), "82 %");
        assert_eq!(percent(0.9999), "99 %");
        assert_eq!(percent(0.0001), "1 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percentile(99.9), "p99.9");
        assert_eq!(percentile(50.0), "p50");
        assert_eq!(score(-4.4), "−4.4000");
    }

    #[test]
    fn points_stand_under_each_other_and_words_stay() {
        let mut column = ["4.12", "213", "0.042", "–", "undefined"].map(str::to_owned);
        align_points(column.iter_mut(), '_', ':');
        assert_eq!(column, ["4.12_", "213:___", "0.042", "–", "undefined"]);
    }
}
