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

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(number) => write!(f, "{number:.0}"),
            Self::Number(number) => write!(f, "{number:6.4}"),
            Self::Undefined => f.write_str("undefined"),
        }
    }
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
                    write!(to, "{name}{query}\t{}", line(what, row.values[i]))?;
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
                    write!(to, "{name}all\t{}", line(what, total.value))?;
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
    write!(to, "\t{}", line(what, Some(over.least)))?;
    match over.expected {
        Some(expected) => write!(to, "\t{}", line(what, Some(expected)))?,
        None => to.write_str("\t-")?,
    }
    write!(to, "\t{}", line(what, Some(over.greatest)))
}
