//! Answers requests with one loaded model.

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::time::Instant;

use llama_cpp_2::DecodeError;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::context::session::LlamaStateSeqFlags;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::vocab::LlamaVocab;

use crate::inference::generator::cache::{PromptCache, SEQUENCES};
use crate::inference::generator::choice::{Pieces, TokenChoice};
use crate::inference::generator::draft::{DraftRecord, Drafting, TokenDraft};
use crate::inference::generator::output::{AnswerText, OutputStep};
use crate::inference::generator::prompt::PromptTokens;
use crate::inference::generator::threads::Threads;
use crate::inference::generator::{
    AnswerEnd, GenerationError, GenerationJob, GenerationTimes, choice, prompt,
};
use crate::memory;

/// Tokens that are read at once. Between two batches a request can end.
const BATCH: usize = 64;
/// Memory of the prompts that are kept, in bytes.
const MEMORY: u64 = 48 << 20;
/// Least and most tokens of all prompts together.
const TOKENS: (u64, u64) = (4096, 16_384);
/// Most tokens of an answer.
const ANSWER: usize = 512;

pub(super) struct ModelSession<'a> {
    backend: &'a LlamaBackend,
    model: &'a LlamaModel,
    threads: Threads,
    /// Threads of the context.
    used: i32,
    context: LlamaContext<'a>,
    vocab: LlamaVocab<'a>,
    batch: LlamaBatch<'a>,
    pieces: Pieces,
    cache: PromptCache,
    drafts: DraftRecord,
    capacity: usize,
}

impl<'a> ModelSession<'a> {
    pub(super) fn new(
        backend: &'a LlamaBackend,
        model: &'a LlamaModel,
    ) -> Result<Self, GenerationError> {
        let mut threads = Threads::new();
        let used = threads.count();
        let context = context(backend, model, used)?;
        let pieces = Pieces::new(model.tokens(false).map(|it| it.1));
        // Reading the file left several megabytes unused.
        memory::give_back();
        let capacity = capacity(model);
        tracing::info!(capacity, threads = used, "the model is loaded");
        Ok(Self {
            backend,
            model,
            threads,
            used,
            context,
            vocab: model.vocab(),
            batch: LlamaBatch::new(BATCH, 1),
            pieces,
            cache: PromptCache::default(),
            drafts: DraftRecord::new(),
            capacity: capacity as usize,
        })
    }

    /// Answers a request, unless its client leaves.
    pub(super) fn answer(&mut self, job: &GenerationJob) -> Result<(), GenerationError> {
        let most = job.request.n_predict.clamp(1, ANSWER);
        let room = self.capacity - most;
        let prompt = prompt::encode(&self.vocab, &job.request, room)?;
        let mut times = GenerationTimes::default();
        let start = Instant::now();
        let sequence = self.read(job, &prompt.tokens, most, &mut times)?;
        let Some(sequence) = sequence else { return Ok(()) };
        times.reading = start.elapsed();
        let text = AnswerText::new(job.request.stop.clone());
        let answer = Answer { job, text, times, most, start: Instant::now() };
        self.write(job, prompt, sequence, answer)
    }

    /// Uses as many threads as the load of the machine allows. The bindings fix their number when a context is made,
    /// so a new one takes over what the old one has read.
    pub(super) fn adapt_threads(&mut self) -> Result<(), GenerationError> {
        let wanted = self.threads.count();
        if wanted == self.used {
            return Ok(());
        }
        let start = Instant::now();
        let mut context = context(self.backend, self.model, wanted)?;
        for sequence in self.cache.filled() {
            let state = self.context.state_seq_get(sequence as i32, LlamaStateSeqFlags::empty());
            let moved = state.and_then(|it| context.state_seq_set(&it, sequence as i32));
            if let Err(error) = moved {
                tracing::warn!(%error, "a prompt must be read again");
                context.clear_kv_cache_seq(Some(sequence as u32), None, None).map_err(failed)?;
                self.cache.forget(sequence, 0);
            }
        }
        (self.context, self.used) = (context, wanted);
        // What the old context used.
        memory::give_back();
        let ms = start.elapsed().as_millis();
        tracing::debug!(threads = wanted, ms, "the number of threads has changed");
        Ok(())
    }

