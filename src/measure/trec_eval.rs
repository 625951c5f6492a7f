//! trec_eval's names, order, families and conventions.
//!
//! What is asked for becomes [`Columns`], one per line of output and query, in the order in which trec_eval prints
//! them. A column has a value for a query and, from the values of all queries, a [`Summary`](super::Summary).
//!
//! Where a value is undefined here, trec_eval has 0, and so have its dialects. In a few places its results are an
//! accident: they divide by zero, read memory that was never written, or compare gains as whole numbers. There the
//! dialects have what its documentation says (docs/methodology.md lists them).

mod names;
mod report;
mod summary;

use super::value::{interpolated, relevant};
use super::{Measure, OverTies, ParseMeasureError, Real, Ties, Topic};
use crate::dataset::Grade;

pub use report::{Line, Table};
pub use summary::{Queries, Total, Totals};

/// Whose conventions count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dialect {
    /// trec_eval up to 9.0.8 and what embeds it: scores are float32, levels of recall are rounded upwards.
    #[default]
    TrecEval9,
    /// trec_eval 10.0: scores are float64, levels of recall are rounded to the nearest, `-c` has a line for each
    /// missing query.
    TrecEval10,
    /// This program's own: canonical names, undefined values are left out and counted, missing queries count.
    Evalrun,
}

impl Dialect {
    /// A score as the dialect keeps it.
    pub fn score(self, score: f64) -> f64 {
        match self {
            Self::TrecEval9 => f64::from(score as f32),
            Self::TrecEval10 | Self::Evalrun => score,
        }
    }
}

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Columns {
    dialect: Dialect,
    columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq)]
struct Column {
    /// As printed.
    name: String,
    what: What,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
enum What {
    /// The tag of the run.
    RunId,
    Measure(Measure),
    /// Interpolated precision as up to version 9.
    OldIPrec {
        recall: Real,
        rel: Grade,
    },
    /// Its average, likewise.
    OldIPrecAvg {
        recalls: Vec<Real>,
        rel: Grade,
    },
    /// Rank-biased precision's residual as in version 10, where it is 0 unless something unjudged was retrieved.
    RbpResidual(Measure),
    /// A measure that version 9 and 10 take for 0 unless a document has this grade, though it does not look at it.
    WithLevel(Measure, Grade),
    /// The grades of so many documents as a string.
    Grades(usize),
}

/// One query's values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// A value for each column; `None` where it is undefined or no number.
    pub values: Vec<Option<f64>>,
    /// For each column, if ties are wanted: the value over their orders, and whether one is cut.
    pub ties: Vec<(Option<OverTies>, bool)>,
    /// The column of grades, if there is one.
    pub grades: Option<String>,
}

impl Columns {
    /// Reads the names of measures: trec_eval's own with its parameters (`P.5,10`, `ndcg.1=3,2=9`), its families
    /// (`official`, `set`, `all_trec`), or this program's (`RBP(p=0.8)@10`). None at all means `official`, or five
    /// common measures in this program's own dialect.
    ///
    /// `level` is the least relevant grade where a name does not say; `docs` are those of the collection, which only
    /// `utility` looks at.
    ///
    /// # Errors
    /// Every name that is none, in the order given.
    pub fn new(
        dialect: Dialect,
        names: &[String],
        level: Grade,
        docs: u32,
    ) -> Result<Self, Vec<ParseMeasureError>> {
        let mut asked = names::Asked::new(dialect, level, docs);
        if names.is_empty() {
            asked.defaults();
        }
        let errors: Vec<ParseMeasureError> = names.iter().filter_map(|name| asked.add(name).err()).collect();
        if errors.is_empty() {
            let columns = asked.in_order();
            Ok(Self { dialect, columns })
        } else {
            Err(errors)
        }
    }

    /// Whose conventions count.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The values for one query.
    pub fn row(&self, topic: &Topic) -> Row {
        Row {
            values: self
                .columns
                .iter()
                .map(|column| self.value(column, topic))
                .collect(),
            ties: Vec::new(),
            grades: self.grades(topic),
        }
    }

