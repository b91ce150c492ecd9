//! The first screen of `--help`: the most important commands, then the others.

use std::fmt::Write;

use clap::CommandFactory;

use crate::cli::{Cli, STYLES};

/// Commands to start with.
const FIRST: [&str; 5] = ["setup", "demo", "doctor", "why", "config"];

/// The command line, with the commands in two groups.
pub(crate) fn command() -> clap::Command {
    let command = Cli::command();
    let listed = command.get_subcommands().filter(|it| !it.is_hide_set());
    let (first, more): (Vec<_>, Vec<_>) = listed.partition(|it| FIRST.contains(&it.get_name()));
    let header = STYLES.get_header();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n\
         {header}Commands:{header:#}\n{}\n{header}More commands:{header:#}\n{}\n\
         {header}Options:{header:#}\n{{options}}\n\n\
         Run `understudy COMMAND --help` for the options of a command.\n{{after-help}}",
        lines(&first),
        lines(&more)
    );
    command.help_template(template)
}

/// One line per command: its name and what it does.
fn lines(commands: &[&clap::Command]) -> String {
    let literal = STYLES.get_literal();
    let mut lines = String::new();
    for command in commands {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let name = command.get_name();
        writeln!(lines, "  {literal}{name:14}{literal:#}  {about}")
            .expect("writing to a string does not fail");
    }
    lines
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_first_screen_lists_the_most_important_commands_first() {
        let short = command().render_help().to_string();
        expect![[r#"
            LLM features for any editor, from a language server

            Usage: understudy [OPTIONS] [COMMAND]

            Commands:
              setup           Find keys and local servers, and write the config file
              demo            Try the built-in model on a folder's own code, without a key
              doctor          Test every configured model with one small request
              why             Explain why a model was used, or why nothing was shown
              config          Show, check and describe the settings

            More commands:
              complete        Print the suggestion for one place in a file
              act             Explain, change, document, test or review lines of a file
              review          Review staged changes or lines of a file
              ask             Answer a question, with files as context
              commit-message  Write a commit message for the staged changes
              usage           Show spending: cost, requests and speed by provider and day
              sent            List what left this machine: time, recipient, files and bytes
              prices          Show price, class and data policy of models
              benchmark       Compare the configured models on lines of your git history
              http            Show the local HTTP endpoint, and settings for its clients
              model           List, download and choose models that Understudy runs itself
              log             Show the server's log
              serve           Run the language server, as without a command
              completions     Print completions for a shell
              helix-config    Add Understudy to Helix's languages.toml

            Options:
                  --config <FILE>  Read settings from this file instead of the usual one
                  --json           Print JSON
                  --stdio          Communicate over stdin and stdout (default)
                  --socket <PORT>  Connect to an editor that listens on this local port
              -h, --help           Print help (see more with '--help')
              -V, --version        Print version

            Run `understudy COMMAND --help` for the options of a command.
        "#]]
        .assert_eq(&short);
        let long = command().render_long_help().to_string();
        let first =
            "LLM features for any editor, from a language server.\n\nUnderstudy sends each request";
        assert!(long.starts_with(first), "{long}");
        let commands = |help: &str| {
            let from = help.find("Commands:").unwrap();
            help[from..help.find("Options:").unwrap()].to_owned()
        };
        assert_eq!(commands(&long), commands(&short));
    }

    #[test]
    fn every_command_is_listed_once_and_fits_80_columns() {
        let help = command().render_help().to_string();
        for command in Cli::command().get_subcommands().filter(|it| !it.is_hide_set()) {
            let start = format!("  {} ", command.get_name());
            assert_eq!(help.lines().filter(|it| it.starts_with(&start)).count(), 1, "{start}");
        }
        assert!(help.lines().all(|it| it.chars().count() <= 80), "{help}");
        assert!(FIRST.iter().all(|it| Cli::command().find_subcommand(it).is_some()));
    }
}
