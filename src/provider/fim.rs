//! The ways in which models fill a hole: a field of the wire format, the markers of their training, or a
//! question in a chat. A model's markers are either known exactly or not used: wrong markers are worse than
//! none.

pub mod family;
pub mod parse;

use crate::context::Part;
use crate::prompt::Fill;
use crate::provider::fim::family::{FAMILIES, FimFamily, FimOrder};

/// The format of a request to fill a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillFormat {
    /// The wire format has a field for the suffix.
    Suffix,
    /// The server adds the model's markers.
    Infill,
    /// The prompt contains the markers of the model's family.
    Raw(&'static FimFamily),
    /// The same text as a user message in a chat, as some models were trained.
    Wrapped(&'static FimFamily),
    /// A chat with instructions.
    Chat,
}

/// What a server reports about a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillCapability {
    pub fills: bool,
}

/// Models that expect their markers in a user message (README of Qwen3-Coder).
const WRAPPED: [&str; 1] = ["qwen3-coder"];

/// Code Llama was trained to fill holes only in small sizes, and not in its Python variants.
const NO_FILL: [&str; 3] = ["34b", "70b", "python"];

impl FillFormat {
    /// Parses the setting: `suffix`, `infill`, `chat` or the name of a family.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "suffix" => Some(Self::Suffix),
            "infill" => Some(Self::Infill),
            "chat" => Some(Self::Chat),
            _ => FAMILIES.iter().find(|it| it.name == name).map(Self::Raw),
        }
    }

    /// All values of the setting.
    pub fn names() -> Vec<&'static str> {
        let families = FAMILIES.iter().map(|it| it.name);
        ["suffix", "infill", "chat"].into_iter().chain(families).collect()
    }

    /// Control tokens of a model, which never belong to an answer; empty if its format and its name do not
    /// determine them.
    pub fn tokens(self, id: &str) -> &'static [&'static str] {
        match self {
            Self::Raw(family) | Self::Wrapped(family) => family.tokens,
            Self::Suffix | Self::Infill | Self::Chat => family(id).map_or(&[], |it| it.tokens),
        }
    }
}

/// The family whose markers a model accepts, by the provider's name for the model.
pub fn family(id: &str) -> Option<&'static FimFamily> {
    let name = base(id);
    let family = FAMILIES.iter().find(|family| family.models.iter().any(|it| is_of(&name, it)))?;
    let tagged = id.to_ascii_lowercase();
    let learned = family.name != "codellama" || !NO_FILL.iter().any(|it| tagged.contains(it));
    learned.then_some(family)
}

/// Whether a model's name is in `names`, optionally followed by a version.
pub(super) fn is_one(id: &str, names: &[&str]) -> bool {
    let name = base(id);
    let dated = |it: &str| it.starts_with(|it: char| it.is_ascii_digit());
    let version = |it: &str| {
        it.is_empty() || it.strip_prefix('-').is_some_and(|it| it == "latest" || dated(it))
    };
    names.iter().any(|it| name.strip_prefix(it).is_some_and(version))
}

/// The family whose markers a model expects in a user message.
pub fn wrapped(id: &str) -> Option<&'static FimFamily> {
    let name = base(id);
    let wraps = WRAPPED.iter().any(|it| is_of(&name, it));
    wraps.then(|| FAMILIES.iter().find(|it| it.name == "qwen")).flatten()
}

/// The name without what hosts add to it: `qwen2.5-coder` for `Qwen/Qwen2.5-Coder:7b`.
pub(super) fn base(id: &str) -> String {
    let name = id.rsplit('/').next().unwrap_or(id);
    name.split(':').next().unwrap_or(name).to_ascii_lowercase()
}

/// Whether a name starts with a family's name as a whole word.
fn is_of(name: &str, family: &str) -> bool {
    let rest = name.strip_prefix(family);
    rest.is_some_and(|it| it.is_empty() || it.starts_with(['-', '_', '.', '@']))
}

/// Writes the prompt for a hole with a family's markers.
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

/// Other files in the format of Mistral's models, each after its name. They precede the prefix.
pub fn plus(fill: &Fill, clean: &dyn Fn(&str) -> String) -> String {
    if fill.files().next().is_none() {
        return String::new();
    }
    let files = fill.files().map(|it| (&it.path, it.text.as_str()));
    let files = files.map(|(path, text)| format!("+++++ {}\n{}\n\n", clean(path), clean(text)));
    files.chain([format!("+++++ {}\n", clean(&fill.path))]).collect()
}

/// The format of other files in a family's prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    None,
    Qwen,
    Separated(&'static str),
    Plus,
    Mellum,
}

/// Inserts a space after the first character of every control token, so that the user's text is not
/// interpreted. The change is not undone: a model that repeats such text returns it with the space.
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
