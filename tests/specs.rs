//! Specs with a mistake each, beside the message they must get; specs that are odd, beside the warning; and specs
//! that are right, beside their plan.
//!
//! `EVALRUN_BLESS=1 cargo test --release --test specs` writes the texts anew. Read the difference before committing it:
//! the texts are part of the user interface.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use evalrun::dataset::Source;
use evalrun::plan::{Catalog, KnownModel, Loaded, Refused, explain, load};
use evalrun::spec::{Code, Diagnostic, Look, SpecSource, render_all};

/// The same for every test: two data sets, three models, one variable.
fn catalog() -> Catalog {
    let model = |name: &str, builtin| KnownModel {
        name: name.to_owned(),
        builtin,
    };
    let dataset = |name: &str| {
        let dir = Path::new("datasets").join(name);
        (name.to_owned(), Source::folder(dir))
    };
    Catalog {
        datasets: ["auto-parts", "parts", "series-demo", "wands"]
            .map(dataset)
            .into(),
        embedders: vec![model("all-minilm-l6-v2", true), model("bge-small-en-v1.5", false)],
        rerankers: vec![model("evalrun-rerank-l4", true)],
        environment: BTreeMap::from([("SEED".to_owned(), "7".to_owned())]),
        exists: |path| !path.ends_with("nowhere"),
        unfetched: BTreeSet::new(),
        look: |dir| {
            let fields = ["title", "description", "part_number"];
            let exists = !dir.ends_with("nowhere");
            exists.then(|| fields.map(str::to_owned).into_iter().collect::<BTreeSet<_>>())
        },
    }
}

/// The specs of a folder, sorted by name.
fn specs(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new("tests/specs").join(folder)).expect("the folder is committed");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("it can be listed").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "yaml"));
    paths.sort();
    paths
}

fn rendered(diagnostics: &[Diagnostic], source: &SpecSource) -> String {
    render_all(diagnostics, source, Look::Terminal { color: false })
}

