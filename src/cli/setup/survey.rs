//! What `setup` finds before it changes anything: the config file, providers, editors; and what it prints
//! about them.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use serde_json::json;

use crate::cli::setup::editors::{EditorSource, Installed};
use crate::cli::setup::find::FoundServer;
use crate::cli::setup::offer::{ExcludedOffer, OfferState, SetupOffer};
use crate::cli::setup::write::Decided;
use crate::cli::setup::{Args, costs, editors, find, offer, tell, write};
use crate::cli::term::own_file::OwnFile;
use crate::cli::term::{consent, own_file};
use crate::cli::{Common, asking, model, setup};
use crate::config::Config;
use crate::models::catalog::Catalog;
use crate::{cli, config, provider};

/// The result of the search.
pub(super) struct Survey {
    pub(super) file: OwnFile,
    pub(super) config: Config,
    pub(super) catalog: Catalog,
    pub(super) offers: Vec<SetupOffer>,
    pub(super) excluded: Vec<ExcludedOffer>,
    pub(super) editors: Vec<Installed>,
    pub(super) source: EditorSource,
    /// URLs that the user named and at which no server answers.
    pub(super) unanswered: Vec<String>,
}

/// The change to the config file.
pub(super) struct SetupChange {
    /// New rows.
    pub(super) added: String,
    /// Providers that get `training = "allow"` in their rows.
    pub(super) opened: BTreeSet<String>,
    /// The whole file with both changes.
    pub(super) whole: String,
}

impl Survey {
    pub(super) fn take(args: &Args, common: &Common) -> anyhow::Result<Self> {
        let file = OwnFile::read(common)?;
        let (config, problems) = config::parse(file.text.as_bytes());
        anyhow::ensure!(
            problems.is_empty(),
            "{} has errors: run `understudy config check`",
            file.path.display()
        );
        for url in &args.url {
            anyhow::ensure!(provider::is_loopback(url), "{url} is not an address of this machine");
        }
        offer::check_names(&args.allow_training, &config)?;
        let mut found = asking::runtime()?.block_on(find::all(&args.url));
        let is_silent = |it: &&String| {
            let address = it.trim_end_matches('/');
            found.iter().all(|found| !found.place.starts_with(address))
        };
        let unanswered = args.url.iter().filter(is_silent).cloned().collect();
        found.extend(args.local.map(setup::managed).transpose()?);
        let catalog = Catalog::load(cli::state_folder().as_deref());
        let offers = offer::offers(found, &config);
        let excluded = offer::excluded(&offers, &config);
        let program = env::current_exe().ok().and_then(|it| it.canonicalize().ok());
        let source = EditorSource::find(program.as_deref(), &|it| fs::read_to_string(it).ok());
        let editors = setup::machine().editors(&source);
        Ok(Self { file, config, catalog, offers, excluded, editors, source, unanswered })
    }

    /// The change to the file if these providers are allowed.
    pub(super) fn change(&self, allowed: &BTreeSet<String>) -> anyhow::Result<SetupChange> {
        let decided = Decided { excluded: &self.excluded, allowed };
        let added = write::rows(&self.offers, &self.config, &self.catalog, &decided);
        let is_old = |it: &&String| self.config.provider.iter().any(|row| row.name.as_str() == *it);
        let opened: BTreeSet<String> = allowed.iter().filter(is_old).cloned().collect();
        let text = match opened.is_empty() {
            true => self.file.text.clone(),
            false => write::allowing(&self.file.text, &opened)?,
        };
        let whole = write::joined(&text, &added);
        own_file::check(&whole)?;
        Ok(SetupChange { added, opened, whole })
    }

