//! `understudy http`: shows the state of the local HTTP endpoint, prints settings for other programs, and
//! serves the endpoint without an editor.

mod clients;
mod reload;

use std::future::pending;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Subcommand;
use serde::Serialize;

use crate::cli::asking::Asking;
use crate::cli::http::clients::Client;
use crate::cli::{self, Common, serve};
use crate::config::{self, Config};
use crate::feature::pause::{self, Pauses};
use crate::http::{Endpoint, Listening, owner, token};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the endpoint without an editor, until interrupted
    Serve,
    /// Print settings that make another program use the endpoint; they contain the token
    Config {
        /// Program that uses the endpoint
        client: Client,
    },
}

#[derive(Debug, Serialize)]
struct State {
    enabled: bool,
    /// Whether a process serves it.
    serving: bool,
    url: String,
    pid: Option<u32>,
    problem: Option<String>,
    require_token: bool,
    token_file: PathBuf,
}

pub fn run(args: &Args, common: &Common) -> anyhow::Result<ExitCode> {
    let (config, _) = config::load(&common.sources(Vec::new()));
    let state = cli::state_folder();
    let listening = Listening::forced(&config.http, state.as_deref());
    let listening = listening.context("no state folder: neither XDG_STATE_HOME nor HOME is set")?;
    match &args.command {
        None => show(&config, &listening, common),
        Some(Command::Serve) => serve(&config, listening, common),
        Some(Command::Config { client }) => print(*client, &listening),
    }
}

fn show(config: &Config, listening: &Listening, common: &Common) -> anyhow::Result<ExitCode> {
    let owner = owner::owner(&listening.folder);
    let port = owner.as_ref().map_or(listening.port, |it| it.port);
    let problem = owner.as_ref().and_then(|it| it.problem.clone());
    let state = State {
        enabled: config.http.enabled,
        serving: owner.is_some() && problem.is_none(),
        url: format!("http://127.0.0.1:{port}"),
        pid: owner.map(|it| it.pid),
        problem,
        require_token: listening.require_token,
        token_file: token::path(&listening.folder),
    };
    let mut out = anstream::stdout().lock();
    if common.json {
        writeln!(out, "{}", serde_json::to_string(&state)?)?;
    } else {
        tell(&mut out, &state)?;
    }
    Ok(if state.serving { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(out: &mut impl Write, state: &State) -> anyhow::Result<()> {
    match (state.pid, &state.problem) {
        (Some(pid), None) => writeln!(out, "serving    {} (process {pid})", state.url)?,
        (_, Some(problem)) => writeln!(out, "not serving: {problem}")?,
        (None, None) if state.enabled => writeln!(
            out,
            "not serving: no editor runs Understudy; `understudy http serve` serves without one"
        )?,
        (None, None) => {
            writeln!(out, "off: set `http.enabled = true`, or run `understudy http serve`")?
        }
    }
    match state.require_token {
        true => writeln!(out, "token      {}", state.token_file.display())?,
        false => writeln!(out, "token      not required (`http.require_token = false`)")?,
    }
    writeln!(out, "settings   understudy http config {}", clients::names())?;
    Ok(())
}

fn print(client: Client, listening: &Listening) -> anyhow::Result<ExitCode> {
    let token = match listening.require_token {
        true => token::read_or_make(&listening.folder).context("cannot read the token")?,
        false => "none".to_owned(),
    };
    let mut out = anstream::stdout().lock();
    write!(out, "{}", clients::settings(client, listening.port, &token))?;
    Ok(ExitCode::SUCCESS)
}

fn serve(config: &Config, listening: Listening, common: &Common) -> anyhow::Result<ExitCode> {
    let _logging = serve::start_logging(config.log.level);
    let asking = Asking::begin(common, None, Vec::new())?;
    // The requests come from other programs, so the user's pauses apply.
    let file = cli::state_folder().map(|it| it.join(pause::FILE));
    let engine = Arc::new(asking.engine.with_pauses(Arc::new(Pauses::new(file))));
    let (url, token) = (listening.port, token::path(&listening.folder));
    let (endpoint, environment) = (Endpoint::default(), common.start());
    asking.wait(async {
        endpoint.follow(Some(listening), &engine);
        writeln!(
            anstream::stderr(),
            "serving http://127.0.0.1:{url}, token in {}",
            token.display()
        )?;
        tokio::select! {
            () = reload::follow(&environment, engine, &endpoint) => {}
            () = interrupted() => {}
        }
        drop(endpoint);
        anyhow::Ok(ExitCode::SUCCESS)
    })
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        pending::<()>().await;
    }
}
