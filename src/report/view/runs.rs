//! Several runs in one report: one in full, the others beside it, and what became of each cell over time.

use crate::evaluate::Evaluation;
use crate::store::Manifest;

use super::board::Board;
use super::number::{self, NOT_APPLICABLE};
use super::set::{Ran, Set, percentile_of};
use super::verdict::{Verdict, verdict};

/// Another run.
#[derive(Debug)]
pub(crate) struct OtherRun {
    /// Run id.
    pub(crate) id: String,
    /// Its experiment.
    pub(crate) experiment: String,
    /// UTC.
    pub(crate) started: String,
    /// The program's version and commit.
    pub(crate) tool: String,
    /// How it ended.
    pub(crate) verdict: Verdict,
    /// Its tables.
    pub(crate) boards: Vec<Board>,
}

/// One data set over the runs of one experiment.
#[derive(Debug)]
pub(crate) struct History {
    /// The data set.
    pub(crate) data: String,
    /// The headline measure.
    pub(crate) measure: String,
    /// The runs, the oldest first.
    pub(crate) runs: Vec<Moment>,
    /// One per cell of the run in full, in plan order.
    pub(crate) cells: Vec<CellHistory>,
}

/// One run.
#[derive(Debug)]
pub(crate) struct Moment {
    /// Day and minute, UTC.
    pub(crate) when: String,
    /// Commit, if known.
    pub(crate) commit: String,
    /// Since the run before, what makes values no longer comparable: data or judgements; empty for none.
    pub(crate) broken: Vec<&'static str>,
    /// The same for times: also the machine.
    pub(crate) times_broken: bool,
}

/// One cell over the runs.
#[derive(Debug)]
pub(crate) struct CellHistory {
    /// Id in the run in full.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Per run: the headline measure.
    pub(crate) values: Vec<Option<f64>>,
    /// Per run, printed: measure and tail latency.
    pub(crate) printed: Vec<(String, String)>,
}

/// The others, in the order in which they were started.
pub(crate) fn others(others: &[Evaluation]) -> Vec<OtherRun> {
    in_order(others.iter().collect())
        .into_iter()
        .map(|evaluation| {
            let sets = Set::all(evaluation);
            let manifest = &evaluation.manifest;
            let commit = manifest.tool.commit.as_deref().unwrap_or("commit unknown");
            OtherRun {
                id: manifest.run_id.clone(),
                experiment: evaluation.plan.experiment.clone(),
                started: manifest.started.clone(),
                tool: format!("{} ({commit})", manifest.tool.version),
                verdict: verdict(evaluation, &sets),
                boards: sets.iter().map(Board::of).collect(),
            }
        })
        .collect()
}

/// By when they were started.
pub(super) fn in_order(mut runs: Vec<&Evaluation>) -> Vec<&Evaluation> {
    runs.sort_by(|a, b| {
        let key = |e: &Evaluation| (e.manifest.started.clone(), e.manifest.run_id.clone());
        key(a).cmp(&key(b))
    });
    runs
}

