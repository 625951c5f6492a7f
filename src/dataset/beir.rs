//! The BEIR layout: `corpus.jsonl`, `queries.jsonl`, `qrels/<split>.tsv`, each plain or with `.gz`.

mod given;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::folder::{self, choose_split, plain_or_gz};
use super::json::{kind, object};
use super::lines::Lines;
use super::problem::{DatasetError, Fault, Problems};
use super::qrels;
use super::records::{self, Record, check_references};
use super::source::{Absent, BeirSource};
use super::{Dataset, Doc, Query, SourceFile};
use crate::filter::{Filter, Payload};
use crate::progress::Observer;

use given::Rows;

/// Reads the data set `name`. Queries without judgements in the split are left out
/// ([`Dataset::unjudged_queries`] counts them).
///
/// # Errors
/// All unusable lines of all three files together, up to [`Problems::LIMIT`] for each file; judgements of absent
/// documents or queries once every line could be read; then vectors that do not go with the lines, or are unusable.
pub(super) fn load(name: &str, source: &BeirSource, watch: &dyn Observer) -> Result<Dataset, DatasetError> {
    let dir = &source.dir;
    let matrices = given::open(&source.vectors)?;
    let split = choose_split(dir, source.split.as_deref())?;
    let corpus_path = plain_or_gz(dir, "corpus.jsonl")?;
    let queries_path = plain_or_gz(dir, "queries.jsonl")?;
    let qrels_path = plain_or_gz(dir, &format!("qrels/{split}.tsv"))?;

    let mut problems = Problems::default();
    let (docs, doc_lines, corpus_file) = read_records(&corpus_path, &mut problems, parse_doc)?;
    let (queries, query_lines, queries_file) = read_records(&queries_path, &mut problems, parse_query)?;
    let mut judgement_problems = Problems::default();
    let mut judgements = qrels::read_beir(&qrels_path, &mut judgement_problems)?;
    problems.append(judgement_problems);
    problems.or(())?;
    match source.absent {
        Absent::Error => check_references(&qrels_path, &judgements.rows, &docs, &queries)?,
        Absent::LeftOut => records::leave_out_strangers(&mut judgements.rows, &docs, &queries),
    }

    let mut qrels = qrels::collect(judgements.rows);
    qrels.unlisted = source.unlisted;
    qrels.itself = source.itself;
    let asked = queries.len();
    let judged = queries.into_iter().zip(query_lines);
    let judged = judged.filter(|(q, _)| qrels.by_query.contains_key(&q.id));
    let (queries, query_lines): (Vec<Query>, Vec<usize>) = judged.unzip();
    let mut files = vec![corpus_file, queries_file, judgements.file];
    let rows = Rows {
        documents: given::Side::new(&corpus_path, files[0].rows, &doc_lines),
        queries: given::Side::new(&queries_path, asked, &query_lines),
    };
    let (vectors, vector_files) = rows.read(matrices, watch)?;
    files.extend(vector_files);
    Ok(Dataset {
        name: name.to_owned(),
        split,
        unjudged_queries: asked - queries.len(),
        docs,
        queries,
        qrels,
        vectors,
        files,
    })
}

/// The splits of a folder, each with the queries that it judges, sorted by name.
///
/// # Errors
/// All unusable lines of the queries and of every judgement file.
pub(super) fn splits(dir: &Path) -> Result<Vec<(String, Vec<Query>)>, DatasetError> {
    let mut problems = Problems::default();
    let (queries, _, _) = read_records(&plain_or_gz(dir, "queries.jsonl")?, &mut problems, parse_query)?;
    let mut splits = Vec::new();
    for name in folder::splits(dir)? {
        let mut own = Problems::default();
        let judgements = qrels::read_beir(&plain_or_gz(dir, &format!("qrels/{name}.tsv"))?, &mut own)?;
        problems.append(own);
        let judged: BTreeSet<&str> = judgements.rows.iter().map(|row| row.query.as_str()).collect();
        let judged = queries.iter().filter(|q| judged.contains(q.id.as_str()));
        splits.push((name, judged.cloned().collect()));
    }
    problems.or(splits)
}

/// Reads a JSONL file into records sorted by id, and the line of each, from 1.
fn read_records<R: Record>(
    path: &Path,
    problems: &mut Problems,
    parse: fn(Payload) -> Result<R, Fault>,
) -> Result<(Vec<R>, Vec<usize>, SourceFile), DatasetError> {
    let (mut records, mut lines) = (Vec::new(), Vec::new());
    let mut own = Problems::default();
    let file = Lines::open(path)?.each(&mut own, |number, line| {
        records.push(parse(object(line)?)?);
        lines.push(number);
        Ok(())
    })?;
    records::sort(path, &mut records, &mut lines, &mut own);
    problems.append(own);
    Ok((records, lines, file))
}

