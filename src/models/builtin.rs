//! The built-in models on rten, a pure Rust ONNX runtime: no C library, nothing to download.
//!
//! Throughput comes from running several small batches at once, each on one thread: no thread waits for another
//! inside an operator. One short input alone is spread over all threads instead.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, ValueView};

use super::batch::{self, Limits, Progress};
use super::catalog::{self, BuiltIn};
use super::wordpiece::{Tokens, WordPiece};
use super::{Embedder, ModelError, ModelIdentity, Reranker};
use crate::progress::Observer;
use crate::vectors::{TokenVectors, Vectors};

/// The version of rten that `Cargo.lock` holds; part of a model's identity.
const RTEN_VERSION: &str = "0.27.0";

/// Found by measuring on two cores with AVX-512; the optimum is flat.
const LIMITS: Limits = Limits {
    workers: 1,
    min_tokens: 128,
    max_tokens: 384,
    max_padding: 16,
};

/// A built-in embedder.
#[derive(Debug)]
pub struct BuiltInEmbedder {
    encoder: Encoder,
    dim: usize,
}

/// A built-in cross-encoder.
#[derive(Debug)]
pub struct BuiltInReranker {
    encoder: Encoder,
}

impl BuiltInEmbedder {
    /// Loads `model` from the folder that holds its files, to run on so many threads; unless told, on one per core.
    ///
    /// # Errors
    /// When a file cannot be read or is not what a BERT embedder needs.
    pub fn load(model: BuiltIn, folder: &Path, threads: Option<usize>) -> Result<Self, ModelError> {
        let encoder = Encoder::load(model, folder, "last_hidden_state", threads)?;
        // The width of the output is not in every file's metadata; one run tells it for certain.
        let tokens = encoder.tokenizer.encode("", 2);
        let dim = encoder.forward(&[&tokens], None)?.len() / tokens.ids.len();
        Ok(Self { encoder, dim })
    }
}

impl BuiltInReranker {
    /// Loads `model` from the folder that holds its files, to run on so many threads; unless told, on one per core.
    ///
    /// # Errors
    /// When a file cannot be read or is not what a BERT cross-encoder needs.
    pub fn load(model: BuiltIn, folder: &Path, threads: Option<usize>) -> Result<Self, ModelError> {
        let encoder = Encoder::load(model, folder, "logits", threads)?;
        let probe = encoder
            .tokenizer
            .encode_pair("", "", 3)
            .expect("three special tokens");
        match encoder.forward(&[&probe], None)?.len() {
            1 => Ok(Self { encoder }),
            n => Err(ModelError::BadFile {
                path: folder.join("model.onnx"),
                reason: format!("gives {n} values per pair, not one"),
            }),
        }
    }
}

impl Embedder for BuiltInEmbedder {
    fn identity(&self) -> &ModelIdentity {
        &self.encoder.identity
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn embed(&self, texts: &[&str], watch: &dyn Observer) -> Result<Vectors, ModelError> {
        let (texts, places) = batch::distinct(texts);
        let max = self.encoder.identity.max_tokens;
        let tokens: Vec<Tokens> = texts
            .iter()
            .map(|t| self.encoder.tokenizer.encode(t, max))
            .collect();
        let progress = Progress::start(watch, &self.encoder.what("embed"), texts.len(), "texts");
        let rows = self.encoder.run(&tokens, &progress, |batch, hidden| {
            let per_text = hidden.chunks_exact(hidden.len() / batch.len());
            let pooled = batch
                .iter()
                .zip(per_text)
                .map(|(t, h)| pool(&h[..t.ids.len() * self.dim], self.dim));
            pooled.collect()
        })?;
        Ok(batch::spread(&rows, &places, self.dim))
    }

    fn embed_tokens(&self, texts: &[&str], watch: &dyn Observer) -> Result<TokenVectors, ModelError> {
        let (texts, places) = batch::distinct(texts);
        let max = self.encoder.identity.max_tokens;
        let tokens: Vec<Tokens> = texts
            .iter()
            .map(|t| self.encoder.tokenizer.encode(t, max))
            .collect();
        let progress = Progress::start(watch, &self.encoder.what("embed tokens"), texts.len(), "texts");
        let rows = self.encoder.run(&tokens, &progress, |batch, hidden| {
            let per_text = hidden.chunks_exact(hidden.len() / batch.len());
            // The first and the last token are special.
            let own = batch
                .iter()
                .zip(per_text)
                .map(|(t, h)| batch::unit_rows(&h[self.dim..(t.ids.len() - 1) * self.dim], self.dim));
            own.collect()
        })?;
        Ok(batch::spread_tokens(&rows, &places, self.dim))
    }
}

impl Reranker for BuiltInReranker {
    fn identity(&self) -> &ModelIdentity {
        &self.encoder.identity
    }

