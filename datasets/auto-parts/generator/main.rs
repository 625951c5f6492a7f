//! Makes `datasets/auto-parts`: a catalogue of invented vehicle parts, queries, and the grade of every part for every
//! query.
//!
//! ```sh
//! cargo run --release --example auto-parts
//! ```
//!
//! Everything follows from the tables and two seeds in this folder; there is no clock, no environment and no hash
//! order in it. `tests/auto_parts.rs` compares its output with the files byte by byte.

pub(crate) mod brands;
pub(crate) mod features;
pub(crate) mod filtered;
pub(crate) mod filters;
pub(crate) mod grading;
pub(crate) mod kinds;
pub(crate) mod lexis;
pub(crate) mod numbers;
pub(crate) mod ontology;
pub(crate) mod part;
pub(crate) mod parts;
pub(crate) mod phrase;
pub(crate) mod query;
pub(crate) mod rng;
pub(crate) mod text;
pub(crate) mod vehicles;
pub(crate) mod words;
pub(crate) mod write;

use std::path::Path;

use query::Split;

/// The data set: what the files say, and what the program knows about it.
pub(crate) struct DataSet {
    pub(crate) types: Vec<ontology::PartType>,
    pub(crate) parts: Vec<part::Part>,
    pub(crate) queries: Vec<query::Query>,
}

/// Makes everything.
pub(crate) fn generate() -> DataSet {
    let types = ontology::load();
    let parts = parts::build(&types);
    let queries = query::build(&types, &parts);
    DataSet {
        types,
        parts,
        queries,
    }
}

impl DataSet {
    /// Every file, by its path in the data set's folder.
    pub(crate) fn files(&self) -> [(&'static str, String); 4] {
        let qrels = |split| write::qrels(&self.queries, split, &self.parts, &self.types);
        [
            ("corpus.jsonl", write::corpus(&self.parts)),
            ("queries.jsonl", write::queries(&self.queries)),
            ("qrels/tune.tsv", qrels(Split::Tune)),
            ("qrels/test.tsv", qrels(Split::Test)),
        ]
    }
}

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/auto-parts");
    std::fs::create_dir_all(folder.join("qrels"))?;
    for (name, text) in generate().files() {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}
