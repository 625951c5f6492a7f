//! Many inputs of mixed length into few runs of a model, and the results back into the caller's order.
//!
//! A batch is as wide as its longest input, so inputs are sorted by length first: neighbours are alike and little is
//! computed for padding. Equal inputs are computed once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::progress::{Event, Observer};
use crate::vectors::{TokenVectors, Vectors, normalize};

/// Bounds of a batch, in tokens; found by measuring (see `benches/models.rs`).
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Batches that run at the same time.
    pub(super) workers: usize,
    /// Below this a batch is too small to be worth a run of its own.
    pub(super) min_tokens: usize,
    /// Above this the intermediate values leave the cache.
    pub(super) max_tokens: usize,
    /// Padding that costs as much as one more run.
    pub(super) max_padding: usize,
}

/// Splits the inputs into batches of positions, longest inputs first, so that the last batches to run are the cheap
/// ones and the workers finish together. `lengths` are tokens per input.
pub(super) fn plan(lengths: &[usize], limits: Limits) -> Vec<Vec<usize>> {
    let total: usize = lengths.iter().sum();
    // A few batches per worker even out what they take.
    let budget = (total / (4 * limits.workers)).clamp(limits.min_tokens, limits.max_tokens);
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(lengths[i]));

    let mut batches: Vec<Vec<usize>> = Vec::new();
    let (mut width, mut padding) = (0, 0);
    for i in order {
        padding += width - lengths[i].min(width);
        match batches.last_mut() {
            Some(batch) if width * (batch.len() + 1) <= budget && padding <= limits.max_padding => {
                batch.push(i)
            }
            _ => {
                batches.push(vec![i]);
                (width, padding) = (lengths[i], 0);
            }
        }
    }
    batches
}

/// The distinct items in order of first appearance, and for each item its place among them.
pub(super) fn distinct<T: Copy + Eq + Hash>(items: &[T]) -> (Vec<T>, Vec<usize>) {
    let mut seen: HashMap<T, usize> = HashMap::with_capacity(items.len());
    let mut firsts = Vec::new();
    let places = items.iter().map(|&item| {
        *seen.entry(item).or_insert_with(|| {
            firsts.push(item);
            firsts.len() - 1
        })
    });
    let places = places.collect();
    (firsts, places)
}

/// The rows of all texts, given the rows of the distinct ones and the place of each text among those.
pub(super) fn spread(distinct: &[Vec<f32>], places: &[usize], dim: usize) -> Vectors {
    let mut vectors = Vectors::with_capacity(dim, places.len());
    for &place in places {
        vectors.push(&distinct[place]);
    }
    vectors
}

/// The token rows of all texts, as [`spread`].
pub(super) fn spread_tokens(distinct: &[Vec<f32>], places: &[usize], dim: usize) -> TokenVectors {
    let mut tokens = TokenVectors::new(dim);
    for &place in places {
        tokens.push(&distinct[place]);
    }
    tokens
}

/// A copy of `rows` of `dim` values, each brought to length 1.
pub(super) fn unit_rows(rows: &[f32], dim: usize) -> Vec<f32> {
    let mut rows = rows.to_vec();
    for row in rows.chunks_exact_mut(dim) {
        normalize(row);
    }
    rows
}

/// Runs `job(worker, batch)` for every batch; it gives one result per input of the batch. Returns the results in the
/// order of the inputs. Batches are taken in order; a single batch or worker needs no thread. The first error ends
/// the run.
pub(super) fn run<R: Send, E: Send>(
    batches: &[Vec<usize>],
    workers: usize,
    progress: &Progress<'_>,
    job: impl Fn(usize, &[usize]) -> Result<Vec<R>, E> + Sync,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let work = |worker: usize| {
        let mut done = Vec::new();
        while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
            // After an error the other workers find no batch left.
            let stop = |_: &E| next.store(batches.len(), Ordering::Relaxed);
            let results = job(worker, batch).inspect_err(stop)?;
            done.extend(batch.iter().copied().zip(results));
            progress.advance(batch.len());
        }
        Ok(done)
    };
    let workers = workers.min(batches.len());
    let mut done: Vec<(usize, R)> = if workers <= 1 {
        work(0)?
    } else {
        let work = &work;
        let parts = thread::scope(|scope| {
            let threads: Vec<_> = (0..workers).map(|w| scope.spawn(move || work(w))).collect();
            let joined = threads
                .into_iter()
                .map(|t| t.join().expect("a model run does not panic"));
            joined.collect::<Result<Vec<_>, E>>()
        })?;
        parts.into_iter().flatten().collect()
    };
    done.sort_unstable_by_key(|&(input, _)| input);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// Tells an observer how far a piece of work is; says that it is finished when dropped.
