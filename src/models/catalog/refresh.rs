//! Converts LiteLLM's price table into ours.
//!
//! LiteLLM's file is a JSON object of models. Only text models of providers that have a preset are read. A
//! price that cannot be parsed is left out, so its model has no price rather than a wrong one.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::models::catalog::table::CatalogRow;
use crate::models::price::money::Rate;
use crate::models::price::period::PricePeriod;
use crate::models::price::{OffPeak, Price, Rates, Tier};

/// LiteLLM's names of providers, and the presets they belong to.
const KINDS: [(&str, &str); 20] = [
    ("anthropic", "anthropic"),
    ("azure", "azure-openai"),
    ("cerebras", "cerebras"),
    ("codestral", "codestral"),
    ("dashscope", "qwen"),
    ("deepinfra", "deepinfra"),
    ("deepseek", "deepseek"),
    ("fireworks_ai", "fireworks"),
    ("gemini", "gemini"),
    ("groq", "groq"),
    ("inception", "inception"),
    ("mistral", "mistral"),
    ("openai", "openai"),
    ("openrouter", "openrouter"),
    ("perplexity", "perplexity"),
    ("sambanova", "sambanova"),
    ("together_ai", "together"),
    ("text-completion-inception", "inception"),
    ("text-completion-openai", "openai"),
    ("xai", "xai"),
];

/// Modes of models that answer in text.
const MODES: [&str; 3] = ["chat", "completion", "responses"];

/// LiteLLM's licence, under which the prices are redistributed.
const LICENCE: &str = include_str!("litellm.licence");

/// Names of LiteLLM's prices, each for one kind of token.
const INPUT: &str = "input_cost_per_token";
const OUTPUT: &str = "output_cost_per_token";
const CACHED: &str = "cache_read_input_token_cost";
const WRITTEN: &str = "cache_creation_input_token_cost";
const REASONING: &str = "output_cost_per_reasoning_token";

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefreshError {
    #[error("not JSON: {0}")]
    Syntax(String),
    #[error("no LiteLLM prices in the file")]
    Nothing,
}

/// Builds the text of a table from LiteLLM's file. `origin` names the file.
///
/// # Errors
///
/// If the file is not JSON, or contains no prices of a provider that has a preset.
pub fn table(json: &[u8], origin: &str, today: Date) -> Result<String, RefreshError> {
    let models: Map<String, Value> =
        serde_json::from_slice(json).map_err(|it| RefreshError::Syntax(it.to_string()))?;
    let mut rows = BTreeMap::new();
    for (name, model) in models.iter().filter_map(|(name, it)| Some((name, it.as_object()?))) {
        let Some(row) = row(name, model, today) else { continue };
        // Some models occur twice; a row with a price wins.
        let known: &mut CatalogRow =
            rows.entry((row.kind.clone(), row.model.clone())).or_insert(row.clone());
        if known.price.is_none() {
            *known = row;
        }
    }
    if rows.is_empty() {
        return Err(RefreshError::Nothing);
    }
    Ok(written(&rows, origin, today))
}

fn written(rows: &BTreeMap<(String, String), CatalogRow>, origin: &str, today: Date) -> String {
    let mut sources: Vec<&str> =
        rows.values().filter_map(|it| Some(it.price.as_ref()?.source.as_str())).collect();
    sources.sort_unstable();
    sources.dedup();
    sources.retain(|it| !it.is_empty());
    let mut text = String::from("# Prices of models, in dollars per million tokens.\n");
    text.push_str(
        "# kind, model, input/cached/written/output/reasoning, longer prompts, off peak,\n",
    );
    text.push_str("# window, longest answer, end of life, source\n#\n");
    for line in LICENCE.lines() {
        text.push_str(format!("# {line}").trim_end());
        text.push('\n');
    }
    text.push_str(&format!("#origin\t{}\n#date\t{today}\n", clean(origin)));
    sources.iter().for_each(|it| text.push_str(&format!("#source\t{it}\n")));
    for row in rows.values() {
        let source =
            row.price.as_ref().and_then(|it| sources.binary_search(&it.source.as_str()).ok());
        text.push_str(&row.line(source));
        text.push('\n');
    }
    text
}

