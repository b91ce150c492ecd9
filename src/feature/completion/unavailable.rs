//! Why a completion showed nothing, as text that names the setting to change.
//!
//! The text goes into the ledger, so it contains no source text and no message of a provider.

use std::mem::discriminant;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::feature::completion::Unavailable;
use crate::feature::pause::Pause;
use crate::models::price::date;
use crate::models::price::money::Money;
use crate::provider::failure::Failure;
use crate::router::health::CooldownCause;
use crate::router::outcome::{AttemptError, MissReason, MissedModel};
use crate::router::plan::SkipReason;

/// Models named in one reason; the others are counted.
const MOST: usize = 3;

/// What the text of a reason depends on, besides the reason.
#[derive(Clone, Debug)]
pub struct About {
    pub language: String,
    /// When the request was made.
    pub at: SystemTime,
    /// `limit.complete.usd`.
    pub limit: Option<Money>,
}

impl Unavailable {
    /// Why no model answered: no request was sent, or all of them failed.
    pub(super) fn of(missed: Vec<MissedModel>) -> Self {
        let is_skipped = |it: &MissedModel| matches!(it.cause, MissReason::Skipped(_));
        match !missed.is_empty() && missed.iter().all(is_skipped) {
            true => Self::NoneUsable(missed),
            false => Self::Failed(missed),
        }
    }

    /// The reason as the rest of a sentence that begins with "nothing shown: ".
    pub fn reason(&self, about: &About) -> String {
        let text = match self {
            Self::Paused(pause) => return paused(pause),
            Self::LanguageOff => {
                return format!("{} is switched off by `complete.languages`", about.language);
            }
            Self::Refused(refusal) => return format!("this file is excluded: {refusal}"),
            Self::NoneUsable(missed) | Self::Failed(missed) => return models(self, missed, about),
            Self::Manual => "`complete.trigger` is \"manual\": suggestions come only on request",
            Self::InsideAccepted => "the cursor is inside a word that was just accepted",
            Self::InsideWord => "the cursor is inside a word",
            Self::CodeBehind => {
                "code follows the cursor on its line, and no model is set up that can fill it in"
            }
            Self::StatementEnds => {
                "a statement has just ended, and a model that costs money completes there \
                 only on request"
            }
            Self::BehindItem => "nothing continues the item selected in the completion popup",
            Self::Unsure => "the built-in model is not sure enough, and no provider is set up",
            Self::NoModel => {
                "no provider is set up, and `embedded = \"off\"` disables the built-in model"
            }
            Self::Unfit => "a model answered, and nothing of its answer fits at the cursor",
            Self::Improbable(probability) => {
                return format!(
                    "a model answered, but its suggestion is right with a probability of {:.0} % only; \
                     `complete.eagerness` moves the limit",
                    probability * 100.0
                );
            }
            Self::TooLarge => "next edits are not sought in a document of more than 1 MB",
            Self::Superseded => "superseded by a newer request",
            Self::Cancelled => "the editor cancelled the request",
        };
        text.to_owned()
    }

    /// Whether both have the same reason, ignoring the times and prices that they name.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::NoneUsable(a), Self::NoneUsable(b)) | (Self::Failed(a), Self::Failed(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
            }
            (Self::Paused(_), _) | (Self::Refused(_), _) => self == other,
            _ => discriminant(self) == discriminant(other),
        }
    }

    /// Whether a setting or a model is the cause, so that the reason outlasts the next key.
    pub fn lasts(&self) -> bool {
        match self {
            Self::NoneUsable(missed) => !missed.iter().any(is_of_place),
            Self::Paused(_)
            | Self::LanguageOff
            | Self::Manual
            | Self::Refused(_)
            | Self::NoModel
            | Self::TooLarge
            | Self::Failed(_) => true,
            Self::InsideAccepted
            | Self::InsideWord
            | Self::CodeBehind
            | Self::StatementEnds
            | Self::BehindItem
            | Self::Unsure
            | Self::Unfit
            | Self::Improbable(_)
            | Self::Superseded
            | Self::Cancelled => false,
        }
    }
}

