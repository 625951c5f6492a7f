//! What `evalrun plan` prints: how combinations became cells, what is built, what is fixed, and every cell.

mod facts;
mod layout;

use indexmap::IndexMap;

use super::{AxisKind, Cell, Diagnose, GateLevel, ModelSource, Plan, Runtime, TiePolicy, TraceKeep};
use crate::dataset::Source;
use crate::dataset::source::BeirSource;
use layout::{entry, pairs, summand, table, wrapped};

/// How much of something is in the cache already; the plan itself does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// What it is, in the plural: "vectors", "exact neighbours".
    pub what: String,
    /// How many are there.
    pub cached: usize,
    /// How many the plan needs.
    pub total: usize,
}

/// The plan as text, at most 80 columns wide where no name is longer than that.
pub fn explain(plan: &Plan, cached: &[Cached]) -> String {
    let mut text = format!("{}: {}\n", plan.experiment, count(plan.cells.len(), "cell"));
    text.push_str(&wrapped("  ", "  ", &plan.question));
    text.push('\n');
    text.push_str(&arithmetic(plan));
    text.push('\n');
    text.push_str(&settings(plan, cached));
    text.push_str(&not_run(plan));
    text.push_str(&builds(plan));
    text.push_str(&cells(plan));
    text
}

/// "1 cell", "2 cells".
fn count(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// From combinations to cells.
fn arithmetic(plan: &Plan) -> String {
    let counts = plan.counts;
    let product: usize = plan.axes.iter().map(|a| a.values.len()).product();
    let axes = plan.axes.iter().filter(|a| a.values.len() > 1);
    let axes = axes
        .map(|a| format!("{} {}", a.values.len(), a.path))
        .collect::<Vec<_>>()
        .join(" × ");
    // Rows and added combinations vary several settings at once; then there is no product to show.
    let axes = if product == counts.combinations {
        axes
    } else {
        String::new()
    };
    let mut lines = summand("combinations", &counts.combinations.to_string(), &axes);
    let steps = [
        ("merged", '-', counts.merged, "equal to another cell"),
        ("excluded", '-', counts.excluded, ""),
        ("added", '+', counts.extra, ""),
    ];
    for (name, sign, n, why) in steps.into_iter().filter(|(_, _, n, _)| *n > 0) {
        lines.push_str(&summand(name, &format!("{sign}{n}"), why));
    }
    lines.push_str(&summand("cells", &plan.cells.len().to_string(), ""));
    lines
}

fn settings(plan: &Plan, cached: &[Cached]) -> String {
    let mut text = String::new();
    let data = plan.data.iter().map(|d| data_source(&d.name, &d.kind));
    text.push_str(&entry("data", &pairs(data)));
    text.push_str(&entry(
        "backend",
        &names(plan.cells.iter().map(|c| c.backend.as_str())),
    ));
    text.push_str(&entry("models", &models(plan)));
    let cached = cached
        .iter()
        .map(|c| format!("{} {} of {}", c.what, c.cached, c.total));
    text.push_str(&entry("cached", &pairs(cached)));
    text.push_str(&entry("measures", &measures(plan)));
    text.push_str(&entry("latency", &latency(plan)));
    text.push_str(&entry("diagnosis", diagnosis(plan)));
    text.push_str(&entry("compared", &compared(plan)));
    for gate in &plan.gates {
        let level = if gate.level == GateLevel::Warn {
            " (warns)"
        } else {
            ""
        };
        text.push_str(&entry(
            "gate",
            &format!("{} on {}{level}", gate.that, count(gate.cells.len(), "cell")),
        ));
    }
    if !plan.axes.is_empty() {
        text.push_str("\nVaries\n");
    }
    for axis in &plan.axes {
        let build = if axis.kind == AxisKind::Build {
            " (a build each)"
        } else {
            ""
        };
        let values = axis.values.join(", ");
        text.push_str(&wrapped("  ", "    ", &format!("{}: {values}{build}", axis.path)));
    }
    text.push_str("\nFixed, defaults included\n");
    for (owner, settings) in facts::fixed(&plan.cells, &plan.axes) {
        text.push_str(&entry(&owner, &pairs(settings)));
    }
    text
}

fn data_source(name: &str, source: &Source) -> String {
    let what = match source {
        Source::Beir(BeirSource {
            split: Some(split), ..
        }) => format!(", split {split}"),
        Source::Synthetic(s) => format!("generated, {} × {}, seed {}", s.n, s.dim, s.seed),
        _ => String::new(),
    };
    let place = source.path().map_or(String::new(), |p| p.display().to_string());
    format!("{name} ({place}{what})")
}

fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let distinct: IndexMap<&str, ()> = all.map(|name| (name, ())).collect();
    distinct.keys().copied().collect::<Vec<_>>().join(", ")
}

fn models(plan: &Plan) -> String {
    let name = |model: &ModelSource| match model {
        ModelSource::Name(name) => name.clone(),
        ModelSource::Folder(dir) => dir.display().to_string(),
    };
    let runtime = match plan.models.runtime {
        Runtime::Auto => "auto",
        Runtime::Builtin => "builtin",
        Runtime::OnnxRuntime => "onnxruntime",
    };
    let embedder = plan
        .models
        .embedder
        .iter()
        .map(|m| format!("embedder {}", name(m)));
    let reranker = plan
        .models
        .reranker
        .iter()
        .map(|m| format!("reranker {}", name(m)));
    pairs(embedder.chain(reranker).chain([format!("runtime {runtime}")]))
}

