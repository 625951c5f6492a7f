//! Lines as trec_eval prints them.

use std::fmt::{self, Write};

use super::super::{Count, Measure, OverTies};
use super::summary::{Queries, Totals, summary};
use super::{Column, Columns, Dialect, Row, What};
use crate::measure::Summary;

/// How columns are printed: the name in 22 places, the query, the value, separated by tabs.
#[derive(Debug)]
pub struct Table<'a> {
    columns: &'a Columns,
    /// The padded name of each column and the tab after it.
    names: Vec<String>,
    ties: bool,
}

/// One line without its name and query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Line {
    /// A whole number.
    Count(f64),
    /// Four decimals.
    Number(f64),
    /// There is none.
    Undefined,
}

impl Line {
    fn write(self, to: &mut impl Write) -> fmt::Result {
        match self {
            Self::Count(number) => write!(to, "{number:.0}"),
            Self::Number(number) => match digits(number) {
                Some(digits) => digits.into_iter().try_for_each(|digit| to.write_char(digit)),
                None => write!(to, "{number:6.4}"),
            },
            Self::Undefined => to.write_str("undefined"),
        }
    }
}

/// A number from 0 to below 10 with four decimals, as most are; `None` for another, and for one so near the middle
/// between two such numbers that only exact arithmetic tells to which side it goes. Large runs are mostly printing.
fn digits(number: f64) -> Option<[char; 6]> {
    let scaled = number * 10_000.0;
    let rest = scaled - scaled.floor();
    let in_doubt = number.is_sign_negative() || scaled >= 99_999.0 || (rest - 0.5).abs() < 1e-6;
    if in_doubt || scaled.is_nan() {
        return None;
    }
    let whole = scaled.floor() as u32 + u32::from(rest > 0.5);
    let digit = |power: u32| char::from(b'0' + (whole / power % 10) as u8);
    Some([digit(10_000), '.', digit(1000), digit(100), digit(10), digit(1)])
}

impl<'a> Table<'a> {
    /// With `ties`, every line goes on with the least, the expected and the greatest value over the orders of tied
    /// documents, and whether (of a run: for which share of the queries) a tie is cut.
    pub fn new(columns: &'a Columns, ties: bool) -> Self {
        let names = columns
            .columns
            .iter()
            .map(|c| format!("{:<22}\t", c.name))
            .collect();
        Self { columns, names, ties }
    }

    /// What the columns are, as a comment; only where trec_eval has no such output.
    pub fn header(&self) -> Option<&'static str> {
        let header = "# measure\tquery\tvalue\tleast\texpected\tgreatest\ttie at the cut-off\n";
        self.ties.then_some(header)
    }

    /// The lines of one query.
    ///
    /// # Errors
    /// Those of writing into `to`.
    pub fn query(&self, query: &str, row: &Row, to: &mut impl Write) -> fmt::Result {
        for (i, (column, name)) in self.columns.columns.iter().zip(&self.names).enumerate() {
            match &column.what {
                What::Grades(_) => {
                    let grades = row.grades.as_deref().unwrap_or_default();
                    writeln!(to, "{name}{query}\t'{grades}'")?;
                }
                what if is_per_query(what) => {
                    to.write_str(name)?;
                    to.write_str(query)?;
                    to.write_char('\t')?;
                    line(what, row.values[i]).write(to)?;
                    if self.ties {
                        let (over, cut) = row.ties[i];
                        write_over(what, over, to)?;
                        to.write_str(if cut { "\t1" } else { "\t0" })?;
                    }
                    to.write_char('\n')?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The lines of a run. In this program's own dialect, a mean is followed by the number of queries it is over and
    /// that of all.
    ///
    /// # Errors
    /// Those of writing into `to`.
    pub fn run(&self, tag: &str, totals: &Totals, queries: &Queries, to: &mut impl Write) -> fmt::Result {
        let totals = totals.totals(self.columns, queries);
        for ((Column { what, .. }, name), total) in self.columns.columns.iter().zip(&self.names).zip(totals) {
            match what {
                What::RunId => writeln!(to, "{name}all\t{tag}")?,
                What::Grades(_) => {}
                what => {
                    write!(to, "{name}all\t")?;
                    line(what, total.value).write(to)?;
                    if self.columns.dialect == Dialect::Evalrun {
                        write!(to, "\t{}/{}", total.scored, total.queries)?;
                    }
                    if self.ties {
                        let over = total.bounds.map(|(least, greatest)| OverTies {
                            least,
                            expected: total.expected,
                            greatest,
                        });
                        write_over(what, over, to)?;
                        write!(to, "\t{:.4}", total.cut)?;
                    }
                    to.write_char('\n')?;
                }
            }
        }
        Ok(())
    }
}

/// `num_q` and geometric means are of a run and not of a query.
fn is_per_query(what: &What) -> bool {
    let of_run = matches!(
        what,
        What::RunId
            | What::Measure(
                Measure::Geometric { .. }
                    | Measure::Num {
                        of: Count::Queries,
                        ..
                    }
            )
    );
    !of_run
}

fn line(what: &What, value: Option<f64>) -> Line {
    match value {
        None => Line::Undefined,
        Some(value) if summary(what) == Summary::Sum => Line::Count(value),
        Some(value) => Line::Number(value),
    }
}

fn write_over(what: &What, over: Option<OverTies>, to: &mut impl Write) -> fmt::Result {
    let Some(over) = over else {
        return to.write_str("\t-\t-\t-");
    };
    for value in [Some(over.least), over.expected, Some(over.greatest)] {
        to.write_char('\t')?;
        match value {
            Some(value) => line(what, Some(value)).write(to)?,
            None => to.write_char('-')?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Line;

    fn printed(number: f64) -> String {
        let mut text = String::new();
        Line::Number(number).write(&mut text).unwrap();
        text
    }

    #[test]
    fn numbers_are_printed_as_c_prints_them() {
        // 0.00005 and 0.00015 are not exactly in the middle, 0.03125 is: it goes to the even digit.
        for (number, expected) in [
            (0.0, "0.0000"),
            (-0.0, "-0.0000"),
            (0.000_05, "0.0001"),
            (0.000_15, "0.0001"),
            (0.031_25, "0.0312"),
            (0.999_95, "1.0000"),
            (9.999_95, "10.0000"),
            (12.5, "12.5000"),
            (-0.25, "-0.2500"),
        ] {
            assert_eq!(printed(number), expected);
        }
    }

    proptest! {
        #[test]
        fn the_short_way_prints_what_the_long_one_does(numerator in 0_u32..20_000, denominator in 1_u32..20_000) {
            let number = f64::from(numerator) / f64::from(denominator);
            prop_assert_eq!(printed(number), format!("{number:6.4}"));
        }
    }
}
