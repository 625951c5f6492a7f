//! The settings of cells as path and value, and which of them are the same everywhere.

use indexmap::{IndexMap, IndexSet};

use super::super::{Axis, Cell};
use crate::index::binary::BinaryQuery;
use crate::pipeline::{
    CodeConfig, Combine, Dense, FilterUse, Fuse, Fusion, Graph, IndexConfig, Normalize, Quantization, Stage,
    StageKind, Strategy, Tail, Tune, VectorConfig,
};

/// Path and value.
type Fact = (String, String);

/// Every setting where no axis varies it, by what it belongs to: the index, its vectors, a stage. Where pipelines
/// differ, each value is followed by the pipelines that have it.
pub(super) fn fixed(cells: &[Cell], axes: &[Axis]) -> IndexMap<String, Vec<String>> {
    let mut all: IndexMap<String, IndexMap<String, IndexSet<&str>>> = IndexMap::new();
    let under = |axis: &str, path: &str| {
        axis.strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    for cell in cells {
        let varies = |path: &str| cell.settings.keys().any(|axis| under(axis, path));
        for (path, value) in facts(cell).into_iter().filter(|(path, _)| !varies(path)) {
            let pipelines = all.entry(path).or_default().entry(value).or_default();
            pipelines.insert(cell.pipeline.name.as_str());
        }
    }
    let mut fixed: IndexMap<String, Vec<String>> = IndexMap::new();
    for (path, values) in &all {
        let swept = axes.iter().any(|a| under(&a.path, path));
        let (owner, key) = match path.strip_prefix("index.vectors.") {
            Some(vector) => ("vectors", vector),
            None => path.split_once('.').unwrap_or((path, "")),
        };
        let owner = match owner {
            "index" | "vectors" => owner.to_owned(),
            stage => format!("stage {stage}"),
        };
        let mut text = described(key, values);
        if swept {
            text.iter_mut().for_each(|t| t.push_str(" unless swept"));
        }
        fixed.entry(owner).or_default().extend(text);
    }
    fixed
}

/// `key value`, or `key value (of these), other (of those)`; nothing when a pipeline has several values: then the key
/// follows something that varies.
fn described(key: &str, values: &IndexMap<String, IndexSet<&str>>) -> Option<String> {
    if let [value] = values.keys().collect::<Vec<_>>().as_slice() {
        return Some(format!("{key} {value}"));
    }
    let mut pipelines = values.values().flatten();
    let mut seen = IndexSet::new();
    if !pipelines.all(|p| seen.insert(p)) {
        return None;
    }
    let of = |pipelines: &IndexSet<&str>| pipelines.iter().copied().collect::<Vec<_>>().join(", ");
    let parts: Vec<String> = values
        .iter()
        .map(|(value, p)| format!("{value} ({})", of(p)))
        .collect();
    Some(format!("{key} {}", parts.join(", ")))
}

fn facts(cell: &Cell) -> Vec<Fact> {
    let mut facts = index(&cell.index);
    for stage in &cell.pipeline.stages {
        let of_stage = self::stage(stage, &cell.index).into_iter();
        facts.extend(of_stage.map(|(key, value)| (format!("{}.{key}", stage.name), value)));
    }
    facts
}

/// The settings of an index.
pub(super) fn index(index: &IndexConfig) -> Vec<Fact> {
    let mut facts = vec![
        ("index.graph".to_owned(), graph(index.graph)),
        ("index.quantization".to_owned(), quantization(index)),
    ];
    let fact = |path: &str, value: String| (path.to_owned(), value);
    if index.on_disk {
        facts.push(fact("index.on_disk", "true".to_owned()));
    }
    if !index.payload.is_empty() {
        facts.push(fact("index.payload", list(&index.payload)));
    }
    for (name, vector) in &index.vectors {
        let value = match vector {
            VectorConfig::Dense { text } => format!("text{}", list(text)),
            VectorConfig::Late { text } => format!("late{}", list(text)),
            VectorConfig::Precomputed { name } => format!("precomputed({name})"),
            VectorConfig::Bm25 { text, k1, b } => format!("bm25{} k1={k1} b={b}", list(text)),
        };
        facts.push(fact(&format!("index.vectors.{name}"), value));
    }
    facts
}

fn graph(graph: Graph) -> String {
    match graph {
        Graph::Exact => "exact".to_owned(),
        Graph::Hnsw { m, ef_construct } => format!("hnsw(m={m},ef_construct={ef_construct})"),
        Graph::HnswRs { m, ef_construct } => format!("hnsw_rs(m={m},ef_construct={ef_construct})"),
    }
}

/// The codes, with those settings that are not the usual ones.
fn quantization(index: &IndexConfig) -> String {
    let (codes, usual) = (index.codes, CodeConfig::default());
    let mut settings = Vec::new();
    let name = match index.quantization {
        Quantization::None => "none",
        Quantization::Binary => {
            settings.extend(codes.binary.centred.then(|| "centred".to_owned()));
            if codes.binary.query == BinaryQuery::FourBits {
                settings.push("query=four_bits".to_owned());
            }
            "binary"
        }
        Quantization::Scalar => {
            if codes != usual {
                settings.push(format!("quantile={}", codes.quantile));
            }
            "scalar"
        }
        Quantization::Product => {
            settings.push(format!("compression={}", codes.server.compression));
            "product"
        }
        Quantization::Turbo => "turbo",
    };
    settings.extend(codes.server.bits.map(|bits| format!("bits={}", bits.name())));
    settings.extend(
        codes
            .server
            .eight_bit_query
            .then(|| "query=eight_bits".to_owned()),
    );
    match settings.is_empty() {
        true => name.to_owned(),
        false => format!("{name}({})", settings.join(",")),
    }
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

/// The settings of a stage, without those that have no effect on this index.
fn stage(stage: &Stage, index: &IndexConfig) -> Vec<(&'static str, String)> {
    match &stage.kind {
        StageKind::Dense(dense) => self::dense(dense, index),
        StageKind::Sparse(s) => {
            let mut facts = vec![("vector", s.vector.clone()), ("limit", s.limit.to_string())];
            facts.extend(filter(&s.filter));
            facts
        }
        StageKind::Fuse(f) => vec![
            ("of", list(&f.of)),
            ("method", method(f)),
            ("limit", f.limit.to_string()),
        ],
        StageKind::Late(l) => vec![
            ("of", l.of.clone()),
            ("vector", l.vector.clone()),
            ("depth", l.depth.to_string()),
            ("tail", tail(l.tail)),
        ],
        StageKind::Rerank(r) => vec![
            ("of", r.of.clone()),
            ("model", r.model.clone()),
            ("fields", list(&r.fields)),
            ("depth", r.depth.to_string()),
            ("tail", tail(r.tail)),
        ],
    }
}

fn tail(tail: Tail) -> String {
    match tail {
        Tail::Keep => "keep",
        Tail::Drop => "drop",
    }
    .to_owned()
}

fn dense(dense: &Dense, index: &IndexConfig) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("vector", dense.vector.clone()),
        ("limit", dense.limit.to_string()),
    ];
    if dense.exact {
        facts.push(("exact", "true".to_owned()));
    } else {
        if index.graph != Graph::Exact {
            facts.push(("ef", dense.ef.to_string()));
        }
        if index.quantization != Quantization::None {
            facts.push(("oversampling", dense.oversampling.to_string()));
            facts.push(("rescore", dense.rescore.to_string()));
        }
    }
    facts.extend(filter(&dense.filter));
    facts
}