    fn score(&self, pairs: &[(&str, &str)], watch: &dyn Observer) -> Result<Vec<f32>, ModelError> {
        let (pairs, places) = batch::distinct(pairs);
        let max = self.encoder.identity.max_tokens;
        let encode = |(query, passage): &(&str, &str)| {
            let tokens = self.encoder.tokenizer.encode_pair(query, passage, max);
            tokens.ok_or_else(|| ModelError::query_too_long(query, max))
        };
        let tokens: Vec<Tokens> = pairs.iter().map(encode).collect::<Result<_, _>>()?;
        let progress = Progress::start(watch, &self.encoder.what("score"), pairs.len(), "pairs");
        let logits = self.encoder.run(&tokens, &progress, |_, logits| logits)?;
        Ok(places.into_iter().map(|place| logits[place]).collect())
    }
}

/// What both kinds of model share: a tokenizer, a graph with BERT's three inputs, one output.
#[derive(Debug)]
struct Encoder {
    identity: ModelIdentity,
    tokenizer: WordPiece,
    model: Model,
    /// `input_ids`, `attention_mask`, `token_type_ids`.
    inputs: [NodeId; 3],
    output: NodeId,
    threads: Arc<Threads>,
}

impl Encoder {
    fn load(model: BuiltIn, folder: &Path, output: &str, threads: Option<usize>) -> Result<Self, ModelError> {
        let [onnx, json] = ["model.onnx", "tokenizer.json"].map(|file| folder.join(file));
        // Hashing takes a fraction of the time that loading takes, so beside it it is free.
        let (sha256, tokenizer, graph) = thread::scope(|scope| {
            let files = [onnx.clone(), json.clone()];
            let hash = scope.spawn(move || catalog::sha256(&files, ""));
            let (tokenizer, graph) = (load_tokenizer(json), load_graph(&onnx));
            // The hash comes first: it explains a missing file best.
            (hash.join().expect("hashing does not panic"), tokenizer, graph)
        });
        let (sha256, tokenizer, graph) = (sha256?, tokenizer?, graph?);
        let node = |name: &str| {
            graph.find_node(name).ok_or_else(|| ModelError::BadFile {
                path: onnx.clone(),
                reason: format!("has no `{name}`"),
            })
        };
        let inputs = [
            node("input_ids")?,
            node("attention_mask")?,
            node("token_type_ids")?,
        ];
        let output = node(output)?;
        let identity = ModelIdentity {
            name: model.name.to_owned(),
            runtime: "builtin".to_owned(),
            runtime_version: format!("rten {RTEN_VERSION}"),
            sha256,
            max_tokens: model.max_tokens,
        };
        Ok(Self {
            identity,
            tokenizer,
            model: graph,
            inputs,
            output,
            threads: Threads::of(threads),
        })
    }

    fn what(&self, verb: &str) -> String {
        format!("{verb} with {}", self.identity.name)
    }

    /// Runs all inputs in batches; `finish` turns the output of a batch into one result per input.
    fn run<R: Send>(
        &self,
        tokens: &[Tokens],
        progress: &Progress<'_>,
        finish: impl Fn(&[&Tokens], Vec<f32>) -> Vec<R> + Sync,
    ) -> Result<Vec<R>, ModelError> {
        let pools = &self.threads.single;
        let lengths: Vec<usize> = tokens.iter().map(|t| t.ids.len()).collect();
        let limits = Limits {
            workers: pools.len(),
            ..LIMITS
        };
        let batches = batch::plan(&lengths, limits);
        batch::run(&batches, limits.workers, progress, |worker, batch| {
            let batch: Vec<&Tokens> = batch.iter().map(|&i| &tokens[i]).collect();
            let pool = (batches.len() > 1).then(|| pools[worker].clone());
            Ok(finish(&batch, self.forward(&batch, pool)?))
        })
    }

