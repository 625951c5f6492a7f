//! Embedders on ONNX Runtime.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use fastembed::{
    EmbeddingModel, InitOptionsUserDefined, ModelInfo, OutputKey, Pooling, QuantizationMode,
    SingleBatchOutput, TextEmbedding, TextInitOptions, UserDefinedEmbeddingModel,
};
use tokenizers::Tokenizer;

use super::files::{self, Folder};
use super::{LIMITS, Library, fetch_error, identity, run_error};
use crate::models::batch::{self, Limits, Progress};
use crate::models::catalog::{self, BuiltIn};
use crate::models::{Embedder, ModelError, ModelIdentity};
use crate::progress::Observer;
use crate::vectors::{TokenVectors, Vectors};

/// An embedder on ONNX Runtime.
pub struct OnnxEmbedder {
    identity: ModelIdentity,
    dim: usize,
    limits: Limits,
    /// Counts tokens without waiting for the model.
    tokenizer: Tokenizer,
    /// A session runs one batch at a time, on all its threads.
    model: Mutex<TextEmbedding>,
}

impl OnnxEmbedder {
    /// Loads an ONNX folder. Its name is the folder's; pooling and longest input are as its files say, else the
    /// mean and 512 tokens.
    pub fn from_folder(folder: &Path, library: &Library) -> Result<Self, ModelError> {
        let folder = Folder::open(folder)?;
        let (pooling, max_tokens) = (folder.pooling()?, folder.max_tokens()?);
        Self::user_defined(&folder.name(), &folder, pooling, max_tokens, library)
    }

    /// Loads a built-in embedder, with the length its card gives, from the folder with its files.
    pub fn built_in(model: BuiltIn, folder: &Path, library: &Library) -> Result<Self, ModelError> {
        Self::user_defined(
            model.name,
            &Folder::open(folder)?,
            Pooling::Mean,
            model.max_tokens,
            library,
        )
    }

    /// Loads a model of fastembed's catalogue, fetching it into `cache` when it is not there.
    pub(in crate::models) fn from_catalogue(
        info: &ModelInfo<EmbeddingModel>,
        cache: &Path,
        library: &Library,
    ) -> Result<Self, ModelError> {
        let name = info.model.to_string();
        let mut options = TextInitOptions::new(info.model.clone())
            .with_environment(library.environment.clone())
            .with_cache_dir(cache.to_owned())
            .with_show_download_progress(false);
        if let Some(threads) = library.threads {
            options = options.with_intra_threads(threads);
        }
        let model = TextEmbedding::try_new(options).map_err(|e| fetch_error(&name, &e))?;
        let mut wanted = vec![info.model_file.as_str(), "tokenizer.json"];
        wanted.extend(info.additional_files.iter().map(String::as_str));
        let sha256 = catalog::sha256(&files::hub_files(cache, &info.model_code, &wanted)?, "")?;
        let quantized = TextEmbedding::get_quantization_mode(&info.model);
        Self::new(&name, model, library, sha256, quantized)
    }

    fn user_defined(
        name: &str,
        folder: &Folder,
        pooling: Pooling,
        max_tokens: usize,
        library: &Library,
    ) -> Result<Self, ModelError> {
        // The mean is the rule, and leaves a built-in model with the same hash on both runtimes.
        let settings = if pooling == Pooling::Cls {
            "pooling=cls"
        } else {
            ""
        };
        let sha256 = folder.sha256(settings)?;
        let graph = catalog::read(folder.onnx.clone())?;
        let mut model =
            UserDefinedEmbeddingModel::new(graph, folder.tokenizer_files(max_tokens)?).with_pooling(pooling);
        for (name, path) in folder.external_data()? {
            model = model.with_external_initializer(name, catalog::read(path)?);
        }
        let mut options = InitOptionsUserDefined::new()
            .with_environment(library.environment.clone())
            .with_max_length(max_tokens);
        if let Some(threads) = library.threads {
            options = options.with_intra_threads(threads);
        }
        let model = TextEmbedding::try_new_from_user_defined(model, options);
        let model = model.map_err(|e| ModelError::BadFile {
            path: folder.onnx.clone(),
            reason: e.to_string(),
        })?;
        Self::new(name, model, library, sha256, QuantizationMode::None)
    }

    fn new(
        name: &str,
        mut model: TextEmbedding,
        library: &Library,
        sha256: String,
        quantized: QuantizationMode,
    ) -> Result<Self, ModelError> {
        let tokenizer = model.tokenizer.clone();
        let max_tokens = tokenizer.get_truncation().map_or(usize::MAX, |t| t.max_length);
        let probe = model.embed([""], None).map_err(|e| run_error(name, e))?;
        // Dynamic quantization scales by what is in the batch; alone, a text always gets the same vector.
        let limits = match quantized {
            QuantizationMode::Dynamic => Limits {
                min_tokens: 0,
                max_tokens: 0,
                ..LIMITS
            },
            QuantizationMode::None | QuantizationMode::Static => LIMITS,
        };
        Ok(Self {
            identity: identity(name, library, sha256, max_tokens),
            dim: probe[0].len(),
            limits,
            tokenizer,
            model: Mutex::new(model),
        })
    }
}

