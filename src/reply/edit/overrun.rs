//! Ends an answer that continues with the code behind the selection. A small model does not stop at the end of the
//! function that it was asked for.

use crate::reply::edit::fence;

/// Shorter lines occur in any code.
const SHORTEST: usize = 8;

/// Watches an answer for the first line behind the selection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overrun {
    next: String,
    language: String,
    text: String,
}

impl Overrun {
    /// `None` if no line tells where the selection ends.
    pub fn new(old: &str, after: &str, language: &str) -> Option<Self> {
        let next = after.lines().map(str::trim).find(|it| !it.is_empty())?;
        let tells = next.len() >= SHORTEST && next.contains(char::is_alphanumeric);
        let is_known = old.lines().any(|it| it.trim() == next);
        (tells && !is_known).then(|| Self {
            next: next.to_owned(),
            language: language.to_owned(),
            text: String::new(),
        })
    }

    /// Adds a piece of the answer. Returns the answer without its overrun, its fence closed, if it has one.
    pub fn push(&mut self, piece: &str) -> Option<String> {
        self.text += piece;
        let (end, fence) = self.end().filter(|_| piece.contains('\n'))?;
        Some(format!("{}\n{fence}\n", self.text[..end].trim_end()))
    }

    /// The start of the line in the first fence that is behind the selection, and the mark of the fence.
    fn end(&self) -> Option<(usize, &str)> {
        let (mut at, fence) = fence::begun(&self.text, &self.language)?;
        let mut lines = 0;
        for line in self.text[at..].split_inclusive('\n') {
            let said = line.trim();
            if said == self.next && line.ends_with('\n') && lines > 0 {
                return Some((at, fence));
            }
            lines += usize::from(!said.is_empty());
            at += line.len();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer as it is cut, and the pieces that were read of it.
    fn cut(old: &str, after: &str, pieces: &[&str]) -> Option<(String, usize)> {
        let mut overrun = Overrun::new(old, after, "python")?;
        let mut read = 0..;
        let cut = pieces.iter().find_map(|it| read.next().and(overrun.push(it)))?;
        Some((cut, read.start))
    }

    #[test]
    fn an_answer_ends_where_it_repeats_the_line_behind_the_selection() {
        let after = "\n\ndef area(w):\n    return w\n";
        let pieces =
            ["```python\ndef f():\n", "    return 1\n\n\ndef ar", "ea(w):\n", "    return w\n"];
        let expected = "```python\ndef f():\n    return 1\n```\n".to_owned();
        assert_eq!(cut("def f():\n    pass\n", after, &pieces), Some((expected, 3)));
        // The same line in the selection, an answer that begins with it, and one that ends before it.
        assert_eq!(cut("def area(w):\n    pass\n", after, &pieces), None);
        assert_eq!(cut("def f():\n", after, &["```\ndef area(w):\n", "    return 1\n```\n"]), None);
        assert_eq!(cut("def f():\n", after, &["```\ndef f():\n```\n", "def area(w):\n"]), None);
        assert_eq!(cut("f();\n", "}\n", &["```\ng();\n}\n"]), None);
    }
}
