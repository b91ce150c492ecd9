//! Generates text with llama.cpp, one answer at a time: each uses all cores, so two at once would only delay each
//! other. The newest request comes first, and a request whose client is gone ends within one batch.

mod cache;
mod choice;
mod draft;
mod output;
mod prompt;
mod session;
mod threads;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::{
    LlamaBackendDeviceType, LogOptions, list_llama_ggml_backend_devices, send_logs_to_tracing,
};
use parking_lot::{Condvar, Mutex};
use serde::Deserialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::inference::generator::output::Piece;
use crate::inference::generator::session::ModelSession;
use crate::inference::{Device, files};

/// Waiting requests. The oldest one beyond them is refused.
const WAITING: usize = 16;

/// A hole to fill, or a prompt to continue. The names are those of llama.cpp's `/infill` and `/completion`, except for
/// `model`, `input_filename`, `typed` and `draft`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GenerationRequest {
    /// Name of a downloaded model, or path of a file.
    pub(super) model: String,
    pub(super) input_prefix: String,
    pub(super) input_suffix: String,
    /// Other files, the best one last.
    pub(super) input_extra: Vec<ExtraFile>,
    /// Text in the hole. The answer continues it.
    pub(super) typed: String,
    /// Path of the file with the hole.
    pub(super) input_filename: String,
    /// A guess of the answer, which shortens the time that it takes: see `draft`.
    pub(super) draft: String,
    /// Most tokens that are guessed at once; 0 turns guesses off.
    #[serde(rename = "speculative.n_max")]
    pub(super) most_guessed: Option<usize>,
    /// A prompt with the model's own markers, instead of a hole.
    pub(super) prompt: Option<String>,
    /// Most tokens of the answer.
    pub(super) n_predict: usize,
    pub(super) stop: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ExtraFile {
    pub(super) filename: String,
    pub(super) text: String,
}

/// A part of an answer.
#[derive(Clone, Debug)]
pub(super) struct GenerationEvent {
    pub(super) text: String,
    /// The logarithms of the probabilities of its tokens.
    pub(super) log_probs: Vec<f32>,
    pub(super) times: GenerationTimes,
    /// Why the answer ends with this part.
    pub(super) end: Option<AnswerEnd>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerEnd {
    /// The model ended it.
    Complete,
    /// A stop text followed.
    StopText,
    /// It has as many tokens as were requested.
    Length,
}

/// Tokens and durations of an answer so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GenerationTimes {
    /// Tokens of the prompt that were in memory.
    pub(super) cached: usize,
    /// Tokens of the prompt that were read.
    pub(super) read: usize,
    pub(super) reading: Duration,
    pub(super) written: usize,
    pub(super) writing: Duration,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum GenerationError {
    #[error("model not found: {path}: {reason}")]
    NoModel { path: String, reason: String },
    /// llama.cpp's server uses these words and the status 501.
    #[error("the model does not support infill: it has no fill-in-the-middle tokens")]
    NoFill,
    #[error("the prompt is too long for the context size of {0} tokens")]
    TooLong(usize),
    #[error("too many requests are waiting")]
    Busy,
    /// It could not load the model, allocate memory or compute.
    #[error("llama.cpp failed: {0}")]
    Library(String),
    #[error("{0}")]
    Failed(String),
}

type Sender = UnboundedSender<Result<GenerationEvent, GenerationError>>;
pub(super) type Receiver = UnboundedReceiver<Result<GenerationEvent, GenerationError>>;

/// The thread that generates.
pub(super) struct Generator {
    queue: Arc<JobQueue>,
}

struct GenerationJob {
    request: GenerationRequest,
    path: PathBuf,
    sender: Sender,
    /// Whether a part of the answer was sent.
    is_begun: Cell<bool>,
}

#[derive(Default)]
struct JobQueue {
    jobs: Mutex<Vec<GenerationJob>>,
    filled: Condvar,
    /// What runs the loaded model, for display.
    runs_on: Mutex<Option<String>>,
}

impl Generator {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub(super) fn start(device: Device) -> io::Result<Self> {
        let queue = Arc::<JobQueue>::default();
        let jobs = Arc::clone(&queue);
        thread::Builder::new().name("generator".to_owned()).spawn(move || run(&jobs, device))?;
        Ok(Self { queue })
    }

    /// Queues a request. Dropping the receiver ends it.
    pub(super) fn generate(&self, request: GenerationRequest, folder: &Path) -> Receiver {
        let (sender, receiver) = unbounded_channel();
        let path = files::path_of(folder, &request.model);
        let mut jobs = self.queue.jobs.lock();
        jobs.retain(|it| !it.sender.is_closed());
        if jobs.len() >= WAITING {
            let oldest = jobs.remove(0);
            _ = oldest.sender.send(Err(GenerationError::Busy));
        }
        jobs.push(GenerationJob { request, path, sender, is_begun: Cell::default() });
        self.queue.filled.notify_one();
        receiver
    }

    /// What runs the loaded model, for display.
    pub(super) fn runs_on(&self) -> Option<String> {
        self.queue.runs_on.lock().clone()
    }
}

impl JobQueue {
    fn is_empty(&self) -> bool {
        self.jobs.lock().is_empty()
    }

    /// The newest request whose client still waits.
    fn next(&self) -> GenerationJob {
        let mut jobs = self.jobs.lock();
        loop {
            match jobs.pop() {
                Some(job) if job.sender.is_closed() => {}
                Some(job) => return job,
                None => self.filled.wait(&mut jobs),
            }
        }
    }
}

impl GenerationJob {
    fn send(&self, piece: Piece, times: GenerationTimes, end: Option<AnswerEnd>) {
        let Piece { text, log_probs } = piece;
        self.is_begun.set(true);
        // A client that is gone is noticed before the next batch.
        _ = self.sender.send(Ok(GenerationEvent { text, log_probs, times, end }));
    }