/// A line of `corpus.jsonl`: every text beside `_id` and `metadata` is a field.
fn parse_doc(line: Payload) -> Result<Doc, Fault> {
    let mut id = None;
    let mut fields = BTreeMap::new();
    let mut metadata = Payload::new();
    for (key, value) in line {
        match (key.as_str(), value) {
            ("_id", value) => id = Some(parse_id(value)?),
            ("metadata", value) => metadata = parse_metadata(value)?,
            (_, Value::String(text)) => {
                fields.insert(key, text);
            }
            (_, Value::Null) => {}
            (_, other) => {
                let want = "fields are texts; put values that filters look at under `metadata`";
                return Err(wrong_type(&key, &other, want));
            }
        }
    }
    let id = id.ok_or(Fault::MissingKey("_id"))?;
    Ok(Doc { id, fields, metadata })
}

/// A line of `queries.jsonl`: `_id`, `text`, and `metadata` with perhaps a `filter`.
fn parse_query(line: Payload) -> Result<Query, Fault> {
    let (mut id, mut text) = (None, None);
    let mut metadata = Payload::new();
    for (key, value) in line {
        match (key.as_str(), value) {
            ("_id", value) => id = Some(parse_id(value)?),
            ("text", Value::String(value)) => text = Some(value),
            ("text", other) => return Err(wrong_type("text", &other, "write what is asked, in quotes")),
            ("metadata", value) => metadata = parse_metadata(value)?,
            _ => return Err(Fault::UnknownKey(key)),
        }
    }
    let id = id.ok_or(Fault::MissingKey("_id"))?;
    let text = text.ok_or(Fault::MissingKey("text"))?;
    if text.trim().is_empty() {
        return Err(Fault::BlankText);
    }
    let filter = match metadata.get("filter") {
        None | Some(Value::Null) => None,
        Some(value) => Some(Filter::deserialize(value).map_err(|e| Fault::Filter(e.to_string()))?),
    };
    Ok(Query {
        id,
        text,
        filter,
        metadata,
    })
}

fn parse_id(value: Value) -> Result<String, Fault> {
    match value {
        Value::String(id) if id.is_empty() || id.contains(char::is_whitespace) => Err(Fault::UnusableId(id)),
        Value::String(id) => Ok(id),
        other => Err(wrong_type("_id", &other, "write it as a text: \"_id\": \"12\"")),
    }
}

fn parse_metadata(value: Value) -> Result<Payload, Fault> {
    match value {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Payload::new()),
        other => Err(wrong_type(
            "metadata",
            &other,
            "write an object: {\"brand\": \"…\"}",
        )),
    }
}

