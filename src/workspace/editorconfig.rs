//! The indentation that `.editorconfig` files prescribe for a file (<https://spec.editorconfig.org>).

use std::fs;
use std::path::Path;

use ignore::gitignore::GitignoreBuilder;

const NAME: &str = ".editorconfig";
/// Bytes; a longer file is not read.
const LONGEST: u64 = 64 << 10;
/// Columns of a tab if no width is configured.
const USUAL: usize = 4;

/// One step of indentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionStep {
    Tab,
    Spaces(usize),
}

/// The indentation settings of one file for another.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    has_tabs: Option<bool>,
    size: Option<usize>,
    /// `indent_size = tab`.
    size_is_tab: bool,
    tab_width: Option<usize>,
    is_root: bool,
}

/// One step of the indentation of the file at `path`; `None` if no `.editorconfig` sets it. Reads files.
pub fn step(path: &Path) -> Option<SectionStep> {
    let mut settings = Said::default();
    for folder in path.parent()?.ancestors() {
        let file = folder.join(NAME);
        let small = fs::metadata(&file).is_ok_and(|it| it.is_file() && it.len() <= LONGEST);
        let text = small.then(|| fs::read_to_string(&file).ok()).flatten();
        let Some(text) = text else { continue };
        let outer = read(&text, folder, path);
        settings.has_tabs = settings.has_tabs.or(outer.has_tabs);
        settings.size_is_tab |= settings.size.is_none() && outer.size_is_tab;
        settings.size = settings.size.or(outer.size);
        settings.tab_width = settings.tab_width.or(outer.tab_width);
        if outer.is_root {
            break;
        }
    }
    let size = if settings.size_is_tab {
        settings.tab_width
    } else {
        settings.size.or(settings.tab_width)
    };
    match settings.has_tabs {
        Some(true) => Some(SectionStep::Tab),
        Some(false) => Some(SectionStep::Spaces(size.unwrap_or(USUAL))),
        // Without a style, the width of a tab does not determine a number of spaces.
        None => settings.size.filter(|_| !settings.size_is_tab).map(SectionStep::Spaces),
    }
}

/// The settings for `path` in the text of the file in `folder`; later sections override earlier ones.
fn read(text: &str, folder: &Path, path: &Path) -> Said {
    let mut settings = Said::default();
    // Whether the section applies; before the first section only `root` is valid.
    let mut applies = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(glob) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            applies = Some(matches(glob, folder, path));
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim().to_lowercase(), value.trim().to_lowercase());
        match (applies, &*key, &*value) {
            (None, "root", value) => settings.is_root = value == "true",
            (Some(true), "indent_style", "tab") => settings.has_tabs = Some(true),
            (Some(true), "indent_style", "space") => settings.has_tabs = Some(false),
            (Some(true), "indent_style", _) => settings.has_tabs = None,
            (Some(true), "indent_size", value) => {
                (settings.size_is_tab, settings.size) = (value == "tab", size(value));
            }
            (Some(true), "tab_width", value) => settings.tab_width = size(value),
            (_, _, _) => {}
        }
    }
    settings
}

fn size(value: &str) -> Option<usize> {
    value.parse().ok().filter(|it| (1..=16).contains(it))
}

/// Globs are those of `.gitignore`, except that `**` matches any text including slashes.
fn matches(glob: &str, folder: &Path, path: &Path) -> bool {
    let glob =
        glob.replace("**/", "\0").replace("**", "**/*").replace("\0", "**/").replace("!", "\\!");
    let mut builder = GitignoreBuilder::new(folder);
    let added = builder.add_line(None, &glob).is_ok();
    let rules = builder.build().ok().filter(|_| added);
    rules.is_some_and(|it| it.matched(path, false).is_ignore())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_that_sets_a_property_wins() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            NAME,
            "root = true\n; all\n[*]\nindent_style = space\nindent_size = 4\n\
             [*.{js,ts}]\nindent_size = 2\n[Makefile]\nIndent_Style = Tab\n\
             [lib/**.c]\nindent_size = tab\ntab_width = 8\n[*.none]\nindent_style = unset\nindent_size=unset\n",
        );
        write("inner/.editorconfig", "[*.py]\nindent_style = tab\n[*.ts]\nindent_size = 3\n");
        for (path, expected) in [
            ("a.py", Some(SectionStep::Spaces(4))),
            ("deep/er/a.js", Some(SectionStep::Spaces(2))),
            ("Makefile", Some(SectionStep::Tab)),
            ("lib/x/a.c", Some(SectionStep::Spaces(8))),
            ("a.none", None),
            ("inner/a.py", Some(SectionStep::Tab)),
            ("inner/deep/a.ts", Some(SectionStep::Spaces(3))),
            ("inner/a.js", Some(SectionStep::Spaces(2))),
        ] {
            assert_eq!(step(&folder.path().join(path)), expected, "{path}");
        }
    }
}
