//! `evalrun ls data`: what there is, from the cards; nothing is loaded.

use serde::Serialize;

use crate::cmd::progress::Talk;
use crate::cmd::table::{Long, Side, Table, size};
use crate::cmd::{Exit, cards};
use crate::digits::grouped;
use crate::plan::cards::{Known, State};
use crate::spec::data::DataKindSpec;

pub(super) fn ls(json: bool, talk: &Talk) -> anyhow::Result<Exit> {
    let data = cards::data_folder();
    let Some(cards) = cards::load(&data, talk) else {
        return Ok(Exit::BadInput);
    };
    let rows: Vec<Row> = cards.0.values().map(Row::of).collect();
    super::print(&rows, json, table)
}

/// A data set, for machines.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    title: String,
    kind: &'static str,
    documents: Option<u64>,
    queries: Vec<(String, u64)>,
    dimension: Option<u64>,
    state: &'static str,
    folder: String,
    download_bytes: Option<u64>,
    download_is_exact: bool,
    licence: String,
    unverified: Vec<&'static str>,
}

impl Row {
    fn of(known: &Known) -> Self {
        let card = &known.card;
        let download = card.download().filter(|_| !card.is_built_in());
        let queries = card.counts.queries.iter();
        let unverified = card.unverified.each().into_iter();
        Self {
            name: card.name.value.clone(),
            title: card.title.clone(),
            kind: kind(&card.read.value),
            documents: card.counts.documents,
            queries: queries.map(|(split, n)| (split.value.clone(), *n)).collect(),
            dimension: card.counts.dimension,
            state: match known.state {
                State::BuiltIn => "built in",
                State::Fetched => "fetched",
                State::NotFetched => "not fetched",
                State::Elsewhere => "not here",
            },
            folder: known.folder.display().to_string(),
            download_bytes: download.map(|d| d.0),
            download_is_exact: download.is_some_and(|d| d.1),
            licence: card.licence.clone(),
            unverified: unverified
                .filter(|(_, why)| why.is_some())
                .map(|(topic, _)| topic)
                .collect(),
        }
    }

    /// Queries of the split that is read when a spec names none.
    fn asked(&self) -> Option<u64> {
        let test = self.queries.iter().find(|(split, _)| split == "test");
        test.or(self.queries.last()).map(|(_, n)| *n)
    }

    /// `↓ 2.8 MB` for what is not fetched; a size that is only about right has a `~`.
    fn state(&self) -> String {
        match (self.state, self.download_bytes) {
            ("not fetched", Some(bytes)) => {
                let about = if self.download_is_exact { "" } else { "~" };
                format!("↓ {about}{}", size(bytes))
            }
            ("not fetched", None) => "↓ ?".to_owned(),
            (state, _) => state.to_owned(),
        }
    }
}

fn kind(read: &DataKindSpec) -> &'static str {
    match read {
        DataKindSpec::Beir(_) => "beir",
        DataKindSpec::Trec(_) => "trec",
        DataKindSpec::Table(_) => "table",
        DataKindSpec::Arrays(_) => "arrays",
        DataKindSpec::Hdf5(_) => "hdf5",
        DataKindSpec::Tar(_) => "tar",
        DataKindSpec::Synthetic(_) => "synthetic",
    }
}

fn table(rows: &[Row]) -> String {
    let number = |n: Option<u64>| n.map_or("?".to_owned(), grouped);
    let columns = [
        ("name", Side::Left),
        ("kind", Side::Left),
        ("documents", Side::Right),
        ("queries", Side::Right),
        ("state", Side::Left),
        ("licence", Side::Left),
    ];
    let mut table = Table::new(columns, Long::Cut);
    for row in rows {
        table.row([
            row.name.clone(),
            row.kind.to_owned(),
            number(row.documents),
            number(row.asked()),
            row.state(),
            licence(row),
        ]);
    }
    table.text()
        + "\n\
     ↓   not here yet: `evalrun fetch NAME` downloads so much\n\
     ?   not known; before a licence: not checked\n\
     The card, datasets/NAME.yaml, says more.\n"
}

/// The licence up to the first comma or bracket, for a narrow column.
fn licence(row: &Row) -> String {
    let short = row
        .licence
        .split([',', ';', '('])
        .next()
        .unwrap_or_default()
        .trim();
    let doubt = match row.unverified.contains(&"licence") {
        true => "? ",
        false => "",
    };
    format!("{doubt}{short}")
}
