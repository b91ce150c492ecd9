//! Understudy: a language server that gives any editor LLM features.
//!
//! This page is the map of the crate. The library exists for our own tests, benches and fuzz targets; it has no
//! stable API.
//!
//! # Modules
//!
//! Each module imports only from modules above it in this table. `tests/tidy.rs` checks that.
//!
//! | module | contains | does not |
//! |---|---|---|
//! | [`memory`] | unused memory returned to the system | allocate |
//! | [`text`] | documents as ropes; positions in UTF-8, UTF-16 and UTF-32; file URIs | know a protocol |
//! | [`storage`] | Understudy's own files: private to the user, replaced atomically | know what is in them |
//! | [`syntax`] | the table of languages; incremental syntax trees; compiled queries | do I/O, except to read the user's queries |
//! | [`workspace`] | the files that may be read, recent edits, the index of words and symbols; git; copies of folders | decide what to do with them |
//! | [`predict`] | the built-in n-gram model: continues a line and estimates its confidence | decide when to show it |
//! | [`context`] | the code that a model may see; masking of secrets | know a model |
//! | [`prompt`] | prompts that are the same for every model | know a wire format |
//! | [`reply`] | a model's output turned into text that fits, an edit that applies, or an answer | send a request |
//! | [`inference`] | the built-in neural model: its files and its engine, a process of its own | know a prompt or a setting |
//! | [`models`] | the catalogue: prices, classes, data policies | open a connection |
//! | [`provider`] | wire formats, the transport, failures, keys, local servers that are started on demand | choose a model |
//! | [`usage`] | the ledger: spending, caps, cooldowns, decisions; its reports | know a wire format |
//! | [`router`] | which models may answer, in which order; one attempt after another | know a wire format |
//! | [`feature`] | completion, next edits, actions, questions, hover | know LSP |
//! | [`config`] | settings, their sources and their problems | read the environment |
//! | [`app`] | engines built from settings; the log | decide anything about a request |
//! | [`http`] | the local HTTP endpoint: access control, the APIs of OpenAI, Anthropic and llama.cpp | decide anything about a request |
//! | [`server`] | LSP: the message loop, one file a method, translation in both directions | decide anything about a request |
//! | [`cli`] | one file a command; `term` is what commands share of the terminal | |
//!
//! # Invariants
//!
//! 1. Only `server` names LSP types.
//! 2. `text`, `syntax`, `context`, `prompt` and `reply` read no clock, no environment variables and no files except
//!    the user's queries. Only `cli` reads environment variables.
//! 3. A notification changes the state before its first `.await`, so a request sees every change that was sent
//!    before it. No lock is held across an `.await`.
//! 4. Parsing, indexing and learning never run on the message task, and no request waits for them, but a request for
//!    a next edit for up to a second for the syntax tree of the last edit.
//! 5. Dropping a request drops its work. A completion's call continues for a moment, for the next keystroke.
//! 6. stdout belongs to the protocol. The text of a file never reaches a log above `trace`; a key never reaches any.
//! 7. A suggestion on the screen is not replaced until the user types.
//! 8. A file that the guard refuses is neither indexed nor completed in, even when it is open.
//! 9. An editor's plugin displays and decides nothing.
//! 10. Connections are opened only to configured providers, and to a model's source after a confirmation or at the URL
//!     that the user names: no telemetry, no update check, no price download. Only `provider::transport` opens one. Only `http` listens, on
//!     loopback, where the user has enabled it; the engine of [`inference`] listens on a socket of the user's own.
//! 11. A prompt does not depend on its target, and a suggestion reaches the editor only after its attempt has
//!     succeeded. Failover therefore gathers no context again and shows nothing twice.
//! 12. An unknown price stays unknown: it is never zero and never guessed.
//!
//! `tests/tidy.rs` checks what the source alone can show of these; each module's tests check the rest.
//!
//! # How a completion is made
//!
//! 1. `didChange` edits the rope and notifies the parser's worker. The first one also opens a connection to the
//!    model that will probably be used.
//! 2. `inlineCompletion` resolves the position in a snapshot. A newer automatic request of the same document
//!    supersedes it; an invoked request is always answered.
//! 3. The engine's `Completer` ([`feature::completion`]) answers. [`feature::eligibility`] checks pauses, the
//!    guard and the language. What costs nothing comes first: the suggestion on the screen if the user types
//!    along it, the cache, the n-gram model.
//! 4. [`predict`] searches the document and the workspace for what followed the same words before. It returns
//!    nothing unless it is confident. A very confident prediction is the answer; any other is the standby.
//! 5. A call in flight whose text still fits is joined. Otherwise, after a pause in typing, [`context`] gathers the
//!    relevant code, [`context::mask`] replaces secrets, and [`router::plan`] orders the candidates.
//! 6. [`router::run`] calls one candidate after another through [`provider::client`] until one has answered. Each
//!    failure is classified in one place ([`provider::failure`]) and recorded by [`router::recorder`], which also
//!    starts cooldowns.
//! 7. While the answer streams, [`reply::completion`] cuts it to fit and ends the call once it is complete. Text
//!    that introduces syntax errors is dropped. While a slow model still writes, the beginning of its text is the
//!    answer; the call continues, and the next request gets the rest.
//! 8. The call is recorded in [`usage`], the text is cached, and the answer has an explicit range. The next
//!    `didChange` shows whether the user accepted it.
//!
//! A failure on this path is an empty answer with a recorded reason, never a popup.
//!
//! The calls from the editor to the socket: the handler `inline_completion::run`; `respond`, `suggest`, `query` and
//! `call` of the `Completer`; `Router::answer` and its `attempt`; `ModelClient::send`; `Transport::call` and
//! `execute`.
//!
//! # How a code action is made
//!
//! 1. `codeAction` returns titles and sends no request. Each title carries a command.
//! 2. `executeCommand` starts progress that the user can cancel. The engine's `Actions` ([`feature::action`])
//!    determine the lines, [`prompt::action`] builds the prompt, secrets are masked, and [`router`] works as for
//!    a completion. Above a cost limit the user is asked first.
//! 3. Answers stream as `understudy/answer` to editors that display it; [`reply::ending`] ends those that run on.
//!    Code is extracted by [`reply::edit`] and checked by [`reply::check`] in its place. The reason of a
//!    refusal is told to the same model once; then one other model is tried.
//! 4. The range follows edits that the user makes meanwhile. If the user edits inside it, nothing is applied. Only
//!    lines that differ are sent, for the current version of the document.
//!
//! # Vocabulary
//!
//! Words that have a special meaning here. Other names are the usual ones of the field.
//!
//! | word | meaning |
//! |---|---|
//! | window | one window of an editor, with a server process of its own |
//! | `Engine`, `Core` | the features under one set of settings; what they share: settings, models, files |
//! | `OpenDocument`, `DocumentState`, `Place` | a document; what is stored beside it; the document at the time of a request, with the cursor |
//! | `Guard`, `Refusal` | decides which paths may be read; the rule that refuses one |
//! | `Excerpt`, `Part` | the text around the cursor; context from another file |
//! | `Fill`, `Hole` | the prompt of a completion; the place that a reply must fit |
//! | brief | a short prompt that lets a chat model complete while the user types |
//! | `EditWindow` | the lines that a next edit may change |
//! | `Certainty` | the probabilities that a model reports for the tokens of its text |
//! | confidence | the probability that a suggestion is exactly right |
//! | `FreeSuggestions` | the suggestions that need no request: cached, or of the n-gram model |
//! | standby | the n-gram model's text, used if no model answers |
//! | `InFlight`, `Subscriber` | a completion's call that later requests can join; one request that waits for it |
//! | `Anchor` | the place that a text was made for, valid while its line is unchanged |
//! | `Unavailable` | why a completion shows nothing |
//! | `Target` | one model of one provider, `provider/model` |
//! | `RequestSpec`, `Capability` | what a request requires of a model |
//! | `ModelPool`, `Candidate`, `Health` | all configured targets; one with what routing depends on; its measured state |
//! | `Plan`, `Choice`, `SkipReason` | the order of candidates; one of them with what is known of it; why one is left out |
//! | `Headroom`, `Cooldown` | the rest of a rate limit; the time without requests after a failure, in all windows |
//! | `Reading` | how fast a model reads a prompt, and the prompt that it has read last |
//! | `Verdict` | the router's next step after a failure |
//! | `CallRecorder` | records one call exactly once, however it ends |
//! | `Dialect` | one wire format |
//! | `Quirks` | fields that a server rejected, remembered for the lifetime of the process |
//! | `Ledger`, `SpendingCap`, `Reservation` | the record of calls in all windows; a limit; the amount reserved for a call |
//! | `LocalServer`, `Supervisor` | a model server that is started on demand; the process that runs it for all windows |
//! | `Generator`, `ModelSession` | the thread that runs a neural model; one loaded model with its prompts in memory |
//! | `Relay` | a conversation that the HTTP endpoint passes on as the client wrote it |

pub mod app;
pub mod cli;
pub mod config;
pub mod context;
pub mod feature;
pub mod http;
pub mod inference;
pub mod memory;
pub mod models;
pub mod predict;
pub mod prompt;
pub mod provider;
pub mod reply;
pub mod router;
pub mod server;
pub mod storage;
pub mod syntax;
pub mod text;
pub mod usage;
pub mod workspace;
