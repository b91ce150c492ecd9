//! The model pool, built from the settings.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use crate::config::provider::KeyConfig;
use crate::config::route::Group;
use crate::config::{Config, provider, route};
use crate::inference::{NO_GPU, USES_GPU, files};
use crate::models::catalog::class::ModelClass;
use crate::models::catalog::{Catalog, Own, policy};
use crate::models::price::Price;
use crate::models::price::money::Money;
use crate::provider::extras::RequestExtras;
use crate::provider::fim::FillFormat;
use crate::provider::local::{LocalServer, Supervisor};
use crate::provider::next_edit::EditFormat;
use crate::provider::preset::{BUILT_IN, Preset};
use crate::provider::secret::{KeySource, Secret};
use crate::provider::thinking::always;
use crate::provider::{Provider, Target, TargetModel, preset, thinking};
use crate::router::pool::{Candidate, Groups, Learning, ModelPool, Prefer, RoutingOptions, Spill};
use crate::router::spec::Feature;
use crate::usage::record;
use crate::usage::record::{SpendingCap, SpendingCaps, SpendingLimit};

pub type VariableLookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Name of the model of a server that serves a single one and needs no name.
const ONLY: &str = "default";
/// The ID of this process for gateways that group requests by session.
static SESSION: LazyLock<String> =
    LazyLock::new(|| format!("understudy-{:016x}", record::random_id()));
/// Bytes of code per token, before it is measured.
const BYTES_PER_TOKEN: f64 = 3.5;

/// All configured models. Providers of an unknown kind are left out.
pub fn build(
    config: &Config,
    catalog: &Catalog,
    variables: VariableLookup<'_>,
    supervisor: Option<&Supervisor>,
) -> ModelPool {
    let mut candidates = Vec::new();
    for row in &config.provider {
        let Some(preset) = preset::find(&row.kind) else { continue };
        let provider = Arc::new(provider_of(row, preset, variables, supervisor));
        let all = models(row, config);
        candidates.extend(all.iter().map(|it| candidate(config, catalog, row, &provider, it)));
    }
    let names: Vec<(String, String)> =
        candidates.iter().map(|it| (it.provider().to_owned(), it.name().to_string())).collect();
    let groups = |feature| groups(&config.route, feature, &names);
    ModelPool::new(candidates, options(&config.route), groups)
}

fn candidate(
    config: &Config,
    catalog: &Catalog,
    row: &provider::ProviderConfig,
    provider: &Arc<Provider>,
    model: &provider::ModelConfig,
) -> Candidate {
    let (preset, entry) = (provider.preset, catalog.resolve(&row.kind, &model.id, &own(model)));
    let named = model.fim.as_deref().and_then(FillFormat::named);
    let target = Arc::new(target(row, provider, model, named, entry.context_length));
    let (form, edits) = (target.model.form, target.model.edits);
    let names = |lists: &[&str]| names(&config.route, &target, lists);
    let completes = names(&["complete"]);
    let is_local = provider.is_loopback();
    // A gateway on this machine may cost money, so a price from the settings takes precedence.
    let is_free = is_local && model.price.is_none();
    let price = if is_free { Some(Price::free()) } else { entry.price };
    let is_unknown_here = is_local && entry.class == ModelClass::Unknown;
    Candidate {
        identity: identity(row, &target),
        has_key: !provider.secret.is_missing(),
        fills: !matches!(form, FillFormat::Chat)
            && (!only_edits(edits) || named.is_some() || completes),
        chats: preset.chat.is_some()
            && (!edits.is_some_and(EditFormat::is_native)
                || names(&["complete", "edit", "explain"])),
        completes,
        class: if is_unknown_here { ModelClass::Small } else { entry.class },
        context_length: entry.context_length,
        bytes_per_token: BYTES_PER_TOKEN,
        price: price.map(Arc::new),
        is_local,
        included: None,
        caps: caps(config, row),
        trains: match is_local {
            true => policy::PolicyAnswer::No,
            false => policy::of(&row.kind, &model.id).trains,
        },
        is_named: row.training == Some(route::TrainingSetting::Allow),
        searches: preset.is_search(&model.id) && !completes,
        // A model on the user's own machine was chosen deliberately.
        reasons: always::reasons(&model.id) && !is_local && !completes,
        thoughts: thinking::least(&row.kind, &model.id).map_or(0, |it| it.1),
        bills_on: false,
        is_last: row.kind == BUILT_IN,
        target,
    }
}

