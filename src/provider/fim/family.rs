//! Families of models that were trained to fill holes, and their markers. Sources: the models' cards and
//! papers, and what Continue, Zed and llama.cpp send.

use crate::provider::fim::Files;

/// Models with the same markers.
#[derive(Debug, PartialEq, Eq)]
pub struct FimFamily {
    pub name: &'static str,
    /// Prefixes of the models' names.
    pub models: &'static [&'static str],
    pub order: FimOrder,
    pub prefix: &'static str,
    pub suffix: &'static str,
    pub middle: &'static str,
    pub files: Files,
    /// Control tokens. Those that must stop an answer come first, since most wire formats accept few stop
    /// texts.
    pub tokens: &'static [&'static str],
}

/// The part of the text that comes first in the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FimOrder {
    PrefixFirst,
    SuffixFirst,
}

pub(super) const FAMILIES: &[FimFamily] = &[
    FimFamily {
        name: "qwen",
        models: &["qwen2.5-coder", "qwen3-coder"],
        order: FimOrder::PrefixFirst,
        prefix: "<|fim_prefix|>",
        suffix: "<|fim_suffix|>",
        middle: "<|fim_middle|>",
        files: Files::Qwen,
        tokens: &[
            "<|endoftext|>",
            "<|file_sep|>",
            "<|fim_prefix|>",
            "<|im_end|>",
            "<|fim_middle|>",
            "<|fim_suffix|>",
            "<|fim_pad|>",
            "<|repo_name|>",
            "<|im_start|>",
        ],
    },
    FimFamily {
        name: "starcoder2",
        models: &["starcoder2", "codeqwen1.5", "codeqwen"],
        order: FimOrder::PrefixFirst,
        prefix: "<fim_prefix>",
        suffix: "<fim_suffix>",
        middle: "<fim_middle>",
        files: Files::Separated("<file_sep>"),
        tokens: &[
            "<|endoftext|>",
            "<file_sep>",
            "<fim_prefix>",
            "<fim_suffix>",
            "<fim_middle>",
            "<fim_pad>",
            "<repo_name>",
            "<reponame>",
        ],
    },
    FimFamily {
        name: "starcoder",
        models: &["starcoder", "starcoderbase", "stable-code"],
        order: FimOrder::PrefixFirst,
        prefix: "<fim_prefix>",
        suffix: "<fim_suffix>",
        middle: "<fim_middle>",
        // The first generation uses other separators between files than the second.
        files: Files::None,
        tokens: &[
            "<|endoftext|>",
            "<filename>",
            "<fim_prefix>",
            "<fim_suffix>",
            "<fim_middle>",
            "<fim_pad>",
            "<reponame>",
            "<gh_stars>",
        ],
    },
    FimFamily {
        name: "granite",
        models: &[
            "granite-code",
            "granite-3b-code",
            "granite-8b-code",
            "granite-20b-code",
            "granite-34b-code",
        ],
        order: FimOrder::PrefixFirst,
        prefix: "<fim_prefix>",
        suffix: "<fim_suffix>",
        middle: "<fim_middle>",
        files: Files::None,
        tokens: &["<|endoftext|>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>"],
    },
    FimFamily {
        name: "codellama",
        models: &["codellama", "code-llama"],
        order: FimOrder::PrefixFirst,
        // The spaces are part of the markers.
        prefix: "<PRE> ",
        suffix: " <SUF>",
        middle: " <MID>",
        files: Files::None,
        tokens: &["<EOT>", "<PRE>", "<SUF>", "<MID>"],
    },
    FimFamily {
        name: "deepseek",
        models: &["deepseek-coder", "deepseek-coder-v2"],
        order: FimOrder::PrefixFirst,
        // These are fullwidth bars and lower blocks, not the characters on a keyboard.
        prefix: "<｜fim▁begin｜>",
        suffix: "<｜fim▁hole｜>",
        middle: "<｜fim▁end｜>",
        files: Files::None,
        tokens: &["<｜end▁of▁sentence｜>", "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"],
    },
    FimFamily {
        name: "codegemma",
        models: &["codegemma"],
        order: FimOrder::PrefixFirst,
        prefix: "<|fim_prefix|>",
        suffix: "<|fim_suffix|>",
        middle: "<|fim_middle|>",
        files: Files::Separated("<|file_separator|>"),
        tokens: &[
            "<|file_separator|>",
            "<end_of_turn>",
            "<eos>",
            "<|fim_prefix|>",
            "<|fim_suffix|>",
            "<|fim_middle|>",
        ],
    },
    FimFamily {
        name: "codestral",
        models: &["codestral"],
        order: FimOrder::SuffixFirst,
        prefix: "[PREFIX]",
        suffix: "[SUFFIX]",
        middle: "",
        files: Files::Plus,
        tokens: &["[PREFIX]", "[SUFFIX]"],
    },
    FimFamily {
        name: "glm",
        models: &[],
        order: FimOrder::PrefixFirst,
        prefix: "<|code_prefix|>",
        suffix: "<|code_suffix|>",
        middle: "<|code_middle|>",
        files: Files::None,
        tokens: &[
            "<|endoftext|>",
            "<|user|>",
            "<|code_prefix|>",
            "<|code_suffix|>",
            "<|code_middle|>",
        ],
    },
    FimFamily {
        name: "seed-coder",
        models: &["seed-coder"],
        order: FimOrder::SuffixFirst,
        prefix: "<[fim-prefix]>",
        suffix: "<[fim-suffix]>",
        middle: "<[fim-middle]>",
        files: Files::None,
        tokens: &["<[end▁of▁sentence]>", "<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"],
    },
    FimFamily {
        name: "mellum",
        models: &["mellum"],
        order: FimOrder::SuffixFirst,
        prefix: "<fim_prefix>",
        suffix: "<fim_suffix>",
        middle: "<fim_middle>",
        files: Files::Mellum,
        tokens: &["<|endoftext|>", "<filename>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>"],
    },
];
