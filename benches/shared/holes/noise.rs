//! Additions of models to the text of a hole.

use crate::holes::cut::{Cut, Place};
use crate::random::Random;

/// The difference between the reply and the true text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noise {
    Clean,
    /// The rest of the line is repeated.
    RestOfLine,
    /// The rest of the line and the next lines are repeated.
    NextLines,
    /// The rest of the line and half of the next line are repeated.
    HalfLine,
    EndToken,
    /// The line up to the cursor is repeated.
    LinePrefix,
    /// The word before the cursor is repeated.
    HalfWord,
    /// The line above and the line up to the cursor are repeated.
    LineAbove,
    Fence,
    OtherUnit,
    /// Indentation is missing, as in a separate text.
    Dedented,
    LeadingBlank,
    Indented,
    TrailingNewline,
    TrailingBlank,
    CrlfReply,
    CrlfDocument,
    Header,
}

/// Stop tokens of known models.
const TOKENS: [&str; 22] = [
    "<|endoftext|>",
    "<|im_end|>",
    "</s>",
    "<end_of_turn>",
    "<eos>",
    "<EOT>",
    " <EOT>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|end|>",
    "<|EOT|>",
    "[/INST]",
    "<fim_middle>",
    "<fim_suffix>",
    "<fim_pad>",
    "<file_sep>",
    "<|file_sep|>",
    "<|fim_pad|>",
    "<|fim_suffix|>",
    "<｜end▁of▁sentence｜>",
    "<|cursor|>",
    "<|repo_name|>",
];

impl Noise {
    pub(crate) const ALL: [Self; 18] = [
        Self::Clean,
        Self::RestOfLine,
        Self::NextLines,
        Self::HalfLine,
        Self::EndToken,
        Self::LinePrefix,
        Self::HalfWord,
        Self::LineAbove,
        Self::Fence,
        Self::OtherUnit,
        Self::Dedented,
        Self::LeadingBlank,
        Self::Indented,
        Self::TrailingNewline,
        Self::TrailingBlank,
        Self::CrlfReply,
        Self::CrlfDocument,
        Self::Header,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::RestOfLine => "rest of line",
            Self::NextLines => "next lines",
            Self::HalfLine => "half next line",
            Self::EndToken => "end token",
            Self::LinePrefix => "line prefix",
            Self::HalfWord => "half word",
            Self::LineAbove => "line above",
            Self::Fence => "fence",
            Self::OtherUnit => "other unit",
            Self::Dedented => "dedented",
            Self::LeadingBlank => "leading blank",
            Self::Indented => "indented first",
            Self::TrailingNewline => "trailing newline",
            Self::TrailingBlank => "trailing blank",
            Self::CrlfReply => "reply with CRLF",
            Self::CrlfDocument => "document with CRLF",
            Self::Header => "path header",
        }
    }

    /// The reply at a place; `None` where the noise is impossible, or indistinguishable from a true text.
    pub(crate) fn reply(self, place: &Place, random: &mut Random) -> Option<String> {
        let truth = place.truth.as_str();
        let (head, right) = (place.head(), place.right());
        // The text after the cursor in the prompt, including brackets from the editor.
        let said = match place.cut {
            Cut::Paired => truth.to_owned(),
            Cut::FrontOfLine | Cut::InsidePair => [truth, right].concat(),
            _ => [truth, right].concat(),
        };
        let is_line = right.trim().is_empty() || place.cut == Cut::Paired;
        let below = place.below();
        match self {
            Self::Clean | Self::CrlfDocument => Some(truth.to_owned()),
            Self::RestOfLine => (!is_line).then_some(said),
            Self::NextLines => {
                let next = below.get(..1 + random.below(3))?.join("\n");
                (next.trim().len() >= 2).then(|| format!("{said}\n{next}"))
            }
            Self::HalfLine => {
                let next = below.first().filter(|it| it.trim().len() > 9 && it.is_ascii())?;
                let indent = next.len() - next.trim_start().len();
                let cut = indent + 5 + random.below(next.trim().len() - 6);
                Some(format!("{said}\n{}", &next[..cut]))
            }
            Self::EndToken => {
                // The blank before it can belong to either side.
                let is_told = |it: &str| !it.ends_with("<EOT>") || right.trim().is_empty();
                let token = TOKENS[random.below(TOKENS.len())];
                let token = if is_told(token) { token } else { TOKENS[0] };
                let more = ["", "\n", "junk here", "\nassistant"][random.below(4)];
                Some(format!("{truth}{token}{more}"))
            }
            Self::LinePrefix => {
                let letters = head.chars().filter(|it| it.is_alphabetic()).count();
                let is_marker = place.cut == Cut::Comment && !head.trim().is_empty();
                let lead = if random.below(2) == 0 { head } else { head.trim_start() };
                (letters >= 2 || is_marker).then(|| format!("{lead}{truth}"))
            }
            Self::HalfWord => {
                let is_word = |it: char| it.is_alphanumeric() || it == '_';
                let half = &head[head.trim_end_matches(is_word).len()..];
                let starts = half.starts_with(|it: char| it.is_alphabetic());
                (starts && truth.starts_with(is_word)).then(|| format!("{half}{truth}"))
            }
            Self::LineAbove => {
                let above = place.before.rsplit('\n').nth(1).filter(|it| it.trim().len() >= 10)?;
                Some(format!("{above}\n{head}{truth}"))
            }
            Self::Fence => {
                let fence = ["```", "~~~"][random.below(2)];
                let is_quoted =
                    [&place.before, truth, &place.after].iter().any(|it| it.contains(fence));
                let names = ["", place.language.name()];
                // A comment or string can quote code in a fence without a language.
                let is_prose = place.language.name() == "markdown";
                let name = names[if is_prose { 1 } else { random.below(2) }];
                (!is_quoted).then(|| format!("{fence}{name}\n{truth}\n{fence}\n"))
            }
            Self::OtherUnit => other_unit(place, truth),
            Self::Dedented => dedented(head, truth),
            Self::LeadingBlank => {
                let fits = head.trim().is_empty() && !head.is_empty() || head.ends_with(' ');
                (fits
                    && !truth.starts_with([' ', '\n'])
                    && place.cut != Cut::InString
                    && place.cut != Cut::Comment)
                    .then(|| format!(" {truth}"))
            }
            Self::Indented => {
                let fits = head.trim().is_empty() && !head.is_empty();
                fits.then(|| format!("{head}{truth}"))
            }
            Self::TrailingNewline => {
                let fits = !truth.ends_with([' ', '\n']) && place.cut != Cut::InsidePair;
                // A blank before code can be intended.
                let ends = if right.trim().is_empty() { 3 } else { 2 };
                fits.then(|| format!("{truth}{}", ["\n", "\n\n", " \n"][random.below(ends)]))
            }
            // Before text it is not noise.
            Self::TrailingBlank => right.trim().is_empty().then(|| format!("{truth}  ")),
            Self::CrlfReply => truth.contains('\n').then(|| truth.replace('\n', "\r\n")),
            Self::Header => {
                let marker = place.language.line_comment()?;
                let path = place.path.split(':').next()?;
                let fits = head.trim().is_empty();
                fits.then(|| format!("{marker} Path: {path}\n{truth}"))
            }
        }
    }
}

