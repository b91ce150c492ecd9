//! How models fill a hole: by a field of the wire, by the markers they were trained with, or by being
//! asked nicely. Who fills how is known exactly or not at all: wrong markers are worse than none.

pub mod family;
pub mod parse;

use crate::context::Part;
use crate::prompt::Fill;
use crate::provider::fim::family::{FAMILIES, FimFamily, FimOrder};

/// How a model is asked to fill a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillFormat {
    /// The wire has a field for what follows.
    Suffix,
    /// The server knows the model's markers.
    Infill,
    /// The markers of its family in the text of the prompt.
    Raw(&'static FimFamily),
    /// The same as what a user says in a chat, which is how some were trained.
    Wrapped(&'static FimFamily),
    /// A chat that explains what is wanted.
    Chat,
}

/// What a server itself says it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillCapability {
    pub fills: bool,
}

/// Models that are asked to fill by their markers as a user's words (README of Qwen3-Coder).
const WRAPPED: [&str; 1] = ["qwen3-coder"];

/// Of Code Llama only the small ones learned to fill, and not those that learned Python.
const NO_FILL: [&str; 3] = ["34b", "70b", "python"];

impl FillFormat {
    /// As settings name it: `suffix`, `infill`, `chat` or a family.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "suffix" => Some(Self::Suffix),
            "infill" => Some(Self::Infill),
            "chat" => Some(Self::Chat),
            _ => FAMILIES.iter().find(|it| it.name == name).map(Self::Raw),
        }
    }

    /// All names that settings may give.
    pub fn names() -> Vec<&'static str> {
        let families = FAMILIES.iter().map(|it| it.name);
        ["suffix", "infill", "chat"].into_iter().chain(families).collect()
    }

    /// The control tokens of a model that is asked so, as far as its name or the form tells: they never
    /// belong to an answer.
    pub fn tokens(self, id: &str) -> &'static [&'static str] {
        match self {
            Self::Raw(family) | Self::Wrapped(family) => family.tokens,
            Self::Suffix | Self::Infill | Self::Chat => family(id).map_or(&[], |it| it.tokens),
        }
    }
}

/// The family of a model that takes its markers, by the provider's name for it.
pub fn family(id: &str) -> Option<&'static FimFamily> {
    let name = base(id);
    let family = FAMILIES.iter().find(|family| family.models.iter().any(|it| is_of(&name, it)))?;
    let tagged = id.to_ascii_lowercase();
    let learned = family.name != "codellama" || !NO_FILL.iter().any(|it| tagged.contains(it));
    learned.then_some(family)
}

/// Whether a name is one of these, or goes on behind one with a version.
pub(super) fn is_one(id: &str, names: &[&str]) -> bool {
    let name = base(id);
    let dated = |it: &str| it.starts_with(|it: char| it.is_ascii_digit());
    let version = |it: &str| {
        it.is_empty() || it.strip_prefix('-').is_some_and(|it| it == "latest" || dated(it))
    };
    names.iter().any(|it| name.strip_prefix(it).is_some_and(version))
}

/// The family of a model that takes its markers as a user's words.
pub fn wrapped(id: &str) -> Option<&'static FimFamily> {
    let name = base(id);
    let wraps = WRAPPED.iter().any(|it| is_of(&name, it));
    wraps.then(|| FAMILIES.iter().find(|it| it.name == "qwen")).flatten()
}

/// `qwen2.5-coder` of `Qwen/Qwen2.5-Coder:7b`: what hosts put around a model's name is dropped.
pub(super) fn base(id: &str) -> String {
    let name = id.rsplit('/').next().unwrap_or(id);
    name.split(':').next().unwrap_or(name).to_ascii_lowercase()
}

/// Whether a name is a family's or goes on behind it with a word of its own.
fn is_of(name: &str, family: &str) -> bool {
    let rest = name.strip_prefix(family);
    rest.is_some_and(|it| it.is_empty() || it.starts_with(['-', '_', '.', '@']))
}

/// The prompt of a hole in a family's markers.
pub fn render(family: &FimFamily, fill: &Fill) -> String {
    let clean = |text: &str| escape(text, family.tokens);
    let (prefix, suffix) = (clean(&fill.prefix), clean(&fill.suffix));
    let (path, has_files) = (clean(&fill.path), fill.files().next().is_some());
    let mut text = String::with_capacity(prefix.len() + suffix.len() + 1024);
    let files = |text: &mut String, head: &str, tail: &str| {
        for Part { path, text: code, .. } in fill.files() {
            text.extend([head, &clean(path), "\n", &clean(code), tail]);
        }
    };
    match family.files {
        Files::Qwen if has_files => {
            text += "<|repo_name|>workspace\n";
            files(&mut text, "<|file_sep|>", "\n");
            text.extend(["<|file_sep|>", &path, "\n"]);
        }
        Files::Separated(separator) if has_files => {
            files(&mut text, separator, "\n");
            text.extend([separator, &path, "\n"]);
        }
        Files::Mellum => {
            files(&mut text, "<filename>", "\n\n");
            text.extend(["<filename>", &path, "\n"]);
        }
        Files::Qwen | Files::Separated(_) | Files::Plus | Files::None => {}
    }
    match family.order {
        FimOrder::PrefixFirst => {
            text.extend([family.prefix, &prefix, family.suffix, &suffix, family.middle]);
        }
        FimOrder::SuffixFirst => {
            text.extend([family.suffix, &suffix, family.prefix]);
            if family.files == Files::Plus {
                text += &plus(fill, &clean);
            }
            text.extend([prefix.as_str(), family.middle]);
        }
    }
    text
}

/// Other files as Mistral's models know them, before the prefix: each behind its name.
pub fn plus(fill: &Fill, clean: &dyn Fn(&str) -> String) -> String {
    if fill.files().next().is_none() {
        return String::new();
    }
    let files = fill.files().map(|it| (&it.path, it.text.as_str()));
    let files = files.map(|(path, text)| format!("+++++ {}\n{}\n\n", clean(path), clean(text)));
    files.chain([format!("+++++ {}\n", clean(&fill.path))]).collect()
}

/// How a family is shown other files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    None,
    Qwen,
    Separated(&'static str),
    Plus,
    Mellum,
}

/// `text` with every control token broken by a blank behind its first character, so that a user's
/// text is text. What is broken stays broken: a model that repeats it says it so.
pub(super) fn escape(text: &str, tokens: &[&str]) -> String {
    if !tokens.iter().any(|it| text.contains(it)) {
        return text.to_owned();
    }
    let mut clean = text.to_owned();
    for token in tokens {
        let first = token.chars().next().map_or(0, char::len_utf8);
        let broken = format!("{} {}", &token[..first], &token[first..]);
        clean = clean.replace(token, &broken);
    }
    clean
}

#[cfg(test)]
mod tests;
