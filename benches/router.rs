//! Overhead of the router without a network: targets reply or fail at once.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures::future::BoxFuture;
use futures::stream::StreamExt;
use futures::{FutureExt, stream};
use tempfile::TempDir;
use understudy::models::catalog::class::ModelClass;
use understudy::models::catalog::policy::PolicyAnswer;
use understudy::models::price::Price;
use understudy::models::token_usage::Usage;
use understudy::prompt::{CompletionScope, Fill, Prompt, Trigger};
use understudy::provider::client::{Delivery, HangUp, ModelClient, ModelStream};
use understudy::provider::dialect::Delta;
use understudy::provider::failure::Failure;
use understudy::provider::fim::FillFormat;
use understudy::provider::limits::Limits;
use understudy::provider::secret::Secret;
use understudy::provider::{Provider, Target, TargetModel, preset};
use understudy::reply::repetition::RepetitionWatch;
use understudy::router::outcome::{Flow, RouterRequest};
use understudy::router::pool::{Candidate, ModelPool, Prefer, RoutingOptions};
use understudy::router::spec::{Capability, Feature, PrivacyPolicy, RequestSize, RequestSpec};
use understudy::router::value::Now;
use understudy::router::{Router, plan};
use understudy::usage::record::SpendingCaps;
use understudy::usage::{FILE, Ledger};

const ROUNDS: usize = 5000;

/// Replies at once; targets of a provider named `dead` fail at once.
struct AtOnce;

impl ModelClient for AtOnce {
    fn send<'a>(
        &'a self,
        target: &'a Target,
        _: &'a Prompt,
        _: &'a Delivery,
    ) -> BoxFuture<'a, Result<ModelStream, Failure>> {
        let is_dead = target.provider.name == "dead";
        async move {
            if is_dead {
                return Err(Failure::Refused { reason: "it is dead".to_owned() });
            }
            let usage = Usage { prompt: 2000, output: 8, ..Usage::default() };
            let text = Delta::Text("return Ok(total);".to_owned());
            let pieces = [
                Ok(text),
                Ok(Delta::Usage(usage)),
                Ok(Delta::Finish(understudy::provider::dialect::Finish::Stop)),
            ];
            let pieces = stream::iter(pieces).boxed();
            Ok(ModelStream { deltas: pieces, limits: Limits::default(), hang_up: HangUp::Free })
        }
        .boxed()
    }
}

fn target(provider: &str, index: usize) -> Arc<Target> {
    let name = format!("{provider}/m{index}").into();
    let preset = preset::find("openai-compatible").expect("it is a kind");
    let url = "http://127.0.0.1/v1";
    let provider =
        Provider { name: provider.to_owned(), ..Provider::new(preset, url, Secret::none()) };
    let (id, form) = (format!("m{index}"), FillFormat::Suffix);
    let model = TargetModel { id, form, edits: None, context_length: None };
    Arc::new(Target { name, provider: Arc::new(provider), model })
}

fn candidate(provider: &str, index: usize) -> Candidate {
    let dollars = 1.0 + (index * 7 % 13) as f64 / 10.0;
    Candidate {
        target: target(provider, index),
        identity: index as u64,
        has_key: true,
        fills: true,
        chats: true,
        completes: false,
        class: ModelClass::Small,
        context_length: Some(32_000),
        bytes_per_token: 3.5,
        price: Price::of_user(dollars, 4.0 * dollars, Some(dollars / 10.0), None).map(Arc::new),
        is_local: false,
        included: None,
        caps: SpendingCaps::default(),
        trains: PolicyAnswer::No,
        is_named: true,
        searches: false,
        reasons: false,
        thoughts: 0,
        bills_on: false,
        is_last: false,
    }
}