/// Whether a model is skipped because of the cursor's position.
fn is_of_place(miss: &MissedModel) -> bool {
    miss.cause == MissReason::Skipped(SkipReason::CannotFill)
}

fn is_same(a: &MissedModel, b: &MissedModel) -> bool {
    let is_same = match (&a.cause, &b.cause) {
        (MissReason::Skipped(a), MissReason::Skipped(b)) => discriminant(a) == discriminant(b),
        (MissReason::Tried(a), MissReason::Tried(b)) => match (a, b) {
            (AttemptError::Failed(a), AttemptError::Failed(b)) => {
                discriminant(a) == discriminant(b)
            }
            _ => discriminant(a) == discriminant(b),
        },
        _ => false,
    };
    is_same && a.target == b.target
}

fn paused(pause: &Pause) -> String {
    let place = if pause.folder.is_some() { "in this folder" } else { "everywhere" };
    match pause.until {
        Some(until) => {
            format!("paused {place} until {}", clock(UNIX_EPOCH, Duration::from_secs(until)))
        }
        None => format!("paused {place}"),
    }
}

/// Why each model did not answer. Models without a route are named only if no other is left.
fn models(reason: &Unavailable, missed: &[MissedModel], about: &About) -> String {
    let is_routed = |it: &&MissedModel| it.cause != MissReason::Skipped(SkipReason::NotRouted);
    let routed: Vec<&MissedModel> = missed.iter().filter(is_routed).collect();
    let all = if routed.is_empty() { missed.iter().collect() } else { routed };
    let reasons: Vec<String> = all.iter().take(MOST).map(|it| miss(it, about)).collect();
    let more = match all.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    match reason {
        Unavailable::Failed(_) if reasons.is_empty() => "no model answered in time".to_owned(),
        Unavailable::Failed(_) => format!("no model answered: {}{more}", reasons.join("; ")),
        _ if reasons.is_empty() => "no configured provider has a model".to_owned(),
        _ => format!("{}{more}", reasons.join("; ")),
    }
}

fn miss(miss: &MissedModel, about: &About) -> String {
    match &miss.cause {
        MissReason::Skipped(why) => skipped(&miss.target, *why, about),
        MissReason::Tried(error) => format!("{}: {}", miss.target, tried(error)),
    }
}

fn skipped(target: &str, why: SkipReason, about: &About) -> String {
    let provider = target.split('/').next().unwrap_or(target);
    let at = |left: Duration| clock(about.at, left);
    let allow = "allow it with `training = \"allow\"` in its [[provider]] row";
    match why {
        SkipReason::NotRouted => format!("{target} is not listed in `route.complete`"),
        SkipReason::NoKey => {
            format!("the API key of {provider} is missing; its [[provider]] row names its source")
        }
        SkipReason::CannotFill => format!(
            "code follows the cursor, and {target} only chats: while you type it completes only at the \
             end of a line unless `route.complete` names it"
        ),
        SkipReason::Reasons => format!(
            "{target} reasons before every answer, which is too slow while you type; it completes on \
             request, and while you type if `route.complete` names it"
        ),
        SkipReason::CannotChat => format!("{target} can only fill in code"),
        SkipReason::Searches => {
            format!(
                "{target} answers from a web search: it completes code only if `route.complete` names it"
            )
        }
        SkipReason::Excepted => format!("a request to {target} is already running"),
        SkipReason::NotAllowed => format!("`only` does not list {provider} for this folder"),
        SkipReason::Remote => {
            format!(
                "the file is in no open folder, so it is sent to models on this machine only; open \
                 its folder to use {target}"
            )
        }
        SkipReason::Trains => format!("{provider} trains on what it is sent; {allow}"),
        SkipReason::MayTrain => {
            format!("it is not known whether {provider} trains on what it is sent; {allow}")
        }
        SkipReason::Cooldown(cause, left) => format!("{target}: {cause}; next try at {}", at(left)),
        SkipReason::Capped(left) => format!(
            "{target}: a cap is reached (`[cap]`, or the `cap` of its row) until {}",
            at(left)
        ),
        SkipReason::Unpriced => {
            format!("the price of {target} is not known; name it with `price` in its row")
        }
        SkipReason::TooDear(money) => match about.limit {
            Some(limit) => format!(
                "{target} costs about {money} per suggestion, `limit.complete.usd` allows {limit}"
            ),
            None => format!("{target} costs about {money} per suggestion, which is too much"),
        },
        SkipReason::ContextTooShort(length) => {
            format!("the context window of {target} has only {length} tokens")
        }
        SkipReason::Starting => format!("{target} is being started"),
        SkipReason::CannotStart => format!("{target} could not be started"),
        SkipReason::Down(left) => format!("{target} failed repeatedly; next try at {}", at(left)),
        SkipReason::NoRoom(left) => {
            format!("{target}: {}; next try at {}", CooldownCause::RateLimit, at(left))
        }
        SkipReason::LaterGroup => format!("{target} is in a later group, and `route.spill` is off"),
    }
}

