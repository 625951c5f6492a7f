//! What can go wrong with a model, each with the way out.

use std::io;
use std::path::PathBuf;

/// Why a model could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The files of a built-in model are nowhere.
    #[error(
        "the files of the built-in model `{name}` were not found; looked for {}; set EVALRUN_MODELS to the folder that holds `{name}/`",
        places(tried)
    )]
    NoModelsFolder {
        /// The model asked for.
        name: String,
        /// Every folder looked at, in order.
        tried: Vec<PathBuf>,
    },
    /// Nobody knows a model of that name.
    #[error("unknown {kind} `{name}`{}", hint(suggestion.as_deref()))]
    Unknown {
        /// `embedder` or `reranker`.
        kind: &'static str,
        /// The name asked for.
        name: String,
        /// The nearest known name.
        suggestion: Option<String>,
    },
    /// The name is known, but for the other purpose.
    #[error("`{name}` is {is}, not {wanted}")]
    WrongKind {
        /// The name asked for.
        name: String,
        /// What it is, with its article.
        is: &'static str,
        /// What was asked for, with its article.
        wanted: &'static str,
    },
    /// The built-in runtime was asked for a model it cannot run.
    #[error(
        "`{name}` is no built-in model, and the built-in runtime runs no other; choose runtime auto or onnxruntime"
    )]
    NotBuiltIn {
        /// The model asked for.
        name: String,
    },
    /// ONNX Runtime is asked for or needed, and there is none.
    #[error(
        "`{name}` needs ONNX Runtime, which was not found ({}); run `evalrun setup onnxruntime`, or set ORT_DYLIB_PATH to the library's file",
        tried.join("; ")
    )]
    NeedsOnnxRuntime {
        /// The model asked for.
        name: String,
        /// Every place looked at, in order, with what was wrong there.
        tried: Vec<String>,
    },
    /// This binary was built without ONNX Runtime support.
    #[error(
        "`{name}` needs ONNX Runtime, and this build has no feature `fastembed`; rebuild with it, or use a built-in model"
    )]
    NoOnnxRuntimeSupport {
        /// The model asked for.
        name: String,
    },
    /// The ONNX Runtime library is there but cannot be used.
    #[error(
        "{path}: not a usable ONNX Runtime library: {reason}; run `evalrun setup onnxruntime` for a good one"
    )]
    Library {
        /// The library's file.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// One process can hold one ONNX Runtime only.
    #[error("{wanted}: this process already runs ONNX Runtime from {loaded}; start again to use another")]
    OtherLibraryLoaded {
        /// The library asked for.
        wanted: PathBuf,
        /// The library in use.
        loaded: PathBuf,
    },
    /// A file of the model could not be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the model is not what it should be.
    #[error("{path}: {reason}")]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The model could not be fetched from its hub.
    #[error(
        "`{name}` could not be fetched: {reason}; without a network give a folder with model.onnx and tokenizer.json instead"
    )]
    Fetch {
        /// The model asked for.
        name: String,
        /// What the client said.
        reason: String,
    },
    /// It would have to be fetched, and the network is not to be used.
    #[error(
        "`{name}` is not here and --offline fetches nothing: {missing} is missing; run once with a network, or copy the folder of the \
         model there from a machine that has it, or give a folder with model.onnx and tokenizer.json instead"
    )]
    Offline {
        /// The model asked for.
        name: String,
        /// What is missing first.
        missing: PathBuf,
    },
    /// A query alone fills the model; cutting it would score another question.
    #[error(
        "the query leaves no room for a passage in {max_tokens} tokens; shorten it or use a longer reranker: {query:?}"
    )]
    QueryTooLong {
        /// The beginning of the query.
        query: String,
        /// Longest pair in tokens.
        max_tokens: usize,
    },
    /// The model gives vectors of whole texts alone.
    #[error("`{name}` gives no vectors of single tokens, which a `late` vector is made of: {reason}")]
    NoTokens {
        /// The model.
        name: String,
        /// Why it cannot.
        reason: String,
    },
    /// The runtime refused the model, or a run of it.
    #[error("`{name}`: {reason}")]
    Run {
        /// The model.
        name: String,
        /// What the runtime said.
        reason: String,
    },
}

impl ModelError {
    /// The error for a query that fills the model, quoting its beginning.
    pub(super) fn query_too_long(query: &str, max_tokens: usize) -> Self {
        let mut beginning: String = query.chars().take(60).collect();
        if beginning.len() < query.len() {
            beginning.push('…');
        }
        Self::QueryTooLong {
            query: beginning,
            max_tokens,
        }
    }
}

fn places(tried: &[PathBuf]) -> String {
    let all: Vec<String> = tried.iter().map(|p| p.display().to_string()).collect();
    all.join(", ")
}

fn hint(suggestion: Option<&str>) -> String {
    match suggestion {
        Some(name) => format!("; did you mean `{name}`?"),
        None => "; give a built-in name, a name of fastembed's catalogue, or an ONNX folder".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_way_out() {
        let missing = ModelError::NoModelsFolder {
            name: "m".to_owned(),
            tried: vec!["/a/models".into(), "/b/models".into()],
        };
        assert_eq!(
            missing.to_string(),
            "the files of the built-in model `m` were not found; looked for /a/models, /b/models; \
             set EVALRUN_MODELS to the folder that holds `m/`"
        );
        let unknown = ModelError::Unknown {
            kind: "embedder",
            name: "bge-smal".to_owned(),
            suggestion: Some("bge-small".to_owned()),
        };
        assert_eq!(
            unknown.to_string(),
            "unknown embedder `bge-smal`; did you mean `bge-small`?"
        );
    }

    #[test]
    fn a_long_query_is_quoted_by_its_beginning() {
        let error = ModelError::query_too_long(&"ä".repeat(100), 192);
        assert!(
            error
                .to_string()
                .ends_with(&format!("{:?}", format!("{}…", "ä".repeat(60))))
        );
    }
}
