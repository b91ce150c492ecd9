//! The tokens of a prompt: the model's own markers around the user's text, which is never read as a marker.

use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::vocab::LlamaVocab;

use crate::inference::generator::{GenerationError, GenerationRequest};

/// Stands for a marker that a vocabulary lacks.
const NONE: i32 = -1;
/// The share of the room for what precedes the hole, if the prompt is too long.
const BEFORE: f64 = 0.75;

/// A prompt in tokens.
#[derive(Debug, Default)]
pub(super) struct PromptTokens {
    pub(super) tokens: Vec<i32>,
    /// The text before the hole that is not in the prompt: the answer repeats it. A word that is half typed is
    /// seldom made of the tokens of the whole word, so its last token is generated anew.
    pub(super) begun: Vec<u8>,
    /// A guess of the answer.
    pub(super) draft: Vec<i32>,
}

/// Encodes a request in at most `room` tokens.
///
/// # Errors
///
/// If the model has no markers for holes, or a prompt is too long. What surrounds a hole is cut.
pub(super) fn encode(
    vocab: &LlamaVocab<'_>,
    request: &GenerationRequest,
    room: usize,
) -> Result<PromptTokens, GenerationError> {
    let Some(prompt) = &request.prompt else { return hole(vocab, request, room) };
    let tokens = vocab.tokenize(prompt.as_bytes(), true, true);
    match tokens.len() {
        0 => Err(GenerationError::Failed("the prompt is empty".to_owned())),
        length if length > room => Err(GenerationError::TooLong(room)),
        _ => Ok(PromptTokens {
            tokens: tokens.into_iter().map(|it| it.0).collect(),
            ..PromptTokens::default()
        }),
    }
}

/// Encodes a hole in the order prefix, suffix, middle.
fn hole(
    vocab: &LlamaVocab<'_>,
    request: &GenerationRequest,
    room: usize,
) -> Result<PromptTokens, GenerationError> {
    let [before, after, middle] =
        [vocab.fim_pre(), vocab.fim_suf(), vocab.fim_mid()].map(|it| it.0);
    if [before, after, middle].contains(&NONE) {
        return Err(GenerationError::NoFill);
    }
    let words = |text: &str| -> Vec<i32> {
        vocab.tokenize(text.as_bytes(), false, false).into_iter().map(|it| it.0).collect()
    };
    let (mut prefix, mut suffix) = (words(&request.input_prefix), words(&request.input_suffix));
    let mut typed = words(&request.typed);
    let begun = match typed.is_empty() {
        true => begun(vocab, &mut prefix, &request.input_prefix),
        false => begun(vocab, &mut typed, &request.typed),
    };
    let draft = draft(vocab, &begun, &request.draft);
    let mut left = room.saturating_sub(8 + typed.len());
    suffix.truncate(left.saturating_sub(prefix.len().min((BEFORE * left as f64) as usize)));
    left -= suffix.len();
    prefix.drain(..prefix.len().saturating_sub(left));
    left -= prefix.len();

    let mut tokens = Vec::with_capacity(room.min(4096));
    if vocab.should_add_bos() {
        tokens.push(vocab.bos().0);
    }
    tokens.extend(files(vocab, request, left, &words));
    tokens.push(before);
    tokens.extend(prefix);
    tokens.push(after);
    tokens.extend(suffix);
    tokens.push(middle);
    tokens.extend(typed);
    Ok(PromptTokens { tokens, begun, draft })
}

/// The tokens of a guessed answer, which repeats what has begun.
fn draft(vocab: &LlamaVocab<'_>, begun: &[u8], text: &str) -> Vec<i32> {
    if text.is_empty() {
        return Vec::new();
    }
    let text = [begun, text.as_bytes()].concat();
    vocab.tokenize(&text, false, false).into_iter().map(|it| it.0).collect()
}

/// Other files, in Qwen's format, then the name of the file with the hole. The best ones that fit are kept.
fn files(
    vocab: &LlamaVocab<'_>,
    request: &GenerationRequest,
    room: usize,
    words: &dyn Fn(&str) -> Vec<i32>,
) -> Vec<i32> {
    let (repository, separator) = (vocab.fim_rep().0, vocab.fim_sep().0);
    if request.input_extra.is_empty() || [repository, separator].contains(&NONE) {
        return Vec::new();
    }
    let file = |name: &str, text: &str| {
        let mut tokens = vec![separator];
        tokens.extend(words(&format!("{name}\n{text}")));
        tokens
    };
    let head = [vec![repository], words("workspace\n")].concat();
    let own = file(&request.input_filename, "");
    let Some(mut left) = room.checked_sub(head.len() + own.len()) else { return Vec::new() };
    let mut kept = Vec::new();
    for extra in request.input_extra.iter().rev() {
        let tokens = file(&extra.filename, &format!("{}\n", extra.text));
        let Some(rest) = left.checked_sub(tokens.len()) else { break };
        left = rest;
        kept.push(tokens);
    }
    if kept.is_empty() {
        return Vec::new();
    }
    kept.reverse();
    [head, kept.concat(), own].concat()
}

/// Removes the last token before the cursor, and returns its text. A line feed ends what was typed, so nothing is
/// begun behind it.
fn begun(vocab: &LlamaVocab<'_>, tokens: &mut Vec<i32>, text: &str) -> Vec<u8> {
    let Some(last) = tokens.last() else { return Vec::new() };
    let piece = vocab.token_to_piece(LlamaToken(*last), false, None);
    if piece.is_empty() || piece.ends_with(b"\n") || !text.as_bytes().ends_with(&piece) {
        return Vec::new();
    }
    tokens.pop();
    piece
}
