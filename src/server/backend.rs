//! The table of methods, with the handler of each.

use serde_json::Value;
use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::{LanguageServer, gen_lsp_types as lsp};

use crate::prompt::Trigger;
use crate::server::ext::legacy;
use crate::server::ext::next_edit::{AskNextEdit, DidShowInlineEdit, NextEdits};
use crate::server::session::Session;
use crate::server::{ext, handlers};

pub(crate) struct Backend {
    pub(crate) session: Session,
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: lsp::InitializeParams) -> Result<lsp::InitializeResult> {
        Ok(handlers::initialize::run(&self.session, &params))
    }

    async fn initialized(&self, _: lsp::InitializedParams) {
        handlers::initialized::run(&self.session).await;
    }

    async fn shutdown(&self) -> Result<()> {
        handlers::shutdown::run(&self.session).await;
        Ok(())
    }

    async fn did_open(&self, params: lsp::DidOpenTextDocumentParams) {
        handlers::did_open::run(&self.session, params);
    }

    async fn did_change(&self, params: lsp::DidChangeTextDocumentParams) {
        handlers::did_change::run(&self.session, params);
    }

    async fn did_save(&self, params: lsp::DidSaveTextDocumentParams) {
        handlers::did_save::run(&self.session, &params);
    }

    async fn did_close(&self, params: lsp::DidCloseTextDocumentParams) {
        handlers::did_close::run(&self.session, &params);
    }

    async fn notebook_did_open(&self, params: lsp::DidOpenNotebookDocumentParams) {
        handlers::notebook::open(&self.session, params);
    }

    async fn notebook_did_change(&self, params: lsp::DidChangeNotebookDocumentParams) {
        handlers::notebook::change(&self.session, params);
    }

    async fn notebook_did_save(&self, _: lsp::DidSaveNotebookDocumentParams) {}

    async fn notebook_did_close(&self, params: lsp::DidCloseNotebookDocumentParams) {
        handlers::notebook::close(&self.session, &params);
    }

    async fn inline_completion(
        &self,
        params: lsp::InlineCompletionParams,
    ) -> Result<Option<lsp::InlineCompletionResponse>> {
        Ok(handlers::inline_completion::run(&self.session, params, None).await)
    }

    async fn completion(
        &self,
        params: lsp::CompletionParams,
    ) -> Result<Option<lsp::CompletionResponse>> {
        Ok(handlers::completion::run(&self.session, params).await)
    }

    async fn hover(&self, params: lsp::HoverParams) -> Result<Option<lsp::Hover>> {
        Ok(handlers::hover::run(&self.session, params).await)
    }

    async fn code_action(
        &self,
        params: lsp::CodeActionParams,
    ) -> Result<Option<Vec<lsp::CodeActionResponse>>> {
        Ok(handlers::code_action::run(&self.session, params))
    }

    async fn diagnostic(
        &self,
        params: lsp::DocumentDiagnosticParams,
    ) -> Result<lsp::DocumentDiagnosticReport> {
        Ok(handlers::diagnostic::run(&self.session, &params))
    }

    async fn execute_command(&self, params: lsp::ExecuteCommandParams) -> Result<Option<Value>> {
        handlers::execute_command::run(&self.session, params).await
    }

    async fn did_change_configuration(&self, params: lsp::DidChangeConfigurationParams) {
        handlers::did_change_configuration::run(&self.session, params).await;
    }

    async fn did_change_workspace_folders(&self, params: lsp::DidChangeWorkspaceFoldersParams) {
        handlers::did_change_workspace_folders::run(&self.session, &params);
    }

    async fn did_change_watched_files(&self, params: lsp::DidChangeWatchedFilesParams) {
        handlers::did_change_watched_files::run(&self.session, &params);
    }
}

/// Methods without a function in the trait.
impl Backend {
    pub(crate) async fn cancel_progress(&self, params: lsp::WorkDoneProgressCancelParams) {
        handlers::initialized::cancel(&self.session, &params.token);
    }

