//! Errors in the format of the API that a request uses.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::http::access::Denial;
use crate::http::reply;
use crate::prompt::relay::Api;

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    /// The APIs' name for this kind of error.
    kind: &'static str,
    pub(crate) message: String,
    /// Seconds after which the request may succeed.
    pub(crate) retry: Option<u64>,
}

impl ApiError {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    pub(crate) fn no_model(name: &str) -> Self {
        let message = format!("there is no model {name:.80?}: GET /v1/models lists the names");
        Self::new(StatusCode::NOT_FOUND, "not_found_error", message)
    }

    pub(crate) fn busy() -> Self {
        let message = "too many requests at the same time; retry in 1 s";
        Self::temporary(StatusCode::TOO_MANY_REQUESTS, message, Duration::from_secs(1))
    }

    /// An error that may be over after a time; a part of a second counts as one.
    pub(crate) fn temporary(
        status: StatusCode,
        message: impl Into<String>,
        after: Duration,
    ) -> Self {
        let kind = match status {
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            StatusCode::SERVICE_UNAVAILABLE => "overloaded_error",
            StatusCode::GATEWAY_TIMEOUT => "timeout_error",
            _ => "api_error",
        };
        let retry = Some(after.as_millis().div_ceil(1000).max(1) as u64);
        Self { retry, ..Self::new(status, kind, message) }
    }

    pub(crate) fn too_large() -> Self {
        let message = "the body is larger than 4 MiB";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
    }

    pub(crate) fn too_slow() -> Self {
        let message = "the body did not arrive within 10 s";
        Self::new(StatusCode::REQUEST_TIMEOUT, "timeout_error", message)
    }

    pub(crate) fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", "there is no such path")
    }

    pub(crate) fn other_method() -> Self {
        let message = "the path does not support this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request_error", message)
    }

    pub(crate) fn nothing() -> Self {
        Self::temporary(StatusCode::BAD_GATEWAY, "the answer is empty", Duration::from_secs(1))
    }

    pub(crate) fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), retry: None }
    }

    /// The body of the response.
    pub(crate) fn body(&self, api: Api) -> Value {
        match api {
            Api::ChatCompletions => json!({ "error": {
                "message": self.message, "type": self.kind, "param": null, "code": self.code(),
            } }),
            Api::Messages => json!({ "type": "error", "error": {
                "type": self.kind, "message": self.message,
            } }),
        }
    }

    fn code(&self) -> Value {
        match self.status {
            StatusCode::NOT_FOUND if self.kind == "not_found_error" => "model_not_found".into(),
            StatusCode::UNAUTHORIZED => "invalid_api_key".into(),
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_exceeded".into(),
            _ => Value::Null,
        }
    }

    pub(crate) fn response(&self, api: Api) -> Response {
        let mut response = reply::json(self.status, &self.body(api));
        let headers = response.headers_mut();
        if let Some(retry) = self.retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Denial> for ApiError {
    fn from(denial: Denial) -> Self {
        let kind = match denial {
            Denial::Token => "authentication_error",
            Denial::Host | Denial::Origin => "permission_error",
            Denial::NotJson => "invalid_request_error",
        };
        Self::new(denial.status(), kind, denial.reason())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.response(Api::ChatCompletions)
    }
}
