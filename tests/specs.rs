//! Specs with a mistake each, beside the message they must get; specs that are odd, beside the warning; and specs
//! that are right, beside their plan.
//!
//! `EVALRUN_BLESS=1 cargo test --release --test specs` writes the texts anew. Read the difference before committing it:
//! the texts are part of the user interface.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use evalrun::plan::{Catalog, KnownModel, Loaded, Refused, load};
use evalrun::spec::{Diagnostic, Look, SpecSource, render_all};

/// The same for every test: two data sets, three models, one variable.
fn catalog() -> Catalog {
    let model = |name: &str, builtin| KnownModel {
        name: name.to_owned(),
        builtin,
    };
    let dataset = |name: &str| (name.to_owned(), PathBuf::from("datasets").join(name));
    Catalog {
        datasets: BTreeMap::from([dataset("auto-parts"), dataset("series-demo")]),
        embedders: vec![model("all-minilm-l6-v2", true), model("bge-small-en-v1.5", false)],
        rerankers: vec![model("evalrun-rerank-l4", true)],
        environment: BTreeMap::from([("SEED".to_owned(), "7".to_owned())]),
        look: |dir| {
            let fields = ["title", "description", "part_number"];
            let exists = !dir.ends_with("nowhere");
            exists.then(|| fields.map(str::to_owned).into_iter().collect::<BTreeSet<_>>())
        },
    }
}

/// The specs of a folder, sorted by name.
fn specs(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new("tests/specs").join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
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
        fs::write(&path, text).unwrap();
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
        match load(&path, &catalog()) {
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
        match load(&path, &catalog()) {
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