pub(super) struct Progress<'a> {
    watch: &'a dyn Observer,
    done: Mutex<usize>,
}

impl<'a> Progress<'a> {
    /// Announces `total` steps of `what`.
    pub(super) fn start(watch: &'a dyn Observer, what: &str, total: usize, unit: &str) -> Self {
        watch.event(Event::Started { what, total, unit });
        Self {
            watch,
            done: Mutex::new(0),
        }
    }

    fn advance(&self, by: usize) {
        // Held while the observer is told, so that the counts it sees only grow.
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *done += by;
        self.watch.event(Event::Advanced { done: *done });
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.watch.event(Event::Finished);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    const LIMITS: Limits = Limits {
        workers: 1,
        min_tokens: 20,
        max_tokens: 40,
        max_padding: 5,
    };

    #[test]
    fn neighbours_in_length_share_a_batch() {
        let lengths = [4, 10, 9, 5, 10];
        assert_eq!(plan(&lengths, LIMITS), [vec![1, 4], vec![2, 3], vec![0]]);
        assert_eq!(plan(&[], LIMITS), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn padding_ends_a_batch_before_the_budget_does() {
        assert_eq!(plan(&[9, 3], LIMITS), [vec![0], vec![1]]);
        assert_eq!(plan(&[9, 4], LIMITS), [vec![0, 1]]);
    }

    #[test]
    fn an_input_beyond_the_budget_runs_alone() {
        assert_eq!(plan(&[50, 50, 50], LIMITS), [vec![0], vec![1], vec![2]]);
    }

    #[test]
    fn two_workers_get_several_batches_each() {
        let limits = Limits { workers: 2, ..LIMITS };
        assert_eq!(plan(&[10; 16], limits).len(), 8);
    }

    #[test]
    fn equal_items_are_kept_once() {
        assert_eq!(
            distinct(&["b", "a", "b", "c", "a"]),
            (vec!["b", "a", "c"], vec![0, 1, 0, 2, 1])
        );
    }

    #[test]
    fn results_come_in_the_order_of_the_inputs_whoever_computed_them() {
        let batches: Vec<Vec<usize>> = (0..50).rev().map(|i| vec![2 * i + 1, 2 * i]).collect();
        let progress = Progress::start(&Silent, "count", 100, "steps");
        let square = |_, batch: &[usize]| Ok::<_, ()>(batch.iter().map(|i| i * i).collect());
        let squares = run(&batches, 4, &progress, square).unwrap();
        assert_eq!(squares, (0..100).map(|i| i * i).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_ends_the_run() {
        let batches: Vec<Vec<usize>> = (0..50).map(|i| vec![i]).collect();
        let progress = Progress::start(&Silent, "count", 50, "steps");
        let job = |_, batch: &[usize]| {
            if batch == [3] {
                Err("three")
            } else {
                Ok(batch.to_vec())
            }
        };
        assert_eq!(run(&batches, 2, &progress, job), Err("three"));
    }

    #[test]
    fn the_observer_sees_growing_counts_between_start_and_finish() {
        struct Log(Mutex<Vec<String>>);
        impl Observer for Log {
            fn event(&self, event: Event<'_>) {
                self.0.lock().unwrap().push(format!("{event:?}"));
            }
        }
        let log = Log(Mutex::default());
        let progress = Progress::start(&log, "embed", 3, "texts");
        run(&[vec![0, 2], vec![1]], 1, &progress, |_, b| {
            Ok::<_, ()>(b.to_vec())
        })
        .unwrap();
        drop(progress);
        let expected = [
            r#"Started { what: "embed", total: 3, unit: "texts" }"#,
            "Advanced { done: 2 }",
            "Advanced { done: 3 }",
            "Finished",
        ];
        assert_eq!(*log.0.lock().unwrap(), expected);
    }
}
