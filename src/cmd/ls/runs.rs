//! `evalrun ls runs`: bundles, by experiment and the oldest first.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cmd::Exit;
use crate::cmd::progress::Talk;
use crate::cmd::table::{Long, Side, Table};
use crate::store::{Listed, Named, list};

/// A bundle, for machines.
#[derive(Debug, Serialize)]
struct Row {
    experiment: String,
    run: String,
    started: String,
    /// Absent for a run that was stopped, or that goes on.
    finished: Option<String>,
    folder: PathBuf,
    cells: Cells,
    saved: Vec<String>,
    baseline: Option<Against>,
}

#[derive(Debug, Serialize)]
struct Cells {
    planned: usize,
    ok: usize,
    failed: usize,
    unsupported: usize,
}

#[derive(Debug, Serialize)]
struct Against {
    run: String,
    named: String,
}

impl From<Listed> for Row {
    fn from(run: Listed) -> Self {
        let manifest = run.manifest;
        Self {
            experiment: manifest.experiment,
            run: manifest.run_id,
            started: manifest.started,
            finished: manifest.finished,
            folder: run.dir,
            cells: Cells {
                planned: run.planned,
                ok: run.ok,
                failed: run.failed,
                unsupported: run.unsupported,
            },
            saved: run.saved,
            baseline: manifest.baseline.map(|b| Against {
                run: b.run_id,
                named: match b.named {
                    Named::Bundle => "a bundle".to_owned(),
                    Named::Previous => "previous".to_owned(),
                    Named::Saved(name) => name,
                    Named::Git { revision, .. } => format!("git:{revision}"),
                },
            }),
        }
    }
}

pub(super) fn ls(out_dir: &Path, json: bool, talk: &Talk) -> anyhow::Result<Exit> {
    let (runs, bad) = list(out_dir);
    for error in &bad {
        talk.error(&error.to_string());
    }
    let rows: Vec<Row> = runs.into_iter().map(Row::from).collect();
    if rows.is_empty() && bad.is_empty() {
        talk.say(&format!(
            "no run below `{}`; --out-dir says where else to look",
            out_dir.display()
        ));
    }
    let exit = super::print(&rows, json, tables)?;
    Ok(match bad.is_empty() {
        true => exit,
        false => Exit::BadInput,
    })
}

/// A table per experiment.
fn tables(rows: &[Row]) -> String {
    let by_experiment = rows.chunk_by(|a, b| a.experiment == b.experiment);
    let tables: Vec<String> = by_experiment
        .map(|runs| format!("{}\n\n{}", runs[0].experiment, table(runs)))
        .collect();
    tables.join("\n")
}

fn table(rows: &[Row]) -> String {
    let columns = [
        ("run", Side::Left),
        ("started, UTC", Side::Left),
        ("ok", Side::Right),
        ("failed", Side::Right),
        ("of", Side::Right),
        ("state", Side::Left),
    ];
    let mut table = Table::new(columns, Long::Cut);
    for row in rows {
        let minute: String = row.started.chars().take(16).collect();
        table.row([
            row.run.clone(),
            minute.replace('T', " "),
            row.cells.ok.to_string(),
            row.cells.failed.to_string(),
            row.cells.planned.to_string(),
            match row.finished {
                Some(_) => "finished",
                None => "interrupted",
            }
            .to_owned(),
        ]);
        let mut notes = Vec::new();
        if !row.saved.is_empty() {
            notes.push(format!("saved as {}", row.saved.join(", ")));
        }
        if row.cells.unsupported > 0 {
            notes.push(format!("{} cells not supported", row.cells.unsupported));
        }
        if let Some(baseline) = &row.baseline {
            notes.push(format!("compared with {} ({})", baseline.named, baseline.run));
        }
        if !notes.is_empty() {
            table.note(notes.join(" · "));
        }
    }
    table.text()
}
