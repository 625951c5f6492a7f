//! Formulas over the scores of prefetches.

use qdrant_client::qdrant::expression::Variant;
use qdrant_client::qdrant::{Expression, Formula, Value};
use tonic::Status;

use super::filter;
use super::query::union;
use super::search::{Asking, Hit};
use super::state::Point;
use super::values::{Id, at, number};

/// What a formula is worked out for.
struct Of<'a> {
    formula: &'a Formula,
    lists: &'a [Vec<Hit>],
    id: &'a Id,
    point: &'a Point,
}

/// Every point that a prefetch found, with the value of the formula. A score that a point does not have is 0, or the
/// default that the formula says.
pub(super) fn score(asking: &Asking<'_>, formula: &Formula, lists: &[Vec<Hit>]) -> Result<Vec<Hit>, Status> {
    let Some(expression) = &formula.expression else {
        return Err(Status::invalid_argument("a formula without an expression"));
    };
    let mut hits = Vec::new();
    for id in union(lists) {
        let point = &asking.collection.points[&id];
        let value = Of {
            formula,
            lists,
            id: &id,
            point,
        }
        .value(expression)? as f32;
        if !value.is_finite() {
            return Err(Status::invalid_argument(format!(
                "the formula is {value} for {id:?}"
            )));
        }
        hits.push(Hit { id, score: value });
    }
    Ok(hits)
}

impl Of<'_> {
    fn value(&self, expression: &Expression) -> Result<f64, Status> {
        let one = |e: &Option<Box<Expression>>| match e {
            Some(e) => self.value(e),
            None => Err(Status::invalid_argument("an expression without an operand")),
        };
        let all = |list: &[Expression]| list.iter().map(|e| self.value(e)).collect::<Result<Vec<_>, _>>();
        let Some(variant) = &expression.variant else {
            return Err(Status::invalid_argument("an empty expression"));
        };
        Ok(match variant {
            Variant::Constant(x) => f64::from(*x),
            Variant::Variable(name) => self.variable(name)?,
            Variant::Condition(condition) => {
                let only = qdrant_client::qdrant::Filter {
                    must: vec![condition.clone()],
                    ..Default::default()
                };
                filter::check(&only)?;
                f64::from(u8::from(filter::passes(&only, self.id, self.point)))
            }
            Variant::Mult(list) => all(&list.mult)?.into_iter().product(),
            Variant::Sum(list) => all(&list.sum)?.into_iter().sum(),
            Variant::Max(list) => all(&list.max)?.into_iter().fold(f64::NEG_INFINITY, f64::max),
            Variant::Min(list) => all(&list.min)?.into_iter().fold(f64::INFINITY, f64::min),
            Variant::Div(div) => match (one(&div.left)?, one(&div.right)?, div.by_zero_default) {
                (_, 0.0, Some(instead)) => f64::from(instead),
                (left, right, _) => left / right,
            },
            Variant::Pow(pow) => one(&pow.base)?.powf(one(&pow.exponent)?),
            Variant::Neg(e) => -self.value(e)?,
            Variant::Abs(e) => self.value(e)?.abs(),
            Variant::Sqrt(e) => self.value(e)?.sqrt(),
            Variant::Exp(e) => self.value(e)?.exp(),
            Variant::Log10(e) => self.value(e)?.log10(),
            Variant::Ln(e) => self.value(e)?.ln(),
            _ => {
                return Err(Status::unimplemented(
                    "the test server does not know this expression",
                ));
            }
        })
    }

    /// `$score`, `$score[i]` or a payload field.
    fn variable(&self, name: &str) -> Result<f64, Status> {
        let default = || self.formula.defaults.get(name).and_then(|v: &Value| number(v));
        if let Some(list) = score_of(name) {
            let found = self
                .lists
                .get(list?)
                .and_then(|l| l.iter().find(|hit| hit.id == *self.id));
            return Ok(found
                .map(|hit| f64::from(hit.score))
                .or_else(default)
                .unwrap_or(0.0));
        }
        let value = at(&self.point.payload, name).into_iter().find_map(number);
        value
            .or_else(default)
            .ok_or_else(|| Status::invalid_argument(format!("{:?} has no number under {name:?}", self.id)))
    }
}

/// Which list's score a variable is, if it is one.
fn score_of(name: &str) -> Option<Result<usize, Status>> {
    let index = name.strip_prefix("$score")?;
    if index.is_empty() {
        return Some(Ok(0));
    }
    let inner = index.strip_prefix('[').and_then(|i| i.strip_suffix(']'));
    let number = inner.and_then(|i| i.parse().ok());
    Some(number.ok_or_else(|| Status::invalid_argument(format!("no variable is named {name:?}"))))
}
