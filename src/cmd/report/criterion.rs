//! What `cargo bench` left behind. Its layout is not promised, so what is not understood is an error with its place.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::report::Micro;

/// Why the results cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum CriterionError {
    /// A folder or file.
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    /// Not what is expected there.
    #[error("{path}: {source}; the layout of these files is criterion's own and may have changed")]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// Nothing below the folder.
    #[error("`{0}` holds no results; run `cargo bench` first")]
    Nothing(PathBuf),
}

#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
    throughput: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Deserialize)]
struct Estimates {
    mean: Estimate,
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    confidence_interval: Interval,
    point_estimate: f64,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

/// Every benchmark whose newest result (`new/`) lies below a folder such as `target/criterion`, by name.
pub(super) fn read(dir: &Path) -> Result<Vec<Micro>, CriterionError> {
    let mut found = Vec::new();
    below(dir, &mut found)?;
    if found.is_empty() {
        return Err(CriterionError::Nothing(dir.to_owned()));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn below(dir: &Path, found: &mut Vec<Micro>) -> Result<(), CriterionError> {
    let io = |source| CriterionError::Io {
        path: dir.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if !path.is_dir() {
            continue;
        }
        let is_newest = path.file_name().is_some_and(|n| n == "new");
        match is_newest && path.join("estimates.json").is_file() {
            true => found.push(one(&path)?),
            false => below(&path, found)?,
        }
    }
    Ok(())
}

fn one(dir: &Path) -> Result<Micro, CriterionError> {
    let benchmark: Benchmark = json(&dir.join("benchmark.json"))?;
    let estimates: Estimates = json(&dir.join("estimates.json"))?;
    let mean = &estimates.mean;
    // `{"Elements": 1000}`, `{"Bytes": 4096}`
    let throughput = benchmark.throughput.and_then(|t| {
        let (what, n) = t.into_iter().next()?;
        Some((n.as_u64()?, what.to_lowercase()))
    });
    Ok(Micro {
        name: benchmark.full_id,
        mean: mean.point_estimate,
        interval: (
            mean.confidence_interval.lower_bound,
            mean.confidence_interval.upper_bound,
        ),
        median: estimates.median.point_estimate,
        throughput,
    })
}

fn json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, CriterionError> {
    let text = std::fs::read_to_string(path).map_err(|source| CriterionError::Io {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|source| CriterionError::Json {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(dir: &Path, file: &str, text: &str) {
        std::fs::create_dir_all(dir).unwrap();
        std::fs::write(dir.join(file), text).unwrap();
    }

    const ESTIMATES: &str = r#"{"mean": {"confidence_interval": {"confidence_level": 0.95, "lower_bound": 9.0,
        "upper_bound": 11.0}, "point_estimate": 10.0, "standard_error": 0.1}, "median": {"confidence_interval":
        {"confidence_level": 0.95, "lower_bound": 9.0, "upper_bound": 10.0}, "point_estimate": 9.5, "standard_error": 0.1}}"#;

    #[test]
    fn the_newest_result_of_every_benchmark_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let of = |name: &str, age: &str| dir.path().join(name).join(age);
        let benchmark = r#"{"full_id": "dot/384", "throughput": {"Elements": 384}}"#;
        for age in ["new", "base"] {
            write(&of("dot/384", age), "benchmark.json", benchmark);
            write(&of("dot/384", age), "estimates.json", ESTIMATES);
        }
        let found = read(dir.path()).unwrap();
        assert_eq!(
            found,
            [Micro {
                name: "dot/384".into(),
                mean: 10.0,
                interval: (9.0, 11.0),
                median: 9.5,
                throughput: Some((384, "elements".into())),
            }]
        );
    }

    #[test]
    fn what_is_not_understood_has_its_place() {
        let dir = tempfile::tempdir().unwrap();
        assert!(
            read(dir.path())
                .unwrap_err()
                .to_string()
                .contains("run `cargo bench` first")
        );
        let new = dir.path().join("a/new");
        write(&new, "estimates.json", "{}");
        write(&new, "benchmark.json", r#"{"full_id": "a"}"#);
        let error = read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("estimates.json: missing field `mean`"), "{error}");
        assert!(
            read(Path::new("/nowhere/at/all"))
                .unwrap_err()
                .to_string()
                .starts_with("/nowhere")
        );
    }
}