    /// Reads a prompt, and returns the sequence that ends with it; `None` if the client leaves.
    fn read(
        &mut self,
        job: &GenerationJob,
        prompt: &[i32],
        most: usize,
        times: &mut GenerationTimes,
    ) -> Result<Option<usize>, GenerationError> {
        let placement = self.cache.place(prompt, most, self.capacity);
        for evicted in &placement.evicted {
            self.remove(*evicted, 0)?;
        }
        let (sequence, kept) = (placement.sequence, placement.kept);
        if let Some(from) = placement.from {
            let (from, to) = (from as i32, sequence as i32);
            let copied = self.context.copy_kv_cache_seq(from, to, Some(0), Some(kept as u32));
            copied.map_err(failed)?;
        }
        self.remove(sequence, kept)?;
        (times.cached, times.read) = (kept, prompt.len() - kept);
        let mut at = kept;
        for chunk in prompt[kept..].chunks(BATCH) {
            if job.sender.is_closed() {
                return Ok(None);
            }
            self.batch.clear();
            for token in chunk {
                let is_last = at + 1 == prompt.len();
                self.batch
                    .add(LlamaToken(*token), at as i32, &[sequence as i32], is_last)
                    .map_err(failed)?;
                at += 1;
            }
            self.decode()?;
            self.cache.has_read(sequence, chunk);
        }
        Ok(Some(sequence))
    }

    /// Writes the answer behind a prompt.
    fn write(
        &mut self,
        job: &GenerationJob,
        prompt: PromptTokens,
        sequence: usize,
        mut answer: Answer<'_>,
    ) -> Result<(), GenerationError> {
        let (mut tokens, mut begun) = (prompt.tokens, prompt.begun);
        let drafting = Drafting::new(prompt.draft, tokens.len());
        let guessed = job.request.most_guessed.unwrap_or(usize::MAX);
        let mut next = self.choose(-1, &begun);
        while !job.sender.is_closed() {
            if answer.take(self, next, &mut begun).is_break() {
                return Ok(());
            }
            tokens.push(next.token);
            let most = if begun.is_empty() { answer.room().min(guessed) } else { 0 };
            let draft = drafting.propose(&tokens, most, &self.drafts);
            let guess = draft.as_ref().map_or(&[][..], TokenDraft::tokens);
            let batch = [&[next.token], guess].concat();
            let start = Instant::now();
            self.decode_behind(sequence, tokens.len() - 1, &batch)?;
            self.drafts.on_batch(batch.len(), start.elapsed());
            let mut right = 0;
            next = self.choose(0, &begun);
            while guess.get(right) == Some(&next.token) {
                if answer.take(self, next, &mut begun).is_break() {
                    return Ok(());
                }
                right += 1;
                next = self.choose(right as i32, &begun);
            }
            if let Some(draft) = &draft {
                self.drafts.on_written(draft, &[&guess[..right], &[next.token]].concat());
            }
            if !guess.is_empty() {
                tokens.extend(&guess[..right]);
                self.cache.forget(sequence, tokens.len());
                self.remove(sequence, tokens.len())?;
            }
        }
        Ok(())
    }

    /// The next token behind one of the last batch.
    fn choose(&self, behind: i32, begun: &[u8]) -> TokenChoice {
        let logits = self.context.get_logits_ith(behind);
        let continued = || choice::continuing(logits, &self.pieces, begun);
        let continued = if begun.is_empty() { None } else { continued() };
        continued.unwrap_or_else(|| choice::best(logits))
    }

    /// Appends tokens to a sequence, and computes what may follow each of them.
    fn decode_behind(
        &mut self,
        sequence: usize,
        position: usize,
        tokens: &[i32],
    ) -> Result<(), GenerationError> {
        self.batch.clear();
        for (at, token) in (position as i32..).zip(tokens) {
            self.batch.add(LlamaToken(*token), at, &[sequence as i32], true).map_err(failed)?;
        }
        self.decode()?;
        self.cache.has_read(sequence, tokens);
        Ok(())
    }

