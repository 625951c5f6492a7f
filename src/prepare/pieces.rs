//! Long work in pieces: after each of them what was computed is kept, and the work can be stopped.

use super::PrepareError;
use crate::progress::{Event, Observer};

/// Inputs of a piece: some seconds of work for a small model, and still dozens of full batches.
const PIECE: usize = 4096;

/// Hands `inputs` to `each` piece by piece. To whoever watches it is one piece of work.
///
/// # Errors
/// Those of `each`, and [`PrepareError::Cancelled`] before a piece when asked to stop.
pub(super) fn pieces<T>(
    inputs: &[T],
    watch: &dyn Observer,
    mut each: impl FnMut(&[T], &dyn Observer) -> Result<(), PrepareError>,
) -> Result<(), PrepareError> {
    let mut done = 0;
    for piece in inputs.chunks(PIECE) {
        if watch.cancelled() {
            return Err(PrepareError::Cancelled);
        }
        let part = Part {
            watch,
            done,
            all: inputs.len(),
            last: done + piece.len() == inputs.len(),
        };
        each(piece, &part)?;
        done += piece.len();
    }
    Ok(())
}

/// Makes the progress of a piece that of the whole.
struct Part<'a> {
    watch: &'a dyn Observer,
    done: usize,
    all: usize,
    last: bool,
}

impl Observer for Part<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Started { what, unit, .. } if self.done == 0 => {
                let total = self.all;
                self.watch.event(Event::Started { what, total, unit });
            }
            Event::Advanced { done } => {
                let done = self.done + done;
                self.watch.event(Event::Advanced { done });
            }
            Event::Finished if self.last => self.watch.event(Event::Finished),
            Event::Started { .. } | Event::Finished => {}
            Event::Note(note) => self.watch.event(Event::Note(note)),
        }
    }

    fn cancelled(&self) -> bool {
        self.watch.cancelled()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Notes what it is told, and asks to stop after so many looks.
    struct Log {
        told: Mutex<Vec<String>>,
        looks_left: Mutex<usize>,
    }

    impl Log {
        fn patient_for(looks: usize) -> Self {
            Self {
                told: Mutex::default(),
                looks_left: Mutex::new(looks),
            }
        }
    }

    impl Observer for Log {
        fn event(&self, event: Event<'_>) {
            let line = match event {
                Event::Started { total, .. } => format!("start {total}"),
                Event::Advanced { done } => format!("done {done}"),
                Event::Finished => "end".to_owned(),
                Event::Note(note) => note.to_owned(),
            };
            self.told.lock().unwrap().push(line);
        }

        fn cancelled(&self) -> bool {
            let mut left = self.looks_left.lock().unwrap();
            let over = *left == 0;
            *left = left.saturating_sub(1);
            over
        }
    }

    /// Tells what a model would tell.
    fn work(piece: &[usize], watch: &dyn Observer) -> Result<(), PrepareError> {
        let total = piece.len();
        watch.event(Event::Started {
            what: "count",
            total,
            unit: "numbers",
        });
        watch.event(Event::Advanced { done: total });
        watch.event(Event::Finished);
        Ok(())
    }

    #[test]
    fn pieces_look_like_one_piece_of_work() {
        let numbers: Vec<usize> = (0..10_000).collect();
        let log = Log::patient_for(9);
        let mut seen = Vec::new();
        pieces(&numbers, &log, |piece, watch| {
            seen.extend_from_slice(piece);
            work(piece, watch)
        })
        .unwrap();
        assert_eq!(seen, numbers);
        assert_eq!(
            *log.told.lock().unwrap(),
            ["start 10000", "done 4096", "done 8192", "done 10000", "end"]
        );
    }

    #[test]
    fn stopping_loses_no_finished_piece() {
        let numbers: Vec<usize> = (0..10_000).collect();
        let mut kept = 0;
        let stopped = pieces(&numbers, &Log::patient_for(1), |piece, watch| {
            kept += piece.len();
            work(piece, watch)
        });
        assert!(matches!(stopped, Err(PrepareError::Cancelled)));
        assert_eq!(kept, 4096);
    }
}
