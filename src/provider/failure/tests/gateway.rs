//! Answers of LiteLLM's proxy 1.108.0, as recorded from it, and of older versions and other gateways.

use super::*;

/// An error body in LiteLLM's format.
fn litellm(status: u16, kind: &str, message: &str) -> String {
    json!({ "error": { "message": message, "type": kind, "param": null, "code": status.to_string() } })
        .to_string()
}

/// A provider's failure, with the sentence that LiteLLM adds.
fn upstream(status: u16, kind: &str, message: &str) -> String {
    let added =
        "LiteLLM: model group 'coder' failed with the error above. No fallback was attempted.";
    litellm(status, kind, &format!("{message}\n\n{added}"))
}

#[test]
fn a_budget_that_is_used_up_is_a_quota_under_every_status() {
    let messages = [
        "Budget has been exceeded! Key=alice (sk-...AVNA) Current cost: 0.00042, Max budget: 0.0003",
        "Budget has been exceeded! Team=3007eaf4 Current cost: 0.00993175, Max budget: 0.0001",
        "ExceededBudget: User=alice over budget. Spend=0.00105, Budget=0.001",
    ];
    for message in messages {
        for status in [400, 422, 429] {
            let body = litellm(status, "budget_exceeded", message);
            check(status, &[("retry-after", "5")], &body, "quota", None);
            check(status, &[], &litellm(status, "auth_error", message), "quota", None);
        }
    }
    let code = r#"{"error":{"message":"m","code":"key_budget_exceeded"}}"#;
    check(429, &[], code, "quota", None);
    // Portkey's documentation: `412`, budget exhausted.
    check(412, &[], r#"{"status":"failure","message":"Budget limit reached"}"#, "quota", None);
    check(412, &[], "", "bad-request", None);
}

#[test]
fn a_used_up_budget_names_itself_in_the_reason() {
    let message = "ExceededBudget: User=alice over budget. Spend=0.00105, Budget=0.001";
    let body = litellm(422, "budget_exceeded", message);
    let asked = FailedRequest { model: "coder".to_owned(), fields: vec!["user".to_owned()] };
    let failure = of_response(422, &headers(&[]), body.as_bytes(), &asked, SystemTime::UNIX_EPOCH);
    assert_eq!(failure.to_string(), format!("its quota is used up: {message}"));
}

#[test]
fn a_failed_provider_behind_a_gateway_is_not_the_users_key() {
    let down =
        "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.";
    check(500, &[], &upstream(500, "internal_server_error", down), "overloaded", None);
    let busy = "litellm.ServiceUnavailableError: ServiceUnavailableError: OpenAIException - busy";
    check(503, &[], &upstream(503, "internal_server_error", busy), "overloaded", None);
    let limited = "litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached";
    check(429, &[], &upstream(429, "throttling_error", limited), "rate-limited", None);
    let key = "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided";
    check(401, &[], &upstream(401, "authentication_error", key), "overloaded", None);
    let gone = "litellm.NotFoundError: NotFoundError: OpenAIException - The model does not exist";
    check(404, &[], &upstream(404, "invalid_request_error", gone), "model-gone", None);
    let long = "litellm.ContextWindowExceededError: litellm.BadRequestError: \
        ContextWindowExceededError: OpenAIException - This model's maximum context length is 8192 tokens.";
    check(400, &[], &upstream(400, "invalid_request_error", long), "context-too-long", None);
}

#[test]
fn a_model_whose_providers_all_failed_is_overloaded_rather_than_rate_limited() {
    let message = "No deployments available for selected model, Try again in 5 seconds. All deployments for \
        selected model are in cooldown. Passed model=coder. pre-call-checks=False, cooldown_list=['626adada']";
    for kind in ["all_deployments_in_cooldown", "None"] {
        let body = litellm(429, kind, message);
        check(429, &[("retry-after", "5")], &body, "overloaded", Some(5.0));
    }
}

#[test]
fn a_rejected_key_of_the_gateway_is_an_auth_failure() {
    let unknown = "Authentication Error, Invalid API key provided.";
    check(401, &[], &litellm(401, "token_not_found_in_db", unknown), "auth", None);
    let expired =
        "Authentication Error - Expired Key. Key Expiry time 2026-11-29 08:52:21.670000+00:00";
    check(401, &[], &litellm(401, "expired_key", expired), "auth", None);
    let blocked =
        "Authentication Error, Key is blocked. Update via `/key/unblock` if you're an admin.";
    check(401, &[], &litellm(401, "auth_error", blocked), "auth", None);
    let limited = "Rate limit exceeded for api_key: 7665084c. Limit type: requests. Current limit: 1, Remaining: 0. \
        Limit resets at: 2026-11-29 08:53:20 UTC";
    let body = litellm(429, "throttling_error", limited);
    check(429, &[("retry-after", "60")], &body, "rate-limited", Some(60.0));
}

#[test]
fn a_model_that_the_gateway_does_not_offer_to_this_key_is_no_rejected_key() {
    let denied = "The requested model 'coder' is not available for this API key, or the model name is invalid. \
        Check the models available to you and try again.";
    let body = litellm(403, "key_model_access_denied", denied);
    let asked = FailedRequest { model: "coder".to_owned(), fields: Vec::new() };
    let failure = of_response(403, &headers(&[]), body.as_bytes(), &asked, SystemTime::UNIX_EPOCH);
    assert_eq!(failure.name(), "forbidden");
    let unknown = "/chat/completions: Invalid model name passed in model=nope. Call `/v1/models` to view available \
        models for your key.";
    check(400, &[], &litellm(400, "invalid_request_error", unknown), "model-gone", None);
}

#[test]
fn an_error_in_the_middle_of_a_gateways_stream_is_a_failure() {
    let event = json!({ "error": {
        "message": "litellm.APIConnectionError: APIConnectionError: OpenAIException - The server had an error",
        "type": null, "param": null, "code": "500",
    } });
    assert_eq!(inside(&event).map(|it| it.name()), Some("overloaded"));
}
