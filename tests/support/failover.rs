//! Two providers of equal rank, the first of which fails, and the router's view of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use understudy::app::pool;
use understudy::config;
use understudy::feature::models::Models;
use understudy::models::catalog::Catalog;
use understudy::models::price::money::Money;
use understudy::prompt::Prompt;
use understudy::provider::client::{ModelClient, ProviderClient};
use understudy::provider::fim::FillFormat;
use understudy::provider::transport::Transport;
use understudy::reply::repetition::RepetitionWatch;
use understudy::router::breaker::Breaker;
use understudy::router::outcome::{
    AnsweredBy, Flow, RequestOutcome, RouterRequest, Standby, StreamEvent,
};
use understudy::router::spec::{
    Capability, Deadline, Feature, PrivacyPolicy, RequestSize, RequestSpec,
};
use understudy::usage::Ledger;
use understudy::usage::record::{Call, CallOutcome as Booked, SentRecord};

use crate::support::upstream::Upstream;
use crate::support::upstream::script::Script;
use crate::support::wire::{Row, TEXT, fill};

/// The effect of a failure on the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    Nothing,
    Blamed,
    NoRoom,
    Cooldown,
}

/// A request for ghost text.
pub(crate) fn request(prompt: Prompt) -> RouterRequest {
    RouterRequest {
        spec: RequestSpec {
            feature: Feature::Complete,
            wants: Capability::FillOrChat,
            size: RequestSize { bytes: 420, stable: 0.7, max_output: 64, output: None },
            document: 1,
            policy: PrivacyPolicy::default(),
            deadline: Feature::Complete.deadline(),
            usd: None,
            ahead: None,
            except: Vec::new(),
        },
        prompt: Arc::new(prompt),
        smaller: None,
        files: vec!["src/main.rs".to_owned()],
        standby: Some(Standby { text: "standby".to_owned(), confidence: 0.5 }),
        reasoning: Some(RepetitionWatch::default().of_reasoning()),
        sink: Box::new(|_| Flow::On),
    }
}

/// Two providers of equal rank, the first with the given dialect, and the results of requests to them.
pub(crate) struct World {
    pub(crate) models: Models,
    pub(crate) first: Option<Upstream>,
    /// The first provider's address, also if no server listens there.
    pub(crate) first_at: String,
    pub(crate) second: Upstream,
    pub(crate) heard: Arc<Mutex<String>>,
}

impl World {
    /// Without `script`, no server listens at the first provider's address.
    pub(crate) fn new(row: &Row, script: Option<Script>) -> Self {
        let first = Upstream::start([script.clone().unwrap_or(Script::status(500))]);
        let first_at = first.url();
        let mut world = Self::at(row, &first_at);
        world.first = script.is_some().then_some(first);
        world
    }

    /// With the first provider at this address.
    pub(crate) fn at(row: &Row, first_at: &str) -> Self {
        let second = Upstream::start([Script::cassette("openai/one_line.sse")]);
        let form = match row.form {
            FillFormat::Suffix => "suffix",
            FillFormat::Infill => "infill",
            FillFormat::Raw(family) | FillFormat::Wrapped(family) => family.name,
            FillFormat::Chat => "chat",
        };
        let price = "price = { input = 1, output = 2 }";
        let text = format!(
            "[[provider]]\nname = 'first'\nkind = '{}'\nurl = '{}'\ninsecure = true\nkey = {{ env = 'KEY' }}\n\
             models = [{{ id = 'model', fim = '{form}', window = 8000, {price} }}]\n\
             [[provider]]\nname = 'second'\nkind = 'openai-compatible'\nurl = '{}'\n\
             models = [{{ id = 'other', fim = 'chat', window = 32000, {price} }}]\n\
             [route]\ncomplete = [['first', 'second']]\nprefer = 'listed'\n",
            row.kind,
            first_at,
            second.url(),
        );
        let (config, problems) = config::parse(text.as_bytes());
        assert_eq!(problems, []);
        let key = |_: &str| Some("planted-key-0123456789".to_owned());
        let pool = pool::build(&config, &Catalog::built_in(), &key, None);
        let client = ProviderClient::new(Transport::default(), HashMap::new());
        let models = Models::new(pool, client, Ledger::in_memory());
        let (first, first_at) = (None, first_at.to_owned());
        Self { models, first, first_at, second, heard: Arc::default() }
    }

