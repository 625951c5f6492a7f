//! Options that leave out a part of a plan, and how their values are read.

use std::time::Duration;

use clap::Args;

use crate::plan::{Narrow, Sample, Shard};

/// A part of a plan. Reference cells always stay, so that every part can compare.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Part of a plan")]
pub(in crate::cmd) struct PartArgs {
    /// Only cells whose setting fits, for instance pipeline=hybrid or d.ef=1*; may be repeated: of one key any, of several
    /// keys all
    #[arg(short, long, value_name = "KEY=GLOB", value_parser = setting)]
    filter: Vec<(String, String)>,
    /// Ask only so many queries of each data set (50), or a share (10%): always the same ones
    #[arg(short = 'n', long, value_name = "N[%]")]
    sample: Option<Sample>,
    /// Only the first so many cells
    #[arg(long, value_name = "N")]
    max_cells: Option<usize>,
    /// Only part I of N equal parts, to spread a sweep over machines
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

impl PartArgs {
    /// What is asked for.
    pub(in crate::cmd) fn narrow(&self) -> Narrow {
        Narrow {
            filters: self.filter.clone(),
            max_cells: self.max_cells,
            shard: self.shard,
            sample: self.sample,
        }
    }
}

/// `PATH=VALUE`.
pub(super) fn setting(text: &str) -> Result<(String, String), String> {
    let (path, value) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` has no `=`; for instance d.ef=64"))?;
    Ok((path.trim().to_owned(), value.trim().to_owned()))
}

/// `90s`, `5m`, `1h 30m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration, for instance 90s, 5m or 1h 30m");
    let duration: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    match Duration::try_from(duration) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(wrong()),
    }
}

/// `30d`, `2w`, `12h`; a day has 24 hours.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no age, for instance 30d, 2w or 12h");
    let span: jiff::Span = text.parse().map_err(|_| wrong())?;
    let age = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours());
    Duration::try_from(age.map_err(|_| wrong())?).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_may_be_in_days() {
        assert_eq!(age("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(age("2w"), Ok(Duration::from_secs(14 * 86_400)));
        assert_eq!(age("0d"), Ok(Duration::ZERO));
        for wrong in ["30", "-1d", "1 month", ""] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for wrong in ["", "5", "0s", "-5m", "soon"] {
            assert_eq!(
                duration(wrong),
                Err(format!(
                    "`{wrong}` is no duration, for instance 90s, 5m or 1h 30m"
                ))
            );
        }
    }
}
