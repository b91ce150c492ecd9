//! What each thing that a search saw counts towards a suggestion. `quality --fit` fits the weights on
//! repositories that no figure is reported on, and prints them as they stand here.

/// Features of a word, of a line and of a copied line.
pub const STEP: usize = 30;
pub const LINE: usize = 29;
pub const COPY: usize = 21;

/// The weights of three logistic models, one for each feature of theirs.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    pub step: [f32; STEP],
    pub line: [f32; LINE],
    pub copy: [f32; COPY],
}

/// Those that serve.
pub static FITTED: Weights = Weights {
    step: [
        -1.2532, 0.5199, 0.3116, -1.3322, -0.0611, 0.2653, 0.1141, 0.5534, -0.1451, 1.1701,
        -0.5902, -0.4071, -0.4193, 0.3063, 0.2551, 0.8154, -0.6754, 0.1990, 0.6190, -0.2995,
        -2.4236, 0.2244, -0.4467, 0.5529, 0.2685, -0.3827, 0.8004, -2.1112, -1.8931, -0.3090,
    ],
    line: [
        -3.3644, 1.1191, -0.7042, -0.2840, -0.2540, 0.3638, -0.1684, -0.4428, -0.0651, 0.2273,
        5.8306, 0.0447, 0.0629, -0.1991, -0.1652, -0.2361, -2.2388, 0.0720, 0.1159, -0.2634,
        -0.0025, -1.0754, -0.3976, -1.8227, -0.7725, -0.3006, 0.1022, 0.1662, -0.3634,
    ],
    copy: [
        -0.3726, 2.2635, -1.3149, 2.0039, 0.1021, -1.0606, -0.0518, -2.0429, -0.1418, -1.6814,
        -0.8939, -0.1644, 0.7237, 1.2324, -0.1219, -2.1122, -0.9199, -0.3273, 0.3620, -0.3659,
        -0.4345,
    ],
};
