//! Settings for other programs, ready to copy.

use clap::ValueEnum;

/// A program that uses the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    Zed,
    #[value(name = "llama.vim")]
    LlamaVim,
    #[value(name = "llama.vscode")]
    LlamaVscode,
    Minuet,
    Jetbrains,
    Aider,
    Opencode,
    Continue,
}

/// The names of all clients, separated by `|`.
pub(super) fn names() -> String {
    let names = Client::value_variants().iter().filter_map(|it| it.to_possible_value());
    names.map(|it| it.get_name().to_owned()).collect::<Vec<_>>().join("|")
}

/// The settings for a program, with `{url}` and `{token}` filled in.
pub(super) fn settings(client: Client, port: u16, token: &str) -> String {
    let text = match client {
        Client::Zed => ZED,
        Client::LlamaVim => LLAMA_VIM,
        Client::LlamaVscode => LLAMA_VSCODE,
        Client::Minuet => MINUET,
        Client::Jetbrains => JETBRAINS,
        Client::Aider => AIDER,
        Client::Opencode => OPENCODE,
        Client::Continue => CONTINUE,
    };
    text.replace("{url}", &format!("http://127.0.0.1:{port}")).replace("{token}", token)
}

const ZED: &str = r#"// Zed's settings.json. Edit predictions:
{
  "edit_predictions": {
    "provider": "open_ai_compatible_api",
    "open_ai_compatible_api": {
      "api_url": "{url}/t/{token}/v1/completions",
      "model": "zeta2.1",
      "prompt_format": "zeta2_1",
      "max_output_tokens": 256
    }
  },
  // The agent; Zed asks for an API key once: the token.
  "language_models": {
    "openai_compatible": {
      "Understudy": {
        "api_url": "{url}/v1",
        "available_models": [{ "name": "auto", "display_name": "Understudy", "max_tokens": 128000 }]
      }
    }
  }
}
"#;

const LLAMA_VIM: &str = r"let g:llama_config = {
    \ 'endpoint_fim': '{url}/infill',
    \ 'endpoint_inst': '{url}/v1/chat/completions',
    \ 'model_inst': 'auto',
    \ 'api_key': '{token}',
    \ }
";

const LLAMA_VSCODE: &str = r#"// settings.json of VS Code
{
  "llama-vscode.endpoint": "{url}",
  "llama-vscode.endpoint_chat": "{url}",
  "llama-vscode.endpoint_tools": "{url}",
  "llama-vscode.api_key": "{token}",
  "llama-vscode.api_key_chat": "{token}",
  "llama-vscode.api_key_tools": "{token}",
  "llama-vscode.ai_model": "auto"
}
"#;

const MINUET: &str = r"require('minuet').setup {
  provider = 'openai_fim_compatible',
  n_completions = 1,
  provider_options = {
    openai_fim_compatible = {
      name = 'Understudy',
      end_point = '{url}/v1/completions',
      api_key = function() return '{token}' end,
      model = 'auto',
      stream = true,
    },
  },
}
";

const JETBRAINS: &str = "Settings > Tools > AI Assistant > Providers & API keys > Add provider
  Provider:  OpenAI-compatible
  URL:       {url}/v1
  API key:   {token}
  Model:     auto
";

const AIDER: &str = "# .aider.conf.yml
openai-api-base: {url}/v1
openai-api-key: {token}
model: openai/edit
weak-model: openai/explain
";

const OPENCODE: &str = r#"{
  "$schema": "https://opencode.ai/config.json",
  "provider": {
    "understudy": {
      "npm": "@ai-sdk/openai-compatible",
      "name": "Understudy",
      "options": { "baseURL": "{url}/v1", "apiKey": "{token}" },
      "models": { "edit": { "name": "Understudy (edit)" } }
    }
  },
  "model": "understudy/edit"
}
"#;

const CONTINUE: &str = "# ~/.continue/config.yaml
name: Understudy
version: 0.0.1
schema: v1
models:
  - name: Understudy
    provider: openai
    model: auto
    apiBase: {url}/v1
    apiKey: {token}
    roles: [chat, edit, apply]
  - name: Understudy completions
    provider: openai
    model: qwen2.5-coder
    apiBase: {url}/v1
    apiKey: {token}
    useLegacyCompletionsEndpoint: true
    roles: [autocomplete]
";