/// Holds `text` against the file beside the spec, or writes it there.
fn compare(spec: &Path, text: &str, differences: &mut Vec<String>) {
    let path = spec.with_extension("txt");
    if std::env::var_os("EVALRUN_BLESS").is_some() {
        fs::write(&path, text).expect("the folder can be written");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected != text {
        differences.push(format!(
            "{}\nexpected:\n{expected}\nfound:\n{text}",
            path.display()
        ));
    }
}

#[test]
fn every_mistake_gets_its_message() {
    let mut differences = Vec::new();
    for path in specs("bad") {
        match load(&path, &catalog(), &[]) {
            Ok(_) => differences.push(format!("{} is accepted", path.display())),
            Err(Refused { source, errors }) => compare(&path, &rendered(&errors, &source), &mut differences),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_oddity_gets_its_warning() {
    let mut differences = Vec::new();
    for path in specs("odd") {
        match load(&path, &catalog(), &[]) {
            Ok(Loaded { source, warnings, .. }) => {
                assert!(!warnings.is_empty(), "{}", path.display());
                compare(&path, &rendered(&warnings, &source), &mut differences);
            }
            Err(Refused { source, errors }) => {
                differences.push(format!(
                    "{} is refused: {}",
                    path.display(),
                    rendered(&errors, &source)
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_right_spec_gets_its_plan() {
    let mut differences = Vec::new();
    for path in specs("good") {
        match load(&path, &catalog(), &[]) {
            Ok(Loaded {
                source,
                plan,
                warnings,
            }) => {
                assert_eq!(rendered(&warnings, &source), "", "{}", path.display());
                compare(&path, &explain(&plan, &[]), &mut differences);
            }
            Err(Refused { source, errors }) => {
                differences.push(format!(
                    "{} is refused: {}",
                    path.display(),
                    rendered(&errors, &source)
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn good(name: &str, overrides: &[(&str, &str)]) -> Result<Loaded, Refused> {
    let overrides: Vec<(String, String)> = overrides
        .iter()
        .map(|(k, v)| ((*k).into(), (*v).into()))
        .collect();
    load(&Path::new("tests/specs/good").join(name), &catalog(), &overrides)
}

#[test]
fn an_axis_multiplies_only_the_pipelines_that_have_its_stage() {
    let plan = good("rerank-worth-it.yaml", &[]).unwrap().plan;
    // For each of two data sets: 54 combinations, 28 of them equal to another, 1 excluded, 1 added: 26.
    let counts = plan.counts;
    assert_eq!(
        (
            counts.combinations,
            counts.merged,
            counts.excluded,
            counts.extra,
            plan.cells.len()
        ),
        (108, 56, 2, 2, 52)
    );
    assert_eq!(
        counts.builds, 6,
        "on two data sets: `title-only`, and the others with and without codes"
    );
    let of = |name: &str| {
        plan.cells
            .iter()
            .filter(|c| c.pipeline.name == name && c.data == "wands")
            .count()
    };
    assert_eq!((of("title-only"), of("fused"), of("fused-rerank")), (1, 6, 19));
}

#[test]
fn the_command_line_takes_the_place_of_an_axis_and_of_limits() {
    let set = [
        ("index.quantization", "binary"),
        ("d.ef", "[64, 128]"),
        ("measure.seed", "1"),
    ];
    // Then nothing is left of the spec's `exclude`, which would be a mistake: sweep another one.
    let plan = good("shapes.yaml", &set[1..]).unwrap().plan;
    let axis = plan.axes.iter().find(|a| a.path == "d.ef").unwrap();
    assert_eq!(axis.values, ["64", "128"]);
    assert_eq!(plan.measure.seed, 1);
    let plan = good("shapes.yaml", &set[..1]).unwrap().plan;
    assert!(
        plan.cells
            .iter()
            .all(|c| c.settings["index.quantization"] == "binary")
    );

    let titles = |set: &[(&str, &str)]| {
        let refused = good("shapes.yaml", set).unwrap_err();
        refused
            .errors
            .into_iter()
            .map(|e| (e.title, e.help))
            .collect::<Vec<_>>()
    };
    let unknown = (
        "unknown path `d.eff`".to_owned(),
        Some("did you mean `d.ef`?".to_owned()),
    );
    assert_eq!(titles(&[("d.eff", "64")]), [unknown]);
    let too_many = titles(&[("sweep.max", "20")]);
    assert_eq!(too_many[0].0, "the sweep makes 21 cells; 20 are allowed");
    assert_eq!(
        titles(&[("sweep.max", "few")])[0].0,
        "`sweep.max` cannot be `few`"
    );
    assert_eq!(
        titles(&[("d.ef", "[64")])[0].0,
        "`d.ef=[64`: the value is no YAML"
    );
}

#[test]
fn a_spec_that_cannot_be_read_says_so() {
    let refused = good("absent.yaml", &[]).unwrap_err();
    let text = render_all(&refused.errors, &refused.source, Look::Piped);
    let start = "tests/specs/good/absent.yaml: error[E0100]: cannot read the spec: ";
    assert!(text.starts_with(start), "{text}");
}

#[test]
fn a_cell_is_called_the_same_wherever_its_data_lies_and_whatever_else_is_swept() {
    let id = |loaded: &Loaded| loaded.plan.cells[0].id.clone();
    let here = good("minimal.yaml", &[]).unwrap();
    let mut elsewhere = catalog();
    elsewhere
        .datasets
        .insert("series-demo".to_owned(), Source::folder("/mnt/data/series-demo"));
    let there = load(&here.source.path, &elsewhere, &[]).unwrap();
    assert_eq!(id(&here), id(&there));
    let swept = good("minimal.yaml", &[("d.limit", "[100, 50]")]).unwrap();
    assert_eq!(id(&here), id(&swept));
    assert_ne!(swept.plan.cells[0].id, swept.plan.cells[1].id);
}

#[test]
fn the_examples_of_the_guide_to_data_are_well_formed() {
    let guide = fs::read_to_string("docs/data.md").expect("the guide is committed");
    let head = "evalrun: 1\nexperiment: guide\nquestion: Can it be read?\n";
    let index = "index: { vectors: { v: { text: title } } }\n";
    let pipelines = "pipelines: { dense: [{ dense: { as: d, vector: v } }] }\n";
    let blocks: Vec<&str> = guide
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().expect("a block ends"))
        .collect();
    assert!(blocks.len() >= 6, "{} blocks", blocks.len());
    for block in blocks {
        let index = if block.contains("\nindex:") { "" } else { index };
        let text = format!("{head}{block}{index}{pipelines}");
        let spec = evalrun::spec::parse(&text, &BTreeMap::new());
        assert!(spec.is_ok(), "{block}\n{}", spec.unwrap_err().title);
    }
}

#[test]
fn every_code_has_an_example() {
    let mut texts = String::new();
    for path in specs("bad").into_iter().chain(specs("odd")) {
        texts.push_str(&fs::read_to_string(path.with_extension("txt")).unwrap());
    }
    let missing = Code::ALL.iter().map(|c| c.id()).filter(|id| !texts.contains(id));
    // No spec file shows what happens without one.
    assert_eq!(missing.collect::<Vec<_>>(), [Code::Unreadable.id()]);
}
