//! What filters do: recall and tail latency against the share of documents that pass.

use super::super::view::number::{self, percentile};
use super::super::view::set::{Ran, Set};
use super::axis::Axis;
use super::plane::{Point, Series, Side, drawing};
use super::{Figure, Of, id};
use crate::stats::{mean, quantile, supports_quantile};

/// Queries whose filters pass about as many documents.
struct Bin<'a> {
    /// Geometric mean of their shares.
    share: f64,
    queries: Vec<&'a str>,
}

/// Bins per power of ten.
const PER_DECADE: f64 = 2.0;

/// Nothing where no cell filters by payload indexes.
pub(super) fn figures(set: &Set<'_>) -> Vec<Figure> {
    if !set.ran().any(|r| !r.numbers.matches.is_empty()) {
        return Vec::new();
    }
    vec![recall(set), time(set)]
}

fn recall(set: &Set<'_>) -> Figure {
    let measures = set.measures();
    let exact = measures.iter().copied().find(|m| m.starts_with("knn_recall"));
    let measure = exact.or(set.headline).unwrap_or("the first measure");
    let of = |ran: Ran<'_>, bin: &Bin<'_>| {
        let quality = ran.numbers.quality.iter().find(|q| q.measure == measure)?;
        let values = bin
            .queries
            .iter()
            .filter_map(|q| quality.per_query.get(*q).copied());
        mean(&values.collect::<Vec<f64>>())
    };
    let series = series(set, &of, &|v| format!("{measure} {}", number::measure(v)));
    let values = series.iter().flat_map(|s| &s.points).map(|p| p.at.1);
    let y = match exact {
        Some(_) => Side {
            axis: Axis::recalls(values),
            title: format!("{measure}, log of misses"),
            label: &Axis::recall_label,
        },
        None => Side {
            axis: Axis::linear(values, 6),
            title: measure.to_owned(),
            label: &Axis::value_label,
        },
    };
    figure(
        set,
        "filter-recall",
        format!("{measure} against filter selectivity"),
        y,
        &series,
    )
}

fn time(set: &Set<'_>) -> Figure {
    let q = set.tail_percentile().unwrap_or(95.0);
    let of = |ran: Ran<'_>, bin: &Bin<'_>| {
        let by_query = &ran.numbers.latency.as_ref()?.by_query;
        let times = bin.queries.iter().filter_map(|q| by_query.get(*q)).flatten();
        let mut times: Vec<f64> = times.copied().collect();
        times.sort_by(f64::total_cmp);
        let share = q / 100.0;
        supports_quantile(times.len(), share).then(|| quantile(&times, share))?
    };
    let name = percentile(q);
    let series = series(set, &of, &|v| format!("{name} {} ms", number::ms(v)));
    let axis = Axis::times(series.iter().flat_map(|s| &s.points).map(|p| p.at.1), 6);
    let y = Side {
        title: format!("{name} per query, ms{}", axis.note()),
        axis,
        label: &Axis::time_label,
    };
    figure(
        set,
        "filter-time",
        format!("{name} against filter selectivity"),
        y,
        &series,
    )
}

fn figure(set: &Set<'_>, kind: &str, title: String, y: Side<'_>, series: &[Series]) -> Figure {
    let shares = || series.iter().flat_map(|s| &s.points).map(|p| p.at.0);
    let x = Side {
        axis: Axis::times(shares(), 6),
        title: "share of documents that pass, log scale".to_owned(),
        label: &|_, v| share(v),
    };
    let body = match series.is_empty() {
        true => Err("too few filtered queries have a value.".to_owned()),
        false => Ok(drawing(&title, &x, &y, series)),
    };
    let left_out = match &body {
        Ok((_, n)) if *n > 0 => format!(" {n} more cells are left out."),
        _ => String::new(),
    };
    Figure {
        id: id(kind, set),
        caption: format!(
            "Filtered queries, put together where about as many documents pass; left is a stricter filter.{left_out}"
        ),
        title,
        body: body.map(|(drawing, _)| drawing),
    }
}

/// Two digits that count: `50 %`, `2.5 %`, `0.030 %`.
fn share(x: f64) -> String {
    let percent = x * 100.0;
    let decimals = (1.0 - percent.log10().floor()).clamp(0.0, 4.0) as usize;
    format!("{percent:.decimals$} %")
}

fn series(
    set: &Set<'_>,
    of: &dyn Fn(Ran<'_>, &Bin<'_>) -> Option<f64>,
    said: &dyn Fn(f64) -> String,
) -> Vec<Series> {
    let one = |ran: Ran<'_>| {
        let name = set.name(&ran.cell.cell.id);
        let point = |bin: Bin<'_>| {
            let value = of(ran, &bin)?;
            let queries = super::super::view::text::count(bin.queries.len(), "query", "queries");
            Some(Point {
                at: (bin.share, value),
                is_filled: true,
                starts_anew: false,
                text: format!("{name}, {} pass: {}, {queries}", share(bin.share), said(value)),
                of: Of::Cell(ran.cell.cell.id.clone()),
            })
        };
        let points: Vec<Point> = bins(ran).into_iter().filter_map(point).collect();
        (!points.is_empty()).then(|| Series {
            label: name.to_owned(),
            points,
            is_joined: true,
        })
    };
    set.ran().filter_map(one).collect()
}

/// The strictest filters first.
fn bins<'a>(ran: Ran<'a>) -> Vec<Bin<'a>> {
    let points = ran.numbers.measured.stats.points.max(1) as f64;
    let mut bins: std::collections::BTreeMap<i64, Vec<(f64, &str)>> = Default::default();
    for (query, matches) in &ran.numbers.matches {
        let share = *matches as f64 / points;
        let bin = (share.log10() * PER_DECADE).floor() as i64;
        bins.entry(bin).or_default().push((share, query));
    }
    let bin = |queries: Vec<(f64, &'a str)>| Bin {
        share: (queries.iter().map(|(s, _)| s.ln()).sum::<f64>() / queries.len() as f64).exp(),
        queries: queries.into_iter().map(|(_, q)| q).collect(),
    };
    bins.into_values().map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::CellState;
    use crate::report::fixture::evaluation;

    #[test]
    fn queries_are_put_together_by_what_passes_their_filter() {
        let mut evaluation = evaluation();
        let CellState::Ok(numbers) = &mut evaluation.cells[0].state else {
            panic!("the first cell ran");
        };
        numbers.matches = [("q01", 1), ("q02", 1), ("q03", 20)]
            .map(|(q, n)| (q.to_owned(), n))
            .into();
        let set = &Set::all(&evaluation)[0];
        let figures = figures(set);
        let svg = figures[0].body.as_ref().unwrap().svg.clone();
        assert!(
            svg.contains("2.5 % pass: nDCG@10 0.") && svg.contains("2 queries"),
            "{svg}"
        );
        assert!(svg.contains("50 % pass"), "{svg}");
        assert!(figures[1].body.is_err(), "the fixture keeps no times of queries");
    }

    #[test]
    fn without_filters_there_is_no_chart() {
        let evaluation = evaluation();
        assert!(figures(&Set::all(&evaluation)[0]).is_empty());
    }
}
