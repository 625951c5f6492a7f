//! The settings an axis can speak of: their paths, what they take, and how they are written into a draft.

use serde::de::DeserializeOwned;

use super::AxisKind;
use crate::spec::index::{GraphSpec, QuantizationSpec};
use crate::spec::pipelines::{MethodSpec, NormalizeSpec, StageSpec, StrategySpec, TailSpec, WeightsSpec};
use crate::spec::suggest::instead;
use crate::spec::{Choice, OneOrMany, Spanned, Value};
use crate::suggest::closest;

/// A path, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Path {
    /// `data`, `backend` or `pipeline`.
    Select(Select),
    /// `index.…`.
    Index(Key),
    /// `<stage>.<key>`.
    Stage(String, Key),
}

/// What an axis can select.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Select {
    Data,
    Backend,
    Pipeline,
}

impl Select {
    pub(super) const ALL: [Select; 3] = [Select::Data, Select::Backend, Select::Pipeline];

    /// The path that selects it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Select::Data => "data",
            Select::Backend => "backend",
            Select::Pipeline => "pipeline",
        }
    }
}

/// Where a setting belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Index,
    Dense,
    Sparse,
    Fuse,
    Late,
    Rerank,
}

impl Owner {
    /// The owner of a stage's settings.
    pub(super) fn of(stage: &StageSpec) -> Self {
        match stage {
            StageSpec::Dense(_) => Owner::Dense,
            StageSpec::Sparse(_) => Owner::Sparse,
            StageSpec::Fuse(_) => Owner::Fuse,
            StageSpec::Late(_) => Owner::Late,
            StageSpec::Rerank(_) => Owner::Rerank,
        }
    }

    /// For messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Owner::Index => "index",
            Owner::Dense => "dense",
            Owner::Sparse => "sparse",
            Owner::Fuse => "fuse",
            Owner::Late => "late",
            Owner::Rerank => "rerank",
        }
    }
}

/// Declares the settings once: variant, name in a path, owners, what it takes.
macro_rules! keys {
    ($($variant:ident $name:literal [$($owner:ident)+] $takes:literal)+) => {
        /// A setting of the index or of a stage.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Key { $($variant,)+ }

        impl Key {
            const ALL: &[Key] = &[$(Key::$variant),+];

            /// Its name in a path.
            pub(super) fn name(self) -> &'static str {
                match self { $(Key::$variant => $name),+ }
            }

            /// What has it.
            pub(super) fn owners(self) -> &'static [Owner] {
                match self { $(Key::$variant => &[$(Owner::$owner),+]),+ }
            }

            /// What it takes, in words.
            pub(super) fn takes(self) -> &'static str {
                match self { $(Key::$variant => $takes),+ }
            }
        }
    };
}

keys! {
    Graph "graph" [Index] "`exact`, `hnsw`, `hnsw_rs`, or a map such as `{ hnsw: { m: 32 } }`"
    GraphM "graph.m" [Index] "a whole number"
    GraphEfConstruct "graph.ef_construct" [Index] "a whole number"
    Quantization "quantization" [Index] "`none`, `binary`, `scalar`, `product`, `turbo`, or a map such as `{ binary: { centred: true } }`"
    Payload "payload" [Index] "a list of field names"
    Vector "vector" [Dense Sparse Late] "the name of a vector"
    Limit "limit" [Dense Sparse Fuse] "a whole number"
    Ef "ef" [Dense] "a whole number"
    Exact "exact" [Dense] "`true` or `false`"
    Oversampling "oversampling" [Dense] "a number"
    Rescore "rescore" [Dense] "`true` or `false`"
    Strategy "filter.strategy" [Dense Sparse] "`auto`, `pre`, `post`, `in-graph` or `ignore`"
    Method "method" [Fuse] "`rrf`, `dbsf`, `comb_mnz`, …, or a map such as `{ weighted: { weights: [0.6, 0.4] } }`"
    K "k" [Fuse] "a number"
    Persistence "persistence" [Fuse] "a number"
    Weights "weights" [Fuse] "a list of numbers, or `{ tune: { split, measure, step } }`"
    Normalize "normalize" [Fuse] "`min-max`, `z-score`, `sum`, `rank` or `none`"
    Depth "depth" [Late Rerank] "a whole number"
    Tail "tail" [Late Rerank] "`keep` or `drop`"
    Fields "fields" [Rerank] "a field name or a list of them"
}