/// The runs of the same experiment over time; nothing without a second one.
pub(crate) fn history(main: &Evaluation, others: &[Evaluation], sets: &[Set<'_>]) -> Vec<History> {
    let same = others
        .iter()
        .filter(|o| o.plan.experiment == main.plan.experiment);
    let runs = in_order(same.chain([main]).collect());
    if runs.len() < 2 {
        return Vec::new();
    }
    sets.iter().filter_map(|set| of_set(set, &runs)).collect()
}

fn of_set(set: &Set<'_>, runs: &[&Evaluation]) -> Option<History> {
    let measure = set.headline?;
    let theirs: Vec<Vec<Set<'_>>> = runs.iter().map(|e| Set::all(e)).collect();
    let moment = |(i, run): (usize, &&Evaluation)| {
        let before = i.checked_sub(1).map(|b| &runs[b].manifest);
        let broken = before.map_or_else(Vec::new, |b| broken(b, &run.manifest, set.data));
        let machine = |m: &Manifest| (m.machine.cpu.clone(), m.machine.cpus);
        Moment {
            when: minute(&run.manifest),
            commit: commit(&run.manifest),
            times_broken: !broken.is_empty() || before.is_some_and(|b| machine(b) != machine(&run.manifest)),
            broken,
        }
    };
    let cells = set.cells.iter().map(|result| {
        let label = result.cell.label();
        let found: Vec<Option<Ran<'_>>> = theirs
            .iter()
            .map(|sets| {
                let other = sets.iter().find(|s| s.data == set.data)?;
                other.ran().find(|r| r.cell.cell.label() == label)
            })
            .collect();
        let value = |ran: &Option<Ran<'_>>| {
            let quality = &(*ran)?.numbers.quality;
            quality.iter().find(|q| q.measure == measure)?.mean
        };
        let time =
            |ran: &Option<Ran<'_>>| percentile_of((*ran)?.numbers.latency.as_ref()?, set.tail_percentile()?);
        let or_none = |text: Option<String>| text.unwrap_or_else(|| NOT_APPLICABLE.to_owned());
        CellHistory {
            id: result.cell.id.clone(),
            name: set.name(&result.cell.id).to_owned(),
            printed: found
                .iter()
                .map(|r| {
                    (
                        or_none(value(r).map(number::measure)),
                        or_none(time(r).map(number::ms)),
                    )
                })
                .collect(),
            values: found.iter().map(value).collect(),
        }
    });
    Some(History {
        data: set.data.to_owned(),
        measure: measure.to_owned(),
        cells: cells.collect(),
        runs: runs.iter().enumerate().map(moment).collect(),
    })
}

/// Day and minute of the start, UTC.
pub(super) fn minute(manifest: &Manifest) -> String {
    let minute: String = manifest.started.chars().take(16).collect();
    minute.replace('T', " ")
}

/// The program's commit, shortened; empty if unknown.
pub(super) fn commit(manifest: &Manifest) -> String {
    let commit = manifest.tool.commit.iter();
    commit.flat_map(|c| c.chars().take(10)).collect()
}

/// What is no longer the same: then a line between two values would compare what does not compare.
pub(super) fn broken(before: &Manifest, now: &Manifest, data: &str) -> Vec<&'static str> {
    let (Some(before), Some(now)) = (before.data.get(data), now.data.get(data)) else {
        return vec!["data set"];
    };
    let hashes = |record: &crate::store::DataRecord| -> Vec<(String, String)> {
        record
            .files
            .iter()
            .map(|f| (f.path.clone(), f.sha256.clone()))
            .collect()
    };
    let mut broken = Vec::new();
    if hashes(before) != hashes(now) {
        broken.push("data");
    }
    if before.grades != now.grades || before.queries != now.queries || before.split != now.split {
        broken.push("judgements");
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::evaluation;

    #[test]
    fn runs_stand_in_order_and_a_change_of_data_breaks_the_line() {
        let main = evaluation();
        let mut earlier = evaluation();
        earlier.manifest.started = "2026-02-01T08:00:00Z".into();
        earlier.manifest.run_id = "20260201T080000Z-1111111".into();
        let mut first = earlier.clone();
        first.manifest.started = "2026-01-01T08:00:00Z".into();
        first.manifest.data.get_mut("parts").unwrap().files[0].sha256 = "f".repeat(64);
        let sets = Set::all(&main);
        let history = history(&main, &[earlier, first], &sets);
        let parts = history.iter().find(|h| h.data == "parts").unwrap();
        let runs: Vec<(&str, bool)> = parts
            .runs
            .iter()
            .map(|r| (r.when.as_str(), r.broken.is_empty()))
            .collect();
        assert_eq!(
            runs,
            [
                ("2026-01-01 08:00", true),
                ("2026-02-01 08:00", false),
                ("2026-03-01 10:15", true)
            ]
        );
        let dense = &parts.cells[0];
        assert_eq!(dense.values.len(), 3);
        assert_eq!(dense.values[0], dense.values[2]);
        assert_eq!(dense.printed[2].1, "6.14");
    }

    #[test]
    fn one_run_has_no_history_and_another_experiment_no_part_in_it() {
        let main = evaluation();
        let mut other = evaluation();
        other.plan.experiment = "other".into();
        let sets = Set::all(&main);
        assert!(history(&main, &[], &sets).is_empty());
        assert!(history(&main, std::slice::from_ref(&other), &sets).is_empty());
        assert_eq!(others(&[other])[0].experiment, "other");
    }
}