fn wrong_type(key: &str, found: &Value, want: &'static str) -> Fault {
    Fault::WrongType {
        key: key.to_owned(),
        found: kind(found),
        want,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::progress::Silent;

    const CORPUS: &str = r#"{"_id": "d10", "title": "Starter motor", "text": "12 V", "metadata": {"voltage": 12}}
{"_id": "d2", "title": "Alternator", "oem": "X-1", "text": null}
"#;
    const QUERIES: &str = r#"{"_id": "q2", "text": "starter", "metadata": {"filter": {"must": [{"key": "voltage", "match": 12}]}}}
{"_id": "q1", "text": "alternator"}
{"_id": "q3", "text": "never judged"}
"#;
    const QRELS: &str = "query-id\tcorpus-id\tscore\nq2\td10\t2\nq1\td2\t1\nq2\td2\t0\n";

    fn load_texts(corpus: &str, queries: &str, qrels: &str) -> Result<Dataset, String> {
        load_with(corpus, queries, qrels, Absent::Error)
    }

    fn load_with(corpus: &str, queries: &str, qrels: &str, absent: Absent) -> Result<Dataset, String> {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        std::fs::create_dir(dir.path().join("qrels")).unwrap();
        write("corpus.jsonl", corpus);
        write("queries.jsonl", queries);
        write("qrels/test.tsv", qrels);
        let source = BeirSource {
            dir: dir.path().to_owned(),
            absent,
            ..BeirSource::default()
        };
        load("parts", &source, &Silent)
            .map_err(|e| e.to_string().replace(&format!("{}/", dir.path().display()), ""))
    }

    fn error(corpus: &str, queries: &str, qrels: &str) -> String {
        load_texts(corpus, queries, qrels).unwrap_err()
    }

    #[test]
    fn a_folder_becomes_a_data_set_sorted_by_id_bytes() {
        let data = load_texts(CORPUS, QUERIES, QRELS).unwrap();
        assert_eq!((data.name.as_str(), data.split.as_str()), ("parts", "test"));
        let ids: Vec<&str> = data.docs.iter().map(|d| d.id.as_str()).collect();
        assert_eq!(ids, ["d10", "d2"]);
        assert_eq!(data.docs[0].metadata["voltage"], json!(12));
        let fields: Vec<&String> = data.docs[1].fields.keys().collect();
        assert_eq!(fields, ["oem", "title"]);
        let ids: Vec<&str> = data.queries.iter().map(|q| q.id.as_str()).collect();
        assert_eq!(ids, ["q1", "q2"]);
        assert!(
            data.queries[1]
                .filter
                .as_ref()
                .unwrap()
                .matches(&data.docs[0].metadata)
        );
        assert_eq!(data.qrels.grade("q2", "d2"), Some(0));
        assert_eq!(data.qrels.grade("q1", "d10"), None);
        assert_eq!(data.unjudged_queries, 1);
        let rows: Vec<usize> = data.files.iter().map(|f| f.rows).collect();
        assert_eq!(rows, [2, 3, 3]);
    }

    #[test]
    fn the_faults_of_all_files_come_together() {
        let corpus = "{\"_id\": \"d1\", \"text\": \"a\"}\n{\"_id\": \"d2\", \"text\n\n{\"_id\": \"d1\"}\n";
        let queries = "{\"_id\": 7, \"text\": \"a\"}\n{\"_id\": \"q2\", \"text\": \"a\", \"txt\": \"b\"}\n";
        assert_eq!(
            error(corpus, queries, "q1\td1\tgood\n"),
            "corpus.jsonl:2: malformed JSON at column 19: EOF while parsing a string\n\
             corpus.jsonl:3: blank line; remove it\n\
             corpus.jsonl:4: duplicate id `d1`, first on line 1\n\
             queries.jsonl:1: `_id` is a number; write it as a text: \"_id\": \"12\"\n\
             queries.jsonl:2: unknown key `txt`; put further facts under `metadata`\n\
             qrels/test.tsv:1: the grade `good` is not a whole number"
        );
    }

    #[test]
    fn documents_need_an_id_and_texts() {
        let one = |line: &str| error(line, QUERIES, QRELS);
        assert_eq!(one(r#"{"title": "a"}"#), "corpus.jsonl:1: no `_id`");
        assert_eq!(
            one(r#"{"_id": "d 1"}"#),
            "corpus.jsonl:1: the id `d 1` is empty or has white space in it, which run files cannot hold"
        );
        assert_eq!(
            one(r#"{"_id": "d1", "price": 3}"#),
            "corpus.jsonl:1: `price` is a number; fields are texts; put values that filters look at under `metadata`"
        );
        assert_eq!(
            one(r#"{"_id": "d1", "metadata": []}"#),
            "corpus.jsonl:1: `metadata` is a list; write an object: {\"brand\": \"…\"}"
        );
        assert_eq!(
            one(r#"{"_id": "d1", "metadata": {"price": NaN}}"#),
            "corpus.jsonl:1: `NaN` at column 37 is not JSON; leave the field out or write null"
        );
    }

    #[test]
    fn queries_need_an_id_a_text_and_a_sound_filter() {
        let one = |line: &str| error(CORPUS, line, QRELS);
        assert_eq!(one(r#"{"_id": "q1"}"#), "queries.jsonl:1: no `text`");
        assert_eq!(
            one(r#"{"_id": "q1", "text": " "}"#),
            "queries.jsonl:1: `text` is blank"
        );
        assert_eq!(
            one(
                r#"{"_id": "q1", "text": "a", "metadata": {"filter": {"must": [{"key": "v", "match": 1.5}]}}}"#
            ),
            "queries.jsonl:1: `metadata.filter`: 1.5 is no exact value; use `range` for numbers with a fraction"
        );
    }

    #[test]
    fn judgements_of_absent_documents_and_queries_are_counted() {
        let qrels = "q1\td2\t1\nq1\tx1\t1\nq9\td2\t1\nq2\tx2\t1\n";
        assert_eq!(
            error(CORPUS, QUERIES, qrels),
            "qrels/test.tsv:3: query `q9` is not in the queries file; add it or remove the judgement\n\
             qrels/test.tsv:2: document `x1` is not in the corpus (nor are those of 1 further lines); \
             add them or remove the judgements"
        );
    }

    #[test]
    fn judgements_of_strangers_can_be_left_out() {
        let qrels = "q1\td2\t1\nq1\tx1\t1\nq9\td2\t1\n";
        let data = load_with(CORPUS, QUERIES, qrels, Absent::LeftOut).unwrap();
        assert_eq!(data.qrels.by_query.len(), 1);
        assert_eq!(data.qrels.grade("q1", "d2"), Some(1));
        assert_eq!(data.qrels.grade("q1", "x1"), None);
    }

    #[test]
    fn empty_files_are_named() {
        assert_eq!(error("", QUERIES, QRELS), "corpus.jsonl: the file is empty");
        assert_eq!(error(CORPUS, QUERIES, ""), "qrels/test.tsv: the file is empty");
    }

    #[test]
    fn only_the_first_twenty_faults_of_a_file_are_shown() {
        let message = error(&"{\n".repeat(25), QUERIES, QRELS);
        assert_eq!(message.lines().count(), 21);
        assert_eq!(message.lines().last(), Some("and 5 more"));
    }
}
