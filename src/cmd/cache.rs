//! `evalrun cache`: what is kept for later runs: list it, look for damage, remove what is of no use.

mod gc;
mod kept;
mod verify;

use serde::Serialize;

use super::args::{CacheArgs, CacheWhat};
use super::progress::Talk;
use super::table::{Long, Side, Table, size};
use super::{Exit, cards, data_out, servers};
use crate::prepare::cache::default_dir;
use kept::{Kept, Kind, day, kept};

pub(super) use kept::bytes_below;

pub(super) fn cache(args: &CacheArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let on_server = args.server || args.url.is_some();
    let of_gc = on_server || args.older_than.is_some() || args.dry_run;
    match args.what {
        CacheWhat::Ls | CacheWhat::Verify if of_gc => {
            talk.error("--older-than, --dry-run, --server and --url are options of `evalrun cache gc`");
            Ok(Exit::Usage)
        }
        CacheWhat::Gc if args.json => {
            talk.error("--json is an option of `evalrun cache ls` and `evalrun cache verify`");
            Ok(Exit::Usage)
        }
        CacheWhat::Gc if on_server => servers::gc(args.url.as_ref(), args.api_key_env.as_ref(), talk),
        CacheWhat::Ls => ls(args.json),
        CacheWhat::Verify => verify::verify(&all()?, args.json, talk),
        CacheWhat::Gc => gc::gc(&all()?, args),
    }
}

/// Everything that is kept on this machine.
fn all() -> anyhow::Result<Vec<Kept>> {
    Ok(kept(&default_dir(), &cards::data_folder())?)
}

/// Something that is kept, for machines.
#[derive(Debug, Serialize)]
struct Row<'a> {
    kind: &'static str,
    name: &'a str,
    path: &'a std::path::Path,
    bytes: u64,
    last_used: Option<String>,
}

fn ls(json: bool) -> anyhow::Result<Exit> {
    let all = all()?;
    if json {
        let rows: Vec<Row> = all.iter().map(row).collect();
        data_out(&(serde_json::to_string_pretty(&rows)? + "\n"))?;
    } else {
        data_out(&table(&all))?;
    }
    Ok(Exit::Fine)
}

fn row(kept: &Kept) -> Row<'_> {
    Row {
        kind: kept.kind.word(),
        name: &kept.name,
        path: &kept.path,
        bytes: kept.bytes,
        last_used: day(kept.used),
    }
}

/// A line per file or set; exact neighbours, whose names say nothing, are one line.
fn table(all: &[Kept]) -> String {
    let columns = [
        ("kind", Side::Left),
        ("size", Side::Right),
        ("last used", Side::Left),
        ("name", Side::Left),
    ];
    let mut table = Table::new(columns, Long::Cut);
    let mut line = |kind: Kind, bytes: u64, used, name: String| {
        let used = day(used).unwrap_or_else(|| "?".to_owned());
        table.row([kind.word().to_owned(), size(bytes), used, name]);
    };
    for of_kind in all.chunk_by(|a, b| a.kind == b.kind) {
        let kind = of_kind[0].kind;
        if kind == Kind::Neighbours {
            let bytes = of_kind.iter().map(|k| k.bytes).sum();
            let used = of_kind.iter().filter_map(|k| k.used).max();
            let plural = if of_kind.len() == 1 { "" } else { "es" };
            line(kind, bytes, used, format!("{} search{plural}", of_kind.len()));
            continue;
        }
        for kept in of_kind {
            line(kind, kept.bytes, kept.used, kept.name.clone());
        }
    }
    let total: u64 = all.iter().map(|k| k.bytes).sum();
    format!(
        "{}\n{} in {}\n",
        table.text(),
        size(total),
        default_dir().display()
    )
}