fn tried(error: &AttemptError) -> String {
    match error {
        AttemptError::Failed(failure) => failed(failure).to_owned(),
        AttemptError::Refused(refusal) => refusal.to_string(),
        AttemptError::Down => {
            "it failed a moment ago, and another request tries it again".to_owned()
        }
        AttemptError::SameKey => "the provider rejected the API key".to_owned(),
        AttemptError::TooSmall(length) => {
            format!("its context window of {length} tokens is too small for the prompt")
        }
    }
}

/// A failure without the provider's message.
fn failed(failure: &Failure) -> &'static str {
    match failure {
        Failure::RateLimited { .. } => "its rate limit is reached",
        Failure::Quota { .. } => "its quota is used up",
        Failure::Auth { .. } => "it rejected the API key",
        Failure::Forbidden { .. } => "it refused access",
        Failure::NoKey { .. } => "its API key is missing",
        Failure::KeyPending => "its API key was not read in time",
        Failure::ModelGone { .. } => "it does not offer this model",
        Failure::ContextTooLong { .. } => "the prompt is too long for it",
        Failure::FieldRejected { .. } | Failure::BadRequest { .. } => "it rejected the request",
        Failure::Overloaded { .. } => "it is overloaded",
        Failure::Connect { .. } => "the connection failed",
        Failure::Starting => "the server is starting",
        Failure::Timeout(_) => "it took too long",
        Failure::Cut => "the answer ended early",
        Failure::Garbled { .. } => "its answer could not be read",
        Failure::Empty { .. } => "its answer was empty",
        Failure::Repetition => "its reasoning repeated itself",
        Failure::Refused { .. } => "it refused to answer",
        Failure::Cancelled => "the request was cancelled",
    }
}

