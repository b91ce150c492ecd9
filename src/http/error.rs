//! Errors in the format of the API that a request uses.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::feature::relay::RelayError;
use crate::http::access::Denial;
use crate::http::reply;
use crate::prompt::relay::Api;
use crate::provider::failure::Failure;

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    /// The APIs' name for this kind of error.
    kind: &'static str,
    pub(crate) message: String,
    /// Seconds after which the request may succeed.
    retry: Option<u64>,
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
        let busy = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", message);
        Self { retry: Some(1), ..busy }
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
        Self::new(StatusCode::NOT_FOUND, "not_found_error", "there is no such path")
    }

    pub(crate) fn nothing() -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "api_error", "the answer is empty")
    }

    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
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
            StatusCode::NOT_FOUND => "model_not_found".into(),
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

impl From<&RelayError> for ApiError {
    fn from(failed: &RelayError) -> Self {
        let message = failed.to_string();
        match (failed, failed.failure()) {
            (RelayError::NoneSupports(_), _) => Self::invalid(message),
            (RelayError::TooExpensive(_), _) => {
                Self::new(StatusCode::PAYMENT_REQUIRED, "billing_error", message)
            }
            (RelayError::Failed(_), Some(failure)) => Self::failed(failure, message),
            _ => Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded_error", message),
        }
    }
}

impl ApiError {
    fn failed(failure: &Failure, message: String) -> Self {
        match failure {
            Failure::BadRequest { .. }
            | Failure::FieldRejected { .. }
            | Failure::ContextTooLong { .. } => Self::invalid(message),
            Failure::RateLimited { retry, .. } | Failure::Quota { retry, .. } => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                let retry = retry.map(|it| it.as_secs().max(1));
                Self { retry, ..Self::new(status, "rate_limit_error", message) }
            }
            Failure::Timeout(_) => Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout_error", message),
            _ => Self::new(StatusCode::BAD_GATEWAY, "api_error", message),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.response(Api::ChatCompletions)
    }
}
