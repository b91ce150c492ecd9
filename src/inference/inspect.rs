//! Reads what a model's file says about the model, without loading its weights.

use std::path::Path;

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};

use crate::inference::files;

/// Checks that a file is a model that fills holes.
///
/// # Errors
///
/// With the reason if it is not.
pub fn check(path: &Path) -> Result<(), String> {
    files::check(path).map_err(|it| it.to_string())?;
    send_logs_to_tracing(LogOptions::default());
    let backend = LlamaBackend::init().map_err(|it| it.to_string())?;
    let params = LlamaModelParams::default().with_vocab_only(true);
    let model = LlamaModel::load_from_file(&backend, path, &params);
    let model = model.map_err(|_| "the file is damaged or its format is unknown".to_owned())?;
    let vocab = model.vocab();
    match [vocab.fim_pre(), vocab.fim_suf(), vocab.fim_mid()].iter().any(|it| it.0 < 0) {
        true => {
            Err("the model has no fill-in-the-middle tokens, so it cannot complete code".to_owned())
        }
        false => Ok(()),
    }
}