/// The time of day in UTC, `after` a moment.
fn clock(at: SystemTime, after: Duration) -> String {
    let at = at.checked_add(after).unwrap_or(at);
    date::utc(at).strftime("%H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn about() -> About {
        let at = UNIX_EPOCH + Duration::from_secs(15 * 3600 + 19 * 60);
        About { language: "rust".to_owned(), at, limit: Money::from_dollars(0.002) }
    }

    fn skip(target: &str, why: SkipReason) -> MissedModel {
        MissedModel { target: target.into(), cause: MissReason::Skipped(why) }
    }

    fn attempt(target: &str, error: AttemptError) -> MissedModel {
        MissedModel { target: target.into(), cause: MissReason::Tried(error) }
    }

    #[test]
    fn the_reason_names_the_setting_that_excludes_a_model() {
        let minute = Duration::from_secs(60);
        let money = Money::from_dollars(0.004).unwrap();
        for (why, text) in [
            (SkipReason::NotRouted, "a/m is not listed in `route.complete`"),
            (SkipReason::NotAllowed, "`only` does not list a for this folder"),
            (
                SkipReason::Remote,
                "the file is in no open folder, so it is sent to models on this machine only; open \
                 its folder to use a/m",
            ),
            (
                SkipReason::Trains,
                "a trains on what it is sent; allow it with `training = \"allow\"` in its \
                 [[provider]] row",
            ),
            (
                SkipReason::TooDear(money),
                "a/m costs about $0.004 per suggestion, `limit.complete.usd` allows $0.002",
            ),
            (
                SkipReason::Cooldown(CooldownCause::RateLimit, minute),
                "a/m: its rate limit is reached; next try at 15:20 UTC",
            ),
            (
                SkipReason::CannotFill,
                "code follows the cursor, and a/m only chats: while you type it completes only at \
                 the end of a line unless `route.complete` names it",
            ),
            (
                SkipReason::Reasons,
                "a/m reasons before every answer, which is too slow while you type; it completes \
                 on request, and while you type if `route.complete` names it",
            ),
            (
                SkipReason::Capped(minute),
                "a/m: a cap is reached (`[cap]`, or the `cap` of its row) until 15:20 UTC",
            ),
            (SkipReason::Down(minute), "a/m failed repeatedly; next try at 15:20 UTC"),
            (SkipReason::LaterGroup, "a/m is in a later group, and `route.spill` is off"),
        ] {
            assert_eq!(Unavailable::NoneUsable(vec![skip("a/m", why)]).reason(&about()), text);
        }
    }

    #[test]
    fn a_reason_names_three_models_and_leaves_out_those_without_a_route() {
        let all: Vec<MissedModel> =
            ["a/m", "b/m", "c/m", "d/m"].map(|it| skip(it, SkipReason::Starting)).into();
        let reason =
            Unavailable::NoneUsable([all, vec![skip("e/m", SkipReason::NotRouted)]].concat());
        let text = "a/m is being started; b/m is being started; c/m is being started; and 1 more";
        assert_eq!(reason.reason(&about()), text);
    }

    #[test]
    fn a_reason_contains_no_message_of_a_provider() {
        let failure = Failure::BadRequest { status: 400, reason: "the text was: x".to_owned() };
        let missed =
            vec![attempt("a/m", AttemptError::Failed(failure)), skip("b/m", SkipReason::NotRouted)];
        let text = "no model answered: a/m: it rejected the request";
        assert_eq!(Unavailable::Failed(missed).reason(&about()), text);
        assert_eq!(Unavailable::Failed(vec![]).reason(&about()), "no model answered in time");
    }

    #[test]
    fn reasons_that_differ_only_in_times_or_prices_are_equal() {
        let cooldown =
            |seconds| SkipReason::Cooldown(CooldownCause::Quota, Duration::from_secs(seconds));
        let none_usable = |target, why| Unavailable::NoneUsable(vec![skip(target, why)]);
        assert!(none_usable("a/m", cooldown(1)).is_like(&none_usable("a/m", cooldown(2))));
        assert!(!none_usable("a/m", cooldown(1)).is_like(&none_usable("b/m", cooldown(1))));
        assert!(!none_usable("a/m", cooldown(1)).is_like(&none_usable("a/m", SkipReason::NoKey)));
        let pause = |folder: Option<&str>| {
            Unavailable::Paused(Pause { folder: folder.map(PathBuf::from), until: None })
        };
        assert!(!pause(None).is_like(&pause(Some("/a"))));
        assert!(Unavailable::Unsure.is_like(&Unavailable::Unsure));
        assert!(!Unavailable::Unsure.is_like(&Unavailable::Unfit));
    }
}
