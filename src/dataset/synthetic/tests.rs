//! What generated data claims to be, measured on small sets.

use indexmap::IndexMap;

use super::mixture::dot;
use super::*;
use crate::dataset::source::Attribute;
use crate::dataset::{Source, load};
use crate::progress::Silent;

fn source(n: usize) -> SyntheticSource {
    SyntheticSource {
        n,
        dim: 384,
        queries: 100,
        clusters: n.isqrt(),
        intrinsic_dim: 24,
        seed: 42,
        payload: IndexMap::new(),
        filters: vec![vec![]],
    }
}

fn generate(source: SyntheticSource) -> Dataset {
    load("s", &Source::Synthetic(source), &Silent).unwrap()
}

fn attribute(selectivity: f64, correlation: f64) -> Attribute {
    Attribute {
        selectivity,
        correlation,
    }
}

/// Cosines of the `k` nearest documents, best first, of every query.
fn nearest(data: &Dataset, queries: &Vectors, k: usize) -> Vec<Vec<(f64, usize)>> {
    let docs = &data.vectors[VECTOR].docs;
    let list = |query: &[f32]| {
        let mut all: Vec<(f64, usize)> = docs.rows().map(|d| dot(query, d)).zip(0..).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        all.truncate(k);
        all
    };
    (0..queries.len())
        .into_par_iter()
        .map(|q| list(queries.row(q)))
        .collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The share of a query's 100 nearest documents that pass its filter, over the filter's selectivity; the mean.
fn lift(data: &Dataset, nearest: &[Vec<(f64, usize)>], class: &str) -> f64 {
    let of_class = |q: &usize| data.queries[*q].metadata["class"] == class;
    let queries: Vec<usize> = (0..data.queries.len()).filter(of_class).collect();
    let of_query = |&q: &usize| {
        let filter = data.queries[q].filter.as_ref().unwrap();
        let passes = |(_, d): &&(f64, usize)| filter.matches(&data.docs[*d].metadata);
        let share = nearest[q].iter().filter(passes).count() as f64 / nearest[q].len() as f64;
        share / data.queries[q].metadata["selectivity"].as_f64().unwrap()
    };
    queries.iter().map(of_query).sum::<f64>() / queries.len() as f64
}

#[test]
fn documents_and_queries_have_ids_vectors_and_nothing_to_read() {
    let data = generate(SyntheticSource {
        dim: 8,
        queries: 3,
        ..source(11)
    });
    assert_eq!((data.docs.len(), data.queries.len()), (11, 3));
    assert_eq!(
        (data.docs[0].id.as_str(), data.docs[10].id.as_str()),
        ("00", "10")
    );
    assert_eq!(data.queries[2].id, "2");
    assert_eq!(data.queries[2].text, "");
    assert_eq!(
        serde_json::to_string(&data.queries[2].metadata).unwrap(),
        r#"{"class":"none","selectivity":1.0}"#
    );
    assert!(data.queries[2].filter.is_none() && !data.is_judged());
    let given = &data.vectors["vector"];
    assert_eq!(
        (given.docs.len(), given.docs.dim(), given.queries.len()),
        (11, 8, 3)
    );
    for row in given.docs.rows().chain(given.queries.rows()) {
        assert!((dot(row, row) - 1.0).abs() < 1e-6);
    }
}

#[test]
fn the_same_source_gives_the_same_bytes_on_any_number_of_threads() {
    let with = |threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let source = SyntheticSource {
            seed,
            payload: IndexMap::from([("a".to_owned(), attribute(0.1, 0.5))]),
            filters: vec![vec!["a".to_owned()]],
            ..source(500)
        };
        pool.install(|| generate(source))
    };
    let (one, four, other) = (with(1, 7), with(4, 7), with(1, 8));
    assert_eq!(one.vectors[VECTOR].docs, four.vectors[VECTOR].docs);
    assert_eq!(one.vectors[VECTOR].queries, four.vectors[VECTOR].queries);
    assert_eq!((&one.docs, &one.queries), (&four.docs, &four.queries));
    assert_ne!(one.vectors[VECTOR].docs, other.vectors[VECTOR].docs);
}

