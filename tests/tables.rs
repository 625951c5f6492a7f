//! Tables of every format: what they become, and what is said of each way in which one can be wrong.

mod parquet_file;
mod shared;

use std::io::Write;
use std::path::{Path, PathBuf};

use evalrun::dataset::source::BeirSource;
use evalrun::dataset::{Dataset, Source, load};
use evalrun::progress::Silent;
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::basic::{Compression as Codec, GzipLevel, ZstdLevel};
use proptest::prelude::*;
use serde_json::{Value, json};

use parquet_file::{Column, Stored, lists, texts, write, write_plain};

/// A folder of files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        for (name, bytes) in files {
            std::fs::write(folder.path(name), bytes).expect("the file can be written");
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The data set of a mapping, or its faults without the folder's name.
    fn load(&self, mapping: Value) -> Result<Dataset, String> {
        let loaded = load("set", &source(self.0.path(), mapping), &Silent);
        loaded.map_err(|e| {
            e.to_string()
                .replace(&format!("{}/", self.0.path().display()), "")
        })
    }
}

/// A source from a mapping that leaves out what is not used, and names columns that stay as they are in a list.
fn source(dir: &Path, mut mapping: Value) -> Source {
    for part in ["documents", "queries", "judgements"] {
        let Some(table) = mapping.get_mut(part).and_then(Value::as_object_mut) else {
            continue;
        };
        let file = dir.join(table["file"].as_str().expect("a file name"));
        table.insert(
            "table".to_owned(),
            json!({ "file": file, "separator": table.get("separator") }),
        );
        for key in ["text", "metadata", "vectors", "grades", "only"] {
            if part == "queries" && key == "text" {
                continue;
            }
            let columns = table.entry(key).or_insert(json!({}));
            if let Some(names) = columns.as_array() {
                *columns = names
                    .iter()
                    .map(|name| (name.as_str().expect("a column name").to_owned(), name.clone()))
                    .collect();
            }
        }
        if part == "judgements" {
            table.entry("unlisted").or_insert(json!("unjudged"));
        }
    }
    let metric = mapping.get("metric").cloned().unwrap_or(json!("cosine"));
    mapping["metric"] = metric;
    serde_json::from_value(json!({ "table": mapping })).expect("a sound mapping")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("bytes in memory");
    encoder.finish().expect("bytes in memory")
}

/// Documents from `file`, with sound queries beside them.
fn documents(file: &str, mut columns: Value) -> Value {
    columns["file"] = json!(file);
    json!({ "documents": columns, "queries": { "file": "queries.csv", "id": "id", "text": "text" } })
}

const QUERIES: &[u8] = b"id,text\nq1,starter\nq2,alternator\n";

/// What is said of documents in `file` that hold these bytes.
fn wrong(file: &str, bytes: &[u8], columns: Value) -> String {
    let folder = Folder::new(&[(file, bytes), ("queries.csv", QUERIES)]);
    folder
        .load(documents(file, columns))
        .expect_err("unusable documents")
}

#[test]
fn one_table_with_a_row_per_judgement_gives_queries_and_judgements_of_one_market() {
    let products = "id,market,name\n1,us,bolt\n1,es,perno\n2,us,nut\n";
    let examples = "qid,query,market,id,label\n7,bolt,us,1,E\n7,bolt,us,2,I\n8,perno,es,1,E\n9,nut,us,2,E\n";
    let mapping = json!({
        "documents": { "file": "p.csv", "id": "id", "text": ["name"], "only": { "market": "us" } },
        "queries": { "file": "e.csv", "id": "qid", "text": "query", "only": { "market": "us" }, "repeats": true },
        "judgements": { "file": "e.csv", "query": "qid", "document": "id", "grade": "label",
            "grades": { "E": 3, "I": 0 }, "only": { "market": "us" } },
    });
    let folder =
        |examples: &str| Folder::new(&[("p.csv", products.as_bytes()), ("e.csv", examples.as_bytes())]);
    let data = folder(examples).load(mapping.clone()).unwrap();
    let names: Vec<&str> = data.docs.iter().map(|d| d.fields["name"].as_str()).collect();
    assert_eq!(names, ["bolt", "nut"]);
    let queries: Vec<&str> = data.queries.iter().map(|q| q.id.as_str()).collect();
    assert_eq!(queries, ["7", "9"]);
    assert_eq!(
        (data.qrels.grade("7", "1"), data.qrels.grade("7", "2")),
        (Some(3), Some(0))
    );

    let differ = examples.replacen("7,bolt,us,2", "7,bolts,us,2", 1);
    assert_eq!(
        folder(&differ).load(mapping).unwrap_err(),
        "e.csv:3: the id `7` stands on line 2 too, with other content; rows that repeat an id have to say the same"
    );
}