    pub(crate) async fn answer(&self) -> Arc<RequestOutcome> {
        self.ask(fill(), Capability::FillOrChat).await
    }

    pub(crate) async fn ask(&self, prompt: Prompt, wants: Capability) -> Arc<RequestOutcome> {
        let heard = Arc::clone(&self.heard);
        let sink = Box::new(move |event: StreamEvent<'_>| {
            let mut heard = heard.lock().unwrap();
            match event {
                StreamEvent::Delta(text) => heard.push_str(text),
                StreamEvent::Reset { .. } => heard.clear(),
                StreamEvent::Started { .. }
                | StreamEvent::LogProb(_)
                | StreamEvent::Relayed(_)
                | StreamEvent::Spent(_)
                | StreamEvent::Done => {}
            }
            Flow::On
        });
        let mut request = RouterRequest { sink, ..request(prompt) };
        request.spec.wants = wants;
        self.models.router.answer(request).await
    }

    /// The result of a request to the first provider and the standby.
    pub(crate) async fn first_within(&self, total: Duration) -> Arc<RequestOutcome> {
        let mut request = request(fill());
        request.spec.wants = Capability::FillOrChat;
        request.spec.deadline = Deadline { first_token: None, total, patience: Duration::ZERO };
        request.spec.except.push("second/other".into());
        self.models.router.answer(request).await
    }

    /// Size of the request to the first provider, in bytes.
    pub(crate) fn size_for_the_first(&self, prompt: &Prompt) -> u64 {
        let target = self.models.router.inspect(|pool| Arc::clone(&pool.candidates[0].target));
        Arc::clone(&self.models.client).size(&target, prompt)
    }

    /// All sent requests, newest first.
    pub(crate) async fn sent(&self) -> Vec<SentRecord> {
        self.models.router.ledger().sents(100).await
    }

    pub(crate) async fn calls(&self) -> Vec<Call> {
        let mut calls = self.models.router.ledger().calls(SystemTime::UNIX_EPOCH).await;
        calls.sort_by_key(|it| it.attempt);
        calls
    }

    pub(crate) fn held_against_the_first(&self) -> After {
        let now = tokio::time::Instant::now().into_std();
        self.models.router.inspect(|pool| {
            let health = &pool.health[0];
            match (health.headroom.wants_until(1, now), health.cooldown) {
                (Some(_), _) => After::NoRoom,
                (None, Some(_)) => After::Cooldown,
                (None, None) if health.breaker == Breaker::default() => After::Nothing,
                (None, None) => After::Blamed,
            }
        })
    }

    /// Checks that the second provider answered in one piece, and the first one's failure, its cost and its
    /// effect.
    pub(crate) async fn check(&self, class: &str, after: After, is_billed: bool, context: &str) {
        let outcome = self.answer().await;
        let answer = outcome.answer.as_ref().unwrap();
        assert_eq!(answer.by, AnsweredBy::Target("second/other".into()), "{context}");
        assert_eq!((&*answer.text, &**self.heard.lock().unwrap()), (TEXT, TEXT), "{context}");
        assert_eq!(self.second.hits(), 1, "{context}");
        let calls = self.calls().await;
        assert_eq!(calls.len(), 2, "{context}");
        assert_eq!(calls[0].outcome, Booked::Failed(class.to_owned()), "{context}");
        // A provider that had started or only timed out is assumed to charge for the prompt.
        assert_eq!(calls[0].usage.prompt > 0, is_billed, "{context}");
        assert_eq!(calls[0].estimated, is_billed, "{context}");
        assert_eq!(calls[1].outcome, Booked::Answered, "{context}");
        let exact = Money::from_picodollars((120 + 2 * 9) * 1_000_000);
        assert_eq!((calls[1].money, calls[1].estimated), (Some(exact), false), "{context}");
        assert_eq!(self.held_against_the_first(), after, "{context}");
    }
}
