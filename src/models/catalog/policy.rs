//! What providers state about the data they receive: one row for each preset.
//!
//! A row holds what applies by default, without a contract or an option of the user's account. It is unknown
//! if it depends on a plan that Understudy cannot see, or if the provider publishes no statement. Filters
//! treat unknown as yes.

use std::fmt;

/// A provider's statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataPolicy {
    /// Whether models are trained on requests.
    pub trains: PolicyAnswer,
    /// Whether requests are kept after they were answered.
    pub retains: PolicyAnswer,
    /// The condition behind the two values, for display.
    pub note: &'static str,
    /// URL of the statement, and the day on which it was read.
    pub source: &'static str,
    pub date: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyAnswer {
    Yes,
    No,
    Unknown,
}

const READ: &str = "2026-11-25";

const SILENT: DataPolicy = DataPolicy {
    trains: PolicyAnswer::Unknown,
    retains: PolicyAnswer::Unknown,
    note: "no statement of the provider was found",
    source: "",
    date: READ,
};

const fn row(
    trains: PolicyAnswer,
    retains: PolicyAnswer,
    note: &'static str,
    source: &'static str,
) -> DataPolicy {
    DataPolicy { trains, retains, note, source, date: READ }
}

/// By preset, sorted by name.
const ROWS: &[(&str, DataPolicy)] = &[
    (
        "anthropic",
        row(
            PolicyAnswer::No,
            PolicyAnswer::Yes,
            "kept for up to 30 days by default",
            "https://privacy.anthropic.com/en/articles/7996868-is-my-data-used-for-model-training",
        ),
    ),
    (
        "azure-openai",
        row(
            PolicyAnswer::No,
            PolicyAnswer::Yes,
            "flagged requests may be kept to be reviewed",
            "https://learn.microsoft.com/en-us/azure/ai-foundry/responsible-ai/openai/data-privacy",
        ),
    ),
    (
        "cerebras",
        row(
            PolicyAnswer::No,
            PolicyAnswer::No,
            "neither requests nor answers are kept, so nothing learns from them",
            "https://support.cerebras.net/articles/1811589793-does-cerebras-retain-my-data",
        ),
    ),
    (
        "codestral",
        row(
            PolicyAnswer::Unknown,
            PolicyAnswer::Unknown,
            "it depends on the plan: requests on the free plan are used unless that is switched off",
            MISTRAL,
        ),
    ),
    (
        "deepinfra",
        row(
            PolicyAnswer::No,
            PolicyAnswer::No,
            "models of Google and Anthropic are under the policies of their makers",
            "https://docs.deepinfra.com/account/data-privacy",
        ),
    ),
    (
        "deepseek",
        row(
            PolicyAnswer::Unknown,
            PolicyAnswer::Unknown,
            "the platform's terms do not say",
            "https://cdn.deepseek.com/policies/en-US/deepseek-open-platform-terms-of-service.html",
        ),
    ),
    (
        "fireworks",
        row(
            PolicyAnswer::No,
            PolicyAnswer::No,
            "nothing is kept for open models unless switched on",
            "https://docs.fireworks.ai/guides/security_compliance/data_handling",
        ),
    ),
    (
        "gemini",
        row(
            PolicyAnswer::Unknown,
            PolicyAnswer::Yes,
            "it depends on the plan: requests on the free quota are used, paid ones are not",
            "https://ai.google.dev/gemini-api/terms",
        ),
    ),
    (
        "groq",
        row(
            PolicyAnswer::No,
            PolicyAnswer::No,
            "kept only to look into failures and abuse",
            "https://console.groq.com/docs/your-data",
        ),
    ),
    (
        "huggingface",
        row(
            PolicyAnswer::Unknown,
            PolicyAnswer::Unknown,
            "the router keeps nothing; each host that answers has its own policy",
            "https://huggingface.co/docs/inference-providers/security",
        ),
    ),
    (
        "mistral",
        row(
            PolicyAnswer::Unknown,
            PolicyAnswer::Unknown,
            "it depends on the plan: requests on the free plan are used unless that is switched off",
            MISTRAL,
        ),
    ),
    (
        "openai",
        row(
            PolicyAnswer::No,
            PolicyAnswer::Yes,
            "kept for up to 30 days to find abuse",
            "https://developers.openai.com/api/docs/guides/your-data",
        ),
    ),
    (
        "openrouter",
        row(
            PolicyAnswer::Unknown,
            PolicyAnswer::Unknown,
            "each host that answers has its own policy",
            "https://openrouter.ai/docs/guides/privacy/provider-logging",
        ),
    ),
    (
        "together",
        row(
            PolicyAnswer::No,
            PolicyAnswer::Yes,
            "kept unless switched off; its pages differ on the default",
            "https://docs.together.ai/docs/zero-data-retention",
        ),
    ),
    (
        "xai",
        row(
            PolicyAnswer::No,
            PolicyAnswer::Yes,
            "kept for 30 days to find abuse",
            "https://docs.x.ai/docs/faq/security",
        ),
    ),
];

