//! The HTTP parsing that a provider on loopback needs.

/// Whether a message is complete.
pub(crate) fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|it| it.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