    /// The output values for one batch, padded to its longest input. Without a pool of its own the run uses
    /// all threads that the model may have.
    fn forward(&self, batch: &[&Tokens], pool: Option<Arc<ThreadPool>>) -> Result<Vec<f32>, ModelError> {
        let failed = |e: &dyn std::fmt::Display| ModelError::Run {
            name: self.identity.name.clone(),
            reason: e.to_string(),
        };
        let width = batch.iter().map(|t| t.ids.len()).max().unwrap_or(0);
        let shape = [batch.len(), width];
        let columns = columns(batch, width, self.tokenizer.pad());
        let mut inputs = Vec::with_capacity(3);
        for (node, values) in self.inputs.iter().zip(&columns) {
            let view = ValueView::from_shape(shape, values).map_err(|e| failed(&e))?;
            inputs.push((*node, view.into()));
        }
        let options = RunOptions::default().with_thread_pool(pool.or_else(|| self.threads.all.clone()));
        let [output] = self
            .model
            .run_n(inputs, [self.output], Some(options))
            .map_err(|e| failed(&e))?;
        let output = output
            .into_tensor::<f32>()
            .ok_or_else(|| failed(&"the output is not float32"))?;
        Ok(output.into_data())
    }
}

fn load_tokenizer(path: PathBuf) -> Result<WordPiece, ModelError> {
    let tokenizer = WordPiece::from_json(&catalog::read(path.clone())?);
    tokenizer.map_err(|reason| ModelError::BadFile { path, reason })
}

fn load_graph(path: &Path) -> Result<Model, ModelError> {
    // Weights packed once for the matrix kernels: 42 MB more, and short batches run about twice as fast.
    let graph = ModelOptions::with_all_ops().prepack_weights(true).load_file(path);
    graph.map_err(|e| ModelError::BadFile {
        path: path.to_owned(),
        reason: e.to_string(),
    })
}

/// Ids, mask and types of a batch, row by row. rten takes every integer input as `i32`.
fn columns(batch: &[&Tokens], width: usize, pad: u32) -> [Vec<i32>; 3] {
    let [mut ids, mut mask, mut types] = [(); 3].map(|()| Vec::with_capacity(batch.len() * width));
    for tokens in batch {
        let n = tokens.ids.len();
        ids.extend(tokens.ids.iter().map(|&id| id as i32));
        ids.resize(ids.len() + width - n, pad as i32);
        mask.extend((0..width).map(|i| i32::from(i < n)));
        types.extend((0..width).map(|i| i32::from(tokens.first <= i && i < n)));
    }
    [ids, mask, types]
}

/// The mean of the rows, scaled to length 1. The division by the number of rows would cancel out.
fn pool(rows: &[f32], dim: usize) -> Vec<f32> {
    let mut sum = vec![0.0f32; dim];
    for row in rows.chunks_exact(dim) {
        for (s, x) in sum.iter_mut().zip(row) {
            *s += x;
        }
    }
    let norm = sum
        .iter()
        .map(|x| x * x)
        .sum::<f32>()
        .sqrt()
        .max(f32::MIN_POSITIVE);
    for s in &mut sum {
        *s /= norm;
    }
    sum
}

/// The threads that models run on; those that may have the same number share them.
#[derive(Debug)]
struct Threads {
    /// Pools of one thread each: what a worker runs its batches on.
    single: Vec<Arc<ThreadPool>>,
    /// All of them together, for one batch alone; `None` is rten's own pool, of one thread per core.
    all: Option<Arc<ThreadPool>>,
}

impl Threads {
    /// So many threads, or one per core; made once.
    fn of(number: Option<usize>) -> Arc<Threads> {
        static MADE: Mutex<BTreeMap<Option<usize>, Arc<Threads>>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let single = || Arc::new(ThreadPool::with_num_threads(1));
            Arc::new(Threads {
                single: (0..number.unwrap_or_else(cores)).map(|_| single()).collect(),
                all: number.map(|n| Arc::new(ThreadPool::with_num_threads(n))),
            })
        };
        made.entry(number).or_insert_with(make).clone()
    }
}