#[test]
fn csv_rows_become_documents_queries_and_judgements() {
    let docs = "sku,name,price,stock,oem,unused\r\n\
                d2,\"Starter, 12 V\n\"\"new\"\"\",38.5,true,007,x\r\n\r\n\
                d10,Alternator,12,,,\r\n";
    let queries = "id;text;filter;class\nq2;starter;\"{\"\"must\"\": [{\"\"key\"\": \"\"price\"\", \"\"match\"\": 12}]}\";1\n\
                   q1;nobody judged this;;\nq3;alternator;;b";
    let judgements = "qid\tdoc\tlabel\tsplit\nq2\td2\tExact\ttest\nq2\td10\tNone\ttest\nq3\td10\tExact\ttest\nq1\td2\tExact\ttrain\n";
    let folder = Folder::new(&[
        ("docs.csv.gz", &gzip(docs.as_bytes())),
        ("queries.csv", queries.as_bytes()),
        ("judged.tsv", judgements.as_bytes()),
    ]);
    let data = folder
        .load(json!({
            "documents": { "file": "docs.csv.gz", "id": "sku", "text": { "title": "name" }, "metadata": ["price", "stock", "oem"] },
            "queries": { "file": "queries.csv", "separator": ";", "id": "id", "text": "text", "filter": "filter", "metadata": ["class"] },
            "judgements": { "file": "judged.tsv", "query": "qid", "document": "doc", "grade": "label",
                "grades": { "Exact": 2, "None": 0 }, "only": { "split": "test" } },
        }))
        .unwrap();
    let ids: Vec<&str> = data.docs.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["d10", "d2"]);
    assert_eq!(data.docs[1].fields["title"], "Starter, 12 V\n\"new\"");
    assert_eq!(
        Value::Object(data.docs[1].metadata.clone()),
        json!({ "price": 38.5, "stock": true, "oem": "007" })
    );
    assert_eq!(
        Value::Object(data.docs[0].metadata.clone()),
        json!({ "price": 12 })
    );
    let ids: Vec<&str> = data.queries.iter().map(|q| q.id.as_str()).collect();
    assert_eq!((ids, data.unjudged_queries), (vec!["q2", "q3"], 1));
    assert!(
        data.queries[0]
            .filter
            .as_ref()
            .unwrap()
            .matches(&data.docs[0].metadata)
    );
    assert_eq!(data.queries[0].metadata["class"], 1);
    assert_eq!(
        (data.qrels.grade("q2", "d2"), data.qrels.grade("q2", "d10")),
        (Some(2), Some(0))
    );
    assert_eq!(data.split, "test");
    let rows: Vec<usize> = data.files.iter().map(|f| f.rows).collect();
    assert_eq!(rows, [2, 3, 3]);
}

#[test]
fn json_lines_keep_their_types_and_reach_into_objects() {
    let docs =
        br#"{"id": 12, "title": "Starter", "maker": {"name": "Tarnholt", "since": 1999}, "tags": ["a", 1]}
{"id": 7, "title": null, "maker": {"name": "Ohmveld"}}
"#;
    let queries = br#"{"text": "starter", "cond": {"must": [{"key": "since", "match": 1999}]}}"#;
    let folder = Folder::new(&[("docs.jsonl", docs), ("queries.jsonl.gz", &gzip(queries))]);
    let data = folder
        .load(json!({
            "documents": { "file": "docs.jsonl", "id": "id", "text": ["title"],
                "metadata": { "maker": "maker.name", "since": "maker.since", "tags": "tags" } },
            "queries": { "file": "queries.jsonl.gz", "text": "text", "filter": "cond" },
        }))
        .unwrap();
    assert_eq!((data.docs[0].id.as_str(), data.docs[1].id.as_str()), ("12", "7"));
    let metadata = json!({ "maker": "Tarnholt", "since": 1999, "tags": ["a", 1] });
    assert_eq!(Value::Object(data.docs[0].metadata.clone()), metadata);
    assert!(data.docs[1].fields.is_empty());
    assert_eq!(data.queries[0].id, "0");
    assert!(
        data.queries[0]
            .filter
            .as_ref()
            .unwrap()
            .matches(&data.docs[0].metadata)
    );
    assert!(!data.is_judged());
}