/// The text with tabs in place of spaces, or with another number of spaces.
fn other_unit(place: &Place, truth: &str) -> Option<String> {
    let blanks = |it: &str| it.len() - it.trim_start_matches([' ', '\t']).len();
    let (first, rest) = truth.split_once('\n')?;
    // The indentation of the document without the hole.
    let text = [place.before.as_str(), "\n", &place.after].concat();
    let indented = || text.lines().filter(|it| it.starts_with([' ', '\t']));
    indented().next()?;
    let tabs = indented().filter(|it| it.starts_with('\t')).count();
    let lines: Vec<&str> = rest.split('\n').collect();
    let step = if tabs * 2 > indented().count() {
        1
    } else {
        let widths = || indented().map(blanks).filter(|it| *it > 1);
        let of = |step: usize| widths().filter(|it| it.is_multiple_of(step)).count();
        if of(4) * 10 >= widths().count() * 8 { 4 } else { 2 }
    };
    let is_plain = |it: &&str| {
        it.trim().is_empty()
            || blanks(it).is_multiple_of(step)
                && !it[..blanks(it)].contains(if step == 1 { ' ' } else { '\t' })
    };
    let base = blanks(place.head());
    let is_deeper = lines.iter().any(|it| blanks(it) > base);
    // Models do not change the indentation of aligned lines.
    let mut last = base;
    let is_stepwise = lines.iter().filter(|it| !it.trim().is_empty()).all(|it| {
        let before = std::mem::replace(&mut last, blanks(it));
        last <= before + step
    });
    // Lines at the depth of the first line would be indistinguishable from its siblings.
    let second = lines.iter().find(|it| !it.trim().is_empty())?;
    let other = if step == 4 { 2 } else { 4 };
    let is_told = opens(first) || step == 1 || blanks(second) / step * other != base;
    if !is_stepwise
        || !is_told
        || !lines.iter().all(is_plain)
        || !is_deeper
        || place.head()[..base].contains(' ') && step == 1
    {
        return None;
    }
    let unit = match step {
        1 => "    ",
        2 => "    ",
        _ => "  ",
    };
    let moved =
        lines.iter().map(|it| format!("{}{}", unit.repeat(blanks(it) / step), it.trim_start()));
    Some(format!("{first}\n{}", moved.collect::<Vec<_>>().join("\n")))
}

fn opens(line: &str) -> bool {
    line.ends_with(['{', '(', '[', ':', '='])
}

/// The text moved to the margin.
fn dedented(head: &str, truth: &str) -> Option<String> {
    let base = &head[..head.len() - head.trim_start_matches([' ', '\t']).len()];
    let (first, rest) = truth.split_once('\n')?;
    // Lines at the depth of the first line would be indistinguishable from its siblings.
    let is_told = opens(first)
        || !rest.starts_with(&base.repeat(2))
        || rest[2 * base.len()..].starts_with([' ', '\t']);
    if base.is_empty() || base.len() < head.len() || !is_told {
        return None;
    }
    let lines: Option<Vec<&str>> = truth
        .split('\n')
        .enumerate()
        .map(|(nth, it)| if nth == 0 || it.is_empty() { Some(it) } else { it.strip_prefix(base) })
        .collect();
    Some(lines?.join("\n"))
}