    pub(crate) async fn formatted_inline_completion(
        &self,
        params: ext::formatting::FormattedInlineCompletion,
    ) -> Result<Option<lsp::InlineCompletionResponse>> {
        let (params, formatting) = (params.params, params.formatting);
        Ok(handlers::inline_completion::run(&self.session, params, formatting).await)
    }

    pub(crate) async fn status(&self, params: Option<ext::AskStatus>) -> Result<ext::Status> {
        let document = params.unwrap_or_default().text_document;
        Ok(handlers::status::run(&self.session, document.as_ref()).await)
    }

    pub(crate) async fn did_focus(&self, params: ext::DidFocus) {
        handlers::copilot::focus(&self.session, &params);
    }

    pub(crate) async fn check_status(&self, _: Value) -> Result<ext::Account> {
        Ok(handlers::copilot::SIGNED_IN)
    }

    pub(crate) async fn sign_in(&self, _: Value) -> Result<ext::Account> {
        Ok(handlers::copilot::ALREADY)
    }

    pub(crate) async fn sign_in_initiate(&self, _: Value) -> Result<ext::Account> {
        handlers::copilot::settle(&self.session).await;
        Ok(handlers::copilot::ALREADY)
    }

    pub(crate) async fn sign_in_confirm(&self, _: Value) -> Result<ext::Account> {
        Ok(handlers::copilot::SIGNED_IN)
    }

    pub(crate) async fn sign_out(&self, _: Value) -> Result<ext::Account> {
        handlers::copilot::settle(&self.session).await;
        Ok(handlers::copilot::SIGNED_OUT)
    }

    pub(crate) async fn panel(&self, params: ext::Panel) -> Result<Value> {
        Ok(handlers::panel::run(&self.session, &params).await)
    }

    pub(crate) async fn get_completions(
        &self,
        params: legacy::LegacyRequest,
    ) -> Result<legacy::Completions> {
        Ok(handlers::get_completions::run(&self.session, &params, Trigger::Automatic).await)
    }

    pub(crate) async fn cycle(&self, params: legacy::LegacyRequest) -> Result<legacy::Completions> {
        Ok(handlers::get_completions::run(&self.session, &params, Trigger::Invoked).await)
    }

    pub(crate) async fn get_panel(&self, params: legacy::AskPanel) -> Result<legacy::PanelBegun> {
        Ok(handlers::panel::legacy(&self.session, &params).await)
    }

    pub(crate) async fn shown(&self, params: legacy::LegacyShown) -> Result<&'static str> {
        handlers::get_completions::shown(&self.session, &params);
        Ok(legacy::OK)
    }

    pub(crate) async fn accepted(&self, params: legacy::Accepted) -> Result<&'static str> {
        handlers::get_completions::accepted(&self.session, &params);
        Ok(legacy::OK)
    }

    /// Rejections are inferred from the document, as for all clients.
    pub(crate) async fn rejected(&self, _: Value) -> Result<&'static str> {
        Ok(legacy::OK)
    }

    pub(crate) async fn set_editor_info(&self, _: Value) -> Result<&'static str> {
        Ok(legacy::OK)
    }

    pub(crate) async fn version(&self, _: Value) -> Result<legacy::Version> {
        Ok(legacy::Version { version: env!("CARGO_PKG_VERSION") })
    }

    pub(crate) async fn did_show(&self, params: ext::DidShowCompletion) {
        handlers::did_show_completion::run(&self.session, &params);
    }

    pub(crate) async fn inline_edit(&self, params: AskNextEdit) -> Result<NextEdits> {
        Ok(handlers::next_edit::copilot(&self.session, params).await)
    }

    pub(crate) async fn next_edit(&self, params: AskNextEdit) -> Result<NextEdits> {
        Ok(handlers::next_edit::run(&self.session, params).await)
    }

    pub(crate) async fn did_show_inline_edit(&self, params: DidShowInlineEdit) {
        handlers::did_show_inline_edit::run(&self.session, &params);
    }

    pub(crate) async fn did_partially_accept(&self, params: ext::DidPartiallyAcceptCompletion) {
        handlers::did_partially_accept_completion::run(&self.session, &params);
    }
}