#[test]
fn rows_without_a_column_of_ids_are_numbered_in_equal_width() {
    let docs: String = (0..11).map(|i| format!("part {i}\n")).collect();
    let folder = Folder::new(&[
        ("docs.csv", format!("title\n{docs}").as_bytes()),
        ("queries.csv", QUERIES),
    ]);
    let data = folder
        .load(documents("docs.csv", json!({ "text": ["title"] })))
        .unwrap();
    let ids: Vec<&str> = data.docs.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids[..2], ["00", "01"]);
    assert_eq!(data.docs[10].fields["title"], "part 10");
}

/// The same three vectors in every format, and what they become.
#[test]
fn vectors_are_sorted_with_their_documents_and_dropped_with_their_queries() {
    let rows: [(&str, [f32; 2]); 3] = [("b", [0.0, 2.0]), ("c", [3.0, 4.0]), ("a", [1.0, 0.0])];
    let csv = rows
        .iter()
        .map(|(id, v)| format!("{id},\"{v:?}\"\n"))
        .collect::<String>();
    let jsonl = rows
        .iter()
        .map(|(id, v)| format!("{{\"id\": \"{id}\", \"emb\": {v:?}}}\n"))
        .collect::<String>();
    let folder = Folder::new(&[
        ("v.csv", format!("id,emb\n{csv}").as_bytes()),
        ("v.jsonl", jsonl.as_bytes()),
        ("judged.csv", b"q,d,g\nc,a,1\na,a,1\n"),
    ]);
    let columns = || {
        vec![
            texts(&["b", "c", "a"]),
            lists(&[&rows[0].1, &rows[1].1, &rows[2].1]),
        ]
    };
    write_plain(&folder.path("v.parquet"), &format!("{ID} {LIST}"), columns());
    for file in ["v.csv", "v.jsonl", "v.parquet"] {
        for (metric, c) in [("cosine", [0.6, 0.8]), ("dot", [3.0, 4.0])] {
            let table = json!({ "file": file, "id": "id", "vectors": { "e": "emb" } });
            let data = folder
                .load(json!({ "documents": table, "queries": table, "metric": metric,
                    "judgements": { "file": "judged.csv", "query": "q", "document": "d", "grade": "g" } }))
                .unwrap();
            let given = &data.vectors["e"];
            let b = if metric == "dot" { 2.0 } else { 1.0 };
            assert_eq!(
                given.docs.as_flat(),
                [1.0, 0.0, 0.0, b, c[0], c[1]],
                "{file} {metric}"
            );
            assert_eq!(given.queries.as_flat(), [1.0, 0.0, c[0], c[1]], "{file} {metric}");
        }
    }
}

const ID: &str = "required binary id (STRING);";
const LIST: &str = "optional group emb (LIST) { repeated group list { optional float element; } }";