    fn fail(self, error: GenerationError) {
        tracing::warn!(%error, "a request failed");
        _ = self.sender.send(Err(error));
    }
}

/// Answers requests forever. One model is loaded at a time.
fn run(queue: &JobQueue, wanted: Device) {
    send_logs_to_tracing(LogOptions::default());
    let backend = LlamaBackend::init().expect("this is the only thread that uses llama.cpp");
    let usual = if backend.supports_gpu_offload() { wanted } else { Device::Processor };
    let (mut device, mut job) = (usual, queue.next());
    loop {
        (device, job) = match serve(&backend, device, job, queue) {
            // The GPU may run this one.
            ModelEnd::OtherModel(job) => (usual, job),
            ModelEnd::Failed(job, error) => match fallback(device, &error, &job) {
                Fallback::None => {
                    job.fail(error);
                    (usual, queue.next())
                }
                Fallback::Repeat => {
                    tracing::warn!(%error, "the GPU failed, so the processor runs the model");
                    (Device::Processor, job)
                }
                Fallback::Next => {
                    tracing::warn!("the GPU failed, so the processor runs the model");
                    job.fail(error);
                    (Device::Processor, queue.next())
                }
            },
        };
    }
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fallback {
    /// The request fails.
    None,
    /// The processor answers the request.
    Repeat,
    /// The request fails, because a part of its answer was sent. The processor answers the next one.
    Next,
}

fn fallback(device: Device, error: &GenerationError, job: &GenerationJob) -> Fallback {
    match (device, error, job.is_begun.get()) {
        (Device::Gpu, GenerationError::Library(_), false) => Fallback::Repeat,
        (Device::Gpu, GenerationError::Library(_), true) => Fallback::Next,
        _ => Fallback::None,
    }
}

/// Why a model answers no more requests.
enum ModelEnd {
    /// This request is for another model.
    OtherModel(GenerationJob),
    /// The model cannot be loaded, or the GPU failed: this request is not answered.
    Failed(GenerationJob, GenerationError),
}

/// Answers requests for one model.
fn serve(backend: &LlamaBackend, device: Device, job: GenerationJob, queue: &JobQueue) -> ModelEnd {
    let path = job.path.clone();
    let model = match load(backend, &path, device) {
        Ok(model) => model,
        Err(error) => return ModelEnd::Failed(job, error),
    };
    let mut session = match ModelSession::new(backend, &model) {
        Ok(session) => session,
        Err(error) => return ModelEnd::Failed(job, error),
    };
    *queue.runs_on.lock() = Some(name(device));
    let mut job = job;
    while job.path == path {
        match session.answer(&job) {
            // The end of the channel is the end of the answer.
            Ok(()) => drop(job),
            Err(error) if fallback(device, &error, &job) == Fallback::None => job.fail(error),
            Err(error) => return ModelEnd::Failed(job, error),
        }
        // Between answers, since it takes longer than a token. A GPU does not use the threads.
        if device == Device::Processor
            && queue.is_empty()
            && let Err(error) = session.adapt_threads()
        {
            tracing::warn!(%error, "the number of threads stays");
        }
        job = queue.next();
    }
    ModelEnd::OtherModel(job)
}

/// The name of a device, for display.
fn name(device: Device) -> String {
    let all = list_llama_ggml_backend_devices();
    let first = |kind| all.iter().find(|it| it.device_type == kind);
    let gpu = || {
        // In this order, llama.cpp chooses by itself.
        first(LlamaBackendDeviceType::Gpu).or_else(|| first(LlamaBackendDeviceType::IntegratedGpu))
    };
    match device {
        Device::Gpu => gpu().map_or("the GPU".to_owned(), |it| it.description.clone()),
        Device::Processor => "the processor".to_owned(),
    }
}

fn load(
    backend: &LlamaBackend,
    path: &Path,
    device: Device,
) -> Result<LlamaModel, GenerationError> {
    let no_model =
        |reason: String| GenerationError::NoModel { path: path.display().to_string(), reason };
    files::check(path).map_err(|it| no_model(it.to_string()))?;
    let params = LlamaModelParams::default();
    let params = match device {
        // All layers are placed on it.
        Device::Gpu => params,
        // Without a device, neither weights nor prompts nor single operations are placed on one.
        Device::Processor => params.with_devices(&[]).expect("no device is named"),
    };
    LlamaModel::load_from_file(backend, path, &params).map_err(|error| match device {
        Device::Gpu => GenerationError::Library(error.to_string()),
        Device::Processor => no_model("the file is damaged or its format is unknown".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(is_begun: bool) -> GenerationJob {
        GenerationJob {
            request: GenerationRequest::default(),
            path: PathBuf::new(),
            sender: unbounded_channel().0,
            is_begun: Cell::new(is_begun),
        }
    }

    #[test]
    fn the_processor_takes_over_from_a_gpu_that_fails() {
        let library = || GenerationError::Library("no memory".to_owned());
        let too_long = || GenerationError::TooLong(512);
        for (device, error, is_begun, expected) in [
            (Device::Gpu, library(), false, Fallback::Repeat),
            (Device::Gpu, library(), true, Fallback::Next),
            (Device::Gpu, too_long(), false, Fallback::None),
            (Device::Processor, library(), false, Fallback::None),
            (Device::Processor, library(), true, Fallback::None),
        ] {
            assert_eq!(fallback(device, &error, &job(is_begun)), expected, "{device:?} {error}");
        }
    }

    #[test]
    fn a_request_whose_answer_has_begun_is_not_repeated() {
        let job = job(false);
        job.send(Piece::default(), GenerationTimes::default(), None);
        assert!(job.is_begun.get());
    }
}
