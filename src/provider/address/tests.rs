use super::*;

#[track_caller]
fn corrected(kind: &str, url: &str) -> Option<String> {
    correction(url, preset::find(kind).expect("a kind")).map(|it| it.url)
}

#[test]
fn a_certain_mistake_in_a_url_is_corrected() {
    for (kind, url, meant) in [
        ("openai-compatible", "https://h.example/v1/chat/completions", "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1/chat/completions/", "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1/completions", "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1/models", "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1/v1", "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1/v1/", "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1/v1/chat/completions", "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1 ", "https://h.example/v1"),
        ("openai-compatible", " https://h.example/v1", "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1#key", "https://h.example/v1"),
        ("openai-compatible", "https://h.example/v1/#", "https://h.example/v1"),
        ("openai-compatible", "https://api.openai.com", "https://api.openai.com/v1"),
        ("openai-compatible", "https://api.groq.com/v1", "https://api.groq.com/openai/v1"),
        ("openai", "https://api.openai.com/", "https://api.openai.com/v1"),
        ("openai-responses", "https://h.example/v1/responses", "https://h.example/v1"),
        ("groq", "https://api.groq.com/openai", "https://api.groq.com/openai/v1"),
        ("openrouter", "https://openrouter.ai/v1", "https://openrouter.ai/api/v1"),
        ("anthropic", "https://api.anthropic.com", "https://api.anthropic.com/v1"),
        ("anthropic", "https://h.example/v1/messages", "https://h.example/v1"),
        ("ollama", "http://127.0.0.1:11434/v1", "http://127.0.0.1:11434"),
        ("ollama", "http://127.0.0.1:11434/api", "http://127.0.0.1:11434"),
        ("ollama", "http://127.0.0.1:11434/api/generate", "http://127.0.0.1:11434"),
        ("ollama", "http://localhost:11434/v1/chat/completions", "http://localhost:11434"),
        ("llama-cpp", "http://127.0.0.1:8080/v1", "http://127.0.0.1:8080"),
        ("llama-cpp", "http://127.0.0.1:8080/infill", "http://127.0.0.1:8080"),
        ("mistral", "https://api.mistral.ai/v1/fim/completions", "https://api.mistral.ai/v1"),
        (
            "gemini",
            "https://g.example/v1beta/models/gemini-2.5-flash:generateContent",
            "https://g.example/v1beta",
        ),
        (
            "azure-openai",
            "https://r.example/openai/deployments/m/chat/completions?api-version=1",
            "https://r.example/openai/deployments/m?api-version=1",
        ),
    ] {
        assert_eq!(corrected(kind, url).as_deref(), Some(meant), "{kind} {url}");
        assert_eq!(corrected(kind, meant), None, "{kind} {meant}");
    }
}

#[test]
fn a_url_that_may_be_right_is_not_corrected() {
    for it in preset::all().iter().filter(|it| !it.url.is_empty()) {
        assert_eq!(correction(it.url, it), None, "{}", it.kind);
        assert_eq!(doubt(it.url, it), None, "{}", it.kind);
        let compatible = preset::find("openai-compatible").expect("a kind");
        assert_eq!(correction(it.url, compatible).filter(|_| !it.local), None, "{}", it.kind);
    }
    for (kind, url) in [
        ("openai-compatible", "http://127.0.0.1:4000"),
        ("openai-compatible", "https://open.bigmodel.cn/api/paas/v4"),
        ("openai-compatible", "https://models.github.ai/inference"),
        ("openai-compatible", "https://api.deepseek.com/v1"),
        ("openai-compatible", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("azure-openai", "https://r.example/openai/v1"),
        ("gemini", "https://generativelanguage.googleapis.com/v1"),
        ("openai", "http://127.0.0.1:4000/"),
        ("openai-compatible", "nonsense"),
    ] {
        assert_eq!(corrected(kind, url), None, "{kind} {url}");
    }
}

#[test]
fn a_url_without_a_path_may_lack_its_version() {
    let doubt = |kind: &str, url: &str| doubt(url, preset::find(kind).expect("a kind"));
    let meant = Some("http://127.0.0.1:8000/v1".to_owned());
    assert_eq!(doubt("openai-compatible", "http://127.0.0.1:8000"), meant);
    assert_eq!(doubt("vllm", "http://127.0.0.1:8000/"), meant);
    assert_eq!(doubt("openai", "http://127.0.0.1:8000/"), meant);
    assert_eq!(doubt("ollama", "http://127.0.0.1:8000"), None);
    assert_eq!(doubt("deepseek", "https://api.deepseek.com"), None);
    assert_eq!(doubt("openai-compatible", "http://127.0.0.1:8000/api"), None);
}

#[test]
fn variants_are_on_the_same_server() {
    let check = |kind: &str, url: &str, expected: &[&str]| {
        assert_eq!(variants(url, preset::find(kind).expect("a kind")), expected, "{kind} {url}");
    };
    check("openai-compatible", "http://h", &["http://h/v1"]);
    check("openai-compatible", "http://h/v1", &["http://h"]);
    check("openai-compatible", "http://h/v1/v1", &["http://h/v1", "http://h"]);
    check(
        "openai-compatible",
        "http://h/a/chat/completions",
        &["http://h/a", "http://h/a/v1", "http://h"],
    );
    check("ollama", "http://h/v1", &["http://h"]);
    check("openrouter", "http://h", &["http://h/v1", "http://h/api/v1"]);
}

#[test]
fn a_relative_path_leads_from_one_base_url_to_another() {
    for (url, variant, expected) in [
        ("http://h", "http://h/v1", "http://h/v1/m"),
        ("http://h/v1", "http://h", "http://h/m"),
        ("http://h/v1/", "http://h", "http://h/m"),
        ("http://h/v1/v1 ", "http://h/v1", "http://h/v1/m"),
        ("http://h/a/b?k=v", "http://h/v1?k=v", "http://h/v1/m?k=v"),
        ("http://h/v1#x", "http://h/v1", "http://h/v1/m"),
    ] {
        let joined = join(url, &path_to(url, variant, "/m").expect("both are urls"));
        assert_eq!(Url::parse(&joined).expect("a url").as_str(), expected, "{url}");
    }
}

#[test]
fn a_displayed_url_contains_no_password() {
    for (url, expected) in [
        ("https://h.example/v1/m", "https://h.example/v1/m"),
        ("http://me:hunter2@h.example/v1", "http://h.example/v1"),
        ("https://h.example/m?alt=sse&key=abc", "https://h.example/m?alt=sse&key=…"),
        ("https://h.example/m?api-version=2024", "https://h.example/m?api-version=2024"),
        ("nonsense", "nonsense"),
    ] {
        assert_eq!(shown(url), expected);
    }
}
