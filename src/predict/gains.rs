//! What the model does beyond guessing word by word, to be left out one by one where the bench measures
//! what each is worth.

use std::ops::BitOr;

/// Some of the model's gains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gains(u8);

impl Gains {
    pub const NONE: Self = Self(0);
    /// Other lines, from where the guess was least sure.
    pub const DETOURS: Self = Self(1);
    /// Words are judged beside the copied line.
    pub const WITNESS: Self = Self(1 << 1);
    /// A line leaves its block's brackets even.
    pub const BRACKETS: Self = Self(1 << 2);
    /// A line leads to the one below.
    pub const ONWARD: Self = Self(1 << 3);
    /// Names are at home in the document.
    pub const NAMES: Self = Self(1 << 4);
    /// A line is copied with its names changed.
    pub const COPY: Self = Self(1 << 5);
    /// An import that other files make.
    pub const IMPORTS: Self = Self(1 << 6);

    /// Each by its name.
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
