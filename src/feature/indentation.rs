//! The indentation of a document: from its text, else from the editor's options, else from `.editorconfig`,
//! else the usual one of its language.

use std::path::Path;

use crate::feature::document::OpenDocument;
use crate::prompt::indentation::Indentation;
use crate::workspace::editorconfig;
use crate::workspace::editorconfig::SectionStep;

impl OpenDocument {
    /// One step of indentation. Reads `.editorconfig` files if neither the text nor the editor determines it.
    pub(crate) fn indentation(&self) -> Option<Indentation> {
        let text = self.document.rope.to_string();
        let fallback = || self.told_indentation();
        Indentation::in_document(&text, fallback, self.language_name(), self.path.as_deref())
    }

    /// One step of indentation from the editor's options, else from the nearest `.editorconfig`.
    pub(crate) fn told_indentation(&self) -> Option<Indentation> {
        self.state().indentation.or_else(|| self.path.as_deref().and_then(configured))
    }

    /// Sets the indentation from the editor's options.
    pub(crate) fn indent(&self, indentation: Indentation) {
        self.state().indentation = Some(indentation);
    }
}

fn configured(path: &Path) -> Option<Indentation> {
    Some(match editorconfig::step(path)? {
        SectionStep::Tab => Indentation::Tabs,
        SectionStep::Spaces(count) => Indentation::Spaces(count),
    })
}