/// Fifty targets in five groups.
fn pool(first: &[&str], options: RoutingOptions) -> ModelPool {
    let mut candidates: Vec<Candidate> = first.iter().map(|it| candidate(it, 0)).collect();
    let dead = candidates.len();
    candidates.extend((dead..50).map(|it| candidate(&format!("p{it}"), it)));
    let groups: Vec<Vec<usize>> =
        (0..5).map(|group| (group * 10..group * 10 + 10).collect()).collect();
    ModelPool::new(candidates, options, |_| Some(groups.clone()))
}

fn need() -> RequestSpec {
    RequestSpec {
        feature: Feature::Complete,
        wants: Capability::Fill,
        size: RequestSize { bytes: 7000, stable: 0.7, max_output: 128, output: None },
        document: 1,
        policy: PrivacyPolicy::default(),
        deadline: Feature::Complete.deadline(),
        usd: None,
        ahead: None,
        except: Vec::new(),
    }
}

fn request(round: usize) -> RouterRequest {
    let prompt = Fill {
        path: "src/main.rs".to_owned(),
        language: "rust".to_owned(),
        parts: Vec::new(),
        // Each request is different, since equal ones are joined.
        prefix: format!("{}{round}", "let total = items.iter().sum();\n".repeat(150)),
        suffix: "}\n".repeat(100),
        extent: CompletionScope::Line,
        max_tokens: 128,
        trigger: Trigger::Automatic,
        draft: None,
        typed: String::new(),
    };
    RouterRequest {
        spec: need(),
        prompt: Arc::new(Prompt::Fill(prompt)),
        smaller: None,
        files: vec!["src/main.rs".to_owned()],
        standby: None,
        reasoning: Some(RepetitionWatch::default().of_reasoning()),
        sink: Box::new(|_| Flow::On),
    }
}

/// Sorted durations of requests to the routers in turn.
async fn measure(routers: [&Router; 2]) -> [Vec<Duration>; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for (router, times) in routers.iter().zip(&mut times) {
            let request = request(round);
            let started = Instant::now();
            let outcome = router.answer(request).await;
            times.push(started.elapsed());
            assert!(outcome.answer.is_some(), "a target answers");
        }
        // The disk gets time to write, as between keystrokes.
        if round % 100 == 0 {
            routers[0].ledger().settled().await;
        }
    }
    times.iter_mut().for_each(|it| it.sort_unstable());
    times
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn print(name: &str, times: &[Duration]) {
    let at = |share: usize| micros(times[(times.len() * share / 100).min(times.len() - 1)]);
    let row = format!("{name:<44} p50 {:>7.1} us   p99 {:>7.1} us", at(50), at(99));
    anstream::println!("{row}");
}

fn plan_over_fifty() {
    let pool = pool(&[], RoutingOptions::default());
    let (spec, rounds) = (need(), 20_000);
    let now = Now { clock: Instant::now(), calendar: SystemTime::now() };
    let mut times = Vec::new();
    for _ in 0..10 {
        let started = Instant::now();
        for _ in 0..rounds {
            black_box(plan::plan(black_box(&spec), black_box(&pool), now));
        }
        times.push(micros(started.elapsed()) / f64::from(rounds));
    }
    times.sort_by(f64::total_cmp);
    anstream::println!("{:<44} p50 {:>7.1} us", "plan over 50 targets", times[5]);
}

#[tokio::main]
async fn main() {
    let folder = TempDir::new().expect("there is room for a ledger");
    plan_over_fifty();
    let ledger = Ledger::open(folder.path().join(FILE));
    let listed = RoutingOptions { prefer: Prefer::Listed, ..RoutingOptions::default() };
    let healthy = Router::new(pool(&[], listed), Box::new(AtOnce), ledger.clone());
    let dead = Router::new(pool(&["dead"], listed), Box::new(AtOnce), ledger.clone());
    let [times, after] = measure([&healthy, &dead]).await;
    print("a whole request, answered at once", &times);
    print("the same behind a first that fails", &after);
    let added = micros(after[ROUNDS / 2]) - micros(times[ROUNDS / 2]);
    anstream::println!("{:<44} p50 {added:>7.1} us", "added by a failing first target");
    ledger.settled().await;
}
