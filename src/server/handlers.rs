//! One file a method: translate in, ask the feature, translate out.

pub(crate) mod act;
pub(crate) mod ask;
pub(crate) mod code_action;
pub(crate) mod completion;
pub(crate) mod copilot;
pub(crate) mod did_change;
pub(crate) mod did_change_configuration;
pub(crate) mod did_change_watched_files;
pub(crate) mod did_change_workspace_folders;
pub(crate) mod did_close;
pub(crate) mod did_open;
pub(crate) mod did_partially_accept_completion;
pub(crate) mod did_save;
pub(crate) mod did_show_completion;
pub(crate) mod execute_command;
pub(crate) mod hover;
pub(crate) mod initialize;
pub(crate) mod initialized;
pub(crate) mod inline_completion;
pub(crate) mod job;
pub(crate) mod pause;
pub(crate) mod shutdown;
pub(crate) mod status;
pub(crate) mod voice;
pub(crate) mod welcome;
