//! Both runtimes give the same numbers. These tests need the ONNX Runtime library, in the cache folder that
//! `EVALRUN_CACHE` names (default `.evalrun-cache`) or where `ORT_DYLIB_PATH` says. Without it they say so and
//! pass, unless `EVALRUN_REQUIRE_ONNXRUNTIME=1`.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the failure report")]
#![cfg(feature = "fastembed")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use evalrun::models::{
    Embedder, ModelDirs, ModelIdentity, ModelRequest, Runtime, embedder, onnxruntime, reranker,
};
use evalrun::progress::Silent;

const TEXTS: [&str; 7] = [
    "brake sensor for ABS system",
    "",
    "Vektorsuche mit Umlauten: größer, kürzer, 日本語, ☃",
    "Hall-effect pickup at the hub that tells the ABS anti-lock braking system how fast each wheel turns.",
    "12 V relay, part no. 0 332 019 150",
    "brake sensor for ABS system",
    "a [SEP] b",
];

/// The folders to use, or `None` when there is no library and none is required.
fn dirs() -> Option<ModelDirs> {
    let cache = env::var_os("EVALRUN_CACHE").map_or_else(|| ".evalrun-cache".into(), PathBuf::from);
    match onnxruntime::library(&cache).unwrap() {
        Ok(_) => Some(ModelDirs { models: None, cache }),
        Err(tried) => {
            let required = env::var("EVALRUN_REQUIRE_ONNXRUNTIME").is_ok_and(|v| v == "1");
            assert!(!required, "no ONNX Runtime: {tried:?}");
            say_skipped("no ONNX Runtime; run `evalrun setup onnxruntime`");
            None
        }
    }
}

/// Straight to the terminal: the test harness swallows what a passing test prints.
fn say_skipped(why: &str) {
    drop(writeln!(std::io::stderr(), "SKIPPED: {why}"));
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn model_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name)
}

fn built_in_embedder(dirs: &ModelDirs) -> Box<dyn Embedder> {
    embedder(&ModelRequest::named("all-minilm-l6-v2"), dirs).unwrap()
}

#[test]
fn embeddings_agree() {
    let Some(dirs) = dirs() else { return };
    let on = |runtime| embedder(&ModelRequest::named("all-minilm-l6-v2").on(runtime), &dirs).unwrap();
    let (ours, theirs) = (on(Runtime::Builtin), on(Runtime::Auto));
    assert_eq!(theirs.identity().runtime, "onnxruntime");
    assert_eq!(ours.identity().sha256, theirs.identity().sha256);
    assert_eq!(ours.identity().max_tokens, theirs.identity().max_tokens);
    assert_eq!(ours.dim(), theirs.dim());

    let long = "The quick brown fox jumps over the lazy dog. ".repeat(60);
    let texts: Vec<&str> = TEXTS.into_iter().chain([long.as_str()]).collect();
    let (a, b) = (
        ours.embed(&texts, &Silent).unwrap(),
        theirs.embed(&texts, &Silent).unwrap(),
    );
    for (i, text) in texts.iter().enumerate() {
        assert!(cosine(a.row(i), b.row(i)) > 0.9999, "{text}");
        let largest = a
            .row(i)
            .iter()
            .zip(b.row(i))
            .map(|(x, y)| (x - y).abs())
            .fold(0.0, f32::max);
        assert!(largest < 1e-4, "{text}: off by {largest}");
    }
    assert_eq!(b.row(0), b.row(5));
    assert_eq!(theirs.embed(&[], &Silent).unwrap().len(), 0);
}

#[test]
fn token_vectors_agree() {
    let Some(dirs) = dirs() else { return };
    let on = |runtime| embedder(&ModelRequest::named("all-minilm-l6-v2").on(runtime), &dirs).unwrap();
    let (ours, theirs) = (on(Runtime::Builtin), on(Runtime::Auto));
    let long = "The quick brown fox jumps over the lazy dog. ".repeat(60);
    let texts: Vec<&str> = TEXTS.into_iter().chain([long.as_str()]).collect();
    let (a, b) = (
        ours.embed_tokens(&texts, &Silent).unwrap(),
        theirs.embed_tokens(&texts, &Silent).unwrap(),
    );
    for (i, text) in texts.iter().enumerate() {
        assert_eq!(a.range(i), b.range(i), "{text}");
    }
    let pairs = a.rows().as_flat().iter().zip(b.rows().as_flat());
    let largest = pairs.map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
    assert!(largest < 1e-4, "off by {largest}");
}

#[test]
fn logits_agree() {
    let Some(dirs) = dirs() else { return };
    let on = |runtime| reranker(&ModelRequest::named("evalrun-rerank-l4").on(runtime), &dirs).unwrap();
    let (ours, theirs) = (on(Runtime::Builtin), on(Runtime::OnnxRuntime));
    assert_eq!(ours.identity().sha256, theirs.identity().sha256);
    assert_eq!(ours.identity().max_tokens, theirs.identity().max_tokens);

    // Passages of very different length, two queries in turn, one passage that has to be cut.
    let long = "radar sensor behind the grille ".repeat(80);
    let passages = TEXTS.into_iter().chain([long.as_str()]);
    let queries = [
        "radar sensor for blind spot detection and lane change assistance",
        "wheel speed",
    ];
    let pairs: Vec<(&str, &str)> = passages.flat_map(|p| queries.map(|q| (q, p))).collect();
    let (a, b) = (
        ours.score(&pairs, &Silent).unwrap(),
        theirs.score(&pairs, &Silent).unwrap(),
    );
    for ((x, y), pair) in a.iter().zip(&b).zip(&pairs) {
        assert!((x - y).abs() < 0.001, "{x} and {y} for {pair:?}");
    }

    // The longest query that leaves room for one token, and the shortest that does not.
    let fits = "wheel ".repeat(188);
    let too_long = format!("{fits} wheel");
    for model in [&ours, &theirs] {
        assert_eq!(model.score(&[(&fits, "brake sensor")], &Silent).unwrap().len(), 1);
        let error = model.score(&[(&too_long, "brake sensor")], &Silent).unwrap_err();
        assert!(
            error.to_string().starts_with("the query leaves no room"),
            "{error}"
        );
    }
}

