//! Cost of masking the complete text of a repository.

use std::path::PathBuf;
use std::time::Instant;

use ignore::WalkBuilder;
use understudy::context::mask;

pub(crate) fn print(repos: &[PathBuf]) -> anyhow::Result<()> {
    let mut texts = Vec::new();
    for repo in repos {
        for entry in WalkBuilder::new(repo).parents(false).build() {
            texts.extend(std::fs::read_to_string(entry?.path()).ok());
        }
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    mask::secrets("");
    let began = Instant::now();
    let found: Vec<String> = texts
        .iter()
        .flat_map(|text| mask::secrets(text).into_iter().map(move |it| text[it].to_owned()))
        .collect();
    let rate = bytes as f64 / began.elapsed().as_secs_f64() / 1e6;
    println!("\nmask: {rate:.0} MB/s over {:.1} MB, {} found", bytes as f64 / 1e6, found.len());
    found.iter().take(12).for_each(|it| println!("    {:.60}", it.replace('\n', " ")));
    Ok(())
}
