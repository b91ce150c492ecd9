//! Texts for terminals and addresses.

pub fn wrap_words(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.is_empty() {
            line = word.to_string();
        } else if line.len() + 1 + word.len() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(line);
            line = word.to_string();
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

pub fn slug(title: &str) -> String {
    let mut result = String::new();
    let mut pending = false;
    for character in title.chars() {
        if character.is_ascii_alphanumeric() {
            if pending && !result.is_empty() {
                result.push('-');
            }
            pending = false;
            result.push(character.to_ascii_lowercase());
        } else {
            pending = true;
        }
    }
    result
}

pub fn common_prefix(words: &[&str]) -> String {
    if words.len() == 0 {
        return String::new();
    }
    let first: Vec<char> = words[0].chars().collect();
    let mut length = first.len();
    for word in words.iter() {
        let mut same = 0;
        for (index, character) in word.chars().enumerate() {
            if index < length && first[index] == character {
                same += 1;
            } else {
                break;
            }
        }
        if same < length {
            length = same;
        }
    }
    first[..length].iter().collect()
}

pub fn count_words(text: &str) -> Vec<(String, usize)> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for word in text.split_whitespace() {
        let word = word.to_lowercase();
        let mut found = false;
        for entry in counts.iter_mut() {
            if entry.0 == word {
                entry.1 += 1;
                found = true;
            }
        }
        if !found {
            counts.push((word, 1));
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    counts
}