fn row(name: &str, model: &Map<String, Value>, today: Date) -> Option<CatalogRow> {
    let text = |key: &str| model.get(key).and_then(Value::as_str).map(clean).unwrap_or_default();
    let provider = text("litellm_provider");
    let (_, kind) = KINDS.iter().find(|(theirs, _)| *theirs == provider)?;
    if !MODES.contains(&text("mode").as_str()) {
        return None;
    }
    let id = name.strip_prefix(&format!("{provider}/")).unwrap_or(name);
    // Fine-tunes belong to their owners; Together's size classes are not names of models.
    if id.is_empty() || id.starts_with("ft:") || id.starts_with("together-ai-") {
        return None;
    }
    let number =
        |key: &str| model.get(key).and_then(Value::as_f64).map(|it| it as u32).filter(|it| *it > 0);
    Some(CatalogRow {
        kind: (*kind).to_owned(),
        model: clean(id),
        price: price(model, text("source"), today),
        context_length: number("max_input_tokens").or(number("max_tokens")),
        output: number("max_output_tokens"),
        deprecated: text("deprecation_date").parse().ok(),
    })
}

fn price(model: &Map<String, Value>, source: String, today: Date) -> Option<Price> {
    let steps = model.get("tiered_pricing").and_then(Value::as_array);
    let mut tiers: Vec<Tier> = match steps {
        Some(steps) => steps.iter().filter_map(Value::as_object).filter_map(step).collect(),
        None => longer(model),
    };
    tiers.sort_unstable_by_key(|it| it.above);
    let rates = match rates(model, "", None) {
        Some(rates) => rates,
        // If all prices are tiers, the first one applies from the first token.
        None if tiers.first().is_some_and(|it| it.above == 0) => tiers[0].rates,
        None => return None,
    };
    tiers.retain(|it| it.above > 0);
    Some(Price { rates, tiers, off_peak: off_peak(model, rates), source, date: Some(today) })
}

/// The prices whose names end with `end`. `base` provides input and output prices that are missing. Zero
/// means that no price was entered, or that it was waived for a while, so it is unknown.
fn rates(model: &Map<String, Value>, end: &str, base: Option<Rates>) -> Option<Rates> {
    let rate = |name: &str| {
        let dollars = model.get(&format!("{name}{end}")).and_then(Value::as_f64)?;
        Rate::per_million(dollars * 1e6).filter(|it| *it > Rate::ZERO)
    };
    let output = rate(OUTPUT).or(base.map(|it| it.output));
    let input = rate(INPUT).or(base.map(|it| it.input));
    let reasoning = rate(REASONING).filter(|it| Some(*it) != output);
    let rates = |input, output| Rates {
        input,
        cached: rate(CACHED),
        written: rate(WRITTEN),
        output,
        reasoning,
    };
    match (input, output) {
        (Some(input), Some(output)) => Some(rates(input, output)),
        // A price of zero for only one of input and output is real.
        (Some(input), None) if model.contains_key(OUTPUT) => Some(rates(input, Rate::ZERO)),
        (None, Some(output)) if model.contains_key(INPUT) => Some(rates(Rate::ZERO, output)),
        (_, _) => None,
    }
}

/// Tiers from keys such as `input_cost_per_token_above_200k_tokens`.
fn longer(model: &Map<String, Value>) -> Vec<Tier> {
    let base = rates(model, "", None);
    let tier = |key: &String| {
        let above = key.strip_prefix(INPUT)?.strip_prefix("_above_")?.strip_suffix("k_tokens")?;
        let above: u64 = above.parse().ok()?;
        Some(Tier {
            above: above * 1000,
            rates: rates(model, &format!("_above_{above}k_tokens"), base)?,
        })
    };
    model.keys().filter_map(tier).collect()
}

fn step(step: &Map<String, Value>) -> Option<Tier> {
    let above = step.get("range")?.as_array()?.first()?.as_f64()? as u64;
    Some(Tier { above, rates: rates(step, "", None)? })
}

fn off_peak(model: &Map<String, Value>, base: Rates) -> Option<OffPeak> {
    let hours = model.get("off_peak_pricing")?.as_object()?;
    let zone = hours.get("weekday_timezone").map_or(Some("UTC"), Value::as_str)?;
    let windows = hours.get("windows")?.as_array()?.iter().filter_map(Value::as_object);
    let periods: Vec<PricePeriod> = windows.flat_map(|it| periods_of(it, zone)).collect();
    let rates = rates(hours, "", Some(base))?;
    (!periods.is_empty()).then_some(OffPeak { periods, rates })
}

