//! `evalrun ls`: what there is, as tables of 80 columns or for machines.

mod data;
mod measures;
mod models;
mod runs;
mod stages;

use serde::Serialize;

use super::args::{LsArgs, LsWhat};
use super::progress::Talk;
use super::{Exit, data_out};

pub(super) fn ls(args: &LsArgs, talk: &Talk) -> anyhow::Result<Exit> {
    match args.what {
        LsWhat::Data => data::ls(args.json, talk),
        LsWhat::Runs => runs::ls(&args.out_dir, args.json, talk),
        LsWhat::Models => models::ls(args.json),
        LsWhat::Measures => measures::ls(args.json),
        LsWhat::Stages => stages::ls(args.json),
    }
}

/// The rows, as a list of objects or as the table of them.
fn print<T: Serialize>(rows: &[T], json: bool, table: impl Fn(&[T]) -> String) -> anyhow::Result<Exit> {
    match json {
        true => data_out(&(serde_json::to_string_pretty(rows)? + "\n"))?,
        false => data_out(&table(rows))?,
    }
    Ok(Exit::Fine)
}
