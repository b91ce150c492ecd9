//! Understudy: a language server that gives any editor LLM features.
//!
//! This page is the map. The library exists for our own tests, benches and fuzzing; it promises
//! no API.
//!
//! # Floors
//!
//! Each module below is a floor, and imports only from floors before it:
//!
//! | floor | holds | leaves to others |
//! |---|---|---|
//! | [`text`] | documents as ropes; positions in UTF-8, 16 and 32; file uris | any protocol |
//! | [`syntax`] | the table of languages; trees kept up as documents change; what queries find in them | I/O, but for the user's own queries |
//! | [`workspace`] | the files that may be seen, what was edited of late, the index of words and names; git | what to do with them |
//! | [`predict`] | the embedded model: continues a line, and says how sure it is | when to show it |
//! | [`context`] | what a model may see of the code | any model |
//! | [`prompt`] | what is asked, whoever is asked | the words of any wire |
//! | [`provider`] | each provider's wire, and what its failures mean; servers of one's own that are started | whom to ask |
//! | [`router`] | who is asked, and who is asked next | any wire |
//! | [`cache`] | answers kept, and what is left of one as its user types along | who answered |
//! | [`feature`] | what a user gets: ghost text by the cheapest way that knows, actions, answers, hover | LSP |
//! | [`config`] | settings, their sources, what is wrong with them | reading the environment |
//! | [`http`] | the local HTTP endpoint: who may ask, the APIs of OpenAI, Anthropic and llama.cpp | every decision |
//! | [`server`] | LSP: the loop, one file a method, the translation both ways | every decision |
//! | [`cli`] | the command line, one file a command; the log | |
//!
//! # Invariants
//!
//! 1. Only `server` names LSP types.
//! 2. `text`, `syntax`, `context` and `prompt` read no clock, no variables and no files but the
//!    user's queries. Only `cli` reads variables.
//! 3. A notification has changed the state before its first `.await`, so a request sees every
//!    change that was sent before it. No lock is held across an `.await`.
//! 4. Parsing, indexing and learning never run on the message task, and no request waits for them.
//! 5. A dropped request drops its work; a ghost text's call goes on for a moment, for the next key.
//! 6. stdout belongs to the protocol. The text of a file reaches no log above `trace`.
//! 7. What is shown is never replaced until the user types.
//! 8. A file the guard refuses is neither learned nor completed in, even when it is open.
//! 9. An editor's plugin displays, and decides nothing.
//! 10. No connection is opened but to configured providers: no telemetry, no update check, no price
//!     is fetched. Only `provider::transport` opens one to a model. Only `http` listens, on loopback,
//!     where the user has enabled it.
//! 11. A prompt never knows its target; a suggestion reaches the editor only once its attempt has
//!     succeeded, so going on to the next thinks nothing anew and shows nothing twice.
//! 12. An unknown price is unknown: never zero, never a guess.
//!
//! `tests/tidy.rs` holds what the source alone can show of these, the tests of each floor the rest.
//!
//! # The life of a ghost text
//!
//! 1. `didChange` edits the rope, tells the trees' worker, and is done. Nothing waits for a parse. The first
//!    one has whoever will be asked connected to meanwhile.
//! 2. `inlineCompletion` turns the position into an offset of a snapshot. A newer automatic request
//!    of the same document supersedes it; one that was invoked is always answered.
//! 3. [`feature`] passes the gate: nothing is paused, the language is on, the guard lets the path
//!    through, the place is one where a suggestion helps. Then it asks what costs least first: the
//!    suggestion on the screen if the user types along it, the cache, the embedded model.
//! 4. [`predict`] reads the lines changed since it was last asked, searches the document and the
//!    workspace for what followed here before, and gives up unless it is sure enough. Where it is
//!    all but certain, or nobody else is configured, that is the answer; else it stands by.
//! 5. A call on its way whose text still fits is joined. Else, once typing pauses, [`context`]
//!    gathers what belongs to the place, [`prompt`] masks its secrets, and [`router`] plans: who may
//!    answer, who is worth it, in which order. It asks one after the other, each in its own wire's
//!    words ([`provider`]), until one has answered.
//! 6. While the answer streams [`prompt::shape`] cuts it to fit the hole, and hangs up when it is
//!    complete; what its language reads worse than the hole is left out. It is booked in the
//!    ledger, kept in the cache, and answered with an explicit range.
//! 7. What the user makes of it is read off the next `didChange`, and counts for whoever said it.
//!
//! Whatever fails on this road is an empty answer: nothing pops up at a keystroke.
//!
//! # The life of a code action
//!
//! 1. `codeAction` answers titles that fit the place, and asks no model. Each carries a command.
//! 2. `executeCommand` starts progress that can be cancelled. [`feature::action`] takes the scene (whole
//!    lines, widened where nothing is selected), [`prompt::action`] finds the words, secrets are masked,
//!    and [`router`] asks one after the other as for a ghost text. What is dear is asked first.
//! 3. Words stream as `understudy/answer` where the editor shows that. Code is read by
//!    [`prompt::edit`], parsed in its place, and refused if its language reads it worse than before;
//!    somebody else is asked once then.
//! 4. The lines have moved along with what their user typed meanwhile; if they were touched nothing is
//!    done. Only lines that differ are sent, for the version of the document that is there.
//!
//! # Words
//!
//! One thing has one name.
//!
//! | word | means |
//! |---|---|
//! | `Document` | an open text: rope, version, language |
//! | `Session`, `Snapshot` | what one editor told us; the same as it stood when a request came |
//! | `Engine` | all that answers requests, under one set of settings |
//! | `OpenDocument`, `Place` | a document with what is kept beside it; the same when it was asked about, and the cursor |
//! | `Guard`, `Refusal` | the judge of paths; the rule that hides one |
//! | `Pause` | where its user wants nothing suggested and nothing sent, and how long |
//! | `Block`, `Rule` | what is not done for a document; whose word that is |
//! | `Journal` | what was edited and visited of late |
//! | `Tokens` | the words of the workspace, indexed for the embedded model |
//! | `Symbols` | where the workspace defines what |
//! | `Chunks` | which pieces of the workspace share words with a place |
//! | `Excerpt` | the text around the cursor that a model sees |
//! | `Part`, `gather` | context of one file beside it; all of it, in a budget and a time |
//! | `Piece`, `choose` | some lines that may go along; those that bring most names for their bytes |
//! | `Mask` | secrets out of a prompt, and back into its reply |
//! | `Fill`, `Extent` | a hole in a document to be filled; how much of it an answer may fill |
//! | brief | as short as a question to a chat model is while the user types |
//! | `Hole`, `Shape` | the place a reply has to fit; the reply, made to fit it |
//! | `Action`, `Subject` | something that can be asked about code; the code it is asked about |
//! | `Site` | the text that an answer changes, and what stands around it |
//! | `Hunk`, `Rewrite` | lines that differ from how they stood; tokens of them that became others |
//! | `Example`, `RuleKey` | a rewrite that was made by hand; what makes two of them the same |
//! | `NextEdit`, `Evidence` | an edit that is due next; what speaks for it |
//! | `Notebook`, `Whole` | the cells of a notebook in order; the text of all cells as seen from one |
//! | `Scene`, `Mark` | the lines an action is about; a range that follows the edits of its document |
//! | `Change` | new text for a scene, checked, and what of it differs |
//! | `Declined` | why an action came to nothing |
//! | `Region` | whether a place is code, a comment or a string |
//! | `prefix`, `suffix` | the text before and after the cursor |
//! | `Suggestion` | what the embedded model says, and its confidence |
//! | confidence | the probability that a suggestion is exactly right |
//! | `Offer` | a text and the range it would replace |
//! | `Shown` | the suggestion on the screen, and what is left of it |
//! | `Silence`, `Silences` | why a request for ghost text showed nothing; the last reasons of a document, counted |
//! | `Miss` | a model that did not answer, and why |
//! | `TooDear` | what a suggestion costs where every model costs more than the limit |
//! | `Smaller` | a prompt in fewer words, sent where the whole one costs too much |
//! | `Flight`, `Seat` | a call for a ghost text on its way; a request that waits for what it says |
//! | `Ground` | the document around a hole, in which a text is parsed |
//! | `Ahead` | a call for the place behind a suggestion, before that is taken |
//! | `Anchor` | the place a text was made for, as long as its line is the same |
//! | automatic, invoked | asked for by typing; asked for by the user |
//! | `Catalog`, `Entry` | what is known of models before any is asked: price, class, window |
//! | `Price`, `Money` | what tokens cost, and sums of it, in picodollars; a price not known is none |
//! | `Need` | what a request needs of whoever answers it |
//! | `ModelPool`, `Member`, `Health` | all who may be asked; one of them; how it is doing |
//! | `Plan`, `Choice`, `Why` | who is asked in which order; one of them; why another is not |
//! | `Value` | what asking a member is expected to cost, in dollars and in waiting |
//! | `Breaker`, `Headroom` | leaves those alone who fail; leaves those alone whose rate limit is used up |
//! | standby | the embedded model's text, for when nobody else answers |
//! | `Bill` | a call on its way, booked once however it ends |
//! | `Ledger`, `Call` | what was spent and decided, in one file for all windows; one request to one model |
//! | `Cap`, `Reservation` | what may be spent in a day or a month; what was set aside for a call |
//! | `Local`, `Keeper` | a server of its user's own that is started when needed; who runs it for all windows |
//! | `Park` | who is not asked for a while, in any window |
//! | `Quirks` | what a model's server rejected and can be served without, for the lifetime of the process |
//! | `Delivery` | bytes of a request that were given to an open connection |
//! | `Thoughts` | reasoning that a server passes on as text, taken out of it |
//! | `Relay`, `Conversation` | a request of another program in its own words; the same with the model it names |
//! | `Sheet`, `Insertion` | a text with a cursor as another program sends it; what is inserted there |
//! | `Endpoint`, `Gateway`, `Owner` | the HTTP endpoint of a process; what answers its requests; the process that listens |
//! | `Config`, `Problem` | the settings; what is wrong in a source of them |
//! | `Short`, `Old` | a word that sets a group of older keys; a key of an earlier version |

pub mod app;
pub mod cli;
pub mod config;
pub mod context;
pub mod feature;
pub mod http;
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
