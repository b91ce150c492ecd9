//! Compilers that check code with nothing but a language's usual tools. Where the user has set no command, they are
//! offered once.

use std::fmt;

use crate::feature::action::verify::command;
use crate::feature::core::Core;
use crate::feature::document::OpenDocument;

/// A command for `actions.check` that the user has neither set nor refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownCheck {
    /// The language's name in `actions.check`.
    pub language: &'static str,
    pub words: &'static [&'static str],
    /// The file of the workspace folder that the command needs.
    needs: &'static str,
}

const KNOWN: [KnownCheck; 2] = [
    KnownCheck { language: "rust", words: &["cargo", "check", "--tests"], needs: "Cargo.toml" },
    KnownCheck { language: "go", words: &["go", "vet", "./..."], needs: "go.mod" },
];

impl KnownCheck {
    /// The command for a document. An empty list of words in the settings refuses it.
    pub(super) fn of(core: &Core, open: &OpenDocument) -> Option<Self> {
        if open.of_language(&core.options_of(open).check.commands).is_some() {
            return None;
        }
        let root = command::root(core, open)?;
        let known = KNOWN.iter().find(|it| it.language == open.language_name())?;
        root.join(known.needs).is_file().then_some(*known)
    }
}

impl fmt::Display for KnownCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.join(" "))
    }
}
