//! Throughput of the built-in models on both runtimes, side by side: `cargo bench --bench models`.
//!
//! Lines with `onnxruntime` appear when its library is found (`evalrun setup onnxruntime`, or `ORT_DYLIB_PATH`;
//! `EVALRUN_CACHE` names the cache folder, default `.evalrun-cache`).

use std::path::PathBuf;
use std::time::Duration;

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use evalrun::models::{Embedder, ModelDirs, ModelError, ModelRequest, Reranker, Runtime, embedder, reranker};
use evalrun::progress::Silent;

/// Words of a parts catalogue; some are several tokens.
const WORDS: [&str; 24] = [
    "brake", "sensor", "wheel", "speed", "module", "radar", "blind", "spot", "solenoid", "assembly",
    "pressure", "front", "rear", "left", "right", "with", "for", "the", "control", "unit", "gasket", "motor",
    "switch", "12V",
];

/// A text of `words` words; another `seed` gives another text.
fn text(words: usize, seed: usize) -> String {
    // Knuth's multiplicative hash: scattered, and the same on every machine.
    let hash = |i: usize| ((seed * 1000 + i) as u32).wrapping_mul(2_654_435_761) >> 16;
    let words = (1..words).map(|i| WORDS[hash(i) as usize % WORDS.len()].to_owned());
    // Equal texts are embedded once, so no two may be equal.
    words.chain([seed.to_string()]).collect::<Vec<_>>().join(" ")
}

/// The models of one kind that can be run here, by name of the runtime.
fn runtimes<M>(load: impl Fn(Runtime, &ModelDirs) -> Result<M, ModelError>) -> Vec<(&'static str, M)> {
    let cache = std::env::var_os("EVALRUN_CACHE").map_or_else(|| ".evalrun-cache".into(), PathBuf::from);
    let dirs = ModelDirs { models: None, cache };
    let mut found = vec![(
        "builtin",
        load(Runtime::Builtin, &dirs).expect("the built-in models load"),
    )];
    if let Ok(model) = load(Runtime::OnnxRuntime, &dirs) {
        found.push(("onnxruntime", model));
    }
    found
}

fn embed(c: &mut Criterion) {
    let name = || ModelRequest::named("all-minilm-l6-v2");
    let models = runtimes(|runtime, dirs| embedder(&name().on(runtime), dirs));
    let sets: [(&str, Vec<String>); 4] = [
        ("8 words", (0..256).map(|i| text(8, i)).collect()),
        ("40 words", (0..128).map(|i| text(40, i)).collect()),
        (
            "mixed 2 to 160 words",
            (0..128)
                .map(|i| text([8, 160, 3, 40, 8, 2, 90, 20][i % 8], i))
                .collect(),
        ),
        ("8 words one at a time", (0..32).map(|i| text(8, i)).collect()),
    ];
    for (set, texts) in &sets {
        let mut group = group(c, &format!("embed {set}"), texts.len());
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let chunk = if set.ends_with("one at a time") {
            1
        } else {
            texts.len()
        };
        for (runtime, model) in &models {
            group.bench_function(*runtime, |b| b.iter(|| all(model.as_ref(), &texts, chunk)));
        }
        group.finish();
    }
}

fn all(model: &dyn Embedder, texts: &[&str], chunk: usize) {
    for texts in texts.chunks(chunk) {
        std::hint::black_box(model.embed(texts, &Silent).expect("the model runs"));
    }
}

/// Five queries of 7 words with 50 passages of 20 words each: about 35 tokens a pair.
fn rerank(c: &mut Criterion) {
    let name = || ModelRequest::named("evalrun-rerank-l4");
    let models = runtimes(|runtime, dirs| reranker(&name().on(runtime), dirs));
    let texts: Vec<(String, String)> = (0..250).map(|i| (text(7, i / 50), text(20, i))).collect();
    let pairs: Vec<(&str, &str)> = texts.iter().map(|(q, p)| (q.as_str(), p.as_str())).collect();
    let mut group = group(c, "rerank pairs of 35 tokens", pairs.len());
    for (runtime, model) in &models {
        let model: &dyn Reranker = model.as_ref();
        group.bench_function(*runtime, |b| {
            b.iter(|| model.score(&pairs, &Silent).expect("the model runs"))
        });
    }
    group.finish();
}

fn group<'a>(c: &'a mut Criterion, name: &str, items: usize) -> BenchmarkGroup<'a, WallTime> {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(items as u64));
    group
        .sample_size(10)
        .warm_up_time(Duration::from_secs(2))
        .measurement_time(Duration::from_secs(10));
    group
}

criterion_group!(benches, embed, rerank);
criterion_main!(benches);
