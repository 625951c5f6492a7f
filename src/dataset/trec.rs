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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::dataset::source::TopicField;

    const DOCS: &str = "<DOC>
<DOCNO> FT-2 </DOCNO>
<HEADLINE>Starter motors &amp;
  alternators</HEADLINE>
<DATE>1994</DATE>

<TEXT>
<P>For 12 V systems.</P> Current < 400 A
</TEXT>
</DOC>
<doc><docno>FT-10</docno><title>Fuses</title>Blade fuses.</doc><DOC><DOCNO>FT-1</DOCNO></DOC>
";
    const TOPICS: &str = "<top>
<num> Number: 301
<title> International Organized Crime

<desc> Description:
Identify organizations that take part
in crime.

<narr> Narrative:
A relevant document names one.

</top>

<top>
<num> Number: 302 </num>
<title> Topic: Starters </title>
<desc> Description: Which starters are there? </desc>
</top>
";
    const QRELS: &str = "302 0 FT-2 -2\n301 0 FT-10 1\n302 0 FT-1 0\n";

    fn ask(files: [(&str, &[u8]); 3], query: TopicField) -> Result<Dataset, String> {
        let dir = tempfile::tempdir().unwrap();
        let [documents, topics, qrels] = files.map(|(name, bytes)| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        });
        let unlisted = crate::dataset::Unlisted::Unjudged;
        let source = TrecSource {
            documents,
            topics,
            query,
            qrels,
            unlisted,
        };
        load("track", &source).map_err(|e| e.to_string().replace(&format!("{}/", dir.path().display()), ""))
    }

    fn texts(data: &Dataset) -> Vec<(&str, &str)> {
        data.queries
            .iter()
            .map(|q| (q.id.as_str(), q.text.as_str()))
            .collect()
    }

    fn fields(data: &Dataset) -> Vec<String> {
        data.docs
            .iter()
            .map(|d| format!("{} {:?}", d.id, d.fields))
            .collect()
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn trec_text_and_classic_topics_become_a_data_set() {
        let files = |query| {
            let (docs, topics, qrels) = (gzip(DOCS), gzip(TOPICS), gzip(QRELS));
            ask(
                [
                    ("docs.gz", &docs),
                    ("topics.301-302.gz", &topics),
                    ("qrels.robust.txt.gz", &qrels),
                ],
                query,
            )
        };
        let data = files(TopicField::Title).unwrap();
        assert_eq!(
            fields(&data),
            [
                r#"FT-1 {}"#,
                r#"FT-10 {"text": "Blade fuses.", "title": "Fuses"}"#,
                r#"FT-2 {"text": "1994 For 12 V systems. Current < 400 A", "title": "Starter motors & alternators"}"#,
            ]
        );
        assert_eq!(
            texts(&data),
            [("301", "International Organized Crime"), ("302", "Starters")]
        );
        assert_eq!(
            (data.qrels.grade("302", "FT-2"), data.qrels.grade("302", "FT-10")),
            (Some(-2), None)
        );
        assert_eq!(data.split, "qrels.robust");
        let rows: Vec<usize> = data.files.iter().map(|f| f.rows).collect();
        assert_eq!(rows, [3, 2, 3]);

        let data = files(TopicField::Description).unwrap();
        assert_eq!(
            texts(&data)[0],
            ("301", "Identify organizations that take part in crime.")
        );
        let data = files(TopicField::TitleDescription).unwrap();
        assert_eq!(texts(&data)[1], ("302", "Starters Which starters are there?"));
    }

    #[test]
    fn json_lines_xml_and_tsv_are_read_too() {
        let docs = "{\"docid\": 7, \"title\": \"Fuses\", \"contents\": \"Blade fuses.\", \"url\": 3}
{\"id\": \"b\", \"text\": \"Relays.\", \"title\": null}
";
        let topics = "<?xml version=\"1.0\"?>
<topics task=\"COVID\">
  <topic number=\"1\"><query>fuse types</query><question>which <b>fuses</b> are there?</question></topic>
  <topic number=\"2\">a topic that nobody judged</topic>
</topics>
";
        let files = |query| {
            ask(
                [
                    ("d.jsonl", docs.as_bytes()),
                    ("t.xml", topics.as_bytes()),
                    ("q", b"1 0 7 1\n"),
                ],
                query,
            )
        };
        let data = files(TopicField::Title).unwrap();
        assert_eq!(
            fields(&data),
            [
                r#"7 {"text": "Blade fuses.", "title": "Fuses"}"#,
                r#"b {"text": "Relays."}"#
            ]
        );
        assert_eq!(
            (texts(&data), data.unjudged_queries),
            (vec![("1", "fuse types")], 1)
        );
        assert_eq!(
            files(TopicField::Description).unwrap_err(),
            "t.xml:4: topic 2 has no description; choose another part with `query:`"
        );

        let docs = b"7\tBlade fuses.\nb\tRelays\tFor 12 V.\n";
        let files = |query| {
            ask(
                [
                    ("d.tsv", docs),
                    ("t.tsv", b"1\tfuse  types\n"),
                    ("q", b"1 0 7 1\n"),
                ],
                query,
            )
        };
        let data = files(TopicField::Title).unwrap();
        assert_eq!(
            fields(&data),
            [
                r#"7 {"text": "Blade fuses."}"#,
                r#"b {"text": "For 12 V.", "title": "Relays"}"#
            ]
        );
        assert_eq!(texts(&data), [("1", "fuse types")]);
        assert_eq!(
            files(TopicField::Description).unwrap_err(),
            "t.tsv:1: a `.tsv` of topics has no descriptions; ask the title, or take the topics as published"
        );
    }

    #[test]
    fn everything_that_is_wrong_comes_with_file_and_line() {
        let docs = "stray\n<DOC>\n<DOCNO>a</DOCNO>\n<DOC>\nno number\n</DOC>\n<DOC><DOCNO>b c</DOCNO></DOC>\n\
                    <DOC><DOCNO>d</DOCNO></DOC>\n<DOC><DOCNO>d</DOCNO></DOC>\n<DOC>\n<DOCNO>cut off\n";
        let topics = "<top>\n<num> Number: 1\n<desc> Description: x\n</top>\n<top>\n<title> a\n</top>\n\
                      <top>\n<num> 3\n<title> a\n</top>\n<top>\n<num> 3\n<title> b\n</top>\n<top>\n";
        let qrels = "1 0 d 1.7\n1 0 d\n1 0 d nan\n";
        let all = [
            ("docs", docs.as_bytes()),
            ("topics", topics.as_bytes()),
            ("qrels", qrels.as_bytes()),
        ];
        assert_eq!(
            ask(all, TopicField::Title).unwrap_err(),
            "docs:1: text outside of `<doc>`; it would belong to nothing\n\
             docs:2: `<doc>` is never closed; get the file anew if it was cut off\n\
             docs:4: a document without `<DOCNO>`\n\
             docs:7: the id `b c` is empty or has white space in it, which run files cannot hold\n\
             docs:9: duplicate id `d`, first on line 8\n\
             docs:10: `<doc>` is never closed; get the file anew if it was cut off\n\
             topics:1: topic 1 has no title; choose another part with `query:`\n\
             topics:5: a topic without a number: `<num> Number: 301`, or `<topic number=\"1\">`\n\
             topics:12: duplicate id `3`, first on line 8\n\
             topics:16: `<top>` is never closed; get the file anew if it was cut off\n\
             qrels:1: the grade `1.7` is not a whole number\n\
             qrels:2: 3 columns, expected 4: query, iteration, document, grade\n\
             qrels:3: the grade `nan` is not a whole number"
        );
        let strange = ask(
            [
                ("docs", DOCS.as_bytes()),
                ("topics", TOPICS.as_bytes()),
                ("qrels", b"303 0 FT-1 1\n301 0 FT-3 1\n"),
            ],
            TopicField::Title,
        );
        assert_eq!(
            strange.unwrap_err(),
            "qrels:1: query `303` is not in the queries file; add it or remove the judgement\n\
             qrels:2: document `FT-3` is not in the corpus; add it or remove the judgement"
        );
    }

    #[test]
    fn lines_of_other_formats_and_whole_files_are_checked() {
        let docs = |name: &str, bytes: &[u8]| {
            ask(
                [
                    (name, bytes),
                    ("topics", TOPICS.as_bytes()),
                    ("qrels", b"301 0 a 1\n"),
                ],
                TopicField::Title,
            )
            .unwrap_err()
        };
        assert_eq!(
            docs("d.jsonl", b"{\"text\": \"a\"}\n{\"id\": 1.5, \"text\": \"a\"}\n{\"id\": 1}\n{\"id\": 1, \"text\": 2}\n{\n"),
            "d.jsonl:1: no `id`, `_id` or `docid`\n\
             d.jsonl:2: `id` is a number; an id is a text or a whole number\n\
             d.jsonl:3: no `contents` or `text`\n\
             d.jsonl:4: `text` is a number; write a text\n\
             d.jsonl:5: malformed JSON at column 1: EOF while parsing an object"
        );
        assert_eq!(
            docs("d.tsv", b"a\n\xff\tb\n"),
            "d.tsv:1: 1 columns, expected 2 or 3 separated by tabs: id, perhaps title, text\n\
             d.tsv:2: byte 1 is not UTF-8; convert the file, for instance with `iconv -f LATIN1 -t UTF-8`"
        );
        assert_eq!(docs("d", b""), "d: the file is empty");
        assert_eq!(
            docs("d", b"\n\n"),
            "d: no `<DOC>` in it; other formats end in .jsonl or .tsv"
        );
        let cut = gzip(DOCS);
        assert_eq!(
            docs("d.gz", &cut[..cut.len() - 6]),
            "d.gz: unexpected end of file; it was cut off, get it anew"
        );
        let topics = ask(
            [
                ("docs", DOCS.as_bytes()),
                ("t.txt", b"1 a\n"),
                ("qrels", b"301 0 a 1\n"),
            ],
            TopicField::Title,
        );
        assert_eq!(
            topics.unwrap_err(),
            "t.txt: no `<top>` and no `<topic>` in it; the other format ends in .tsv"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[<>/!a-z é&#;\n\"=-]{0,200}") {
            for name in ["f", "f.jsonl", "f.tsv"] {
                for bytes in [&bytes, text.as_bytes(), format!("<doc><top><docno>{text}").as_bytes()] {
                    let _ = ask([(name, bytes), (name, bytes), ("qrels", bytes)], TopicField::Title);
                }
            }
        }
    }
}