/// Local servers that are started on demand, by provider name.
pub fn locals(
    config: &Config,
    supervisor: Option<&Supervisor>,
) -> HashMap<String, Arc<LocalServer>> {
    let Some(supervisor) = supervisor else { return HashMap::new() };
    let locals = config.provider.iter().filter_map(|row| {
        let (address, words) = match row.kind == BUILT_IN {
            true => engine(supervisor, row),
            false => {
                let usual = preset::find(&row.kind)?.url;
                (row.url.clone().unwrap_or_else(|| usual.to_owned()), row.start.clone())
            }
        };
        let name = row.name.to_string();
        let after_crash = (row.kind == BUILT_IN && USES_GPU).then_some(NO_GPU);
        let local = || {
            let (words, supervisor) = (words.clone(), supervisor.clone());
            LocalServer::new(name.clone(), &address, words, after_crash, supervisor)
        };
        (!words.is_empty()).then(|| (name.clone(), Arc::new(local())))
    });
    locals.collect()
}

/// Address and command of the built-in engine, one for all windows.
fn engine(supervisor: &Supervisor, row: &provider::ProviderConfig) -> (String, Vec<String>) {
    let path = |it: &Path| it.to_string_lossy().into_owned();
    let (program, folder) = (path(&supervisor.program), path(&supervisor.models));
    let socket = path(&files::socket(&supervisor.folder));
    let words = [&program, "model", "serve", "--socket", &socket, "--folder", &folder];
    let first = row.models.first().into_iter().flat_map(|it| ["--model", &it.id]);
    let words = words.into_iter().chain(first).map(str::to_owned).collect();
    (socket, words)
}

/// Whether one of these lists of a route names a model.
fn names(route: &route::Route, target: &Target, lists: &[&str]) -> bool {
    let lists = route.lists().into_iter().filter(|it| lists.contains(&it.0));
    let mut names = lists.flat_map(|it| it.1).flat_map(Group::names);
    names.any(|it| **it == *target.provider.name || **it == *target.name)
}

/// Whether a model was trained for next edits and nothing else. Mercury also fills holes.
fn only_edits(edits: Option<EditFormat>) -> bool {
    matches!(edits, Some(EditFormat::Zeta2 | EditFormat::Zeta21 | EditFormat::Sweep))
}

fn provider_of(
    row: &provider::ProviderConfig,
    preset: &'static Preset,
    variables: VariableLookup<'_>,
    supervisor: Option<&Supervisor>,
) -> Provider {
    let variable = |name: &str| Secret::variable(name, variables(name));
    let secret = match &row.key {
        Some(KeyConfig::Env(name)) => variable(name),
        Some(KeyConfig::File(path)) => Secret::at(KeySource::File(PathBuf::from(path))),
        Some(KeyConfig::Command(words)) => Secret::at(KeySource::Command(words.clone())),
        Some(KeyConfig::Keyring(name)) => Secret::at(KeySource::Keyring(name.clone())),
        None if preset.key.is_empty() => Secret::none(),
        None => variable(preset.key),
    };
    let url = row.url.as_deref().unwrap_or(preset.url).trim().trim_end_matches('/').to_owned();
    let extras = RequestExtras::new(&row.headers, &row.body, &SESSION).unwrap_or_default();
    let socket = supervisor.filter(|_| row.kind == BUILT_IN).map(|it| files::socket(&it.folder));
    let (name, insecure) = (row.name.to_string(), row.insecure);
    Provider { name, preset, url, insecure, socket, secret, extras }
}

/// The models of a row. A row without a list has the models that routes name, else the one that its server
/// serves.
fn models(row: &provider::ProviderConfig, config: &Config) -> Vec<provider::ModelConfig> {
    if !row.models.is_empty() {
        return row.models.clone();
    }
    let named = config.route.lists().into_iter().flat_map(|it| it.1).flat_map(Group::names);
    let named = named.filter_map(|it| it.split_once('/'));
    let mut ids: Vec<&str> = named.filter(|it| it.0 == row.name.as_str()).map(|it| it.1).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        ids.push(ONLY);
    }
    ids.into_iter().map(provider::ModelConfig::named).collect()
}

