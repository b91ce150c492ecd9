//! The texts that `setup` prints around its table.

use std::io::Write;

use crate::cli::model;
use crate::cli::setup::find::FoundServer;
use crate::cli::setup::offer::ExcludedOffer;
use crate::inference::catalog::CatalogModel;
use crate::provider::preset;

/// Width of a line, in columns.
pub(super) const WIDTH: usize = 98;

/// Prints the keys and servers that were found.
pub(super) fn found(out: &mut impl Write, all: &[FoundServer]) -> anyhow::Result<()> {
    let keys: Vec<&str> = all.iter().filter_map(|it| it.key).collect();
    let servers: Vec<String> = all
        .iter()
        .filter(|it| it.is_local)
        .map(|it| format!("{} ({})", it.kind, it.place))
        .collect();
    let mut lines = Vec::new();
    if !keys.is_empty() {
        lines.extend(wrapped(&format!("API keys found: {}.", keys.join(", ")), WIDTH));
    }
    if !servers.is_empty() {
        lines.extend(wrapped(&format!("On this machine: {}.", servers.join(", ")), WIDTH));
    }
    lines.iter().try_for_each(|it| writeln!(out, "{it}"))?;
    writeln!(out)?;
    Ok(())
}

/// Prints what works without a provider, and the quickest ways to get one.
pub(super) fn nothing(out: &mut impl Write, model: Option<&CatalogModel>) -> anyhow::Result<()> {
    let hosted = preset::all().iter().filter(|it| it.suggested().is_some());
    let keys: Vec<&str> = hosted.map(|it| it.key).collect();
    writeln!(
        out,
        "No usable API key is in the environment, and no model server answers on this machine.\n\n\
         Available already: the built-in model suggests code that it learns from the folder you work\n\
         in. It needs no key and no network. Ways to a language model:\n"
    )?;
    for (at, (way, commands)) in ways(model).into_iter().enumerate() {
        writeln!(out, "  {}. {way}:", at + 1)?;
        commands.iter().try_for_each(|it| writeln!(out, "         {it}"))?;
    }
    writeln!(out)?;
    let known = wrapped(&format!("Variables that are read: {}.", keys.join(", ")), WIDTH);
    known.iter().try_for_each(|it| writeln!(out, "{it}"))?;
    Ok(())
}

/// Ways to a language model, with the commands of each. `model` suits the built-in engine, if there is one.
fn ways(model: Option<&CatalogModel>) -> Vec<(String, Vec<String>)> {
    let way = |way: &str, commands: &[&str]| {
        (way.to_owned(), commands.iter().map(|it| (*it).to_owned()).collect())
    };
    let mut ways = vec![
        way(
            "A model on this machine that Understudy starts (needs llama.cpp; downloads 1.6 GB once)",
            &["understudy setup --local"],
        ),
        way(
            "A model on this machine with Ollama",
            &["ollama pull qwen2.5-coder:1.5b", "understudy setup"],
        ),
        way(
            "A hosted model, with the key of any provider below",
            &["export ANTHROPIC_API_KEY=...", "understudy setup"],
        ),
    ];
    if let Some(model) = model {
        let size = model::size(model.bytes);
        let text = format!("A model that Understudy runs itself (downloads {size} once)");
        ways.insert(0, way(&text, &[&format!("understudy model add {}", model.name)]));
    }
    ways
}

/// Prints the training policy of a provider.
pub(super) fn known(out: &mut impl Write, it: &ExcludedOffer) -> anyhow::Result<()> {
    let known = wrapped(&format!("{}: {}.", it.name, it.policy.training()), WIDTH - 2);
    known.iter().try_for_each(|it| writeln!(out, "  {it}"))?;
    Ok(())
}

/// Prints the excluded providers, and the flag that includes them.
pub(super) fn excluded(out: &mut impl Write, all: &[&ExcludedOffer]) -> anyhow::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nNot used, since they may train on requests:\n")?;
    all.iter().try_for_each(|it| known(out, it))?;
    let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
    writeln!(
        out,
        "\nTo include them, or some of them:\n\n    understudy setup --allow-training {}",
        names.join(",")
    )?;
    Ok(())
}

/// Wraps a text at `width` columns. A longer word has its own line.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::inference::catalog;

    #[test]
    fn text_is_wrapped_at_the_width() {
        assert_eq!(wrapped("aa bb  cc\ndd", 5), ["aa bb", "cc dd"]);
        assert_eq!(wrapped("a toolongword b", 5), ["a", "toolongword", "b"]);
        assert_eq!(wrapped("", 5), [""; 0]);
    }

    #[test]
    fn without_a_provider_the_output_names_ways_to_a_model() {
        let mut out = Vec::new();
        nothing(&mut out, catalog::find("qwen2.5-coder-0.5b")).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.lines().all(|it| it.chars().count() <= WIDTH), "{out}");
        expect![[r#"
            No usable API key is in the environment, and no model server answers on this machine.

            Available already: the built-in model suggests code that it learns from the folder you work
            in. It needs no key and no network. Ways to a language model:

              1. A model that Understudy runs itself (downloads 492 MB once):
                     understudy model add qwen2.5-coder-0.5b
              2. A model on this machine that Understudy starts (needs llama.cpp; downloads 1.6 GB once):
                     understudy setup --local
              3. A model on this machine with Ollama:
                     ollama pull qwen2.5-coder:1.5b
                     understudy setup
              4. A hosted model, with the key of any provider below:
                     export ANTHROPIC_API_KEY=...
                     understudy setup

            Variables that are read: ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, MISTRAL_API_KEY,
            CODESTRAL_API_KEY, DEEPSEEK_API_KEY, GROQ_API_KEY, TOGETHER_API_KEY, CEREBRAS_API_KEY,
            OPENROUTER_API_KEY, FIREWORKS_API_KEY, DEEPINFRA_API_KEY, SAMBANOVA_API_KEY, XAI_API_KEY,
            INCEPTION_API_KEY, DASHSCOPE_API_KEY.
        "#]].assert_eq(&out);
    }
}