    /// The values for one query, with what the order of tied documents does to them.
    pub fn row_over_ties(&self, topic: &Topic, ties: &Ties) -> Row {
        let over = |column: &Column| match &column.what {
            What::Measure(measure) => {
                let cut = measure.depth(topic).is_some_and(|depth| ties.cut_at(depth));
                let defined = measure.over_ties(topic, ties);
                (defined.or_else(|| self.zero_over_ties(measure, topic)), cut)
            }
            _ => (None, false),
        };
        Row {
            ties: self.columns.iter().map(over).collect(),
            ..self.row(topic)
        }
    }

    /// The values for a query that the run lacks: those of an empty ranking, for which no document costs anything.
    pub fn row_of_missing(&self, judged: Vec<Grade>) -> Row {
        let topic = Topic {
            ranked: Vec::new(),
            judged,
        };
        let mut row = self.row_over_ties(&topic, &Ties::default());
        for (column, value) in self.columns.iter().zip(&mut row.values) {
            if matches!(column.what, What::Measure(Measure::Utility { .. })) {
                *value = Some(0.0);
            }
        }
        row
    }

    fn value(&self, column: &Column, topic: &Topic) -> Option<f64> {
        let value = match &column.what {
            What::RunId | What::Grades(_) => return None,
            What::Measure(measure) => measure.value(topic),
            What::WithLevel(measure, level) => relevant(topic, *level).and_then(|_| measure.value(topic)),
            What::OldIPrec { recall, rel } => old_interpolated(topic, *recall, *rel),
            What::OldIPrecAvg { recalls, rel } => {
                let values = recalls
                    .iter()
                    .rev()
                    .map(|&recall| old_interpolated(topic, recall, *rel));
                let sum = values.flatten().fold(0.0, |sum, value| sum + value);
                Some(sum / recalls.len() as f64)
            }
            What::RbpResidual(measure) => {
                // A grade below 0 is no judgement to trec_eval.
                let judged = |grade: &Option<Grade>| grade.filter(|&grade| grade >= 0);
                let ranked: Vec<Option<Grade>> = topic.ranked.iter().map(judged).collect();
                let complete = ranked.iter().all(Option::is_some);
                let judged = Vec::new();
                let value = || measure.value(&Topic { ranked, judged });
                if complete { None } else { value() }
            }
        };
        match self.dialect {
            Dialect::Evalrun => value,
            _ => Some(value.unwrap_or(0.0)),
        }
    }

    /// Where trec_eval has 0 for what is undefined, no order of ties changes that.
    fn zero_over_ties(&self, measure: &Measure, topic: &Topic) -> Option<OverTies> {
        let zero = OverTies {
            least: 0.0,
            expected: Some(0.0),
            greatest: 0.0,
        };
        let undefined = self.dialect != Dialect::Evalrun && measure.value(topic).is_none();
        undefined.then_some(zero)
    }

    /// trec_eval's `relstring`: a digit for a grade from 0 to 9, `>` for a greater one, `-` for an unjudged document,
    /// `.` for a grade below 0.
    fn grades(&self, topic: &Topic) -> Option<String> {
        let wanted = self.columns.iter().find_map(|column| match column.what {
            What::Grades(wanted) => Some(wanted),
            _ => None,
        })?;
        let sign = |grade: &Option<Grade>| match grade {
            None => '-',
            Some(grade) if *grade < 0 => '.',
            Some(grade) => u32::try_from(*grade)
                .ok()
                .and_then(|grade| char::from_digit(grade, 10))
                .unwrap_or('>'),
        };
        Some(topic.ranked.iter().take(wanted).map(sign).collect())
    }
}

/// Up to version 9, a level of recall was ⌊recall × R + 0.9⌋ documents.
fn old_interpolated(topic: &Topic, recall: Real, rel: Grade) -> Option<f64> {
    let all = relevant(topic, rel)?;
    let wanted = (recall.get() * all as f64 + 0.9) as usize;
    Some(interpolated(topic, wanted, rel))
}

#[cfg(test)]
mod tests;