/// rten counts cores, not hyper-threads; the operating system may allow fewer.
fn cores() -> usize {
    let cores = rten::thread_pool().run(rayon::current_num_threads);
    let allowed = thread::available_parallelism().map_or(1, usize::from);
    cores.min(allowed)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde::Deserialize;

    use super::*;
    use crate::models::catalog::BUILT_IN;
    use crate::progress::Silent;

    static EMBEDDER: LazyLock<BuiltInEmbedder> =
        LazyLock::new(|| BuiltInEmbedder::load(BUILT_IN[0], &folder(BUILT_IN[0]), None).unwrap());
    static RERANKER: LazyLock<BuiltInReranker> =
        LazyLock::new(|| BuiltInReranker::load(BUILT_IN[1], &folder(BUILT_IN[1]), None).unwrap());

    fn folder(model: BuiltIn) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("models")
            .join(model.name)
    }

    fn reference<T: serde::de::DeserializeOwned>(model: BuiltIn) -> T {
        let text = std::fs::read_to_string(folder(model).join("reference.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn embed(texts: &[&str]) -> Vectors {
        EMBEDDER.embed(texts, &Silent).unwrap()
    }

    fn cosine(a: &[f32], b: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    }

    #[test]
    fn embeddings_are_those_of_the_reference() {
        #[derive(Deserialize)]
        struct Reference {
            texts: Vec<String>,
            embeddings: Vec<Vec<f32>>,
        }
        let reference: Reference = reference(BUILT_IN[0]);
        let texts: Vec<&str> = reference.texts.iter().map(String::as_str).collect();
        let rows = embed(&texts);
        assert_eq!((rows.len(), rows.dim()), (texts.len(), 384));
        for ((text, row), expected) in texts.iter().zip(rows.rows()).zip(&reference.embeddings) {
            assert!(cosine(row, expected) > 0.9999, "{text}");
            let largest = row
                .iter()
                .zip(expected)
                .map(|(x, y)| (x - y).abs())
                .fold(0.0, f32::max);
            assert!(largest < 1e-3, "{text}: off by {largest}");
        }
    }

    #[test]
    fn logits_are_those_of_the_reference() {
        #[derive(Deserialize)]
        struct Reference {
            queries: Vec<String>,
            passages: Vec<String>,
            logits: Vec<Vec<f32>>,
        }
        let reference: Reference = reference(BUILT_IN[1]);
        for (query, expected) in reference.queries.iter().zip(&reference.logits) {
            let pairs: Vec<(&str, &str)> = reference
                .passages
                .iter()
                .map(|p| (query.as_str(), p.as_str()))
                .collect();
            let logits = RERANKER.score(&pairs, &Silent).unwrap();
            for (logit, expected) in logits.iter().zip(expected) {
                assert!((logit - expected).abs() < 1e-3, "{logit} instead of {expected}");
            }
            assert_eq!(order(&logits), order(expected));
        }
    }

    fn order(scores: &[f32]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        order
    }

    #[test]
    fn a_text_keeps_its_vector_whatever_stands_beside_it() {
        let long = "Hall-effect pickup at the hub that tells how fast each wheel turns. ".repeat(5);
        let texts = [
            "relay",
            long.as_str(),
            "",
            "12 V relay, part no. 0 332 019 150",
            "relay",
        ];
        let together = embed(&texts);
        for (text, row) in texts.iter().zip(together.rows()) {
            assert!(cosine(row, embed(&[text]).row(0)) > 0.999_999, "{text}");
            assert!((cosine(row, row) - 1.0).abs() < 1e-6);
        }
        assert_eq!(together.row(0), together.row(4));
        let backwards: Vec<&str> = texts.iter().rev().copied().collect();
        let reversed = embed(&backwards);
        for (i, row) in together.rows().rev().enumerate() {
            assert!(cosine(row, reversed.row(i)) > 0.999_999);
        }
        assert_eq!(embed(&[]).len(), 0);
    }

    #[test]
    fn every_token_but_the_special_ones_has_a_row_of_length_1() {
        let texts = ["brake sensor", "", "relay", "brake sensor"];
        let tokens = EMBEDDER.embed_tokens(&texts, &Silent).unwrap();
        assert_eq!([0, 1, 2, 3].map(|i| tokens.range(i).len()), [2, 0, 1, 2]);
        assert_eq!(tokens.of(0), tokens.of(3));
        let norm = |row: &[f32]| row.iter().map(|x| x * x).sum::<f32>();
        assert!(tokens.rows().rows().all(|row| (norm(row) - 1.0).abs() < 1e-5));
        // One token of two in another neighbourhood: near itself, and not the same, as it has read its neighbour.
        let alone = EMBEDDER.embed_tokens(&["brake"], &Silent).unwrap();
        let (same, other) = (
            cosine(alone.of(0), &tokens.of(0)[..384]),
            cosine(alone.of(0), tokens.of(2)),
        );
        assert!(same < 0.999 && same > other, "{same} and {other}");
        let long = EMBEDDER.embed_tokens(&[&"wheel ".repeat(300)], &Silent).unwrap();
        assert_eq!(long.range(0).len(), 254, "256 with the special ones");
    }

    #[test]
    fn only_the_first_256_tokens_of_a_text_are_read() {
        let fits = "wheel ".repeat(254);
        let (longer, shorter) = (format!("{fits} brake sensor"), "wheel ".repeat(253));
        let rows = embed(&[&fits, &longer, &shorter]);
        assert_eq!(rows.row(0), rows.row(1));
        assert!(rows.row(0) != rows.row(2));
    }

    #[test]
    fn a_long_passage_is_cut_and_a_long_query_refused() {
        let fits = "wheel ".repeat(188);
        let longer = format!("{fits} brake sensor");
        let scores = RERANKER
            .score(&[("brake", &fits), ("brake", &longer)], &Silent)
            .unwrap();
        assert!((scores[0] - scores[1]).abs() < 1e-5, "{scores:?}");
        let error = RERANKER.score(&[(&longer, "brake")], &Silent).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the query leaves no room for a passage in 192 tokens"),
            "{error}"
        );
    }

    #[test]
    fn the_identity_names_files_and_runtime() {
        let identity = EMBEDDER.identity();
        assert_eq!(identity.name, "all-minilm-l6-v2");
        assert_eq!(identity.runtime, "builtin");
        assert_eq!(identity.sha256.len(), 64);
        assert_eq!(identity.max_tokens, 256);
        let lock = include_str!("../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"rten\"\nversion = \"{RTEN_VERSION}\"\n")));
    }

    #[test]
    fn bad_folders_name_the_file() {
        let made = tempfile::tempdir().unwrap();
        let load = || {
            BuiltInEmbedder::load(BUILT_IN[0], made.path(), None)
                .unwrap_err()
                .to_string()
        };
        assert!(load().contains("model.onnx: No such file"), "{}", load());
        std::fs::write(made.path().join("model.onnx"), "no graph").unwrap();
        std::fs::write(made.path().join("tokenizer.json"), "{}").unwrap();
        assert!(
            load().contains("tokenizer.json: not a BERT tokenizer"),
            "{}",
            load()
        );
        std::fs::copy(
            folder(BUILT_IN[0]).join("tokenizer.json"),
            made.path().join("tokenizer.json"),
        )
        .unwrap();
        assert!(load().contains("model.onnx: "), "{}", load());
        // A cross-encoder is no embedder.
        std::fs::copy(
            folder(BUILT_IN[1]).join("model.onnx"),
            made.path().join("model.onnx"),
        )
        .unwrap();
        assert!(
            load().ends_with("model.onnx: has no `last_hidden_state`"),
            "{}",
            load()
        );
    }
}
