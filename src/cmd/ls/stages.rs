//! `evalrun ls stages`: kinds of stages with their keys, from where the JSON Schema comes from.

use serde::Serialize;

use crate::cmd::Exit;
use crate::cmd::table::{Long, Side, Table};
use crate::spec::{KeyInfo, StageKindInfo, stage_kinds};

/// A kind of stage, for machines.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    says: String,
    keys: Vec<Key>,
}

#[derive(Debug, Serialize)]
struct Key {
    name: String,
    takes: String,
    needed: bool,
    says: String,
}

impl From<StageKindInfo> for Row {
    fn from(kind: StageKindInfo) -> Self {
        let key = |key: KeyInfo| Key {
            name: key.name,
            takes: key.takes,
            needed: key.needed,
            says: key.says,
        };
        Self {
            name: kind.name,
            says: kind.says,
            keys: kind.keys.into_iter().map(key).collect(),
        }
    }
}

pub(super) fn ls(json: bool) -> anyhow::Result<Exit> {
    let rows: Vec<Row> = stage_kinds().into_iter().map(Row::from).collect();
    super::print(&rows, json, table)
}

fn table(rows: &[Row]) -> String {
    let columns = [("stage", Side::Left), ("value and meaning", Side::Left)];
    let mut table = Table::new(columns, Long::Wrapped);
    for row in rows {
        table.row([row.name.clone(), row.says.clone()]);
        for key in &row.keys {
            let needed = if key.needed { ", needed" } else { "" };
            let text = format!("{}{needed} · {}", key.takes, key.says);
            table.row([format!("  {}", key.name), text]);
        }
    }
    table.text() + "\ndocs/spec.md has every key of a spec; `evalrun schema` is for editors.\n"
}
