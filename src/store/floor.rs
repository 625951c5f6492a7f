//! How much two identical cells differ on a machine, kept in the cache by machine and cell.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Machine, StoreError};
use crate::content;
use crate::plan::{Cell, Plan};

/// What two identical cells, timed in turns, differed by at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoiseFloor {
    /// Id of the cell.
    pub cell: String,
    /// Its data set.
    pub data: String,
    /// What the cell is called.
    pub name: String,
    /// When it was timed: UTC, RFC 3339.
    pub taken: String,
    /// How often the two were held against each other.
    pub rounds: usize,
    /// Passes over the queries in each round.
    pub passes: usize,
    /// Closed-loop workers.
    pub workers: usize,
    /// Threads that were asked for.
    pub jobs: Option<usize>,
    /// (percentile, the largest difference as a share of the smaller time).
    pub shares: Vec<(f64, f64)>,
}

impl NoiseFloor {
    /// The largest difference in that percentile.
    pub fn share(&self, percentile: f64) -> Option<f64> {
        let at = |(q, _): &&(f64, f64)| (q - percentile).abs() < 1e-9;
        self.shares.iter().find(at).map(|(_, share)| *share)
    }

    /// Keeps it in the cache and says where.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, cache: &Path, machine: &Machine) -> Result<PathBuf, StoreError> {
        let path = path(cache, machine, &self.cell);
        let io = |source| StoreError::Io {
            what: "writing",
            path: path.clone(),
            source,
        };
        let text = serde_json::to_string_pretty(self).expect("plain data serialises to JSON");
        std::fs::create_dir_all(path.parent().unwrap_or(cache)).map_err(io)?;
        std::fs::write(&path, text + "\n").map_err(io)?;
        Ok(path)
    }

    /// Those of the plan's cells that were found on such a machine, for the way in which the plan takes times.
    pub fn find(cache: &Path, machine: &Machine, plan: &Plan, jobs: Option<usize>) -> Vec<NoiseFloor> {
        let Some(latency) = &plan.measure.latency else {
            return Vec::new();
        };
        let read = |cell: &Cell| -> Option<NoiseFloor> {
            let text = std::fs::read_to_string(path(cache, machine, &cell.id)).ok()?;
            // One that cannot be read was not taken.
            serde_json::from_str(&text).ok()
        };
        let fits = |floor: &NoiseFloor| (floor.workers, floor.jobs) == (latency.workers, jobs);
        plan.cells.iter().filter_map(read).filter(fits).collect()
    }
}

/// Machines of one kind share what is kept.
fn path(cache: &Path, machine: &Machine, cell: &str) -> PathBuf {
    let kind = content::hash_json(&(&machine.cpu, machine.cpus, &machine.os, &machine.arch));
    cache.join("noise").join(&kind[..16]).join(format!("{cell}.json"))
}
