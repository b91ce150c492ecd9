//! Features of the model beyond word-by-word prediction. The bench disables them one at a time to measure
//! their effect.

use std::ops::BitOr;

/// A set of features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gains(u8);

impl Gains {
    pub const NONE: Self = Self(0);
    /// Alternative lines, from where the prediction was least confident.
    pub const DETOURS: Self = Self(1);
    /// The copied line is evidence for each word.
    pub const WITNESS: Self = Self(1 << 1);
    /// Lines that balance the brackets of their block are preferred.
    pub const BRACKETS: Self = Self(1 << 2);
    /// Lines that elsewhere precede the next line are preferred.
    pub const ONWARD: Self = Self(1 << 3);
    /// Names that occur in the document are preferred.
    pub const NAMES: Self = Self(1 << 4);
    /// A line is copied with its names changed.
    pub const COPY: Self = Self(1 << 5);
    /// Imports that other files contain.
    pub const IMPORTS: Self = Self(1 << 6);

    /// Every feature with its name in the bench.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::DETOURS, "detours"),
        (Self::WITNESS, "copy as witness"),
        (Self::BRACKETS, "brackets"),
        (Self::ONWARD, "line below"),
        (Self::NAMES, "names"),
        (Self::COPY, "copy"),
        (Self::IMPORTS, "imports"),
    ];

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Gains {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
