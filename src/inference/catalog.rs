//! The models that `understudy model add` downloads, as rows of data.

/// A model that can be downloaded. Its file is the maker's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogModel {
    pub name: &'static str,
    /// For display.
    pub parameters: &'static str,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Hash of the file, in lower case.
    pub sha256: &'static str,
    pub licence: &'static str,
    /// The maker's repository, without a trailing slash.
    pub source: &'static str,
    /// Path of the file below the source, or below a mirror.
    pub file: &'static str,
    /// The day on which size and hash were compared with other copies of the file.
    pub checked: &'static str,
}

/// The source redirects to storage hosts below this domain.
pub const STORAGE: &str = "hf.co";

pub const MODELS: &[CatalogModel] = &[
    CatalogModel {
        name: "qwen2.5-coder-0.5b",
        parameters: "0.5B",
        bytes: 491_400_064,
        sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence: "Apache-2.0",
        source: "https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main",
        file: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        checked: "2026-11-29",
    },
    CatalogModel {
        name: "qwen2.5-coder-1.5b",
        parameters: "1.5B",
        bytes: 1_117_320_768,
        sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence: "Apache-2.0",
        source: "https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main",
        file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        checked: "2026-11-29",
    },
    CatalogModel {
        name: "qwen2.5-coder-7b",
        parameters: "7B",
        bytes: 4_683_073_536,
        sha256: "509287f78cb4d4cf6b3843734733b914b2c158e43e22a7f4bf5e963800894d3c",
        licence: "Apache-2.0",
        source: "https://huggingface.co/Qwen/Qwen2.5-Coder-7B-Instruct-GGUF/resolve/main",
        file: "qwen2.5-coder-7b-instruct-q4_k_m.gguf",
        checked: "2026-11-29",
    },
];

pub fn find(name: &str) -> Option<&'static CatalogModel> {
    MODELS.iter().find(|it| it.name == name)
}

/// The model that suits a machine with this memory in bytes and so many cores: a larger one reads too slowly on few.
pub fn suited(memory: Option<u64>, cores: usize) -> &'static CatalogModel {
    const CORES: usize = 8;
    let [small, medium, ..] = MODELS else { unreachable!("the table has three rows") };
    let is_large = cores >= CORES && memory.is_some_and(|it| medium.fits(it));
    if is_large { medium } else { small }
}

/// Memory that the engine takes with a file of this size, in bytes: the file, prompts in its cache, buffers.
pub fn memory(file: u64) -> u64 {
    const BUFFERS: u64 = 150_000_000;
    file + BUFFERS
}

/// Whether a file of this size leaves enough of a machine's memory for an editor and a compiler.
pub fn fits(file: u64, total: u64) -> bool {
    memory(file) <= total / 2
}

impl CatalogModel {
    /// Whether it leaves enough of a machine's memory for an editor and a compiler.
    pub fn fits(&self, memory: u64) -> bool {
        fits(self.bytes, memory)
    }

    /// The URL of the file, at its source or at a mirror with the same file names.
    pub fn url(&self, mirror: Option<&str>) -> String {
        let base = mirror.unwrap_or(self.source).trim_end_matches('/');
        format!("{base}/{}", self.file)
    }

    /// Memory that the engine takes with this model, in bytes.
    pub fn memory(&self) -> u64 {
        memory(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_names_one_file_of_a_known_size_and_hash() {
        let names: BTreeSet<&str> = MODELS.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), MODELS.len());
        for it in MODELS {
            assert_eq!(it.sha256.len(), 64, "{}", it.name);
            assert!(it.sha256.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')));
            assert!(it.bytes > 100_000_000 && it.file.ends_with(".gguf"), "{}", it.name);
            assert!(it.url(None).starts_with("https://huggingface.co/Qwen/"), "{}", it.name);
            assert!(it.checked >= "2026-11-01", "{}", it.name);
        }
    }

    #[test]
    fn a_machine_with_many_cores_gets_a_larger_model() {
        let name = |memory, cores| suited(memory, cores).parameters;
        assert_eq!(name(Some(16 << 30), 4), "0.5B");
        assert_eq!(name(Some(16 << 30), 8), "1.5B");
        assert_eq!(name(Some(2 << 30), 8), "0.5B");
        assert_eq!(name(None, 8), "0.5B");
    }

    #[test]
    fn a_mirror_has_the_same_file_names() {
        let model = find("qwen2.5-coder-0.5b").unwrap();
        let expected = "https://mirror.example.org/models/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf";
        assert_eq!(model.url(Some("https://mirror.example.org/models/")), expected);
    }
}
