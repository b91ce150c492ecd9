use std::sync::Arc;

use crate::models::catalog::class::Class;
use crate::models::catalog::policy::Answer;
use crate::models::price::Price;
use crate::provider::Model;
use crate::provider::Provider;
use crate::provider::Target;
use crate::provider::fim::Form;
use crate::provider::preset;
use crate::provider::secret::Secret;
use crate::router::need::Feature;
use crate::router::need::Need;
use crate::router::need::Policy;
use crate::router::need::Size;
use crate::router::need::Wants;
use crate::router::pool::Candidate;
use crate::router::pool::ModelPool;
use crate::router::pool::Options;
use crate::usage::record::Caps;

pub(super) fn target(name: &str) -> Arc<Target> {
    let (provider, model) = name.split_once('/').unwrap();
    let preset = preset::find("openai-compatible").unwrap();
    let provider = Provider {
        name: provider.to_owned(),
        preset,
        url: "https://example.invalid/v1".to_owned(),
        insecure: false,
        secret: Secret::none(),
    };
    let model = Model { id: model.to_owned(), form: Form::Suffix, window: None };
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
        class: Class::Small,
        window: Some(32_000),
        bytes_per_token: 4.0,
        price: Price::of_user(1.0, 1.0, None, None).map(Arc::new),
        is_local: false,
        included: None,
        caps: Caps::default(),
        trains: Answer::No,
        is_named: false,
        searches: false,
        reasons: false,
        thoughts: 0,
        bills_on: false,
    }
}

/// A request of two thousand tokens for ghost text.
pub(super) fn need() -> Need {
    Need {
        feature: Feature::Complete,
        wants: Wants::Fill,
        size: Size { bytes: 8000, stable: 0.0, max_output: 100, output: Some(50) },
        document: 1,
        policy: Policy::default(),
        deadline: Feature::Complete.deadline(),
        usd: None,
        ahead: None,
        except: Vec::new(),
    }
}

/// All candidates in groups of ghost text, and in one group of everything else.
pub(super) fn pool(groups: Vec<Vec<Candidate>>, options: Options) -> ModelPool {
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
        Feature::Edit | Feature::Explain | Feature::Hover => Some(all.clone()),
    })
}

/// Dollars a million tokens: in, out.
pub(super) fn price(input: f64, output: f64) -> Option<Arc<Price>> {
    Price::of_user(input, output, None, None).map(Arc::new)
}
