//! Sums over resampled queries: the hot loop of every bootstrap.

use rayon::prelude::*;

use super::random::Stream;

/// Columns that are summed in one pass over the drawn rows: one cache line of float64.
const WIDE: usize = 8;

/// How many times which queries are drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resampling {
    /// Replicates, at least 1.
    pub(super) resamples: usize,
    /// From the spec.
    pub(super) seed: u64,
}

impl Resampling {
    /// For each column the sums of its values over the drawn rows, replicate by replicate. All columns, which have
    /// the same length, see the same draws, and each sum is taken in the order of its draws.
    pub(super) fn sums(&self, columns: &[&[f64]]) -> Vec<Vec<f64>> {
        let rows = columns.first().map_or(0, |c| c.len());
        if rows == 0 {
            return vec![vec![0.0; self.resamples]; columns.len()];
        }
        let panels: Vec<Panel> = columns.chunks(WIDE).map(Panel::of).collect();
        // Replicate by replicate, each with all its columns, so that threads write to places of their own.
        let mut sums = vec![0.0; self.resamples * columns.len()];
        sums.par_chunks_mut(columns.len()).enumerate().for_each_init(
            || vec![0_u32; rows],
            |draws, (replicate, sums)| {
                let mut stream = Stream::new(self.seed, 0, replicate);
                draws.fill_with(|| stream.below(rows) as u32);
                for (panel, sums) in panels.iter().zip(sums.chunks_mut(WIDE)) {
                    panel.sum(draws, sums);
                }
            },
        );
        let column = |c| sums[c..].iter().step_by(columns.len()).copied().collect();
        (0..columns.len()).into_par_iter().map(column).collect()
    }
}

/// Up to [`WIDE`] columns row by row, so that a drawn row is read from one place; the width is that of the kernel
/// that sums it, and columns missing to it are 0.
struct Panel {
    width: usize,
    values: Vec<f64>,
}

impl Panel {
    fn of(columns: &[&[f64]]) -> Self {
        let width = columns.len().next_power_of_two();
        let cell = |row: usize, c: usize| columns.get(c).map_or(0.0, |column| column[row]);
        let values = (0..columns[0].len()).flat_map(|row| (0..width).map(move |c| cell(row, c)));
        Self {
            width,
            values: values.collect(),
        }
    }

    fn sum(&self, draws: &[u32], sums: &mut [f64]) {
        match self.width {
            1 => sum::<1>(&self.values, draws, sums),
            2 => sum::<2>(&self.values, draws, sums),
            4 => sum::<4>(&self.values, draws, sums),
            _ => sum::<WIDE>(&self.values, draws, sums),
        }
    }
}

/// Adds up the drawn rows of a panel of width `W`; a constant width keeps all sums in registers.
fn sum<const W: usize>(values: &[f64], draws: &[u32], sums: &mut [f64]) {
    let (rows, _) = values.as_chunks::<W>();
    let mut total = [0.0; W];
    for draw in draws {
        let row = &rows[*draw as usize];
        for c in 0..W {
            total[c] += row[c];
        }
    }
    sums.copy_from_slice(&total[..sums.len()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: Resampling = Resampling {
        resamples: 3,
        seed: 42,
    };

    #[test]
    fn columns_share_their_draws_whatever_the_width() {
        let base: Vec<f64> = (0..50).map(f64::from).collect();
        let scaled: Vec<Vec<f64>> = (1..=19)
            .map(|by| base.iter().map(|x| x * f64::from(by)).collect())
            .collect();
        for width in 1..=19 {
            let columns: Vec<&[f64]> = scaled[..width].iter().map(Vec::as_slice).collect();
            let sums = THREE.sums(&columns);
            assert_eq!(sums.len(), width);
            for (by, sums) in sums.iter().enumerate() {
                let expected: Vec<f64> = THREE.sums(&columns[..1])[0].clone();
                let expected: Vec<f64> = expected.iter().map(|s| s * (by + 1) as f64).collect();
                assert_eq!(sums, &expected, "column {by} of {width}");
            }
        }
    }

    #[test]
    fn a_sum_is_that_of_the_drawn_values() {
        let values: Vec<f64> = (0..30).map(|i| 1.0 / f64::from(i + 3)).collect();
        let by_hand: Vec<f64> = (0..3)
            .map(|replicate| {
                let mut stream = Stream::new(42, 0, replicate);
                (0..30).map(|_| values[stream.below(30)]).sum()
            })
            .collect();
        assert_eq!(THREE.sums(&[&values]), [by_hand]);
    }

    #[test]
    fn nothing_to_draw_sums_to_nothing() {
        assert_eq!(THREE.sums(&[&[], &[]]), [[0.0; 3], [0.0; 3]]);
        assert!(THREE.sums(&[]).is_empty());
    }
}