#[test]
fn parquet_types_become_cells_in_every_encoding_and_across_row_groups() {
    let schema =
        "required int64 id; optional binary title (STRING); optional double price; required boolean stock;
        optional group maker { optional int32 since (INTEGER(32, false)); }
        optional group tags (LIST) { repeated group list { optional float element; } } repeated int32 years;";
    let group = |first: i64| {
        vec![
            Column::Int64(vec![first, first + 1], vec![]),
            Column::Text(vec![b"Starter".to_vec()], vec![1, 0]),
            Column::Double(vec![0.5], vec![0, 1]),
            Column::Bool(vec![true, false], vec![]),
            Column::Int32(vec![-1], vec![2, 1]),
            Column::Lists(vec![Some(vec![Some(1.5), None]), None]),
            Column::Levels(vec![1999, 2004], vec![0, 1, 1], vec![0, 0, 1]),
        ]
    };
    let codecs = [
        Codec::UNCOMPRESSED,
        Codec::SNAPPY,
        Codec::GZIP(GzipLevel::default()),
        Codec::ZSTD(ZstdLevel::default()),
        Codec::LZ4_RAW,
    ];
    let folder = Folder::new(&[("queries.csv", QUERIES)]);
    for (compression, dictionary) in codecs
        .into_iter()
        .flat_map(|codec| [(codec, true), (codec, false)])
    {
        let stored = Stored {
            compression,
            dictionary,
        };
        write(&folder.path("d.parquet"), schema, &stored, &[group(1), group(3)]);
        let columns = json!({ "id": "id", "text": ["title"],
            "metadata": { "price": "price", "stock": "stock", "since": "maker.since", "tags": "tags", "years": "years" } });
        let data = folder.load(documents("d.parquet", columns)).unwrap();
        let ids: Vec<&str> = data.docs.iter().map(|d| d.id.as_str()).collect();
        assert_eq!(ids, ["1", "2", "3", "4"]);
        assert_eq!(data.docs[2].fields["title"], "Starter");
        let metadata = |i: usize| Value::Object(data.docs[i].metadata.clone());
        let first = json!({ "stock": true, "since": u32::MAX, "tags": [1.5, null], "years": [] });
        assert_eq!(metadata(2), first, "{compression:?} {dictionary}");
        assert_eq!(
            metadata(3),
            json!({ "price": 0.5, "stock": false, "years": [1999, 2004] })
        );
        assert_eq!(data.files[0].rows, 4);
    }
}

#[test]
fn headers_that_do_not_fit_the_mapping_are_answered_with_the_columns_there_are() {
    let columns = || json!({ "id": "id", "text": ["titel"], "metadata": ["price"] });
    assert_eq!(
        wrong("d.csv", b"id,title,price\nd1,a,1\n", columns()),
        "d.csv:1: no column `titel`; did you mean `title`? there are `id`, `title`, `price`"
    );
    assert_eq!(
        wrong("d.csv", b"id;titel;price\nd1;a;1\n", columns()),
        "d.csv:1: no column `id`; there are `id;titel;price`\n\
         d.csv:1: no column `titel`; there are `id;titel;price`\n\
         d.csv:1: no column `price`; there are `id;titel;price`"
    );
    assert_eq!(
        wrong("d.tsv", b"d1\tStarter\t12\n", columns()),
        "d.tsv:1: no column `id`; there are `d1`, `Starter`, `12`\n\
         d.tsv:1: no column `titel`; there are `d1`, `Starter`, `12`\n\
         d.tsv:1: no column `price`; there are `d1`, `Starter`, `12`"
    );
    assert_eq!(
        wrong("d.csv", b"id,titel,price,titel\nd1,a,1,b\n", columns()),
        "d.csv:1: the header has the column `titel` twice; rename one of them"
    );
    assert_eq!(
        wrong(
            "d.jsonl",
            b"{\"id\": 1, \"title\": \"a\"}\n{\"id\": 2, \"spec\": {\"price\": 2}}\n",
            columns()
        ),
        "d.jsonl: no column `price`; there are `id`, `spec.price`, `title`\n\
         d.jsonl: no column `titel`; did you mean `title`? there are `id`, `spec.price`, `title`"
    );
}

#[test]
fn csv_rows_that_cannot_be_used_are_named_with_their_line() {
    let columns = || json!({ "id": "id", "text": ["title"], "vectors": ["emb"] });
    let text = "id,title,emb\r\n\
        d1,\"two\r\nlines\",\"[1, 2]\"\r\n\
        d2,short\r\n\
        \r\n\
        d 3,a,\"[1, 2]\"\r\n\
        d4,a,\"[1, 2, 3]\"\r\n\
        d5,a,\"[1, nan]\"\r\n\
        d6,a,\"[inf, 0]\"\r\n\
        d7,a,[0 0]\r\n\
        d8,a,\"[1, x]\"\r\n\
        d9,a,\r\n\
        ,a,\"[1, 2]\"\r\n\
        d1,a,\"[1, 2]\"\r\n";
    let mut bytes = text.as_bytes().to_vec();
    bytes.extend_from_slice(b"d10,caf\xe9,\"[1, 2]\"\r\n");
    assert_eq!(
        wrong("d.csv", &bytes, columns()),
        "d.csv:4: 2 columns, but the header has 3; put quotes round cells that hold the separator\n\
         d.csv:6: the id `d 3` is empty or has white space in it, which run files cannot hold\n\
         d.csv:7: `emb` has 3 values, but 2 in the first row; all vectors of a column are of one model\n\
         d.csv:8: `emb`: value 2 is NaN; make this vector again or leave the row out\n\
         d.csv:9: `emb`: value 1 is inf; make this vector again or leave the row out\n\
         d.csv:10: `emb` has only zeros; such a vector has no direction to compare by cosine: leave the row out, or compare by `dot` or `l2`\n\
         d.csv:11: `emb`: value 2 is `x`; a vector is a list of numbers\n\
         d.csv:12: no value in `emb`, which every row needs\n\
         d.csv:13: no value in `id`, which every row needs\n\
         d.csv:14: duplicate id `d1`, first on line 2\n\
         d.csv:15: `title`: byte 4 is not UTF-8; convert the file, for instance with `iconv -f LATIN1 -t UTF-8`"
    );
}