#[test]
fn a_folder_of_ones_own_gives_the_same_vectors() {
    let Some(dirs) = dirs() else { return };
    let made = tempfile::tempdir().unwrap();
    for file in ["model.onnx", "tokenizer.json"] {
        fs::copy(
            model_folder("all-minilm-l6-v2").join(file),
            made.path().join(file),
        )
        .unwrap();
    }
    let own = embedder(&ModelRequest::folder(made.path()), &dirs).unwrap();
    let built_in = built_in_embedder(&dirs);
    assert_eq!(own.identity().max_tokens, 512);
    assert_eq!(own.identity().sha256, built_in.identity().sha256);
    let (a, b) = (
        own.embed(&TEXTS, &Silent).unwrap(),
        built_in.embed(&TEXTS, &Silent).unwrap(),
    );
    assert!(a.rows().zip(b.rows()).all(|(x, y)| cosine(x, y) > 0.9999));

    // Another pooling is another model.
    fs::create_dir(made.path().join("1_Pooling")).unwrap();
    fs::write(
        made.path().join("1_Pooling/config.json"),
        r#"{"pooling_mode_cls_token": true}"#,
    )
    .unwrap();
    let cls = embedder(&ModelRequest::folder(made.path()), &dirs).unwrap();
    assert_ne!(cls.identity().sha256, own.identity().sha256);
    assert!(cosine(cls.embed(&TEXTS, &Silent).unwrap().row(0), a.row(0)) < 0.99);
}

/// Lays the files of a built-in model out as the hub client would after fetching `repository`.
fn fetched(cache: &Path, repository: &str, graph: &str, model: &str) {
    let repository = cache.join(format!("models--{}", repository.replace('/', "--")));
    let snapshot = repository.join("snapshots/c0ffee");
    fs::create_dir_all(repository.join("refs")).unwrap();
    fs::write(repository.join("refs/main"), "c0ffee").unwrap();
    fs::create_dir_all(snapshot.join(graph).parent().unwrap()).unwrap();
    fs::copy(model_folder(model).join("model.onnx"), snapshot.join(graph)).unwrap();
    fs::copy(
        model_folder(model).join("tokenizer.json"),
        snapshot.join("tokenizer.json"),
    )
    .unwrap();
    fs::write(snapshot.join("config.json"), "{}").unwrap();
    fs::write(snapshot.join("special_tokens_map.json"), "{}").unwrap();
    let config = r#"{"model_max_length": 256, "pad_token": "[PAD]"}"#;
    fs::write(snapshot.join("tokenizer_config.json"), config).unwrap();
}

#[test]
fn models_of_the_catalogue_are_taken_from_the_cache() {
    let Some(dirs) = dirs() else { return };
    // fastembed would look there instead, and that folder is not ours to fill.
    if env::var_os("HF_HOME").is_some() {
        return say_skipped("HF_HOME is set");
    }
    let cache = tempfile::tempdir().unwrap();
    fetched(
        cache.path(),
        "Qdrant/all-MiniLM-L6-v2-onnx",
        "model.onnx",
        "all-minilm-l6-v2",
    );
    fetched(
        cache.path(),
        "BAAI/bge-reranker-base",
        "onnx/model.onnx",
        "evalrun-rerank-l4",
    );
    let elsewhere = ModelDirs {
        models: None,
        cache: cache.path().to_owned(),
    };

    let request = ModelRequest::named("qdrant/all-minilm-l6-v2-onnx");
    let (own, built_in) = (embedder(&request, &elsewhere).unwrap(), &built_in_embedder(&dirs));
    assert_eq!(
        own.identity(),
        &ModelIdentity {
            name: "AllMiniLML6V2".into(),
            ..built_in.identity().clone()
        }
    );
    let (a, b) = (
        own.embed(&TEXTS, &Silent).unwrap(),
        built_in.embed(&TEXTS, &Silent).unwrap(),
    );
    assert!(a.rows().zip(b.rows()).all(|(x, y)| cosine(x, y) > 0.9999));

    let own = reranker(&ModelRequest::named("BAAI/bge-reranker-base"), &elsewhere).unwrap();
    assert_eq!(own.identity().max_tokens, 256);
    assert_eq!(own.score(&[("brake", "brake sensor")], &Silent).unwrap().len(), 1);
}

#[test]
fn a_broken_graph_names_the_file() {
    let Some(dirs) = dirs() else { return };
    let made = tempfile::tempdir().unwrap();
    fs::write(made.path().join("model.onnx"), "no graph").unwrap();
    fs::copy(
        model_folder("evalrun-rerank-l4").join("tokenizer.json"),
        made.path().join("tokenizer.json"),
    )
    .unwrap();
    for error in [
        embedder(&ModelRequest::folder(made.path()), &dirs).err().unwrap(),
        reranker(&ModelRequest::folder(made.path()), &dirs).err().unwrap(),
    ] {
        assert!(error.to_string().contains("model.onnx: "), "{error}");
    }
}
