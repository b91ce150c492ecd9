use std::sync::Arc;

use crate::models::catalog::class::ModelClass;
use crate::models::catalog::policy::PolicyAnswer;
use crate::models::price::Price;
use crate::provider::fim::FillFormat;
use crate::provider::secret::Secret;
use crate::provider::{Provider, Target, TargetModel, preset};
use crate::router::pool::{Candidate, ModelPool, RoutingOptions};
use crate::router::spec::{Capability, Feature, PrivacyPolicy, RequestSize, RequestSpec};
use crate::usage::record::SpendingCaps;

pub(super) fn target(name: &str) -> Arc<Target> {
    let (provider, model) = name.split_once('/').unwrap();
    let preset = preset::find("openai-compatible").unwrap();
    let url = "https://example.invalid/v1";
    let provider =
        Provider { name: provider.to_owned(), ..Provider::new(preset, url, Secret::none()) };
    let (id, form) = (model.to_owned(), FillFormat::Suffix);
    let model = TargetModel { id, form, edits: None, context_length: None };
    Arc::new(Target { name: name.into(), provider: Arc::new(provider), model })
}

/// One of whom nothing speaks against asking it, at a dollar a million tokens.
pub(super) fn candidate(name: &str) -> Candidate {
    Candidate {
        target: target(name),
        identity: name
            .bytes()
            .fold(7, |sum, it| (sum ^ u64::from(it)).wrapping_mul(0x100_0000_01b3)),
        has_key: true,
        fills: true,
        chats: true,
        completes: false,
        class: ModelClass::Small,
        context_length: Some(32_000),
        bytes_per_token: 4.0,
        price: Price::of_user(1.0, 1.0, None, None).map(Arc::new),
        is_local: false,
        included: None,
        caps: SpendingCaps::default(),
        trains: PolicyAnswer::No,
        is_named: false,
        searches: false,
        reasons: false,
        thoughts: 0,
        bills_on: false,
        is_last: false,
    }
}

/// A request of two thousand tokens for ghost text.
pub(super) fn spec() -> RequestSpec {
    RequestSpec {
        feature: Feature::Complete,
        wants: Capability::Fill,
        size: RequestSize { bytes: 8000, stable: 0.0, max_output: 100, output: Some(50) },
        document: 1,
        policy: PrivacyPolicy::default(),
        deadline: Feature::Complete.deadline(),
        usd: None,
        ahead: None,
        except: Vec::new(),
    }
}

/// All candidates in groups of ghost text, and in one group of everything else.
pub(super) fn pool(groups: Vec<Vec<Candidate>>, options: RoutingOptions) -> ModelPool {
    let mut next = 0;
    let mut places = |count: usize| {
        next += count;
        (next - count..next).collect::<Vec<usize>>()
    };
    let complete: Vec<Vec<usize>> = groups.iter().map(|it| places(it.len())).collect();
    let candidates: Vec<Candidate> = groups.into_iter().flatten().collect();
    let all = vec![(0..candidates.len()).collect::<Vec<usize>>()];
    ModelPool::new(candidates, options, |feature| match feature {
        Feature::Complete => Some(complete.clone()),
        Feature::Edit | Feature::Explain | Feature::Hover | Feature::NextEdit => Some(all.clone()),
    })
}

/// Dollars a million tokens: in, out.
pub(super) fn price(input: f64, output: f64) -> Option<Arc<Price>> {
    Price::of_user(input, output, None, None).map(Arc::new)
}