impl Key {
    /// The settings of an owner.
    fn of(owner: Owner) -> impl Iterator<Item = Key> + Clone {
        Key::ALL
            .iter()
            .copied()
            .filter(move |k| k.owners().contains(&owner))
    }

    /// Settings that others depend on are written first, whatever the order of the axes.
    pub(super) fn rank(self) -> usize {
        match self {
            Key::Graph | Key::Quantization | Key::Method => 0,
            Key::Exact => 1,
            _ => 2,
        }
    }
}

/// The paths an axis can have, as Markdown: what they are called and what they take.
pub fn paths_reference() -> String {
    let mut text = "\n## Paths\n\nWhat an axis, a row and an added combination can speak of.\n".to_owned();
    text.push_str("\n| path | takes | of |\n|---|---|---|\n");
    for select in Select::ALL {
        text.push_str(&format!("| `{}` | names | the spec |\n", select.name()));
    }
    for key in Key::ALL {
        let owners: Vec<&str> = key.owners().iter().map(|o| o.name()).collect();
        let (head, of) = match key.owners() {
            [Owner::Index] => ("index", "the index: a build each".to_owned()),
            _ => ("<stage>", format!("{} stages", owners.join(", "))),
        };
        text.push_str(&format!("| `{head}.{}` | {} | {of} |\n", key.name(), key.takes()));
    }
    text
}

impl Path {
    /// Reads a path; `stages` are the stages of all pipelines. `Err` says what is wrong, and what was perhaps meant.
    pub(super) fn read(text: &str, stages: &[(String, Owner)]) -> Result<Self, String> {
        if let Some(select) = Select::ALL.into_iter().find(|s| s.name() == text) {
            return Ok(Path::Select(select));
        }
        let (head, key) = text.split_once('.').unwrap_or((text, ""));
        if head == "index" {
            let key = Key::of(Owner::Index).find(|k| k.name() == key);
            return key.map(Path::Index).ok_or_else(|| instead(text, ALL_INDEX_PATHS));
        }
        let owners: Vec<Owner> = stages
            .iter()
            .filter(|(name, _)| name == head)
            .map(|(_, o)| *o)
            .collect();
        if owners.is_empty() {
            let selects = Select::ALL.iter().map(|s| s.name());
            let heads = selects
                .chain(["index"])
                .chain(stages.iter().map(|(name, _)| name.as_str()));
            return Err(match closest(head, heads) {
                Some(near) if key.is_empty() => format!("did you mean `{near}`?"),
                Some(near) => format!("did you mean `{near}.{key}`?"),
                None => format!("no pipeline has a stage `{head}`"),
            });
        }
        let keys = owners.iter().flat_map(|owner| Key::of(*owner));
        match keys.clone().find(|k| k.name() == key) {
            Some(key) => Ok(Path::Stage(head.to_owned(), key)),
            None => {
                let paths: Vec<String> = keys.map(|k| format!("{head}.{}", k.name())).collect();
                Err(instead(text, paths.iter().map(String::as_str)))
            }
        }
    }

    /// What a change along this path costs.
    pub(super) fn kind(&self) -> AxisKind {
        match self {
            Path::Select(_) => AxisKind::Select,
            Path::Index(_) => AxisKind::Build,
            Path::Stage(..) => AxisKind::Query,
        }
    }
}

const ALL_INDEX_PATHS: [&str; 5] = [
    "index.graph",
    "index.graph.m",
    "index.graph.ef_construct",
    "index.quantization",
    "index.payload",
];

/// A value of the type its setting takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Setting {
    /// Position among the data sets, backends or pipelines.
    Selected(usize),
    Count(usize),
    Number(f64),
    Flag(bool),
    Text(String),
    Texts(OneOrMany<String>),
    Weights(WeightsSpec),
    Graph(GraphSpec),
    Quantization(QuantizationSpec),
    Strategy(StrategySpec),
    Method(MethodSpec),
    Normalize(NormalizeSpec),
    Tail(TailSpec),
}

