//! `evalrun ls data`: what there is, from the cards; nothing is loaded.

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::args::LsArgs;
use super::progress::Talk;
use super::{Exit, cards, data_out};
use crate::digits::grouped;
use crate::plan::cards::{Known, State};
use crate::spec::data::DataKindSpec;

pub(super) fn ls(args: &LsArgs, talk: &Talk) -> anyhow::Result<Exit> {
    let data = cards::data_folder();
    let Some(cards) = cards::load(&data, talk) else {
        return Ok(Exit::BadInput);
    };
    let rows: Vec<Row> = cards.0.values().map(Row::of).collect();
    if args.json {
        data_out(&(serde_json::to_string_pretty(&rows)? + "\n"))?;
    } else {
        data_out(&table(&rows))?;
    }
    Ok(Exit::Fine)
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

/// `2.8 MB`, in powers of 1000 as publishers count.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..100_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        100_000_000..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Columns that fit into 80.
const WIDTH: usize = 80;

fn table(rows: &[Row]) -> String {
    let number = |n: Option<u64>| n.map_or("?".to_owned(), grouped);
    let head = ["name", "kind", "documents", "queries", "state", "licence"].map(str::to_owned);
    let mut cells = vec![head];
    for row in rows {
        cells.push([
            row.name.clone(),
            row.kind.to_owned(),
            number(row.documents),
            number(row.asked()),
            row.state(),
            licence(row),
        ]);
    }
    let width = |column: usize| cells.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let used: usize = widths.iter().map(|w| w + 2).sum();
    let room = WIDTH.saturating_sub(used).max(8);
    let mut text = String::new();
    for (i, row) in cells.iter().enumerate() {
        text += &line(row, &widths, room);
        if i == 0 {
            text += &"─".repeat(WIDTH);
            text.push('\n');
        }
    }
    text + "\n\
     ↓   not here yet: `evalrun fetch NAME` downloads so much\n\
     ?   not known; before a licence: not checked\n\
     The card, datasets/NAME.yaml, says more.\n"
}

/// One row: numbers to the right, everything else to the left, the last column cut.
fn line(row: &[String; 6], widths: &[usize], room: usize) -> String {
    let mut line = String::new();
    for (column, cell) in row.iter().enumerate().take(5) {
        let pad = " ".repeat(widths[column] - cell.width());
        line += &match column {
            2 | 3 => format!("{pad}{cell}  "),
            _ => format!("{cell}{pad}  "),
        };
    }
    line += &cut(&row[5], room);
    line.trim_end().to_owned() + "\n"
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

/// A text of at most `room` columns; one that is cut ends in `…`.
fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(room - 1).collect();
    out = out.trim_end().to_owned();
    out.push('…');
    out
}