/// A digest that may only change together with the version of the data: what was measured on it would be void.
#[test]
fn the_bytes_are_those_of_this_version() {
    let data = generate(source(100));
    let values = data.vectors[VECTOR].docs.as_flat();
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(&crate::content::sha256(&bytes)[..16], "c3f9aa2f40ebe2e0");
}

#[test]
fn vectors_lie_as_embeddings_of_text_do() {
    let data = generate(source(4000));
    let given = &data.vectors[VECTOR];
    let mut sample = Vectors::with_capacity(384, 400);
    (0..400).for_each(|i| sample.push(given.docs.row(i)));

    // A common direction: the mean cosine of two documents is well above 0, and it varies.
    let pairs: Vec<f64> = (0..400)
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .map(|(i, j)| dot(sample.row(i), sample.row(j)))
        .collect();
    let mean = pairs.iter().sum::<f64>() / pairs.len() as f64;
    let deviation = (pairs.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / pairs.len() as f64).sqrt();
    assert!((0.12..0.20).contains(&mean), "{mean}");
    assert!((0.10..0.15).contains(&deviation), "{deviation}");

    // Near neighbours are near, and queries lie further from documents than documents do.
    let documents = nearest(&data, &sample, 101);
    let first = |lists: &[Vec<(f64, usize)>], at: usize| median(lists.iter().map(|l| l[at].0).collect());
    let queries = nearest(&data, &given.queries, 100);
    let tops = [
        first(&documents, 1),
        first(&documents, 100),
        first(&queries, 0),
        first(&queries, 99),
    ];
    assert!((0.65..0.80).contains(&tops[0]), "{tops:?}");
    assert!((0.32..0.48).contains(&tops[1]), "{tops:?}");
    assert!((0.55..0.70).contains(&tops[2]), "{tops:?}");
    assert!((0.25..0.42).contains(&tops[3]), "{tops:?}");

    // Local intrinsic dimension (Levina and Bickel 2005, equation 8) far below the 384 of uniform noise.
    let dimension = |list: &Vec<(f64, usize)>| {
        let distance = |at: usize| (2.0 - 2.0 * list[at].0).max(1e-12).sqrt();
        let logs = (1..100).map(|at| (distance(100) / distance(at)).ln());
        99.0 / logs.sum::<f64>()
    };
    let local = median(documents.iter().map(dimension).collect());
    assert!((8.0..25.0).contains(&local), "{local}");

    // Hubs: some documents are near neighbours of very many (Radovanović and others 2010), but not of all.
    let mut counts = vec![0.0; 4000];
    documents
        .iter()
        .flat_map(|l| &l[1..11])
        .for_each(|(_, d)| counts[*d] += 1.0);
    let mean = counts.iter().sum::<f64>() / 4000.0;
    let moment = |power| counts.iter().map(|c: &f64| (c - mean).powi(power)).sum::<f64>() / 4000.0;
    let skewness = moment(3) / moment(2).powf(1.5);
    assert!((0.8..3.0).contains(&skewness), "{skewness}");

    // Sign codes tell documents apart.
    let code = |row: &[f32]| row.iter().map(|x| *x > 0.0).collect::<Vec<bool>>();
    let codes: std::collections::HashSet<Vec<bool>> = given.docs.rows().map(code).collect();
    assert!(codes.len() >= 3990, "{}", codes.len());
}