impl Setting {
    /// The value as the type that `key` takes; `None` when it is of another.
    pub(super) fn read(key: Key, written: &Spanned<Value>) -> Option<Self> {
        let value = &written.value;
        let setting = match key {
            Key::GraphM | Key::GraphEfConstruct | Key::Limit | Key::Ef | Key::Depth => {
                Setting::Count(whole(value)?)
            }
            Key::Oversampling | Key::K | Key::Persistence => Setting::Number(value.as_f64()?),
            Key::Exact | Key::Rescore => Setting::Flag(typed(value)?),
            Key::Vector => Setting::Text(typed(value)?),
            Key::Payload | Key::Fields => Setting::Texts(typed(value)?),
            Key::Weights => Setting::Weights(typed(value)?),
            Key::Graph => Setting::Graph(typed::<Choice<GraphSpec>>(value)?.0.moved_to(written.span)),
            Key::Method => Setting::Method(typed::<Choice<MethodSpec>>(value)?.0.moved_to(written.span)),
            Key::Quantization => {
                Setting::Quantization(typed::<Choice<QuantizationSpec>>(value)?.0.moved_to(written.span))
            }
            Key::Strategy => Setting::Strategy(typed(value)?),
            Key::Normalize => Setting::Normalize(typed(value)?),
            Key::Tail => Setting::Tail(typed(value)?),
        };
        Some(setting)
    }
}

/// Ranges walk in floats; a whole number among them is one.
fn whole(value: &Value) -> Option<usize> {
    match value {
        Value::Integer(n) => usize::try_from(*n).ok(),
        _ => None,
    }
}

fn typed<T: DeserializeOwned>(value: &Value) -> Option<T> {
    let plain = serde_json::to_value(value).ok()?;
    serde_json::from_value(plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Span;

    fn stages() -> Vec<(String, Owner)> {
        vec![("d".to_owned(), Owner::Dense), ("f".to_owned(), Owner::Fuse)]
    }

    #[test]
    fn paths_are_read_and_slips_recognised() {
        let read = |text| Path::read(text, &stages());
        assert_eq!(read("pipeline"), Ok(Path::Select(Select::Pipeline)));
        assert_eq!(read("index.graph.m"), Ok(Path::Index(Key::GraphM)));
        assert_eq!(
            read("d.filter.strategy"),
            Ok(Path::Stage("d".to_owned(), Key::Strategy))
        );
        assert_eq!(read("pipelines"), Err("did you mean `pipeline`?".to_owned()));
        assert_eq!(
            read("index.quantisation"),
            Err("did you mean `index.quantization`?".to_owned())
        );
        assert_eq!(
            read("d.oversample"),
            Err("did you mean `d.oversampling`?".to_owned())
        );
        assert_eq!(
            read("rerank.depth"),
            Err("no pipeline has a stage `rerank`".to_owned())
        );
    }

    #[test]
    fn the_list_of_index_paths_is_complete() {
        let paths: Vec<String> = Key::of(Owner::Index)
            .map(|k| format!("index.{}", k.name()))
            .collect();
        let mut listed = ALL_INDEX_PATHS.to_vec();
        listed.sort_unstable();
        let mut paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        paths.sort_unstable();
        assert_eq!(paths, listed);
    }

    #[test]
    fn values_are_read_as_what_the_setting_takes() {
        let read = |key, value| Setting::read(key, &Spanned::new(value, Span::UNKNOWN));
        assert_eq!(read(Key::Ef, Value::Integer(64)), Some(Setting::Count(64)));
        assert_eq!(read(Key::Ef, Value::Float(64.5)), None);
        assert_eq!(read(Key::Ef, Value::Integer(-1)), None);
        assert_eq!(
            read(Key::Oversampling, Value::Integer(2)),
            Some(Setting::Number(2.0))
        );
        let hnsw = Setting::Graph(GraphSpec::Hnsw(crate::spec::index::HnswSpec::default()));
        assert_eq!(read(Key::Graph, Value::Text("hnsw".to_owned())), Some(hnsw));
        assert_eq!(read(Key::Tail, Value::Text("kept".to_owned())), None);
    }
}