#[test]
fn an_open_quote_is_named_where_it_opens() {
    let text = b"id,title\nd1,\"a\nb\"\nd2,\"never closed\nd3,c\n";
    assert_eq!(
        wrong("d.csv", text, json!({ "id": "id", "text": ["title"] })),
        "d.csv:4: a quote that opens in this row is never closed; write quotes inside of a cell twice, or get the file \
         anew if it was cut off"
    );
}

#[test]
fn json_lines_that_cannot_be_used_are_named_with_their_line() {
    let columns = json!({ "id": "id", "text": ["title"], "vectors": ["emb"] });
    let text = br#"{"id": "d1", "title": "a", "emb": [1, 2]}
{"id": 1.5, "title": "a", "emb": [1, 2]}
{"id": "d3", "title": 12, "emb": [1, 2]}
{"id": "d4", "emb": [1]}
{"id": "d5", "emb": [1, NaN]}
{"id": "d6", "emb": [1, "2"]}
{"id": "d7", "emb": "1 2"}
{"id": "d8", "emb": [1e300, 2]}
{"id": "d9", "title": "cut
"#;
    assert_eq!(
        wrong("d.jsonl", text, columns),
        "d.jsonl:2: `id` is a number with a fraction; an id is a text or a whole number\n\
         d.jsonl:3: `title` is a number; text fields take texts; write it as one, or name the column under `metadata`\n\
         d.jsonl:4: `emb` has 1 values, but 2 in the first row; all vectors of a column are of one model\n\
         d.jsonl:5: `NaN` at column 25 is not JSON; leave the field out or write null\n\
         d.jsonl:6: `emb`: value 2 is `\"2\"`; a vector is a list of numbers\n\
         d.jsonl:7: `emb` is a text; a vector is a list of numbers: [0.1, 0.2]\n\
         d.jsonl:8: `emb`: value 1 is inf; make this vector again or leave the row out\n\
         d.jsonl:9: malformed JSON at column 26: EOF while parsing a string"
    );
}

/// What is said of a Parquet file of documents.
fn wrong_parquet(schema: &str, columns: Vec<Column>, mapping: Value) -> String {
    let folder = Folder::new(&[("queries.csv", QUERIES)]);
    write_plain(&folder.path("d.parquet"), schema, columns);
    folder
        .load(documents("d.parquet", mapping))
        .expect_err("unusable documents")
}

#[test]
fn parquet_rows_that_cannot_be_used_are_named_by_number() {
    let rows = Column::Lists(vec![
        Some(vec![Some(1.0), Some(2.0)]),
        Some(vec![Some(1.0), Some(f32::NAN)]),
        Some(vec![Some(f32::NEG_INFINITY), Some(2.0)]),
        Some(vec![Some(0.0), Some(-0.0)]),
        Some(vec![Some(1.0)]),
        None,
        Some(vec![]),
        Some(vec![Some(1.0), None]),
        Some(vec![Some(1.0), Some(2.0)]),
    ]);
    let ids = texts(&["a", "b", "c", "d", "e", "f", "g", "h", "a"]);
    assert_eq!(
        wrong_parquet(
            &format!("{ID} {LIST}"),
            vec![ids, rows],
            json!({ "id": "id", "vectors": ["emb"] })
        ),
        "d.parquet: row 2: `emb`: value 2 is NaN; make this vector again or leave the row out\n\
         d.parquet: row 3: `emb`: value 1 is -inf; make this vector again or leave the row out\n\
         d.parquet: row 4: `emb` has only zeros; such a vector has no direction to compare by cosine: leave the row out, or compare by `dot` or `l2`\n\
         d.parquet: row 5: `emb` has 1 values, but 2 in the first row; all vectors of a column are of one model\n\
         d.parquet: row 6: no value in `emb`, which every row needs\n\
         d.parquet: row 7: no value in `emb`, which every row needs\n\
         d.parquet: row 8: `emb`: value 2 is `null`; a vector is a list of numbers\n\
         d.parquet: row 9: duplicate id `a`, first in row 1"
    );
    let schema = "required double id; required binary title (STRING); required double price;";
    let columns = vec![
        Column::Double(vec![1.5, 2.0], vec![]),
        Column::Text(vec![b"a".to_vec(), b"caf\xe9".to_vec()], vec![]),
        Column::Double(vec![1.0, f64::NAN], vec![]),
    ];
    assert_eq!(
        wrong_parquet(
            schema,
            columns,
            json!({ "id": "id", "text": ["title"], "metadata": ["price"] })
        ),
        "d.parquet: row 1: `id` is a number with a fraction; an id is a text or a whole number\n\
         d.parquet: row 2: `title`: byte 4 is not UTF-8; convert the file, for instance with `iconv -f LATIN1 -t UTF-8`"
    );
    let columns = vec![texts(&["a"]), Column::Double(vec![f64::NAN], vec![])];
    assert_eq!(
        wrong_parquet(
            &format!("{ID} required double price;"),
            columns,
            json!({ "id": "id", "metadata": ["price"] })
        ),
        "d.parquet: row 1: `price` is NaN, which is no number to filter by; leave the cell empty"
    );
}

#[test]
fn parquet_columns_of_other_types_are_refused_with_their_type() {
    let schema = format!("{ID} required int32 day (DATE); required binary title (STRING);");
    let columns = || vec![texts(&[]), Column::Int32(vec![], vec![]), texts(&[])];
    assert_eq!(
        wrong_parquet(
            &schema,
            columns(),
            json!({ "id": "ID", "metadata": ["day"], "vectors": ["title"] })
        ),
        "d.parquet: no column `ID`; did you mean `id`? there are `id`, `day`, `title`"
    );
    assert_eq!(
        wrong_parquet(
            &schema,
            columns(),
            json!({ "id": "id", "metadata": ["day"], "vectors": ["title"] })
        ),
        "d.parquet: the column `day` is INT32 (Date); write it as text, whole numbers, float, double, boolean, or a list of one of them\n\
         d.parquet: the column `title` is text; a vector is a list of float, double or whole numbers"
    );
}

#[test]
fn grades_and_pairs_of_judgements_are_checked() {
    let docs = b"id,title\nd1,a\nd2,b\n";
    let judged = |text: &str, more: Value| {
        let folder = Folder::new(&[
            ("d.csv", docs),
            ("queries.csv", QUERIES),
            ("j.csv", text.as_bytes()),
        ]);
        let mut mapping = documents("d.csv", json!({ "id": "id", "text": ["title"] }));
        mapping["judgements"] = json!({ "file": "j.csv", "query": "q", "document": "d", "grade": "g" });
        for (key, value) in more.as_object().unwrap() {
            mapping["judgements"][key] = value.clone();
        }
        folder.load(mapping).unwrap_err()
    };
    assert_eq!(
        judged(
            "q,d,g\nq1,d1,abc\nq1,d2,nan\nq2,d1,1.7\nq2,d2,\nq2,d2,1\nq2,d2,0\n",
            json!({})
        ),
        "j.csv:2: the grade `abc` is not a whole number\n\
         j.csv:3: the grade `nan` is not a whole number\n\
         j.csv:4: the grade `1.7` is not a whole number\n\
         j.csv:5: no value in `g`, which every row needs\n\
         j.csv:7: query `q2` and document `d2` are judged twice, first on line 6"
    );
    assert_eq!(
        judged(
            "q,d,g\nq1,d1,exact\n",
            json!({ "grades": { "Exact": 2, "None": 0 } })
        ),
        "j.csv:2: the grade `exact` is not among `grades`, which has `Exact`, `None`"
    );
    assert_eq!(
        judged(
            "q,d,g,split\nq1,d1,1,train\nq1,d2,1,dev\n",
            json!({ "only": { "split": "test" } })
        ),
        "j.csv: no row has `test` in `split`, as `only` asks; there are `dev`, `train`"
    );
    assert_eq!(
        judged("q,d,g\nq1,d9,1\nq9,d1,1\nq1,d8,1\n", json!({})),
        "j.csv:3: query `q9` is not in the queries file; add it or remove the judgement\n\
         j.csv:2: document `d9` is not in the corpus (nor are those of 1 further lines); add them or remove the judgements"
    );
}

#[test]
fn the_faults_of_all_files_come_together_up_to_twenty_each() {
    let docs = format!("id,title\n{}", "a b,c\n".repeat(25));
    let folder = Folder::new(&[
        ("d.csv", docs.as_bytes()),
        ("queries.csv", b"id,text\nq1, \nq2\n"),
        ("j.jsonl", b"{\"q\": \"q1\", \"d\": \"d1\", \"g\": true}\n"),
    ]);
    let mut mapping = documents("d.csv", json!({ "id": "id", "text": ["title"] }));
    mapping["judgements"] = json!({ "file": "j.jsonl", "query": "q", "document": "d", "grade": "g" });
    let message = folder.load(mapping).unwrap_err();
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 24);
    assert_eq!(
        lines[19..],
        [
            "d.csv:21: the id `a b` is empty or has white space in it, which run files cannot hold",
            "queries.csv:2: no value in `text`, which every row needs",
            "queries.csv:3: 1 columns, but the header has 2; put quotes round cells that hold the separator",
            "j.jsonl:1: the grade `true` is not a whole number",
            "and 5 more",
        ]
    );
}