fn own(model: &provider::ModelConfig) -> Own {
    let price = model.price.and_then(|it| {
        let dollars = |it: provider::Dollars| it.get();
        Price::of_user(
            it.input.get(),
            it.output.get(),
            it.cached.map(dollars),
            it.written.map(dollars),
        )
    });
    let class = model.class.map(|it| match it {
        provider::ClassSetting::Small => ModelClass::Small,
        provider::ClassSetting::Medium => ModelClass::Medium,
        provider::ClassSetting::Large => ModelClass::Large,
    });
    Own { price, class, context_length: model.window }
}

fn options(route: &route::Route) -> RoutingOptions {
    RoutingOptions {
        prefer: match route.prefer {
            route::PreferSetting::Cheapest => Prefer::Cheapest,
            route::PreferSetting::Fastest => Prefer::Fastest,
            route::PreferSetting::Listed => Prefer::Listed,
        },
        a_second: route.a_second.get(),
        learning: if route.learn { Learning::On } else { Learning::Off },
        spill: if route.spill { Spill::Allowed } else { Spill::Never },
    }
}

/// The groups of a feature as indices of candidates; `None` if the route has none.
fn groups(route: &route::Route, feature: Feature, names: &[(String, String)]) -> Option<Groups> {
    let groups = match feature {
        Feature::Complete => &route.complete,
        Feature::Edit => &route.edit,
        Feature::Explain | Feature::Hover => &route.explain,
        Feature::NextEdit => &route.next_edit,
    };
    let candidates = |group: &Group| {
        let all = group.names().iter().flat_map(|name| {
            let is_it = move |it: &(String, String)| it.0 == *name || it.1 == *name;
            names.iter().enumerate().filter(move |(_, it)| is_it(it)).map(|(at, _)| at)
        });
        all.collect::<Vec<usize>>()
    };
    let groups: Groups = groups.iter().map(candidates).collect();
    (!groups.is_empty()).then_some(groups)
}

fn target(
    row: &provider::ProviderConfig,
    provider: &Arc<Provider>,
    model: &provider::ModelConfig,
    fills: Option<FillFormat>,
    context_length: Option<u32>,
) -> Target {
    let edits = model.next_edit.as_deref().and_then(EditFormat::named);
    Target {
        name: format!("{}/{}", row.name, model.id).into(),
        provider: Arc::clone(provider),
        model: TargetModel {
            id: model.id.clone(),
            form: provider.preset.form(&model.id, fills, None),
            edits: provider.preset.edit_format(&model.id, edits),
            context_length,
        },
    }
}

fn caps(config: &Config, row: &provider::ProviderConfig) -> SpendingCaps {
    let (overall, own) = (cap(Some(&config.cap)), cap(row.cap.as_ref()));
    SpendingCaps { overall, own, ..SpendingCaps::default() }
}

fn cap(cap: Option<&route::CapConfig>) -> SpendingCap {
    let Some(cap) = cap else { return SpendingCap::default() };
    let money = |it: Option<provider::Dollars>| it.and_then(|it| Money::from_dollars(it.get()));
    SpendingCap {
        day: SpendingLimit {
            money: money(cap.usd_per_day),
            requests: cap.requests_per_day.map(u64::from),
            tokens: cap.tokens_per_day.map(u64::from),
        },
        month: SpendingLimit { money: money(cap.usd_per_month), ..SpendingLimit::default() },
    }
}