const MISTRAL: &str = "https://help.mistral.ai/en/articles/323757-do-you-use-my-user-data-to-train-your-artificial-intelligence-models";

/// Models that a provider passes on to a third party, which has its own policy.
const PASSED_ON: &[(&str, &str)] = &[("deepinfra", "google/"), ("deepinfra", "anthropic/")];

/// The policy for one model. Local servers have no row; callers do not look them up.
pub fn of(kind: &str, model: &str) -> DataPolicy {
    let Some((_, policy)) = ROWS.iter().find(|(name, _)| *name == kind) else { return SILENT };
    let model = model.to_lowercase();
    if PASSED_ON.iter().any(|(name, start)| *name == kind && model.starts_with(start)) {
        return DataPolicy { trains: PolicyAnswer::Unknown, retains: PolicyAnswer::Yes, ..*policy };
    }
    *policy
}

impl DataPolicy {
    /// What is known about training, with its source and date. Continues a sentence that begins with a
    /// provider's name and a colon.
    pub fn training(&self) -> String {
        let known = match self.trains {
            PolicyAnswer::Yes => "it trains on requests",
            PolicyAnswer::No => "it does not train on requests",
            PolicyAnswer::Unknown => "it is not known whether it trains on requests",
        };
        let Self { note, source, date, .. } = self;
        match *source {
            "" => format!("{known}; {note} (looked for on {date})"),
            _ => format!("{known}; {note} ({source}, read on {date})"),
        }
    }
}

impl PolicyAnswer {
    /// Whether the value is yes or unknown.
    pub fn may_be(self) -> bool {
        self != Self::No
    }
}

impl fmt::Display for PolicyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::*;

    #[test]
    fn every_policy_has_a_source_and_a_date() {
        for (kind, policy) in ROWS {
            assert!(policy.source.starts_with("https://"), "{kind}");
            assert!(policy.date.parse::<Date>().is_ok(), "{kind}");
            assert!(!policy.note.is_empty(), "{kind}");
        }
        assert!(ROWS.iter().zip(&ROWS[1..]).all(|(a, b)| a.0 < b.0));
    }

    #[test]
    fn a_statement_about_training_names_its_source_and_date() {
        assert_eq!(
            of("deepseek", "x").training(),
            "it is not known whether it trains on requests; the platform's terms do not say \
             (https://cdn.deepseek.com/policies/en-US/deepseek-open-platform-terms-of-service.html, \
             read on 2026-11-25)"
        );
        assert_eq!(
            of("nobody", "x").training(),
            "it is not known whether it trains on requests; no statement of the provider was found \
             (looked for on 2026-11-25)"
        );
    }

    #[test]
    fn unknown_counts_as_yes() {
        assert!(of("nobody", "x").trains.may_be());
        assert!(of("mistral", "x").trains.may_be());
        assert!(!of("openai", "x").trains.may_be());
    }

    #[test]
    fn a_model_of_a_third_party_has_its_maker_s_policy() {
        assert_eq!(of("deepinfra", "Qwen/Qwen3").trains, PolicyAnswer::No);
        assert_eq!(of("deepinfra", "google/gemini-2.5-pro").trains, PolicyAnswer::Unknown);
    }
}
