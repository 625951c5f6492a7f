//! `evalrun ls measures`: every family of measures.

use serde::Serialize;

use crate::cmd::Exit;
use crate::cmd::table::{Long, Side, Table};
use crate::measure::{FamilyInfo, families};

/// A family of measures, for machines.
#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    notation: &'static str,
    aliases: &'static [&'static str],
    parameters: &'static [&'static str],
    says: &'static str,
    source: &'static str,
    in_specs: bool,
}

impl From<FamilyInfo> for Row {
    fn from(info: FamilyInfo) -> Self {
        Self {
            name: info.name,
            notation: info.notation,
            aliases: info.aliases,
            parameters: info.params,
            says: info.says,
            source: info.source,
            in_specs: info.in_specs,
        }
    }
}

pub(super) fn ls(json: bool) -> anyhow::Result<Exit> {
    let rows: Vec<Row> = families().into_iter().map(Row::from).collect();
    super::print(&rows, json, table)
}

fn table(rows: &[Row]) -> String {
    let columns = [("notation", Side::Left), ("value for one query", Side::Left)];
    let mut table = Table::new(columns, Long::Wrapped);
    for row in rows {
        let notation = match row.in_specs {
            true => row.notation.to_owned(),
            false => format!("{} *", row.notation),
        };
        let source = match row.source {
            "" => String::new(),
            source => format!(" [{source}]"),
        };
        table.row([notation, format!("{}{source}", row.says)]);
    }
    table.text()
        + "\n\
     *   with `evalrun eval` alone: no mean over queries\n\
     k is a cut-off. (rel=2) raises the least grade that is relevant; `stage:R@100`\n\
     reads a measure at a stage. docs/methodology.md defines each to the digit.\n"
}