#[test]
fn files_that_are_cut_off_or_no_tables_are_refused_whole() {
    let columns = || json!({ "id": "id", "text": ["title"] });
    let said = |file: &str, bytes: &[u8]| wrong(file, bytes, columns());
    let text = gzip(b"id,title\nd1,a\n");
    assert_eq!(said("d.csv", b""), "d.csv: the file is empty");
    assert_eq!(said("d.jsonl", b""), "d.jsonl: the file is empty");
    assert_eq!(said("d.parquet", b""), "d.parquet: the file is empty");
    assert_eq!(said("d.csv", b"id,title\n"), "d.csv: a header and no rows");
    let cut = "unexpected end of file; it was cut off, get it anew";
    assert_eq!(
        said("d.csv.gz", &text[..text.len() - 6]),
        format!("d.csv.gz: {cut}")
    );
    assert_eq!(
        said("d.jsonl.gz", &text[..text.len() - 6]),
        format!("d.jsonl.gz: {cut}")
    );
    assert_eq!(
        said("d.csv", b"\xff\xfei\0d\0"),
        "d.csv: the file is UTF-16; convert it with `iconv -f UTF-16 -t UTF-8`"
    );
    assert_eq!(
        said("d.xlsx", b"PK"),
        "d.xlsx: no table by its name; it has to end in .csv, .tsv, .jsonl (each also with .gz) or .parquet"
    );
    let folder = Folder::new(&[("queries.csv", QUERIES)]);
    write_plain(&folder.path("d.parquet"), ID, vec![texts(&["a", "b"])]);
    let whole = std::fs::read(folder.path("d.parquet")).unwrap();
    assert_eq!(
        said("d.parquet", &whole[..whole.len() - 3]),
        "d.parquet: no Parquet file that can be read (Parquet error: Invalid Parquet file. Corrupt footer); get it anew \
         if it was cut off or changed"
    );
    // Its end is whole, and what it says of the rest is not true any more.
    assert_eq!(
        wrong("d.parquet", &whole[20..], json!({ "id": "id" }))
            .split(" (")
            .next(),
        Some("d.parquet: cannot be read behind row 0")
    );
}

