//! Extra headers and fields of a provider's requests. Gateways read users, sessions, tags and cache settings
//! from them.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use crate::provider::{quirks, thinking};

/// Stands for the ID of the process.
const SESSION: &str = "{session}";

/// Headers that the transport sets.
const RESERVED: [&str; 10] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Words in the names of headers that contain credentials.
const CREDENTIALS: [&str; 9] = [
    "apikey",
    "auth",
    "authorization",
    "cookie",
    "credential",
    "key",
    "password",
    "secret",
    "token",
];

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestExtras {
    headers: HeaderMap,
    body: Map<String, Value>,
}

impl RequestExtras {
    /// Replaces `{session}` in every value by `session`.
    ///
    /// # Errors
    ///
    /// If a name or a value is not allowed.
    pub fn new<'a>(
        headers: impl IntoIterator<Item = (&'a String, &'a String)>,
        body: &Map<String, Value>,
        session: &str,
    ) -> Result<Self, String> {
        let mut extras = Self::default();
        for (name, value) in headers {
            let (name, value) = header(name, &value.replace(SESSION, session))?;
            extras.headers.insert(name, value);
        }
        if let Some(name) = body.keys().find(|it| quirks::is_essential(it)) {
            return Err(format!("body.{name:.60}: Understudy sets this field"));
        }
        let mut body = Value::Object(body.clone());
        insert_session(&mut body, session);
        if let Value::Object(body) = body {
            extras.body = body;
        }
        Ok(extras)
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Adds the fields to a request's body. They replace fields of the same name; tables are merged.
    pub fn extend(&self, body: &mut Value) {
        if !self.body.is_empty() {
            thinking::merge(body, Value::Object(self.body.clone()));
        }
    }

    /// Adds the fields to a body that is given as names with JSON text.
    pub fn extend_raw<'a>(&'a self, fields: &mut Vec<(&'a str, String)>) {
        for (name, more) in &self.body {
            match fields.iter_mut().find(|it| it.0 == name) {
                Some((_, text)) => {
                    let mut value = serde_json::from_str(text).unwrap_or_default();
                    thinking::merge(&mut value, more.clone());
                    *text = value.to_string();
                }
                None => fields.push((name, more.to_string())),
            }
        }
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = |reason: &str| format!("headers.{name:.60}: {reason}");
    let parsed = HeaderName::try_from(name).map_err(|_| wrong("not the name of a header"))?;
    if RESERVED.contains(&parsed.as_str()) {
        return Err(wrong("Understudy sets this header"));
    }
    let is_credential = parsed.as_str().split(['-', '_']).any(|it| CREDENTIALS.contains(&it))
        || value.trim_start().to_ascii_lowercase().starts_with("bearer ");
    if is_credential {
        return Err(wrong("a credential must not be written here; set `key`"));
    }
    let value = HeaderValue::try_from(value);
    Ok((parsed, value.map_err(|_| wrong("the value contains control characters"))?))
}

fn insert_session(value: &mut Value, session: &str) {
    match value {
        Value::String(text) if text.contains(SESSION) => *text = text.replace(SESSION, session),
        Value::Array(items) => items.iter_mut().for_each(|it| insert_session(it, session)),
        Value::Object(fields) => fields.values_mut().for_each(|it| insert_session(it, session)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn extras(headers: &[(&str, &str)], body: &Value) -> Result<RequestExtras, String> {
        let headers: Vec<(String, String)> =
            headers.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect();
        let body = body.as_object().unwrap();
        RequestExtras::new(headers.iter().map(|it| (&it.0, &it.1)), body, "s-1")
    }

    #[test]
    fn the_session_is_inserted_into_headers_and_fields() {
        let body =
            json!({ "litellm_session_id": "{session}", "metadata": { "tags": ["in {session}"] } });
        let extras = extras(&[("X-LiteLLM-Session-Id", "{session}")], &body).unwrap();
        assert_eq!(extras.headers()["x-litellm-session-id"], "s-1");
        let mut sent = json!({ "model": "m" });
        extras.extend(&mut sent);
        let expected = json!({ "model": "m", "litellm_session_id": "s-1", "metadata": { "tags": ["in s-1"] } });
        assert_eq!(sent, expected);
    }

    #[test]
    fn fields_replace_fields_of_the_same_name_and_tables_are_merged() {
        let body = json!({ "user": "alice", "options": { "num_ctx": 8192 } });
        let extras = extras(&[], &body).unwrap();
        let expected =
            json!({ "user": "alice", "options": { "num_predict": 64, "num_ctx": 8192 } });
        let mut sent = json!({ "user": "other", "options": { "num_predict": 64 } });
        extras.extend(&mut sent);
        assert_eq!(sent, expected);
        let mut raw = vec![
            ("user", r#""other""#.to_owned()),
            ("options", r#"{"num_predict":64}"#.to_owned()),
        ];
        extras.extend_raw(&mut raw);
        let raw: Map<String, Value> = raw
            .into_iter()
            .map(|(name, text)| (name.to_owned(), serde_json::from_str(&text).unwrap()))
            .collect();
        assert_eq!(Value::Object(raw), expected);
    }

    #[test]
    fn credentials_and_what_understudy_sets_are_refused() {
        for (name, value, reason) in [
            ("Authorization", "x", "a credential must not be written here"),
            ("x-portkey-api-key", "x", "a credential must not be written here"),
            ("Helicone-Auth", "x", "a credential must not be written here"),
            ("x-other", "Bearer abc", "a credential must not be written here"),
            ("Content-Type", "text/plain", "Understudy sets this header"),
            ("a b", "x", "not the name of a header"),
            ("x-a", "a\nb", "control characters"),
        ] {
            let error = extras(&[(name, value)], &json!({})).unwrap_err();
            assert!(error.contains(reason), "{name}: {error}");
        }
        for allowed in
            ["x-litellm-tags", "x-portkey-metadata", "cf-aig-metadata", "Helicone-User-Id"]
        {
            assert!(extras(&[(allowed, "Grüße")], &json!({})).is_ok(), "{allowed}");
        }
        for field in ["model", "messages", "stream"] {
            let error = extras(&[], &json!({ field: "x" })).unwrap_err();
            assert_eq!(error, format!("body.{field}: Understudy sets this field"));
        }
    }
}
