//! Generates text with llama.cpp, one answer at a time: each uses all cores, so two at once would only delay each
//! other. The newest request comes first, and a request whose client is gone ends within one batch.

mod cache;
mod choice;
mod draft;
mod output;
mod prompt;
mod session;
mod threads;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};
use parking_lot::{Condvar, Mutex};
use serde::Deserialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::inference::files;
use crate::inference::generator::output::Piece;
use crate::inference::generator::session::ModelSession;

/// Waiting requests. The oldest one beyond them is refused.
const WAITING: usize = 16;
/// Layers to place on a GPU, if there is one: all.
const LAYERS: u32 = 1000;

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
}

#[derive(Default)]
struct JobQueue {
    jobs: Mutex<Vec<GenerationJob>>,
    filled: Condvar,
}

impl Generator {
    /// Starts the thread. `folder` contains the downloaded models.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub(super) fn start() -> io::Result<Self> {
        let queue = Arc::<JobQueue>::default();
        let jobs = Arc::clone(&queue);
        thread::Builder::new().name("generator".to_owned()).spawn(move || run(&jobs))?;
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
        jobs.push(GenerationJob { request, path, sender });
        self.queue.filled.notify_one();
        receiver
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
        // A client that is gone is noticed before the next batch.
        _ = self.sender.send(Ok(GenerationEvent { text, log_probs, times, end }));
    }

    fn fail(self, error: GenerationError) {
        tracing::warn!(%error, "a request failed");
        _ = self.sender.send(Err(error));
    }
}

/// Answers requests forever. One model is loaded at a time.
fn run(queue: &JobQueue) {
    send_logs_to_tracing(LogOptions::default());
    let backend = LlamaBackend::init().expect("this is the only thread that uses llama.cpp");
    let mut job = queue.next();
    loop {
        let path = job.path.clone();
        job = match load(&backend, &path) {
            Ok(model) => serve(&backend, &model, &path, job, queue),
            Err(error) => {
                job.fail(error);
                queue.next()
            }
        };
    }
}

/// Answers requests for one model. Returns the first request for another one.
fn serve(
    backend: &LlamaBackend,
    model: &LlamaModel,
    path: &Path,
    job: GenerationJob,
    queue: &JobQueue,
) -> GenerationJob {
    let mut session = match ModelSession::new(backend, model) {
        Ok(session) => session,
        Err(error) => {
            job.fail(error);
            return queue.next();
        }
    };
    let mut job = job;
    while job.path == path {
        match session.answer(&job) {
            // The end of the channel is the end of the answer.
            Ok(()) => drop(job),
            Err(error) => job.fail(error),
        }
        // Between answers, since it takes longer than a token.
        if queue.is_empty()
            && let Err(error) = session.adapt_threads()
        {
            tracing::warn!(%error, "the number of threads stays");
        }
        job = queue.next();
    }
    job
}

fn load(backend: &LlamaBackend, path: &Path) -> Result<LlamaModel, GenerationError> {
    let no_model =
        |reason: String| GenerationError::NoModel { path: path.display().to_string(), reason };
    files::check(path).map_err(|it| no_model(it.to_string()))?;
    let params = LlamaModelParams::default();
    let on_gpu = backend.supports_gpu_offload();
    let params = if on_gpu { params.with_n_gpu_layers(LAYERS) } else { params };
    let model = LlamaModel::load_from_file(backend, path, &params).or_else(|error| {
        tracing::warn!(%error, on_gpu, "the model could not be loaded");
        let on_cpu = LlamaModelParams::default().with_n_gpu_layers(0);
        LlamaModel::load_from_file(backend, path, &on_cpu)
    });
    model.map_err(|_| no_model("the file is damaged or its format is unknown".to_owned()))
}