    pub(super) fn answer_in_json(
        &self,
        args: &Args,
        allowed: BTreeSet<String>,
    ) -> anyhow::Result<ExitCode> {
        let change = self.change(&allowed)?;
        let written = args.yes && change.whole != self.file.text;
        if written {
            self.file.write(&change.whole)?;
        }
        let found: Vec<&FoundServer> = self.offers.iter().map(|it| &it.found).collect();
        let left = self.excluded.iter().filter(|it| !allowed.contains(&it.name));
        let left = left.map(|it| {
            let policy = &it.policy;
            json!({
                "provider": it.name,
                "trains": policy.trains.to_string(),
                "note": policy.note,
                "source": policy.source,
                "date": policy.date,
            })
        });
        let report = json!({
            "found": found,
            "file": self.file.path,
            "added": change.added,
            "allowed": allowed,
            "excluded": left.collect::<Vec<_>>(),
            "editors": self.editors,
            "written": written,
        });
        writeln!(anstream::stdout().lock(), "{report:#}")?;
        Ok(ExitCode::SUCCESS)
    }

    /// Prints what was found, and the table of models.
    pub(super) fn introduce(
        &self,
        out: &mut impl Write,
        allowed: &BTreeSet<String>,
    ) -> anyhow::Result<()> {
        for it in &self.unanswered {
            writeln!(out, "No model server answers at {it}.")?;
        }
        let found: Vec<FoundServer> = self.offers.iter().map(|it| it.found.clone()).collect();
        let notes: BTreeSet<String> = found.iter().filter_map(FoundServer::note).collect();
        let mut notes = notes.iter().flat_map(|it| tell::wrapped(it, tell::WIDTH));
        if self.has_no_model() {
            notes.try_for_each(|it| writeln!(out, "{it}"))?;
            return tell::nothing(out, model::suited());
        }
        tell::found(out, &found)?;
        let excluded = self.excluded.iter().map(|it| it.name.clone());
        let excluded: BTreeSet<String> = excluded.filter(|it| !allowed.contains(it)).collect();
        costs::show(out, &self.offers, &self.catalog, (&excluded, allowed))?;
        notes.try_for_each(|it| writeln!(out, "{it}"))?;
        Ok(())
    }

    /// Whether nothing that was found has a model.
    pub(super) fn has_no_model(&self) -> bool {
        self.offers.iter().all(|it| it.state == OfferState::Incomplete)
    }

    /// Asks the user about each excluded provider that no flag names.
    pub(super) fn ask_to_allow(
        &self,
        out: &mut impl Write,
        mut allowed: BTreeSet<String>,
    ) -> anyhow::Result<BTreeSet<String>> {
        for it in &self.excluded {
            if allowed.contains(&it.name) {
                continue;
            }
            writeln!(out)?;
            tell::known(out, it)?;
            if consent::agrees(&format!("Send code to {} anyway?", it.name))? {
                allowed.insert(it.name.clone());
            }
        }
        Ok(allowed)
    }

    /// Providers that are not tested: excluded ones, and servers that are started on demand.
    pub(super) fn not_checked(&self, allowed: &BTreeSet<String>) -> BTreeSet<String> {
        let managed = self.offers.iter().filter(|it| !it.found.start.is_empty());
        let closed = self.excluded.iter().map(|it| &it.name).filter(|it| !allowed.contains(*it));
        managed.map(|it| &it.name).chain(closed).cloned().collect()
    }

    pub(super) fn show_editors(&self, out: &mut impl Write) -> anyhow::Result<()> {
        if self.editors.is_empty() {
            let page = format!("{}/blob/main/editors/README.md", editors::REPOSITORY);
            writeln!(out, "\nNo editor was found. How to set one up:\n{page}")?;
            return Ok(());
        }
        let names: Vec<&str> = self.editors.iter().map(|it| it.name).collect();
        writeln!(out, "\nEditors found: {}.", names.join(", "))?;
        if setup::machine().program("understudy").is_none() {
            let program = env::current_exe().unwrap_or_default();
            let folder = program.parent().unwrap_or(Path::new("")).display().to_string();
            writeln!(out, "Editors start `understudy`, which is not on your PATH: add {folder}.")?;
        }
        if self.source == EditorSource::Missing {
            writeln!(out, "{}", editors::how_to_clone())?;
        }
        for it in &self.editors {
            writeln!(out, "\n{}. {}\nMore: {}", it.name, it.steps.trim_end(), it.page)?;
        }
        Ok(())
    }
}
