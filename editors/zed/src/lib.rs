//! Tells Zed how to start Understudy. It contains no other logic.

use zed_extension_api as zed;
use zed_extension_api::settings::LspSettings;

struct Understudy;

impl zed::Extension for Understudy {
    fn new() -> Self {
        Self
    }

    /// The program in Zed's settings, otherwise the one on the PATH.
    fn language_server_command(
        &mut self,
        id: &zed::LanguageServerId,
        worktree: &zed::Worktree,
    ) -> zed::Result<zed::Command> {
        let binary = LspSettings::for_worktree(id.as_ref(), worktree)?.binary;
        let named = binary.as_ref().and_then(|it| it.path.clone());
        let command = named.or_else(|| worktree.which("understudy"));
        let command = command.ok_or("understudy is not on the PATH: install it, or set `lsp.understudy.binary.path`")?;
        let args = binary.and_then(|it| it.arguments).unwrap_or_default();
        Ok(zed::Command { command, args, env: worktree.shell_env() })
    }

    fn language_server_initialization_options(
        &mut self,
        id: &zed::LanguageServerId,
        worktree: &zed::Worktree,
    ) -> zed::Result<Option<zed::serde_json::Value>> {
        Ok(LspSettings::for_worktree(id.as_ref(), worktree)?.initialization_options)
    }
}

zed::register_extension!(Understudy);
