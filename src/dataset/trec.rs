//! Files of a TREC track: documents, topics, judgements.

mod documents;
mod fault;
mod markup;
mod topics;

use std::collections::BTreeMap;

use super::folder::stem;
use super::problem::{DatasetError, Place, Problems};
use super::records::{Record, check_references, sort};
use super::source::TrecSource;
use super::{Dataset, qrels};

pub use fault::MarkupFault;

/// Reads the data set `name`. Topics without judgements are left out ([`Dataset::unjudged_queries`] counts them).
///
/// # Errors
/// Everything unusable in all three files together, up to [`Problems::LIMIT`] for each file; judgements of absent
/// documents or topics once everything could be read.
pub(super) fn load(name: &str, source: &TrecSource) -> Result<Dataset, DatasetError> {
    let mut problems = Problems::default();
    let mut own = Problems::default();
    let (mut docs, documents_file) = documents::read(&source.documents, &mut own)?;
    let docs = sorted(&source.documents, &mut docs, own, &mut problems);
    let mut own = Problems::default();
    let (mut topics, topics_file) = topics::read(&source.topics, source.query, &mut own)?;
    let mut queries = sorted(&source.topics, &mut topics, own, &mut problems);
    let mut own = Problems::default();
    let judgements = qrels::read_trec_rows(&source.qrels, &mut own)?;
    problems.append(own);
    problems.or(())?;
    check_references(&source.qrels, &judgements.rows, &docs, &queries)?;

    let mut qrels = qrels::collect(judgements.rows);
    qrels.unlisted = source.unlisted;
    let asked = queries.len();
    queries.retain(|q| qrels.by_query.contains_key(&q.id));
    Ok(Dataset {
        name: name.to_owned(),
        split: stem(&source.qrels),
        unjudged_queries: asked - queries.len(),
        docs,
        queries,
        qrels,
        vectors: BTreeMap::new(),
        files: vec![documents_file, topics_file, judgements.file],
    })
}

/// Records with the place of each, as they were read.
type Placed<R> = (Vec<R>, Vec<Place>);

/// The records of one file by id.
fn sorted<R: Record>(
    path: &std::path::Path,
    placed: &mut Placed<R>,
    mut own: Problems,
    problems: &mut Problems,
) -> Vec<R> {
    let (records, places) = placed;
    sort(path, records, places, &mut own);
    problems.append(own);
    std::mem::take(records)
}