fn filter(filter: &FilterUse) -> Vec<(&'static str, String)> {
    let strategy = match filter.strategy {
        Strategy::Auto => "auto",
        Strategy::Pre => "pre",
        Strategy::Post => "post",
        Strategy::InGraph => "in-graph",
        Strategy::Ignore => "ignore",
    };
    let condition = filter.condition.as_ref();
    let fields = condition.map(|c| ("filter.condition", format!("on {}", c.keys().join(","))));
    [("filter.strategy", strategy.to_owned())]
        .into_iter()
        .chain(fields)
        .collect()
}

fn normalize(normalize: Normalize) -> &'static str {
    match normalize {
        Normalize::MinMax => "min-max",
        Normalize::ZScore => "z-score",
        Normalize::Sum => "sum",
        Normalize::Rank => "rank",
        Normalize::None => "none",
    }
}

fn method(fuse: &Fuse) -> String {
    let weights = |w: &[f64]| match &fuse.tune {
        Some(Tune {
            split,
            measure,
            parts,
        }) => format!("tune {measure} on {split} by 1/{parts}"),
        None => w.iter().map(f64::to_string).collect::<Vec<_>>().join(","),
    };
    match &fuse.method {
        Fusion::Rrf { k, weights: w } => format!("rrf(k={k},weights=[{}])", weights(w)),
        Fusion::Weighted {
            weights: w,
            normalize: n,
        } => format!("weighted(weights=[{}],normalize={})", weights(w), normalize(*n)),
        Fusion::Dbsf { weights: w } => format!("dbsf(weights=[{}])", weights(w)),
        Fusion::Comb {
            combine,
            normalize: n,
            weights: w,
        } => {
            let name = match combine {
                Combine::Sum => "comb_sum",
                Combine::Mnz => "comb_mnz",
                Combine::Max => "comb_max",
                Combine::Med => "comb_med",
            };
            format!("{name}(weights=[{}],normalize={})", weights(w), normalize(*n))
        }
        Fusion::Isr { weights: w } => format!("isr(weights=[{}])", weights(w)),
        Fusion::Borda { weights: w } => format!("borda(weights=[{}])", weights(w)),
        Fusion::Rbc {
            persistence,
            weights: w,
        } => format!("rbc(persistence={persistence},weights=[{}])", weights(w)),
    }
}
