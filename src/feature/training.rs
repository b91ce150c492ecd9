//! Providers that the training policy excludes, and the notice about each of them, shown once.

use std::sync::Arc;
use std::time::SystemTime;

use crate::feature::models::Models;
use crate::models::catalog::policy;
use crate::models::catalog::policy::DataPolicy;
use crate::router::plan;
use crate::router::plan::SkipReason;
use crate::router::spec::PrivacyPolicy;
use crate::usage;

/// A provider that is not used because it may train on requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcludedProvider {
    pub provider: Arc<str>,
    pub policy: DataPolicy,
}

impl ExcludedProvider {
    /// The notice: the policy and its source.
    pub fn sentence(&self) -> String {
        format!("{} is not used: {}.", self.provider, self.policy.training())
    }

    /// The key in the ledger. A policy with a new date is reported again.
    fn key(&self) -> String {
        format!("training {} {} {}", self.provider, self.policy.trains, self.policy.date)
    }
}

impl Models {
    /// The providers that only the training rule of a policy excludes, without those that this process has
    /// already returned. In the order of the settings.
    pub fn newly_excluded(&self, policy: &PrivacyPolicy) -> Vec<ExcludedProvider> {
        let candidates = self.router.inspect(|pool| pool.candidates.clone());
        let blocked = candidates.iter().filter(|it| {
            it.has_key
                && matches!(plan::sees(policy, it), Err(SkipReason::Trains | SkipReason::MayTrain))
        });
        let new = blocked.filter(|it| self.is_first_exclusion(it.provider()));
        let excluded = new.map(|it| {
            let policy = policy::of(it.target.provider.preset.kind, it.model());
            ExcludedProvider { provider: it.provider().into(), policy }
        });
        excluded.collect()
    }

    /// The providers in `excluded` that no window has reported. Marks them as reported.
    pub async fn not_reported(&self, excluded: Vec<ExcludedProvider>) -> Vec<ExcludedProvider> {
        let mut new = Vec::new();
        for it in excluded {
            let ledger = self.router.ledger();
            if ledger.is_first_to_say(SystemTime::now(), it.key(), usage::EVER).await {
                new.push(it);
            }
        }
        new
    }
}
