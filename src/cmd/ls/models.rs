//! `evalrun ls models`: built-in models, downloaded ones, and those that can be named.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cmd::Exit;
use crate::cmd::cache::bytes_below;
use crate::cmd::table::{Long, Side, Table, size};
use crate::models::cached::{self, downloaded};
use crate::models::catalog::{BUILT_IN, Kind};
use crate::models::{catalogue_names, setup};
use crate::prepare::cache;

/// A model, for machines.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    /// `embedder`, `reranker`; of a downloaded one that the catalogue does not name, `?`.
    kind: &'static str,
    state: State,
    /// Longest input in tokens, where it is known without loading it.
    max_tokens: Option<usize>,
    bytes: Option<u64>,
    folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    BuiltIn,
    /// Built in, and its files are not found.
    FilesMissing,
    Downloaded,
    /// In the catalogue: it is downloaded when a spec names it.
    Catalogue,
}

pub(super) fn ls(json: bool) -> anyhow::Result<Exit> {
    let cache = cache::default_dir();
    super::print(&rows(&cache), json, |rows| table(rows, &cache))
}

fn rows(cache: &Path) -> Vec<Row> {
    let mut rows: Vec<Row> = BUILT_IN.iter().map(built_in).collect();
    let kinds = [Kind::Embedder, Kind::Reranker].map(|kind| (kind, catalogue_names(kind)));
    let kind_of = |name: &str| {
        let of = |(_, names): &&(Kind, Vec<String>)| names.iter().any(|n| n.eq_ignore_ascii_case(name));
        kinds.iter().find(of).map_or("?", |(kind, _)| word(*kind))
    };
    let here = downloaded(&cached::root(cache));
    rows.extend(here.iter().map(|model| Row {
        kind: kind_of(&model.name),
        name: model.name.clone(),
        state: State::Downloaded,
        max_tokens: None,
        bytes: Some(bytes_below(&model.folder)),
        folder: Some(model.folder.clone()),
    }));
    for (kind, names) in kinds {
        let is_here = |name: &String| here.iter().any(|m| m.name.eq_ignore_ascii_case(name));
        let others = names.into_iter().filter(|name| !is_here(name));
        rows.extend(others.map(|name| Row {
            name,
            kind: word(kind),
            state: State::Catalogue,
            max_tokens: None,
            bytes: None,
            folder: None,
        }));
    }
    rows
}

fn built_in(model: &crate::models::catalog::BuiltIn) -> Row {
    let chosen = std::env::var_os("EVALRUN_MODELS").map(PathBuf::from);
    let folder = model.folder(chosen.as_deref()).ok();
    Row {
        name: model.name.to_owned(),
        kind: word(model.kind),
        state: match folder {
            Some(_) => State::BuiltIn,
            None => State::FilesMissing,
        },
        max_tokens: Some(model.max_tokens),
        bytes: folder.as_deref().map(bytes_below),
        folder,
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Embedder => "embedder",
        Kind::Reranker => "reranker",
    }
}

fn table(rows: &[Row], cache: &Path) -> String {
    let columns = [
        ("name", Side::Left),
        ("kind", Side::Left),
        ("tokens", Side::Right),
        ("size", Side::Right),
        ("state", Side::Left),
    ];
    let mut table = Table::new(columns, Long::Cut);
    for row in rows.iter().filter(|r| r.state != State::Catalogue) {
        table.row([
            row.name.clone(),
            row.kind.to_owned(),
            row.max_tokens.map_or("?".to_owned(), |n| n.to_string()),
            row.bytes.map_or("?".to_owned(), size),
            match row.state {
                State::BuiltIn => "built in",
                State::FilesMissing => "files not found",
                State::Downloaded | State::Catalogue => "downloaded",
            }
            .to_owned(),
        ]);
    }
    let others = rows.iter().filter(|r| r.state == State::Catalogue).count();
    let further = match others {
        0 => String::new(),
        n => format!("{n} more can be named in a spec and are then downloaded: --json lists them.\n"),
    };
    format!("{}\n{further}{}", table.text(), runtime(cache))
}

/// Whether models other than the built-in ones can run; nothing is loaded.
fn runtime(cache: &Path) -> String {
    let chosen = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty());
    let installed = setup::library_path(cache).filter(|path| path.is_file());
    match (chosen, installed) {
        (Some(path), _) => format!("ONNX Runtime: {}\n", PathBuf::from(path).display()),
        (None, Some(path)) => format!("ONNX Runtime: {}\n", path.display()),
        (None, None) => {
            "ONNX Runtime, which runs them: not in the cache (`evalrun setup onnxruntime`).\n".to_owned()
        }
    }
}
