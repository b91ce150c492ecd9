//! Tables for a terminal, with columns as wide as their cells.

use std::io;
use std::io::Write;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

const BOLD: Style = Style::new().bold();

/// Alignment of a column: words left, numbers right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lean {
    Left,
    Right,
}

/// A header, and rows with as many cells.
#[derive(Clone, Debug)]
pub struct Table {
    head: Vec<(&'static str, Lean)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: &[(&'static str, Lean)]) -> Self {
        Self { head: head.to_vec(), rows: Vec::new() }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let heads: Vec<String> = self.head.iter().map(|(name, _)| (*name).to_owned()).collect();
        let widths: Vec<usize> = (0..heads.len())
            .map(|at| self.rows.iter().chain([&heads]).filter_map(move |row| row.get(at)))
            .map(|cells| cells.map(|it| it.width()).max().unwrap_or(0))
            .collect();
        writeln!(out, "{BOLD}{}{BOLD:#}", self.line(&heads, &widths))?;
        self.rows.iter().try_for_each(|row| writeln!(out, "{}", self.line(row, &widths)))
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let cells = cells.iter().zip(widths).zip(&self.head);
        let cells: Vec<String> = cells
            .map(|((cell, width), (_, lean))| {
                let pad = " ".repeat(width.saturating_sub(cell.width()));
                match lean {
                    Lean::Left => cell.clone() + &pad,
                    Lean::Right => pad + cell,
                }
            })
            .collect();
        cells.join("  ").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use anstream::StripStream;
    use expect_test::expect;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let mut table = Table::new(&[("who", Lean::Left), ("how much", Lean::Right)]);
        table.row(vec!["deepseek".to_owned(), "$0.02".to_owned()]);
        table.row(vec!["日本語/é".to_owned(), "$12.00".to_owned()]);
        let mut out = StripStream::new(Vec::new());
        table.write(&mut out).unwrap();
        expect![[r#"
            who       how much
            deepseek     $0.02
            日本語/é    $12.00
        "#]]
        .assert_eq(&String::from_utf8(out.into_inner()).unwrap());
    }
}