/// Where models put what they make of each token. An output that is the only one may be that or the pooled one.
const TOKENS: &[OutputKey] = &[
    OutputKey::ByName("last_hidden_state"),
    OutputKey::ByName("token_embeddings"),
    OutputKey::OnlyOne,
];

impl OnnxEmbedder {
    /// For each token of a text, padding left out: whether it is one of the text's own.
    fn own_tokens(&self, text: &str) -> Result<Vec<bool>, ModelError> {
        let tokens = self.tokenizer.encode_fast(text, true);
        let tokens = tokens.map_err(|e| run_error(&self.identity.name, e))?;
        let all = tokens
            .get_special_tokens_mask()
            .iter()
            .zip(tokens.get_attention_mask());
        Ok(all
            .filter(|(_, seen)| **seen == 1)
            .map(|(special, _)| *special == 0)
            .collect())
    }

    /// The rows of a batch's texts, whose own tokens `own` gives; `None` where the model shows no tokens.
    fn token_rows(&self, output: &SingleBatchOutput, own: &[&Vec<bool>]) -> Option<Vec<Vec<f32>>> {
        let hidden = output.select_output(&TOKENS).ok()?;
        let &[_, width, dim] = hidden.shape() else {
            return None;
        };
        let values = hidden.as_slice().filter(|_| dim == self.dim)?;
        let texts = output
            .attention_mask_array
            .rows()
            .into_iter()
            .zip(own)
            .enumerate();
        let rows = texts.map(|(i, (mask, own))| {
            let seen = mask
                .iter()
                .enumerate()
                .filter(|(_, seen)| **seen == 1)
                .map(|(at, _)| at);
            let own = seen.zip(own.iter()).filter(|(_, own)| **own);
            let row = |(at, _)| &values[(i * width + at) * dim..][..dim];
            batch::unit_rows(&own.flat_map(row).copied().collect::<Vec<f32>>(), dim)
        });
        Some(rows.collect())
    }
}

impl Embedder for OnnxEmbedder {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn embed(&self, texts: &[&str], watch: &dyn Observer) -> Result<Vectors, ModelError> {
        let failed = |e: &dyn std::fmt::Display| run_error(&self.identity.name, e);
        let (texts, places) = batch::distinct(texts);
        let mut lengths = Vec::with_capacity(texts.len());
        for text in &texts {
            let tokens = self.tokenizer.encode_fast(*text, true).map_err(|e| failed(&e))?;
            lengths.push(tokens.len());
        }
        let batches = batch::plan(&lengths, self.limits);
        let what = format!("embed with {}", self.identity.name);
        let progress = Progress::start(watch, &what, texts.len(), "texts");
        let rows = batch::run(&batches, 1, &progress, |_, batch| {
            let batch: Vec<&str> = batch.iter().map(|&i| texts[i]).collect();
            let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
            model.embed(&batch, None).map_err(|e| failed(&e))
        })?;
        Ok(batch::spread(&rows, &places, self.dim))
    }

    fn embed_tokens(&self, texts: &[&str], watch: &dyn Observer) -> Result<TokenVectors, ModelError> {
        let (texts, places) = batch::distinct(texts);
        let own: Vec<Vec<bool>> = texts
            .iter()
            .map(|t| self.own_tokens(t))
            .collect::<Result<_, _>>()?;
        let lengths: Vec<usize> = own.iter().map(Vec::len).collect();
        let batches = batch::plan(&lengths, self.limits);
        let what = format!("embed tokens with {}", self.identity.name);
        let progress = Progress::start(watch, &what, texts.len(), "texts");
        let rows = batch::run(&batches, 1, &progress, |_, batch| {
            let input: Vec<&str> = batch.iter().map(|&i| texts[i]).collect();
            let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
            let outputs = model.transform(&input, None);
            let outputs = outputs.map_err(|e| run_error(&self.identity.name, e))?.into_raw();
            let mut own = batch.iter().map(|&i| &own[i]);
            let mut rows = Vec::with_capacity(batch.len());
            for output in &outputs {
                let own: Vec<&Vec<bool>> = own.by_ref().take(output.attention_mask_array.nrows()).collect();
                let of_texts = self.token_rows(output, &own);
                rows.extend(of_texts.ok_or_else(|| ModelError::NoTokens {
                    name: self.identity.name.clone(),
                    reason: "its ONNX file gives one vector for a whole text; the built-in embedder shows its tokens"
                        .to_owned(),
                })?);
            }
            Ok::<_, ModelError>(rows)
        })?;
        Ok(batch::spread_tokens(&rows, &places, self.dim))
    }
}
