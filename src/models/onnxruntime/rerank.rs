//! Cross-encoders on ONNX Runtime.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use fastembed::{
    RerankInitOptions, RerankInitOptionsUserDefined, RerankerModelInfo, TextRerank, UserDefinedRerankingModel,
};
use tokenizers::{Tokenizer, TruncationStrategy};

use super::files::{self, Folder};
use super::{LIMITS, Library, fetch_error, identity, run_error};
use crate::models::batch::{self, Progress};
use crate::models::catalog::{self, BuiltIn};
use crate::models::{ModelError, ModelIdentity, Reranker};
use crate::progress::Observer;

/// A cross-encoder on ONNX Runtime.
pub struct OnnxReranker {
    identity: ModelIdentity,
    /// Counts tokens without waiting for the model.
    tokenizer: Tokenizer,
    /// A session runs one batch at a time, on all its threads.
    model: Mutex<TextRerank>,
}

impl OnnxReranker {
    /// Loads an ONNX folder whose model has an output `logits`. Its name is the folder's; the longest pair is as its
    /// files say, else 512 tokens.
    pub fn from_folder(folder: &Path, library: &Library) -> Result<Self, ModelError> {
        let folder = Folder::open(folder)?;
        Self::user_defined(&folder.name(), &folder, folder.max_tokens()?, library)
    }

    /// Loads a built-in reranker, with the length its card gives, from the folder with its files.
    pub fn built_in(model: BuiltIn, folder: &Path, library: &Library) -> Result<Self, ModelError> {
        Self::user_defined(model.name, &Folder::open(folder)?, model.max_tokens, library)
    }

    /// Loads a model of fastembed's catalogue, fetching it into `cache` when it is not there.
    pub(in crate::models) fn from_catalogue(
        info: &RerankerModelInfo,
        cache: &Path,
        library: &Library,
    ) -> Result<Self, ModelError> {
        let name = &info.model_code;
        let mut options = RerankInitOptions::new(info.model.clone())
            .with_environment(library.environment.clone())
            .with_cache_dir(cache.to_owned())
            .with_show_download_progress(false);
        if let Some(threads) = library.threads {
            options = options.with_intra_threads(threads);
        }
        let model = TextRerank::try_new(options).map_err(|e| fetch_error(name, &e))?;
        let mut wanted = vec![info.model_file.as_str(), "tokenizer.json"];
        wanted.extend(info.additional_files.iter().map(String::as_str));
        let sha256 = catalog::sha256(&files::hub_files(cache, &info.model_code, &wanted)?, "")?;
        Ok(Self::new(name, model, library, sha256))
    }

    fn user_defined(
        name: &str,
        folder: &Folder,
        max_tokens: usize,
        library: &Library,
    ) -> Result<Self, ModelError> {
        let sha256 = folder.sha256("")?;
        let model = UserDefinedRerankingModel::new(folder.onnx.clone(), folder.tokenizer_files(max_tokens)?);
        let mut options = RerankInitOptionsUserDefined::new()
            .with_environment(library.environment.clone())
            .with_max_length(max_tokens);
        if let Some(threads) = library.threads {
            options = options.with_intra_threads(threads);
        }
        let model = TextRerank::try_new_from_user_defined(model, options);
        let model = model.map_err(|e| ModelError::BadFile {
            path: folder.onnx.clone(),
            reason: e.to_string(),
        })?;
        Ok(Self::new(name, model, library, sha256))
    }

    fn new(name: &str, mut model: TextRerank, library: &Library, sha256: String) -> Self {
        let truncation = model.tokenizer.get_truncation_mut();
        let max_tokens = truncation.map_or(usize::MAX, |truncation| {
            // fastembed would cut whichever is longer; the query has to stay whole.
            truncation.strategy = TruncationStrategy::OnlySecond;
            truncation.max_length
        });
        Self {
            identity: identity(name, library, sha256, max_tokens),
            tokenizer: model.tokenizer.clone(),
            model: Mutex::new(model),
        }
    }

    /// Batches of positions in `pairs`; fastembed takes one query at a time, so no batch mixes queries.
    fn plan(&self, pairs: &[(&str, &str)]) -> Result<Vec<Vec<usize>>, ModelError> {
        let mut groups: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        let mut group_of: HashMap<&str, usize> = HashMap::new();
        for (i, &(query, passage)) in pairs.iter().enumerate() {
            let tokens = self.tokenizer.encode_fast((query, passage), true);
            // With the strategy above this is the only way to fail.
            let tokens = tokens.map_err(|_| ModelError::query_too_long(query, self.identity.max_tokens))?;
            let group = *group_of.entry(query).or_insert_with(|| {
                groups.push(Default::default());
                groups.len() - 1
            });
            groups[group].0.push(i);
            groups[group].1.push(tokens.len());
        }
        let batches = groups.iter().flat_map(|(positions, lengths)| {
            let batches = batch::plan(lengths, LIMITS);
            batches
                .into_iter()
                .map(|batch| batch.into_iter().map(|i| positions[i]).collect())
        });
        Ok(batches.collect())
    }
}

impl Reranker for OnnxReranker {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn score(&self, pairs: &[(&str, &str)], watch: &dyn Observer) -> Result<Vec<f32>, ModelError> {
        let (pairs, places) = batch::distinct(pairs);
        let batches = self.plan(&pairs)?;
        let what = format!("score with {}", self.identity.name);
        let progress = Progress::start(watch, &what, pairs.len(), "pairs");
        let scores = batch::run(&batches, 1, &progress, |_, batch| {
            let passages: Vec<&str> = batch.iter().map(|&i| pairs[i].1).collect();
            let query = pairs[batch[0]].0;
            let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
            let ranked = model.rerank(query, &passages, false, Some(passages.len()));
            let mut ranked = ranked.map_err(|e| run_error(&self.identity.name, e))?;
            // fastembed hands them over best first.
            ranked.sort_unstable_by_key(|r| r.index);
            Ok::<_, ModelError>(ranked.into_iter().map(|r| r.score).collect())
        })?;
        Ok(places.into_iter().map(|place| scores[place]).collect())
    }
}