fn periods_of(of: &Map<String, Value>, zone: &str) -> Vec<PricePeriod> {
    let days = of.get("weekdays").and_then(Value::as_array);
    let days = match days {
        Some(days) => days.iter().filter_map(Value::as_u64).map(|it| it.to_string()).collect(),
        None => "1234567".to_owned(),
    };
    let hours = match of.get("hours_utc") {
        Some(Value::Array(hours)) => hours.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(hours)) => vec![hours.as_str()],
        Some(_) | None => Vec::new(),
    };
    hours.into_iter().filter_map(|it| PricePeriod::parse(it, &days, zone)).collect()
}

/// Replaces control characters, which would break a line or a field.
fn clean(text: &str) -> String {
    text.replace(|it: char| it.is_control(), " ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use jiff::civil::date;

    use super::*;

    /// The rows that a JSON object of models results in.
    fn check(models: &str, expect: Expect) {
        let text = table(models.as_bytes(), "x", date(1970, 1, 1)).unwrap();
        let rows: Vec<&str> = text.lines().filter(|it| !it.starts_with('#')).collect();
        expect.assert_eq(&rows.join("\n").replace('\t', "|"));
    }

    #[test]
    fn prices_are_converted_to_dollars_per_million_tokens() {
        check(
            r#"{"mistral/a": {"litellm_provider": "mistral", "mode": "chat", "source": "s",
                "input_cost_per_token": 3e-07, "output_cost_per_token": 9e-07,
                "cache_read_input_token_cost": 3e-09, "max_input_tokens": 128000,
                "deprecation_date": "2027-01-31"}}"#,
            expect!["mistral|a|0.3/0.003//0.9|||128000||2027-01-31|0"],
        );
    }

    #[test]
    fn long_prompt_prices_and_steps_become_tiers() {
        check(
            r#"{"gemini/a": {"litellm_provider": "gemini", "mode": "chat",
                "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06,
                "input_cost_per_token_above_200k_tokens": 3e-06,
                "input_cost_per_token_above_200k_tokens_batches": 9e-06},
            "dashscope/b": {"litellm_provider": "dashscope", "mode": "chat", "tiered_pricing": [
                {"range": [256000.0, 1e6], "input_cost_per_token": 2e-06, "output_cost_per_token": 3e-06},
                {"range": [0, 256000.0], "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}]}}"#,
            expect![[r"
                gemini|a|1///2|200000:3///2
                qwen|b|1///2|256000:2///3"]],
        );
    }

    #[test]
    fn off_peak_days_keep_their_zone_and_an_unknown_zone_lowers_no_price() {
        let model = |zone: &str| {
            format!(
                r#"{{"a": {{"litellm_provider": "deepseek", "mode": "chat",
                "input_cost_per_token": 2e-06, "output_cost_per_token": 2e-06, "off_peak_pricing": {{
                {zone} "input_cost_per_token": 1e-06,
                "windows": [{{"hours_utc": "22:00-02:00"}}]}}}}}}"#
            )
        };
        check(&model(""), expect!["deepseek|a|2///2||1///2 22:00-02:00@1234567"]);
        check(
            &model(r#""weekday_timezone": "Asia/Shanghai","#),
            expect!["deepseek|a|2///2||1///2 22:00-02:00@1234567@Asia/Shanghai"],
        );
        check(&model(r#""weekday_timezone": "Nowhere/Else","#), expect!["deepseek|a|2///2"]);
    }

    #[test]
    fn zero_and_missing_prices_are_unknown() {
        check(
            r#"{"codestral/a": {"litellm_provider": "codestral", "mode": "chat",
                "input_cost_per_token": 0.0, "output_cost_per_token": 0.0},
            "groq/b": {"litellm_provider": "groq", "mode": "chat", "input_cost_per_token": 1e-06}}"#,
            expect![[r"
                codestral|a
                groq|b"]],
        );
    }

    #[test]
    fn an_invalid_file_is_an_error() {
        let read = |it: &str| table(it.as_bytes(), "x", date(1970, 1, 1));
        assert!(matches!(read("[]"), Err(RefreshError::Syntax(_))));
        assert!(matches!(read("{"), Err(RefreshError::Syntax(_))));
        for nothing in
            ["{}", r#"{"a": 1}"#, r#"{"a": {"litellm_provider": "openai", "mode": "embedding"}}"#]
        {
            assert_eq!(read(nothing), Err(RefreshError::Nothing));
        }
    }
}