/// Identifies name, URL, key and extras: health is measured anew after one of them changes.
fn identity(row: &provider::ProviderConfig, target: &Target) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&*target.name, &target.provider.url, format!("{:?}", row.key)).hash(&mut hasher);
    (&row.headers, serde_json::to_string(&row.body).ok()).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn built(text: &str) -> ModelPool {
        let (config, problems) = config::parse(text.as_bytes());
        assert_eq!(problems, []);
        build(
            &config,
            &Catalog::built_in(),
            &|name| (name == "SET").then(|| "key".to_owned()),
            None,
        )
    }

    fn names(pool: &ModelPool, feature: Feature) -> Vec<Vec<String>> {
        let name = |it: &usize| pool.candidates[*it].name().to_string();
        pool.groups(feature).iter().map(|it| it.iter().map(name).collect()).collect()
    }

    #[test]
    fn a_route_names_a_model_or_all_models_of_a_provider() {
        let pool = built(
            "[[provider]]\nname = 'home'\nkind = 'llama-cpp'\n\
             [[provider]]\nname = 'deep'\nkind = 'deepseek'\nmodels = ['a', 'b']\n\
             [route]\ncomplete = [['home/qwen', 'deep/a'], 'deep']\n",
        );
        let groups = names(&pool, Feature::Complete);
        assert_eq!(groups, [vec!["home/qwen", "deep/a"], vec!["deep/a", "deep/b"]]);
    }

    #[test]
    fn a_chat_model_in_route_complete_completes_at_any_position() {
        let chatty =
            "[[provider]]\nname = 'a'\nkind = 'anthropic'\nmodels = ['claude-haiku-4-5']\n";
        assert!(!built(chatty).candidates[0].completes);
        assert!(built(&format!("{chatty}[route]\ncomplete = ['a']\n")).candidates[0].completes);
    }

    #[test]
    fn local_models_are_free_and_unknown_models_have_no_price() {
        let pool = built(
            "[[provider]]\nname = 'home'\nkind = 'ollama'\nmodels = ['qwen2.5-coder']\n\
             [[provider]]\nname = 'far'\nkind = 'openai-compatible'\nurl = 'https://example.org'\n\
             models = ['x', { id = 'y', price = { input = 1, output = 2 } }]\n",
        );
        let [home, unknown, priced] = &pool.candidates[..] else { panic!("three candidates") };
        assert!(home.is_local && home.price.as_ref().is_some_and(|it| it.is_free()));
        assert!(!unknown.is_local && unknown.price.is_none());
        assert!(priced.price.is_some());
    }

    #[test]
    fn a_key_is_read_from_the_configured_or_the_usual_variable() {
        let pool = built(
            "[[provider]]\nname = 'a'\nkind = 'deepseek'\nmodels = ['m']\nkey = { env = 'SET' }\n\
             [[provider]]\nname = 'b'\nkind = 'deepseek'\nmodels = ['m']\n",
        );
        assert_eq!([0, 1].map(|it| pool.candidates[it].has_key), [true, false]);
        assert_eq!(
            pool.candidates[1].target.provider.secret.place(),
            "the variable DEEPSEEK_API_KEY"
        );
    }

    #[test]
    fn a_retired_kind_is_reported_and_only_its_row_is_ignored() {
        let text = "[[provider]]\nname = 'a'\nkind = 'github-models'\nmodels = ['openai/gpt-5-mini']\n\
             [[provider]]\nname = 'b'\nkind = 'tgi'\n\
             [[provider]]\nname = 'c'\nkind = 'deepseek'\nmodels = ['m']\n";
        let (config, problems) = config::parse(text.as_bytes());
        assert_eq!(config.provider.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["c"]);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(
            problems[0].contains("GitHub Models was shut down on 2026-07-30; "),
            "{problems:?}"
        );
        assert!(problems[1].contains("archived in March 2026; "), "{problems:?}");
    }

    #[test]
    fn a_search_model_completes_only_if_the_route_names_it() {
        let row = "[[provider]]\nname = 'p'\nkind = 'perplexity'\nmodels = ['sonar-pro', 'openai/gpt-6-luna']\n";
        let searches =
            |text: &str| built(text).candidates.iter().map(|it| it.searches).collect::<Vec<_>>();
        assert_eq!(searches(row), [true, false]);
        assert_eq!(
            searches(&format!("{row}[route]\ncomplete = ['p/sonar-pro']\n")),
            [false, false]
        );
    }

    #[test]
    fn a_model_that_always_reasons_completes_while_typing_only_if_the_route_names_it() {
        let row = "[[provider]]\nname = 'x'\nkind = 'xai'\nmodels = ['grok-code-fast-1', 'grok-4.3']\n\
             [[provider]]\nname = 'home'\nkind = 'ollama'\nmodels = ['deepseek-r1']\n";
        let reasons =
            |text: &str| built(text).candidates.iter().map(|it| it.reasons).collect::<Vec<_>>();
        assert_eq!(reasons(row), [true, false, false]);
        let named = format!("{row}[route]\ncomplete = ['x/grok-code-fast-1']\n");
        assert_eq!(reasons(&named), [false, false, false]);
    }

    #[test]
    fn a_model_for_next_edits_does_nothing_else_unless_named() {
        let row = "[[provider]]\nname = 'home'\nkind = 'llama-cpp'\nmodels = ['zeta-2.1', { id = 'own', next_edit = 'sweep' }]\n\
             [[provider]]\nname = 'm'\nkind = 'inception'\nmodels = ['mercury-edit-2', 'mercury-2']\n";
        let pool = built(row);
        let abilities = |pool: &ModelPool| {
            let all = pool.candidates.iter().map(|it| (it.fills, it.chats, it.is_edit_model()));
            all.collect::<Vec<_>>()
        };
        let edits = (false, false, true);
        assert_eq!(abilities(&pool), [edits, edits, (true, false, true), (true, true, false)]);
        let groups: Vec<_> =
            names(&pool, Feature::NextEdit).into_iter().filter(|it| !it.is_empty()).collect();
        assert_eq!(groups, [["home/zeta-2.1"], ["home/own"]], "free ones only");
        let named = built(&format!("{row}[route]\ncomplete = ['home']\nedit = ['home/own']\n"));
        assert_eq!(abilities(&named)[..2], [(true, true, true), (true, true, true)]);
    }

    #[test]
    fn an_unknown_format_of_next_edits_is_reported() {
        for (kind, format, expected) in [
            (
                "vllm",
                "zeta9",
                "next_edit \"zeta9\" is not one of mercury, zeta2, zeta2.1, sweep, chat",
            ),
            (
                "openrouter",
                "zeta2",
                "a server of kind \"openrouter\" has no route for next_edit \"zeta2\"",
            ),
            ("vllm", "mercury", "a server of kind \"vllm\" has no route for next_edit \"mercury\""),
        ] {
            let text = format!(
                "[[provider]]\nname = 'a'\nkind = '{kind}'\nmodels = [{{ id = 'm', next_edit = '{format}' }}]\n"
            );
            let (_, problems) = config::parse(text.as_bytes());
            assert!(problems[0].to_string().ends_with(expected), "{problems:?}");
        }
    }

    #[test]
    fn invalid_rows_are_reported_with_the_reason() {
        let text = "[[provider]]\nname = 'a'\nkind = 'ollma'\n\
             [[provider]]\nname = 'b'\nkind = 'openai-compatible'\nmodels = ['m']\n\
             [[provider]]\nname = 'c'\nkind = 'openai-compatible'\nmodels = ['m']\nurl = 'http://example.org'\n\
             [[provider]]\nname = 'd'\nkind = 'deepseek'\n\
             [[provider]]\nname = 'd'\nkind = 'ollama'\n\
             [[provider]]\nname = 'f'\nkind = 'deepseek'\nmodels = ['m']\nstart = ['x']\n\
             [[provider]]\nname = 'e'\nkind = 'vllm'\nmodels = [{ id = 'm', fim = 'qwenn' }]\n\
             [[provider]]\nname = 'g'\nkind = 'ollama'\nurl = 'localhost:11434'\n\
             [[provider]]\nname = 'h'\nkind = 'vllm'\nurl = 'models.example.org/v1'\n\
             [route]\ncomplete = ['missing/x']\n";
        let (config, problems) = config::parse(text.as_bytes());
        assert_eq!(config.provider.len(), 0);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let expected = [
            ":1: provider \"a\": unknown kind \"ollma\", did you mean \"ollama\"?",
            ":4: provider \"b\": `url` is missing",
            ":8: provider \"c\": http:// is allowed for this machine only",
            ":13: provider \"d\": `models` is missing",
            ":16: provider \"d\": another [[provider]] row above has this name",
            ":19: provider \"f\": `start` is allowed for a server on this machine only",
            ":24: provider \"e\": fim \"qwenn\" is not one of suffix",
            ":28: provider \"g\": localhost:11434 has no scheme: url = \"http://localhost:11434\"",
            ":32: provider \"h\": models.example.org/v1 has no scheme: url = \"https://models.example.org/v1\"",
            ":37: route.complete: no provider has the model missing/x",
        ];
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(problem.contains(expected), "{problem}\n{expected}");
        }
        assert_eq!(problems.len(), expected.len());
    }
}