    fn decode(&mut self) -> Result<(), GenerationError> {
        self.context.decode(&mut self.batch).map_err(|error| {
            // What is in memory is unknown after a failure.
            self.context.clear_kv_cache();
            self.cache.clear();
            match error {
                DecodeError::NoKvCacheSlot => {
                    GenerationError::Failed("the cache is full".to_owned())
                }
                DecodeError::NTokensZero | DecodeError::Unknown(_) => {
                    GenerationError::Library(error.to_string())
                }
            }
        })
    }

    /// Removes the tokens of a sequence from a position on.
    fn remove(&mut self, sequence: usize, from: usize) -> Result<(), GenerationError> {
        self.context.kv_cache_seq_rm(sequence as i32, Some(from as u32), None).map_err(failed)
    }
}

/// An answer while it is written.
struct Answer<'a> {
    job: &'a GenerationJob,
    text: AnswerText,
    times: GenerationTimes,
    /// Most tokens.
    most: usize,
    start: Instant,
}

impl Answer<'_> {
    /// Tokens that may follow.
    fn room(&self) -> usize {
        self.most.saturating_sub(self.times.written)
    }

    /// Sends the text of a token, without what the user has begun to type. Breaks at the end of the answer.
    fn take(
        &mut self,
        session: &ModelSession<'_>,
        next: TokenChoice,
        begun: &mut Vec<u8>,
    ) -> ControlFlow<()> {
        self.times.written += 1;
        self.times.writing = self.start.elapsed();
        if session.vocab.is_eog(LlamaToken(next.token)) {
            return self.end(AnswerEnd::Complete);
        }
        let piece = session.pieces.get(next.token);
        let typed = piece.len().min(begun.len());
        if piece[..typed] != begun[..typed] {
            // No token continues what was typed.
            return self.end(AnswerEnd::Complete);
        }
        begun.drain(..typed);
        match self.text.push(&piece[typed..], next.log_prob) {
            OutputStep::Stopped(text) => {
                self.job.send(text, self.times, Some(AnswerEnd::StopText));
                return ControlFlow::Break(());
            }
            OutputStep::Text(text) if text.text.is_empty() => {}
            OutputStep::Text(text) => self.job.send(text, self.times, None),
        }
        match self.room() {
            0 => self.end(AnswerEnd::Length),
            _ => ControlFlow::Continue(()),
        }
    }

    fn end(&mut self, end: AnswerEnd) -> ControlFlow<()> {
        self.job.send(self.text.rest(), self.times, Some(end));
        ControlFlow::Break(())
    }
}

fn context<'a>(
    backend: &LlamaBackend,
    model: &'a LlamaModel,
    threads: i32,
) -> Result<LlamaContext<'a>, GenerationError> {
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(capacity(model)))
        .with_n_batch(BATCH as u32)
        .with_n_ubatch(BATCH as u32)
        .with_n_seq_max(SEQUENCES as u32)
        .with_kv_unified(true)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_no_perf(true);
    let context = model.new_context(backend, params);
    context.map_err(|it| GenerationError::Library(format!("no memory: {it}")))
}

/// Tokens that fit into the memory for prompts.
fn capacity(model: &LlamaModel) -> u32 {
    let heads = u64::from(model.n_head().max(1));
    let width = model.n_embd().unsigned_abs() as u64 / heads * u64::from(model.n_head_kv());
    // Keys and values, two bytes each.
    let each = 4 * width * u64::from(model.n_layer());
    let fitting = (MEMORY / each.max(1)).clamp(TOKENS.0, TOKENS.1);
    (fitting as u32).min(model.n_ctx_train().max(512)) / 256 * 256
}

fn failed(error: impl std::fmt::Display) -> GenerationError {
    GenerationError::Failed(error.to_string())
}