#[test]
fn a_window_lets_through_exactly_the_share_that_was_asked_for() {
    let payload = [
        ("half", 0.5),
        ("tenth", 0.1),
        ("few", 0.003),
        ("one", 1e-9),
        ("all", 1.0),
    ];
    let named = payload
        .iter()
        .map(|(name, s)| ((*name).to_owned(), attribute(*s, 0.3)));
    let name = |s: &str| s.to_owned();
    let mut filters: Vec<Vec<String>> = payload.iter().map(|(n, _)| vec![name(n)]).collect();
    filters.extend([vec![], vec![name("half"), name("tenth")]]);
    let data = generate(SyntheticSource {
        dim: 16,
        queries: 21,
        payload: named.collect(),
        filters,
        ..source(1000)
    });
    let classes: Vec<&str> = data.queries[..7]
        .iter()
        .map(|q| q.metadata["class"].as_str().unwrap())
        .collect();
    assert_eq!(
        classes,
        ["half", "tenth", "few", "one", "all", "none", "half+tenth"]
    );
    let passing = |query: &Query| {
        let passes = |d: &&Doc| query.filter.as_ref().is_none_or(|f| f.matches(&d.metadata));
        data.docs.iter().filter(passes).count()
    };
    let counts: Vec<usize> = data.queries[..6].iter().map(passing).collect();
    assert_eq!(counts, [500, 100, 3, 1, 1000, 1000]);
    for query in &data.queries {
        assert_eq!(query.metadata["selectivity"], passing(query) as f64 / 1000.0);
    }
    // Every value once.
    let mut values: Vec<f64> = data
        .docs
        .iter()
        .map(|d| d.metadata["half"].as_f64().unwrap())
        .collect();
    values.sort_by(f64::total_cmp);
    let ranks = |i: i32| f64::from(i) / 1000.0;
    assert_eq!(values, (0..1000).map(ranks).collect::<Vec<f64>>());
    let filter = serde_json::to_string(&data.queries[4].filter).unwrap();
    assert_eq!(filter, r#"{"must":[{"key":"all","range":{"gte":0.0,"lt":1.0}}]}"#);
}

#[test]
fn near_documents_pass_more_often_the_higher_the_correlation() {
    // At 50 % a topic's 70 documents are few of the 2,500: most of the 100 nearest are of topics elsewhere on the line.
    for (selectivity, least, most) in [(0.5, 0.6, 1.4), (0.1, 0.4, 4.0), (0.02, 0.4, 12.0)] {
        let correlations = [-1.0, -0.5, 0.0, 0.5, 1.0];
        let named = correlations.map(|c| (format!("{c}"), attribute(selectivity, c)));
        let data = generate(SyntheticSource {
            queries: 500,
            filters: correlations.iter().map(|c| vec![format!("{c}")]).collect(),
            payload: IndexMap::from(named),
            ..source(5000)
        });
        let nearest = nearest(&data, &data.vectors[VECTOR].queries, 100);
        let lifts = correlations.map(|c| lift(&data, &nearest, &format!("{c}")));
        assert!(lifts.is_sorted(), "{lifts:?}");
        assert!(lifts[0] < least, "{lifts:?}");
        assert!((0.75..1.25).contains(&lifts[2]), "{lifts:?}");
        assert!(lifts[4] > most, "{lifts:?}");
    }
}

#[test]
fn what_cannot_be_made_is_refused_all_at_once() {
    let impossible = SyntheticSource {
        dim: 0,
        payload: IndexMap::from([("a".to_owned(), attribute(0.0, 2.0))]),
        filters: vec![vec!["b".to_owned()]],
        ..source(10)
    };
    let error = load("s", &Source::Synthetic(impossible), &Silent).unwrap_err();
    assert_eq!(
        error.to_string(),
        "data set `s`: `dim` is 0, at least 1 is needed; the selectivity of `a` is 0; it lies above 0 and is at most 1; \
         the correlation of `a` is 2; it lies between -1 and 1; a filter asks for `b`, which the payload does not have"
    );
}

#[test]
fn the_smallest_sets_are_possible() {
    for (n, dim, clusters, intrinsic_dim) in [(1, 1, 1, 1), (3, 2, 10, 5), (2, 700, 1, 600)] {
        let data = generate(SyntheticSource {
            dim,
            clusters,
            intrinsic_dim,
            queries: 2,
            payload: IndexMap::from([
                ("a".to_owned(), attribute(0.5, 1.0)),
                ("b".to_owned(), attribute(0.5, -1.0)),
            ]),
            filters: vec![vec!["a".to_owned()], vec!["b".to_owned()]],
            ..source(n)
        });
        assert!(data.vectors[VECTOR].docs.as_flat().iter().all(|x| x.is_finite()));
    }
}
