//! Data sets of vectors: every format that is read, and everything that can be wrong with one.

mod arbitrary;
mod archives;
mod beir;
mod damaged;
mod files;
mod hdf5;
mod matrices;

use std::path::PathBuf;

use evalrun::dataset::source::{ArraysSource, Hdf5Source, TarSource};
use evalrun::dataset::{Dataset, GivenVectors, Source, load};
use evalrun::progress::Silent;
use evalrun::vectors::Metric;
use tempfile::TempDir;

/// A folder that is gone after the test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for the test"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        let folder = path.parent().expect("a name in the folder");
        std::fs::create_dir_all(folder).expect("the folder takes it");
        std::fs::write(path, bytes).expect("the folder takes it");
        self
    }

    /// `documents` and `queries` compared by Euclidean distance, which takes every finite row as it is.
    fn arrays(&self, documents: &str, queries: &str) -> ArraysSource {
        ArraysSource {
            documents: self.path(documents),
            queries: self.path(queries),
            neighbours: None,
            payload: None,
            metric: Metric::L2,
            limit: None,
        }
    }

    fn hdf5(&self, file: &str) -> Hdf5Source {
        Hdf5Source {
            file: self.path(file),
            metric: None,
            limit: None,
        }
    }

    fn tar(&self, path: &str) -> TarSource {
        TarSource {
            path: self.path(path),
            metric: Metric::Dot,
        }
    }

    fn load(&self, source: Source) -> Dataset {
        load("set", &source, &Silent).expect("a sound set")
    }

    /// The message about a source that cannot be read, its paths as the test wrote them.
    fn error(&self, source: Source) -> String {
        let error = load("set", &source, &Silent)
            .expect_err("an unusable set")
            .to_string();
        error.replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// The one kind of vectors that the set has.
fn vectors(data: &Dataset) -> &GivenVectors {
    &data.vectors["vector"]
}

/// The values of the documents' vectors.
fn documents(data: &Dataset) -> Vec<Vec<f32>> {
    vectors(data).docs.rows().map(<[f32]>::to_vec).collect()
}

/// The values of the queries' vectors.
fn queries(data: &Dataset) -> Vec<Vec<f32>> {
    vectors(data).queries.rows().map(<[f32]>::to_vec).collect()
}
