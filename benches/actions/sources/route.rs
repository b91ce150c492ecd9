//! Routes of a small web server.

use std::collections::HashMap;

pub fn parse_query(query: &str) -> HashMap<String, String> {
    let mut values = HashMap::new();
    for pair in query.split('&') {
        if pair.is_empty() {
            continue;
        }
        match pair.find('=') {
            Some(position) => {
                let name = &pair[..position];
                let value = &pair[position + 1..];
                values.insert(name.to_string(), value.to_string());
            }
            None => {
                values.insert(pair.to_string(), String::new());
            }
        }
    }
    values
}

pub fn matches(pattern: &str, path: &str) -> Option<Vec<String>> {
    let expected: Vec<&str> = pattern.split('/').collect();
    let actual: Vec<&str> = path.split('/').collect();
    if expected.len() != actual.len() {
        return None;
    }
    let mut captured = Vec::new();
    for index in 0..expected.len() {
        if expected[index].starts_with(':') {
            if actual[index].is_empty() {
                return None;
            }
            captured.push(actual[index].to_string());
        } else if expected[index] != actual[index] {
            return None;
        }
    }
    Some(captured)
}

pub fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        if part == "" || part == "." {
            continue;
        }
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let mut result = String::from("/");
    result.push_str(&parts.join("/"));
    result
}

pub fn status_text(code: u16) -> &'static str {
    if code == 200 {
        return "OK";
    } else if code == 201 {
        return "Created";
    } else if code == 404 {
        return "Not Found";
    } else if code == 500 {
        return "Internal Server Error";
    } else {
        return "Unknown";
    }
}