#[test]
fn vectors_of_documents_and_queries_go_together() {
    let docs = b"{\"id\": 1, \"emb\": [1, 2]}\n";
    let queries = b"{\"id\": 1, \"emb\": [1, 2, 3]}\n";
    let folder = Folder::new(&[("d.jsonl", docs), ("q.jsonl", queries)]);
    let said = |docs: Value, queries: Value| {
        let table = |file: &str, vectors| json!({ "file": file, "id": "id", "vectors": vectors });
        folder
            .load(json!({ "documents": table("d.jsonl", docs), "queries": table("q.jsonl", queries) }))
            .unwrap_err()
    };
    assert_eq!(
        said(json!(["emb"]), json!(["emb"])),
        format!(
            "q.jsonl: `emb` has 3 values per row, but `emb` of d.jsonl has 2; take the queries that were made with those documents",
        )
    );
    assert_eq!(
        said(json!(["emb"]), json!([])),
        "q.jsonl: the documents have vectors `emb`; name the column of the queries' under `vectors` too"
    );
    assert_eq!(
        said(json!([]), json!(["emb"])),
        "d.jsonl: the queries have vectors `emb`; name the column of the documents' under `vectors` too"
    );
}

/// The public sets, read as tables with a mapping, are those that BEIR's reader reads.
#[test]
fn public_sets_are_the_same_as_tables() {
    let Some(root) = shared::shared("datasets") else {
        return;
    };
    let metadata = |names: &[&str]| -> Value {
        names
            .iter()
            .map(|name| ((*name).to_owned(), json!(format!("metadata.{name}"))))
            .collect()
    };
    let of_docs: [(&str, &[&str], &[&str]); 4] = [
        (
            "amazon-google",
            &["price", "manufacturer", "currency"],
            &["manufacturer", "description", "price"],
        ),
        (
            "chorus-electronics",
            &[
                "brand",
                "model",
                "price",
                "date_released",
                "ean",
                "attributes",
                "colour",
                "type",
            ],
            &[],
        ),
        (
            "cranfield",
            &["author", "bibliography", "year"],
            &["source_number"],
        ),
        ("scifact", &["structured", "sentences"], &["split", "evidence"]),
    ];
    for (name, of_docs, of_queries) in of_docs {
        let dir = root.join(name);
        let beir = Source::Beir(BeirSource {
            dir: dir.clone(),
            ..BeirSource::default()
        });
        let expected = load(name, &beir, &Silent).unwrap();
        let table = source(
            &dir,
            json!({
                "documents": { "file": "corpus.jsonl.gz", "id": "_id", "text": ["title", "text"], "metadata": metadata(of_docs) },
                "queries": { "file": "queries.jsonl", "id": "_id", "text": "text", "metadata": metadata(of_queries) },
                "judgements": { "file": "qrels/test.tsv", "query": "query-id", "document": "corpus-id", "grade": "score" },
            }),
        );
        let found = load(name, &table, &Silent).unwrap();
        assert!(found.docs == expected.docs, "documents of {name}");
        assert!(found.queries == expected.queries, "queries of {name}");
        assert_eq!(found.qrels, expected.qrels, "{name}");
        assert_eq!(found.unjudged_queries, expected.unjudged_queries, "{name}");
        assert_eq!(found.files, expected.files, "{name}");
    }
}

