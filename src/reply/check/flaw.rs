//! The checks that a change can fail: in words for the user, and for the model.

use thiserror::Error;

use crate::reply::check::definitions::Group;

/// Why a change is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    #[error("the answer would add a syntax error")]
    Syntax,
    #[error("the answer cannot be checked")]
    Unparsed,
    #[error("the answer changes nothing")]
    Unchanged,
    #[error("the answer has no `{name}`")]
    Missing { group: Group, name: String },
    #[error("the answer repeats `{0}`, which is outside the selection")]
    Repeated(String),
    #[error("the answer replaces `{old}` in line {line} with `{new}`")]
    Replaced { line: usize, old: String, new: String },
    #[error("the answer omits `{old}` in line {line}")]
    Omitted { line: usize, old: String },
    #[error("the answer adds `{0}` after the selected code")]
    Added(String),
    #[error("the answer omits `{old}` of line {line}, so it behaves differently")]
    Lost { line: usize, old: String },
    #[error("the answer adds `{0}`, so it can fail where the code did not")]
    Fails(String),
    #[error("the answer defines `{0}` twice")]
    Doubled(String),
    #[error("the answer renames `{0}` in some places only")]
    Partly(String),
    #[error("the answer renames `{0}`, which the instruction does not name")]
    Unasked(String),
    #[error("the answer renames the member `{0}`")]
    Member(String),
    #[error("the answer gives two things the name `{0}`")]
    Taken(String),
    #[error("the answer has no free name for {}", list(.0))]
    Unnamed(Vec<String>),
    #[error("the answer changes the signature of `{0}`")]
    Signature(String),
    #[error("the answer calls no new function")]
    NotSplit,
    #[error("the answer moves no code into a new function")]
    NotMoved,
    #[error("the answer calls the new method `{0}` without an object")]
    WithoutObject(String),
    #[error("the new function `{new}` calls `{old}`, which did not call itself")]
    CallsBack { new: String, old: String },
    #[error("no test of the answer uses `{0}`")]
    Untested(String),
    #[error("the answer does not use the parameter `{0}` any more")]
    Unused(String),
    #[error("the answer only turns the condition in line {line} around")]
    Turned { line: usize },
    #[error(
        "the answer deletes more than half of the selection, and the instruction has no word such as \
         `remove`, `shorten` or `simplify`"
    )]
    Deleted,
}

impl Flaw {
    /// What the model must do differently.
    pub fn request(&self) -> String {
        match self {
            Self::Missing { group, name } => {
                let kind = group.word();
                format!(
                    "The {kind} `{name}` is missing from an earlier answer. Return exactly that {kind}, changed."
                )
            }
            Self::Repeated(name) => {
                format!("`{name}` is outside the selection. Leave it out of your answer.")
            }
            Self::Replaced { .. } | Self::Omitted { .. } | Self::Added(_) => format!(
                "An earlier answer changes the code: {self}. Copy the code of the selection exactly, and add \
                 only what was asked for."
            ),
            Self::Lost { old, .. } => {
                format!(
                    "An earlier answer omits `{old}`, so it behaves differently. Keep the behaviour."
                )
            }
            Self::Fails(name) => {
                format!(
                    "An earlier answer adds `{name}`, so it can fail where the code did not. Keep the behaviour."
                )
            }
            Self::Doubled(name) => {
                format!("An earlier answer defines `{name}` twice. Return the code once, changed.")
            }
            Self::Partly(name) => {
                format!("An earlier answer renames `{name}` in some places only.")
            }
            Self::Unasked(name) => {
                format!(
                    "An earlier answer renames `{name}`. Rename only what the instruction names."
                )
            }
            Self::Member(name) => {
                format!(
                    "An earlier answer renames the member `{name}`. Write `{name}: ` before the new name."
                )
            }
            Self::Taken(name) => {
                format!("The name `{name}` is used for something else already. Use other names.")
            }
            Self::Unnamed(names) => format!(
                "An earlier answer has no name for {} that is not used yet. Give each variable another new \
                 name.",
                list(names)
            ),
            Self::Signature(name) => format!(
                "An earlier answer changes the signature of `{name}`. Copy it exactly, with its types."
            ),
            Self::NotSplit => {
                format!("{self}. Return the code with the call, and the new function beside it.")
            }
            Self::NotMoved => {
                "An earlier answer cannot be used: its new function is not a part of the code. Move code that is \
                 there into it, unchanged."
                    .to_owned()
            }
            Self::WithoutObject(name) => format!(
                "An earlier answer cannot be used: {self}. `{name}` is in the same type: write the call and the \
                 method accordingly."
            ),
            Self::CallsBack { new, old } => {
                format!(
                    "An earlier answer cannot be used: {self}. `{old}` calls `{new}`, never the reverse."
                )
            }
            Self::Untested(name) => {
                format!("An earlier answer cannot be used: {self}. Write tests that call `{name}`.")
            }
            Self::Unused(name) => format!(
                "An earlier answer does not use the parameter `{name}` any more, so it behaves differently. \
                 Keep the behaviour."
            ),
            Self::Turned { line } => format!(
                "An earlier answer only turns the condition in line {line} around, so that code does the opposite. \
                 Keep that condition."
            ),
            Self::Deleted => {
                "An earlier answer leaves out more than half of the selection. Return all of \
                              it, with only the change that was asked for."
                    .to_owned()
            }
            Self::Syntax => {
                "With your answer in its place the file has a syntax error. Return the \
                             complete selection as valid code."
                    .to_owned()
            }
            Self::Unchanged => {
                "An earlier answer is the same as the selection. Return it with the change \
                                that was asked for."
                    .to_owned()
            }
            Self::Unparsed => {
                format!("An earlier answer cannot be used: {self}. Return the changed selection.")
            }
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}
