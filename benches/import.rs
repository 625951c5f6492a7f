//! What reading vectors from Parquet takes: 1,000,000 rows of 384 float32, as one row group and as many. The figure to
//! stay under is 200 MiB above the vectors themselves.
//!
//! `cargo bench --bench import` writes both files to a temporary folder (3 GiB) and reads each in a process of its own,
//! whose peak memory is then that of reading. `cargo bench --bench import -- FILE` reads a file made elsewhere, with the
//! columns `id` and `emb`.

#![expect(clippy::print_stdout, reason = "the figures are what a bench is for")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use evalrun::dataset::source::{DocumentTable, QueryTable, TableFile, TableSource};
use evalrun::dataset::{Source, load};
use evalrun::progress::Silent;
use evalrun::vectors::Metric;
use indexmap::IndexMap;
use parquet::data_type::{ByteArray, ByteArrayType, FloatType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

const ROWS: usize = 1_000_000;
const DIM: usize = 384;
const SCHEMA: &str = "message rows {
    required binary id (STRING);
    optional group emb (LIST) { repeated group list { optional float element; } }
}";

fn main() {
    // Cargo adds `--bench`.
    let given = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    if let Some(file) = given {
        read(Path::new(&file));
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    for rows_per_group in [ROWS, 20_000] {
        let file = dir.path().join(format!("{rows_per_group}.parquet"));
        write(&file, rows_per_group);
        println!("row groups of {rows_per_group} rows:");
        let this = std::env::current_exe().expect("the path of this program");
        let status = Command::new(this)
            .arg(&file)
            .status()
            .expect("this program starts");
        assert!(status.success(), "reading failed");
        std::fs::remove_file(&file).expect("the file can be removed");
    }
}

/// Reads a file as the documents of a data set, and prints what it took.
fn read(file: &Path) {
    let table = |file: PathBuf| TableFile {
        file,
        separator: None,
    };
    let queries = tempfile::Builder::new()
        .suffix(".jsonl")
        .tempfile()
        .expect("a temporary file");
    let zeros = vec![1.0_f32; DIM];
    std::fs::write(queries.path(), format!("{{\"emb\": {zeros:?}}}\n")).expect("the file can be written");
    let emb = IndexMap::from([("emb".to_owned(), "emb".to_owned())]);
    let source = TableSource {
        documents: DocumentTable {
            table: table(file.to_owned()),
            id: Some("id".to_owned()),
            text: IndexMap::new(),
            metadata: IndexMap::new(),
            vectors: emb.clone(),
            only: IndexMap::new(),
        },
        queries: QueryTable {
            table: table(queries.path().to_owned()),
            id: None,
            text: None,
            filter: None,
            metadata: IndexMap::new(),
            vectors: emb,
            only: IndexMap::new(),
            repeats: false,
        },
        judgements: None,
        metric: Metric::Dot,
    };
    let start = Instant::now();
    let data = load("rows", &Source::Table(Box::new(source)), &Silent).expect("a sound file");
    let seconds = start.elapsed().as_secs_f64();
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let vectors = mib(data.vectors["emb"].docs.bytes());
    println!(
        "  {} documents in {seconds:.1} s; vectors {vectors:.1} MiB",
        data.docs.len()
    );
    if let Some(peak) = peak_bytes() {
        println!(
            "  peak {:.1} MiB, {:.1} MiB above the vectors",
            mib(peak),
            mib(peak) - vectors
        );
    }
}

/// The most memory this process has held, where the system says so.
fn peak_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Writes rows whose ids are not in order, so that they have to be sorted.
fn write(file: &Path, rows_per_group: usize) {
    let schema = Arc::new(parse_message_type(SCHEMA).expect("a schema"));
    let properties = Arc::new(WriterProperties::builder().set_dictionary_enabled(false).build());
    let out = File::create(file).expect("the file can be written");
    let mut writer = SerializedFileWriter::new(out, schema, properties).expect("a writer");
    for first in (0..ROWS).step_by(rows_per_group) {
        let rows = first..(first + rows_per_group).min(ROWS);
        let mut group = writer.next_row_group().expect("a row group");
        let mut ids = group.next_column().expect("a column").expect("`id`");
        for row in rows.clone() {
            let id = ByteArray::from(format!("doc-{:07}", row * 7_919 % ROWS).into_bytes());
            ids.typed::<ByteArrayType>()
                .write_batch(&[id], None, None)
                .expect("an id");
        }
        ids.close().expect("the end of a column");
        let mut emb = group.next_column().expect("a column").expect("`emb`");
        let (full, repeated) = (
            [3_i16; DIM],
            std::array::from_fn::<i16, DIM, _>(|i| i16::from(i > 0)),
        );
        for row in rows {
            let values: [f32; DIM] =
                std::array::from_fn(|i| ((row * 31 + i * 17) % 1009) as f32 / 1009.0 - 0.5);
            let column = emb.typed::<FloatType>();
            column
                .write_batch(&values, Some(&full), Some(&repeated))
                .expect("a vector");
        }
        emb.close().expect("the end of a column");
        group.close().expect("the end of a row group");
    }
    writer.close().expect("the end of the file");
}
