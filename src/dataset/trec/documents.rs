//! Documents: TREC text, JSON lines or TSV, by the file's name.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::Placed;
use super::fault::MarkupFault;
use super::markup::{self, Piece, append, pieces};
use crate::dataset::json::{kind, object};
use crate::dataset::lines::Lines;
use crate::dataset::problem::{DatasetError, Fault, Problems};
use crate::dataset::{Doc, SourceFile};
use crate::filter::Payload;

/// Reads all documents of a file.
pub(super) fn read(path: &Path, problems: &mut Problems) -> Result<(Placed<Doc>, SourceFile), DatasetError> {
    let (mut docs, mut places) = (Vec::new(), Vec::new());
    let file = match ending(path).as_str() {
        "jsonl" => Lines::open(path)?.each(problems, |number, line| {
            docs.push(from_json(line)?);
            places.push(number.into());
            Ok(())
        }),
        "tsv" => Lines::open(path)?.each(problems, |number, line| {
            docs.push(from_columns(line)?);
            places.push(number.into());
            Ok(())
        }),
        _ => markup::each(path, &["doc"], false, problems, |place, _, content| {
            docs.push(from_markup(content)?);
            places.push(place);
            Ok(())
        }),
    }?;
    if docs.is_empty() && problems.shown.is_empty() {
        return Err(DatasetError::file(
            path,
            "no `<DOC>` in it; other formats end in .jsonl or .tsv",
        ));
    }
    Ok(((docs, places), file))
}

/// What stands behind the last dot of a file's name, in lower case, `.gz` left off.
pub(super) fn ending(path: &Path) -> String {
    let name = path.to_string_lossy().to_ascii_lowercase();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    plain
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_owned())
        .unwrap_or_default()
}

/// The content of `<DOC>`: `TITLE` and `HEADLINE` are the title, and all other text is the text.
fn from_markup(content: &str) -> Result<Doc, Fault> {
    let (mut id, mut title, mut text) = (String::new(), String::new(), String::new());
    let mut inside: Option<String> = None;
    for piece in pieces(content) {
        match piece {
            Piece::Open(name, _) if ["docno", "title", "headline"].contains(&name.as_str()) => {
                inside = Some(name)
            }
            Piece::Close(name) if inside.as_ref() == Some(&name) => inside = None,
            Piece::Text(part) => match inside.as_deref() {
                Some("docno") => append(&mut id, part),
                Some(_) => append(&mut title, part),
                None => append(&mut text, part),
            },
            Piece::Open(..) | Piece::Close(_) => {}
        }
    }
    if id.is_empty() {
        return Err(MarkupFault::NoDocno.into());
    }
    doc(id, [("title", title), ("text", text)])
}

/// `id`, `_id` or `docid`; `contents` or `text`; perhaps `title`. Other keys are left alone.
fn from_json(line: &str) -> Result<Doc, Fault> {
    let mut line = object(line)?;
    let mut first = |keys: &[&'static str]| {
        keys.iter()
            .find_map(|&key| Some((key, line.get_mut(key)?.take())).filter(|(_, value)| !value.is_null()))
    };
    let id = match first(&["id", "_id", "docid"]).ok_or(MarkupFault::NoId)? {
        (_, Value::String(id)) => id,
        (_, Value::Number(id)) if !id.is_f64() => id.to_string(),
        (key, other) => return Err(wrong_type(key, &other, "an id is a text or a whole number")),
    };
    let mut text = |keys| match first(keys) {
        None => Ok(None),
        Some((_, Value::String(text))) => Ok(Some(text)),
        Some((key, other)) => Err(wrong_type(key, &other, "write a text")),
    };
    let contents = text(&["contents", "text"])?.ok_or(MarkupFault::NoText)?;
    let title = text(&["title"])?.unwrap_or_default();
    doc(id, [("title", title), ("text", contents)])
}

/// Id and text, or id, title and text.
fn from_columns(line: &str) -> Result<Doc, Fault> {
    let columns: Vec<&str> = line.split('\t').collect();
    let (id, title, text) = match *columns.as_slice() {
        [id, text] => (id, "", text),
        [id, title, text] => (id, title, text),
        _ => {
            let (got, want) = (columns.len(), "2 or 3 separated by tabs: id, perhaps title, text");
            return Err(Fault::Columns { want, got });
        }
    };
    doc(
        id.to_owned(),
        [("title", title.to_owned()), ("text", text.to_owned())],
    )
}

/// A document with the fields that are not empty.
fn doc(id: String, fields: [(&str, String); 2]) -> Result<Doc, Fault> {
    if id.is_empty() || id.contains(char::is_whitespace) {
        return Err(Fault::UnusableId(id));
    }
    let present = fields.into_iter().filter(|(_, text)| !text.is_empty());
    let fields: BTreeMap<String, String> = present.map(|(field, text)| (field.to_owned(), text)).collect();
    let metadata = Payload::new();
    Ok(Doc { id, fields, metadata })
}

fn wrong_type(key: &str, found: &Value, want: &'static str) -> Fault {
    Fault::WrongType {
        key: key.to_owned(),
        found: kind(found),
        want,
    }
}
