//! Some of a data set's queries, for trying things out.

use std::sync::Arc;

use super::Dataset;
use crate::content::sha256;
use crate::vectors::Vectors;

impl Dataset {
    /// Leaves `n` of the queries, chosen by a hash of `seed` and their ids: the choice depends on nothing else, and a smaller
    /// sample is a part of every larger one. Judgements of the others go too, so that nobody counts them as missing.
    pub fn sample(&mut self, n: usize, seed: u64) {
        if n >= self.queries.len() {
            return;
        }
        let mut order: Vec<usize> = (0..self.queries.len()).collect();
        order.sort_by_cached_key(|&q| sha256(format!("{seed}:{}", self.queries[q].id).as_bytes()));
        order.truncate(n);
        order.sort_unstable();
        for vectors in self.vectors.values_mut() {
            let rows = &vectors.queries;
            let mut kept = Vectors::with_capacity(rows.dim(), n);
            for &q in &order {
                kept.push(rows.row(q));
            }
            vectors.queries = Arc::new(kept);
            if let Some(neighbours) = &mut vectors.neighbours {
                *neighbours = order
                    .iter()
                    .map(|&q| std::mem::take(&mut neighbours[q]))
                    .collect();
            }
        }
        self.queries = order.iter().map(|&q| self.queries[q].clone()).collect();
        let queries = &self.queries;
        let asked = |id: &String| {
            queries
                .binary_search_by(|q| q.id.as_bytes().cmp(id.as_bytes()))
                .is_ok()
        };
        self.qrels.by_query.retain(|id, _| asked(id));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::dataset::{GivenVectors, Qrels, Query};
    use crate::vectors::Metric;

    /// Nine judged queries `q1` … `q9`, each with a vector of its number.
    fn data() -> Dataset {
        let ids: Vec<String> = (1..=9).map(|i| format!("q{i}")).collect();
        let query = |id: &String| Query {
            id: id.clone(),
            text: String::new(),
            filter: None,
            metadata: Default::default(),
        };
        let mut rows = Vectors::with_capacity(1, 9);
        (1..=9).for_each(|i| rows.push(&[i as f32]));
        let rows = Arc::new(rows);
        let given = GivenVectors {
            metric: Metric::L2,
            docs: Arc::clone(&rows),
            queries: rows,
            neighbours: Some((0..9).map(|i| vec![i]).collect()),
        };
        let grades = |id: &String| (id.clone(), BTreeMap::from([("d".to_owned(), 1)]));
        Dataset {
            name: "nine".into(),
            split: "test".into(),
            docs: Vec::new(),
            queries: ids.iter().map(query).collect(),
            qrels: Qrels {
                by_query: ids.iter().map(grades).collect(),
                ..Qrels::default()
            },
            vectors: BTreeMap::from([("given".to_owned(), given)]),
            unjudged_queries: 0,
            files: Vec::new(),
        }
    }

    fn ids(data: &Dataset) -> Vec<&str> {
        data.queries.iter().map(|q| q.id.as_str()).collect()
    }

    #[test]
    fn vectors_neighbours_and_judgements_follow_their_queries() {
        let mut data = data();
        data.sample(4, 42);
        let numbers: Vec<f32> = ids(&data).iter().map(|id| id[1..].parse().unwrap()).collect();
        let given = &data.vectors["given"];
        assert_eq!(numbers.len(), 4);
        assert_eq!(given.queries.rows().map(|r| r[0]).collect::<Vec<_>>(), numbers);
        let neighbours = given.neighbours.as_ref().unwrap();
        assert_eq!(
            neighbours.iter().map(|n| n[0] as f32 + 1.0).collect::<Vec<_>>(),
            numbers
        );
        assert_eq!(data.qrels.by_query.keys().collect::<Vec<_>>(), ids(&data));
        assert_eq!(given.docs.len(), 9, "documents stay");
    }

    #[test]
    fn a_smaller_sample_is_part_of_a_larger_one() {
        let (mut four, mut six) = (data(), data());
        four.sample(4, 42);
        six.sample(6, 42);
        assert!(ids(&four).iter().all(|id| ids(&six).contains(id)));
        let mut other = data();
        other.sample(4, 43);
        assert_ne!(ids(&four), ids(&other), "another seed, another choice");
    }

    #[test]
    fn more_than_there_are_is_all() {
        let mut all = data();
        all.sample(10, 42);
        assert_eq!(all.queries.len(), 9);
    }
}