fn measures(plan: &Plan) -> String {
    let measure = &plan.measure;
    let quality = measure.quality.iter().map(ToString::to_string);
    let keep = match measure.trace.keep {
        TraceKeep::None => "none",
        TraceKeep::Movers => "movers",
        TraceKeep::All => "all",
    };
    let slices = (!measure.slices.is_empty()).then(|| format!("by {}", measure.slices.join(", ")));
    let tie = (measure.tie != TiePolicy::default()).then(|| format!("ties {}", measure.tie.name()));
    let trace = format!("trace {keep}, depth {}", measure.trace.depth);
    pairs(
        quality
            .chain(slices)
            .chain(tie)
            .chain([trace, format!("seed {}", measure.seed)]),
    )
}

fn latency(plan: &Plan) -> String {
    let Some(latency) = &plan.measure.latency else {
        return "none".to_owned();
    };
    let quantiles: Vec<String> = latency.quantiles.iter().map(|q| format!("p{q}")).collect();
    format!(
        "{} · {} · passes {} · {}",
        quantiles.join(" "),
        count(latency.warmup, "warm-up query").replace("querys", "queries"),
        latency.passes,
        count(latency.workers, "worker"),
    )
}

fn diagnosis(plan: &Plan) -> &'static str {
    match plan.measure.diagnose {
        Diagnose::Never => "none",
        Diagnose::Small => "exact searches beside those as set, for data of up to 100,000 documents",
        Diagnose::Always => "exact searches beside those as set",
    }
}

fn compared(plan: &Plan) -> String {
    let compare = &plan.compare;
    let reference = plan.data.iter().filter_map(|data| {
        let id = compare.reference.get(&data.name)?;
        let cell = plan.cells.iter().find(|c| c.id == *id)?;
        Some(format!("{}: {}", data.name, name(cell)))
    });
    let interval = format!("interval {} from {} resamples", compare.level, compare.resamples);
    match compare.reference.is_empty() {
        true => pairs(["no reference".to_owned(), interval]),
        false => pairs(reference.chain([interval])),
    }
}

/// What a cell is called where there is no table.
fn name(cell: &Cell) -> String {
    match cell.label() {
        label if label.is_empty() => cell.pipeline.name.clone(),
        label => label,
    }
}

fn not_run(plan: &Plan) -> String {
    if plan.dropped.is_empty() {
        return String::new();
    }
    let mut text = "\nNot run\n".to_owned();
    for dropped in &plan.dropped {
        let which: Vec<String> = dropped.settings.iter().map(|(k, v)| format!("{k}={v}")).collect();
        text.push_str(&wrapped(
            "  ",
            "    ",
            &format!("{}: {}", which.join(" "), dropped.reason),
        ));
    }
    text
}

/// The index builds, with the cells that share each.
fn builds(plan: &Plan) -> String {
    let mut builds: IndexMap<String, (&Cell, usize)> = IndexMap::new();
    for cell in &plan.cells {
        builds.entry(cell.build_key()).or_insert((cell, 0)).1 += 1;
    }
    let varying = plan.axes.iter().filter(|a| a.kind == AxisKind::Build);
    let varying: Vec<&str> = varying.map(|a| a.path.as_str()).collect();
    let vectors = |cell: &Cell| {
        cell.index
            .vectors
            .keys()
            .cloned()
            .collect::<Vec<String>>()
            .join(", ")
    };
    let mut sets: Vec<String> = builds.values().map(|(cell, _)| vectors(cell)).collect();
    sets.sort();
    sets.dedup();
    let rows = builds.values().enumerate().map(|(i, (cell, n))| {
        let index = facts::index(&cell.index).into_iter();
        let mut index: Vec<String> = index
            .filter(|(path, _)| varying.iter().any(|v| v.starts_with(path.as_str())))
            .map(|(path, value)| format!("{} {value}", path.trim_start_matches("index.")))
            .collect();
        // An index holds what its cells search, so builds may differ in their vectors alone.
        if sets.len() > 1 {
            index.push(format!("of {}", vectors(cell)));
        }
        let place = format!("{} on {}", cell.data, cell.backend);
        vec![format!("b{}", i + 1), count(*n, "cell"), place, index.join(", ")]
    });
    format!("\nIndex builds: {}\n{}", builds.len(), table(&[], rows.collect()))
}

fn cells(plan: &Plan) -> String {
    let mut builds: Vec<String> = Vec::new();
    let mut build = |cell: &Cell| {
        let key = cell.build_key();
        let at = builds.iter().position(|b| *b == key).unwrap_or_else(|| {
            builds.push(key);
            builds.len() - 1
        });
        format!("b{}", at + 1)
    };
    // The build says which data set it is. Without an axis the pipeline's name is all there is to say.
    let axes: Vec<&str> = plan
        .axes
        .iter()
        .map(|a| a.path.as_str())
        .filter(|path| *path != "data")
        .collect();
    let mut head = vec!["cell", "build"];
    head.extend(axes.iter().map(|path| path.trim_start_matches("index.")));
    head.extend(axes.is_empty().then_some("pipeline"));
    let rows = plan.cells.iter().map(|cell| {
        let label = |path: &str| cell.settings.get(path).map_or("–", String::as_str).to_owned();
        let mut row = vec![cell.id.clone(), build(cell)];
        row.extend(axes.iter().map(|path| label(path)));
        row.extend(axes.is_empty().then(|| cell.pipeline.name.clone()));
        row
    });
    format!("\nCells\n{}", table(&head, rows.collect()))
}