/// A sound Parquet file for what follows.
fn sound_parquet() -> Vec<u8> {
    let folder = Folder::new(&[]);
    let path = folder.path("d.parquet");
    write_plain(
        &path,
        &format!("{ID} {LIST}"),
        vec![texts(&["a", "b"]), lists(&[&[1.0, 2.0], &[3.0, 4.0]])],
    );
    std::fs::read(path).expect("a file that was just written")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,200}") {
        let columns = json!({ "id": "id", "text": ["title"], "vectors": ["emb"] });
        for file in ["d.csv", "d.tsv", "d.jsonl", "d.parquet"] {
            let _ = wrong_or_not(file, &bytes, columns.clone());
            let _ = wrong_or_not(file, format!("id,title,emb\n{text}").as_bytes(), columns.clone());
        }
    }

    #[test]
    fn no_change_to_a_sound_parquet_file_makes_its_reader_panic(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = sound_parquet();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let columns = json!({ "id": "id", "vectors": ["emb"] });
        let _ = wrong_or_not("d.parquet", &bytes, columns.clone());
        bytes.truncate(cut.index(bytes.len()));
        let _ = wrong_or_not("d.parquet", &bytes, columns);
    }
}

fn wrong_or_not(file: &str, bytes: &[u8], columns: Value) -> Result<Dataset, String> {
    Folder::new(&[(file, bytes), ("queries.csv", QUERIES)]).load(documents(file, columns))
}
