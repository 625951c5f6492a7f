//! A filter in words.

use crate::filter::{Condition, Filter, Range, Scalar, Test};

/// `voltage is 12, and price ≤ 60, and not category is Braking`.
pub(crate) fn words(filter: &Filter) -> String {
    let mut parts: Vec<String> = filter.must.iter().map(condition).collect();
    parts.extend(filter.must_not.iter().map(|c| format!("not {}", condition(c))));
    let any: Vec<String> = filter.should.iter().map(condition).collect();
    match any.as_slice() {
        [] => {}
        [one] => parts.push(one.clone()),
        several => parts.push(format!("({})", several.join(" or "))),
    }
    parts.join(", and ")
}

fn condition(condition: &Condition) -> String {
    match &condition.test {
        Test::Match(any) => {
            let values: Vec<String> = any.iter().map(scalar).collect();
            format!("{} is {}", condition.key, values.join(" or "))
        }
        Test::Range(range) => format!("{} {}", condition.key, bounds(range)),
    }
}

fn bounds(range: &Range) -> String {
    let bound = |sign: &str, x: Option<f64>| x.map(|x| format!("{sign} {x}"));
    let parts: Vec<String> = [
        bound("≥", range.gte),
        bound(">", range.gt),
        bound("≤", range.lte),
        bound("<", range.lt),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        "is a number".to_owned()
    } else {
        parts.join(" and ")
    }
}

fn scalar(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Bool(b) => b.to_string(),
        Scalar::Integer(n) => n.to_string(),
        Scalar::Keyword(text) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(key: &str, test: Test) -> Condition {
        Condition {
            key: key.to_owned(),
            test,
        }
    }

    #[test]
    fn every_kind_of_condition_reads_as_a_phrase() {
        let keyword = |s: &str| Scalar::Keyword(s.to_owned());
        let filter = Filter {
            must: vec![
                test(
                    "voltage",
                    Test::Match(vec![Scalar::Integer(12), Scalar::Integer(24)]),
                ),
                test(
                    "price",
                    Test::Range(Range {
                        gt: Some(10.0),
                        lte: Some(60.5),
                        ..Range::default()
                    }),
                ),
            ],
            must_not: vec![test("category", Test::Match(vec![keyword("Braking")]))],
            should: vec![
                test("rohs", Test::Match(vec![Scalar::Bool(true)])),
                test("brand", Test::Match(vec![keyword("Halbrenn")])),
            ],
        };
        assert_eq!(
            words(&filter),
            "voltage is 12 or 24, and price > 10 and ≤ 60.5, and not category is Braking, and (rohs is true or brand is Halbrenn)"
        );
    }
}
