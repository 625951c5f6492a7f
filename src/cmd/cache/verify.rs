//! `evalrun cache verify`: everything that is kept against its checksums.

use serde::Serialize;

use super::kept::{Kept, Kind};
use crate::cmd::progress::Talk;
use crate::cmd::table::{Long, Side, Table};
use crate::cmd::{Exit, data_out};
use crate::fetch;
use crate::models::cached;
use crate::prepare::cache::audit::audit;
use crate::prepare::neighbours::cache::is_whole;

/// What was found, for machines.
#[derive(Debug, Serialize)]
struct Found {
    kind: &'static str,
    name: String,
    /// `whole`, `damaged`, or `unknown` where nothing is known to compare with.
    state: &'static str,
    says: String,
    /// Files that are damaged.
    damaged: Vec<String>,
}

pub(super) fn verify(all: &[Kept], json: bool, talk: &Talk) -> anyhow::Result<Exit> {
    let mut found = Vec::new();
    for kept in all.iter().filter(|k| k.kind != Kind::LeftOver) {
        found.push(look(kept)?);
    }
    match json {
        true => data_out(&(serde_json::to_string_pretty(&found)? + "\n"))?,
        false => data_out(&table(&found))?,
    }
    let damaged: Vec<&String> = found.iter().flat_map(|f| &f.damaged).collect();
    for path in &damaged {
        talk.error(&format!("damaged: {path}"));
    }
    if damaged.is_empty() {
        return Ok(Exit::Fine);
    }
    talk.say(
        "hint: damaged records and neighbours are never used, but computed again; remove a file to be rid of it. A damaged \
         data set is fetched again by `evalrun fetch NAME`.",
    );
    Ok(Exit::Internal)
}

fn look(kept: &Kept) -> anyhow::Result<Found> {
    let own = kept.path.display().to_string();
    let (says, damaged, is_known) = match kept.kind {
        Kind::Embeddings | Kind::Tokens | Kind::TokenCounts | Kind::Pairs => {
            let (says, is_damaged) = records(kept)?;
            (says, Vec::from_iter(is_damaged.then_some(own)), true)
        }
        Kind::Neighbours => match is_whole(&kept.path)? {
            true => ("SHA-256 as written".to_owned(), Vec::new(), true),
            false => ("cut off, altered or renamed".to_owned(), vec![own], true),
        },
        Kind::Data => match fetch::verify(&kept.path)? {
            Some(found) => {
                let damaged: Vec<String> = found.damaged.iter().map(|p| p.display().to_string()).collect();
                (files(found.whole, damaged.len(), 0), damaged, true)
            }
            None => ("its receipt cannot be read".to_owned(), vec![own], true),
        },
        Kind::Model => {
            let found = cached::check(&kept.path)?;
            let damaged: Vec<String> = found.damaged.iter().map(|p| p.display().to_string()).collect();
            let is_known = found.whole + damaged.len() > 0;
            (
                files(found.whole, damaged.len(), found.unknown),
                damaged,
                is_known,
            )
        }
        Kind::Runtime | Kind::LeftOver => ("no hash is kept of it".to_owned(), Vec::new(), false),
    };
    Ok(Found {
        kind: kept.kind.word(),
        name: kept.name.clone(),
        state: match (damaged.is_empty(), is_known) {
            (false, _) => "damaged",
            (true, true) => "whole",
            (true, false) => "unknown",
        },
        says,
        damaged,
    })
}

/// What is in a file of records, and whether one of them is damaged.
fn records(kept: &Kept) -> anyhow::Result<(String, bool)> {
    let audit = audit(&kept.path)?;
    let Some(values) = audit.values else {
        return Ok(match audit.torn {
            0 => ("empty".to_owned(), false),
            _ => ("no whole record".to_owned(), true),
        });
    };
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    let mut says = format!(
        "{} record{} of {values} value{}",
        audit.records,
        plural(audit.records),
        plural(values as u64)
    );
    if let Some(first) = audit.damaged.first() {
        says += &format!(", {} damaged, the first is number {first}", audit.damaged.len());
    }
    if audit.torn > 0 {
        says += &format!(", cut off {} bytes into the next", audit.torn);
    }
    Ok((says, !audit.damaged.is_empty() || audit.torn > 0))
}

fn files(whole: usize, damaged: usize, unknown: usize) -> String {
    let mut says = format!("{whole} files as their hashes say");
    if damaged > 0 {
        says += &format!(", {damaged} not");
    }
    if unknown > 0 {
        says += &format!(", {unknown} without a hash");
    }
    says
}

fn table(found: &[Found]) -> String {
    let columns = [
        ("kind", Side::Left),
        ("state", Side::Left),
        ("name", Side::Left),
        ("found", Side::Left),
    ];
    let mut table = Table::new(columns, Long::Wrapped);
    let of_searches = |f: &&Found| f.kind == Kind::Neighbours.word() && f.damaged.is_empty();
    for found in found.iter().filter(|f| !of_searches(f)) {
        let name: String = match found.name.chars().count() {
            0..=36 => found.name.clone(),
            _ => found.name.chars().take(35).chain(['…']).collect(),
        };
        table.row([
            found.kind.to_owned(),
            found.state.to_owned(),
            name,
            found.says.clone(),
        ]);
    }
    let searches = found.iter().filter(of_searches).count();
    if searches > 0 {
        table.row([
            Kind::Neighbours.word().to_owned(),
            "whole".to_owned(),
            format!("{searches} searches"),
            "SHA-256 as written".to_owned(),
        ]);
    }
    table.text()
}
