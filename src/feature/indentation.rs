//! One step of a document's indentation: as the document has it, else as its editor says, else as an
//! `.editorconfig` says, else as is usual in its language.

use std::path::Path;

use crate::feature::document::OpenDocument;
use crate::prompt::indentation::Indentation;
use crate::workspace::editorconfig;
use crate::workspace::editorconfig::SectionStep;

impl OpenDocument {
    /// May read files, where the document does not show it.
    pub(crate) fn indentation(&self) -> Option<Indentation> {
        let text = self.document.rope.to_string();
        let told = || self.told_indentation();
        Indentation::in_document(&text, told, self.language_name(), self.path.as_deref())
    }

    /// One step as the editor's options or the nearest `.editorconfig` have it, which is read then.
    pub(crate) fn told_indentation(&self) -> Option<Indentation> {
        self.state().indentation.or_else(|| self.path.as_deref().and_then(configured))
    }

    /// Takes what its editor says of new lines.
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
